"""Journals what dbt decided: keys as they are minted, their aliases, and every change of state.

A finding's key is derived in dbt from its candidate and recorded here once; later candidates find it
through their alias, so a finding keeps its key when the way it is computed changes.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from flows.core.clock import iso
from flows.core.run import Run
from flows.warehouse.duck import writer

_FINDINGS = """
    select finding_key, candidate_key, kind, title, state, severity, episode, first_seen_at
    from marts.fct_findings
    where as_of = (select max(as_of) from marts.fct_findings)
    order by finding_key
"""
_EVIDENCE = """
    select finding_key, ticket_id
    from marts.fct_finding_evidence
    where as_of = (select max(as_of) from marts.fct_findings)
    order by finding_key, ticket_id
"""


def record_decisions(run: Run) -> None:
    """Append `finding`, `finding_alias` and `finding_state` entries for what is new since the last run."""
    with writer(run) as con:
        findings = con.sql(_FINDINGS).pl().to_dicts()
        evidence: dict[str, list[str]] = defaultdict(list)
        for key, ticket in con.sql(_EVIDENCE).fetchall():
            evidence[key].append(ticket)
    keys = run.journal.latest("finding")
    aliases = run.journal.latest("finding_alias")
    states = run.journal.latest("finding_state")

    minted: list[tuple[str, dict[str, Any]]] = []
    aliased: list[tuple[str, dict[str, Any]]] = []
    changed: list[tuple[str, dict[str, Any]]] = []
    for row in findings:
        key = row["finding_key"]
        if key not in keys:
            minted.append(
                (
                    key,
                    {
                        "kind": row["kind"],
                        "candidate_key": row["candidate_key"],
                        "title": row["title"],
                        "first_seen_at": iso(row["first_seen_at"]),
                        "minted_at": iso(run.now),
                        "tickets": evidence[key],
                    },
                )
            )
        if row["candidate_key"] not in aliases:
            aliased.append((row["candidate_key"], {"finding_key": key}))
        before = states.get(key, {})
        if (before.get("state"), before.get("episode")) != (row["state"], row["episode"]):
            body = {
                "state": row["state"],
                "previous": before.get("state"),
                "episode": row["episode"],
                "at": iso(run.now),
            }
            changed.append((key, body))
    run.journal.write("finding", minted, run_id=run.run_id, at=run.now)
    run.journal.write("finding_alias", aliased, run_id=run.run_id, at=run.now)
    run.journal.write("finding_state", changed, run_id=run.run_id, at=run.now)
    run.report.count("findings.known", len(findings))
    run.report.count("findings.new", len(minted))
    run.report.count("findings.changed_state", len(changed))
