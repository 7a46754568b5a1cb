"""Mappings and paths of `files` sources that do not fit: told by the doctor and by a run, and the rest goes on."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from cases import Case, words
from cases_mappings import CASES, HEADER, IDS
from shell import groundswell

SECRET = "Ticket ID\ncanary-4711\n"
REST = (
    '[sources.export.streams.releases]\npath = "releases.csv"\n'
    '[sources.app]\ntype = "files"\n[sources.app.streams.releases]\npath = "releases.csv"\n'
)
PULL = ("run", "hourly", "--stage", "pull", "--format", "json")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with exports, links that lead out of it, and something secret outside."""
    folder, outside = tmp_path / "conf", tmp_path / "outside"
    for made in (folder, outside, folder / "folder", folder / "drop"):
        made.mkdir()
    (outside / "secret.csv").write_text(SECRET)
    (folder / "link.csv").symlink_to(outside / "secret.csv")
    (folder / "drop" / "good.csv").write_text("Ticket ID\n1\n")
    (folder / "drop" / "trojan.csv").symlink_to(outside / "secret.csv")
    os.mkfifo(folder / "pipe.csv")
    (folder / "export.csv").write_text(HEADER)
    (folder / "export.xlsx").write_bytes(b"PK")
    (folder / "releases.csv").write_text("product,version,released_at\napp,1.0,2026-01-01\n")
    return folder


def configure(folder: Path, streams: str) -> None:
    streams = streams.replace("{folder}", str(folder))
    (folder / "groundswell.toml").write_text(f'[sources.export]\ntype = "files"\n{streams}{REST}')


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_stream_that_does_not_fit_is_told_and_the_rest_goes_on(case: Case, folder: Path) -> None:
    configure(folder, case.given)
    doctor = groundswell(folder, "doctor")
    assert case.says in doctor.said
    assert doctor.code == 1
    assert "ok source app" in doctor.said

    run = groundswell(folder, *PULL)
    report = json.loads(run.out)
    [problem] = report["problems"]
    assert problem.startswith("pull export: ")
    assert case.says in words(problem)
    assert report["counts"]["pulled.export.releases"] == report["counts"]["pulled.app.releases"] == 1
    assert run.code == 0
    assert "canary" not in doctor.said + run.said
    assert not any(b"canary" in path.read_bytes() for path in (folder / ".groundswell").rglob("*") if path.is_file())


@pytest.mark.parametrize(
    "path", ["drop/good.csv", "{folder}/drop/good.csv", "dro[p]/goo?.csv", "{folder}/../outside/*.csv"]
)
def test_a_path_that_stays_where_it_says_is_read(path: str, folder: Path) -> None:
    configure(folder, f'[sources.export.streams.tickets]\npath = "{path}"\n{IDS}\n')
    report = json.loads(groundswell(folder, *PULL).out)
    assert report["problems"] == []
    assert report["counts"]["pulled.export.tickets"] == 1
