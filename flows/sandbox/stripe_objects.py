"""Customers, subscriptions, products and prices in the shapes of Stripe's API (version 2026-10-28).

A subscription has no period of its own any more: its items have. Times are unix seconds, money is in minor units.
"""

from __future__ import annotations

from typing import Any

from flows.sandbox.commerce import Customer, Plan, Subscription
from flows.sandbox.stripe_history import History
from flows.sandbox.stripe_lives import (
    CustomerState,
    Price,
    SubscriptionState,
    suffix,
)

API_VERSION = "2026-10-28.endive"
ACCOUNT_ID = "acct_sandbox"

Json = dict[str, Any]


def listing(url: str, items: list[Json], has_more: bool) -> Json:
    """A page of objects, newest first unless they are lines."""
    return {"object": "list", "data": items, "has_more": has_more, "url": url}


def address(country: str | None) -> Json:
    return {"city": None, "country": country, "line1": None, "line2": None, "postal_code": None, "state": None}


def invoice_prefix(customer_id: str) -> str:
    """What the numbers of a customer's invoices begin with."""
    return f"{int.from_bytes(customer_id.encode()) % 0xFFFFFFFB:08X}"


def customer(source: Customer, state: CustomerState) -> Json:
    """Whoever is billed; of a deleted one only its id is left."""
    if state.is_deleted:
        return {"id": source.id, "object": "customer", "deleted": True}
    return {
        "id": source.id,
        "object": "customer",
        "address": address(source.country),
        "balance": state.balance,
        "created": source.created,
        "currency": source.currency,
        "default_source": None,
        "delinquent": state.is_delinquent,
        "description": None,
        "discount": None,
        "email": source.email,
        "invoice_prefix": invoice_prefix(source.id),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": f"pm_{suffix(source.id)}",
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": {"account_id": source.account_id} if source.account_id else {},
        "name": source.name,
        "next_invoice_sequence": state.invoices + 1,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }


def product(history: History, source: Plan, made: int) -> Json:
    """A plan that is sold."""
    prices = [key for key, life in history.lives["price"].items() if life.facts.plan is source]
    return {
        "id": f"prod_{source.key}",
        "object": "product",
        "active": True,
        "created": made,
        "default_price": prices[0] if prices else None,
        "description": None,
        "images": [],
        "livemode": False,
        "marketing_features": [],
        "metadata": {},
        "name": source.name,
        "package_dimensions": None,
        "shippable": None,
        "statement_descriptor": None,
        "tax_code": None,
        "type": "service",
        "unit_label": "seat",
        "updated": made,
        "url": None,
    }


def price(source: Price, made: int) -> Json:
    """What a seat of a plan costs."""
    return {
        "id": source.id,
        "object": "price",
        "active": True,
        "billing_scheme": "per_unit",
        "created": made,
        "currency": source.currency,
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": None,
        "metadata": {},
        "nickname": None,
        "product": f"prod_{source.plan.key}",
        "recurring": {
            "interval": source.interval,
            "interval_count": 1,
            "meter": None,
            "trial_period_days": None,
            "usage_type": "licensed",
        },
        "tax_behavior": "unspecified",
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "recurring",
        "unit_amount": source.amount,
        "unit_amount_decimal": str(source.amount),
    }


def _plan(source: Price, made: int) -> Json:
    """The same price in its older shape, which items still carry."""
    return {
        "id": source.id,
        "object": "plan",
        "active": True,
        "amount": source.amount,
        "amount_decimal": str(source.amount),
        "billing_scheme": "per_unit",
        "created": made,
        "currency": source.currency,
        "interval": source.interval,
        "interval_count": 1,
        "livemode": False,
        "metadata": {},
        "meter": None,
        "nickname": None,
        "product": f"prod_{source.plan.key}",
        "tiers_mode": None,
        "transform_usage": None,
        "trial_period_days": None,
        "usage_type": "licensed",
    }


def subscription(history: History, source: Subscription, state: SubscriptionState) -> Json:
    """What a customer subscribes to, with its one item."""
    asked_at, cancel_at = source.cancels if source.cancels and state.is_canceling else (None, None)
    at_period_end = cancel_at is not None and cancel_at != asked_at
    ended_at = source.ended_at if state.is_ended else None
    trial_start, trial_end = source.trial or (None, None)
    return {
        "id": source.id,
        "object": "subscription",
        "application": None,
        "application_fee_percent": None,
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_cycle_anchor": trial_end or source.created,
        "billing_cycle_anchor_config": None,
        "billing_mode": {"flexible": None, "type": "classic"},
        "billing_schedules": [],
        "billing_thresholds": None,
        "cancel_at": cancel_at if at_period_end else None,
        "cancel_at_period_end": at_period_end,
        "canceled_at": ended_at if asked_at is None else asked_at,
        "cancellation_details": {"comment": None, "feedback": None, "reason": _reason(source, state)},
        "collection_method": "charge_automatically",
        "created": source.created,
        "currency": source.currency,
        "customer": source.customer_id,
        "customer_account": None,
        "days_until_due": None,
        "default_payment_method": None,
        "default_source": None,
        "default_tax_rates": [],
        "description": None,
        "discounts": [],
        "ended_at": ended_at,
        "invoice_settings": {
            "account_tax_ids": None,
            "custom_fields": None,
            "description": None,
            "footer": None,
            "issuer": {"type": "self"},
        },
        "items": listing(
            f"/v1/subscription_items?subscription={source.id}", [_item(history, source, state)], has_more=False
        ),
        "latest_invoice": state.latest_invoice,
        "livemode": False,
        "managed_payments": {"enabled": False},
        "metadata": {},
        "next_pending_invoice_item_invoice": None,
        "on_behalf_of": None,
        "pause_collection": None,
        "payment_settings": {
            "payment_method_options": None,
            "payment_method_types": None,
            "save_default_payment_method": "off",
        },
        "pending_invoice_item_interval": None,
        "pending_setup_intent": None,
        "pending_update": None,
        "schedule": None,
        "start_date": source.created,
        "status": state.phase.status,
        "test_clock": None,
        "transfer_data": None,
        "trial_end": trial_end,
        "trial_settings": {"end_behavior": {"missing_payment_method": "create_invoice"}},
        "trial_start": trial_start,
    }


def _reason(source: Subscription, state: SubscriptionState) -> str | None:
    """Why it ends or ended."""
    if state.is_canceling:
        return "cancellation_requested"
    if state.phase.status != "canceled":
        return None
    alive = [phase.status for phase in source.phases if phase.status != "canceled"]
    return "payment_failed" if alive[-1] in ("past_due", "unpaid") else "cancellation_requested"


def item_id(subscription_id: str) -> str:
    """Of the one thing a subscription is for."""
    return f"si_{suffix(subscription_id)}"


def _item(history: History, source: Subscription, state: SubscriptionState) -> Json:
    found = history.price(state.phase.plan, source.currency, state.phase.interval)
    made = history.lives["price"][found.id].times[0]
    return {
        "id": item_id(source.id),
        "object": "subscription_item",
        "billing_thresholds": None,
        "created": source.created,
        "current_period_end": state.end,
        "current_period_start": state.start,
        "discounts": [],
        "metadata": {},
        "plan": _plan(found, made),
        "price": price(found, made),
        "quantity": state.phase.seats,
        "subscription": source.id,
        "tax_rates": [],
    }


def account() -> Json:
    """The company itself, as billing knows it: the little of it that a reader needs."""
    return {
        "id": ACCOUNT_ID,
        "object": "account",
        "business_type": "company",
        "charges_enabled": True,
        "country": "US",
        "created": 1_577_836_800,
        "default_currency": "usd",
        "details_submitted": True,
        "email": "billing@example.test",
        "metadata": {},
        "payouts_enabled": True,
        "type": "standard",
    }
