"""Journals what dbt decided: keys as they are minted, their aliases, and every change of state.

A finding's key is derived in dbt from its candidate and recorded here once; later candidates find it
through their alias, so a finding keeps its key when the way it is computed changes.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from flows.core.clock import iso
from flows.core.run import Run
from flows.warehouse.duck import writer

Entry = tuple[str, dict[str, Any]]

HISTORY_STEP = timedelta(days=7)  # how closely a backfill looks at the past

_FINDINGS = """
    select as_of, finding_key, candidate_key, kind, title, state, episode, first_seen_at,
        case when kind in ('volume', 'topic') and observed > 0
            then round(greatest(1 - baseline / observed, 0.05), 3) else 1.0 end as share_above_baseline
    from marts.fct_findings
    order by as_of, finding_key
"""
_EVIDENCE = (
    "select as_of, finding_key, ticket_id from marts.fct_finding_evidence order by as_of, finding_key, ticket_id"
)
_FIRST_TICKET = "select min(created_at) from intermediate.int_tickets"


def record_decisions(run: Run) -> None:
    """Append `finding`, `finding_alias` and `finding_state` entries for what is new, moment by moment.

    A live run judged one moment; of a history, each finding is minted as of the first moment that showed it. A
    change of state keeps the tickets of its moment, so that what was told can be judged later.
    """
    with writer(run) as con:
        findings = con.sql(_FINDINGS).pl().to_dicts()
        evidence: dict[tuple[datetime, str], list[str]] = defaultdict(list)
        for moment, key, ticket in con.sql(_EVIDENCE).fetchall():
            evidence[moment, key].append(ticket)
    keys, aliases = run.journal.latest("finding"), run.journal.latest("finding_alias")
    states = run.journal.latest("finding_state")
    judged_until = max((body["at"] for body in states.values()), default="")

    minted: dict[str, dict[str, Any]] = {}
    aliased: dict[str, dict[str, Any]] = {}
    changed: list[Entry] = []
    for row in findings:
        key, at, tickets = row["finding_key"], iso(row["as_of"]), evidence[row["as_of"], row["finding_key"]]
        if at < judged_until:
            continue  # a second backfill does not live the past again
        if key not in keys and key not in minted:
            minted[key] = {
                "kind": row["kind"],
                "candidate_key": row["candidate_key"],
                "title": row["title"],
                "first_seen_at": iso(row["first_seen_at"]),
                "minted_at": at,
            }
        if row["candidate_key"] not in aliases:
            aliased.setdefault(row["candidate_key"], {"finding_key": key})
        before = states.get(key, {})
        if (before.get("state"), before.get("episode")) != (row["state"], row["episode"]):
            states[key] = {
                "state": row["state"],
                "previous": before.get("state"),
                "episode": row["episode"],
                "at": at,
                "tickets": tickets,
                "share_above_baseline": row["share_above_baseline"],
            }
            changed.append((key, states[key]))
    for kind, entries in (("finding", minted.items()), ("finding_alias", aliased.items()), ("finding_state", changed)):
        run.journal.write(kind, entries, run_id=run.run_id, at=run.now)
    run.report.count("findings.new", len(minted))
    run.report.count("findings.changed_state", len(changed))


def history_moments(run: Run) -> list[datetime]:
    """The moments a backfill looks back at: one a week, from the first ticket to the run's own, which is left out."""
    with writer(run) as con:
        row = con.sql(_FIRST_TICKET).fetchone()
    first = row[0] if row else None
    moments = []
    moment = run.now - HISTORY_STEP
    while first is not None and moment.replace(tzinfo=None) > first:
        moments.append(moment)
        moment -= HISTORY_STEP
    return moments[::-1]
