"""The command as a stranger meets it: help to work from, and explanations instead of tracebacks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


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
    ],
)
def test_what_cannot_be_done_is_explained_without_a_traceback(
    tmp_path: Path, arguments: tuple[str, ...], says: str
) -> None:
    answer = groundswell(tmp_path, *arguments)
    assert answer.returncode == 1
    assert says in " ".join(answer.stderr.split())
    assert "Traceback" not in answer.stderr + answer.stdout


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
