"""Readers of exported files: bytes in, rows out, every problem named with its line.

All of a file is read before any of it is used: a file that is damaged anywhere is refused as a whole.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
import polars as pl

from flows.core.errors import ConfigError, VendorError

FORMATS = {
    "csv": "csv", "tsv": "csv", "txt": "csv", "jsonl": "jsonl", "ndjson": "jsonl", "parquet": "parquet",
    "pq": "parquet",
}  # fmt: skip
_DELIMITERS = ",;\t|"
csv.field_size_limit(1 << 30)  # a message may have megabytes


@dataclass(frozen=True)
class Table:
    """The rows of one file. `columns` is empty for a JSON lines file without rows: it has no header."""

    columns: tuple[str, ...]
    rows: list[dict[str, Any]]


def format_of(path: str, said: str | None) -> str:
    """csv, jsonl or parquet: as said in the settings, else by the file's ending. Raises ConfigError."""
    ending = path.rsplit(".", 1)[-1].lower() if "." in path.rsplit("/", 1)[-1] else ""
    found = said or FORMATS.get(ending)
    if found is None:
        raise ConfigError(
            f"{path} has the ending {'.' + ending if ending else '(none)'}, which names no format we read",
            'Say which it is: format = "csv", "jsonl" or "parquet".',
        )
    return found


def read_table(source: str, path: str, data: bytes, file_format: str) -> Table:
    """Parse one file. Raises VendorError with the line of what cannot be read."""
    if file_format == "parquet":
        return _parquet(source, path, data)
    text = _text(source, path, data)
    return _csv(source, path, text) if file_format == "csv" else _json_lines(source, path, text)


def _text(source: str, path: str, data: bytes) -> str:
    utf16 = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    try:
        return data.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise VendorError(
            source, f"{path} line {line}: byte 0x{data[error.start]:02x} is not UTF-8",
            "Export it as UTF-8; nothing of the file was taken.",
        ) from error  # fmt: skip


def _csv(source: str, path: str, text: str) -> Table:
    header_line = text.split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=header_line.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begins = 1
    try:
        header = [name.strip() for name in next(reader, [])]
        if not header:
            raise VendorError(source, f"{path} is empty: it has no header line", "Export it again.")
        if doubled := {name for name in header if header.count(name) > 1}:
            raise VendorError(source, f"{path} names the column {min(doubled)!r} twice", "Rename one of them.")
        rows = []
        begins = reader.line_num + 1
        for values in reader:
            if values and len(values) != len(header):
                raise VendorError(
                    source, f"{path} line {begins}: {len(values)} values for {len(header)} columns",
                    "Check the quoting there; nothing of the file was taken.",
                )  # fmt: skip
            if values:
                rows.append({k: v if v != "" else None for k, v in zip(header, values, strict=True)})
            begins = reader.line_num + 1
    except csv.Error as error:
        raise VendorError(
            source, f"{path} line {begins}: {error}", "Check the quoting there; nothing of the file was taken."
        ) from error
    return Table(tuple(header), rows)


def _json_lines(source: str, path: str, text: str) -> Table:
    rows = list(_json_rows(source, path, text))
    return Table(tuple(dict.fromkeys(key for row in rows for key in row)), rows)


def _json_rows(source: str, path: str, text: str) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = orjson.loads(line)
        except ValueError as error:
            raise VendorError(
                source, f"{path} line {number} is not JSON ({error})", "Nothing of the file was taken."
            ) from error
        if not isinstance(row, dict):
            raise VendorError(source, f"{path} line {number} is not a JSON object", "One object a line.")
        yield row


def _parquet(source: str, path: str, data: bytes) -> Table:
    try:
        frame = pl.read_parquet(io.BytesIO(data))
    except (pl.exceptions.PolarsError, OSError) as error:
        raise VendorError(source, f"{path} is not a readable Parquet file ({error})", "Export it again.") from error
    return Table(tuple(frame.columns), frame.to_dicts())
