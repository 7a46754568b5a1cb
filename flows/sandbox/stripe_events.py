"""Any billing object as it stood, and the events that show it as it was when something happened to it."""

from __future__ import annotations

from typing import Any

from flows.sandbox import stripe_invoices, stripe_objects, stripe_payments
from flows.sandbox.stripe_history import History
from flows.sandbox.stripe_lives import Event, Kind
from flows.sandbox.stripe_objects import API_VERSION, Json


def render(history: History, kind: Kind, id: str, row: int) -> Json:
    """An object in its state number `row`."""
    life = history.lives[kind][id]
    facts, state = life.facts, life.states[row]
    match kind:
        case "product":
            return stripe_objects.product(history, facts, life.times[0])
        case "price":
            return stripe_objects.price(facts, life.times[0])
        case "customer":
            return stripe_objects.customer(facts, state)
        case "subscription":
            return stripe_objects.subscription(history, facts, state)
        case "invoice":
            return stripe_invoices.invoice(history, facts, state)
        case "invoice_payment":
            return stripe_payments.invoice_payment(history, facts, state)
        case "charge":
            return stripe_payments.charge(history, facts, state)
        case "refund":
            return stripe_payments.refund(facts)
        case "credit_note":
            return stripe_payments.credit_note(history, facts)


def event(history: History, source: Event) -> Json:
    """What happened, with the object right after it; a deleted one as it last was."""
    is_gone = source.type == "customer.deleted"
    data: Json = {"object": render(history, source.kind, source.id, source.row - is_gone)}
    if source.type.endswith(".updated"):
        before = render(history, source.kind, source.id, source.row - 1)
        data["previous_attributes"] = _changed(before, data["object"])
    return {
        "id": source.key,
        "object": "event",
        "api_version": API_VERSION,
        "created": source.at,
        "data": data,
        "livemode": False,
        "pending_webhooks": 0,
        "request": {"id": None, "idempotency_key": None},
        "type": source.type,
    }


def _changed(before: Json, after: Json) -> Json:
    """What the attributes that changed were before: of a hash only its changed keys, of an array the whole."""
    changed: dict[str, Any] = {}
    for key, value in before.items():
        if value == after[key]:
            continue
        both = isinstance(value, dict) and isinstance(after[key], dict)
        changed[key] = _changed(value, after[key]) if both else value
    return changed
