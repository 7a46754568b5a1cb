"""Batches through worker processes: the same rows, in order, and nobody is left behind."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from enrich_world import add_message, make_run, make_warehouse
from worker_functions import dies, doubled, fails, redacts

from flows.core import workers
from flows.core.errors import GroundswellError
from flows.core.redaction import redact, use_key
from flows.core.run import Run
from flows.enrich import messages, tickets
from flows.enrich.run import enrich_connection


def numbers(count: int) -> list[pl.DataFrame]:
    return [pl.DataFrame({"n": [number]}) for number in range(count)]


def test_results_come_in_order_and_batches_are_taken_as_they_are_needed() -> None:
    taken = 0

    def batches():
        nonlocal taken
        for frame in numbers(20):
            taken += 1
            yield frame

    ahead, found = [], []
    for frame in workers.in_order(doubled, batches(), 20, 2):
        found += frame["n"].to_list()
        ahead.append(taken - len(found))
    assert found == [2 * number for number in range(20)]
    assert max(ahead) <= 4


def test_placeholders_of_workers_are_those_of_the_company(tmp_path: Path) -> None:
    make_run(tmp_path)  # takes its key into use
    found = list(workers.in_order(redacts, numbers(10), 10, 2))
    assert found == [redact(f"{number}@x.example") for number in range(10)]
    use_key(b"another company's key, of 32 bytes")
    assert not set(found) & {redact(f"{number}@x.example") for number in range(10)}
    make_run(tmp_path)
    assert redact("0@x.example") == found[0]


def test_a_worker_that_dies_is_reported_with_what_to_do() -> None:
    with pytest.raises(GroundswellError, match="has died") as caught:
        list(workers.in_order(dies, numbers(20), 20, 2))
    assert "processes = 1" in str(caught.value)


def test_what_fails_in_a_worker_fails_here() -> None:
    with pytest.raises(GroundswellError, match="too many"):
        list(workers.in_order(fails, numbers(20), 20, 2))


_SLEEPS = """
import sys
sys.path.insert(0, {tests!r})
import polars as pl
from worker_functions import sleeps
from flows.core import workers
if __name__ == "__main__":
    for frame in workers.in_order(sleeps, [pl.DataFrame({{"n": [1]}})] * 20, 20, 2):
        pass
"""


def test_a_run_that_is_killed_leaves_no_workers(tmp_path: Path) -> None:
    script = tmp_path / "long.py"
    script.write_text(_SLEEPS.format(tests=str(Path(__file__).parent)))
    process = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    found = {int(process.stdout.readline()) for _ in range(2)}
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert process.stdout.read() == ""  # the end of the pipe, which every worker holds open while it lives
    assert len(found) == 2


def with_processes(run: Run, count: int) -> Run:
    run.settings.processes = count
    return run


def test_worker_processes_give_the_same_rows_as_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "BATCH", 7)
    monkeypatch.setattr(messages, "CHUNK", 30)
    monkeypatch.setattr(tickets, "BATCH", 7)
    monkeypatch.setattr(tickets, "CHUNK", 30)
    found = []
    for count in (1, 2):
        con = make_warehouse(60)
        add_message(con, "z:4", 2, "This is useless, I am very disappointed!!", minute=500)
        enrich_connection(con, with_processes(make_run(tmp_path / str(count)), count))
        found.append(
            [con.sql(f"select * from enrich.{name} order by all").fetchall() for name in ("messages", "tickets")]
        )
    assert len(found[0][0]) == 61 and len(found[0][1]) == 60
    assert found[0] == found[1]


def test_few_batches_start_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "ProcessPoolExecutor", None)
    found = list(workers.in_order(doubled, numbers(workers.MANY - 1), workers.MANY - 1, 2))
    assert [frame["n"][0] for frame in found] == [2 * number for number in range(workers.MANY - 1)]
