"""What a run that was stopped on the way leaves behind, and what was made with other libraries, is made up for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from enrich_world import add_ticket, make_run, make_warehouse

from flows.enrich import facts, messages, models, tickets
from flows.enrich.assignment import Topic, assign_topics, publish_topics, read_topics
from flows.enrich.models import load
from flows.enrich.run import enrich_connection
from flows.enrich.train import train_connection


def rows(con: duckdb.DuckDBPyConnection, table: str) -> list[Any]:
    but = "exclude (enriched_at)" if table in ("messages", "tickets") else ""
    return con.sql(f"select * {but} from enrich.{table} order by all").fetchall()


def test_a_run_that_is_stopped_between_facts_and_their_messages_doubles_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    con, sound = make_warehouse(9), make_warehouse(9)
    messages.refresh_messages(sound, make_run(tmp_path))
    write = messages.insert

    def stopped(con: duckdb.DuckDBPyConnection, table: str, frame: pl.DataFrame) -> None:
        if table == "enrich.messages":
            raise InterruptedError
        write(con, table, frame)

    monkeypatch.setattr(messages, "insert", stopped)
    with pytest.raises(InterruptedError):
        messages.refresh_messages(con, make_run(tmp_path))
    assert rows(con, "entities") and not rows(con, "messages")
    monkeypatch.setattr(messages, "insert", write)
    messages.refresh_messages(con, make_run(tmp_path, hours=1))
    for table in (*facts.ROWS, "messages"):
        assert rows(con, table) == rows(sound, table)


def test_tickets_that_a_stopped_run_has_taken_away_to_read_them_again_come_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    con = make_warehouse(30)
    add_ticket(con, "z:two", "Two things", "The export fails. Also, can I get a refund?", minute=500)
    enrich_connection(con, make_run(tmp_path))
    before = {table: rows(con, table) for table in ("tickets", "asks")}
    # dbt does not name tickets that are read again because of a new model
    con.execute("create or replace view intermediate.int_ticket_changes as select '' as ticket_id where false")
    con.execute("update enrich.tickets set model_id = 'older'; delete from enrich.read_with where part = 'models'")

    def stopped(*_: object, **__: object) -> None:
        raise InterruptedError

    with monkeypatch.context() as patch:
        patch.setattr(tickets, "read_table", stopped)
        with pytest.raises(InterruptedError):
            enrich_connection(con, make_run(tmp_path, hours=1))
    assert rows(con, "tickets") == []
    enrich_connection(con, make_run(tmp_path, hours=2))
    assert {table: rows(con, table) for table in before} == before


def test_before_topics_are_found_in_a_new_space_tickets_stay_in_theirs(tmp_path: Path) -> None:
    con, run = make_warehouse(30), make_run(tmp_path)
    enrich_connection(con, run)
    space = load(run, {}).embedder
    assert space is not None
    topic = Topic("t1", "Refunds", ["refund"], [1.0], 10, "live", "another space", "2026-01-01T00:00:00Z")
    run.journal.write("topic", [(topic.topic_id, topic.body())], run_id=run.run_id, at=run.now)
    con.execute("update enrich.tickets set topic_id = 't1', topic_similarity = 0.8 where ticket_id = 'z:2'")
    publish_topics(con, run, read_topics(run))
    assign_topics(con, run, space)
    assert con.sql("select ticket_id from enrich.tickets where topic_id = 't1'").fetchall() == [("z:2",)]
    assert con.sql("from enrich.topic_moves").fetchall() == []
    run.journal.write("topic", [("t1", {**topic.body(), "status": "retired"})], run_id=run.run_id, at=run.now)
    assign_topics(con, run, space)
    assert con.sql("from enrich.tickets where topic_id is not null").fetchall() == [], "nor longer than it lives"


@pytest.mark.parametrize("program", ["flows.enrich.intent.VERSION", "flows.enrich.models.version"])
def test_artifacts_of_other_programs_are_not_loaded_and_fitted_again(
    program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    con = make_warehouse(30)
    train_connection(con, make_run(tmp_path))
    fitted = set(tmp_path.glob("models/*/*.pickle"))
    request.addfinalizer(models._programs.cache_clear)
    monkeypatch.setattr(program, 999 if program.endswith("VERSION") else lambda name: "999")
    models._programs.cache_clear()
    later = make_run(tmp_path, hours=1)
    assert load(later, {}).entries == {}
    train_connection(con, later)
    assert later.report.counts["enrich.models_fitted"] == len(fitted) == 2
    left = set(tmp_path.glob("models/*/*"))
    assert {path.parent for path in left} == {path.parent for path in fitted}, "of the same data: the same ids"
    assert left.isdisjoint(fitted)
