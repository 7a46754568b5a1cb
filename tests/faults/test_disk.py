"""Disks that are full, files that are damaged: the run says so, and the next one ends as if nothing had been.

The disk is full from a named moment on: the process may not write to any file from then (RLIMIT_FSIZE of 0 bytes,
EFBIG), which needs no rights and stops Python, Polars, DuckDB and dbt alike.
"""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path

import duckdb
import pytest
from damage import overwrite, overwrite_what_is_read_late
from end_state import Parts, differences, end_state
from killed_runs import PATIENCE, SavedCompany, _live, _nursery, at_call, run, told_at_once
from typer.testing import CliRunner

from flows.cli import app
from flows.core.errors import GroundswellError
from flows.landing.journal import Journal
from flows.landing.store import Store
from flows.settings import load_settings
from flows.warehouse.duck import reader

pytestmark = pytest.mark.timeout(1800)


@dataclass(frozen=True)
class Full:
    """When the disk is full: from the first call of `where` (module:path) with `call` in its arguments."""

    name: str
    where: str
    call: str = ""
    flow: str = "hourly"

    def arm(self) -> None:
        at_call(self.where, self.call, before=_fill)


def _fill() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))


MOMENTS = [
    Full("tickets are landed", "flows.landing.store:Store._write_data", "'zendesk', 'tickets'"),
    Full("dbt stages", "flows.model.dbt:invoke"),
    Full("an intent is journalled", "flows.landing.journal:Journal.write", "'delivery'"),
    Full("an outcome is journalled", "flows.landing.journal:Journal.write", "'status': 'sent'"),
    Full("the copy for readers is made", "flows.warehouse.serving:publish_copy"),
]


def run_and_fail(moment: Full) -> str:
    """The message of a run that meets a full disk."""
    said, tell = _nursery.Pipe(duplex=False)
    process = _nursery.Process(target=_told, args=(moment, dict(os.environ), tell))
    process.start()
    assert said.poll(PATIENCE), "the run did not end"
    process.join(60)
    message: str = said.recv()
    return message


def _told(moment: Full, environment: dict[str, str], tell: Connection) -> None:
    """In the child: the run's end, over a pipe, since nothing can be written to the test's output any more."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    try:
        _live(moment.flow, moment, environment)  # type: ignore[arg-type]
    except GroundswellError as error:
        tell.send(f"{type(error).__name__}: {error}")
    except BaseException as error:
        tell.send(f"not explained: {error!r}")
    else:
        tell.send("the run completed")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, prepared_once: Path) -> Iterator[SavedCompany]:
    with SavedCompany.prepared(tmp_path_factory.mktemp("disk"), prepared_once) as prepared:
        os.environ |= {"OPENBLAS_NUM_THREADS": "1"}
        yield prepared


@pytest.fixture(scope="module")
def undisturbed(place: SavedCompany) -> Parts:
    with place.restored() as url:
        run("hourly")
        state = end_state(url)
    replace(place, saved=place.home.with_name("after")).save()
    return state


@pytest.fixture(scope="module")
def after(place: SavedCompany, undisturbed: Parts) -> SavedCompany:
    """The company as it was after the undisturbed run."""
    return replace(place, saved=place.home.with_name("after"))


def leftovers(home: Path) -> list[str]:
    """What somebody who was stopped half way would leave."""
    named = {".tmp", ".partial", ".new"}
    return [
        str(path.relative_to(home))
        for path in home.rglob("*")
        if path.is_file() and path.suffix in named and path.parts[len(home.parts)] not in ("sandbox", "dbt")
    ]


def test_a_full_disk_fails_the_run_with_its_name_and_the_next_run_ends_as_if_nothing_was(
    place: SavedCompany, undisturbed: Parts
) -> None:
    with place.restored() as url:
        for moment in MOMENTS:
            told = run_and_fail(moment)
            assert told.startswith("DiskFull: the disk of "), f"{moment.name}: {told}"
            assert str(place.home) in told and "Free some space there" in told, f"{moment.name}: {told}"
            assert leftovers(place.home) == [], moment.name
            with reader(load_settings()) as con:  # the old copy
                assert con.sql("select count(*) from marts.fct_tickets").fetchall()[0][0] > 0
        run("hourly")
        assert differences(undisturbed, end_state(url), told_at_once) == []


def but_for_notices(line: str) -> str | None:
    """Leaves out that a failed run was told of."""
    return None if line.startswith(("C0OPS ", "delivery ops:")) else told_at_once(line)


NEVER = Full("never", "flows.landing.store:Store._write_data", "nothing has this argument")


def test_damage_is_reported_and_what_was_lost_is_asked_for_again_or_built_again(
    after: SavedCompany, undisturbed: Parts
) -> None:
    """The warehouse in its middle, files of three streams, a manifest, and deliveries in the journal."""
    with after.restored() as url:
        settings = load_settings()
        landing, journal = Store(settings.landing), Journal(Store(settings.journal))
        overwrite_what_is_read_late(settings.warehouse_path)
        damaged = [
            Path(landing.files("zendesk", "tickets")[-1]),
            Path(landing.files("zendesk", "ticket_metrics")[-1]),
            Path(landing.files("zendesk", "ticket_events")[0]),
            Path(journal.store.files("journal", "delivery")[0]),
            Path(landing.folder("zendesk", "users"), "commits", f"{landing.last_number('zendesk', 'users'):012d}.json"),
        ]
        for file in damaged:
            overwrite(file, 20, b"\xff" * 50)
        told = run_and_fail(NEVER)
        assert f"the warehouse {settings.warehouse_path} is damaged and was set aside" in told
        assert "The next run builds it again" in told and "groundswell rebuild" in told
        (failed,) = [body for body in journal.latest("run").values() if body["status"] == "failed"]
        for file in damaged:
            assert any(
                f"{file.name} " in problem and "set aside" in problem for problem in failed["report"]["problems"]
            )
        run("hourly")
        found = end_state(url)
        assert any("is damaged and was set aside" in line for line in found["slack"])
        assert differences(undisturbed, found, but_for_notices) == []
    after.save()


# -- rebuild

# What may differ in a warehouse that was made anew, and why.
MAY_DIFFER = {"enriched_at": "when a text was read: all of them are read again, as of the last completed run"}


def tables(path: Path) -> dict[str, list[str]]:
    """Every row of every table, as texts, but for the columns that may differ."""
    found = {}
    with duckdb.connect(str(path), read_only=True) as con:
        named = con.sql(
            "select table_schema, table_name from information_schema.tables"
            " where table_schema not in ('landing', 'journal') order by all"
        ).fetchall()
        for schema, table in named:
            frame = con.sql(f'select * from "{schema}"."{table}"').pl()
            kept = frame.select([name for name in frame.columns if name not in MAY_DIFFER])
            found[f"{schema}.{table}"] = sorted(map(repr, kept.iter_rows(named=True)))
    return found


def entries(journal: Journal) -> dict[str, int]:
    return {kind: journal.read(kind).height for _, kind in journal.store.streams()}


def test_rebuild_makes_the_same_warehouse_from_the_two_stores_alone(after: SavedCompany) -> None:
    """The vendors do not answer here: what would pull, push or ask them for the time fails."""
    settings = load_settings()
    journal = Journal(Store(settings.journal))
    before, written = tables(settings.warehouse_path), entries(journal)
    assert before["marts.fct_findings"]
    files = sorted(settings.warehouse_path.parent.iterdir())
    settings.warehouse_path.write_bytes(b"no database")
    done = CliRunner().invoke(app, ["rebuild", "--yes"], catch_exceptions=False)
    assert done.exit_code == 0 and "is rebuilt and published" in done.output
    rebuilt = tables(settings.warehouse_path)
    assert rebuilt.keys() == before.keys()
    assert [table for table in before if rebuilt[table] != before[table]] == []
    assert entries(journal) == written
    assert sorted(settings.warehouse_path.parent.iterdir()) == files
    with reader(settings) as con:
        published = con.sql("select count(*) from marts.fct_findings").fetchall()
    assert published == [(len(before["marts.fct_findings"]),)]


def test_rebuild_keeps_the_old_file_when_the_new_one_cannot_be_completed(
    after: SavedCompany, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = load_settings().warehouse_path
    old, files = path.read_bytes(), sorted(path.parent.iterdir())

    def fails(*_: object) -> None:
        raise GroundswellError("the light went out")

    monkeypatch.setattr("flows.model.dbt.build", fails)
    done = CliRunner().invoke(app, ["rebuild", "--yes"])
    assert "the light went out" in str(done.exception)
    assert path.read_bytes() == old and sorted(path.parent.iterdir()) == files


def test_rebuild_does_not_begin_when_nobody_has_agreed(after: SavedCompany) -> None:
    done = CliRunner().invoke(app, ["rebuild"])
    assert "nobody is there to be asked" in str(done.exception) and "--yes" in str(done.exception)
