"""What dbt parsed is kept for the next invocation and the next process, and never taken for something it is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from dbt.contracts.graph.manifest import Manifest
from warehouse_fixture import House

from flows.model import parsed
from flows.settings import Settings


class Project:
    """A project of one file; `manifest` is what an invocation gets (its groups), `times` how often it was parsed."""

    def __init__(self, folder: Path) -> None:
        self.times = 0
        self.parses = True
        self.folder = folder / "dbt_project"
        self.settings = Settings(home=folder / "home")
        self.file = self.folder / "models" / "one.sql"
        self.file.parent.mkdir(parents=True)
        self.file.write_text("select 1")

    def parse(self):
        self.times += 1
        return Manifest(groups={"sql": [self.file.read_text()]}) if self.parses else None

    def manifest(self, settings: Settings | None = None, *, another_process: bool = True):
        if another_process:
            parsed._kept.clear()
        found = parsed.manifest(settings or self.settings, self.parse)
        return found and found.groups

    @property
    def kept(self) -> Path:
        [path] = (self.folder / "target").iterdir()
        return path


@pytest.fixture
def project(tmp_path, monkeypatch):
    made = Project(tmp_path)
    monkeypatch.setattr(Settings, "dbt_dir", made.folder)
    monkeypatch.setattr(parsed, "_kept", {})
    monkeypatch.setenv("GROUNDSWELL_CONFIG", "")
    return made


def test_it_is_parsed_once_for_all_homes_and_each_invocation_has_its_own_manifest(project, tmp_path):
    first = project.manifest()
    first["sql"].append("written by an invocation")
    assert project.manifest(another_process=False) == {"sql": ["select 1"]}
    assert project.manifest(Settings(home=tmp_path / "another home")) == {"sql": ["select 1"]}
    assert project.times == 1


def test_a_changed_file_another_warehouse_or_another_dbt_has_it_parsed_again(project, tmp_path, monkeypatch):
    project.manifest()
    project.file.write_text("select 2")
    assert project.manifest(another_process=False) == {"sql": ["select 2"]} and project.times == 2
    project.manifest(project.settings.with_warehouse(tmp_path / "other.duckdb"))
    assert project.times == 3
    monkeypatch.setattr(parsed, "version", lambda program: "0")
    project.manifest()
    assert project.times == 4


@pytest.mark.parametrize("damage", [lambda text: text[:-1], lambda text: text[:90] + b"\0" + text[91:], lambda _: b""])
def test_what_was_damaged_is_parsed_again_and_kept_anew(project, damage):
    project.manifest()
    project.kept.write_bytes(damage(project.kept.read_bytes()))
    assert project.manifest() == project.manifest() == {"sql": ["select 1"]}
    assert project.times == 2


def test_a_place_that_cannot_be_written_is_no_error(project):
    (project.folder / "target").touch()
    assert project.manifest() == project.manifest() == {"sql": ["select 1"]}
    assert project.times == 2


def test_a_project_that_does_not_parse_is_not_kept(project):
    project.parses = False
    assert project.manifest() is None
    project.parses = True
    assert project.manifest() == {"sql": ["select 1"]}


def test_a_new_home_and_process_build_without_parsing(tmp_path, monkeypatch):
    from dbt.cli.main import dbtRunner

    commands = []
    invoke = dbtRunner.invoke
    monkeypatch.setattr(dbtRunner, "invoke", lambda self, args: commands.append(args[0]) or invoke(self, args))
    monkeypatch.setattr(parsed, "_kept", {})
    House(tmp_path / "one").build_only("stg_files__tickets")
    parsed._kept.clear()
    commands.clear()
    house = House(tmp_path / "another")
    assert house.build_only("stg_files__tickets").models == 1
    assert commands == ["build"] and house.rows("select count(*) from staging.stg_files__tickets") == [(0,)]
