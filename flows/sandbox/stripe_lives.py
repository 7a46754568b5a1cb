"""The states that billing objects go through, and when. Times are unix seconds.

Several things may happen to one object in one second; each leaves it in a state of its own, so that an event can show
the object as it was right then.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2s
from typing import Any, Literal, NamedTuple

from flows.sandbox.commerce import Invoice, Line, Phase, Plan, Subscription

DAY = 24 * 3600
DRAFT_SECONDS = 3600  # a renewal can be edited that long; other invoices are finalized at once
_DAYS = {"day": 1, "week": 7}
_MONTHS = {"month": 1, "year": 12}

Kind = Literal[
    "product", "price", "customer", "subscription", "invoice", "invoice_payment", "charge", "refund", "credit_note"
]

# The types of events there are; those of one second come in this order.
EVENT_TYPES = (
    "customer.created",
    "customer.subscription.created",
    "invoice.created",
    "invoice.finalized",
    "charge.failed",
    "charge.succeeded",
    "invoice.payment_failed",
    "invoice.payment_succeeded",
    "invoice.paid",
    "invoice.voided",
    "invoice.marked_uncollectible",
    "refund.created",
    "charge.refunded",
    "credit_note.created",
    "invoice.updated",
    "customer.updated",
    "customer.subscription.trial_will_end",
    "customer.subscription.updated",
    "customer.subscription.deleted",
    "customer.deleted",
)
EVENT_RANK = {type: rank for rank, type in enumerate(EVENT_TYPES)}


@dataclass(frozen=True)
class Price:
    """What a seat of a plan costs in a currency and interval."""

    id: str
    plan: Plan
    currency: str
    interval: str
    amount: int


class Payment(NamedTuple):
    """One attempt to be paid (a charge), or one refund of what was paid."""

    id: str
    invoice: Invoice
    n: int  # the how manieth of its invoice
    at: int
    amount: int
    is_paid: bool = True  # a charge that succeeded


class CustomerState(NamedTuple):
    is_delinquent: bool = False  # the newest thing that became of any of its invoices was a failure
    balance: int = 0  # negative: what the next invoice takes off
    invoices: int = 0  # finalized so far
    is_deleted: bool = False


class SubscriptionState(NamedTuple):
    phase: Phase
    start: int  # of the current period
    end: int
    latest_invoice: str | None
    is_canceling: bool
    is_ended: bool


class InvoiceState(NamedTuple):
    status: Literal["draft", "open", "paid", "void", "uncollectible"] = "draft"
    attempts: int = 0
    finalized_at: int | None = None
    paid_at: int | None = None
    voided_at: int | None = None
    uncollectible_at: int | None = None
    refunded: int = 0


class ChargeState(NamedTuple):
    refunded: int = 0


class Life:
    """An object's facts, and the states it went through: from `times[n]` on it was in `states[n]`."""

    __slots__ = ("facts", "states", "times")

    def __init__(self, facts: Any, at: int, state: Any = None) -> None:
        self.facts = facts
        self.times = [at]
        self.states = [state]

    def add(self, at: int, state: Any) -> None:
        self.times.append(at)
        self.states.append(state)

    def row(self, moment: int) -> int:
        """The number of the state it is in; -1 before there is any."""
        return bisect_right(self.times, moment) - 1


class Event(NamedTuple):
    """Something that happened to an object and left it in its state number `row`."""

    at: int
    type: str
    kind: Kind
    id: str
    row: int

    @property
    def key(self) -> str:
        return "evt_" + blake2s(f"{self.type} {self.id} {self.row}".encode(), digest_size=12).hexdigest()


class Shelf:
    """Ids by the time they were made, oldest first."""

    def __init__(self, made: list[tuple[int, str]], *, is_sorted: bool = False) -> None:
        ordered = made if is_sorted else sorted(made)
        self.created = array("q", (at for at, _ in ordered))
        self.ids = [key for _, key in ordered]
        self.rows = {key: row for row, key in enumerate(self.ids)}


def suffix(id: str) -> str:
    """The part of an id behind its prefix."""
    return id.partition("_")[2]


def price_id(plan: str, currency: str, interval: str) -> str:
    return f"price_{plan}_{currency}_{interval}"


def finalized_at(invoice: Invoice) -> int:
    """When a draft becomes a bill: renewals after an hour, others at once; never after it was paid or closed."""
    due = invoice.created + (DRAFT_SECONDS if invoice.reason == "subscription_cycle" else 0)
    ends = [invoice.paid_at, invoice.closed[0] if invoice.closed else None, *(at for at, _ in invoice.attempts)]
    return min([due, *(at for at in ends if at is not None)])


def later(at: int, interval: str) -> int:
    """One interval on; the 31st becomes the last day of a shorter month."""
    if interval in _DAYS:
        return at + _DAYS[interval] * DAY
    moment = datetime.fromtimestamp(at, UTC)
    years, month = divmod(moment.month - 1 + _MONTHS[interval], 12)
    year, month = moment.year + years, month + 1
    day = min(moment.day, monthrange(year, month)[1])
    return int(moment.replace(year=year, month=month, day=day).timestamp())


# What becomes of an invoice; in one second, in this order.
_STEPS = ("finalized", "failed", "paid", "voided", "marked_uncollectible", "refunded")


def steps(invoice: Invoice, due: int) -> list[tuple[int, str, int]]:
    """What became of an invoice after it was made: (when, what, which attempt or refund), in order.

    Where nothing is due, it is paid as it is finalized.
    """
    done = [(finalized_at(invoice), "finalized", -1)]
    if due == 0:
        return [*done, (finalized_at(invoice), "paid", -1)]
    paid_at = invoice.paid_at
    for n, (at, succeeded) in enumerate(invoice.attempts):
        if paid_at is None or at <= paid_at:
            done.append((at, "paid" if succeeded else "failed", n))
    if invoice.closed and (paid_at is None or invoice.closed[0] < paid_at):
        at, how = invoice.closed
        done.append((at, "voided" if how == "void" else "marked_uncollectible", -1))
    done += [(at, "refunded", n) for n, (at, _) in enumerate(invoice.refunds)]
    return sorted(done, key=lambda step: (step[0], _STEPS.index(step[1]), step[2]))


def subscription_state(subscription: Subscription, invoices: list[Invoice], at: int) -> SubscriptionState:
    known = [invoice for invoice in invoices if invoice.created <= at]
    phases = [phase for phase in subscription.phases if phase.at <= at] or [subscription.phases[0]]
    is_ended = subscription.ended_at is not None and subscription.ended_at <= at
    phase = phases[-1]
    if is_ended and phase.status != "incomplete_expired":
        phase = phase._replace(status="canceled")
    start, end = _period(subscription, phase, known, at)
    return SubscriptionState(
        phase=phase._replace(at=0),  # so that states which look the same are the same
        start=start,
        end=end,
        latest_invoice=known[-1].id if known else None,
        is_canceling=subscription.cancels is not None and subscription.cancels[0] <= at,
        is_ended=is_ended,
    )


def _period(subscription: Subscription, phase: Phase, invoices: list[Invoice], at: int) -> tuple[int, int]:
    """The period that was last billed for and has begun; else the trial; else the first period."""
    billed: list[Line] = [
        line for invoice in invoices for line in invoice.lines if not line.is_proration and line.start <= at
    ]
    if billed:
        newest = max(billed, key=lambda line: line.start)
        return newest.start, newest.end
    return subscription.trial or (subscription.created, later(subscription.created, phase.interval))
