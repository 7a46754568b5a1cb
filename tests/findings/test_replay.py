"""What a replay tells: first tellings and changes of state, the evidence of their moment, lead times."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from findings_world import START, World

from flows.core.clock import iso
from flows.core.errors import Busy, ConfigError
from flows.core.locks import hold
from flows.forget.derived import folders
from flows.learn.lead_time import Incident, Lead, of_incidents, of_issues, read_incidents, summary
from flows.replay import moments, raised, replayed, step_of
from flows.settings import Settings

HOUR = timedelta(hours=1)
BEGIN = START + timedelta(days=60)
OUTAGE = BEGIN + 50 * HOUR
BUG = BEGIN + 20 * HOUR
STEP = 6 * HOUR


@pytest.fixture(scope="module")
def con(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """Ten days by the quarter of a day: a bug that was there before, a new one, an outage that flares up again."""
    world = World(tmp_path_factory.mktemp("replay"))
    world.background(70, 12)
    bug = {"is_bug_like": True, "symptom": "cannot_export"}
    for n in range(6):
        world.ticket(BEGIN - timedelta(days=2) + n * 3 * HOUR, error_signature="code:old", error_code="OLD", **bug)
    for n in range(8):
        world.ticket(
            BUG + n * 5 * HOUR, error_signature="code:new", error_code="NEW", title="Export ends at 99%", **bug
        )
    world.ticket(
        BUG + 60 * HOUR,
        error_signature="code:new",
        error_code="NEW",
        body="as in https://linear.app/x/issue/ENG-9",
        **bug,
    )
    for begin in (OUTAGE, OUTAGE + timedelta(days=3)):
        for n in range(40):
            world.ticket(begin + n * HOUR / 20, title=f"Nobody can sign in {n}")
    world.issue("9", created_at=BUG + 70 * HOUR, title="Export stops")
    world.issue("8", created_at=BUG + 70 * HOUR, title="Nobody wrote of it")
    world.judge(*(BEGIN + n * STEP for n in range(-1, 41)))
    with duckdb.connect(str(world.settings.warehouse_path), read_only=True) as con:
        yield con


@pytest.fixture(scope="module")
def told(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    return raised(con, BEGIN.replace(tzinfo=UTC))


def of(told: list[dict[str, Any]], word: str) -> list[dict[str, Any]]:
    return [row for row in told if word in row["title"]]


def test_a_new_bug_is_told_once_with_the_evidence_of_its_moment(told: list[dict[str, Any]]) -> None:
    [first, *later] = [row for row in of(told, "99%") if row["kind"] == "bug"]
    assert first["before"] is None and first["state"] == "open" and first["told_in"] == "linear"
    assert BUG < datetime.fromisoformat(first["at"].rstrip("Z")) <= BUG + 3 * STEP
    assert len(first["evidence"]) == first["tickets"] < 8
    assert {ticket["title"] for ticket in first["evidence"]} == {"Export ends at 99%"}
    assert all(row["before"] is not None and row["before"] != row["state"] for row in later)


def test_what_was_told_before_the_start_is_not_told_at_it(told: list[dict[str, Any]]) -> None:
    assert [row["before"] for row in told if "OLD" in row["title"]] in ([], ["open"])  # at most its change of state
    assert not any(row["at"] == iso(BEGIN) for row in told)


def test_a_wave_that_flares_up_again_within_the_gap_is_the_same_finding(told: list[dict[str, Any]]) -> None:
    waves = of(told, "across all topics")
    assert len({row["finding_key"] for row in waves}) == 1
    assert [row["before"] for row in waves].count(None) == 1


def test_told_rows_come_in_order_and_are_the_same_again(
    con: duckdb.DuckDBPyConnection, told: list[dict[str, Any]]
) -> None:
    assert [row["at"] for row in told] == sorted(row["at"] for row in told)
    assert json.dumps(raised(con, BEGIN)) == json.dumps(told)


def test_lead_time_before_people_filed_it(con: duckdb.DuckDBPyConnection, told: list[dict[str, Any]]) -> None:
    [named] = of_issues(con, told, BEGIN, BEGIN + timedelta(days=10))  # no ticket names the other one
    assert named.label == "ENG-9: Export stops"
    assert named.hours is not None and -70 <= named.hours < -50
    assert "99%" in str(named.title)


def test_incidents_are_caught_in_time_and_by_what_tickets_say(told: list[dict[str, Any]]) -> None:
    start = OUTAGE.replace(tzinfo=UTC)
    by_tickets, by_time, other, late = of_incidents(
        told,
        [
            Incident("sign-in", start, re.compile("sign.in", re.I)),
            Incident("anything", start),
            Incident("printing", start, re.compile("printer")),
            Incident("long ago", start - timedelta(days=30)),
        ],
    )
    assert by_tickets.hours is not None and 0 <= by_tickets.hours <= 6
    assert by_time.told_at is not None
    assert other.told_at is None and late.told_at is None
    sums = summary(told, [by_tickets, other], [], BEGIN, BEGIN + timedelta(days=7))
    assert sums["weeks"] == 1 and sums["incidents"] == {
        "known": 2, "caught": 1, "share": 0.5, "median_hours": by_tickets.hours
    }  # fmt: skip
    assert sums["other_alarms"] == sums["findings"] - len(by_tickets.finding_keys)


def test_no_truth_no_share() -> None:
    sums = summary([], [], [Lead("x", "2026-01-01T00:00:00Z")], BEGIN, BEGIN)
    assert sums["incidents"]["share"] is None and sums["issues"]["share"] == 0 and sums["other_alarms_a_week"] == 0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("nothing", "cannot be read as JSON"),
        ('{"start": "2019"}', "holds no list"),
        ('[{"label": "x"}]', "entry 1 of"),
        ('[{"label": "x", "start": "2019-05-04"}, {"label": "y", "start": "soon"}]', "entry 2 of"),
        ('[{"label": "x", "start": "2019-05-04", "pattern": "("}]', "entry 1 of"),
        ("[3]", "entry 1 of"),
    ],
)
def test_a_list_of_incidents_that_is_none_names_the_entry(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "incidents.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match=says):
        read_incidents(path)


def test_incidents_are_read_with_what_else_stands_there(tmp_path: Path) -> None:
    path = tmp_path / "incidents.json"
    path.write_text('[{"label": "x", "start": "2019-05-04T02:00+02:00", "pattern": "Add.?on", "kind": "outage"}]')
    [incident] = read_incidents(path)
    assert incident.start == datetime(2019, 5, 4, tzinfo=UTC)
    assert incident.pattern is not None and incident.pattern.search("all my add ons")


@pytest.mark.parametrize("text", ["", "1", "h", "0h", "-1h", "1w", "1.5h", "60s"])
def test_a_step_that_is_none(text: str) -> None:
    with pytest.raises(ConfigError, match="is no step"):
        step_of(text)


def test_what_a_stopped_replay_leaves_is_forgotten_with_the_rest_and_two_do_not_go_on_at_once(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, sources={})
    assert settings.replay_dir in folders(settings)
    settings.warehouse_path.parent.mkdir()
    settings.warehouse_path.touch()
    with (
        hold(settings.lock_dir, "replay", holder="another"),
        pytest.raises(Busy, match="another"),
        replayed(settings, [BEGIN]),
    ):
        pass


def test_moments() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    assert len(moments(start, start + timedelta(days=1), step_of("1h"))) == 25
    assert moments(start, start + timedelta(hours=5), step_of("3h"))[-1] == start + timedelta(hours=3)
    with pytest.raises(ConfigError, match="is before"):
        moments(start, start - HOUR, HOUR)
    with pytest.raises(ConfigError, match="moments to judge"):
        moments(start, start + timedelta(days=3650), step_of("1m"))
