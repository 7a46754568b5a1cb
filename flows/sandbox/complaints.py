"""Tickets that customers write besides the everyday ones: signs that they may leave, and praise."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from random import Random

from flows.sandbox.arrivals import DAY, HOUR, within
from flows.sandbox.clients import english_users
from flows.sandbox.lives import Life, Support
from flows.sandbox.people import Organization, User
from flows.sandbox.product import Release

# What a dissatisfied customer writes about: intent and feature area.
TROUBLES = (
    ("performance", "dashboards"),
    ("bug_report", "reports"),
    ("integration_failure", "integrations"),
    ("bug_report", "export"),
    ("data_import", "import"),
    ("permissions", "permissions"),
    ("bug_report", "dashboards"),
    ("performance", "reports"),
)
_CHANNELS = ("email", "email", "web")
_TRIES = 60  # how often support plays a ticket until it ends as it has to


class Complaints:
    """Writes such tickets. Read `lives` when it is done; their ids are given when they join the queue."""

    def __init__(self, rng: Random, agents: list[User], releases: Sequence[Release], begin: int, end: int) -> None:
        self._rng = rng
        self._support = Support(rng, agents, end)
        self._begin, self._end = begin, end
        self._released = [int(release.released_at.timestamp()) for release in releases]
        self._versions = [release.version for release in releases]
        self.lives: list[Life] = []

    def write(
        self,
        at: int,
        organization: Organization,
        *stance: str,
        about: tuple[str, str] | None = None,
        before: Life | None = None,
        writer: User | None = None,
        ends: str = "",
    ) -> Life:
        """One ticket at `at`. `ends`: solved, within three days; open, never answered for good; "" as it comes."""
        rng = self._rng
        intent, area = about or rng.choice(TROUBLES)
        newest = bisect_right(self._released, at) - 1
        life = Life(
            id=0,
            intent=intent,
            area=area,
            requester=writer or rng.choice(english_users(organization, at)),
            created=at,
            seed=rng.getrandbits(48),
            channel=rng.choice(_CHANNELS),
            language="en",
            version=self._versions[newest] if newest >= 0 else None,
            before=before,
            stance=stance,
        )
        if not self._begin <= at < self._end:
            return life  # the helpdesk has nothing of that time
        pleased = "happy" in stance
        for _ in range(_TRIES):
            life.steps, life.rating = [], ""
            self._support.handle(life)
            if self._fits(life, ends, pleased=pleased):
                break
        if ends == "open":
            _leave_open(life)
        self.lives.append(life)
        return life

    def worsening(self, at: int, organization: Organization) -> int:
        """Five tickets or six within two weeks, each angrier than the one before. Says when the last was written."""
        rng = self._rng
        count = rng.choice((5, 5, 6))
        moods = ("mood.1", "mood.2", "mood.3", "mood.3", "mood.4", "mood.5") if count == 6 else (
            "mood.1", "mood.2", "mood.3", "mood.4", "mood.5"
        )  # fmt: skip
        abouts = rng.sample(TROUBLES, count)
        for n, moment in enumerate(within(rng, at, at + 12 * DAY, count)):
            self.write(moment, organization, *[moods[n]] * (2 + n // 2), about=abouts[n])
        return at + 12 * DAY

    def burst(self, at: int, organization: Organization) -> int:
        """Three tickets within a week."""
        abouts = self._rng.sample(TROUBLES, 3)
        for n, moment in enumerate(within(self._rng, at, at + 6 * DAY, 3)):
            self.write(moment, organization, "mood.1" if n == 0 else "mood.2", about=abouts[n])
        return at + 6 * DAY

    def leaving(self, at: int, organization: Organization) -> int:
        """One ticket that speaks of leaving."""
        (moment,) = within(self._rng, at, at + 3 * DAY, 1)
        self.write(moment, organization, "leaving", "leaving.because", "mood.2", about=("cancellation", "account"))
        return moment

    def before_renewal(self, at: int, organization: Organization) -> int:
        """Angry tickets that stay open."""
        rng = self._rng
        for moment in within(rng, at, at + 8 * DAY, rng.choice((2, 3))):
            self.write(moment, organization, "mood.3", "renewal.near", "mood.4", ends="open")
        return at + 8 * DAY

    def again(self, at: int, organization: Organization) -> int:
        """A ticket, and within a week of its solution another about the same."""
        rng = self._rng
        (moment,) = within(rng, at, at + 2 * DAY, 1)
        about = rng.choice(TROUBLES)
        first = self.write(moment, organization, "mood.1", about=about, ends="solved")
        solved = solved_at(first) or moment + DAY
        (back,) = within(rng, solved + 5 * HOUR, solved + 5 * DAY, 1)
        self.write(back, organization, "back.again", "mood.2", about=about, before=first)
        return back

    def _fits(self, life: Life, ends: str, *, pleased: bool) -> bool:
        if any(value == "deleted" for step in life.steps for _, value in step.changes):
            return False
        if not pleased and (life.rating == "good" or any(step.says == "thanks" for step in life.steps)):
            return False
        if pleased and (life.rating == "bad" or any(step.says in ("angry", "again") for step in life.steps)):
            return False
        solved = solved_at(life)
        if ends == "solved":
            reopened = any(step.says == "again" for step in life.steps)
            return solved is not None and solved < life.created + 3 * DAY and not reopened
        return True


def solved_at(life: Life) -> int | None:
    """When a ticket was first solved."""
    return next((step.at for step in life.steps if ("status", "solved") in step.changes), None)


def _leave_open(life: Life) -> None:
    """Takes back the solution and all that followed."""
    solved = solved_at(life)
    if solved is not None:
        life.steps = [step for step in life.steps if step.at < solved]
        life.rating = ""
