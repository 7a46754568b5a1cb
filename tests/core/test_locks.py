"""Locks: one holder at a time, re-entrant for the same holder, gone with the process that held them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from flows.core import locks
from flows.core.errors import Busy
from flows.core.locks import hold

HOLDER = """
import sys, time
from pathlib import Path
from flows.core.locks import hold
with hold(Path(sys.argv[1]), "writer", holder="nightly-1"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_process_is_told_who_holds_the_lock_and_a_killed_one_lets_go(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    with pytest.raises(Busy, match="nightly-1"), hold(tmp_path, "writer", holder="hourly-1"):
        pass
    process.send_signal(signal.SIGKILL)
    process.wait()
    with hold(tmp_path, "writer", holder="hourly-1"):
        pass


def test_the_same_holder_may_enter_again_and_another_thread_waits(tmp_path: Path) -> None:
    entered = threading.Event()

    def other() -> None:
        with hold(tmp_path, "writer", holder="hourly-2", wait_seconds=30):
            entered.set()

    with hold(tmp_path, "writer", holder="hourly-1"):
        with hold(tmp_path, "writer", holder="hourly-1"):
            pass
        thread = threading.Thread(target=other)
        thread.start()
        assert not entered.wait(0.5)
    thread.join(timeout=300)
    assert entered.is_set()


def test_who_waits_says_for_whom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(locks, "TELL_AFTER", 0.0)
    other = hold(tmp_path, "writer", holder="hourly-2", wait_seconds=0.5)
    with hold(tmp_path, "writer", holder="hourly-1"), pytest.raises(Busy), other:
        pass
    assert [record.message for record in caplog.records] == [
        f"hourly-2 waits for the writer lock, held by hourly-1 (process {os.getpid()})"
    ]


def test_the_file_of_a_dead_process_holds_up_nobody(tmp_path: Path) -> None:
    """The lock is the operating system's; what is written in the file only says who had it."""
    (tmp_path / "writer.lock").write_text('{"holder": "hourly-0", "pid": 1}')
    other = hold(tmp_path, "writer", holder="hourly-2")
    with hold(tmp_path, "writer", holder="hourly-1"), pytest.raises(Busy, match="hourly-1"), other:
        pass
