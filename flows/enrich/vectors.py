"""Vectors that were computed or paid for once, kept below home/vectors by the hash of their text: no text is in it.

Half precision is enough to compare texts, and what is computed now equals what is read later. Files can be deleted at
any time; `groundswell forget` does.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import numpy as np

from flows.enrich.protocols import Matrix

ASKED = 500  # keys in one query
WAIT = 60.0  # seconds for another process that writes


class Vectors:
    """The vectors of one model: one SQLite file, which several processes may use."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def known(self, texts: Sequence[str]) -> dict[str, Matrix]:
        """The vectors of those texts that have one."""
        if not texts or not self.path.exists():
            return {}
        by_key = {_key(text): text for text in texts}
        keys, found = list(by_key), {}
        with closing(self._open()) as con:
            for start in range(0, len(keys), ASKED):
                asked = keys[start : start + ASKED]
                marks = ", ".join("?" * len(asked))
                rows = con.execute(f"select key, point from vectors where key in ({marks})", asked)
                found.update({by_key[key]: np.frombuffer(point, np.float16).astype(np.float32) for key, point in rows})
        return found

    def keep(self, texts: Sequence[str], points: Matrix) -> None:
        """Keep a row of `points` for each text. The first one stays: a text has the same vector ever after."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        rows = [(_key(text), point.tobytes()) for text, point in zip(texts, points.astype(np.float16), strict=True)]
        with closing(self._open()) as con, con:
            con.executemany("insert or ignore into vectors values (?, ?)", rows)

    def _open(self) -> sqlite3.Connection:
        con = sqlite3.connect(self.path, timeout=WAIT)
        con.execute("pragma journal_mode = wal")
        con.execute("create table if not exists vectors (key blob primary key, point blob not null) without rowid")
        return con


def _key(text: str) -> bytes:
    return sha256(text.encode(errors="surrogatepass")).digest()
