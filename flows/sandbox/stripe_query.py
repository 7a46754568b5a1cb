"""What a request to Stripe asks for: paging, times and filters, refused where Stripe refuses them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from flows.sandbox.stripe_errors import Refusal
from flows.sandbox.stripe_lives import suffix

PAGE = 10
LARGEST_PAGE = 100
TYPES_AT_ONCE = 20

Filter = Callable[[Any, Any, str], bool]
"""Whether an object, given its facts and its state, has a parameter's value."""

_EITHER = {"true": True, "false": False}
_SUBSCRIPTION_STATUSES = (
    *("active", "all", "canceled", "ended", "incomplete", "incomplete_expired"),
    *("past_due", "paused", "trialing", "unpaid"),
)
_STATUSES = {
    "subscriptions": _SUBSCRIPTION_STATUSES,
    "invoices": ("draft", "open", "paid", "uncollectible", "void"),
}


def _intent(invoice_id: str) -> str:
    return f"pi_{suffix(invoice_id)}"


def _has_status(_: Any, state: Any, value: str) -> bool:
    status = state.phase.status
    return value == "all" or status == value or (value == "ended" and status in ("canceled", "incomplete_expired"))


FILTERS: dict[str, dict[str, Filter]] = {
    "customers": {"email": lambda facts, _, value: bool(facts.email == value)},
    "subscriptions": {
        "customer": lambda facts, _, value: bool(facts.customer_id == value),
        "status": _has_status,
    },
    "invoices": {
        "customer": lambda facts, _, value: bool(facts.customer_id == value),
        "subscription": lambda facts, _, value: bool(facts.subscription_id == value),
        "status": lambda _, state, value: bool(state.status == value),
    },
    "products": {"active": lambda _facts, _state, value: _EITHER.get(value, False)},
    "prices": {
        "active": lambda _facts, _state, value: _EITHER.get(value, False),
        "currency": lambda facts, _, value: bool(facts.currency == value),
        "product": lambda facts, _, value: f"prod_{facts.plan.key}" == value,
    },
    "charges": {
        "customer": lambda facts, _, value: bool(facts.invoice.customer_id == value),
        "payment_intent": lambda facts, _, value: _intent(facts.invoice.id) == value,
    },
    "refunds": {
        "charge": lambda facts, _, value: value.startswith(f"ch_{suffix(facts.invoice.id)}_"),
        "payment_intent": lambda facts, _, value: _intent(facts.invoice.id) == value,
    },
    "credit_notes": {
        "customer": lambda facts, _, value: bool(facts.invoice.customer_id == value),
        "invoice": lambda facts, _, value: bool(facts.invoice.id == value),
    },
    "invoice_payments": {
        "invoice": lambda facts, _, value: bool(facts.id == value),
        "payment[type]": lambda _facts, _state, value: value == "payment_intent",
        "payment[payment_intent]": lambda facts, _, value: _intent(facts.id) == value,
    },
    "events": {},
    "lines": {},
}


@dataclass
class Query:
    """The parameters of a list. `since` and `until` are unix seconds, both included."""

    limit: int = PAGE
    starting_after: str | None = None
    ending_before: str | None = None
    since: int | None = None
    until: int | None = None
    types: list[str] | None = None  # of events; `invoice.*` stands for all that begin so
    expand: list[str] = field(default_factory=list)
    filters: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, what: str, pairs: Iterable[tuple[str, str]]) -> Query:
        """Raises Refusal."""
        query = cls()
        for name, value in pairs:
            root, _, key = name.removesuffix("]").partition("[")
            if root == "expand":
                query.expand.append(value)
            elif root == "limit":
                query.limit = _limit(value)
            elif name in ("starting_after", "ending_before"):
                setattr(query, name, value)
            elif root == "created" and what != "lines":
                query._narrow(key, _integer(value, name))
            elif what == "events" and (name == "type" or root == "types"):
                query.types = [*(query.types or ()), value]
            elif name in FILTERS[what]:
                query.filters[name] = value
            else:
                raise Refusal(400, f"Received unknown parameter: {name}", code="parameter_unknown", param=name)
        query._check(what, {name for name, _ in pairs})
        return query

    def _narrow(self, key: str, at: int) -> None:
        if key in ("", "gte", "gt"):
            self.since = at + (key == "gt")
        if key in ("", "lte", "lt"):
            self.until = at - (key == "lt")
        if key not in ("", "gte", "gt", "lte", "lt"):
            name = f"created[{key}]"
            raise Refusal(400, f"Received unknown parameter: {name}", code="parameter_unknown", param=name)

    def _check(self, what: str, names: set[str]) -> None:
        for one, other in (("starting_after", "ending_before"), ("type", "types")):
            if one in names and any(name.partition("[")[0] == other for name in names):
                both = ", ".join(sorted((one, other)))
                raise Refusal(400, f"You may only specify one of these parameters: {both}.", param=other)
        if self.types is not None and len(self.types) > TYPES_AT_ONCE:
            message = f"You may only specify up to {TYPES_AT_ONCE} event types."
            raise Refusal(400, message, param="types")
        status, known = self.filters.get("status"), _STATUSES.get(what)
        if status and known and status not in known:
            raise Refusal(400, f"Invalid status: must be one of {', '.join(known)}", param="status")

    def wants(self, type: str) -> bool:
        """Whether an event of this type is asked for."""
        return self.types is None or any(
            re.fullmatch(re.escape(wanted).replace(r"\*", ".*"), type) for wanted in self.types
        )


def _limit(value: str) -> int:
    limit = _integer(value, "limit")
    if limit < 1:
        message = "This value must be greater than or equal to 1."
        raise Refusal(400, message, code="parameter_invalid_integer", param="limit")
    if limit > LARGEST_PAGE:
        message = f"This value must be less than or equal to {LARGEST_PAGE} (it currently is '{limit}')."
        raise Refusal(400, message, code="parameter_invalid_integer", param="limit")
    return limit


def _integer(value: str, name: str) -> int:
    try:
        return int(value)
    except ValueError:
        message = f"Invalid integer: {value}"
        raise Refusal(400, message, code="parameter_invalid_integer", param=name) from None
