"""Commands that cannot be done, given as a user types them: the exit code as documented, words, and no traceback."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from cases import Case, words
from cases_commands import CASES, TOLD, USAGE
from shell import groundswell

from flows.core.run import Run
from flows.settings import Settings

DESK = '[sources.desk]\ntype = "files"\n[sources.desk.streams]\n'
KNOWN = "bug-4f2a91c8"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A working directory with one source, a known finding, a published copy without tickets, and a file in the way."""
    (tmp_path / "groundswell.toml").write_text(DESK)
    (tmp_path / "file").write_text("in the way")
    serving = tmp_path / "published" / "serving"
    serving.mkdir(parents=True)
    with duckdb.connect(str(serving / "current.duckdb")) as con:
        con.sql("create schema marts; create schema enrich")
        con.sql(f"create table marts.fct_findings as select '{KNOWN}' as finding_key, now()::timestamp as as_of")
        con.sql("create table enrich.tickets (ticket_id varchar)")
    return tmp_path


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_cannot_be_done_is_told_and_ends_as_documented(case: Case, folder: Path) -> None:
    if (toml := case.given.get("toml")) is not None:
        (folder / "groundswell.toml").write_text(toml)
    if case.given["command"].startswith("mute"):
        run = Run.start("test", Settings(home=folder / ".groundswell"))
        run.journal.write("finding", [(KNOWN, {"kind": "bug"})], run_id=run.run_id, at=run.now)
    answer = groundswell(folder, *shlex.split(case.given["command"]))
    assert case.says in answer.said
    assert answer.code == case.given["code"]
    assert "unexpected:" not in answer.said


@pytest.mark.parametrize("case", [USAGE[0], TOLD[6], TOLD[28]], ids=lambda case: case.name)
def test_a_real_process_ends_the_same(case: Case, folder: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "flows.cli", *shlex.split(case.given["command"])],
        cwd=folder, env={**os.environ, "NO_COLOR": "1", "COLUMNS": "500"}, capture_output=True, text=True,
        timeout=300, check=False,
    )  # fmt: skip
    assert case.says in words(answer.stdout + answer.stderr)
    assert answer.returncode == case.given["code"]
    assert "Traceback" not in answer.stdout + answer.stderr
