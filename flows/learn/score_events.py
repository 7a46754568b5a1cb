"""Findings against the planted truth of the sandbox: caught, missed, false alarms, lead time.

An event is caught by a finding when the event caused at least half (`MIN_PURITY`) of what the finding is
about, and at least two tickets of it. A bug is about its tickets; a wave (kinds volume and topic) is about
the tickets above its baseline. A finding told in Linear or Slack is a false alarm when all planted events
together do not explain half of what it was about when it was first told.

An issue was filed for an event when it was filed after the event's first ticket and not later than
`AFTERMATH` after its end: a finding that was there before may take in the event's tickets, too.

Events of the history are looked for in what the backfill found when it judged the past week by week, so
their hours to the finding are counted in weeks, from above.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flows.core.clock import parse
from flows.landing.journal import Journal
from flows.settings import Settings

MIN_PURITY = 0.5
AFTERMATH = timedelta(days=3)


@dataclass
class EventScore:
    """One planted event and what became of it."""

    id: str
    kind: str
    loudness: str
    title: str
    tickets: int
    happened: bool
    """Whether its first ticket lies before the run's last moment."""
    live: bool
    """Whether it began while the clock moved (as opposed to in the backfilled history)."""
    findings: list[str] = field(default_factory=list)
    issues_filed: int = 0
    hours_to_finding: float | None = None
    """From its first ticket to the first run that found it; for events of the history, to the weekly look back."""

    @property
    def caught(self) -> bool:
        return bool(self.findings)


@dataclass
class EventsScore:
    """All planted events, and what was told without one."""

    events: list[EventScore]
    false_alarms: list[str]
    weeks: float
    """Length of the live period, the base of the false alarms a week."""

    @property
    def false_alarms_per_week(self) -> float:
        return round(len(self.false_alarms) / self.weeks, 2) if self.weeks else 0.0

    def as_dict(self) -> dict[str, Any]:
        return {
            "events": [{**e.__dict__, "caught": e.caught} for e in self.events],
            "caught": sum(e.caught for e in self.events if e.happened),
            "missed": sum(not e.caught for e in self.events if e.happened),
            "false_alarms": self.false_alarms,
            "false_alarms_per_week": self.false_alarms_per_week,
            "weeks": self.weeks,
        }


@dataclass(frozen=True)
class Showing:
    """A finding at a change of its state: what it is about changes with time."""

    key: str
    at: datetime
    tickets: frozenset[str]
    about: float
    """How many of the tickets it is about: all of a bug's, those above the baseline of a wave's."""

    def explained_by(self, planted: set[str]) -> bool:
        hits = len(self.tickets & planted)
        return hits >= 2 and hits >= MIN_PURITY * self.about


def score_events(settings: Settings, truth: dict[str, Any], journal: Journal) -> EventsScore:
    """Read what was found, told and filed from the journal. It needs at least one run."""
    runs = journal.latest("run").values()
    last = max(parse(body["at"]) for body in runs)
    live = [parse(body["at"]) for body in runs if body["flow"] != "backfill"]
    history_end = parse(truth["history_end"])
    helpdesk = next((name for name, source in settings.sources.items() if source.type == "zendesk"), "zendesk")
    planted = {event["id"]: {f"{helpdesk}:{t}" for t in event["ticket_ids"]} for event in truth["events"]}
    showings = _showings(journal)
    told, issues = _deliveries(journal)

    events = []
    for event in truth["events"]:
        started = parse(event["first_ticket_at"] or event["started_at"])
        caught_by = [s for s in showings if s.explained_by(planted[event["id"]])]
        found = sorted({s.key for s in caught_by})
        ended = parse(event["ended_at"]) if event.get("ended_at") else last
        filed = [at for key in found for at in issues[key].values() if started <= at <= ended + AFTERMATH]
        events.append(
            EventScore(
                id=event["id"], kind=event["kind"], loudness=event["loudness"], title=event["title"],
                tickets=len(planted[event["id"]]), happened=started <= last, live=started > history_end,
                findings=found, issues_filed=len(filed),
                hours_to_finding=_hours(started, min(s.at for s in caught_by)) if caught_by else None,
            )
        )  # fmt: skip
    everything = set().union(*planted.values())
    as_told = {key: _as_told(showings, key, at) for key, at in told.items()}
    accounts = {key for key, body in journal.latest("finding").items() if body["kind"] == "churn"}
    false_alarms = [
        key for key, s in as_told.items() if key not in accounts and (s is None or not s.explained_by(everything))
    ]
    weeks = round((last - min(live)).total_seconds() / (7 * 86400), 2) if live else 0.0
    return EventsScore(events, sorted(false_alarms), weeks)


def _as_told(showings: list[Showing], key: str, at: datetime) -> Showing | None:
    """What a finding was about when it was first told: its last change of state until then."""
    return max((s for s in showings if s.key == key and s.at <= at), key=lambda s: s.at, default=None)


def _hours(start: datetime, end: datetime) -> float:
    return round((end - start).total_seconds() / 3600, 1)


def _showings(journal: Journal) -> list[Showing]:
    """What every finding was about whenever its state changed."""
    showings = []
    for row in journal.read("finding_state").iter_rows(named=True):
        body = json.loads(row["payload"])
        about = body["share_above_baseline"] * len(body["tickets"])
        showings.append(Showing(row["id"], parse(body["at"]), frozenset(body["tickets"]), about))
    return showings


def _deliveries(journal: Journal) -> tuple[dict[str, datetime], dict[str, dict[str, datetime]]]:
    """When each finding was first told anywhere, and its Linear issues with the moment each was filed."""
    told: dict[str, datetime] = {}
    issues: dict[str, dict[str, datetime]] = defaultdict(dict)
    for row in journal.read("delivery").iter_rows(named=True):
        body = json.loads(row["payload"])
        key = body.get("finding_key")
        if body.get("status") == "sent" and key:
            told.setdefault(key, row["pulled_at"])
            if body.get("destination") == "linear" and body.get("external_id"):
                issues[key].setdefault(body["external_id"], row["pulled_at"])
    return told, issues


def render(result: EventsScore) -> Any:
    """The events as a rich table and one line below it. Hours: from the first ticket to the finding."""
    from rich.console import Group
    from rich.table import Column, Table

    narrow = [Column(name, no_wrap=True) for name in ("loudness", "tickets", "caught", "issues", "hours")]
    table = Table(Column("planted", no_wrap=True, overflow="ellipsis", ratio=1), *narrow, expand=True)
    for event in result.events:
        if event.happened:
            hours = "" if event.hours_to_finding is None else f"{event.hours_to_finding:.0f}"
            outcome = "yes" if event.caught else "missed"
            when = "" if event.live else " (history)"
            table.add_row(
                event.title, event.loudness + when, str(event.tickets), outcome, str(event.issues_filed), hours
            )
    happened = [event for event in result.events if event.happened]
    caught = sum(event.caught for event in happened)
    line = (
        f"{caught} of {len(happened)} planted events caught; {len(result.false_alarms)} false alarms in "
        f"{result.weeks} weeks ({result.false_alarms_per_week} a week)"
        + (f": {', '.join(result.false_alarms)}" if result.false_alarms else "")
    )
    return Group(table, line)
