"""Answers of the published copy. One file in `queries/` a question; the copy is never written to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import streamlit as st

from flows.core.errors import ConfigError
from flows.settings import Settings, load_settings
from flows.warehouse.duck import reader

QUERIES = Path(__file__).resolve().parent.parent / "queries"

Row = dict[str, Any]


def query(name: str, **params: Any) -> pl.DataFrame:
    """The rows of `queries/<name>.sql` with its $parameters. Cached until another copy is published."""
    settings = load_settings()
    return _query(_version(settings), name, tuple(sorted(params.items())), _settings=settings)


def one(name: str, **params: Any) -> Row | None:
    """The only row of a query, or None."""
    rows = query(name, **params).to_dicts()
    return rows[0] if rows else None


@st.cache_data(max_entries=400, show_spinner=False)
def _query(
    version: tuple[str, int],  # noqa: ARG001 - part of what the answer is kept under
    name: str,
    params: tuple[tuple[str, Any], ...],
    *,
    _settings: Settings,
) -> pl.DataFrame:
    with reader(_settings) as con:
        # As its own cursor: DuckDB connections are not shared between threads.
        return con.execute((QUERIES / f"{name}.sql").read_text(), dict(params)).pl()


def _version(settings: Settings) -> tuple[str, int]:
    """Which copy is published. Raises ConfigError, by way of `reader`, where there is none."""
    path = settings.serving_dir / "current.duckdb"
    if not path.exists():
        with reader(settings):
            pass
    return str(path.resolve()), path.stat().st_mtime_ns  # not of the resolved one: it may be gone by now


def stop_without_data(error: Exception) -> None:
    """Say why there is nothing to show, and what to do about it; ends the page."""
    if isinstance(error, ConfigError):
        st.title("Nothing to show yet")
        st.info(error.what)
        st.text(error.todo)
    else:
        st.title("This page cannot be shown")
        st.error("The published copy does not have what this page asks for. Run `groundswell run hourly`, then reload.")
        st.text(str(error).splitlines()[0][:300])
    st.stop()


FAILURES = (ConfigError, duckdb.Error)
