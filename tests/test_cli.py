"""The command as a stranger meets it: help to work from, and explanations instead of tracebacks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from flows.doctor import checks
from flows.pull.inspect import Inspection
from flows.settings import Settings, ZendeskSource


def groundswell(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "flows.cli", *arguments],
        cwd=folder, env={**os.environ, "NO_COLOR": "1", "COLUMNS": "200", **environment},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


def test_help_names_where_to_start(tmp_path: Path) -> None:
    answer = groundswell(tmp_path, "--help")
    assert answer.returncode == 0
    for word in ("init", "doctor", "backfill", "findings", "explain", "score", "sandbox"):
        assert word in answer.stdout


def test_init_writes_a_file_once(tmp_path: Path) -> None:
    assert groundswell(tmp_path, "init").returncode == 0
    assert (tmp_path / "groundswell.toml").is_file()
    again = groundswell(tmp_path, "init")
    assert again.returncode == 1
    assert "already there" in again.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("findings",), "nothing has been published"),
        (("explain", "bug-1"), "nothing has been published"),
        (("mute", "bug-1"), "no finding is known as 'bug-1'"),
        (("score",), "truth.json is not there"),
        (("run", "weekly"), "no flow is called 'weekly'"),
        (("run", "hourly", "--stage", "dance"), "no stage is called 'dance'"),
        (("run", "hourly", "--source", "nope"), "no source is called 'nope'"),
        (("backfill", "--source", "nope"), "no source is called 'nope'"),
        (("replay", "--start", "2019-01-01"), "no run has been completed yet"),
        (("replay", "--start", "soon"), "--start 'soon' is no moment"),
        (("replay", "--start", "2019-01-01", "--end", "2019-02-01", "--step", "1w"), "--step '1w' is no step"),
        (("replay", "--start", "2019-01-01", "--end", "2019-02-01"), "there is no warehouse at"),
        (("replay", "--start", "2019-03-01", "--end", "2019-02-01"), "is before --start"),
        (("run", "hourly", "--now", "nonsense"), "--now 'nonsense' is no moment"),
        (("backfill", "--now", "nonsense"), "--now 'nonsense' is no moment"),
        (("backfill", "--since", "last-week"), "'last-week' is no date"),
    ],
)
def test_what_cannot_be_done_is_explained_without_a_traceback(
    tmp_path: Path, arguments: tuple[str, ...], says: str
) -> None:
    answer = groundswell(tmp_path, *arguments)
    assert answer.returncode == 1
    assert says in " ".join(answer.stderr.split())
    assert "Traceback" not in answer.stderr + answer.stdout


@pytest.mark.parametrize("command", ["findings", "score", "run", "backfill"])
def test_a_format_that_does_not_exist_is_refused(tmp_path: Path, command: str) -> None:
    answer = groundswell(tmp_path, command, "--format", "xml")
    assert answer.returncode == 2
    assert "'xml' is not one of" in answer.stderr
    assert not (tmp_path / ".groundswell").exists()


@pytest.mark.parametrize("arguments", [("findings",), ("explain", "bug-1")])
def test_a_published_copy_without_the_tables_is_explained(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    serving = tmp_path / "home" / "serving"
    serving.mkdir(parents=True)
    duckdb.connect(str(serving / "current.duckdb")).close()
    answer = groundswell(tmp_path, "--home", "home", *arguments)
    assert answer.returncode == 1
    assert "the published copy does not hold what is asked for" in " ".join(answer.stderr.split())
    assert "Traceback" not in answer.stderr


def test_a_failure_nobody_foresaw_is_one_line_and_a_traceback_only_on_demand(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "locks").write_text("a file where a folder should be")
    answer = groundswell(tmp_path, "--home", "home", "run", "hourly", "--stage", "show")
    assert answer.returncode == 2
    assert "unexpected: FileExistsError: " in answer.stderr
    assert answer.stderr.strip().endswith("; run with -v for the traceback")
    assert "Traceback" not in answer.stderr
    assert "Traceback" in groundswell(tmp_path, "-v", "--home", "home", "run", "hourly", "--stage", "show").stderr


def test_one_source_that_cannot_be_looked_at_does_not_hide_the_next(tmp_path: Path) -> None:
    (tmp_path / "tickets.csv").write_text("id,subject,description,created_at\n1,[red]Sync\x1b[31m,Broken,2026-01-01\n")
    (tmp_path / "groundswell.toml").write_text(
        '[sources.zendesk]\ntype = "zendesk"\nbase_url = "http://127.0.0.1:9"\n'
        '[sources.export]\ntype = "files"\n[sources.export.streams.tickets]\npath = "tickets.csv"\n'
    )
    answer = groundswell(tmp_path, "backfill", "--sample")
    assert answer.returncode == 1
    assert "zendesk: zendesk needs GROUNDSWELL_ZENDESK_EMAIL" in " ".join(answer.stderr.split())
    assert "sample: [red]Sync" in answer.stderr  # as it is written, and no command to the terminal
    assert "\x1b" not in answer.stderr


def test_doctor_prints_tables_of_the_file_as_they_are_written(tmp_path: Path) -> None:
    answer = groundswell(tmp_path, "doctor")
    assert "Add a [sources.<name>] table" in answer.stdout


@pytest.mark.parametrize("will_fail", [True, False])
def test_doctor_fails_a_source_whose_pull_would_fail_and_shows_notes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, will_fail: bool
) -> None:
    found = Inspection("zendesk", "Ann", "role agent", notes=["incremental exports need an admin"], sample=["Secret"])
    found.will_fail = will_fail
    monkeypatch.setattr("flows.pull.inspect.inspect", lambda *_: found)
    settings = Settings(home=tmp_path, sources={"zendesk": ZendeskSource(type="zendesk", base_url="http://x")})
    check = next(check for check in checks(settings) if check.name == "source zendesk")
    assert check.ok is not will_fail
    assert "incremental exports need an admin" in check.says
    assert "Secret" not in check.says


def test_doctor_says_what_is_missing_and_exits_with_one(tmp_path: Path) -> None:
    (tmp_path / "groundswell.toml").write_text('[sources.zendesk]\ntype = "zendesk"\nbase_url = "http://127.0.0.1:9"\n')
    answer = groundswell(tmp_path, "doctor")
    assert answer.returncode == 1
    assert "GROUNDSWELL_ZENDESK_EMAIL" in answer.stdout
    assert "Traceback" not in answer.stdout + answer.stderr


def test_freshness_fails_before_the_first_run(tmp_path: Path) -> None:
    answer = groundswell(tmp_path, "doctor", "--freshness")
    assert answer.returncode == 1
    assert "never" in answer.stdout


def test_a_source_that_cannot_be_pulled_is_a_problem_of_the_report(tmp_path: Path) -> None:
    (tmp_path / "groundswell.toml").write_text('[sources.zendesk]\ntype = "zendesk"\nbase_url = "http://127.0.0.1:9"\n')
    answer = groundswell(tmp_path, "run", "hourly", "--stage", "pull", "--format", "json")
    report = json.loads(answer.stdout)
    assert any("pull zendesk" in problem and "GROUNDSWELL_ZENDESK_EMAIL" in problem for problem in report["problems"])
