"""Damage done to files, for tests of what becomes of them."""

from __future__ import annotations

from pathlib import Path

import duckdb

BLOCK, HEADERS = 256 << 10, 12 << 10  # bytes of a block of DuckDB's, and of what stands before the first


def overwrite(path: Path, place: int, content: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(place)
        file.write(content)


def overwrite_what_is_read_late(path: Path) -> None:
    """Overwrite bytes in every block of a DuckDB file but those that it needs to be opened."""
    trial = path.with_name("trial")
    for place in range(HEADERS, path.stat().st_size, BLOCK):
        trial.write_bytes(path.read_bytes())
        overwrite(trial, place + 2000, b"\xff" * 100)
        try:
            duckdb.connect(str(trial), read_only=True).close()
        except duckdb.Error:
            continue
        overwrite(path, place + 2000, b"\xff" * 100)
    trial.unlink()
