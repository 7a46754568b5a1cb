"""Subscriptions played from a script: periods, invoices, proration, failed payments, endings.

A script says what a customer does; `play` says what billing makes of it, as Stripe would: an invoice at the start of
each period, paid an hour later, tried again after 3, 5 and 7 days where the card fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from random import Random
from typing import Literal, NamedTuple

from flows.sandbox.arrivals import DAY, HOUR
from flows.sandbox.commerce import Invoice, Line, Phase, Plan, Status, Subscription

TRIAL = 14 * DAY
RETRIES = (0, 3 * DAY, 5 * DAY, 7 * DAY)  # from the first attempt
Reason = Literal["subscription_create", "subscription_cycle", "subscription_update"]
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789"


class Move(NamedTuple):
    """From `at` on another plan or number of seats; the difference is billed at once or with the next period."""

    at: int
    plan: str
    seats: int
    billed: Literal["now", "next"]


class Failure(NamedTuple):
    """The first invoice of a period from `after` on is declined so many times; four times are the end."""

    after: int
    declined: int
    ends_as: Literal["canceled", "unpaid"] = "canceled"


class Leaving(NamedTuple):
    """How a customer ends a subscription.

    period: asked for at `at`, effective when the period ends; now: effective at once; trial: it ends with the trial;
    expired: the very first payment never came.
    """

    kind: Literal["period", "now", "trial", "expired"]
    at: int


@dataclass
class Script:
    """What a customer does with one subscription."""

    created: int
    plan: str
    interval: Literal["month", "year"]
    seats: int
    currency: str
    has_trial: bool
    moves: list[Move] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    refunds: list[tuple[int, float]] = field(default_factory=list)
    """(from when on, share): of the first invoice paid from then on, some of it is given back."""
    leaving: Leaving | None = None

    @property
    def paid_from(self) -> int:
        """When the first paid period begins."""
        return self.created + TRIAL if self.has_trial else self.created

    def periods(self, end: int) -> Iterator[tuple[int, int]]:
        """Begin and end of each paid period that begins before `end`, whether or not the customer stays so long."""
        months = 12 if self.interval == "year" else 1
        n, begin = 0, self.paid_from
        while begin < end:
            n += 1
            finish = months_later(self.paid_from, n * months)
            yield begin, finish
            begin = finish

    def terms_at(self, at: int) -> tuple[str, int]:
        """Plan and seats at a moment."""
        moved = [move for move in sorted(self.moves) if move.at <= at]
        return (moved[-1].plan, moved[-1].seats) if moved else (self.plan, self.seats)


@cache
def months_later(at: int, months: int) -> int:
    """The same day and time so many months later, or the month's last day where it has no such day."""
    moment = datetime.fromtimestamp(at, UTC)
    years, month = divmod(moment.month - 1 + months, 12)
    for day in range(moment.day, 27, -1):
        try:
            return int(moment.replace(year=moment.year + years, month=month + 1, day=day).timestamp())
        except ValueError:
            continue
    return int(moment.replace(year=moment.year + years, month=month + 1).timestamp())


def identifier(rng: Random, prefix: str) -> str:
    """An id as Stripe makes them."""
    return prefix + "".join(rng.choices(_LETTERS, k=14))


def play(
    rng: Random, script: Script, customer_id: str, plans: dict[str, Plan], end: int
) -> tuple[Subscription, list[Invoice]]:
    """The subscription and its invoices until `end`."""
    return _Player(rng, script, customer_id, plans).play(end)


class _Player:
    def __init__(self, rng: Random, script: Script, customer_id: str, plans: dict[str, Plan]) -> None:
        self._rng = rng
        self._script = script
        self._customer_id = customer_id
        self._plans = plans
        self._id = identifier(rng, "sub_")
        self._statuses: list[tuple[int, Status]] = []
        self._invoices: list[Invoice] = []
        self._failures = sorted(script.failures)
        self._refunds = sorted(script.refunds)
        self._cancels: tuple[int, int] | None = None
        self._ended_at: int | None = None

    def play(self, end: int) -> tuple[Subscription, list[Invoice]]:
        script = self._script
        if script.leaving and script.leaving.kind == "expired":
            self._expire()
        else:
            if script.has_trial:
                self._try_out()
            if self._ended_at is None:
                self._pay_periods(end)
        trial = (script.created, script.paid_from) if script.has_trial else None
        subscription = Subscription(
            id=self._id,
            customer_id=self._customer_id,
            currency=script.currency,
            created=script.created,
            phases=self._phases(),
            trial=trial,
            cancels=self._cancels,
            ended_at=self._ended_at,
        )
        return subscription, self._invoices

    def _expire(self) -> None:
        """The first payment is declined, and nobody tries another card within the day Stripe waits."""
        script = self._script
        over = script.created + 23 * HOUR
        period = Line(
            script.plan,
            script.interval,
            script.seats,
            self._price(script.plan, script.seats),
            script.created,
            next(script.periods(script.created + 1))[1],
        )
        attempts = ((script.created + 4, False),)
        self._bill(script.created, "subscription_create", [period], attempts, closed=(over, "void"))
        self._statuses = [(script.created, "incomplete"), (over, "incomplete_expired")]
        self._ended_at = over

    def _try_out(self) -> None:
        script = self._script
        self._statuses.append((script.created, "trialing"))
        line = Line(script.plan, script.interval, script.seats, 0, script.created, script.paid_from)
        self._bill(script.created, "subscription_create", [line])
        if script.leaving and script.leaving.kind == "trial":
            self._cancels = (min(script.leaving.at, script.paid_from), script.paid_from)
            self._end(script.paid_from)

    def _pay_periods(self, end: int) -> None:
        script = self._script
        self._statuses.append((script.paid_from, "active"))
        leaving = script.leaving
        moves = sorted(move for move in script.moves if move.at >= script.paid_from)
        owed: list[Line] = []
        plan, seats = script.terms_at(script.paid_from - 1)
        for begin, finish in script.periods(end):
            is_first = begin == script.created
            reason: Reason = "subscription_create" if is_first else "subscription_cycle"
            period = Line(plan, script.interval, seats, self._price(plan, seats), begin, finish)
            fatal = self._collect(begin, finish, reason, [*owed, period])
            owed = []
            until = fatal or finish
            if leaving and leaving.kind == "now" and begin <= leaving.at < until:
                until = leaving.at
            for move in (move for move in moves if begin <= move.at < until):
                lines = self._prorate(plan, seats, move, begin, finish)
                plan, seats = move.plan, move.seats
                if move.billed == "now":
                    paid = ((move.at + self._rng.randint(3, 9), True),)
                    self._bill(move.at, "subscription_update", lines, paid)
                else:
                    owed += lines
            if fatal:
                self._end(fatal)
            elif leaving and begin <= leaving.at < finish and leaving.kind in ("period", "now"):
                effective = finish if leaving.kind == "period" else leaving.at
                self._cancels = (leaving.at, effective)
                self._end(effective)
            if self._ended_at is not None:
                return

    def _collect(self, begin: int, finish: int, reason: Reason, lines: list[Line]) -> int | None:
        """Bills a period. Says when the subscription ends, where the last attempt is declined, too."""
        first = begin + (HOUR if reason == "subscription_cycle" else 0) + self._rng.randint(4, 180)
        failure = next((failure for failure in self._failures if failure.after <= begin), None)
        if failure is None:
            self._bill(begin, reason, lines, ((first, True),))
            return None
        self._failures.remove(failure)
        moments = [first + wait + (self._rng.randint(0, 600) if wait else 0) for wait in RETRIES]
        declined = tuple((at, False) for at in moments[: failure.declined])
        self._statuses.append((first, "past_due"))
        if failure.declined < len(RETRIES):
            paid = moments[failure.declined]
            self._statuses.append((paid, "active"))
            self._bill(begin, reason, lines, (*declined, (paid, True)))
            return None
        over = moments[-1] + 60
        self._bill(begin, reason, lines, declined, closed=(over, "uncollectible"))
        if failure.ends_as == "unpaid":
            self._statuses.append((over, "unpaid"))
            return finish
        return over

    def _bill(
        self,
        at: int,
        reason: Reason,
        lines: list[Line],
        attempts: tuple[tuple[int, bool], ...] = (),
        closed: tuple[int, Literal["void", "uncollectible"]] | None = None,
    ) -> None:
        total = sum(line.amount for line in lines)
        refunds: tuple[tuple[int, int], ...] = ()
        if total > 0 and attempts and attempts[-1][1] and self._refunds and self._refunds[0][0] <= at:
            _, share = self._refunds.pop(0)
            refunds = ((attempts[-1][0] + self._rng.randint(1, 9) * DAY, round(total * share)),)
        self._invoices.append(
            Invoice(
                id=identifier(self._rng, "in_"),
                customer_id=self._customer_id,
                subscription_id=self._id,
                currency=self._script.currency,
                created=at,
                reason=reason,
                lines=tuple(lines),
                attempts=attempts if total > 0 else (),
                closed=closed,
                refunds=refunds,
            )
        )

    def _prorate(self, plan: str, seats: int, move: Move, begin: int, finish: int) -> list[Line]:
        """What is given back of the terms until now and charged for the new ones, by the second."""
        interval, left = self._script.interval, finish - move.at
        unused = -round(self._price(plan, seats) * left / (finish - begin))
        charge = round(self._price(move.plan, move.seats) * left / (finish - begin))
        return [
            Line(plan, interval, seats, unused, move.at, finish, is_proration=True),
            Line(move.plan, interval, move.seats, charge, move.at, finish, is_proration=True),
        ]

    def _price(self, plan: str, seats: int) -> int:
        return self._plans[plan].prices[self._script.currency, self._script.interval] * seats

    def _end(self, at: int) -> None:
        self._ended_at = at
        self._statuses = [(moment, status) for moment, status in self._statuses if moment < at] + [(at, "canceled")]

    def _phases(self) -> tuple[Phase, ...]:
        """Status and terms from each moment on at which one of them changed."""
        script = self._script
        moved = [move.at for move in script.moves if move.at >= script.paid_from]
        moments = {at for at, _ in self._statuses} | {at for at in moved if at <= (self._ended_at or at)}
        phases = []
        for moment in sorted(moments):
            status = [status for at, status in self._statuses if at <= moment][-1]
            plan, seats = script.terms_at(moment)
            phases.append(Phase(moment, status, plan, script.interval, seats))
        return tuple(phases)
