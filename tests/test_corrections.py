"""`groundswell correct`: what people say tickets want is kept, listed and taken back, once it makes sense."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from flows.cli import app
from flows.core.errors import GroundswellError
from flows.core.run import Run
from flows.corrections import correct, list_corrections
from flows.enrich.corrections import corrections
from flows.enrich.tables import TABLES
from flows.settings import Settings
from flows.warehouse.duck import SERVING_NAME


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A published copy with two tickets."""
    found = Settings.model_validate({"home": tmp_path})
    found.serving_dir.mkdir(parents=True)
    with duckdb.connect(found.serving_dir / SERVING_NAME) as con:
        con.execute("create schema enrich")
        con.execute(f"create table enrich.tickets ({TABLES['tickets']})")
        con.execute("insert into enrich.tickets (ticket_id) values ('z:1'), ('z:2')")
    return found


def test_the_newest_word_on_a_ticket_holds_and_is_listed_with_who_and_when(settings: Settings) -> None:
    correct(settings, "z:1", "how_to", by="ann")
    correct(settings, "z:2", "refund_request", by="bo")
    correct(settings, "z:1", "bug_report", by=" Carl  C. ")
    rows = {row.pop("ticket_id"): row for row in list_corrections(settings)}
    assert {ticket: (row["intent"], row["by"]) for ticket, row in rows.items()} == {
        "z:1": ("bug_report", "Carl C."), "z:2": ("refund_request", "bo"),
    }  # fmt: skip
    assert rows["z:1"]["at"].endswith("Z")
    correct(settings, "z:2", None, by="bo", off=True)
    said = corrections(Run.start("nightly", settings), "intents")
    assert {ticket: found.intent for ticket, found in said.items()} == {"z:1": "bug_report"}
    assert [row["ticket_id"] for row in list_corrections(settings)] == ["z:1"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"ticket_id": "z:1", "intent": "refund_requests"}, "no intent is called 'refund_requests'.*refund_request"),
        ({"ticket_id": "z:3", "intent": "how_to"}, "no ticket is known as 'z:3'"),
        ({"ticket_id": "z:1", "intent": None}, "names a ticket and its intent"),
        ({"ticket_id": "z:1", "intent": None, "off": True}, "z:1 has no correction"),
        ({"ticket_id": "z:1", "intent": "how_to", "off": True}, "names a ticket and its intent"),
        ({"ticket_id": "z:1", "intent": "how_to", "by": " "}, "who says so"),
    ],
)
def test_what_makes_no_sense_is_refused(settings: Settings, arguments: dict[str, object], says: str) -> None:
    with pytest.raises(GroundswellError, match=f"(?s){says}"):
        correct(settings, **arguments)  # type: ignore[arg-type]
    assert list_corrections(settings) == []


def test_the_command_says_and_lists(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROUNDSWELL_HOME", str(settings.home))
    monkeypatch.chdir(settings.home)
    runner = CliRunner()
    done = runner.invoke(app, ["correct", "z:1", "how_to", "--by", "ann"])
    assert "z:1 is how_to from the next run on." in done.output
    listed = runner.invoke(app, ["correct"]).output
    assert "z:1 how_to · by ann, 20" in listed
