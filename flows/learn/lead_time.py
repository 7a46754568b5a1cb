"""How early, and how often: what a replay would have told against what is known to have happened.

Two truths: a list of incidents (JSON), and issues that people filed in Linear and customers' tickets name. An incident
counts as caught when a finding is told for the first time within three days of its start, of tickets that began with
it (at most a day before it) and, where it has a `pattern`, with a title that the pattern finds or half of whose tickets
have one. An issue counts as caught when a bug was told whose evidence came to hold a ticket that names it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import duckdb

from flows.core.clock import iso, parse, utc
from flows.core.errors import ConfigError

WITHIN = timedelta(days=3)
EARLY = timedelta(days=1)  # documented starts are when somebody noticed


# Issues that we did not file, with the findings in whose evidence a ticket ever was that names them.
_ISSUES = """
    select
        issues.identifier || ': ' || issues.title as label,
        issues.created_at,
        list(distinct known_as.finding_key) filter (where known_as.finding_key is not null) as finding_keys
    from intermediate.int_tracker_issues as issues
    inner join intermediate.int_ticket_links as links on links.link = 'linear:' || issues.identifier
    left join marts.fct_finding_evidence as evidence on evidence.ticket_id = links.ticket_id
    left join marts.fct_findings as findings
        on findings.as_of = evidence.as_of and findings.finding_key = evidence.finding_key
    left join known_as on known_as.candidate_key = findings.candidate_key
    where issues.created_at between $start and $end
        and issues.issue_id not in (
            select body ->> 'external_id' from journal.delivery where body ->> 'external_id' is not null
        )
    group by issues.identifier, issues.title, issues.created_at
    order by issues.created_at, label
"""


@dataclass(frozen=True)
class Incident:
    """`pattern`: a regular expression for what is about it; None takes whatever begins with it."""

    label: str
    start: datetime
    pattern: re.Pattern[str] | None = None


@dataclass(frozen=True)
class Lead:
    """One incident or issue: `known_at` is its documented start, or when people filed it. `hours` from there to when
    it was told: negative is before it. None, as `told_at`, where it was not."""

    label: str
    known_at: str
    told_at: str | None = None
    hours: float | None = None
    title: str | None = None
    finding_keys: tuple[str, ...] = ()  # of all that was told about it, the first one first


def read_incidents(path: Path) -> list[Incident]:
    """A JSON list of objects with `start` (ISO 8601), `label` and, where wanted, `pattern`; other fields are left.

    Raises ConfigError naming the file and the entry that is none.
    """
    like = 'Entries look like {"start": "2019-05-04T00:09Z", "label": "Certificate expired", "pattern": "add-?on"}.'
    try:
        entries = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read as JSON ({error})", like) from error
    if not isinstance(entries, list):
        raise ConfigError(f"{path} holds no list", like)
    found = []
    for number, entry in enumerate(entries, 1):
        try:
            pattern = entry.get("pattern")
            found.append(
                Incident(str(entry["label"]), parse(entry["start"]), re.compile(pattern, re.I) if pattern else None)
            )
        except (AttributeError, KeyError, TypeError, ValueError, re.error) as error:
            raise ConfigError(f"entry {number} of {path} is no incident ({error!r})", like) from error
    return found


def of_incidents(raised: Sequence[dict[str, Any]], incidents: Sequence[Incident]) -> list[Lead]:
    """When each incident was told. raised: see `flows.replay.raised`."""
    first = [row for row in raised if row["before"] is None]
    return [
        _lead(incident.label, incident.start, [row for row in first if _is_about(row, incident)])
        for incident in incidents
    ]


def _is_about(row: dict[str, Any], incident: Incident) -> bool:
    earliest = incident.start - EARLY
    if not (earliest <= parse(row["at"]) <= incident.start + WITHIN and parse(row["first_seen_at"]) >= earliest):
        return False
    if incident.pattern is None or incident.pattern.search(row["title"]):
        return True
    titles = [ticket["title"] or "" for ticket in row["evidence"] or ()]
    return 2 * sum(incident.pattern.search(title) is not None for title in titles) >= max(1, len(titles))


def of_issues(
    con: duckdb.DuckDBPyConnection, raised: Sequence[dict[str, Any]], start: datetime, end: datetime
) -> list[Lead]:
    """When that was told which people filed in Linear between start and end, and tickets name.

    con: where `raised` was read.
    """
    issues = con.execute(
        _ISSUES, {"start": utc(start).replace(tzinfo=None), "end": utc(end).replace(tzinfo=None)}
    ).fetchall()
    first = [row for row in raised if row["before"] is None and row["kind"] == "bug"]
    return [
        _lead(label, filed_at, [row for row in first if row["finding_key"] in (keys or ())])
        for label, filed_at, keys in issues
    ]


def _lead(label: str, known_at: datetime, about: Sequence[dict[str, Any]]) -> Lead:
    if not about:
        return Lead(label, iso(known_at))
    hours = round((parse(about[0]["at"]) - utc(known_at)).total_seconds() / 3600, 1)
    keys = tuple(dict.fromkeys(row["finding_key"] for row in about))
    return Lead(label, iso(known_at), about[0]["at"], hours, about[0]["title"], keys)


def summary(
    raised: Sequence[dict[str, Any]], incidents: Sequence[Lead], issues: Sequence[Lead], start: datetime, end: datetime
) -> dict[str, Any]:
    """What was told for the first time, by kind and a week; share caught and median of the hours of each truth.
    An alarm is what was told first and is about no incident and no issue of the lists."""
    weeks = max((utc(end) - utc(start)) / timedelta(weeks=1), 1 / 168)
    first = [row for row in raised if row["before"] is None]
    known = {key for lead in (*incidents, *issues) for key in lead.finding_keys}
    kinds = sorted({row["kind"] for row in first})
    others = [row for row in first if row["finding_key"] not in known]
    return {
        "weeks": round(weeks, 2),
        "findings": len(first),
        "by_kind": {kind: sum(row["kind"] == kind for row in first) for kind in kinds},
        "other_alarms": len(others),
        "other_alarms_a_week": round(len(others) / weeks, 2),
        "incidents": _caught(incidents),
        "issues": _caught(issues),
    }


def _caught(leads: Sequence[Lead]) -> dict[str, Any]:
    hours = [lead.hours for lead in leads if lead.hours is not None]
    return {
        "known": len(leads),
        "caught": len(hours),
        "share": round(len(hours) / len(leads), 3) if leads else None,
        "median_hours": median(hours) if hours else None,
    }
