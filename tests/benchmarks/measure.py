"""What a process costs: wall and CPU seconds, and the most memory it and its children held at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EVERY = 0.25  # seconds between two looks at the memory
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Cost:
    """`answer` is what the process had to say."""

    seconds: float
    cpu: float
    peak_mb: float
    answer: dict[str, Any]


def measured(*arguments: str) -> Cost:
    """Run `python -m tests.benchmarks.child ARGUMENTS` to its end. Raises RuntimeError when it fails."""
    with tempfile.TemporaryDirectory() as folder:
        answer, told = Path(folder) / "answer.json", Path(folder) / "output"
        command = [sys.executable, "-m", "tests.benchmarks.child", str(answer), *arguments]
        with told.open("wb") as output:
            started = time.perf_counter()
            process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
            watch = _Watch(process.pid)
            _, status, used = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - started
            process.returncode = os.waitstatus_to_exitcode(status)
        peak = max(watch.stop(), used.ru_maxrss * 1024)
        if process.returncode:
            raise RuntimeError(f"{' '.join(arguments)} failed:\n{told.read_text(errors='replace')[-4000:]}")
        found = json.loads(answer.read_text())
    return Cost(round(seconds, 2), round(used.ru_utime + used.ru_stime, 2), round(peak / 2**20), found)


class _Watch:
    """Looks at the resident memory of a process and its children until it is stopped.

    What the kernel tells at the end is the largest process; where several work side by side, they add up.
    """

    def __init__(self, pid: int) -> None:
        self._pid, self._peak, self._over = pid, 0, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def stop(self) -> int:
        """Bytes."""
        self._over.set()
        self._thread.join()
        return self._peak

    def _look(self) -> None:
        while not self._over.wait(EVERY):
            self._peak = max(self._peak, sum(_resident(pid) for pid in _family(self._pid)))


def _family(pid: int) -> list[int]:
    try:
        children = [
            int(child) for path in Path(f"/proc/{pid}/task").glob("*/children") for child in path.read_text().split()
        ]
    except OSError:
        return []
    return [pid, *(one for child in children for one in _family(child))]


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
    except (OSError, IndexError):
        return 0
