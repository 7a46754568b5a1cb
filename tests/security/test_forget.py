"""One person is forgotten: killed in the middle, completed, searched for in every file, and not brought back."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from planted import ABROAD, CANARIES, EMAIL, ID, NAME, PHRASE, Planted
from rich.console import Console
from search_everything import Search, search_everything
from workplace import Workplace, workplace

from flows.core.run import Run
from flows.forget.command import run_forget
from flows.landing.tombstones import key_path, read_marks
from flows.settings import load_settings
from flows.stages import Direct, execute_stage

# Facts of tickets that no model has a say in.
FACTS = (
    "ticket_id, status, priority, channel, category, reporter_key, account_key, app_version, created_at,"
    " first_reply_at, agent_replies, resolved_at, reopens, satisfaction"
)

pytestmark = pytest.mark.timeout(1800)  # the first test waits for a whole company


@dataclass
class World:
    """What was seen before, between and after."""

    place: Workplace
    planted: Planted
    before: Search
    tickets_before: list[tuple[Any, ...]]
    messages_before: dict[str, str]
    problems_between: list[str]
    unfinished_between: int
    said: str
    after: Search

    @property
    def home(self) -> Path:
        return self.place.home


def look(home: Path) -> Search:
    """For all canaries, in everything but what stands for the vendors' own machines."""
    return search_everything(home, CANARIES, skip=[home / "sandbox"])


def rows(home: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(home / "warehouse" / "groundswell.duckdb"), read_only=True) as con:
        return con.execute(sql).fetchall()


def messages(home: Path) -> dict[str, str]:
    return dict(rows(home, "select message_id, body from intermediate.int_messages"))  # type: ignore[arg-type]


def leave_behind(home: Path) -> None:
    """What runs leave elsewhere below home: Prefect's database, Data Docs, a warehouse that was set aside."""
    (home / "prefect").mkdir(exist_ok=True)
    with sqlite3.connect(home / "prefect" / "prefect.db") as con:
        con.execute("create table log (id text primary key, message text)")
        con.execute("create table artifact (id text primary key, data text)")
        con.execute("insert into log values ('1', ?)", (f"user {ID} has no role",))
        con.execute("insert into artifact values ('1', ?)", (json.dumps({"said": f"{NAME} ü <{EMAIL}>"}),))
    con.close()
    (home / "data_docs").mkdir()
    (home / "data_docs" / "index.html").write_text(f"<td>{EMAIL}</td>")
    (home / "warehouse" / "groundswell.duckdb.damaged-1").write_text(f"torn {NAME}")


def kill_at(step: str) -> None:
    """`groundswell forget` for her, in a process of its own that is killed when it comes to a step."""
    command = [sys.executable, "-m", "flows.cli", "forget", "--requester", f"zendesk:{ID}", "--yes"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    seen = []
    for line in process.stderr:
        seen.append(line)
        if line.strip() == step:
            os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL, "".join(seen)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    home = tmp_path_factory.mktemp("forgetful")
    with workplace(home, months=3, tickets_per_month=60) as place, pytest.MonkeyPatch.context() as patch:
        planted = Planted(place.company)
        planted.install(patch)
        place.run("hourly")
        execute_stage(Run.start("hourly", load_settings()), Direct(), "pull")  # reads back what was just told
        leave_behind(home)
        before = look(home)
        tickets_before = rows(home, f"select {FACTS} from marts.fct_tickets order by all")
        messages_before = messages(home)
        kill_at("zendesk/ticket_events")
        between = Run.start("hourly", load_settings())
        marks = read_marks(between)
        execute_stage(between, Direct(), "pull")
        said = io.StringIO()
        run_forget(load_settings(), [], Console(file=said, width=200), Console(file=io.StringIO()), yes=True)
        yield World(
            place, planted, before, tickets_before, messages_before, between.report.problems,
            len(marks.unfinished) if marks else 0, said.getvalue(), look(home),
        )  # fmt: skip


def test_before_they_are_in_every_store_and_everything_made_of_them(world: World) -> None:
    assert {hit.canary for hit in world.before.hits} == set(CANARIES)
    places = {hit.path.relative_to(world.home).parts[0] for hit in world.before.hits}
    assert {"landing", "warehouse", "serving", "prefect", "data_docs"} <= places
    assert {"Parquet", "DuckDB", "SQLite", "pickle", "JSON"} <= set(world.before.decoded)


def test_after_they_are_in_no_file_below_home(world: World) -> None:
    assert {"Parquet", "DuckDB", "SQLite", "pickle", "JSON"} <= set(world.after.decoded)
    assert [str(hit) for hit in world.after.hits] == []


def test_one_that_was_killed_is_completed_without_naming_them_again(world: World) -> None:
    assert world.unfinished_between == 1
    assert "An erasure was begun and not completed: run `groundswell forget`." in world.problems_between
    marks = read_marks(Run.start("hourly", load_settings()))
    assert marks and not marks.unfinished


def test_tickets_of_others_are_as_they_were(world: World) -> None:
    theirs = {f"zendesk:{ticket}" for ticket in world.planted.tickets}
    assert {row[0] for row in world.tickets_before} > theirs
    left = [row for row in world.tickets_before if row[0] not in theirs]
    assert rows(world.home, f"select {FACTS} from marts.fct_tickets order by all") == left


def test_messages_of_others_lose_her_name_and_nothing_else(world: World) -> None:
    after = messages(world.home)
    changed = {id for id, body in after.items() if world.messages_before[id] != body}
    of_other = rows(
        world.home,
        f"select message_id from intermediate.int_messages where ticket_id = 'zendesk:{world.planted.other}'",
    )
    assert changed and changed <= {id for (id,) in of_other}
    assert all("[forgotten]" in after[id] for id in changed)
    gone = set(world.messages_before) - set(after)
    assert any(PHRASE in world.messages_before[id] for id in gone)
    assert any(ABROAD in world.messages_before[id] for id in gone), "comments she wrote elsewhere"


def test_the_report_says_what_was_done_and_not_to_whom(world: World) -> None:
    assert f"zendesk.tickets.removed {len(world.planted.tickets)}" in " ".join(world.said.split())
    journal = Run.start("hourly", load_settings()).journal
    (body,) = [body for body in journal.latest("run").values() if body["flow"] == "forget"]
    assert body["status"] == "erased"
    assert body["report"]["counts"]["forgotten.zendesk.tickets.removed"] == len(world.planted.tickets)
    assert body["findings"] and set(body["findings"]) <= set(journal.latest("finding"))
    told = [d for d in journal.latest("delivery").values() if d["status"] == "sent"]
    places = [d["external_url"] or d["external_id"] for d in told if d["finding_key"] in body["findings"]]
    for text in (*body["findings"], *places):
        assert text in world.said, "a human can look where her tickets were quoted"
    completed = [body["flow"] for body in journal.latest("run").values() if body["status"] == "completed"]
    assert completed == ["hourly"], "an erasure is no run of the pipeline: doctor --freshness must not be calmed by it"


def test_the_tombstone_is_a_keyed_hash(world: World) -> None:
    assert key_path(load_settings()).stat().st_mode & 0o777 == 0o600
    text = "".join(Run.start("hourly", load_settings()).journal.read("tombstone")["payload"])
    assert '"marks"' in text and not any(canary.lower() in text.lower() for canary in CANARIES)


def test_a_pull_from_the_beginning_does_not_bring_them_back(world: World) -> None:
    shutil.rmtree(world.home / "landing")
    run = Run.start("backfill", load_settings(), backfill=True)
    execute_stage(run, Direct(), "pull")
    assert run.report.counts["forgotten.tickets"] == len(world.planted.tickets)
    assert run.report.counts["forgotten.users"] == 1
    assert run.landing.read("zendesk", "tickets").height > 100
    assert [str(hit) for hit in look(world.home).hits] == []
