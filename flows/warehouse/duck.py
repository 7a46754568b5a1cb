"""Opens the warehouse: one writer at a time under the lock `writer`, readers on the published copy.

The warehouse is derived from landing zone and journal. A file that is damaged, or of an earlier version of the
program, is set aside, and the next `stage` builds everything again. One of a newer version is left alone.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import duckdb

from flows.core import locks
from flows.core.errors import Busy, ConfigError, DiskFull, GroundswellError, full_disk
from flows.core.run import Run
from flows.settings import Settings
from flows.warehouse.views import prepare

__all__ = ["prepare", "reader", "writer"]

log = logging.getLogger("groundswell")

SERVING_NAME = "current.duckdb"

# What DuckDB says of a file whose bytes are not those it wrote, and of a disk without room.
_DAMAGED = re.compile(r"Corrupt (database|WAL) file|Could not read enough bytes from file|Failed to load metadata")
_FULL = re.compile(
    r'(?:Could not write file "(?P<duckdb>[^"]+)": |\[Errno \d+\] )(?P<why>No space left on device|File too large'
    r"|Disk quota exceeded)(?:: '(?P<python>[^']+)')?|max_temp_directory_size"
)
_NEWER = "read a database file with version number"
REBUILD = "groundswell rebuild"


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
            _configure(con, settings)
            try:
                prepare(con, run, moments=moments)
            except (duckdb.CatalogException, duckdb.BinderException) as error:  # of an earlier version of the program
                con.close()
                _set_aside(settings.warehouse_path, run.run_id, error)
                con = _open(settings.warehouse_path, run.run_id)
                _configure(con, settings)
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
    try:
        con = _newest(path)
        try:
            con.execute("set TimeZone = 'UTC'")
            yield con
        finally:
            con.close()
    except duckdb.IOException as error:
        raise GroundswellError(
            f"the published copy {path.resolve()} cannot be read ({_first_line(error)})",
            f"The next run publishes another; for one now run: {REBUILD}",
        ) from error


def _newest(link: Path) -> duckdb.DuckDBPyConnection:
    """The copy that is published now; where one is replaced and deleted while it is opened, its successor."""
    while True:
        path = link.resolve()
        try:
            return duckdb.connect(str(path), read_only=True)
        except duckdb.IOException:
            if link.resolve() == path:
                raise


def _configure(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Settings of the whole instance: dbt's connections to the same file have them too."""
    con.execute("set TimeZone = 'UTC'")
    if settings.threads:
        con.execute(f"set threads = {settings.threads}")
    con.execute(f"set memory_limit = '{settings.memory_gb}GB'")
    con.execute("set preserve_insertion_order = false")  # else a large insert is held in memory; no table has an order


def explained(run: Run, error: Exception) -> Exception:
    """What a failure of a run is for the user: a full disk, a damaged warehouse, or the error as it is.

    A damaged warehouse is set aside, so that the next run builds it again.
    """
    text = " ".join(str(error).split())
    path = run.settings.warehouse_path
    found = _FULL.search(text)
    if found and not isinstance(error, DiskFull | OSError):
        return _full(found, path)
    if isinstance(error, OSError):
        return full_disk(error, error.filename or run.settings.home) or error
    if not _DAMAGED.search(text) or not isinstance(error, duckdb.Error | GroundswellError):
        return error
    with locks.hold(run.settings.lock_dir, "writer", holder=run.run_id, wait_seconds=run.settings.lock_wait_seconds):
        if path.exists():
            _set_aside(path, run.run_id, error)
    return GroundswellError(
        f"the warehouse {path} is damaged and was set aside ({text[:300]})",
        f"The next run builds it again from landing zone and journal; to have it now run: {REBUILD}",
    )


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
        if _NEWER in str(error):
            raise GroundswellError(
                f"{path} was written by a newer version of DuckDB ({_first_line(error)})",
                f"Use the version of Groundswell that wrote it, or have this one build its own: {REBUILD}",
            ) from error
        found = _FULL.search(str(error))
        if found:
            raise _full(found, path) from error
        _set_aside(path, run_id, error)
        return duckdb.connect(str(path))


def _full(found: re.Match[str], path: Path) -> DiskFull:
    named = found["duckdb"] or found["python"] or path
    return DiskFull(named, found["why"] or "there is no room for what does not fit into memory")


def _set_aside(path: Path, run_id: str, error: Exception) -> None:
    """Out of the way, and never deleted: somebody may want to know how it came to be."""
    aside = path.with_name(f"{path.name}.damaged-{run_id}")
    log.warning("%s cannot be used (%s): set aside as %s and built again", path, _first_line(error), aside.name)
    path.rename(aside)
    wal = path.with_name(f"{path.name}.wal")
    if wal.exists():
        wal.rename(aside.with_name(f"{aside.name}.wal"))


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0]
