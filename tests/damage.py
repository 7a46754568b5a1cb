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
    """Overwrite bytes in some forty blocks of a DuckDB file, or all it has, but in none that it needs to be opened."""
    blocks = range(HEADERS, path.stat().st_size, BLOCK)
    for place in blocks[:: max(1, len(blocks) // 40)]:
        with path.open("rb") as file:
            file.seek(place + 2000)
            before = file.read(100)
        overwrite(path, place + 2000, b"\xff" * len(before))
        try:
            duckdb.connect(str(path), read_only=True).close()
        except duckdb.Error:
            overwrite(path, place + 2000, before)
