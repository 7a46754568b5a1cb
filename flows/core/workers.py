"""Batches of rows through a function without side effects: here where they are few, in worker processes where they
are many, so that an hourly run pays for no start of a process and a backfill uses every processor.

Results come in the order of the batches and are the same either way.
"""

from __future__ import annotations

import logging
import os
import pickle
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from typing import TYPE_CHECKING, Any, TypeVar

from flows.core.errors import WorkerDied
from flows.core.redaction import key_in_use, use_key

if TYPE_CHECKING:
    import polars as pl

log = logging.getLogger("groundswell")

MANY = 8  # batches from which starting processes pays
MOST_PROCESSES = 8  # the one process that reads and writes the warehouse cannot feed more
LOG_SECONDS = 15.0

T = TypeVar("T")


def processes(wanted: int | None) -> int:
    """How many worker processes to use: as many as asked for, else one a processor that this process may use."""
    return wanted or min(MOST_PROCESSES, len(os.sched_getaffinity(0)))


def in_order(
    read: Callable[[pl.DataFrame], T], batches: Iterable[pl.DataFrame], count: int, workers: int
) -> Iterator[T]:
    """`read` of each of `count` batches. At most two batches a worker are in memory at once.

    `read` must be picklable. Raises what it raises, and WorkerDied when a worker process dies.
    """
    if workers < 2 or count < MANY:
        yield from map(read, batches)
        return
    pool = ProcessPoolExecutor(
        workers, get_context("spawn"), initializer=_start, initargs=(pickle.dumps(read), key_in_use())
    )
    waiting: deque[Future[T]] = deque()
    try:
        for batch in batches:
            waiting.append(pool.submit(_read, batch))
            if len(waiting) >= 2 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool as error:
        raise WorkerDied(
            f"one of {workers} worker processes has died, killed or out of memory",
            "What was read is kept: run again, with more memory or `processes = 1` in groundswell.toml.",
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


class Progress:
    """Log lines of a long reading, at most one every LOG_SECONDS."""

    def __init__(self, what: str, total: int) -> None:
        self._what, self._total, self._done = what, total, 0
        self._started = self._said = time.monotonic()

    def add(self, rows: int) -> None:
        self._done += rows
        now = time.monotonic()
        if now - self._said >= LOG_SECONDS:
            self._said = now
            rate = self._done * 60 / (now - self._started)
            log.info("%s of %s %s read, %s a minute", *map("{:,.0f}".format, (self._done, self._total)),
                     self._what, f"{rate:,.0f}")  # fmt: skip


_function: Any = None  # of a worker process


def _start(pickled: bytes, key: bytes) -> None:
    """A worker's beginning: one thread for its arithmetic, since there is a worker a processor, then its function."""
    global _function
    use_key(key)
    for library in ("OMP", "OPENBLAS", "MKL"):
        os.environ[f"{library}_NUM_THREADS"] = "1"
    os.environ["POLARS_MAX_THREADS"] = "1"
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _function = pickle.loads(pickled)


def _end_with_parent() -> None:
    """A run that is killed leaves no workers behind."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _read(batch: pl.DataFrame) -> Any:
    return _function(batch)
