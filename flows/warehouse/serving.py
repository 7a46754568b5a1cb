"""Publishes the read-only copy that dashboards and the command line open.

A versioned file, then a symlink replaced atomically: a new reader sees the new copy, an old one keeps its
own. Message texts and names as the helpdesk has them stay behind; the copy carries the redacted ones.

A copy begins as one of the copy before it: texts of a million tickets are not written again every hour.
"""

from __future__ import annotations

import logging
import re
import shutil
from pathlib import Path

import duckdb

from flows.core.run import Run
from flows.warehouse.duck import SERVING_NAME, writer

log = logging.getLogger("groundswell")

SCHEMAS = ("marts", "publish", "enrich", "seeds")
# What readers need of the others; no table with text that nobody has redacted.
ALSO = ("control.as_of", "control.sources", "intermediate.int_account_plans", "intermediate.int_ticket_turns")
# Large tables that keep most of their rows from run to run -> what a row is told by: its key, and what changes with it.
KEPT = {
    "enrich.article_matches": "ticket_id, article_id, similarity, content_hash",
    "enrich.messages": "message_id, content_hash, enriched_at",
    "enrich.tickets": "ticket_id, content_hash, model_id, topic_id, topic_similarity, enriched_at",
    # the row as a whole
    "intermediate.int_ticket_turns": "int_ticket_turns",
    "marts.fct_account_timeline": "fct_account_timeline",
    "marts.fct_ticket_context": "fct_ticket_context",
    "marts.fct_tickets": "fct_tickets",
}


def publish_copy(run: Run) -> Path:
    """Copy what readers need into `<serving_dir>/groundswell-<run_id>.duckdb`, point `current.duckdb` at it.

    Prunes to `keep_serving_copies`. Returns the new file.
    """
    folder = run.settings.serving_dir
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"groundswell-{re.sub(r'[^A-Za-z0-9_.-]', '_', run.run_id)}.duckdb"
    half_done = target.with_suffix(".tmp")
    _remove_half_done(folder)
    try:
        with writer(run) as con:
            _write(con, half_done, before=folder / SERVING_NAME)
        half_done.rename(target)
    except BaseException:
        _remove_half_done(folder)  # at once: it may be what the disk has no room for
        raise
    _point(folder / SERVING_NAME, target)
    _prune(folder, keep=max(1, run.settings.keep_serving_copies))
    return target


def _write(con: duckdb.DuckDBPyConnection, path: Path, before: Path) -> None:
    """What readers need, in a database of its own; of what stands in the copy before it only what has changed."""
    if before.exists():
        shutil.copyfile(before, path)
        try:
            _fill(con, path)
            return
        except duckdb.Error as error:  # a damaged copy is not the last one
            log.warning("%s cannot be used for the next copy (%s)", before.resolve(), str(error).split("\n", 1)[0])
            _remove_half_done(path.parent)
    _fill(con, path)


def _fill(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    con.execute(f"attach '{str(path).replace(chr(39), chr(39) * 2)}' as serving")
    try:
        tables, there = _tables(con, "current_catalog()"), _tables(con, "'serving'")
        for name in there.keys() - tables.keys():
            con.execute(f"drop table serving.{name}")
        for name, columns in tables.items():
            con.execute(f"create schema if not exists serving.{name.split('.')[0]}")
            if name in KEPT and there.get(name) == columns:
                mark = f"hash({KEPT[name]})"
                con.execute(f"delete from serving.{name} where {mark} not in (select {mark} from {name})")
                con.execute(
                    f"insert into serving.{name} from {name} where {mark} not in (select {mark} from serving.{name})"
                )
            else:
                con.execute(f"create or replace table serving.{name} as from {name}")
    finally:
        con.execute("detach serving")


def _tables(con: duckdb.DuckDBPyConnection, catalog: str) -> dict[str, list[str]]:
    """The tables that readers need in a database: schema.table -> names and types of its columns."""
    rows = con.execute(
        "select table_schema || '.' || table_name, list(column_name || ' ' || data_type order by ordinal_position)"
        f" from information_schema.columns where table_catalog = {catalog}"
        " and (list_contains(?, table_schema) or list_contains(?, table_schema || '.' || table_name))"
        " group by 1 order by 1",
        [list(SCHEMAS), list(ALSO)],
    ).fetchall()
    return dict(rows)


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
