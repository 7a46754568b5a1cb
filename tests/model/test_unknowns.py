"""What a run says it does not know of its systems, whatever they are called and however many there are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from flows.core.clock import iso
from flows.core.run import Run
from flows.model.unknowns import record_unknowns
from flows.settings import HubspotSource, Settings
from flows.warehouse.duck import writer

NOW = datetime(2026, 7, 1, 9, tzinfo=UTC)
COVERAGE = "context varchar, tickets integer, known integer, week date, is_complete boolean"


def test_every_source_is_told_by_its_name_and_a_system_that_is_missing_by_its_kind(tmp_path: Path) -> None:
    crms = {name: HubspotSource(type="hubspot") for name in ("crm_eu", "crm_us", "crm_old")}
    run = Run.start("hourly", Settings(home=tmp_path, sources=crms), now=NOW)
    for name, hours in (("crm_us", 30), ("crm_old", 0)):
        state = {"status": "ok", "reason": None, "last_ok_at": iso(NOW - timedelta(hours=hours))}
        run.journal.write("source_state", [(name, state)], run_id=run.run_id, at=NOW)
    with writer(run) as con:
        con.execute("create schema marts")
        con.execute(f"create table marts.fct_context_coverage ({COVERAGE})")
        con.execute("insert into marts.fct_context_coverage values ('plan', 9, 4, '2026-06-22', true)")
        con.execute("insert into marts.fct_context_coverage values ('plan', 3, 0, '2026-06-29', false)")
    record_unknowns(run)
    assert run.report.unknown == [
        "No billing is connected: plan, ARR and payments are unknown.",
        "crm_eu was never read to its end: owner, tier and renewal are incomplete.",
        "crm_us was last read on 2026-06-30 at 03:00 UTC: owner, tier and renewal may differ now.",
        "The plan of 5 of 9 tickets in the week from 2026-06-22 is unknown.",
    ]
