"""A disk without room: named, nothing is half written, and what was there stays. By a limit on the size of files."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from test_migrate import is_whole, write_version_1
from warehouse_fixture import House

from flows.core.errors import DiskFull
from flows.landing.damaged import find
from flows.landing.journal import Journal
from flows.landing.store import Record, Store
from flows.warehouse.duck import explained, reader
from flows.warehouse.serving import publish_copy

AT = datetime(2026, 7, 1, tzinfo=UTC)


@contextmanager
def no_room() -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def files(folder: Path) -> list[str]:
    return sorted(str(path) for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock")


def test_landing_on_a_full_disk_leaves_the_store_as_it_was(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    one = [Record(id="1", version="v", payload="{}")]
    store.append("desk", "tickets", one, run_id="r1", pulled_at=AT, cursor={"page": 1})
    before = files(tmp_path)
    told = rf"the disk of {tmp_path}/desk/tickets/data/.* is full .*Free some space"
    with pytest.raises(DiskFull, match=told), no_room():
        store.append("desk", "tickets", one, run_id="r2", pulled_at=AT, cursor={"page": 2})
    assert files(tmp_path) == before and store.cursor("desk", "tickets") == {"page": 1}
    store.append("desk", "tickets", one, run_id="r2", pulled_at=AT, cursor={"page": 2})
    assert store.read("desk", "tickets").height == 2 and find(store, "desk", "tickets", thorough=True) == []


def test_journalling_on_a_full_disk_leaves_the_journal_as_it_was(tmp_path: Path) -> None:
    journal = Journal(Store(str(tmp_path)))
    journal.write("mute", [("f", {"muted": True})], run_id="r", at=AT)
    with pytest.raises(DiskFull, match="is full"), no_room():
        journal.write("mute", [("f", {"muted": False})], run_id="r", at=AT)
    assert journal.latest("mute") == {"f": {"muted": True}}


def test_a_migration_on_a_full_disk_is_made_by_the_next_run(tmp_path: Path) -> None:
    write_version_1(tmp_path)
    with pytest.raises(DiskFull, match="is full"), no_room():
        Store(str(tmp_path))
    assert is_whole(tmp_path)


def test_a_copy_for_readers_that_finds_no_room_leaves_the_old_one(tmp_path: Path) -> None:
    house = House(tmp_path)
    first = publish_copy(house.run())
    run = house.run()
    with pytest.raises((duckdb.Error, OSError)) as met, no_room():
        publish_copy(run)
    assert isinstance(explained(run, met.value), DiskFull)
    assert sorted(path.name for path in house.settings.serving_dir.iterdir()) == ["current.duckdb", first.name]
    with reader(house.settings) as con:
        assert con.sql("select count(*) from control.sources").fetchall() == [(2,)]
    assert publish_copy(house.run()) != first
