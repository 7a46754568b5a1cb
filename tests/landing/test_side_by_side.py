"""Processes and threads that append to one stream at the same time lose nothing."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

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
