"""Simulated companies in tests: their configuration, and what workers leave of them for each other."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flows import demo


def configure(home: Path, url: str) -> None:
    """As the demo does, with one thread for the warehouse: workers share few processors."""
    demo.configure(home, url)
    os.environ["GROUNDSWELL_THREADS"] = "1"


@contextmanager
def one_worker(shared: Path) -> Iterator[None]:
    """The first worker to come makes what lies at `shared`; the others wait here until it is there."""
    with shared.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
