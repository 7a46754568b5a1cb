"""`groundswell topics`: topics are listed from the published copy, and edits are journalled once they make sense."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb
import orjson
import pytest

from flows.core.errors import GroundswellError
from flows.core.run import Run
from flows.enrich.edits import Edit, read_edits
from flows.enrich.tables import TABLES
from flows.settings import Settings
from flows.topics import edit_topics, list_topics
from flows.warehouse.duck import SERVING_NAME


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A published copy with two live topics, a retired one and two tickets."""
    found = Settings.model_validate({"home": tmp_path})
    found.serving_dir.mkdir(parents=True)
    with duckdb.connect(found.serving_dir / SERVING_NAME) as con:
        con.execute("create schema enrich")
        for name in ("topics", "topic_lineage", "tickets"):
            con.execute(f"create table enrich.{name} ({TABLES[name]})")
        con.execute(
            "insert into enrich.topics values ('t1', 'Login', ['login'], 3, '2026-01-01', 'live', 'e'),"
            " ('t2', 'Refund', ['refund'], 5, '2026-01-01', 'live', 'e'),"
            " ('t3', 'Old', ['old'], 0, '2026-01-01', 'retired', 'e')"
        )
        con.execute(
            "insert into enrich.topic_lineage values ('t1', 'born', null, 3, '2026-01-01'),"
            " ('t1', 'grown', null, 3, '2026-01-03')"
        )
        con.execute("insert into enrich.tickets (ticket_id) values ('z:1'), ('z:2')")
    return found


def test_topics_are_listed_with_what_last_became_of_them(settings: Settings) -> None:
    rows = list_topics(settings)
    assert [(row["topic_id"], row["last_change"]) for row in rows] == [("t2", None), ("t1", "grown"), ("t3", None)]
    assert orjson.dumps(rows)


def test_what_is_said_is_what_the_night_reads(settings: Settings) -> None:
    edit_topics(settings, "merge", ["t1", "t2"])
    edit_topics(settings, "rename", ["t1", "Doors", " and  locks"])
    edit_topics(settings, "apart", ["z:1", "z:2"])
    edit_topics(settings, "split", ["z:2"])
    said = read_edits(Run.start("nightly", settings))
    assert len({edit.key for edit in said}) == 4
    assert [replace(edit, key="") for edit in said] == [
        Edit("merge", topics=("t1", "t2")),
        Edit("rename", topics=("t1",), label="Doors and locks"),
        Edit("apart", tickets=("z:1", "z:2")),
        Edit("split", tickets=("z:2",)),
    ]


@pytest.mark.parametrize(
    ("action", "arguments", "says"),
    [
        ("delete", ["t1"], "topics cannot be edited by 'delete'"),
        ("merge", ["t1"], "merge takes other arguments"),
        ("merge", ["t1", "t1"], "merge takes other arguments"),
        ("merge", ["t1", "t3"], "no live topic is known as 't3'"),
        ("rename", ["t1"], "rename takes other arguments"),
        ("rename", ["t1", "x" * 200], "at most 120 characters"),
        ("apart", ["z:1", "z:3"], "no ticket is known as 'z:3'"),
        ("together", ["z:1"], "together takes other arguments"),
    ],
)
def test_what_makes_no_sense_is_refused(settings: Settings, action: str, arguments: list[str], says: str) -> None:
    with pytest.raises(GroundswellError, match=says):
        edit_topics(settings, action, arguments)
    assert read_edits(Run.start("nightly", settings)) == []
