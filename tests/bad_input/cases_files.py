# ruff: noqa: E501  (one case a line)
"""Exported files that are wrong: one file each, read as the tickets of a source of its own.

`given` is an Export. A row that cannot be read is kept apart and its file goes on; a file of which nothing can be
taken is refused, and says so by its name.
"""

from __future__ import annotations

import gzip
import io
import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
from cases import Case, End

HEADER = "id,subject,created_at"
AT = "2026-06-01T10:00:00Z"
ONE, THREE = f"1,one,{AT}", f"3,three,{AT}"


@dataclass(frozen=True)
class Export:
    """A file, and what comes of it: ids that reach the marts, and rows that are kept apart."""

    file: str
    data: bytes | None  # None: there is a link of this name that leads nowhere
    marts: tuple[str, ...] = ()
    apart: int = 0
    spec: dict[str, Any] = field(default_factory=dict)  # further settings of the stream


def _csv(*rows: str, end: str = "\n", header: str = HEADER) -> bytes:
    return end.join([header, *rows, ""]).encode()


def _export(
    name: str, ends: End, says: str, data: bytes | None, *marts: str, apart: int = 0, file: str = "t.csv", **spec: Any
) -> Case:
    return Case(name, Export(file, data, marts, apart, spec), says, ends)


def _row(name: str, bad: str | bytes, says: str, *marts: str, file: str = "t.csv") -> Case:
    """One row among good ones: it is kept apart, they are not."""
    data = _csv(ONE) + (bad if isinstance(bad, bytes) else bad.encode()) + b"\n" + _csv(THREE, header="").lstrip()
    return _export(name, "quarantine", says, data, *(marts or ("1", "3")), apart=1, file=file)


def _parquet(**columns: Any) -> bytes:
    found = {"id": ["1"], "subject": ["one"], "created_at": [AT], **columns}
    buffer = io.BytesIO()
    pl.DataFrame({name: values for name, values in found.items() if values is not None}).write_parquet(buffer)
    return buffer.getvalue()


def _lines(*rows: Any) -> bytes:
    return b"".join((row if isinstance(row, bytes) else json.dumps(row).encode()) + b"\n" for row in rows)


_ID1 = {"id": 1, "subject": "one", "created_at": AT}
_ID3 = {"id": 3, "subject": "three", "created_at": AT}

QUOTING = [
    _row("a quote that is never closed", f'2,"two,{AT}', "t.csv line 3: unexpected end of data"),
    _row("text behind a closing quote", f'2,"two" too,{AT}', "t.csv line 3: ',' expected after '\"'"),
    _export("a quote that is never closed, in the last row", "quarantine", "t.csv line 3: unexpected end of data", _csv(ONE, f'2,"two,{AT}'), "1", apart=1),
    _export("a quote that is never closed before a quoted row", "quarantine", "t.csv line 3: ',' expected after '\"'", _csv(ONE, f'2,"two,{AT}', f'3,"three, and more",{AT}'), "1", "3", apart=1),
    _export("a quoted field over three lines", "marts", "", _csv(ONE, f'2,"two\n\nlines",{AT}'), "1", "2"),
    _export("quotes doubled within a field", "marts", "", _csv(f'1,"he said ""no""",{AT}'), "1"),
    _export("a quote within a bare field", "marts", "", _csv(f'1,a 5" disk,{AT}'), "1"),
    _export("a header of which a quote is never closed", "refused", "t.csv line 1: unexpected end of data. Check the quoting of the header.", b'id,"subject,created_at\n1,one,x\n'),
    _export("delimiters within the names of the header", "marts", "", _csv(f'1,x,{AT}', header='id,"a;b;c;d",created_at'), "1"),
]  # fmt: skip

DELIMITERS = [
    _export("semicolons", "marts", "", _csv(ONE, header=HEADER).replace(b",", b";"), "1"),
    _export("tabs", "marts", "", _csv(ONE).replace(b",", b"\t"), "1", file="t.tsv"),
    _export("tabs in a .csv", "marts", "", _csv(ONE).replace(b",", b"\t"), "1"),
    _export("pipes", "marts", "", _csv(ONE).replace(b",", b"|"), "1"),
    _export("a delimiter nobody uses", "refused", "nothing is mapped to 'id'. The file's columns are: id~subject~created_at.", _csv(ONE).replace(b",", b"~")),
    _export("a header of semicolons above rows of commas", "refused", "t.csv: none of its rows can be read, the first on line 2: 1 values for 3 columns. Check format, delimiter and encoding of the export; nothing of the file was taken.", b"id;subject;created_at\n" + ONE.encode() + b"\n"),
    _row("one row of semicolons", f"2;two;{AT}", "t.csv line 3: 1 values for 3 columns"),
]  # fmt: skip

ENCODINGS = [
    _export("a byte-order mark of UTF-8", "marts", "", b"\xef\xbb\xbf" + _csv(ONE), "1"),
    _export("UTF-16 with a mark, little end first", "marts", "", _csv(ONE).decode().encode("utf-16"), "1"),
    _export("UTF-16 with a mark, big end first", "marts", "", b"\xfe\xff" + _csv(ONE).decode().encode("utf-16-be"), "1"),
    _export("UTF-16 without a mark", "marts", "", _csv(ONE).decode().encode("utf-16-le"), "1"),
    _export("UTF-16 that is cut within a letter", "refused", "t.csv is not valid UTF-16 at byte 98. Export it as UTF-8; nothing of it was taken.", _csv(ONE).decode().encode("utf-16")[:-1]),
    _row("one row of Latin-1", f"2,caf\xe9,{AT}".encode("latin-1"), "t.csv line 3: byte 0xe9 is not UTF-8"),
    _row("one row of Windows-1252", f"2,\u201cquoted\u201d,{AT}".encode("cp1252"), "t.csv line 3: byte 0x93 is not UTF-8"),
    _row("a letter of UTF-8 cut in two", b"2,\xe2\x82," + AT.encode(), "t.csv line 3: byte 0xe2 is not UTF-8"),
    _row("a surrogate written as UTF-8", b"2,\xed\xa0\x80," + AT.encode(), "t.csv line 3: byte 0xed is not UTF-8"),
    _row("bytes that are no text", b"2,\xff\xfe\xfd," + AT.encode(), "t.csv line 3: byte 0xff is not UTF-8"),
    _export("a header of Latin-1", "refused", "t.csv line 1: byte 0xe9 is not UTF-8. Export it as UTF-8; nothing of the file was taken.", "id,caf\xe9,created_at\n1,x,y\n".encode("latin-1")),
    _export("every row of Latin-1", "refused", "t.csv: none of its rows can be read, the first on line 2: byte 0xe9 is not UTF-8.", _csv(f"1,caf\xe9,{AT}").decode().encode("latin-1")),
    _export("Latin-1 in a JSON line", "quarantine", "t.jsonl line 2: byte 0xe9 is not UTF-8", _lines(_ID1, b'{"id": 2, "subject": "caf\xe9"}', _ID3), "1", "3", apart=1, file="t.jsonl"),
]  # fmt: skip

SHAPES = [
    _export("an empty file", "refused", "t.csv is empty: it has no header line. Export it again.", b""),
    _export("a file of blank lines", "refused", "t.csv is empty: it has no header line. Export it again.", b"\n\n\n"),
    _export("a byte-order mark and nothing else", "refused", "t.csv is empty: it has no header line. Export it again.", b"\xef\xbb\xbf"),
    _export("a header and nothing else", "refused", "a full snapshot came without any rows (snapshot_rows is 0)", _csv()),
    _export("a column that is there twice", "refused", "t.csv names the column 'subject' twice. Rename one of them.", b"id,subject,subject\n1,a,b\n"),
    _export("columns that differ in blanks alone", "refused", "t.csv names the column 'id' twice. Rename one of them.", b"id, id ,subject\n1,2,a\n"),
    _export("two columns without a name", "refused", "t.csv names the column '' twice. Rename one of them.", b"id,,\n1,a,b\n"),
    _row("too few values", "2,two", "t.csv line 3: 2 values for 3 columns"),
    _row("too many values", f"2,two,{AT},four", "t.csv line 3: 4 values for 3 columns"),
    _row("too many values over two lines", f'2,"two\nlines",{AT},four', "t.csv line 3: 4 values for 3 columns"),
    _row("the end of a row that was cut off", "2", "t.csv line 3: 1 values for 3 columns"),
    _row("a carriage return within a field", f"2,two\rlines,{AT}", "t.csv line 3: new-line character seen in unquoted field"),
    _export("carriage returns for line ends", "marts", "", _csv(ONE, THREE, end="\r"), "1", "3"),
    _export("line ends of Windows", "marts", "", _csv(ONE, THREE, end="\r\n"), "1", "3"),
    _export("no line end after the last row", "marts", "", _csv(ONE).rstrip(), "1"),
    _export("blank lines between the rows", "marts", "", _csv(ONE, "", "", THREE), "1", "3"),
    _export("a NUL in a field", "marts", "", _csv(f"1,a\0b,{AT}"), "1"),
    _export("a line separator of Unicode in a field", "marts", "", _csv(f"1,a\u2028b\x0bc\x85d,{AT}"), "1"),
    _export("a line of two megabytes", "marts", "1 of 2 rows break subject_length (warning)", _csv(f"1,{'long ' * 400_000},{AT}", THREE), "1", "3"),
    _export("more columns than anybody reads", "marts", "", _csv(f"{ONE}{',x' * 3000}", header=HEADER + "".join(f",c{n}" for n in range(3000))), "1"),
]  # fmt: skip

IDS = [
    _export("no column for the id", "refused", "nothing is mapped to 'id'. The file's columns are: key, subject, created_at.", _csv(ONE, header="key,subject,created_at")),
    _export("a row without an id", "quarantine", "tickets: 1 row has no id", _csv(ONE, f",two,{AT}"), "1", apart=1),
    _export("an id of blanks", "quarantine", "tickets: 1 row has no id", _csv(ONE, f"   ,two,{AT}"), "1", apart=1),
    _export("an id with blanks around it", "marts", "", _csv(f"  1 ,one,{AT}"), "1"),
    _export("an id with a blank within", "marts", "", _csv(f"A 1,one,{AT}"), "A 1"),
    _export("an id with a quote and a bracket", "marts", "", _csv(f"O'Brien[1],one,{AT}"), "O'Brien[1]"),
    _export("an id of a thousand letters", "marts", "", _csv(f"{'i' * 1000},one,{AT}"), "i" * 1000),
    _export("an id twice with the same contents", "marts", "", _csv(ONE, ONE), "1"),
    _export("an id twice with different contents", "quarantine", "key_is_unique", _csv(ONE, f"1,another,{AT}"), "1", apart=1),
    _export("an id that differs in its case", "marts", "", _csv(f"a,one,{AT}", f"A,two,{AT}"), "a", "A"),
    _export("an id with leading zeros", "marts", "", _csv(f"007,one,{AT}", f"7,two,{AT}"), "007", "7"),
]  # fmt: skip

TIMES = [
    _row(f"a time that is {name}", f"2,two,{value}", says)
    for name, value, says in (
        ("a word", "yesterday", "yesterday"),
        ("day first", "31/12/2025", "31/12/2025"),
        ("month first with a clock of twelve hours", "12/31/2025 3:00 PM", "12/31/2025 3:00 PM"),
        ("no day of the calendar", "2026-02-30", "2026-02-30"),
        ("of the thirteenth month", "2026-13-01T00:00:00Z", "2026-13-01T00:00:00Z"),
        ("all zeros", "0000-00-00 00:00:00", "declared_types"),
        ("a serial number of a spreadsheet", "45000.5", "45000.5"),
        ("missing", "", "ticket_has_created_at"),
        ("of 1970", "1970-01-01T00:00:00Z", "1970-01-01T00:00:00"),
        ("zero seconds since 1970", "0000000000", "1970-01-01T00:00:00"),
        ("of the year 1", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00"),
        ("before the first year in UTC", "0001-01-01T00:00:00+02:00", "0001-01-01T00:00:00+02:00"),
        ("of the year 9999", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59"),
        ("next year", "2027-06-01T10:00:00Z", "2027-06-01T10:00:00"),
    )
] + [
    _export(f"a time that is {name}", "marts", "", _csv(f"1,one,{value}"), "1")
    for name, value in (
        ("a day", "2026-06-01"), ("without a zone", "2026-06-01 10:00:00"), ("in another zone", "2026-06-01T12:00:00+02:00"),
        ("in seconds", "1780308000"), ("in milliseconds", "1780308000000"), ("with microseconds", "2026-06-01T10:00:00.123456Z"),
        ("without dashes", "20260601T100000Z"),
    )
]  # fmt: skip

JSON_LINES = [
    _export("a JSON line that is cut off", "quarantine", "t.jsonl line 2: it is not JSON", _lines(_ID1, b'{"id": 2, "subj', _ID3), "1", "3", apart=1, file="t.jsonl"),
    _export("a JSON line that is a list", "quarantine", "t.jsonl line 2: it is not a JSON object, one a line", _lines(_ID1, [2], _ID3), "1", "3", apart=1, file="t.jsonl"),
    _export("a JSON line that is null", "quarantine", "t.jsonl line 2: it is not a JSON object, one a line", _lines(_ID1, None, _ID3), "1", "3", apart=1, file="t.jsonl"),
    _export("a JSON array for JSON lines", "refused", "t.jsonl: none of its rows can be read, the first on line 1: it is not a JSON object, one a line.", _lines([_ID1, _ID3]), file="t.jsonl"),
    _export("a JSON array over many lines", "refused", "t.jsonl: none of its rows can be read, the first on line 1: it is not JSON", json.dumps([_ID1], indent=1).encode(), file="t.jsonl"),
    _export("nulls at every depth", "marts", "", _lines({**_ID1, "subject": None, "tags": [None, {"a": None}], "more": {"a": {"b": None}}}), "1", file="t.jsonl"),
    _export("half a character of an emoji", "marts", "", _lines(b'{"id": 1, "subject": "\\ud83d", "created_at": "%s"}' % AT.encode()), "1", file="t.jsonl"),
    _export("a number that is none", "marts", "", _lines(b'{"id": 1, "subject": NaN, "created_at": "%s"}' % AT.encode()), "1", file="t.jsonl"),
    _export("a subject that is an object", "quarantine", "declared_types", _lines(_ID1, {**_ID3, "subject": {"en": "x"}}), "1", apart=1, file="t.jsonl"),
    _export("an id that is a list", "marts", "", _lines({**_ID1, "id": [1]}), "[1]", file="t.jsonl"),
    _export("an id that is true", "marts", "", _lines({**_ID1, "id": True}), "true", file="t.jsonl"),
    _export("tags that are a number", "quarantine", "declared_types", _lines(_ID1, {**_ID3, "tags": 7}), "1", apart=1, file="t.jsonl"),
    _export("a truth value that is a word", "quarantine", "declared_types", _lines(_ID1, {**_ID3, "is_spam": "perhaps"}), "1", apart=1, file="t.jsonl"),
    _export("lists nested three thousand deep", "quarantine", "t.jsonl line 2: it is not JSON", _lines(_ID1, b'{"id": 2, "more": ' + b"[" * 3000 + b"]" * 3000 + b"}", _ID3), "1", "3", apart=1, file="t.jsonl"),
    _export("lists nested three hundred deep", "quarantine", "t.jsonl line 2: Recursion limit reached", _lines(_ID1, b'{"id": 3, "more": ' + b"[" * 300 + b"]" * 300 + b"}"), "1", apart=1, file="t.jsonl"),
    _export("a number beyond 64 bits", "marts", "", _lines({**_ID1, "more": 2**100}), "1", file="t.jsonl"),
    _export("a JSON file without a row", "refused", "a full snapshot came without any rows (snapshot_rows is 0)", b"\n", file="t.jsonl"),
    _export("JSON lines that are named .csv", "refused", "nothing is mapped to 'id'.", _lines(_ID1, _ID3)),
]  # fmt: skip

PARQUET = [
    _export("Parquet with whole numbers for ids", "marts", "", _parquet(id=[1]), "1", file="t.parquet"),
    _export("Parquet with fractions for ids", "marts", "", _parquet(id=[1.0]), "1", file="t.parquet"),
    _export("Parquet with times without a zone", "marts", "", _parquet(created_at=[datetime(2026, 6, 1, 10)]), "1", file="t.parquet"),
    _export("Parquet with times with a zone", "marts", "", _parquet(created_at=[datetime(2026, 6, 1, 10, tzinfo=UTC)]), "1", file="t.parquet"),
    _export("Parquet with days for times", "marts", "", _parquet(created_at=[date(2026, 6, 1)]), "1", file="t.parquet"),
    _export("Parquet with seconds for times", "marts", "", _parquet(created_at=[1780308000]), "1", file="t.parquet"),
    _export("Parquet with lists of tags", "marts", "", _parquet(tags=[["a", "b"]]), "1", file="t.parquet"),
    _export("Parquet with bytes in a column of its own", "marts", "", _parquet(blob=[b"\xff\x00"]), "1", file="t.parquet"),
    _export("Parquet with lengths of time in a column of its own", "marts", "", _parquet(took=[timedelta(seconds=5)]), "1", file="t.parquet"),
    _export("Parquet with nothing in a column", "marts", "", _parquet(subject=[None]), "1", file="t.parquet"),
    _export("Parquet with lists for the subject", "quarantine", "declared_types", _parquet(id=["1"], subject=[["one"]]), apart=1, file="t.parquet"),
    _export("Parquet with times outside the calendar", "quarantine", "t.parquet line 2:", _parquet(id=["1", "2"], subject=["a", "b"], created_at=pl.Series([datetime(2026, 6, 1, 10), None]).cast(pl.Int64).fill_null(2**62).cast(pl.Datetime("us"))), "1", apart=1, file="t.parquet"),
    _export("Parquet without a row", "refused", "a full snapshot came without any rows (snapshot_rows is 0)", _parquet(id=[], subject=[], created_at=[]), file="t.parquet"),
    _export("Parquet that is cut off", "refused", "t.parquet is not a readable Parquet file", _parquet()[:-20], file="t.parquet"),
    _export("Parquet that is broken in the middle", "refused", "t.parquet is not a readable Parquet file", _parquet()[:40] + b"\0" * 200 + _parquet()[240:], file="t.parquet"),
    _export("Parquet that is text", "refused", "t.parquet is not a readable Parquet file", _csv(ONE), file="t.parquet"),
    _export("Parquet that is empty", "refused", "t.parquet is not a readable Parquet file", b"", file="t.parquet"),
    _export("Parquet that is named .csv", "refused", 't.csv is a Parquet file, not csv. Say so: format = "parquet".', _parquet()),
]  # fmt: skip

FILES = [
    _export("a gzipped file", "marts", "", gzip.compress(_csv(ONE)), "1", file="t.csv.gz"),
    _export("a gzipped file that is named .csv", "marts", "", gzip.compress(_csv(ONE)), "1"),
    _export("a gzipped file that is cut off", "refused", "t.csv.gz is a damaged gzip file", gzip.compress(_csv(ONE))[:-12], file="t.csv.gz"),
    _export("a gzipped file that is broken", "refused", "t.csv.gz is a damaged gzip file", gzip.compress(_csv(ONE))[:20] + b"\xff" * 30, file="t.csv.gz"),
    _export("a table of a spreadsheet", "refused", 't.xlsx has the ending .xlsx, which names no format we read. Say which it is: format = "csv", "jsonl" or "parquet".', b"PK\x03\x04\xff", file="t.xlsx"),
    _export("a file without an ending", "refused", "has the ending (none), which names no format we read.", _csv(ONE), file="tickets"),
    _export("a file without an ending, and its format said", "marts", "", _csv(ONE), "1", file="tickets", format="csv"),
    _export("a spreadsheet that is said to be text", "refused", "t.xlsx line 1: byte 0xff is not UTF-8.", b"PK\x03\x04\xff\0\n\xff\n", file="t.xlsx", format="csv"),
    _export("a file that is gone when it is read", "refused", "t.csv cannot be read: it is gone. The next run looks again; what was landed stays.", None, path="*.csv"),
]  # fmt: skip

CASES = [*QUOTING, *DELIMITERS, *ENCODINGS, *SHAPES, *IDS, *TIMES, *JSON_LINES, *PARQUET, *FILES]
