"""Findings against the planted truth of the sandbox: caught, missed, false alarms, lead time.

An event is caught by a finding when at least half of the finding's tickets were caused by the event
(`MIN_PURITY`) and there are at least two of them. A finding that no event explains is a false alarm,
if it was raised (told in Linear or Slack) while the clock moved.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flows.core.clock import parse
from flows.core.errors import ConfigError
from flows.landing.journal import Journal
from flows.landing.store import Store
from flows.settings import Settings

MIN_PURITY = 0.5


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
    """From its first ticket to the finding; None for events of the history."""

    @property
    def caught(self) -> bool:
        return bool(self.findings)


@dataclass
class Score:
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


def score(settings: Settings) -> Score:
    """Read the journal and the sandbox's truth below `settings.home`. Raises ConfigError where there is none."""
    path = settings.home / "sandbox" / "truth.json"
    if not path.is_file():
        raise ConfigError(
            f"{path} is not there", "Only the simulated company has a known truth: run `make demo` first."
        )
    truth = json.loads(path.read_text())
    journal = Journal(Store(settings.journal))
    findings = journal.latest("finding")
    tickets = _tickets(settings, findings)
    told, issues = _deliveries(journal)
    runs = [body for body in journal.latest("run").values() if body["flow"] != "backfill"]
    last = max((parse(body["at"]) for body in journal.latest("run").values()), default=None)
    first_live = min((parse(body["at"]) for body in runs), default=None)
    history_end = parse(truth["history_end"])
    helpdesk = next((name for name, source in settings.sources.items() if source.type == "zendesk"), "zendesk")
    if last is None:
        raise ConfigError("no run is in the journal", "Run `groundswell backfill` or `make demo` first.")

    events, caught_by = [], defaultdict(list)
    for event in truth["events"]:
        planted = {f"{helpdesk}:{t}" for t in event["ticket_ids"]}
        started = parse(event["first_ticket_at"] or event["started_at"])
        row = EventScore(
            id=event["id"], kind=event["kind"], loudness=event["loudness"], title=event["title"],
            tickets=len(planted), happened=started <= last, live=started > history_end,
        )  # fmt: skip
        for key, members in tickets.items():
            hits = len(members & planted)
            if hits >= 2 and hits >= MIN_PURITY * len(members):
                row.findings.append(key)
                caught_by[key].append(event["id"])
        row.issues_filed = sum(len(issues.get(key, ())) for key in row.findings)
        if row.live and row.findings:
            raised = min(parse(findings[key]["minted_at"]) for key in row.findings)
            row.hours_to_finding = round((raised - started).total_seconds() / 3600, 1)
        events.append(row)
    false_alarms = sorted(key for key in told if not caught_by.get(key))
    weeks = _weeks(first_live, last)
    return Score(events, false_alarms, weeks)


def _weeks(start: datetime | None, end: datetime) -> float:
    return round((end - start).total_seconds() / (7 * 86400), 2) if start else 0.0


def _tickets(settings: Settings, findings: dict[str, dict[str, Any]]) -> dict[str, set[str]]:
    """Ticket ids of each finding: the current evidence, else those it was minted with."""
    from flows.warehouse.duck import reader

    members = {key: set(body.get("tickets", ())) for key, body in findings.items()}
    current: dict[str, set[str]] = defaultdict(set)
    with reader(settings) as con:
        for key, ticket in con.sql("select finding_key, ticket_id from marts.fct_finding_evidence").fetchall():
            current[key].add(ticket)
    return {**members, **current}


def _deliveries(journal: Journal) -> tuple[set[str], dict[str, set[str]]]:
    """Findings that were told anywhere, and the Linear issues created for each."""
    told: set[str] = set()
    issues: dict[str, set[str]] = defaultdict(set)
    for body in journal.latest("delivery").values():
        key = body.get("finding_key")
        if body.get("status") == "sent" and key:
            told.add(key)
            if body.get("destination") == "linear" and body.get("external_id"):
                issues[key].add(body["external_id"])
    return told, issues


def render(result: Score) -> Any:
    """The score as a rich table and one line below it."""
    from rich.console import Group
    from rich.table import Table

    table = Table("planted", "kind", "loudness", "tickets", "caught", "issues filed", "hours to finding", "findings")
    for event in result.events:
        if not event.happened:
            continue
        hours = "history" if event.hours_to_finding is None and event.caught else event.hours_to_finding
        table.add_row(
            event.title, event.kind, event.loudness, str(event.tickets), "yes" if event.caught else "missed",
            str(event.issues_filed), "" if hours is None else str(hours), ", ".join(event.findings),
        )  # fmt: skip
    happened = [event for event in result.events if event.happened]
    caught = sum(event.caught for event in happened)
    line = (
        f"{caught} of {len(happened)} planted events caught; {len(result.false_alarms)} false alarms in "
        f"{result.weeks} weeks ({result.false_alarms_per_week} a week)"
        + (f": {', '.join(result.false_alarms)}" if result.false_alarms else "")
    )
    return Group(table, line)
