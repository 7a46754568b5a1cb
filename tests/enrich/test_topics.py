"""Topics: found, kept from night to night, born when something new arrives, continued by a new embedder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from enrich_world import add_message, add_ticket, make_run, make_warehouse

from flows.enrich import embedding, topics
from flows.enrich.assignment import read_topics
from flows.enrich.run import enrich_connection
from flows.enrich.topics import discover_connection, in_one_language


def assigned(con) -> dict[str, str]:
    return dict(con.sql("select ticket_id, topic_id from enrich.tickets where topic_id is not null").fetchall())


def night(con, home: Path, hours: int) -> None:
    run = make_run(home, hours=hours)
    discover_connection(con, run)
    enrich_connection(con, run)


def calendar(con, count: int = 25) -> None:
    for number in range(count):
        add_ticket(
            con, f"z:c{number}", "Calendar invitation", f"The calendar invitation shows no guests {number}", minute=900
        )


def test_topics_are_found_named_and_counted(tmp_path: Path) -> None:
    con = make_warehouse(90)
    night(con, tmp_path, 0)
    rows = con.sql("select topic_id, label, words, tickets, status from enrich.topics order by label").fetchall()
    assert [row[1] for row in rows] == ["Cannot log in", "Export fails with ERR-4012", "Refund please"]
    assert [(row[3], row[4]) for row in rows] == [(30, "live")] * 3
    assert "refund" in " ".join(rows[2][2])
    assert con.sql("select change, count(*) from enrich.topic_lineage group by 1").fetchall() == [("born", 3)]


def test_ids_persist_and_new_tickets_join_or_stay_outside(tmp_path: Path) -> None:
    con = make_warehouse(90)
    night(con, tmp_path, 0)
    before = assigned(con)
    add_ticket(con, "z:new", "Refund please", "I want a refund of the money", minute=800)
    add_ticket(con, "z:odd", "Elephants", "grey animals of the savannah", minute=801)
    enrich_connection(con, make_run(tmp_path, hours=1))
    after = assigned(con)
    assert after["z:new"] == before["z:2"] or after["z:new"] in before.values()
    assert "z:odd" not in after
    night(con, tmp_path, 24)
    assert {key: value for key, value in assigned(con).items() if key in before} == before


def test_something_new_is_born_beside_the_old(tmp_path: Path) -> None:
    con = make_warehouse(90)
    night(con, tmp_path, 0)
    before = assigned(con)
    calendar(con)
    night(con, tmp_path, 24)
    after = assigned(con)
    assert {key: after[key] for key in before} == before
    fresh = {after[f"z:c{number}"] for number in range(25)}
    assert len(fresh) == 1
    assert fresh.isdisjoint(before.values())


def test_a_new_embedder_continues_the_old_topics(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    con = make_warehouse(90)
    night(con, tmp_path, 0)
    before = assigned(con)
    calendar(con)
    monkeypatch.setattr(embedding, "VERSION", embedding.VERSION + 1)
    night(con, tmp_path, 24)
    after = assigned(con)
    assert np.mean([after.get(key) == value for key, value in before.items()]) >= 0.95
    topics = read_topics(make_run(tmp_path))
    assert len({topic.version for topic in topics.values() if topic.status == "live"}) == 1


def moves(con) -> list[tuple[str, str | None, str | None, str]]:
    return con.sql(
        "select ticket_id, from_topic_id, to_topic_id, reason from enrich.topic_moves order by all"
    ).fetchall()


def say(home: Path, action: str, **about: list[str] | str) -> None:
    run = make_run(home)
    body = {"tickets": [], "topics": [], "label": "", **about, "action": action}
    run.journal.write("topic_edit", [(f"{action}{about}", body)], run_id=run.run_id, at=run.now)


def test_the_same_tickets_in_any_order_give_the_same_topics(tmp_path: Path) -> None:
    con = make_warehouse(90)
    night(con, tmp_path / "one", 0)
    other = make_warehouse(90)
    for table in ("int_tickets", "int_messages"):
        other.execute(f"create table mixed as select * from intermediate.{table} order by hash(ticket_id)")
        other.execute(f"delete from intermediate.{table}; insert into intermediate.{table} select * from mixed")
        other.execute("drop table mixed")
    night(other, tmp_path / "other", 0)
    assert assigned(con) == assigned(other)
    assert len(set(assigned(con).values())) == 3


def test_a_night_without_news_looks_at_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    con = make_warehouse(90)
    night(con, tmp_path, 0)
    add_ticket(con, "z:odd", "Elephants", "grey animals of the savannah", minute=801)
    monkeypatch.setattr(topics, "look", None)  # would fail
    night(con, tmp_path, 24)
    assert moves(con) == []


def test_tickets_that_move_are_listed_with_the_reason(tmp_path: Path) -> None:
    con = make_warehouse(90)
    night(con, tmp_path, 0)
    assert moves(con) == []  # the first topics of tickets are no moves
    calendar(con)
    enrich_connection(con, make_run(tmp_path, hours=1))
    night(con, tmp_path, 24)
    born = assigned(con)["z:c0"]
    assert moves(con) == sorted((f"z:c{number}", None, born, "nearer topic born") for number in range(25))
    refund = assigned(con)["z:2"]
    con.execute("update intermediate.int_tickets set subject = 'Calendar invitation' where ticket_id = 'z:2'")
    con.execute(
        "update intermediate.int_messages set body = 'The calendar invitation shows no guests' where ticket_id = 'z:2'"
    )
    enrich_connection(con, make_run(tmp_path, hours=25))
    assert [row for row in moves(con) if row[0] == "z:2"] == [("z:2", refund, born, "text changed")]
    con.execute("update intermediate.int_tickets set subject = 'Animals' where ticket_id = 'z:5'")
    con.execute("update intermediate.int_messages set body = 'Elephants of the savannah' where ticket_id = 'z:5'")
    enrich_connection(con, make_run(tmp_path, hours=24 * 120))
    assert moves(con) == [("z:5", refund, None, "text changed")]  # what is older than 90 days went


def test_people_merge_rename_and_split_topics(tmp_path: Path) -> None:
    con = make_warehouse(90)
    night(con, tmp_path, 0)
    before = assigned(con)
    login, refund = before["z:1"], before["z:2"]
    say(tmp_path, "merge", topics=[login, refund])
    say(tmp_path, "rename", topics=[login], label="Money and doors")
    night(con, tmp_path, 24)
    after = assigned(con)
    assert after["z:2"] == after["z:1"] == login
    assert {row[3] for row in moves(con)} == {"topic merged"}
    assert len(moves(con)) == 30
    label = con.execute("select label from enrich.topics where topic_id = ?", [login]).fetchall()
    assert label == [("Money and doors",)]
    lineage = con.sql("select topic_id, related_topic_id from enrich.topic_lineage where change = 'merged'").fetchall()
    assert lineage == [(refund, login)]
    refunds = [f"z:{number}" for number in range(2, 20, 3)]
    say(tmp_path, "split", tickets=refunds)
    night(con, tmp_path, 48)
    split = assigned(con)
    assert {split[ticket] for ticket in refunds}.isdisjoint({login, refund})
    assert len({split[ticket] for ticket in refunds}) == 1
    assert split["z:1"] == login
    assert con.sql("select related_topic_id from enrich.topic_lineage where change = 'split'").fetchall() == [(login,)]
    assert len(set(split.values())) == 3


def test_pairs_that_people_named_are_respected_by_every_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    con = make_warehouse(90)
    night(con, tmp_path, 0)
    before = assigned(con)
    say(tmp_path, "together", tickets=["z:1", "z:2", "z:5"])
    say(tmp_path, "apart", tickets=["z:0", "z:3"])
    enrich_connection(con, make_run(tmp_path, hours=1))
    after = assigned(con)
    assert after["z:1"] == after["z:2"] == before["z:2"]
    assert after["z:0"] != after.get("z:3")
    assert {row[0]: row[3] for row in moves(con)}.keys() <= {"z:1", "z:0", "z:3"}
    assert {row[3] for row in moves(con)} == {"constraint"}
    count = len(moves(con))
    # Nothing is encoded for them as long as neither they nor what was said of them has changed.
    with monkeypatch.context() as idle:
        idle.setattr("flows.enrich.assignment.constrain", lambda *_: 1 / 0)
        enrich_connection(con, make_run(tmp_path, hours=1))
        add_message(con, "z:1", 2, "Nobody answers", minute=900)
        with pytest.raises(ZeroDivisionError):
            enrich_connection(con, make_run(tmp_path, hours=1))
    enrich_connection(con, make_run(tmp_path, hours=1))
    assert assigned(con) == after
    con.execute("delete from intermediate.int_messages where message_id = 'z:1/2'")
    enrich_connection(con, make_run(tmp_path, hours=1))
    rebuilt = make_warehouse(90)
    enrich_connection(rebuilt, make_run(tmp_path, hours=2))
    assert assigned(rebuilt) == after
    night(con, tmp_path, 24)
    assert assigned(con) == after
    assert len(moves(con)) == count


def test_a_label_stays_until_the_words_are_others(tmp_path: Path) -> None:
    con = make_warehouse(90)
    night(con, tmp_path, 0)
    run = make_run(tmp_path)
    found = read_topics(run)
    refund = assigned(con)["z:2"]
    body = {**found[refund].body(), "label": "Kept", "size": 1}
    run.journal.write("topic", [(refund, body)], run_id=run.run_id, at=run.now)
    say(tmp_path, "together", tickets=["z:2", "z:5"])  # something to look for
    night(con, tmp_path, 24)
    assert read_topics(run)[refund].label == "Kept"
    body = {**read_topics(run)[refund].body(), "named_for": ["printer", "paper", "toner"], "size": 1}
    run.journal.write("topic", [(refund, body)], run_id=run.run_id, at=run.now)
    night(con, tmp_path, 48)
    assert read_topics(run)[refund].label == "Refund please"


def test_a_topic_is_named_in_the_language_most_of_it_is_written_in() -> None:
    languages = ["it", "en", None, "en", "de"]
    assert in_one_language(np.array([4, 3, 0, 1]), languages) == [3, 1]
    assert in_one_language(np.array([2]), languages) == [2]
    assert in_one_language(np.zeros(0, np.int64), languages) == []


def test_the_share_outside_is_reported(tmp_path: Path) -> None:
    con = make_warehouse(90)
    add_ticket(con, "z:odd", "Elephants", "grey animals of the savannah", minute=801)
    discover_connection(con, make_run(tmp_path))
    run = make_run(tmp_path)
    enrich_connection(con, run)
    assert run.report.counts["enrich.tickets_without_topic"] == 1
    assert run.report.unknown == ["1 of 91 tickets (1%) are under no topic"]


def test_a_rebuilt_warehouse_gets_the_same_topics_from_the_journal(tmp_path: Path) -> None:
    con = make_warehouse(90)
    night(con, tmp_path, 0)
    rebuilt = make_warehouse(90)
    enrich_connection(rebuilt, make_run(tmp_path, hours=1))
    assert assigned(rebuilt) == assigned(con)
    assert rebuilt.sql("select count(*) from enrich.topics").fetchall() == [(3,)]
