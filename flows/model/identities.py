"""Which finding a candidate would have been, had each moment of a replay been journalled as a live run does.

`int_candidate_findings` looks a candidate up in the journal, which knows only what live runs have written. Here the
same rules are followed from moment to moment: a bug that grows a stronger key, and a wave that flares up again within
the gap, go on as the finding they were.
"""

from __future__ import annotations

from datetime import date, timedelta

import duckdb

# The first moment of every candidate among the findings, and its finding by the journal as it is.
_CANDIDATES = """
    select candidate_key, kind, min(as_of) as first_at, arg_min(finding_key, as_of) as finding_key
    from marts.fct_findings
    group by candidate_key, kind
    order by first_at, candidate_key
"""
# Keys that two or more of its tickets had before, and that no candidate of that moment has tickets of its own under.
_COMPONENTS = """
    with firsts as (
        select candidate_key, min(as_of) as as_of from marts.fct_findings where kind = 'bug' group by candidate_key
    ),

    tickets as (
        select tickets.as_of, tickets.candidate_key, 'bug:' || tickets.component_key as component_key
        from intermediate.int_candidate_tickets as tickets
        where tickets.component_key is not null
    ),

    living as (
        select distinct as_of, candidate_key from tickets where candidate_key = component_key
    )

    select firsts.candidate_key, tickets.component_key, count(*) as tickets
    from firsts
    inner join tickets on tickets.as_of = firsts.as_of and tickets.candidate_key = firsts.candidate_key
    left join living on living.as_of = tickets.as_of and living.candidate_key = tickets.component_key
    where tickets.component_key <> firsts.candidate_key and living.candidate_key is null
    group by all
    having count(*) >= 2
    order by tickets desc, tickets.component_key
"""
_GAP = "select cast(episode_gap_days as integer) from intermediate.int_detection_policy"


def identities(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """candidate_key -> finding_key for every candidate of `marts.fct_findings`. con: a warehouse that is judged at many
    moments."""
    [(gap,)] = con.sql(_GAP).fetchall()
    components: dict[str, list[str]] = {}
    for candidate, component, _ in con.sql(_COMPONENTS).fetchall():
        components.setdefault(candidate, []).append(component)
    known: dict[str, str] = {}
    minted: dict[str, int] = {}  # finding -> place in the order they were first seen in
    waves: dict[str, list[tuple[date, str]]] = {}  # series -> beginnings of its episodes with their candidates
    for candidate, kind, _, by_journal in con.sql(_CANDIDATES).fetchall():
        if kind == "bug":
            before = [known[component] for component in components.get(candidate, []) if component in known]
            finding = min(before, key=minted.__getitem__, default=by_journal)
        elif kind in ("volume", "topic"):
            series, started_on = candidate[:-11], date.fromisoformat(candidate[-10:])
            near = [other for day, other in waves.get(series, []) if abs(started_on - day) <= timedelta(days=gap)]
            finding = known[near[0]] if near else by_journal
            waves.setdefault(series, []).append((started_on, candidate))
        else:
            finding = by_journal
        known[candidate] = finding
        minted.setdefault(finding, len(minted))
    return known
