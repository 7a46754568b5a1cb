"""Opens the warehouse: one writer at a time under the lock `writer`, readers on the published copy.

The warehouse is derived from landing zone and journal. A file that cannot be opened is set aside, and the
next `stage` builds everything again.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import duckdb

from flows.core import locks
from flows.core.errors import Busy, ConfigError, GroundswellError
from flows.core.run import Run
from flows.settings import Settings
from flows.warehouse.views import prepare

__all__ = ["prepare", "reader", "writer"]

log = logging.getLogger("groundswell")

SERVING_NAME = "current.duckdb"


@contextmanager
def writer(run: Run, *, moments: Sequence[datetime] | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse, writable, with landing, journal, control and enrich prepared for this run.

    moments: the times to judge; default the run's clock. Can be nested within a run. Raises Busy when another
    run holds the lock for longer than `lock_wait_seconds`.
    """
    settings = run.settings
    with locks.hold(settings.lock_dir, "writer", holder=run.run_id, wait_seconds=settings.lock_wait_seconds):
        con = _open(settings.warehouse_path, run.run_id)
        try:
            con.execute("set TimeZone = 'UTC'")
            prepare(con, run, moments=moments)
            yield con
        finally:
            con.close()


@contextmanager
def reader(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published copy, read-only: never holds up a flow. Raises ConfigError where none has been published."""
    path = settings.serving_dir / SERVING_NAME
    if not path.exists():
        raise ConfigError(
            f"nothing has been published in {settings.serving_dir} yet",
            "Run `groundswell backfill`, or `make demo` for the simulated company.",
        )
    con = duckdb.connect(str(path.resolve()), read_only=True)
    try:
        con.execute("set TimeZone = 'UTC'")
        yield con
    finally:
        con.close()


def _open(path: Path, run_id: str) -> duckdb.DuckDBPyConnection:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return duckdb.connect(str(path))
    except duckdb.Error as error:
        if "lock on file" in str(error):  # a program that does not ask for our lock, such as a SQL client
            raise Busy(
                f"{path} is open in another program ({_first_line(error)})", "Close it and run again."
            ) from error
        if "Cannot open file" in str(error):
            raise GroundswellError(
                f"{path} cannot be opened ({_first_line(error)})", "Check who may read it."
            ) from error
        aside = path.with_name(f"{path.name}.damaged-{run_id}")
        log.warning("%s cannot be opened (%s): set aside as %s and built again", path, _first_line(error), aside.name)
        path.rename(aside)
        wal = path.with_name(f"{path.name}.wal")
        if wal.exists():
            wal.rename(aside.with_name(f"{aside.name}.wal"))
        return duckdb.connect(str(path))


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0]
