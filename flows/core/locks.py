"""Locks between processes, held by the operating system: they go away with the process that held them."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from flows.core.errors import Busy

_held: dict[str, int] = {}  # path -> depth, for re-entry within one process
_guard = threading.RLock()


@contextlib.contextmanager
def hold(folder: Path, name: str, *, holder: str, wait_seconds: float = 0.0) -> Iterator[None]:
    """Hold the lock `name` kept in `folder`. Re-entrant within a process, exclusive between processes.

    Waits up to `wait_seconds`, then raises Busy with the name of the run that holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.lock"
    key = str(path.resolve())
    with _guard:
        if _held.get(key):
            _held[key] += 1
            nested = True
        else:
            nested = False
    if nested:
        try:
            yield
        finally:
            with _guard:
                _held[key] -= 1
        return
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    deadline = time.monotonic() + wait_seconds
    try:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise Busy(
                        f"the {name} lock is held by {_read_holder(path)}",
                        "Wait for that run to end, or raise lock_wait_seconds in groundswell.toml.",
                    ) from None
                time.sleep(0.2)
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps({"holder": holder, "pid": os.getpid()}).encode(), 0)
        with _guard:
            _held[key] = 1
        try:
            yield
        finally:
            with _guard:
                _held[key] = 0
    finally:
        os.close(handle)


def _read_holder(path: Path) -> str:
    try:
        data = json.loads(path.read_text())
        return f"{data['holder']} (process {data['pid']})"
    except (OSError, ValueError, KeyError):
        return "another process"
