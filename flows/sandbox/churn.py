"""Who leaves, after which warning signs: edits the clients' scripts and writes the tickets that the signs need.

Kinds of signs: worsening, silent_then_burst, churn_language, failed_payment, downgrade, renewal_frustration,
repeat_issue. They show in the two to eight weeks before a customer's last subscription ends. Some customers leave
without any, and about as many as leave show a single sign and stay.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from random import Random

from flows.sandbox.arrivals import DAY, HOUR
from flows.sandbox.clients import Client, english_users
from flows.sandbox.complaints import Complaints
from flows.sandbox.lives import Life
from flows.sandbox.pricing import TIERS
from flows.sandbox.subscriptions import Failure, Leaving, Move

_LEAVE = 0.06  # of all customers in a year
_WARNED = (True, True, False, True, False)
_SILENCE = 90 * DAY
_FIRST_SIGNS = (
    "worsening", "failed_payment", "renewal_frustration", "silent_then_burst", "churn_language", "downgrade",
    "repeat_issue",
)  # fmt: skip
_SIGNS_OF_STAYERS = (
    "failed_payment", "downgrade", "failed_payment", "worsening", "failed_payment", "churn_language",
    "repeat_issue", "failed_payment", "downgrade", "silent_then_burst", "failed_payment", "renewal_frustration",
)  # fmt: skip
# One sign after the other: a silence is broken before anything else is written, and words come last.
_SEQUENCE = (
    "silent_then_burst", "repeat_issue", "failed_payment", "downgrade", "worsening", "renewal_frustration",
    "churn_language",
)  # fmt: skip
_IN_BILLING = frozenset({"failed_payment", "downgrade"})
_EARLIEST, _LATEST = 52, 18  # days before the end at which the first and the last sign begin
_LEEWAY = 3 * DAY


class ChurnPlan:
    """Plans it all, once. Read `dropped` when it is done: everyday tickets that customers do not write after all."""

    def __init__(
        self,
        rng: Random,
        clients: Iterable[Client],
        lives: list[Life],
        complaints: Complaints,
        span: tuple[int, int, int],
    ) -> None:
        self._rng = rng
        self._start, self._history_end, self._end = span
        self._complaints = complaints
        self._free = [client for client in clients if client.in_billing and client.script.leaving is None]
        twins = {life.twin for life in lives if life.twin}
        self._fixed = {life for life in lives if life.incident or life.oddity or life.twin or life in twins}
        self._tickets: dict[int, list[Life]] = defaultdict(list)
        for life in lives:
            if life.requester.organization:
                self._tickets[life.requester.organization.id].append(life)
        self.dropped: set[Life] = set()

    def carry_out(self) -> None:
        count = round(_LEAVE * len(self._free) * (self._history_end - self._start) / (365 * DAY))
        first = self._start + 75 * DAY
        width = (self._history_end - 4 * DAY - first) // max(1, count)
        if width > 0:
            for n in range(count):
                self._lose(n, first + int((n + self._rng.random()) * width))
            for n in range(count):
                self._worry(n, first + int((n + self._rng.random()) * width) - 30 * DAY)
        self._go_live()

    def fall_silent(self, client: Client, at: int) -> None:
        """From `at` on the customer writes nothing any more but what an incident makes them write."""
        self._drop(client, at, self._end)

    # -- the history -----------------------------------------------------------------------------------

    def _lose(self, n: int, target: int) -> None:
        """The n-th customer who leaves, at the end of a period near `target`."""
        rng = self._rng
        sign = _FIRST_SIGNS[n * 3 // 5 % len(_FIRST_SIGNS)] if _WARNED[n % len(_WARNED)] else ""
        found = [
            (self._fuss(client, sign, ends), rng.random(), client, ends)
            for client in self._free
            if (ends := self._period_end(client, target)) and self._can_show(client, sign, ends - _EARLIEST * DAY)
        ]
        if not found:
            return
        *_, client, ends = min(found, key=lambda row: row[:2])
        self._free.remove(client)
        script = client.script
        script.moves = [move for move in script.moves if move.at < ends - 75 * DAY]
        asked = ends - rng.randint(8 * HOUR, 9 * DAY)
        begins = [begin for begin, _ in script.periods(ends)][-1]
        script.leaving = Leaving("period", max(asked, begins + HOUR))
        if sign:
            self._warn(client, self._signs(client, sign, ends), ends)
        self.fall_silent(client, ends + rng.randint(0, 3 * DAY))

    def _period_end(self, client: Client, target: int) -> int | None:
        """The end of a paid period close to a moment, of a customer who has paid for three months by then."""
        script = client.script
        close = 16 * DAY if script.interval == "month" else 30 * DAY
        for _, finish in script.periods(target + close):
            if abs(finish - target) <= close and script.paid_from + 89 * DAY < finish < self._history_end:
                return finish
        return None

    def _can_show(self, client: Client, sign: str, at: int) -> bool:
        script = client.script
        if sign and sign not in _IN_BILLING and not english_users(client.organization, at):
            return False
        if sign == "renewal_frustration":
            return script.interval == "year"
        if sign == "failed_payment":
            return script.interval == "month"
        if sign == "downgrade":
            return script.terms_at(at)[0] != TIERS[0] and script.paid_from + 30 * DAY < at
        if sign == "silent_then_burst":
            said = [life for life in self._written(client, at - _SILENCE, at + _LEEWAY) if life in self._fixed]
            return client.organization.created < at - _SILENCE - 30 * DAY and not said
        return True

    def _fuss(self, client: Client, sign: str, ends: int) -> int:
        """How many tickets stand in the way: those about incidents that it would write after it has left."""
        after = sum(life in self._fixed for life in self._written(client, ends, self._end))
        first = ends - _EARLIEST * DAY
        return after + (len(self._written(client, first - _SILENCE, first)) if sign == "silent_then_burst" else 0)

    def _signs(self, client: Client, sign: str, ends: int) -> list[str]:
        """The signs a customer shows, in order: one is given, one or two others join it."""
        rng = self._rng
        kinds = ("worsening", "churn_language", "failed_payment", "downgrade", rng.choice(("repeat_issue", sign)))
        others = [other for other in kinds if other != sign and self._can_show(client, other, ends - _EARLIEST * DAY)]
        if not english_users(client.organization, ends - _EARLIEST * DAY):
            others = [other for other in others if other in _IN_BILLING]
        signs = {sign, *rng.sample(others, min(len(others), rng.choice((1, 1, 2))))}
        return [kind for kind in _SEQUENCE if kind in signs]

    def _warn(self, client: Client, signs: list[str], ends: int) -> None:
        steps = max(1, len(signs) - 1)
        times = []
        for n, sign in enumerate(signs):
            days = _EARLIEST - (_EARLIEST - _LATEST) * n / steps
            at = ends - int(days * DAY) + self._rng.randint(0, _LEEWAY)
            times.append(self._show(client, sign, at, ends))
        client.account.signs = tuple(signs)
        client.account.warned_from = min(times)

    def _show(self, client: Client, sign: str, at: int, ends: int | None = None) -> int:
        """Plants a sign at about a moment, before the customer leaves where it does. Says when it begins."""
        organization = client.organization
        if sign == "failed_payment":
            return self._decline(client, at, ends)
        if sign == "downgrade":
            self._downgrade(client, at)
        elif sign == "worsening":
            self._complaints.worsening(at, organization)
        elif sign == "silent_then_burst":
            self._drop(client, at - _SILENCE, at)
            self._complaints.burst(at, organization)
        elif sign == "churn_language":
            self._complaints.leaving(at, organization)
        elif sign == "renewal_frustration":
            self._complaints.before_renewal(at, organization)
        else:
            self._complaints.again(at, organization)
        return at

    def _decline(self, client: Client, at: int, ends: int | None) -> int:
        """A card that fails for the last period, or for the one at about `at` of a customer who stays."""
        rng = self._rng
        script = client.script
        if ends is None:
            begin = next(begin for begin, finish in script.periods(self._end) if finish > at)
            script.failures.append(Failure(begin, rng.choice((1, 1, 2, 3))))
            return begin
        begin = [begin for begin, _ in script.periods(ends)][-1]
        if rng.random() < 0.4:
            script.leaving = None  # it does not even say so
            script.failures.append(Failure(begin, 4, "unpaid"))
        else:
            script.failures.append(Failure(begin, rng.choice((1, 2, 3))))
        return begin

    def _downgrade(self, client: Client, at: int) -> None:
        script = client.script
        plan, seats = script.terms_at(at)
        script.moves = [move for move in script.moves if move.at < at]
        lower = TIERS[TIERS.index(plan) - 1]
        script.moves.append(Move(at, lower, max(1, round(seats * self._rng.uniform(0.6, 1))), "now"))

    # -- those who stay --------------------------------------------------------------------------------

    def _worry(self, n: int, at: int) -> None:
        """The n-th customer who shows one sign and stays."""
        rng = self._rng
        sign = _SIGNS_OF_STAYERS[n % len(_SIGNS_OF_STAYERS)]
        found = [
            (client, moment)
            for client in self._free
            if (moment := self._occasion(client, sign, at)) and self._can_show(client, sign, moment)
        ]
        if found:
            client, moment = rng.choice(found)
            self._free.remove(client)
            client.account.signs = (sign,)
            client.account.warned_from = self._show(client, sign, moment)

    def _occasion(self, client: Client, sign: str, at: int) -> int | None:
        """When a customer of some standing can show a sign: before a renewal, that means close to its date."""
        script = client.script
        if script.paid_from > at - 60 * DAY:
            return None
        if sign != "renewal_frustration":
            return at
        return next(
            (finish - 40 * DAY for _, finish in script.periods(at) if at < finish - 40 * DAY < at + 60 * DAY), None
        )

    # -- the days after the history --------------------------------------------------------------------

    def _go_live(self) -> None:
        """One customer whose card fails for good while it looks elsewhere, and one whose card works again."""
        due = [
            (client, begin)
            for client in self._free
            for begin, _ in client.script.periods(self._end)
            if self._history_end + 4 * HOUR < begin < self._history_end + 44 * HOUR
            and client.script.interval == "month"
            and client.script.paid_from < self._history_end - 90 * DAY
            and english_users(client.organization, begin)
        ]
        self._rng.shuffle(due)
        for n, (client, begin) in enumerate(due[:2]):
            self._free.remove(client)
            client.account.warned_from = begin
            client.account.signs = ("failed_payment",)
            client.script.failures.append(Failure(begin, 1 if n else 4))
            if n == 0:
                client.account.signs = ("failed_payment", "churn_language")
                self._complaints.leaving(self._history_end + 20 * HOUR, client.organization)
                self.fall_silent(client, begin + 7 * DAY)

    # -- everyday tickets ------------------------------------------------------------------------------

    def _written(self, client: Client, begin: int, end: int) -> list[Life]:
        return [life for life in self._tickets[client.organization.id] if begin <= life.created < end]

    def _drop(self, client: Client, begin: int, end: int) -> None:
        self.dropped |= {life for life in self._written(client, begin, end) if life not in self._fixed}
