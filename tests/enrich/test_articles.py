"""Tickets and the help articles that answer them."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pytest
from enrich_world import add_message, add_ticket, make_run, make_warehouse

from flows.enrich.articles import nearest
from flows.enrich.run import enrich_connection

ARTICLES = {
    "a:login": ("Reset your password", "<p>Open the login page and choose Forgot password.</p>", "en-us"),
    "a:refund": ("Refunds", "<p>Ask for a refund of an invoice; the money is sent back.</p>", "en-us"),
}


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    con = make_warehouse()
    for article_id, (title, body, locale) in ARTICLES.items():
        con.execute(
            "insert into intermediate.int_articles values (?, ?, ?, ?, null)", [article_id, title, body, locale]
        )
    return con


def enriched(con: duckdb.DuckDBPyConnection, home: Path, hours: int = 0) -> int:
    """Run the stage; how many tickets were matched."""
    run = make_run(home, hours=hours)
    enrich_connection(con, run)
    return run.report.counts["enrich.article_matches"]


def matched(con: duckdb.DuckDBPyConnection) -> dict[str, tuple[str | None, float | None]]:
    rows = con.sql("select ticket_id, article_id, similarity from enrich.article_matches").fetchall()
    assert len(rows) == len({row[0] for row in rows})
    return {ticket_id: (article_id, similarity) for ticket_id, article_id, similarity in rows}


def test_a_question_finds_its_article_and_one_without_an_article_is_near_none(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    assert enriched(con, tmp_path) == 90
    found = matched(con)
    export, login, refund = found["z:0"], found["z:1"], found["z:2"]
    assert login[0] == "a:login" and refund[0] == "a:refund"
    assert 0.4 < login[1] <= 1 and 0.4 < refund[1] <= 1
    assert export[1] < 0.2
    assert all(round(similarity, 4) == similarity for _, similarity in found.values())


def test_only_tickets_that_were_read_again_are_matched_again(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    enriched(con, tmp_path)
    before = matched(con)
    assert enriched(con, tmp_path, 1) == 0
    add_ticket(con, "z:new", "Password", "How do I get a new password for the login page?", minute=600)
    con.execute("update intermediate.int_tickets set subject = 'Money back for the invoice' where ticket_id = 'z:0'")
    add_message(con, "z:2", 2, "We will look at it", role="agent", minute=600)  # read again: the same article
    con.execute("delete from intermediate.int_tickets where ticket_id = 'z:4'")
    assert enriched(con, tmp_path, 2) == 3
    after = matched(con)
    assert after["z:new"][0] == "a:login"
    assert after["z:0"] != before["z:0"]
    assert after["z:2"] == before["z:2"]
    assert "z:4" not in after


def test_once_all_are_matched_only_tickets_that_were_read_are_looked_at(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    enriched(con, tmp_path)
    con.execute("delete from enrich.article_matches where ticket_id = 'z:1'")
    add_message(con, "z:2", 2, "We will look at it", role="agent", minute=600)
    assert enriched(con, tmp_path, 1) == 1
    assert "z:1" not in matched(con)


def test_when_an_article_changes_all_tickets_are_matched_again(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    enriched(con, tmp_path)
    con.execute(
        "update intermediate.int_articles set title = 'Export fails with ERR-4012',"
        " body = '<p>The CSV export fails when the report is too long.</p>' where article_id = 'a:refund'"
    )
    assert enriched(con, tmp_path, 1) == 90
    found = matched(con)
    assert found["z:0"][0] == "a:refund" and found["z:0"][1] > 0.4
    assert found["z:2"][1] < 0.2


def test_without_articles_there_are_no_rows(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    enriched(con, tmp_path)
    con.execute("delete from intermediate.int_articles")
    assert enriched(con, tmp_path, 1) == 0
    assert matched(con) == {}


def test_tickets_that_cannot_be_compared_have_no_article(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    add_ticket(con, "z:empty", None, "🎉", minute=600)
    add_ticket(
        con, "z:german", "Passwort zurücksetzen",
        "Guten Tag, ich kann mich auf der login Seite nicht anmelden, mein Passwort wird abgelehnt.", minute=601,
    )  # fmt: skip
    enriched(con, tmp_path)
    found = matched(con)
    assert found["z:empty"] == (None, None)
    assert found["z:german"] == (None, None)


def test_an_unknown_language_fits_every_other_and_the_first_of_equals_wins() -> None:
    points = np.array([[1, 0], [0, 1]], dtype=np.float32)
    assert nearest(points, [None, "de"], points, ["en", "de"]) == ([0, 1], [1.0, 1.0])
    assert nearest(points, ["en", "fr"], points, ["de", None]) == ([1, 1], [0.0, 1.0])
    assert nearest(points[:1], ["en"], np.ones((2, 2), dtype=np.float32) / 2, ["en", "en"]) == ([0], [0.5])
