"""`groundswell replay`: what would have been found, moment by moment, knowing only what was known then.

One build of the models that judge, over a relation of all moments, in a copy of the warehouse: the flows go on, and
nothing is sent, journalled or published. Tickets are read with the models of today (topic, signature, symptom); what
they were made known by, and everything else that has a time, counts from that time on.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from flows.core import locks
from flows.core.clock import iso, utc
from flows.core.errors import ConfigError
from flows.core.run import Run
from flows.findings import plain_row
from flows.learn import lead_time
from flows.learn.lead_time import Incident
from flows.model.identities import identities
from flows.push.words import plural
from flows.settings import Settings
from flows.warehouse.duck import explained

MAX_MOMENTS = 200_000


@dataclass(frozen=True)
class Report:
    """See `raised`, and `flows.learn.lead_time` for the other parts. The same inputs give the same report."""

    start: str
    end: str
    step_seconds: int
    moments: int
    raised: list[dict[str, Any]]
    incidents: list[lead_time.Lead]
    issues: list[lead_time.Lead]
    summary: dict[str, Any]


# What was told when, from the first telling on: once more whenever its state had changed.
_RAISED = """
    with known as (
        select
            findings.* exclude (finding_key),
            findings.finding_key as judged_as,
            known_as.finding_key
        from marts.fct_findings as findings
        inner join known_as on known_as.candidate_key = findings.candidate_key
        qualify row_number() over (
            partition by findings.as_of, known_as.finding_key order by findings.candidate_key desc
        ) = 1
    ),

    told as (
        select *, bool_or(may_be_filed or may_be_alerted) over (partition by finding_key order by as_of) as is_told
        from known
    ),

    changes as (
        select *, lag(state) over (partition by finding_key order by as_of) as before
        from told
        where is_told
    )

    select
        changes.as_of as "at", changes.finding_key, changes.kind, changes.title, changes.state, changes.before,
        case when changes.may_be_filed then 'linear' else 'slack' end as told_in, changes.severity, changes.confidence,
        changes.score, changes.reporters, changes.tickets, changes.accounts, changes.first_seen_at,
        changes.last_seen_at, changes.suspected_release, changes.observed, changes.baseline, changes.p_value,
        (
            select list(struct_pack(ticket_id := evidence.ticket_id, title := read.title) order by evidence.ticket_id)
            from marts.fct_finding_evidence as evidence
            left join enrich.tickets as read on read.ticket_id = evidence.ticket_id
            where evidence.as_of = changes.as_of and evidence.finding_key = changes.judged_as
        ) as evidence
    from changes
    where before is distinct from state and as_of >= $start
    order by "at", finding_key
"""


def step_of(text: str) -> timedelta:
    """`30m`, `1h` or `7d` as a duration. Raises ConfigError on anything else."""
    found = re.fullmatch(r"(\d{1,6}) ?([mhd])", text.strip())
    if not found or not int(found[1]):
        raise ConfigError(f"--step {text!r} is no step", "Write a number and m, h or d, such as 1h.")
    return int(found[1]) * {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}[found[2]]


def moments(start: datetime, end: datetime, step: timedelta) -> list[datetime]:
    """From start to end. Raises ConfigError where there are none or too many."""
    count = (utc(end) - utc(start)) // step + 1
    if count < 1:
        raise ConfigError(f"--end {iso(end)} is before --start {iso(start)}", "Exchange them.")
    if count > MAX_MOMENTS:
        raise ConfigError(f"that is {count:,} moments to judge, at most {MAX_MOMENTS:,}", "Take a longer --step.")
    return [utc(start) + n * step for n in range(count)]


@contextmanager
def replayed(settings: Settings, at: Sequence[datetime]) -> Iterator[duckdb.DuckDBPyConnection]:
    """A copy of the warehouse whose `marts.fct_findings` and what they are made of are judged at these moments.

    Raises ConfigError before the first run, Busy while another replay goes on or a run holds the warehouse for too
    long, and GroundswellError naming the model that failed.
    """
    from flows.model.dbt import build

    run = Run.start("replay", settings, now=at[-1])
    source, folder = settings.warehouse_path, settings.replay_dir
    if not source.exists():
        raise ConfigError(f"there is no warehouse at {source} yet", "Run `groundswell backfill` first.")
    there = replace(run, settings=settings.elsewhere(folder))
    try:
        with locks.hold(settings.lock_dir, "replay", holder=run.run_id):
            shutil.rmtree(folder, ignore_errors=True)  # of one that was stopped
            try:
                _copy(run, there.settings.warehouse_path)
                build(there, "replay", moments=at)
                with duckdb.connect(str(there.settings.warehouse_path), read_only=True) as con:
                    con.execute("set TimeZone = 'UTC'")
                    yield con
            finally:
                shutil.rmtree(folder, ignore_errors=True)
    except Exception as error:
        failure = explained(run, error)
        if failure is error:
            raise
        raise failure from error


def _copy(run: Run, target: Path) -> None:
    """The warehouse as the last run left it, with what one that was stopped had not written into the file yet."""
    settings, source = run.settings, run.settings.warehouse_path
    target.parent.mkdir(parents=True)
    with locks.hold(settings.lock_dir, "writer", holder=run.run_id, wait_seconds=settings.lock_wait_seconds):
        for suffix in ("", ".wal"):
            if source.with_name(source.name + suffix).exists():
                shutil.copyfile(source.with_name(source.name + suffix), target.with_name(target.name + suffix))


def raised(con: duckdb.DuckDBPyConnection, start: datetime) -> list[dict[str, Any]]:
    """What was told from `start` on, in the order it was: a row for the first telling of a finding (`before` is None)
    and for every change of its state. Times are ISO 8601 UTC; `evidence` is its tickets at that moment, with their
    redacted titles."""
    con.execute("create or replace temp table known_as (candidate_key varchar, finding_key varchar)")
    known_as = identities(con)
    if known_as:
        con.executemany("insert into known_as values (?, ?)", list(known_as.items()))
    rows = con.execute(_RAISED, {"start": utc(start).replace(tzinfo=None)}).pl().to_dicts()
    return [plain_row(row) for row in rows]


def report(
    settings: Settings, start: datetime, end: datetime, step: timedelta, incidents: Sequence[Incident]
) -> Report:
    """Replay from start to end, both included, and hold it against the incidents and the issues people filed."""
    at = moments(start, end, step)
    # one moment more, so that what was told before the start is not told at it
    with replayed(settings, [at[0] - step, *at]) as con:
        told = raised(con, start)
        issues = lead_time.of_issues(con, told, start, end)
    leads = lead_time.of_incidents(told, incidents)
    return Report(
        start=iso(start), end=iso(end), step_seconds=int(step.total_seconds()), moments=len(at), raised=told,
        incidents=leads, issues=issues, summary=lead_time.summary(told, leads, issues, start, end),
    )  # fmt: skip


def render(result: Report) -> Iterator[str]:
    """The report as lines of text: what was told first, what each incident and issue came to, and the sums."""
    for row in result.raised:
        change = "" if row["before"] is None else f" (was {row['before']})"
        counts = f"{plural(row['reporters'], 'reporter')}, {plural(row['tickets'], 'ticket')}"
        yield f"{row['at']}  {row['state']}{change}  {row['kind']}  {row['finding_key']}  {counts}"
        yield f"    {row['title']}"
    for name, leads in (("incident", result.incidents), ("issue", result.issues)):
        for lead in leads:
            found = "not told" if lead.hours is None else f"told {_hours(lead.hours)}: {lead.title}"
            yield f"{name} of {lead.known_at}, {lead.label}: {found}"
    sums = result.summary
    kinds = ", ".join(f"{count} {kind}" for kind, count in sums["by_kind"].items())
    yield f"{plural(sums['findings'], 'finding')} in {sums['weeks']} weeks" + (f" ({kinds})" if kinds else "")
    for name in ("incidents", "issues"):
        if sums[name]["known"]:
            yield f"{name}: {sums[name]['caught']} of {sums[name]['known']} told, {_median(sums[name]['median_hours'])}"
    yield f"{sums['other_alarms_a_week']} other alarms a week"


def _hours(hours: float) -> str:
    return f"{abs(hours)} hours {'before' if hours < 0 else 'after'} it"


def _median(hours: float | None) -> str:
    return "no hours" if hours is None else f"in the median {_hours(hours)}"
