"""Runs, readers and other programs at the same time: nobody is locked out for good, nothing is damaged or doubled."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from flows.core.errors import Busy
from flows.core.run import Run
from flows.landing.compact import compact_all
from flows.settings import Settings
from flows.stages import Direct, execute_stage
from flows.warehouse.duck import SERVING_NAME, reader, writer
from flows.warehouse.serving import publish_copy

READERS = 30


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("GROUNDSWELL_CONFIG", "")
    return Settings(home=tmp_path, lock_wait_seconds=60)


# -- readers of the serving copy


def test_thirty_readers_see_whole_copies_while_others_are_published(settings: Settings) -> None:
    """Each copy says the same number in two tables. The one before is deleted at once, which readers outlive."""
    settings.keep_serving_copies = 1
    publish(settings, 0)
    seen: list[tuple[int, int]] = []
    failures: list[Exception] = []
    done = threading.Event()

    def look() -> None:
        while not done.wait(0.7):
            try:
                with reader(settings) as con:
                    rows = con.sql("select min(n), max(n) from (from marts.one union all from marts.other)").fetchall()
                seen.append(rows[0])
            except Exception as error:
                failures.append(error)

    threads = [threading.Thread(target=look) for _ in range(READERS)]
    for thread in threads:
        thread.start()
    for n in range(1, 100):
        publish(settings, n)
        if len(seen) > 2 * READERS and len({low for low, _ in seen}) > 2:
            break
    done.set()
    for thread in threads:
        thread.join(timeout=120)
    assert failures == []
    assert all(low == high for low, high in seen)
    assert len({low for low, _ in seen}) > 2
    assert len(list(settings.serving_dir.glob("groundswell-*"))) == 1


def test_a_copy_that_is_deleted_while_it_is_opened_makes_way_for_its_successor(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.keep_serving_copies = 1
    publish(settings, 0)
    resolve = Path.resolve

    def too_late(path: Path, strict: bool = False) -> Path:
        found = resolve(path, strict)
        if path.name == SERVING_NAME:
            monkeypatch.undo()
            publish(settings, 1)
        return found

    monkeypatch.setattr(Path, "resolve", too_late)
    with reader(settings) as con:
        assert con.sql("select max(n) from marts.one").fetchall() == [(1,)]


def publish(settings: Settings, n: int) -> None:
    run = Run.start("hourly", settings)
    with writer(run) as con:
        con.execute("create schema if not exists marts")
        for table in ("one", "other"):
            con.execute(f"create or replace table marts.{table} as select {n} as n from range(2000)")
    publish_copy(run)


# -- locks


def test_who_cannot_wait_longer_says_which_run_it_waited_for(settings: Settings) -> None:
    settings.lock_wait_seconds = 0.5
    with other_process(settings, HOLDS_THE_LOCK), pytest.raises(Busy, match="writer lock is held by nightly-7 "):
        execute_stage(Run.start("hourly", settings), Direct(), "show")
    execute_stage(Run.start("hourly", settings), Direct(), "show")  # it was killed: its lock went with it


def test_another_program_with_the_warehouse_open_is_named_and_nothing_is_set_aside(settings: Settings) -> None:
    publish(settings, 1)
    with other_process(settings, HOLDS_THE_FILE), pytest.raises(Busy, match="open in another program"):
        execute_stage(Run.start("hourly", settings), Direct(), "show")
    publish(settings, 2)
    with reader(settings) as con:
        assert con.sql("select max(n) from marts.one").fetchall() == [(2,)]
    assert [path.name for path in settings.warehouse_path.parent.glob("*damaged*")] == []


HOLDS_THE_LOCK = """
from pathlib import Path
from flows.core.locks import hold
with hold(Path(sys.argv[1]) / "locks", "writer", holder="nightly-7"):
    print("held", flush=True)
    time.sleep(600)
"""
HOLDS_THE_FILE = """
import duckdb
con = duckdb.connect(sys.argv[1] + "/warehouse/groundswell.duckdb")
print("held", flush=True)
time.sleep(600)
"""
PULLS = """
from datetime import UTC, datetime
from pathlib import Path
from flows.core.locks import hold
from flows.landing.store import Record, Store
store = Store(sys.argv[1] + "/landing")
print("held", flush=True)
for n in range(60):
    with hold(Path(sys.argv[1]) / "locks", "source-desk", holder=f"hourly-{n}", wait_seconds=300):
        for page in range(3):
            rows = [Record(id=f"{n}-{page}-{row}", version="1", payload="{}") for row in range(20)]
            store.append("desk", "tickets", rows, run_id="r", pulled_at=datetime.now(UTC), cursor={"n": n})
"""


@contextmanager
def other_process(settings: Settings, program: str) -> Iterator[subprocess.Popen[str]]:
    """A program that runs until the block ends, and is killed then."""
    process = subprocess.Popen(
        [sys.executable, "-c", f"import sys, time\n{program}", str(settings.home)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    try:
        yield process
    finally:
        process.kill()
        process.wait()


# -- compaction


def test_compaction_loses_nothing_of_what_another_process_pulls_meanwhile(settings: Settings) -> None:
    with other_process(settings, PULLS) as process:
        while process.poll() is None:
            compact_all(Run.start("nightly", settings))
        assert process.returncode == 0
    landing = Run.start("nightly", settings).landing
    rows = landing.read("desk", "tickets")
    assert sorted(rows["id"]) == sorted(
        f"{n}-{page}-{row}" for n in range(60) for page in range(3) for row in range(20)
    )
    assert rows["seq"].is_unique().all()
    assert landing.cursor("desk", "tickets") == {"n": 59}
