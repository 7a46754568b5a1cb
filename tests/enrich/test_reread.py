"""A new model reads history again in the background: newest first, within the bound of each run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from enrich_world import add_message, add_ticket, make_run, make_warehouse

from flows.core.run import Run
from flows.enrich.run import enrich_connection
from flows.enrich.train import train_connection
from flows.settings import Settings

BOUND = 25
ROWS = "select * exclude (enriched_at) from enrich.tickets order by ticket_id"


def run_of(flow: str, home: Path, *, hours: int) -> Run:
    made = make_run(home, hours=hours)
    settings = Settings.model_validate(
        {**made.settings.model_dump(), "models": {"reread_hourly": BOUND, "reread_nightly": 2 * BOUND}}
    )
    return Run.start(flow, settings, now=datetime(2026, 3, 1, tzinfo=UTC) + timedelta(hours=hours))


def with_a_new_model(home: Path) -> tuple[duckdb.DuckDBPyConnection, str]:
    """A warehouse that was read with one model, and the id of a second one which is in force by now."""
    con = make_warehouse(90)
    enrich_connection(con, make_run(home))
    con.execute("update intermediate.int_tickets set category = 'billing' where ticket_id in ('z:1', 'z:4')")
    for number in range(20):
        add_ticket(con, f"z:n{number}", "Refund", f"Refund me {number}", category="refund", minute=1000 + number)
    return con, train_connection(con, make_run(home, hours=1)).model_id_for("zendesk")


def model_ids(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    return dict(con.sql("select ticket_id, model_id from enrich.tickets").fetchall())


def test_an_hourly_run_stays_within_its_bound_and_history_is_done_after_some(tmp_path: Path) -> None:
    con, model_id = with_a_new_model(tmp_path)
    (old_id,) = set(model_ids(con).values())
    assert old_id != model_id
    left = []
    for hour in range(2, 6):
        run = run_of("hourly", tmp_path, hours=hour)
        enrich_connection(con, run)
        counts = run.report.counts
        assert counts["enrich.tickets_read_again"] <= BOUND
        assert counts["enrich.tickets"] == counts["enrich.tickets_read_again"] + (20 if hour == 2 else 0)
        left.append(counts["enrich.tickets_left"])
        assert sum(id == old_id for id in model_ids(con).values()) == left[-1]
    assert left == [65, 40, 15, 0]
    last = run_of("hourly", tmp_path, hours=6)
    enrich_connection(con, last)
    assert last.report.counts["enrich.tickets"] == 0
    assert "enrich.tickets_left" not in last.report.counts


def test_the_newest_come_first_and_what_is_new_or_changed_before_them(tmp_path: Path) -> None:
    con, model_id = with_a_new_model(tmp_path)
    add_message(con, "z:0", 2, "It still does not work!", minute=2000)
    enrich_connection(con, run_of("hourly", tmp_path, hours=2))
    new = {ticket_id for ticket_id, id in model_ids(con).items() if id == model_id}
    newest = {f"z:{number}" for number in range(90 - BOUND, 90)}
    assert new == newest | {f"z:n{number}" for number in range(20)} | {"z:0"}


def test_the_end_is_the_same_as_when_all_is_read_at_once(tmp_path: Path) -> None:
    con, _ = with_a_new_model(tmp_path)
    for hour in range(2, 6):
        enrich_connection(con, run_of("hourly", tmp_path, hours=hour))
    by_batches = con.sql(ROWS).fetchall()
    con.execute("delete from enrich.tickets; delete from enrich.read_with")
    enrich_connection(con, run_of("rebuild", tmp_path, hours=6))
    assert con.sql(ROWS).fetchall() == by_batches


@pytest.mark.parametrize(("flow", "read"), [("hourly", BOUND), ("nightly", 2 * BOUND), ("backfill", 90)])
def test_how_much_is_read_again_is_a_matter_of_the_flow(tmp_path: Path, flow: str, read: int) -> None:
    con, _ = with_a_new_model(tmp_path)
    run = run_of(flow, tmp_path, hours=2)
    enrich_connection(con, run)
    assert run.report.counts["enrich.tickets_read_again"] == read
    assert run.report.counts["enrich.tickets_left"] == 90 - read


def test_a_third_model_in_between_leaves_no_ticket_with_the_second(tmp_path: Path) -> None:
    con, second = with_a_new_model(tmp_path)
    enrich_connection(con, run_of("hourly", tmp_path, hours=2))
    for number in range(40):
        add_ticket(con, f"z:m{number}", "Refund", f"Money back {number}", category="refund", minute=3000 + number)
    third = train_connection(con, make_run(tmp_path, hours=3)).model_id_for("zendesk")
    assert third != second
    enrich_connection(con, run_of("hourly", tmp_path, hours=4))
    assert len(set(model_ids(con).values())) == 3
    enrich_connection(con, run_of("backfill", tmp_path, hours=5))
    assert set(model_ids(con).values()) == {third}
