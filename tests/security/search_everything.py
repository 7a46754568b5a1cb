"""Looks for texts in everything below a folder: what is compressed or binary is decoded first.

Used by the tests that say what must not be anywhere: people who were forgotten, and secrets. Raw bytes are always
searched as well, in the encodings of ENCODINGS, so that a format nobody thought of is not passed over. Cases do not
matter. Pickles are read opcode by opcode and never executed.
"""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
import lzma
import pickletools
import shutil
import sqlite3
import tarfile
import tempfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ENCODINGS = ("utf-8", "utf-16-le", "utf-32-le")
_DEPTH = 6  # of what is packed inside of what is packed
_BATCH = 5_000  # rows at a time


@dataclass(frozen=True)
class Hit:
    """A canary and where it sits: the file, and the place inside of it."""

    canary: str
    path: Path
    where: str

    def __str__(self) -> str:
        return f"{self.canary!r} in {self.path} ({self.where})"


@dataclass
class Search:
    """What was found, and how many files (or parts of files) were decoded as what."""

    hits: list[Hit] = field(default_factory=list)
    decoded: Counter[str] = field(default_factory=Counter)


def search_everything(root: Path, canaries: Iterable[str], *, skip: Collection[Path] = ()) -> Search:
    """Every place below `root` that holds a canary. `skip`: files and folders that are not looked at."""
    looker = _Looker([canary for canary in canaries if canary])
    left_out = {path.resolve() for path in skip}
    for path in sorted(root.rglob("*")):
        inside = {path.resolve(), *path.resolve().parents}
        if path.is_file() and not path.is_symlink() and not inside & left_out:
            looker.file(path)
        if not inside & left_out:
            looker.text(path, "its name", path.name)
    return looker.search


class _Looker:
    def __init__(self, canaries: list[str]) -> None:
        self.search = Search()
        self._texts = {canary: {canary.lower(), quote(canary, safe="").lower()} for canary in canaries}
        self._bytes = {canary: _variants(canary) for canary in canaries}
        self._path = Path()

    def file(self, path: Path) -> None:
        self._path = path
        data = path.read_bytes()
        self.raw("raw bytes", data, 0)
        if data[8:12] == b"DUCK":
            self.opened("DuckDB", path, _duckdb_rows)
        elif data.startswith(b"SQLite format 3\0"):
            self.opened("SQLite", path, _sqlite_rows)

    def text(self, path: Path, where: str, text: str) -> None:
        lowered = text.lower()
        for canary, variants in self._texts.items():
            if any(variant in lowered for variant in variants):
                self.search.hits.append(Hit(canary, path, where))

    def raw(self, where: str, data: bytes, depth: int) -> None:
        """The bytes as they are, then whatever they can be decoded as."""
        lowered, text = data.lower(), data.decode("utf-8", "ignore").lower()
        for canary, (folded, exact) in self._bytes.items():
            as_bytes = any(variant in lowered for variant in folded) or any(variant in data for variant in exact)
            if as_bytes or canary.lower() in text:
                self.search.hits.append(Hit(canary, self._path, where))
        if depth >= _DEPTH:
            return
        for kind, fits, decode in _DECODERS:
            if fits(data):
                try:
                    for inner, part in decode(data):
                        self.part(f"{where}, {kind} {inner}".rstrip(), part, depth + 1)
                except Exception:  # it only looked like that kind
                    continue
                self.search.decoded[kind] += 1

    def part(self, where: str, part: Any, depth: int) -> None:
        if isinstance(part, bytes | bytearray | memoryview):
            self.raw(where, bytes(part), depth)
        else:
            self.text(self._path, where, part if isinstance(part, str) else _plain(part))

    def opened(self, kind: str, path: Path, rows: Callable[[Path], Iterator[tuple[str, Any]]]) -> None:
        """A database, from a copy with its write-ahead log: the file may be in use."""
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / path.name
            for beside in (path, *path.parent.glob(f"{path.name}*wal")):
                shutil.copy(beside, Path(folder) / beside.name)
            for where, part in rows(copy):
                self.part(f"{kind} {where}", part, 1)
        self.search.decoded[kind] += 1


def _variants(canary: str) -> tuple[set[bytes], set[bytes]]:
    """How a text can stand in bytes: in lower case, and as it is (base64 knows cases)."""
    folded = {canary.lower().encode(encoding) for encoding in ENCODINGS}
    folded |= {quote(canary, safe="").lower().encode(), json.dumps(canary.lower())[1:-1].encode()}
    folded |= {canary.lower().encode("unicode_escape"), canary.lower().encode().hex().encode()}
    exact = set()
    for shift in range(3):  # where it begins within three bytes; the ends depend on the neighbours
        encoded = base64.b64encode(b"\0" * shift + canary.encode())
        exact.add(encoded[-(-shift * 8 // 6) : (shift + len(canary.encode())) * 8 // 6])
    return folded, {variant for variant in exact if len(variant) >= 8}


def _plain(part: Any) -> str:
    return part if isinstance(part, str) else json.dumps(part, ensure_ascii=False, default=_shown)


def _shown(value: Any) -> str:
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).decode("utf-8", "replace")
    return str(value)


def _parquet(data: bytes) -> Iterator[tuple[str, Any]]:
    file = pq.ParquetFile(io.BytesIO(data))
    yield "schema", str(file.schema_arrow)
    yield "metadata", str(file.metadata.metadata)
    for number in range(file.metadata.num_row_groups):
        yield f"statistics {number}", str(file.metadata.row_group(number).to_dict())
    for batch in file.iter_batches(_BATCH):
        yield from _batch(batch, "")


def _batch(batch: pa.RecordBatch, table: str) -> Iterator[tuple[str, Any]]:
    """A column at a time, its values below each other. What can only be a moment, a share or a yes is left out."""
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        where, kind = f"{table}.{name}".lstrip("."), column.type
        if pa.types.is_temporal(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind):
            continue
        values = [value for value in column.to_pylist() if value is not None]
        yield from ((where, value) for value in values if isinstance(value, bytes))
        texts = [str(value) for value in values if not isinstance(value, bytes)]
        yield where, "\n".join(texts)
        yield from _unescaped(texts, where)


def _unescaped(texts: Iterable[str], where: str) -> Iterator[tuple[str, Any]]:
    """Texts that are JSON with escapes in it, resolved."""
    for text in texts:
        if "\\u" in text and text[:1] in ("{", "[", '"'):
            yield from _json(text.encode(), where)


def _json(data: bytes, where: str = "") -> Iterator[tuple[str, Any]]:
    """Every line that is JSON, with its escapes resolved."""
    try:
        yield where, json.dumps(json.loads(data), ensure_ascii=False).replace("\\n", "\n")
    except ValueError:
        for line in data.splitlines():
            if line[:1] in b"{[":
                with suppress(ValueError):  # it only looked like JSON
                    yield where, json.dumps(json.loads(line), ensure_ascii=False).replace("\\n", "\n")


def _pickle(data: bytes) -> Iterator[tuple[str, Any]]:
    texts = []
    for _, argument, _ in pickletools.genops(data):
        if isinstance(argument, bytes | bytearray):
            yield "", bytes(argument)
        elif isinstance(argument, str | int):
            texts.append(str(argument))
    yield "", "\n".join(texts)


def _zip(data: bytes) -> Iterator[tuple[str, Any]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            yield name, archive.read(name)


def _tar(data: bytes) -> Iterator[tuple[str, Any]]:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for member in archive.getmembers():
            file = archive.extractfile(member)
            yield member.name, file.read() if file else b""


def _numpy(data: bytes) -> Iterator[tuple[str, Any]]:
    yield "array", np.load(io.BytesIO(data), allow_pickle=False).tolist()


def _whole(decompress: Callable[[bytes], bytes]) -> Callable[[bytes], Iterator[tuple[str, Any]]]:
    def decode(data: bytes) -> Iterator[tuple[str, Any]]:
        yield "", decompress(data)

    return decode


def _zstd(data: bytes) -> bytes:
    return bytes(pa.CompressedInputStream(io.BytesIO(data), "zstd").read())


def _begins(*magics: bytes) -> Callable[[bytes], bool]:
    return lambda data: data.startswith(magics)


_DECODERS: tuple[tuple[str, Callable[[bytes], bool], Callable[[bytes], Iterator[tuple[str, Any]]]], ...] = (
    ("Parquet", _begins(b"PAR1"), _parquet),
    ("gzip", _begins(b"\x1f\x8b"), _whole(gzip.decompress)),
    ("zstd", _begins(b"\x28\xb5\x2f\xfd"), _whole(_zstd)),
    ("bzip2", _begins(b"BZh"), _whole(bz2.decompress)),
    ("xz", _begins(b"\xfd7zXZ\0"), _whole(lzma.decompress)),
    ("zlib", _begins(b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda"), _whole(zlib.decompress)),
    ("zip", _begins(b"PK\x03\x04"), _zip),
    ("tar", lambda data: data[257:262] == b"ustar", _tar),
    ("numpy", _begins(b"\x93NUMPY"), _numpy),
    ("pickle", lambda data: data[:1] == b"\x80" and data[1:2] in b"\x02\x03\x04\x05" and len(data) > 2, _pickle),
    ("JSON", lambda data: data.lstrip()[:1] in (b"{", b"["), _json),
)


def _duckdb_rows(path: Path) -> Iterator[tuple[str, Any]]:
    """All tables of all schemas, with comments; views only as SQL, since they may read other files."""
    with duckdb.connect(str(path)) as con:
        yield "catalogue", con.execute("select sql from duckdb_views() where not internal").fetchall()
        yield "comments", con.execute("select table_name, comment, sql from duckdb_tables()").fetchall()
        tables = con.execute("select schema_name, table_name from duckdb_tables() order by all").fetchall()
        for schema, table in tables:
            reader = con.execute(f'select * from "{schema}"."{table}"').to_arrow_reader(_BATCH)
            for batch in reader:
                yield from _batch(batch, f"{schema}.{table}")


def _sqlite_rows(path: Path) -> Iterator[tuple[str, Any]]:
    con = sqlite3.connect(path)
    con.text_factory = lambda raw: raw.decode("utf-8", "replace")
    try:
        for name, sql in con.execute("select name, sql from sqlite_master").fetchall():
            yield name, str(sql)
        tables = con.execute("select name from sqlite_master where type = 'table'").fetchall()
        for (table,) in tables:
            for row in con.execute(f'select * from "{table}"'):
                yield from ((table, value) for value in row if isinstance(value, bytes))
                texts = [str(value) for value in row if not isinstance(value, bytes | None)]
                yield table, "\n".join(texts)
                yield from _unescaped(texts, table)
    finally:
        con.close()
