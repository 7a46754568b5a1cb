"""A warehouse that is damaged, of an earlier or a newer version: built again, or named with what to do."""

from __future__ import annotations

import errno
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from damage import BLOCK, HEADERS, overwrite, overwrite_what_is_read_late
from warehouse_fixture import House

from flows.core.errors import DiskFull, GroundswellError
from flows.doctor import checks
from flows.warehouse.duck import explained, reader, writer
from flows.warehouse.serving import publish_copy


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse with a table of some blocks."""
    made = House(tmp_path_factory.mktemp("sound"))
    made.execute("create table control.large as select range as n, md5(range::varchar) as text from range(100000)")
    return made.settings.warehouse_path


@pytest.fixture
def house(sound: Path, tmp_path: Path) -> House:
    made = House(tmp_path)
    made.settings.warehouse_path.parent.mkdir(parents=True)
    shutil.copy(sound, made.settings.warehouse_path)
    return made


def written_by_killed_process(path: Path) -> Path:
    """The write-ahead log of a process that was killed before it could put it into the file."""
    program = (
        f"import duckdb, os; con = duckdb.connect({str(path)!r}); con.execute(\"set checkpoint_threshold = '1GB'\")\n"
        "for n in range(5): con.execute(f'create table control.late_{n} as select * from range(1000)')\n"
        "os._exit(1)"
    )
    subprocess.run([sys.executable, "-c", program], check=False)
    wal = path.with_name(f"{path.name}.wal")
    assert wal.stat().st_size > 10_000
    return wal


def damage_wal(path: Path) -> None:
    wal = written_by_killed_process(path)
    overwrite(wal, wal.stat().st_size // 2, b"\xff" * 50)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "the header": lambda path: overwrite(path, 20, b"\xff" * 100),
    "the second header": lambda path: (overwrite(path, 4100, b"\xff" * 50), overwrite(path, 8200, b"\xff" * 50)),
    "its magic bytes": lambda path: overwrite(path, 8, b"XXXX"),
    "its last block": lambda path: overwrite(path, path.stat().st_size - BLOCK + 100, b"\xff" * 100),
    "truncated": lambda path: os.truncate(path, path.stat().st_size // 2),
    "truncated to its headers": lambda path: os.truncate(path, HEADERS),
    "zero length": lambda path: os.truncate(path, 0),
    "a damaged log": damage_wal,
}


def aside(house: House) -> list[str]:
    path = house.settings.warehouse_path
    return [one.name for one in path.parent.iterdir() if one.name not in (path.name, f"{path.name}.wal")]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_file_that_cannot_be_opened_is_set_aside_with_its_log(house: House, damage: str) -> None:
    DAMAGES[damage](house.settings.warehouse_path)
    has_log = house.settings.warehouse_path.with_name("groundswell.duckdb.wal").exists()
    tables = house.rows("select table_name from information_schema.tables where table_schema = 'control' order by 1")
    assert tables == [
        ("accounts_pending",),
        ("as_of",),
        ("built",),
        ("facts_built",),
        ("sources",),
        ("tickets_built",),
        ("version",),
    ]
    assert len(aside(house)) == 1 + has_log
    assert all(name.startswith("groundswell.duckdb.damaged-hourly-") for name in aside(house))


def test_a_log_that_ends_in_the_middle_of_an_entry_loses_that_entry_alone(house: House) -> None:
    wal = written_by_killed_process(house.settings.warehouse_path)
    os.truncate(wal, wal.stat().st_size - 100)
    assert house.rows("select count(*) from control.large") == [(100000,)]
    assert house.rows("select count(*) from control.late_1") == [(1000,)] and aside(house) == []


def test_a_file_that_was_moved_away_from_its_log_is_made_again(house: House) -> None:
    written_by_killed_process(house.settings.warehouse_path)
    house.settings.warehouse_path.unlink()
    assert house.rows("select count(*) from control.sources")[0][0] == 2


def test_damage_that_shows_only_when_it_is_read_is_explained_and_the_file_set_aside(house: House) -> None:
    path = house.settings.warehouse_path
    overwrite_what_is_read_late(path)
    run = house.run()
    with pytest.raises(duckdb.Error) as met, writer(run) as con:
        con.sql("select max(text) from control.large").fetchall()
    told = explained(run, met.value)
    assert isinstance(told, GroundswellError)
    assert str(told).startswith(f"the warehouse {path} is damaged and was set aside (IO Error: Corrupt database file")
    assert str(told).endswith("to have it now run: groundswell rebuild")
    assert aside(house) == [f"groundswell.duckdb.damaged-{run.run_id}"] and not path.exists()


def test_other_errors_are_left_as_they_are(house: House) -> None:
    error = GroundswellError("dbt stage: model x: Binder Error: there is no column y")
    assert explained(house.run(), error) is error and aside(house) == []


@pytest.mark.parametrize("why", ["No space left on device", "File too large", "Disk quota exceeded"])
def test_a_full_disk_is_named_with_its_file(house: House, why: str) -> None:
    """However it was met: by DuckDB, by dbt with DuckDB, by dbt with its own files, by ourselves."""
    met = [
        duckdb.IOException(f'IO Error: Could not write file "/data/w.duckdb": {why}'),
        GroundswellError(f'dbt stage: model x: Runtime Error IO Error: Could not write file "/data/w.duckdb": {why}'),
        GroundswellError(f"dbt stage: [Errno 28] {why}: '/data/w.duckdb'"),
        OSError(errno.ENOSPC, why, "/data/w.duckdb"),
    ]
    for error in met:
        told = explained(house.run(), error)
        assert isinstance(told, DiskFull) and f"the disk of /data/w.duckdb is full ({why})" in str(told)
    unnamed = explained(house.run(), GroundswellError(f"dbt stage: [Errno 27] {why}"))
    assert f"the disk of {house.settings.warehouse_path} is full ({why})" in str(unnamed)


def make_newer(path: Path) -> None:
    """Say that a DuckDB of the future wrote the file. DuckDB itself tells which checksum that has to have."""
    overwrite(path, 12, (999).to_bytes(8, "little"))
    with pytest.raises(duckdb.Error) as met:
        duckdb.connect(str(path))
    found = re.search(r"computed checksum (\d+)", str(met.value))
    assert found
    overwrite(path, 0, int(found[1]).to_bytes(8, "little"))


def test_a_file_of_a_newer_duckdb_is_refused_and_left_alone(house: House) -> None:
    make_newer(house.settings.warehouse_path)
    with pytest.raises(GroundswellError, match=r"was written by a newer version of DuckDB .*groundswell rebuild"):
        house.rows("select 1")
    assert house.settings.warehouse_path.exists() and aside(house) == []


def test_a_file_of_a_newer_program_is_refused_and_left_alone(house: House) -> None:
    house.execute("update control.version set version = 999")
    with pytest.raises(GroundswellError, match=r"newer version of Groundswell \(layout 999.*groundswell rebuild"):
        house.rows("select 1")
    with duckdb.connect(str(house.settings.warehouse_path)) as con:
        assert con.sql("select count(*) from control.large").fetchall() == [(100000,)]


@pytest.mark.parametrize(
    "earlier",
    [
        "alter table enrich.messages drop column churn_kind",
        "drop table enrich.tickets; create table enrich.tickets (ticket_id varchar, intent varchar)",
        "drop table control.sources; create table control.sources (source varchar)",
        "drop table control.as_of; create view control.as_of as select timestamp '2026-01-01' as as_of",
        "drop table control.built; create table control.built (part varchar)",
        "drop table control.version",
        "drop schema enrich cascade; drop schema journal cascade",
        "drop view journal.delivery; create table journal.delivery (key varchar)",
    ],
)
def test_what_an_earlier_version_of_the_program_left_is_no_obstacle(house: House, earlier: str) -> None:
    with duckdb.connect(str(house.settings.warehouse_path)) as con:
        con.execute(earlier)
    assert house.rows("select churn_kind from enrich.messages") == []
    assert house.rows("select intent, churn_span from enrich.tickets") == []
    assert house.rows("select part, digest from control.built") == []
    assert house.rows("select count(as_of) from control.as_of") == [(1,)]
    assert house.rows("select count(body) from journal.delivery") == [(0,)]


@pytest.mark.parametrize("damage", ["its last block", "truncated", "zero length"])
def test_a_damaged_copy_for_readers_is_named(house: House, damage: str) -> None:
    copy = publish_copy(house.run())
    DAMAGES[damage](copy)
    told = rf"published copy .*{copy.name} cannot be read .*groundswell rebuild"
    with pytest.raises(GroundswellError, match=told), reader(house.settings) as con:
        con.sql("select * from control.sources").fetchall()


def test_the_doctor_names_damage_of_stores_and_warehouse_and_what_was_set_aside(house: House) -> None:
    house.land("zendesk", "tickets", [{"id": 1, "text": "hello"}])
    (file,) = house.run().landing.files("zendesk", "tickets")
    content = bytearray(Path(file).read_bytes())
    content[20] ^= 0xFF
    Path(file).write_bytes(content)
    overwrite(house.settings.warehouse_path, 20, b"\xff" * 100)
    house.settings.sources.clear()
    told = {check.name: check for check in checks(house.settings)}
    assert told["landing zone"].ok is False
    assert f"zendesk/tickets/data/{Path(file).name} has other content than was committed" in told["landing zone"].says
    assert told["warehouse"].ok is False and told["warehouse"].says.endswith("Run: groundswell rebuild")
    from flows.landing.damaged import set_aside_all

    set_aside_all(house.run(), thorough=True)
    house.rows("select 1")
    says = [check.says for check in checks(house.settings) if check.name in ("landing zone", "warehouse")]
    assert says[0].startswith("1 streams") and says[1].startswith("2 damaged files were set aside in")
    assert "set aside there as damaged, and not needed: groundswell.duckdb.damaged-" in says[2]
