"""Locks between processes, held by the operating system: they go away with the process that held them."""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from flows.core.errors import Busy

log = logging.getLogger("groundswell")

TELL_AFTER = 2.0  # seconds of waiting before it is worth a line in the log

_held: dict[str, tuple[str, int]] = {}  # path -> (holder, depth), for re-entry within one process
_guard = threading.Lock()


@contextlib.contextmanager
def hold(folder: Path, name: str, *, holder: str, wait_seconds: float = 0.0) -> Iterator[None]:
    """Hold the lock `name` kept in `folder`. Re-entrant for the same holder within a process, else exclusive.

    Waits up to `wait_seconds`, saying for whom, then raises Busy with the name of the run that holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.lock"
    key = str(path.resolve())
    with _guard:
        owner, depth = _held.get(key, ("", 0))
        nested = depth > 0 and owner == holder
        if nested:
            _held[key] = (owner, depth + 1)
    if nested:
        try:
            yield
        finally:
            with _guard:
                _held[key] = (owner, _held[key][1] - 1)
        return
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _wait_for(handle, path, name, holder, wait_seconds)
        with contextlib.suppress(OSError):  # on a full disk it is held all the same, and nobody is told by whom
            os.ftruncate(handle, 0)
            os.pwrite(handle, json.dumps({"holder": holder, "pid": os.getpid()}).encode(), 0)
        with _guard:
            _held[key] = (holder, 1)
        try:
            yield
        finally:
            with _guard:
                _held.pop(key, None)
    finally:
        os.close(handle)


def _wait_for(handle: int, path: Path, name: str, holder: str, wait_seconds: float) -> None:
    began, told = time.monotonic(), False
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            waited = time.monotonic() - began
            if waited >= wait_seconds:
                raise Busy(
                    f"the {name} lock is held by {_read_holder(path)}",
                    "Wait for that run to end, or raise lock_wait_seconds in groundswell.toml.",
                ) from None
            if waited >= TELL_AFTER and not told:
                log.warning("%s waits for the %s lock, held by %s", holder, name, _read_holder(path))
                told = True
            time.sleep(0.2)


def _read_holder(path: Path) -> str:
    try:
        data = json.loads(path.read_text())
        return f"{data['holder']} (process {data['pid']})"
    except (OSError, ValueError, KeyError):
        return "another process"
