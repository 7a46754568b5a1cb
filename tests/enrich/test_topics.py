"""Topics: found, kept from night to night, born when something new arrives, continued by a new embedder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from enrich_world import add_ticket, make_run, make_warehouse

from flows.enrich import embedding
from flows.enrich.assignment import read_topics
from flows.enrich.run import enrich_connection
from flows.enrich.topics import discover_connection


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


def test_a_rebuilt_warehouse_gets_the_same_topics_from_the_journal(tmp_path: Path) -> None:
    con = make_warehouse(90)
    night(con, tmp_path, 0)
    rebuilt = make_warehouse(90)
    enrich_connection(rebuilt, make_run(tmp_path, hours=1))
    assert assigned(rebuilt) == assigned(con)
    assert rebuilt.sql("select count(*) from enrich.topics").fetchall() == [(3,)]
