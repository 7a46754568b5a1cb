"""Publishes the read-only copy that dashboards and the command line open.

A versioned file, then a symlink replaced atomically: a new reader sees the new copy, an old one keeps its
own. Message texts and names as the helpdesk has them stay behind; the copy carries the redacted ones.
"""

from __future__ import annotations

import re
from pathlib import Path

import duckdb

from flows.core.run import Run
from flows.warehouse.duck import SERVING_NAME, writer

SCHEMAS = ("marts", "publish", "intermediate", "enrich", "control", "seeds")
# Tables that hold text nobody has redacted.
PRIVATE = (
    "intermediate.int_tickets", "intermediate.int_messages", "intermediate.int_users",
    "intermediate.int_satisfaction_ratings",
)  # fmt: skip


def publish_copy(run: Run) -> Path:
    """Copy what readers need into `<serving_dir>/groundswell-<run_id>.duckdb`, point `current.duckdb` at it.

    Prunes to `keep_serving_copies`. Returns the new file.
    """
    folder = run.settings.serving_dir
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"groundswell-{re.sub(r'[^A-Za-z0-9_.-]', '_', run.run_id)}.duckdb"
    half_done = target.with_suffix(".tmp")
    half_done.unlink(missing_ok=True)
    try:
        with writer(run) as con:
            _copy(con, half_done)
        half_done.rename(target)
    except BaseException:
        _remove_half_done(folder)  # at once: it may be what the disk has no room for
        raise
    _point(folder / SERVING_NAME, target)
    _prune(folder, keep=max(1, run.settings.keep_serving_copies))
    return target


def _copy(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Copy what readers need into a database of its own."""
    con.execute(f"attach '{str(path).replace(chr(39), chr(39) * 2)}' as serving")
    try:
        tables = con.execute(
            "select table_schema, table_name from information_schema.tables"
            " where table_catalog = current_catalog() and list_contains(?, table_schema)"
            " and not list_contains(?, table_schema || '.' || table_name)"
            " order by table_schema, table_name",
            [list(SCHEMAS), list(PRIVATE)],
        ).fetchall()
        for schema in sorted({schema for schema, _ in tables}):
            con.execute(f'create schema serving."{schema}"')
        for schema, table in tables:
            con.execute(f'create table serving."{schema}"."{table}" as from "{schema}"."{table}"')
    finally:
        con.execute("detach serving")


def _point(link: Path, target: Path) -> None:
    fresh = link.with_name(f".{link.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target.name)
    fresh.replace(link)


def _prune(folder: Path, keep: int) -> None:
    """Delete all but the newest copies, never the one in use."""
    current = (folder / SERVING_NAME).resolve()
    copies = sorted(folder.glob("groundswell-*.duckdb"), key=lambda path: path.stat().st_mtime_ns)
    for old in copies[: max(0, len(copies) - keep)]:
        if old != current:
            old.unlink()
    _remove_half_done(folder)


def _remove_half_done(folder: Path) -> None:
    """Copies of runs that were stopped half way, and DuckDB's logs of them."""
    for left in folder.glob("groundswell-*.tmp*"):
        left.unlink(missing_ok=True)
