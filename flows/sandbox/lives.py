"""The life of each ticket: who wrote, what support did and when. Words come later, from `texts`."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple

from flows.sandbox.arrivals import DAY, HOUR, working
from flows.sandbox.incidents import Incident
from flows.sandbox.people import BOT_ID, User
from flows.sandbox.product import CATEGORIES

MINUTE = 60


class Step(NamedTuple):
    """One update of a ticket: at most one comment, and the fields it changed."""

    at: int
    actor: int
    via: str
    says: str
    """Kind of comment, "" for none: opening, auto, ask, answer, follow, thanks, angry, note, merge..."""
    public: bool
    changes: tuple[tuple[str, Any], ...]


@dataclass(slots=True, eq=False)
class Life:
    """One ticket from first to last update, without its words."""

    id: int
    intent: str
    area: str
    requester: User
    created: int
    seed: int
    channel: str
    language: str
    incident: Incident | None = None
    version: str | None = None
    """The product's version the customer has, whether or not they say so."""
    oddity: str = ""
    """"", spam, empty, megabyte or undated."""
    twin: Life | None = None
    """The ticket this one was merged into."""
    before: Life | None = None
    """The solved ticket whose issue is back."""
    stance: tuple[str, ...] = ()
    """Banks of what the customer says besides the matter itself: mounting anger, praise, that they will leave."""
    steps: list[Step] = field(default_factory=list)
    event_ids: list[int] = field(default_factory=list)
    rating: str = ""

    def state(self, until: int) -> dict[str, Any]:
        """Values of the ticket's fields at a moment (unix seconds)."""
        values: dict[str, Any] = {}
        for step in self.steps:
            if step.at > until:
                break
            values.update(step.changes)
        return values


_AREA_TAGS = {"export": "exports", "import": "imports", "sign_in": "sso"}
_PRIORITIES = (None, "low", "normal", "normal", "normal", "high", "urgent")


class Support:
    """The team at work: turns an arrival into the steps of a ticket."""

    def __init__(self, rng: Random, agents: list[User], end: int) -> None:
        self._rng = rng
        self._agents = {
            group: [agent for agent in agents if agent.group == group] for group in {a.group for a in agents}
        }
        self._end = end

    def handle(self, life: Life) -> None:
        """Fills `life.steps`. Steps of one ticket are at least a second apart."""
        rng = self._rng
        self._life, self._at = life, life.created
        self._tags: tuple[str, ...] = ()
        self._status = "new"
        self._category = self._first_category(life)
        self._open(life)
        if life.oddity == "spam":
            self._drop_spam(life)
            return
        if life.channel == "email" and rng.random() < 0.45:
            self._step(self._at + rng.randint(2, 40), BOT_ID, "rule", "auto")
        if life.twin is not None:
            self._merge(life, life.twin)
            return
        if rng.random() < 0.006:
            self._step(working(rng, self._at + HOUR), self._agent(51001).id, "web", status="deleted")
            return
        self._work(life)

    # -- the first hours -------------------------------------------------------------------------------

    def _open(self, life: Life) -> None:
        rng = self._rng
        tags = {_AREA_TAGS.get(life.area, life.area)} if rng.random() < 0.3 else set()
        if life.requester.organization and rng.random() < 0.5:
            tags.add(life.requester.organization.tier)
        category = self._category if life.channel == "web" or rng.random() < 0.3 else None
        if category:
            tags.add(category)
        urgent = life.incident is not None and life.incident.plan.loudness == "loud"
        self._tags = tuple(sorted(tags))
        stated = life.version is not None and rng.random() < 0.4
        self._step(
            life.created,
            life.requester.id,
            life.channel,
            "opening",
            status="new",
            priority=rng.choice(_PRIORITIES[2:] if urgent else _PRIORITIES[:6]),
            type={"bug_report": "problem", "how_to": "question"}.get(life.intent, "incident")
            if rng.random() < 0.5
            else None,
            tags=self._tags,
            category=category,
            app_version=_as_typed(rng, life.version) if stated and life.version else None,
        )

    def _first_category(self, life: Life) -> str | None:
        """The helpdesk's category: missing in 15% of tickets, right in 88% of the others."""
        rng = self._rng
        true = life.intent
        if life.incident is not None and rng.random() < 0.4:
            true = life.incident.plan.second_category
        if rng.random() < 0.15:
            return None
        if rng.random() < 0.88:
            return true
        return rng.choice([category for category in CATEGORIES if category != true])

    def _drop_spam(self, life: Life) -> None:
        rng = self._rng
        if rng.random() < 0.75:
            self._retag("spam")
            self._step(
                working(rng, self._at + 20 * MINUTE), self._agent(51001).id, "web", status="deleted", tags=self._tags
            )
            life.requester.suspended_at = self._at
        elif rng.random() < 0.6:
            self._step(working(rng, self._at + HOUR), self._agent(51001).id, "web", status="solved")
            self._close()

    def _merge(self, life: Life, twin: Life) -> None:
        """An agent sees that the customer wrote twice and closes the later ticket into the earlier one."""
        rng = self._rng
        agent = self._agent(51001)
        at = working(rng, max(self._at, twin.created) + rng.randint(5, 240) * MINUTE)
        self._retag("closed_by_merge")
        self._step(at, agent.id, "web", "merged", public=False, status="closed", tags=self._tags, assignee_id=agent.id)
        if at < self._end:
            # The twin is told too, wherever in its own life that falls.
            place = next((n for n, step in enumerate(twin.steps) if step.at >= at), len(twin.steps))
            moment = at
            while any(step.at == moment for step in twin.steps):
                moment += 1
                place = next((n for n, step in enumerate(twin.steps) if step.at >= moment), len(twin.steps))
            twin.steps.insert(place, Step(moment, agent.id, "web", f"absorbed:{life.id}", False, ()))

    # -- the conversation ------------------------------------------------------------------------------

    def _work(self, life: Life) -> None:
        rng = self._rng
        plan = life.incident.plan if life.incident else None
        group = self._group(life)
        first = self._agent(51001 if rng.random() < 0.7 or group == 51001 else group)
        at = working(rng, self._at + self._delay(0.35 if plan and plan.kind == "outage" else 0.8))
        changes: dict[str, Any] = {"assignee_id": first.id, "group_id": first.group, "status": "open"}
        if self._category and not life.state(at)["category"]:
            self._retag(self._category)
            changes |= {"category": self._category, "tags": self._tags}
        self._step(at, first.id, "web", **changes)
        agent = first
        if first.group != group and rng.random() < 0.6:
            agent = self._agent(group)
            says = "note" if rng.random() < 0.7 else ""
            self._step(
                working(rng, self._at + self._delay(0.3)),
                first.id,
                "web",
                says,
                public=False,
                assignee_id=agent.id,
                group_id=group,
            )
        if rng.random() < 0.25 and self._category and self._category != life.intent:
            self._retag(life.intent, drop=self._category)
            self._step(self._at + rng.randint(30, 900), agent.id, "web", category=life.intent, tags=self._tags)
        for _ in range(rng.choice((0, 0, 0, 0, 1, 1, 2))):
            status = "pending" if rng.random() < 0.7 else "open"
            self._step(working(rng, self._at + self._delay(0.7)), agent.id, "web", "ask", status=status)
            if rng.random() < 0.12:
                break
            says = "angry" if rng.random() < 0.12 else "follow"
            self._step(self._at + self._delay(1.2), life.requester.id, "email", says, status="open")
            if rng.random() < 0.15:
                self._step(self._at + self._delay(0.4), agent.id, "web", "note", public=False)
        self._solve(life, agent)

    def _solve(self, life: Life, agent: User) -> None:
        rng = self._rng
        fixed = life.incident.fixed if life.incident else None
        if life.incident is not None and life.incident.plan.kind in ("bug", "regression", "outage"):
            if rng.random() < 0.8 and (fixed is None or self._at < fixed):
                status = "hold" if rng.random() < 0.6 else "open"
                self._step(working(rng, self._at + self._delay(0.5)), agent.id, "web", "known", status=status)
                if rng.random() < 0.2:
                    self._step(self._at + self._delay(3), life.requester.id, "email", "angry", status="open")
            if fixed is None:
                return
            at = max(self._at + self._delay(0.8), fixed + rng.randint(20, 900) * MINUTE)
            self._step(working(rng, at), agent.id, "web", "fixed", status="solved")
        else:
            if rng.random() < 0.03:
                return  # forgotten
            self._step(working(rng, self._at + self._delay(0.9)), agent.id, "web", "answer", status="solved")
        if rng.random() < 0.18:
            self._step(self._at + self._delay(0.8), life.requester.id, "email", "thanks")
        elif rng.random() < 0.09:
            self._step(self._at + self._delay(2), life.requester.id, "email", "again", status="open")
            self._step(working(rng, self._at + self._delay(0.8)), agent.id, "web", "answer", status="solved")
        self._rate(life)
        self._close()

    def _rate(self, life: Life) -> None:
        rng = self._rng
        if rng.random() > 0.6:
            return
        self._step(self._at + DAY + rng.randint(0, 600), BOT_ID, "rule", satisfaction="offered")
        if rng.random() < 0.32:
            happy = 0.55 if life.incident else 0.85
            life.rating = "good" if rng.random() < happy else "bad"
            self._step(
                self._at + self._delay(2),
                life.requester.id,
                "web",
                satisfaction=life.rating,
            )

    def _close(self) -> None:
        self._step(self._at + 4 * DAY + self._rng.randint(0, HOUR), BOT_ID, "rule", status="closed")

    # -- small tools -----------------------------------------------------------------------------------

    def _step(self, at: int, actor: int, via: str, says: str = "", *, public: bool = True, **changes: Any) -> None:
        life = self._life
        if changes.get("status") == self._status and life.steps:
            del changes["status"]
        self._status = changes.get("status", self._status)
        self._at = max(at, life.steps[-1].at + 1) if life.steps else at
        if self._at < self._end and (says or changes):
            life.steps.append(Step(self._at, actor, via, says, public, tuple(changes.items())))

    def _retag(self, *add: str, drop: str | None = None) -> None:
        self._tags = tuple(sorted((set(self._tags) | set(add)) - {drop or ""}))

    def _delay(self, hours: float) -> int:
        """Seconds until somebody gets to it: log-normal around `hours`, a few minutes at least."""
        return int(max(240.0, hours * HOUR * self._rng.lognormvariate(0.3, 1.0)))

    def _group(self, life: Life) -> int:
        if life.area == "billing" or life.intent in ("refund", "invoice_discrepancy", "billing_question"):
            return 51003
        technical = {"bug_report", "integration_failure", "api_question", "performance", "data_import"}
        if life.intent == "cancellation":
            return 51004
        return 51002 if life.intent in technical else 51001

    def _agent(self, group: int) -> User:
        return self._rng.choice(self._agents[group])


def _as_typed(rng: Random, version: str) -> str:
    """How a person fills in a version field."""
    form = rng.random()
    if form < 0.7:
        return version
    return f"v{version}" if form < 0.9 else version.rsplit(".", 1)[0]
