"""The append-only store: what is committed is there, what is not committed is not, on disk and on memory://."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flows.core.errors import GroundswellError
from flows.landing.store import SCHEMA, Record, Store

AT = datetime(2026, 7, 1, 12, tzinfo=UTC)


def records(*ids: str, version: str = "2026-07-01T00:00:00Z", text: str = "a") -> list[Record]:
    return [Record(id=id, version=version, payload=json.dumps({"id": id, "text": text})) for id in ids]


@pytest.fixture(params=["disk", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    yield Store(str(tmp_path / "landing") if request.param == "disk" else f"memory://landing-{uuid.uuid4().hex}")


def test_what_was_appended_is_read_back_with_its_cursor(store: Store) -> None:
    store.append("desk", "tickets", records("1", "2"), run_id="r1", pulled_at=AT, cursor={"page": 1}, backfill=True)
    store.append("desk", "tickets", records("3"), run_id="r2", pulled_at=AT, cursor={"page": 2})
    frame = store.read("desk", "tickets")
    assert frame.schema == SCHEMA
    assert frame["id"].to_list() == ["1", "2", "3"]
    assert frame["backfill"].to_list() == [True, True, False]
    assert frame["seq"].is_sorted() and frame["seq"].is_unique().all()
    assert store.cursor("desk", "tickets") == {"page": 2}
    assert store.streams() == [("desk", "tickets")]


def test_a_stream_that_never_was_is_empty_and_has_no_cursor(store: Store) -> None:
    assert store.read("desk", "tickets").schema == SCHEMA
    assert store.cursor("desk", "tickets") is None
    assert store.commits("desk", "tickets") == []


def test_a_cursor_moves_without_records_but_nothing_new_makes_no_commit(store: Store) -> None:
    store.append("desk", "tickets", [], run_id="r1", pulled_at=AT, cursor={"page": 1})
    store.append("desk", "tickets", [], run_id="r2", pulled_at=AT, cursor={"page": 1})
    assert [c.cursor for c in store.commits("desk", "tickets")] == [{"page": 1}]


def test_data_without_a_manifest_is_not_part_of_the_store(store: Store) -> None:
    """A crash between the data file and its manifest: the next pull repeats the records and loses none."""
    store.append("desk", "tickets", records("1"), run_id="r1", pulled_at=AT, cursor={"page": 1})
    store.append("desk", "tickets", records("2"), run_id="crashed", pulled_at=AT, cursor={"page": 2})
    manifest = next(p for p in store.fs.find(f"{store._base}/desk/tickets/commits") if p.endswith("02.json"))
    store.fs.rm_file(manifest)
    assert store.read("desk", "tickets")["id"].to_list() == ["1"]
    assert store.cursor("desk", "tickets") == {"page": 1}
    store.append("desk", "tickets", records("2"), run_id="r2", pulled_at=AT, cursor={"page": 2})
    assert store.read("desk", "tickets")["id"].to_list() == ["1", "2"]


def test_reading_goes_on_after_a_commit(store: Store) -> None:
    first = store.append("desk", "tickets", records("1"), run_id="r1", pulled_at=AT)
    store.append("desk", "tickets", records("2"), run_id="r2", pulled_at=AT)
    assert store.read("desk", "tickets", after=first.number)["id"].to_list() == ["2"]


def test_a_damaged_manifest_is_named(store: Store) -> None:
    store.append("desk", "tickets", records("1"), run_id="r1", pulled_at=AT)
    manifest = next(iter(store.fs.find(f"{store._base}/desk/tickets/commits")))
    store.fs.pipe_file(manifest, b'{"number": 1')
    with pytest.raises(GroundswellError, match=r"000000000001\.json is damaged"):
        store.commits("desk", "tickets")


def test_a_store_of_another_schema_version_is_refused(store: Store) -> None:
    store.fs.pipe_file(f"{store._base}/_schema.json", b'{"schema_version": 99}')
    with pytest.raises(GroundswellError, match="schema version 99"):
        Store(store.root)


@pytest.mark.parametrize("name", ["../evil", "a/b", "", ".hidden"])
def test_names_that_would_leave_the_folder_are_refused(store: Store, name: str) -> None:
    with pytest.raises(GroundswellError, match="cannot name a source or stream"):
        store.append(name, "tickets", records("1"), run_id="r1", pulled_at=AT)
