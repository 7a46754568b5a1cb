"""The search that other tests rely on finds a text wherever it hides."""

from __future__ import annotations

import gzip
import json
import pickle
import sqlite3
import zlib
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest
from search_everything import search_everything
from sklearn.feature_extraction.text import TfidfVectorizer

CANARY = "Zoë Quillfeather-Canary"
OTHER = "nobody-has-this-canary"


def _parquet(path: Path) -> None:
    pl.DataFrame({"n": range(500), "payload": [*["x" * 50] * 499, json.dumps({"name": CANARY})]}).write_parquet(
        path, compression="zstd"
    )


def _duckdb(path: Path) -> None:
    with duckdb.connect(str(path)) as con:
        con.execute("create schema s")
        con.execute("create table s.t as select 'row ' || i as a from range(20000) t(i)")
        con.execute("update s.t set a = ? where a = 'row 777'", [f"by {CANARY} herself"])


def _sqlite(path: Path) -> None:
    con = sqlite3.connect(path)
    con.execute("create table t (a text, b blob)")
    con.execute("insert into t values (?, ?)", ("x", zlib.compress(f"a blob with {CANARY}".encode() * 9)))
    con.commit()
    con.close()


def _model(path: Path) -> None:
    fitted = TfidfVectorizer(token_pattern=r"[^|]+").fit([f"a|b|{CANARY}", "a|c"])
    path.write_bytes(pickle.dumps({"model": fitted}, protocol=5))


HIDDEN: dict[str, Callable[[Path], object]] = {
    "plain text": lambda p: p.write_text(f"a name: {CANARY.upper()}"),
    "JSON with escapes": lambda p: p.write_text(json.dumps({"deep": [{"name": CANARY}]})),
    "gzip": lambda p: p.write_bytes(gzip.compress(f"x {CANARY} y".encode())),
    "UTF-16": lambda p: p.write_bytes(CANARY.encode("utf-16")),
    "an array of texts": lambda p: np.savez_compressed(p, a=np.array(["x", CANARY])),
    "a pickled model": _model,
    "Parquet": _parquet,
    "DuckDB": _duckdb,
    "SQLite": _sqlite,
    "a URL": lambda p: p.write_text("https://x.example/?q=Zo%C3%AB%20Quillfeather-Canary&page=1"),
    "base64": lambda p: p.write_text("AAA" + __import__("base64").b64encode(f"ab {CANARY}!!".encode()).decode()),
    "the name of a file": lambda p: (p.parent / f"{CANARY}.txt").touch(),
}  # fmt: skip


@pytest.mark.parametrize("hiding", HIDDEN)
def test_a_text_is_found_in(hiding: str, tmp_path: Path) -> None:
    HIDDEN[hiding](tmp_path / "deep.npz" if "array" in hiding else tmp_path / "deep")
    found = search_everything(tmp_path, [CANARY, OTHER])
    assert {hit.canary for hit in found.hits} == {CANARY}
    assert not search_everything(tmp_path, [CANARY], skip=[tmp_path]).hits


def test_a_number_is_found_in_a_column_of_numbers(tmp_path: Path) -> None:
    pl.DataFrame({"user_id": [1, 918273645]}).write_parquet(tmp_path / "a.parquet")
    with duckdb.connect(str(tmp_path / "b.duckdb")) as con:
        con.execute("create table t as select 918273645 as user_id")
    found = search_everything(tmp_path, ["918273645"])
    assert {hit.path.name for hit in found.hits} == {"a.parquet", "b.duckdb"}
    assert found.decoded["Parquet"] and found.decoded["DuckDB"]
