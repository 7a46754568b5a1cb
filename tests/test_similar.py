"""`groundswell similar`: the tickets that are most like one."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import numpy as np
import pytest
from typer.testing import CliRunner

from flows.cli import app
from flows.enrich.protocols import Matrix
from flows.enrich.similar import Similarity, near_in_time
from flows.enrich.tables import TABLES

TICKETS = (
    ("z:1", "2026-05-10", "Export stops", "The csv export stops at 99% with GS-4412", False),
    ("z:2", "2026-01-02", "Csv", "My csv export hangs at 99%, GS-4412", False),
    ("z:3", "2026-05-09", "Printing", "The printer is not found", False),
    ("z:4", "2026-05-11", "Export stops", "The csv export stops at 99% with GS-4412", True),
    ("z:5", "2026-02-01", "Invoice", "Where is my invoice for May?", False),
    ("z:6", "2026-05-01", "Invoice", "Where is my invoice for May?", False),
    ("z:7", "2026-05-08", None, None, False),
)  # fmt: skip


class Lengths:
    """An embedder of how long a text is."""

    model_id = "lengths"

    def encode(self, texts: list[str]) -> Matrix:
        return np.array([[len(text) < 10, len(text) >= 10] for text in texts], dtype=np.float32)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setattr("flows.cli.console.width", 200)
    serving = tmp_path / "home" / "serving"
    serving.mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GROUNDSWELL_HOME", str(tmp_path / "home"))
    with duckdb.connect(str(serving / "current.duckdb")) as con:
        con.execute("create schema marts; create schema enrich")
        con.execute(f"create table enrich.tickets ({TABLES['tickets']})")
        con.execute("create table marts.fct_tickets (ticket_id varchar, created_at timestamp, url varchar)")
        for ticket_id, created_at, title, text, is_spam in TICKETS:
            con.execute("insert into marts.fct_tickets values (?, ?, null)", [ticket_id, created_at])
            con.execute(
                "insert into enrich.tickets by name select ? as ticket_id, ? as title, ? as clean_text, ? as is_spam",
                [ticket_id, title, text, is_spam],
            )
    return CliRunner()


def test_shared_words_come_first_and_spam_never(home: CliRunner) -> None:
    rows = json.loads(home.invoke(app, ["similar", "z:1", "--format", "json"]).output)
    assert rows[0]["ticket_id"] == "z:2"
    assert not {"z:1", "z:4", "z:7"} & {row["ticket_id"] for row in rows}
    assert [row["similarity"] for row in rows] == sorted((row["similarity"] for row in rows), reverse=True)
    printed = home.invoke(app, ["similar", "z:1", "--limit", "1"]).output
    assert "z:2" in printed and "z:3" not in printed


def test_of_two_that_are_equally_alike_the_one_nearer_in_time_comes_first(home: CliRunner) -> None:
    con = duckdb.connect(str(Path("home/serving/current.duckdb")))
    con.execute("insert into marts.fct_tickets values ('z:8', '2026-05-02', null)")
    con.execute(
        "insert into enrich.tickets by name select 'z:8' as ticket_id, 'Invoice?' as title, 'invoice' as clean_text"
    )
    con.close()
    rows = json.loads(home.invoke(app, ["similar", "z:8", "--format", "json"]).output)
    assert [row["ticket_id"] for row in rows][:2] == ["z:6", "z:5"]


def test_a_ticket_without_words_has_none_and_an_unknown_one_is_named(home: CliRunner) -> None:
    assert json.loads(home.invoke(app, ["similar", "z:7", "--format", "json"]).output) == []
    unknown = home.invoke(app, ["similar", "z:99"])
    assert unknown.exit_code == 1
    assert "no ticket is known as 'z:99'" in str(unknown.exception)


def test_nearness_in_time_never_outweighs_what_is_said() -> None:
    added = near_in_time(np.array([100.0]), np.array([100.0, 114.0, 86.0, 400.0]))[0]
    assert added.round(4).tolist() == [0.05, 0.0184, 0.0184, 0.0]


def test_what_an_embedder_knows_is_one_part_of_three() -> None:
    known = ["export fails", "printer"]
    assert Similarity(known)(["export fails"], known).round(6).tolist() == [[1.0, 0.0]]
    assert Similarity(known, Lengths())(["qwz"], known).round(6).tolist() == [[0.0, round(1 / 3, 6)]]
