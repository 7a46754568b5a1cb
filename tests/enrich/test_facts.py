"""The rows that a message's facts become, and that they follow their messages."""

from __future__ import annotations

from pathlib import Path

import pytest
from enrich_world import add_message, make_run, make_warehouse

from flows.enrich import mentions
from flows.enrich.run import enrich_connection

LINK = "https://help.larkspan.example/hc/en-us/articles/3600012-Export"


def rows(con, query: str) -> list[tuple]:
    return con.sql(query).fetchall()


def test_every_message_of_a_conversation_is_read(tmp_path: Path) -> None:
    con = make_warehouse(30)
    con.execute(
        "insert into intermediate.int_articles values ('z:a1', 'Export', 'Press export.', 'en',"
        " 'https://help.larkspan.example/hc/de/articles/3600012')"
    )
    add_message(
        con, "z:0", 2, f"Please see {LINK}. Could you send the invoice INV-2024-0012?", role="agent", minute=400
    )
    add_message(con, "z:0", 3, f"I followed the steps in {LINK} but it didn't work, HTTP 503.", minute=500)
    add_message(con, "z:0", 4, "Auto-reply: I am out of office, I restarted HTTP 504.", minute=600)
    enrich_connection(con, make_run(tmp_path))
    named = rows(
        con, "select message_id, said_by, kind, value from enrich.entities where ticket_id = 'z:0' order by all"
    )
    assert ("z:0/1", "customer", "error_code", "ERR-4012") in named
    assert ("z:0/1", "customer", "page", "/reports/:id/export") in named
    assert ("z:0/2", "agent", "invoice", "INV-2024-0012") in named
    assert ("z:0/3", "customer", "http_status", "503") in named
    assert not [row for row in named if row[0] == "z:0/4"]
    assert rows(con, "select step, is_tried, outcome, article_id from enrich.steps where message_id = 'z:0/3'") == [
        ("follow_article", True, "did_not_help", "z:a1")
    ]
    assert rows(con, "select actions from enrich.messages where message_id = 'z:0/2'") == [(["question", "article"],)]
    assert rows(con, "select count(*) from enrich.messages where actions is not null and message_id <> 'z:0/2'") == [
        (0,)
    ]


def test_rows_go_with_their_message_and_articles_are_found_later(tmp_path: Path) -> None:
    con = make_warehouse(30)
    add_message(con, "z:0", 2, f"I followed the guide {LINK}. It did not help, HTTP 503.", minute=500)
    enrich_connection(con, make_run(tmp_path))
    assert rows(con, "select article_id from enrich.steps where ticket_id = 'z:0' and article is not null") == [(None,)]
    con.execute(f"insert into intermediate.int_articles values ('z:a1', 'Export', 'Press.', 'en', '{LINK}')")
    enrich_connection(con, make_run(tmp_path, hours=1))
    assert rows(con, "select article_id from enrich.steps where ticket_id = 'z:0' and article is not null") == [
        ("z:a1",)
    ]
    # Once all are linked, only steps that are read are: they come with their article.
    con.execute("update enrich.steps set article_id = 'kept' where ticket_id = 'z:0' and article is not null")
    add_message(con, "z:1", 2, f"I followed the guide {LINK}. It did not help.", minute=600)
    enrich_connection(con, make_run(tmp_path, hours=1))
    linked = rows(con, "select ticket_id, article_id from enrich.steps where article is not null order by all")
    assert linked == [("z:0", "kept"), ("z:1", "z:a1")]
    con.execute("update intermediate.int_messages set body = 'HTTP 504' where message_id = 'z:0/2'")
    enrich_connection(con, make_run(tmp_path, hours=2))
    assert rows(con, "select value from enrich.entities where message_id = 'z:0/2'") == [("504",)]
    assert rows(con, "select * from enrich.steps where message_id = 'z:0/2'") == []
    con.execute("delete from intermediate.int_messages where message_id = 'z:0/2'")
    enrich_connection(con, make_run(tmp_path, hours=3))
    assert rows(con, "select * from enrich.entities where message_id = 'z:0/2'") == []


def test_an_extractor_that_fails_is_named_and_the_others_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    con = make_warehouse(3)

    def broken(*_: object) -> list[mentions.Mention]:
        raise ValueError("odd text")

    monkeypatch.setattr(mentions, "mentions", broken)
    enrich_connection(con, make_run(tmp_path))
    assert rows(con, "select distinct extractor_error from enrich.messages") == [("entities: ValueError: odd text",)]
    assert rows(con, "select count(*) from enrich.steps where ticket_id = 'z:0'") == [(0,)]
    assert rows(con, "select count(*) from enrich.tickets where error_code = 'ERR-4012'") == [(1,)]
