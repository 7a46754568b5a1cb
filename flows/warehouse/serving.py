"""Publishes the read-only copy that dashboards and the command line open.

A versioned file, then a symlink replaced atomically: a new reader sees the new copy, an old one keeps its
own. Message texts and names as the helpdesk has them stay behind; the copy carries the redacted ones.

An hourly copy begins as one of the copy before it: texts of a million tickets are not written again every hour. Other
runs make theirs from nothing, so that what is damaged in a copy, or has grown, is handed on for a day at most.
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
# Large tables that keep most of their rows from run to run -> what a row belongs to, and what changes with it.
KEPT = {
    "enrich.article_matches": ("ticket_id", "ticket_id, article_id, similarity, content_hash"),
    "enrich.bug_scores": ("ticket_id", "ticket_id, model_id, content_hash"),
    "enrich.entities": ("ticket_id", "entities"),
    "enrich.messages": ("ticket_id", "message_id, content_hash, enriched_at"),
    "enrich.signals": ("ticket_id", "signals"),
    "enrich.steps": ("ticket_id", "steps"),
    "enrich.tickets": (
        "ticket_id",
        "ticket_id, content_hash, model_id, topic_id, topic_similarity, enriched_at, satisfaction_model",
    ),
    # the row as a whole
    "intermediate.int_ticket_turns": ("ticket_id", "int_ticket_turns"),
    "marts.fct_account_timeline": ("account_key", "fct_account_timeline"),
    "marts.fct_edge_cases": ("ticket_id", "fct_edge_cases"),
    "marts.fct_message_signals": ("ticket_id", "fct_message_signals"),
    "marts.fct_ticket_asks": ("ticket_id", "fct_ticket_asks"),
    "marts.fct_resolution_paths": ("ticket_id", "fct_resolution_paths"),
    "marts.fct_ticket_context": ("ticket_id", "fct_ticket_context"),
    "marts.fct_tickets": ("ticket_id", "fct_tickets"),
}
BUCKETS = 65_536  # of the tickets or accounts of a table; one in which a row has changed is written again


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
            _write(con, half_done, before=folder / SERVING_NAME if run.flow == "hourly" else None)
        half_done.rename(target)
    except BaseException:
        _remove_half_done(folder)  # at once: it may be what the disk has no room for
        raise
    _point(folder / SERVING_NAME, target)
    _prune(folder, keep=max(1, run.settings.keep_serving_copies))
    return target


def _write(con: duckdb.DuckDBPyConnection, path: Path, before: Path | None) -> None:
    """What readers need, in a database of its own; of what stands in the copy before it only what has changed."""
    if before and before.exists():
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
        tables = {name: columns for name, columns in _tables(con, "current_catalog()").items() if _is_for_readers(name)}
        there = _tables(con, "'serving'")
        for name in there.keys() - tables.keys():
            con.execute(f"drop table serving.{name}")
        for name, columns in tables.items():
            con.execute(f"create schema if not exists serving.{name.split('.')[0]}")
            if name in KEPT and there.get(name) == columns:
                _follow(con, name)
            else:
                con.execute(f"create or replace table serving.{name} as from {name}")
    finally:
        con.execute("detach serving")


def _follow(con: duckdb.DuckDBPyConnection, name: str) -> None:
    """Write the buckets of a table again that are not what they are in the copy.

    A bucket is told by the sum of its rows' hashes: reading all rows is cheap, joining them is not.
    """
    owner, row = KEPT[name]
    bucket = f"hash({owner}) % {BUCKETS}"
    sums = f"select {bucket} as bucket, sum(hash({row})) as told from {{}}{name} group by 1"
    con.execute(
        "create or replace temp table differing as select coalesce(here.bucket, there.bucket) as bucket"
        f" from ({sums.format('')}) as here full join ({sums.format('serving.')}) as there"
        " on here.bucket = there.bucket where here.told is distinct from there.told"
    )
    changed = f"{bucket} in (select bucket from differing)"
    con.execute(f"delete from serving.{name} where {changed}")
    con.execute(f"insert into serving.{name} from {name} where {changed}")
    con.execute("drop table differing")


def _is_for_readers(name: str) -> bool:
    return name.split(".")[0] in SCHEMAS or name in ALSO


def _tables(con: duckdb.DuckDBPyConnection, catalog: str) -> dict[str, list[str]]:
    """The tables of a database: schema.table -> names and types of its columns."""
    rows = con.execute(
        "select schema_name || '.' || table_name, list(column_name || ' ' || data_type order by column_index)"
        f" from duckdb_columns() where database_name = {catalog} and not internal"
        " and (schema_name, table_name) in (select (schema_name, table_name) from duckdb_tables())"
        " group by 1 order by 1"
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
