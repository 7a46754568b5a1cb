"""Exported files that are wrong: each row is in the marts or kept apart, each file that is refused is named."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cases import Case, words
from cases_files import AT, CASES, HEADER, ONE, THREE, Export
from warehouse_fixture import House

from flows.core.errors import VendorError
from flows.pull.run import pull
from flows.settings import FilesSource
from flows.stages import Direct, Stages

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


def _name(case: Case) -> str:
    return f"t{CASES.index(case)}"


def _source(folder: Path, export: Export) -> FilesSource:
    folder.mkdir()
    path = folder / export.file
    if export.data is None:
        path.symlink_to(folder / "nowhere")
    else:
        path.write_bytes(export.data)
    spec = {"path": str(path), **export.spec}
    spec["path"] = str(folder / spec["path"])
    return FilesSource(type="files", streams={"tickets": spec})  # type: ignore[dict-item]


@dataclass
class Outcome:
    """What became of all the files, by the name of the source."""

    said: dict[str, str]  # lines of the report
    marts: dict[str, list[str]]
    apart: dict[str, list[str]]  # rule and value of each row that is kept apart
    landed: dict[str, int]  # rows


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """Every file of the table in one run, each as a source of its own."""
    folder = tmp_path_factory.mktemp("files")
    house = House(folder / "house", NOW)
    house.settings.sources = {_name(case): _source(folder / _name(case), case.given) for case in CASES}
    run = house.run()
    stages = Stages(run, Direct())
    stages.pull()
    stages.validate()
    house.build("stage")
    house.build_support()
    said: dict[str, list[str]] = defaultdict(list)
    for problem in run.report.problems:
        source = problem.removeprefix("pull ").replace("/", ":").replace(" ", ":").split(":")[0]
        said[source].append(problem)
    for source, reason in run.report.bad_sources.items():
        said[source].append(reason)
    marts, apart = defaultdict(list), defaultdict(list)
    for source, id in house.rows("select source, split_part(ticket_id, ':', 2) from marts.fct_tickets"):
        marts[source].append(id)
    for source, rule, value in house.rows("select source, rule, value from marts.fct_quarantine"):
        apart[source].append(f"{rule} {value}")
    landed = {source: run.landing.read(source, "tickets").height for source in house.settings.sources}
    return Outcome({k: words(" ".join(v)) for k, v in said.items()}, marts, apart, landed)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_row_is_in_the_marts_or_kept_apart_and_what_is_refused_is_named(case: Case, outcome: Outcome) -> None:
    source, export = _name(case), case.given
    said, apart = outcome.said.get(source, ""), outcome.apart[source]
    assert "Traceback" not in said
    assert words(case.says) in words(" ".join([said, *apart]))
    assert sorted(outcome.marts[source]) == sorted(export.marts)
    assert len(apart) == export.apart
    if not case.says:
        assert said == ""
    if case.ends == "refused":
        assert outcome.landed[source] == 0


def test_a_file_that_is_still_being_written_loses_nothing_and_is_whole_once_it_is(tmp_path: Path) -> None:
    house = House(tmp_path / "house", NOW)
    house.settings.sources = {"desk": _source(tmp_path / "desk", Export("t.csv", f"{HEADER}\n{ONE}\n3,thr".encode()))}
    half = house.run()
    assert pull(half, "desk").counts == {"tickets": 2}
    assert "t.csv line 3: 2 values for 3 columns; the row is kept apart" in " ".join(half.report.problems)
    (tmp_path / "desk" / "t.csv").write_text(f"{HEADER}\n{ONE}\n{THREE}\n")
    whole = house.run()
    assert pull(whole, "desk").counts == {"tickets": 1}
    assert sorted(whole.landing.read("desk", "tickets")["id"])[:2] == ["1", "3"]


def test_a_row_that_cannot_be_read_is_landed_once_wherever_it_moves_in_the_file(tmp_path: Path) -> None:
    house = House(tmp_path / "house", NOW)
    house.settings.sources = {"desk": _source(tmp_path / "desk", Export("t.csv", f"{HEADER}\n{ONE}\n2,x\n".encode()))}
    assert pull(house.run(), "desk").counts == {"tickets": 2}
    (tmp_path / "desk" / "t.csv").write_text(f"{HEADER}\n{THREE}\n{ONE}\n2,x\n")
    assert pull(house.run(), "desk").counts == {"tickets": 1}


def test_of_several_files_the_good_ones_are_taken_and_each_bad_one_is_named(tmp_path: Path) -> None:
    house = House(tmp_path / "house", NOW)
    desk = _source(tmp_path / "desk", Export("a.csv", f"{HEADER}\n{ONE}\n".encode(), spec={"path": "*.csv"}))
    house.settings.sources = {"desk": desk}
    (tmp_path / "desk" / "b.csv").touch()
    (tmp_path / "desk" / "c.csv").mkdir()
    (tmp_path / "desk" / "d.csv").write_text(f"{HEADER}\n{THREE}\n")
    with pytest.raises(VendorError) as told:
        pull(house.run(), "desk")
    assert "b.csv is empty: it has no header line" in str(told.value)
    assert "c.csv cannot be read: it is no file" in str(told.value)
    landing = house.run().landing
    assert sorted(landing.read("desk", "tickets")["id"]) == ["1", "3"]
    assert not landing.commits("desk", "tickets")[-1].extra, "without all its files it is no snapshot"
    (tmp_path / "desk" / "c.csv").rmdir()
    (tmp_path / "desk" / "b.csv").write_text(f"{HEADER}\n2,two,{AT}\n")
    assert pull(house.run(), "desk").counts == {"tickets": 1}, "what was taken is not taken again"
