"""Decisions are journalled once: keys, aliases and changes of state, of the live moment and of a history."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from flows.core.run import Run
from flows.model.decisions import record_decisions
from flows.settings import Settings
from flows.warehouse.duck import writer

JULY = datetime(2026, 7, 1, tzinfo=UTC)


def judged(home: Path, rows: list[tuple[str, str, str, list[str]]], *, now: datetime = JULY) -> Run:
    """Write judged findings (as_of, key, state, tickets) as dbt would, and record them."""
    run = Run.start("hourly", Settings(home=home), now=now)
    with writer(run) as con:
        con.execute("create schema if not exists marts")
        con.execute(
            "create or replace table marts.fct_findings (as_of timestamp, finding_key varchar, candidate_key varchar,"
            " kind varchar, title varchar, state varchar, episode int, first_seen_at timestamp, observed int,"
            " baseline double)"
        )
        con.execute(
            "create or replace table marts.fct_finding_evidence"
            " (as_of timestamp, finding_key varchar, ticket_id varchar)"
        )
        for as_of, key, state, tickets in rows:
            con.execute(
                "insert into marts.fct_findings values (?, ?, ?, 'bug', 'T', ?, 1, ?, 3, 1.0)",
                [as_of, key, f"bug:{key}", state, as_of],
            )
            for ticket in tickets:
                con.execute("insert into marts.fct_finding_evidence values (?, ?, ?)", [as_of, key, ticket])
    record_decisions(run)
    return run


def test_a_finding_is_minted_once_and_its_states_are_kept(tmp_path: Path) -> None:
    judged(tmp_path, [("2026-07-01", "bug-1", "emerging", ["a:1"])])
    judged(tmp_path, [("2026-07-01", "bug-1", "emerging", ["a:1"])])
    later = datetime(2026, 7, 2, tzinfo=UTC)
    run = judged(tmp_path, [("2026-07-02", "bug-1", "open", ["a:1", "a:2"])], now=later)
    assert run.journal.read("finding").height == 1
    assert run.journal.read("finding_alias")["id"].to_list() == ["bug:bug-1"]
    assert run.journal.read("finding_state").height == 2
    assert run.journal.latest("finding_state")["bug-1"]["previous"] == "emerging"


def test_of_a_history_a_finding_is_minted_at_its_first_moment_and_each_state_keeps_its_tickets(tmp_path: Path) -> None:
    run = judged(
        tmp_path,
        [
            ("2026-05-01", "bug-1", "open", ["a:1", "a:2"]),
            ("2026-05-08", "bug-1", "open", ["a:1", "a:2", "a:3"]),
            ("2026-06-01", "bug-1", "resolved", ["a:3"]),
        ],
    )
    body = run.journal.latest("finding")["bug-1"]
    assert body["minted_at"] == "2026-05-01T00:00:00Z"
    last = run.journal.latest("finding_state")["bug-1"]
    assert (last["state"], last["tickets"]) == ("resolved", ["a:3"])


def test_a_second_backfill_does_not_live_the_past_again(tmp_path: Path) -> None:
    history = [("2026-05-01", "bug-1", "open", ["a:1"]), ("2026-06-01", "bug-1", "resolved", ["a:1"])]
    judged(tmp_path, history)
    run = judged(tmp_path, history)
    assert run.journal.read("finding_state").height == 2
