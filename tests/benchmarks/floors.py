"""What the machine could do at best for each stage: the least work that any program doing it would have to do.

    validate        read every landed payload once and decode it with orjson
    stage           read the same Parquet once, decode nothing, and write the tables that the stage makes
    read            the pure function on one batch of messages, times their number, on all cores
    judge, history  write the tables that judging makes, their contents being known
    show            copy the file of the serving copy

Files are read warm. `ratio` in the table is the stage's seconds to these.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import orjson
import polars as pl

from flows.landing.store import Store
from flows.settings import Settings

WHAT = {
    "validate": "read each payload once, decode it with orjson",
    "stage": "read the Parquet once, write the tables of the stage",
    "read": "the pure function on 2,500 messages, times their number, on all cores",
    "judge": "write the tables that judging makes",
    "show": "copy the serving file",
}
_BATCH = 2_500


def measure(settings: Settings, name: str) -> dict[str, Any]:
    """Seconds of the floor of a stage of a home where the stage has been run."""
    started = time.perf_counter()
    seconds = _FLOORS[name](settings)
    return {"seconds": round(time.perf_counter() - started if seconds is None else seconds, 3), "what": WHAT[name]}


def _validate(settings: Settings) -> None:
    for path in _landed(settings):
        for payload in pl.read_parquet(path, columns=["payload"])["payload"]:
            orjson.loads(payload)


def _stage(settings: Settings) -> None:
    with tempfile.TemporaryDirectory(dir=settings.home) as folder, duckdb.connect(f"{folder}/copy.duckdb") as con:
        files = _landed(settings)
        con.execute(
            "create table landed as select id, version, seq, hash(payload) as mark from read_parquet(?)", [files]
        )
        _copy_tables(
            con,
            settings,
            "('staging') or schema_name = 'intermediate' and table_name in"
            " ('int_tickets', 'int_messages', 'int_users')",
        )


def _judge(settings: Settings) -> None:
    with tempfile.TemporaryDirectory(dir=settings.home) as folder, duckdb.connect(f"{folder}/copy.duckdb") as con:
        _copy_tables(
            con,
            settings,
            "('intermediate', 'marts', 'publish') and table_name not in ('int_tickets', 'int_messages', 'int_users')",
        )


def _copy_tables(con: duckdb.DuckDBPyConnection, settings: Settings, which: str) -> None:
    con.execute(f"attach '{settings.warehouse_path}' as warehouse (read_only)")
    tables = con.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = 'warehouse'"
        f" and schema_name in {which}"
    ).fetchall()
    for schema, table in tables:
        con.execute(f'create table "{schema}_{table}" as from warehouse."{schema}"."{table}"')
    con.execute("checkpoint")


def _read(settings: Settings) -> float:
    """Cleaning, redacting and reading of messages; the first batch, which compiles expressions, is not counted."""
    from flows.enrich import messages

    with duckdb.connect(str(settings.warehouse_path), read_only=True) as con:
        number = con.execute("select count(*) from intermediate.int_messages").fetchall()[0][0]
        frame = con.execute(
            "select message_id, ticket_id, 'x' as content_hash, author_role, position, is_public, body_format,"
            " cast(null as varchar) as subject, body from intermediate.int_messages using sample"
            f" reservoir({2 * _BATCH} rows) repeatable (7)"
        ).pl()
    messages.read_messages(frame.head(_BATCH))
    started = time.perf_counter()
    messages.read_messages(frame.tail(_BATCH))
    each = (time.perf_counter() - started) / min(_BATCH, frame.height)
    return each * number / (os.cpu_count() or 1)


def _show(settings: Settings) -> None:
    with tempfile.TemporaryDirectory(dir=settings.home) as folder:
        shutil.copyfile(settings.serving_dir / "current.duckdb", Path(folder) / "copy.duckdb")


def _landed(settings: Settings) -> list[str]:
    store = Store(settings.landing)
    return [path for source, stream in store.streams() for path in store.files(source, stream)]


_FLOORS: dict[str, Callable[[Settings], float | None]] = {
    "validate": _validate, "stage": _stage, "read": _read, "judge": _judge, "show": _show,
}  # fmt: skip
