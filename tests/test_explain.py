"""`groundswell explain` and `groundswell edge-cases`: what is known of a ticket, as data and on a terminal."""

from __future__ import annotations

import json
import os
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from flows.cli import app
from flows.enrich.tables import TABLES

REASONS = {
    "symptom_rules": ["export_1"], "words": [["export", 0.81], ["csv", 0.5]], "threshold": 0.55, "bug_share": 0.9,
    "nearest": [{"ticket_id": "z:2", "intent": "bug_report", "similarity": 0.83}],
}  # fmt: skip
QUEUE = "ticket_id varchar, url varchar, created_at timestamp, title varchar, guess varchar, confidence double," \
    " threshold double, why varchar, category varchar, has_category boolean"  # fmt: skip


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """A published copy with one ticket of which something is known in every table."""
    monkeypatch.setattr("flows.cli.console.width", 200)  # lines are not broken
    serving = tmp_path / "home" / "serving"
    serving.mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(os.environ, "GROUNDSWELL_HOME", str(tmp_path / "home"))
    monkeypatch.setitem(os.environ, "COLUMNS", "100")
    with duckdb.connect(str(serving / "current.duckdb")) as con:
        con.execute("create schema marts; create schema enrich")
        for name, columns in TABLES.items():
            con.execute(f"create table enrich.{name} ({columns})")
        con.execute("create table marts.fct_findings (finding_key varchar, as_of timestamp)")
        con.execute("create table marts.fct_ticket_context (ticket_id varchar, account_name varchar)")
        con.execute("create table marts.fct_resolution_paths (ticket_id varchar, path varchar)")
        con.execute(
            "create table marts.fct_ticket_billing_events (ticket_id varchar, occurred_at timestamp, event_id int)"
        )
        con.execute(f"create table marts.fct_edge_cases ({QUEUE})")
        con.execute(
            "insert into enrich.tickets by name select 'z:1' as ticket_id, 'Export' as title, 'bug_report' as intent,"
            " 0.91 as intent_confidence, 'how_to' as intent_second, ? as intent_reasons, 'intent-abc' as model_id,"
            " 't1' as topic_id, 0.7 as topic_similarity, 'It fails.\n\x1b[31mAlso, how do I leave?' as clean_text,"
            " 'I tried twice' as steps, 'quote: ValueError: odd' as extractor_error",
            [json.dumps(REASONS)],
        )
        con.execute(
            "insert into enrich.asks by name select 'z:1' as ticket_id, 2 as position, 'how do I leave?' as text"
        )
        con.execute("insert into enrich.asks by name select 'z:1' as ticket_id, 1 as position, 'It fails.' as text")
        con.execute("insert into enrich.topics by name select 't1' as topic_id, 'Exports' as label, ['csv'] as words")
        con.execute(
            "insert into enrich.messages by name select 'z:1/' || n as message_id, 'z:1' as ticket_id, -0.4 "
            "as sentiment,"
            " 'confused' as tone, 'Message ' || n as clean_text from range(9, 11) as numbers(n)"
        )
        con.execute(
            "insert into enrich.messages by name select 'z:ticket-100' as message_id, 'z:1' as ticket_id,"
            " 'As it began' as clean_text, 'hidden' as content_hash union all select 'z:1/11', 'z:1', 'Try', ''"
        )
        con.execute("update enrich.messages set actions = ['instructions'] where message_id = 'z:1/11'")
        con.execute(
            "insert into enrich.signals values ('z:1/10', 'z:1', 'tone', 'confused', 'I am lost', 9, 18),"
            " ('z:1/9', 'z:1', 'marker', 'urgency', 'asap', 0, 4), ('z:2/1', 'z:2', 'tone', 'angry', 'WTF', 0, 3)"
        )
        con.execute("insert into marts.fct_ticket_context values ('z:1', 'Acme')")
        con.execute(
            "insert into marts.fct_edge_cases by name select * from (values"
            " ('z:9', timestamp '2026-06-02 00:00:00', 'Later', 'bug', 0.4, 0.5, 'abstained', null, false),"
            " ('z:8', timestamp '2026-06-01 00:00:00', 'Sooner', null, null, null, 'no words', null, false),"
            " ('z:6', timestamp '2026-06-03 00:00:00', 'Rare', 'leave', 0.9, 1.0, 'abstained', null, false),"
            " ('z:7', timestamp '2026-05-01 00:00:00', 'Seen to', 'bug', 0.4, 0.5, 'abstained', 'Refund', true))"
            " as t(ticket_id, created_at, title, guess, confidence, threshold, why, category, has_category)"
        )
    return CliRunner()


def test_a_ticket_is_printed_with_everything_that_was_read_from_it(published: CliRunner) -> None:
    done = published.invoke(app, ["explain", "z:1"])
    assert done.exit_code == 0, done.exception
    lines = [" ".join(line.split()) for line in done.output.splitlines()]
    for line in (
        "z:1", "clean_text It fails.", "[31mAlso, how do I leave?", "intent bug_report", "intent_confidence 0.91",
        "intent_second how_to", "threshold 0.55", "words export 0.81, csv 0.5",
        "nearest ticket_id z:2 · intent bug_report · similarity 0.83", "symptom_rules export_1", "steps I tried twice",
        "label Exports", "words csv", "model_id intent-abc", "extractor_error quote: ValueError: odd",
        "account_name Acme", "tone confused", "span asap", "span I am lost",
    ):  # fmt: skip
        assert any(line in said for said in lines), line
    assert "\x1b" not in done.output and "None" not in done.output
    assert done.output.index("text      It fails.") < done.output.index("text      how do I leave?")
    assert done.output.index("As it began") < done.output.index("Message 9") < done.output.index("Message 10")
    assert "said_by agent" in lines and "hidden" not in done.output


def test_the_same_as_data(published: CliRunner) -> None:
    known = json.loads(published.invoke(app, ["explain", "z:1", "--format", "json"]).output)
    assert set(known) == {"ticket", "asks", "topic", "topic_moves", "article", "messages", "signals", "entities",
                          "steps", "bug", "resolution", "context", "billing_events"}  # fmt: skip
    assert known["signals"] == [
        {"message_id": "z:1/9", "kind": "marker", "name": "urgency", "span": "asap", "starts": 0, "ends": 4},
        {"message_id": "z:1/10", "kind": "tone", "name": "confused", "span": "I am lost", "starts": 9, "ends": 18},
    ]
    assert known["ticket"]["intent_reasons"] == REASONS
    assert [ask["position"] for ask in known["asks"]] == [1, 2]
    assert known["topic"]["similarity"] == 0.7 and known["article"] is None


@pytest.mark.parametrize(("similarity", "is_shown"), [(0.39, False), (0.4, True)])
def test_the_nearest_article_is_shown_where_it_is_near(published: CliRunner, similarity: float, is_shown: bool) -> None:
    path = Path(os.environ["GROUNDSWELL_HOME"]) / "serving" / "current.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute("insert into enrich.article_matches values ('z:1', 'a:export', ?, '')", [similarity])
    known = json.loads(published.invoke(app, ["explain", "z:1", "--format", "json"]).output)
    assert known["article"] == ({"article_id": "a:export", "similarity": similarity} if is_shown else None)


def test_every_column_of_a_ticket_is_printed_whether_somebody_placed_it_or_not(published: CliRunner) -> None:
    path = Path(os.environ["GROUNDSWELL_HOME"]) / "serving" / "current.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute("alter table enrich.tickets add column mood varchar; update enrich.tickets set mood = 'sunny'")
    assert "mood  sunny" in published.invoke(app, ["explain", "z:1"]).output


def test_edge_cases_are_listed_oldest_first_without_those_that_have_a_category(published: CliRunner) -> None:
    said = published.invoke(app, ["edge-cases"]).output
    assert said.index("z:8") < said.index("z:9") and "z:7" not in said
    assert "z:9 2026-06-02T00:00:00Z · abstained · bug 40%, given from 50%" in said
    assert "leave 90%, this intent is not given yet" in said and "100%" not in said
    rows = json.loads(published.invoke(app, ["edge-cases", "--all", "--limit", "2", "--format", "json"]).output)
    assert [row["ticket_id"] for row in rows] == ["z:7", "z:8"]
