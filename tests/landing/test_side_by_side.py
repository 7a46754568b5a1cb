"""Processes and threads that append to one stream at the same time lose nothing."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from flows.landing.compact import clean, compact
from flows.landing.journal import Journal
from flows.landing.store import Record, Store

WRITER = """
import sys
from datetime import UTC, datetime
from flows.landing.journal import Journal
from flows.landing.store import Store
journal = Journal(Store(sys.argv[1]))
for n in range(15):
    journal.write("label", [(f"{sys.argv[2]}-{n}", {})], run_id="r", at=datetime.now(UTC))
"""


def test_entries_of_three_processes_are_all_there(tmp_path: Path) -> None:
    root = str(tmp_path / "journal")
    processes = [subprocess.Popen([sys.executable, "-c", WRITER, root, str(n)]) for n in range(3)]
    assert [process.wait(timeout=120) for process in processes] == [0, 0, 0]
    rows = Journal(Store(root)).read("label")
    assert rows.height == 45
    assert rows["seq"].n_unique() == 45


def test_records_of_many_threads_are_all_there(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "landing"))

    def append(n: int) -> None:
        store.append("a", "b", [Record(id=str(n), version="", payload="{}")], run_id="r", pulled_at=datetime.now(UTC))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(append, range(40)))
    assert set(store.read("a", "b")["id"]) == {str(n) for n in range(40)}


def test_a_commit_that_is_being_made_is_not_cleaned_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(str(tmp_path / "landing"))
    written = store._write_data
    cleaners: list[threading.Thread] = []

    def write_data(*args: Any) -> str:
        name = written(*args)
        cleaners.append(threading.Thread(target=clean, args=(Store(store.root), "a", "b")))
        cleaners[0].start()
        cleaners[0].join(0.5)  # time enough to clean, if nothing kept it from that
        return name

    monkeypatch.setattr(store, "_write_data", write_data)
    store.append("a", "b", [Record(id="1", version="", payload="{}")], run_id="r", pulled_at=datetime.now(UTC))
    cleaners[0].join()
    assert list(store.read("a", "b")["id"]) == ["1"]


@pytest.mark.parametrize("opened", ["cat_file", "open"])
def test_a_reader_goes_on_when_compaction_takes_away_what_it_has_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opened: str
) -> None:
    store = Store(str(tmp_path / "landing"))
    for n in range(3):
        store.append("a", "b", [Record(id=str(n), version="", payload="{}")], run_id="r", pulled_at=datetime.now(UTC))
    undisturbed = getattr(store.fs, opened)

    def disturbed(path: str, *args: Any, **more: Any) -> Any:
        monkeypatch.setattr(store.fs, opened, undisturbed)
        compact(Store(store.root), "a", "b", run_id="nightly", at=datetime.now(UTC))
        return undisturbed(path, *args, **more)

    monkeypatch.setattr(store.fs, opened, disturbed)
    assert list(store.read("a", "b")["id"]) == ["0", "1", "2"]
