"""Stores of schema version 1, written here as that version wrote them, become version 2 and lose nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from flows.core.errors import GroundswellError
from flows.landing.compact import compact
from flows.landing.damaged import find
from flows.landing.store import SCHEMA, Store

AT = datetime(2026, 7, 1, 12, tzinfo=UTC)


def write_version_1(root: Path, commits: int = 3) -> None:
    """A store as version 1 wrote it: manifests without seals."""
    stream = root / "desk" / "tickets"
    for folder in ("data", "commits"):
        (stream / folder).mkdir(parents=True)
    (root / "_schema.json").write_text('{"schema_version": 1}')
    for number in range(1, commits + 1):
        name = f"{number:012d}-run{number}.parquet"
        row = {
            "source": "desk", "stream": "tickets", "id": str(number), "version": "v", "pulled_at": AT,
            "run_id": f"run{number}", "backfill": False, "seq": number * 10_000_000, "payload": f'{{"id": {number}}}',
        }  # fmt: skip
        pl.DataFrame([row], schema=SCHEMA).write_parquet(stream / "data" / name, compression="zstd")
        manifest = {
            "number": number, "files": [name], "rows": 1, "run_id": f"run{number}", "at": "2026-07-01T12:00:00Z",
            "cursor": {"page": number}, "replaces": [], "extra": {},
        }  # fmt: skip
        (stream / "commits" / f"{number:012d}.json").write_text(json.dumps(manifest, sort_keys=True))


def is_whole(root: Path, commits: int = 3) -> bool:
    store = Store(str(root))
    assert json.loads((root / "_schema.json").read_text()) == {"schema_version": 2}
    assert all(set(c.seals) == set(c.files) for c in store.commits("desk", "tickets"))
    assert list(find(store, "desk", "tickets", thorough=True)) == []
    assert store.cursor("desk", "tickets") == {"page": commits}
    return store.read("desk", "tickets")["id"].to_list() == [str(n) for n in range(1, commits + 1)]


def test_a_store_of_version_1_is_migrated_when_it_is_opened(tmp_path: Path) -> None:
    write_version_1(tmp_path / "landing")
    assert is_whole(tmp_path / "landing")


def test_a_migrated_store_is_not_migrated_again(tmp_path: Path) -> None:
    write_version_1(tmp_path)
    Store(str(tmp_path))
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.json")}
    Store(str(tmp_path))
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.json")} == before


def test_a_migration_that_was_killed_half_way_is_finished_by_the_next_run(tmp_path: Path) -> None:
    write_version_1(tmp_path, commits=400)
    stream = tmp_path / "desk" / "tickets"
    program = f"from flows.landing.store import Store; Store({str(tmp_path)!r})"
    other = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.DEVNULL)
    untouched = {path: path.stat().st_mtime_ns for path in (stream / "commits").iterdir()}
    while not any(path.exists() and path.stat().st_mtime_ns != at for path, at in untouched.items()):
        assert other.poll() is None
        time.sleep(0.005)
    os.kill(other.pid, signal.SIGKILL)
    other.wait()
    assert json.loads((tmp_path / "_schema.json").read_text()) == {"schema_version": 1}
    sealed = sum("seals" in path.read_text() for path in (stream / "commits").glob("*.json"))
    assert 0 < sealed < 400
    assert is_whole(tmp_path, commits=400)


def test_two_that_open_an_old_store_at_once_migrate_it_once(tmp_path: Path) -> None:
    write_version_1(tmp_path, commits=50)
    program = f"from flows.landing.store import Store; Store({str(tmp_path)!r})"
    others = [subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True) for _ in range(3)]
    said = [other.communicate(timeout=120)[1] for other in others]
    assert [other.returncode for other in others] == [0, 0, 0], said
    assert sum("is migrated" in text for text in said) == 1
    assert is_whole(tmp_path, commits=50)


def test_what_a_migrated_store_holds_can_be_compacted_and_added_to(tmp_path: Path) -> None:
    write_version_1(tmp_path)
    store = Store(str(tmp_path))
    compact(store, "desk", "tickets", run_id="night", at=AT)
    store.append("desk", "tickets", [{"id": "4", "version": "v", "payload": "{}"}], run_id="r", pulled_at=AT)
    assert store.read("desk", "tickets")["id"].to_list() == ["1", "2", "3", "4"]
    assert list(find(store, "desk", "tickets", thorough=True)) == []


@pytest.mark.parametrize("damage", ["truncated", "missing", "overwritten"])
def test_a_file_that_is_damaged_when_its_store_is_migrated_is_no_obstacle_and_is_named(
    tmp_path: Path, damage: str
) -> None:
    write_version_1(tmp_path)
    file = tmp_path / "desk" / "tickets" / "data" / "000000000002-run2.parquet"
    if damage == "truncated":
        file.write_bytes(file.read_bytes()[:200])
    elif damage == "overwritten":
        file.write_bytes(b"\xff" * len(file.read_bytes()))
    else:
        file.unlink()
    store = Store(str(tmp_path))
    assert [one.name for one in find(store, "desk", "tickets", thorough=False)] == ["data/000000000002-run2.parquet"]


@pytest.mark.parametrize("schema", [None, "", "{", "[]", '{"schema_version": null}'])
def test_a_store_whose_version_is_lost_is_taken_for_the_first(tmp_path: Path, schema: str | None) -> None:
    write_version_1(tmp_path)
    if schema is None:
        (tmp_path / "_schema.json").unlink()
    else:
        (tmp_path / "_schema.json").write_text(schema)
    assert is_whole(tmp_path)


def test_a_store_of_a_newer_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    write_version_1(tmp_path)
    (tmp_path / "_schema.json").write_text('{"schema_version": 3}')
    with pytest.raises(GroundswellError, match=r"has schema version 3, this program knows 2 at most.*that wrote it"):
        Store(str(tmp_path))
    assert not any("seals" in path.read_text() for path in tmp_path.rglob("*.json"))
