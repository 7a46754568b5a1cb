"""Readers of exported files: bytes in, rows out, every problem named with its line.

A row that cannot be read is set aside with its text and its reason, and the rest of the file goes on. A file is
refused as a whole where its header is missing or wrong, and where not one of its rows can be read.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from flows.core.errors import ConfigError, VendorError
from flows.core.json_text import read_json

FORMATS = {
    "csv": "csv", "tsv": "csv", "txt": "csv", "jsonl": "jsonl", "ndjson": "jsonl", "parquet": "parquet",
    "pq": "parquet",
}  # fmt: skip
_DELIMITERS = ",;\t|"
_NOT_UTF8 = re.compile("[\udc80-\udcff]")  # how a byte that is not UTF-8 is held until its row is known
csv.field_size_limit(1 << 30)  # a message may have megabytes


@dataclass(frozen=True)
class Unreadable:
    """A row that cannot be read: the line at which it begins, the reason, and its text as far as it is text."""

    line: int
    why: str
    text: str


@dataclass(frozen=True)
class Table:
    """The rows of one file. `columns` is empty for a JSON lines file without rows: it has no header."""

    columns: tuple[str, ...]
    rows: list[dict[str, Any]]
    unreadable: list[Unreadable] = field(default_factory=list)


def format_of(path: str, said: str | None) -> str:
    """csv, jsonl or parquet: as said in the settings, else by the file's ending. Raises ConfigError."""
    name = PurePath(path).name.lower().removesuffix(".gz")
    ending = name.rsplit(".", 1)[-1] if "." in name else ""
    found = said or FORMATS.get(ending)
    if found is None:
        raise ConfigError(
            f"{path} has the ending {'.' + ending if ending else '(none)'}, which names no format we read",
            'Say which it is: format = "csv", "jsonl" or "parquet".',
        )
    return found


def read_table(source: str, path: str, data: bytes, file_format: str) -> Table:
    """Parse one file, which may be gzipped. Raises VendorError for one of which nothing can be taken."""
    data = _unpacked(source, path, data)
    if data[:4] == b"PAR1" and file_format != "parquet":
        raise VendorError(source, f"{path} is a Parquet file, not {file_format}", 'Say so: format = "parquet".')
    if file_format == "parquet":
        table = _parquet(source, path, data)
    elif file_format == "csv":
        table = _csv(source, path, _text(source, path, data))
    else:
        table = _json_lines(_text(source, path, data))
    if table.unreadable and not table.rows:
        first = table.unreadable[0]
        raise VendorError(
            source, f"{path}: none of its rows can be read, the first on line {first.line}: {first.why}",
            "Check format, delimiter and encoding of the export; nothing of the file was taken.",
        )  # fmt: skip
    return table


def _unpacked(source: str, path: str, data: bytes) -> bytes:
    if data[:2] != b"\x1f\x8b":
        return data
    try:
        return gzip.decompress(data)
    except (EOFError, OSError, zlib.error) as error:
        raise VendorError(source, f"{path} is a damaged gzip file ({error})", "Export it again.") from error


def _text(source: str, path: str, data: bytes) -> str:
    """Text of UTF-8, or of UTF-16 with a mark or with every second byte of its first letter zero."""
    wide = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}.get(data[:2])
    if wide is None and len(data) > 1 and 0 in data[:2]:
        wide = "utf-16-be" if data[0] == 0 else "utf-16-le"
    if wide is None:
        return data.decode("utf-8-sig", "surrogateescape")
    try:
        return data.decode(wide)
    except UnicodeDecodeError as error:
        raise VendorError(
            source, f"{path} is not valid UTF-16 at byte {error.start}", "Export it as UTF-8; nothing of it was taken."
        ) from error


def _lines(text: str) -> list[str]:
    """Lines with their ends. A lone carriage return ends one only in a file that knows no other end."""
    return list(io.StringIO(text, newline="\n" if "\n" in text else "\r"))


def _plain(text: str) -> str:
    """A row's text without bytes that are none: they are shown as \\xe9."""
    return text.rstrip("\r\n").encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _broken_byte(text: str) -> str | None:
    found = _NOT_UTF8.search(text)
    return f"byte 0x{ord(found[0]) - 0xDC00:02x} is not UTF-8" if found else None


class _Feed:
    """Lines for a CSV reader, which can be set back to a line: `at` is the number of those that were taken."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.at = 0

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        if self.at >= len(self.lines):
            raise StopIteration
        self.at += 1
        return self.lines[self.at - 1]


def _csv(source: str, path: str, text: str) -> Table:
    feed = _Feed(_lines(text))
    is_broken = _NOT_UTF8.search(text) is not None
    first = re.sub(r'"[^"]*"', "", feed.lines[0]) if feed.lines else ""
    reader = csv.reader(feed, delimiter=max(_DELIMITERS, key=first.count), strict=True)
    header = _header(source, path, reader)
    rows: list[dict[str, Any]] = []
    unreadable: list[Unreadable] = []
    while True:
        begins = feed.at
        why = None
        try:
            values = next(reader)
        except StopIteration:
            return Table(header, rows, unreadable)
        except csv.Error as error:
            # A quote that is never closed would swallow all that follows: only its first line is given up.
            feed.at = begins + 1
            why = str(error).partition(" - ")[0]
        else:
            if not values:
                continue
            if len(values) != len(header):
                why = f"{len(values)} values for {len(header)} columns"
        raw = "".join(feed.lines[begins : feed.at]) if why or is_broken else ""
        why = _broken_byte(raw) or why
        if why:
            unreadable.append(Unreadable(begins + 1, why, _plain(raw)))
        else:
            rows.append({k: v if v != "" else None for k, v in zip(header, values, strict=True)})


def _header(source: str, path: str, reader: Any) -> tuple[str, ...]:
    try:
        header = tuple(name.strip() for name in next(reader, []))
    except csv.Error as error:
        raise VendorError(source, f"{path} line 1: {error}", "Check the quoting of the header.") from error
    if not any(header):
        raise VendorError(source, f"{path} is empty: it has no header line", "Export it again.")
    if broken := _broken_byte("".join(header)):
        raise VendorError(source, f"{path} line 1: {broken}", "Export it as UTF-8; nothing of the file was taken.")
    if doubled := {name for name in header if header.count(name) > 1}:
        raise VendorError(source, f"{path} names the column {min(doubled)!r} twice", "Rename one of them.")
    return header


def _json_lines(text: str) -> Table:
    rows: list[dict[str, Any]] = []
    unreadable: list[Unreadable] = []
    for number, line in enumerate(_lines(text), start=1):
        if not line.strip():
            continue
        why = _broken_byte(line)
        try:
            row = None if why else read_json(line)
        except ValueError as error:
            row, why = None, f"it is not JSON ({error})"
        if isinstance(row, dict):
            rows.append(row)
        else:
            unreadable.append(Unreadable(number, why or "it is not a JSON object, one a line", _plain(line)))
    return Table(tuple(dict.fromkeys(key for row in rows for key in row)), rows, unreadable)


def _parquet(source: str, path: str, data: bytes) -> Table:
    try:
        # Arrow's reader and not polars': that one panics on some damaged files.
        found = pq.ParquetFile(io.BytesIO(data)).read()
        columns = tuple(found.column_names)
    except (pa.ArrowException, OSError, ValueError) as error:
        what = " ".join(str(error).split())[:200]
        raise VendorError(source, f"{path} is not a readable Parquet file ({what})", "Export it again.") from error
    try:
        return Table(columns, found.to_pylist())
    except (pa.ArrowException, ValueError, OverflowError):  # a time outside the calendar, a text that is not UTF-8
        return _row_by_row(columns, found)


def _row_by_row(columns: tuple[str, ...], found: pa.Table) -> Table:
    rows: list[dict[str, Any]] = []
    unreadable: list[Unreadable] = []
    for number in range(found.num_rows):
        try:
            rows += found.slice(number, 1).to_pylist()
        except (pa.ArrowException, ValueError, OverflowError) as error:
            unreadable.append(Unreadable(number + 1, str(error), f"row {number + 1}"))
    return Table(columns, rows, unreadable)
