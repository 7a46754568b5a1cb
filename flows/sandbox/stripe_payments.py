"""What was paid and given back, in the shapes of Stripe's API.

A charge does not name its invoice: an invoice payment joins them by the payment intent. A refund has a credit note,
which names the invoice and the refund.
"""

from __future__ import annotations

from flows.sandbox.commerce import Invoice
from flows.sandbox.stripe_history import History
from flows.sandbox.stripe_invoices import invoice_number
from flows.sandbox.stripe_lives import ChargeState, InvoiceState, Payment, finalized_at, suffix
from flows.sandbox.stripe_objects import ACCOUNT_ID, Json, address, listing


def invoice_payment(history: History, source: Invoice, state: InvoiceState) -> Json:
    """Which payment intent an invoice is paid with."""
    due = history.due(source)
    is_paid = state.paid_at is not None
    is_over = state.status in ("void", "uncollectible")
    return {
        "id": f"inpay_{suffix(source.id)}",
        "object": "invoice_payment",
        "amount_paid": due if is_paid else None,
        "amount_requested": due,
        "created": finalized_at(source),
        "currency": source.currency,
        "invoice": source.id,
        "is_default": True,
        "livemode": False,
        "payment": {"payment_intent": intent_id(source), "type": "payment_intent"},
        "status": "paid" if is_paid else "canceled" if is_over else "open",
        "status_transitions": {"canceled_at": state.voided_at or state.uncollectible_at, "paid_at": state.paid_at},
    }


def intent_id(source: Invoice) -> str:
    return f"pi_{suffix(source.id)}"


def charge(history: History, source: Payment, state: ChargeState) -> Json:
    """One attempt to take money from a card."""
    customer = history.commerce.customers[source.invoice.customer_id]
    failed = not source.is_paid
    outcome: Json = {
        "advice_code": "try_again_later" if failed else None,
        "network_advice_code": None,
        "network_decline_code": "51" if failed else None,
        "network_status": "declined_by_network" if failed else "approved_by_network",
        "reason": "insufficient_funds" if failed else None,
        "seller_message": "The bank returned the decline code `insufficient_funds`." if failed else "Payment complete.",
        "type": "issuer_declined" if failed else "authorized",
    }
    return {
        "id": source.id,
        "object": "charge",
        "amount": source.amount,
        "amount_captured": 0 if failed else source.amount,
        "amount_refunded": state.refunded,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None if failed else f"txn_{suffix(source.id)}",
        "billing_details": {
            "address": address(customer.country),
            "email": customer.email,
            "name": customer.name,
            "phone": None,
            "tax_id": None,
        },
        "calculated_statement_descriptor": "SANDBOX",
        "captured": not failed,
        "created": source.at,
        "currency": source.invoice.currency,
        "customer": customer.id,
        "description": "Subscription creation"
        if source.invoice.reason == "subscription_create"
        else "Subscription update",
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": "card_declined" if failed else None,
        "failure_message": "Your card has insufficient funds." if failed else None,
        "fraud_details": {},
        "livemode": False,
        "metadata": {},
        "on_behalf_of": None,
        "outcome": outcome,
        "paid": source.is_paid,
        "payment_intent": intent_id(source.invoice),
        "payment_method": f"pm_{suffix(customer.id)}",
        "payment_method_details": None,
        "receipt_email": None,
        "receipt_number": None,
        "receipt_url": None,
        "refunded": state.refunded >= source.amount > 0,
        "review": None,
        "shipping": None,
        "source": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "failed" if failed else "succeeded",
        "transfer_data": None,
        "transfer_group": None,
    }


def refund(source: Payment) -> Json:
    """Money given back on a charge."""
    invoice = source.invoice
    paid = max((n for n, (_, succeeded) in enumerate(invoice.attempts) if succeeded), default=0)
    return {
        "id": source.id,
        "object": "refund",
        "amount": source.amount,
        "balance_transaction": f"txn_{suffix(source.id)}",
        "charge": f"ch_{suffix(invoice.id)}_{paid + 1}",
        "created": source.at,
        "currency": invoice.currency,
        "customer": invoice.customer_id,
        "customer_account": None,
        "destination_details": {"card": {"type": "refund"}, "type": "card"},
        "metadata": {},
        "payment_intent": intent_id(invoice),
        "payment_method": f"pm_{suffix(invoice.customer_id)}",
        "reason": "requested_by_customer",
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }


def credit_note(history: History, source: Payment) -> Json:
    """What a refund looks like on the side of its invoice."""
    invoice = source.invoice
    return {
        "id": source.id,
        "object": "credit_note",
        "amount": source.amount,
        "amount_shipping": 0,
        "created": source.at,
        "currency": invoice.currency,
        "customer": invoice.customer_id,
        "customer_account": None,
        "customer_balance_transaction": None,
        "discount_amount": 0,
        "discount_amounts": [],
        "effective_at": source.at,
        "invoice": invoice.id,
        "lines": listing(f"/v1/credit_notes/{source.id}/lines", [_credit_line(source)], has_more=False),
        "livemode": False,
        "memo": None,
        "metadata": {},
        "number": f"{invoice_number(history, invoice)}-CN-{source.n + 1:02d}",
        "out_of_band_amount": None,
        "pdf": f"https://pay.stripe.com/credit_notes/{ACCOUNT_ID}/test_{suffix(source.id)}/pdf",
        "post_payment_amount": source.amount,
        "pre_payment_amount": 0,
        "pretax_credit_amounts": [],
        "reason": "order_change",
        "refunds": [
            {
                "amount_refunded": source.amount,
                "payment_record_refund": None,
                "refund": f"re_{suffix(source.id)}",
                "type": "refund",
            }
        ],
        "shipping_cost": None,
        "status": "issued",
        "subtotal": source.amount,
        "subtotal_excluding_tax": source.amount,
        "total": source.amount,
        "total_excluding_tax": source.amount,
        "total_taxes": [],
        "type": "post_payment",
        "voided_at": None,
    }


def _credit_line(source: Payment) -> Json:
    return {
        "id": f"cnli_{suffix(source.id)}",
        "object": "credit_note_line_item",
        "amount": source.amount,
        "description": "Refund",
        "discount_amount": 0,
        "discount_amounts": [],
        "livemode": False,
        "metadata": {},
        "pretax_credit_amounts": [],
        "quantity": 1,
        "tax_rates": [],
        "taxes": [],
        "type": "custom_line_item",
        "unit_amount": source.amount,
        "unit_amount_decimal": str(source.amount),
    }
