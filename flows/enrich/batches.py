"""A table of the warehouse through a function, batch by batch, in the order of its rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import duckdb
import polars as pl

from flows.core.run import Run
from flows.core.workers import Progress, in_order, processes


def read_table(
    con: duckdb.DuckDBPyConnection,
    run: Run,
    table: str,
    read: Callable[[pl.DataFrame], pl.DataFrame],
    batch: int,
    chunk: int,
    *,
    alone: bool = False,
) -> Iterator[pl.DataFrame]:
    """`read` of every `batch` rows of a table whose column `n` counts from 1, joined to frames of about `chunk` rows.

    A chunk of rows is in memory at once, and what became of it. `alone`: in this process, however many rows there are.
    """
    total = count(con, table)
    progress = Progress(table.replace("_", " "), total)

    def batches() -> Iterator[pl.DataFrame]:
        for start in range(0, total, chunk):
            rows = con.execute(
                f"select * exclude (n) from {table} where n > {start} and n <= {start + chunk} order by n"
            )
            yield from rows.pl().iter_slices(batch)

    workers = 1 if alone else processes(run.settings.processes)
    ready: list[pl.DataFrame] = []
    for frame in in_order(read, batches(), math.ceil(total / batch), workers):
        ready.append(frame)
        progress.add(frame.height)
        if sum(part.height for part in ready) >= chunk:
            yield pl.concat(ready)
            ready = []
    if ready:
        yield pl.concat(ready)


def insert(con: duckdb.DuckDBPyConnection, table: str, frame: pl.DataFrame) -> None:
    """Append a frame to a table that has its columns."""
    con.register("new_rows", frame.to_arrow())
    con.execute(f"insert into {table} by name select * from new_rows")
    con.unregister("new_rows")


def count(con: duckdb.DuckDBPyConnection, table: str) -> int:
    """How many rows a table has."""
    return int(con.sql(f"select count(*) from {table}").fetchall()[0][0])
