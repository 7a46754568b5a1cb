"""Invoices and their lines in the shapes of Stripe's API.

Which subscription a bill is for stands in `parent`, what a line is for in its `parent` and `pricing`.
"""

from __future__ import annotations

from datetime import UTC, datetime

from flows.sandbox.commerce import Invoice, Line
from flows.sandbox.pricing import in_words
from flows.sandbox.stripe_history import History
from flows.sandbox.stripe_lives import (
    DRAFT_SECONDS,
    InvoiceState,
    finalized_at,
    price_id,
    suffix,
)
from flows.sandbox.stripe_objects import ACCOUNT_ID, Json, address, invoice_prefix, item_id, listing

EMBEDDED_LINES = 10  # the rest has to be fetched
_SIGNS = {"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥"}


def invoice(history: History, source: Invoice, state: InvoiceState) -> Json:
    """A bill. Its own period is the one before it; what it bills for stands on its lines."""
    customer = history.commerce.customers[source.customer_id]
    before = history.previous_invoice(source)
    number = invoice_number(history, source) if state.finalized_at is not None else None
    total, due = source.total, history.due(source)
    paid = due if state.paid_at is not None else 0
    starting_balance, ending_balance = history.balances[source.id]
    is_draft = state.status == "draft"
    hosted = f"https://invoice.stripe.com/i/{ACCOUNT_ID}/test_{suffix(source.id)}"
    return {
        "id": source.id,
        "object": "invoice",
        "account_country": "US",
        "account_name": None,
        "account_tax_ids": None,
        "amount_due": due,
        "amount_overpaid": 0,
        "amount_paid": paid,
        "amount_remaining": due - paid,
        "amount_shipping": 0,
        "application": None,
        "attempt_count": state.attempts,
        "attempted": state.attempts > 0 or state.paid_at is not None,
        "auto_advance": is_draft or (state.status == "open" and _next_attempt(source, state) is not None),
        "automatic_tax": {
            "disabled_reason": None,
            "enabled": False,
            "liability": None,
            "provider": None,
            "status": None,
        },
        "automatically_finalizes_at": source.created + DRAFT_SECONDS if is_draft else None,
        "billing_reason": source.reason,
        "collection_method": "charge_automatically",
        "created": source.created,
        "currency": source.currency,
        "custom_fields": None,
        "customer": source.customer_id,
        "customer_account": None,
        "customer_address": address(customer.country),
        "customer_email": customer.email,
        "customer_name": customer.name,
        "customer_phone": None,
        "customer_shipping": None,
        "customer_tax_exempt": "none",
        "customer_tax_ids": [],
        "default_payment_method": None,
        "default_source": None,
        "default_tax_rates": [],
        "description": None,
        "discounts": [],
        "due_date": None,
        "effective_at": state.finalized_at,
        "ending_balance": None if is_draft else ending_balance,
        "footer": None,
        "from_invoice": None,
        "hosted_invoice_url": None if is_draft else hosted,
        "invoice_pdf": None if is_draft else f"{hosted}/pdf",
        "issuer": {"type": "self"},
        "last_finalization_error": None,
        "latest_revision": None,
        "lines": lines(history, source, 0, EMBEDDED_LINES),
        "livemode": False,
        "metadata": {},
        "next_payment_attempt": _next_attempt(source, state),
        "number": number,
        "on_behalf_of": None,
        "parent": {
            "quote_details": None,
            "subscription_details": {"metadata": {}, "subscription": source.subscription_id},
            "type": "subscription_details",
        },
        "payment_settings": {
            "default_mandate": None,
            "payment_method_options": None,
            "payment_method_types": None,
        },
        "period_end": source.created,
        "period_start": before.created if before else source.created,
        "post_payment_credit_notes_amount": state.refunded,
        "pre_payment_credit_notes_amount": 0,
        "receipt_number": None,
        "rendering": None,
        "shipping_cost": None,
        "shipping_details": None,
        "starting_balance": starting_balance,
        "statement_descriptor": None,
        "status": state.status,
        "status_transitions": {
            "finalized_at": state.finalized_at,
            "marked_uncollectible_at": state.uncollectible_at,
            "paid_at": state.paid_at,
            "voided_at": state.voided_at,
        },
        "subtotal": total,
        "subtotal_excluding_tax": total,
        "test_clock": None,
        "total": total,
        "total_discount_amounts": [],
        "total_excluding_tax": total,
        "total_pretax_credit_amounts": [],
        "total_taxes": [],
        "webhooks_delivered_at": source.created,
    }


def invoice_number(history: History, source: Invoice) -> str:
    """What is printed on it: counted for each customer, from when it was finalized."""
    return f"{invoice_prefix(source.customer_id)}-{history.numbers[source.id]:04d}"


def _next_attempt(source: Invoice, state: InvoiceState) -> int | None:
    """When the next payment is tried; None when it is settled or given up."""
    if state.status == "draft":
        return finalized_at(source)
    if state.status != "open" or state.attempts >= len(source.attempts):
        return None
    return source.attempts[state.attempts][0]


# -- lines


def line_id(source: Invoice, n: int) -> str:
    return f"il_{suffix(source.id)}_{n + 1}"


def lines(history: History, source: Invoice, first: int, size: int) -> Json:
    """Some of its lines, in their order."""
    shown = range(first, min(first + size, len(source.lines)))
    items = [line(history, source, n) for n in shown]
    return listing(f"/v1/invoices/{source.id}/lines", items, first + size < len(source.lines))


def line(history: History, source: Invoice, n: int) -> Json:
    """A plan for a period, or what a change in mid-period gives back or costs more (a proration)."""
    what = source.lines[n]
    return {
        "id": line_id(source, n),
        "object": "line_item",
        "amount": what.amount,
        "currency": source.currency,
        "description": _description(history, source, what),
        "discount_amounts": [],
        "discountable": not what.is_proration,
        "discounts": [],
        "invoice": source.id,
        "livemode": False,
        "metadata": {},
        "parent": {
            "invoice_item_details": None,
            "subscription_item_details": {
                "invoice_item": f"ii_{suffix(source.id)}_{n + 1}" if what.is_proration else None,
                "proration": what.is_proration,
                "proration_details": {"credited_items": _credited(history, source, what)},
                "subscription": source.subscription_id,
                "subscription_item": item_id(source.subscription_id),
            },
            "type": "subscription_item_details",
        },
        "period": {"end": what.end, "start": what.start},
        "pretax_credit_amounts": [],
        "pricing": {
            "price_details": {
                "price": price_id(what.plan, source.currency, what.interval),
                "product": f"prod_{what.plan}",
            },
            "type": "price_details",
            "unit_amount_decimal": f"{what.amount / max(what.seats, 1):.12g}",
        },
        "quantity": what.seats,
        "quantity_decimal": str(what.seats),
        "subscription": source.subscription_id,
        "subtotal": what.amount,
        "taxes": [],
    }


def _credited(history: History, source: Invoice, what: Line) -> Json | None:
    """For what is given back: the line of an earlier invoice that had billed for it."""
    if not what.is_proration or what.amount >= 0:
        return None
    earlier = history.previous_invoice(source)
    while earlier is not None:
        for n, billed in enumerate(earlier.lines):
            if billed.plan == what.plan and billed.amount > 0 and billed.start <= what.start < billed.end:
                return {"invoice": earlier.id, "invoice_line_items": [line_id(earlier, n)]}
        earlier = history.previous_invoice(earlier)
    return None


def _description(history: History, source: Invoice, what: Line) -> str:
    plan = history.commerce.plans[what.plan]
    if what.is_proration:
        day = datetime.fromtimestamp(what.start, UTC).strftime("%d %b %Y")
        return f"{'Unused' if what.amount < 0 else 'Remaining'} time on {what.seats} × {plan.name} after {day}"
    amount = plan.prices.get((source.currency, what.interval), 0)
    return f"{what.seats} × {plan.name} (at {money(amount, source.currency)} / {what.interval})"


def money(amount: int, currency: str) -> str:
    """Minor units as people read them: 4900 usd is $49.00, 4900 jpy is ¥4900."""
    return _SIGNS.get(currency, f"{currency.upper()} ") + in_words(amount, currency)
