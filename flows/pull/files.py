"""Exported files: tickets, messages, articles, releases, users, organizations, with their columns mapped.

CSV, JSON lines or Parquet, gzipped or not, one file or a glob, local or under any fsspec URL; a relative path
begins at the configuration file. A file that is unchanged since the last pull is not read again; of one that
changed, only rows that are new or differ from what is landed are landed. A row that cannot be read is landed with
its text and the reason, and validation keeps it apart; a file of which nothing can be taken is named, and the other
files go on. Run alone: `groundswell run pull --source <name>`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Any

import orjson
import polars as pl

from flows.core.errors import GroundswellError, VendorError, several
from flows.core.keys import digest
from flows.core.places import files_at, open_place
from flows.core.run import Run
from flows.landing.store import Record, Store
from flows.pull.boundary import UNREADABLE
from flows.pull.mapping import Mapping
from flows.pull.paginators import Json, Page
from flows.pull.readers import Unreadable, format_of, read_table
from flows.settings import FilesSource, FilesStream, Settings

PAGE_ROWS = 20_000
NAMED_ROWS = 5  # of a file's unreadable rows are named in the report, the rest is counted
_HASH_ALWAYS = 8 << 20  # smaller files are compared by content, larger ones by size and time first


class Files:
    """The connector of a `files` source (see `Connector`). Cursor: {"files": {path: mark}, "mapping": digest}."""

    optional: tuple[str, ...] = ()

    def __init__(self, run: Run, name: str, source: FilesSource) -> None:
        self._name = name
        self._source = source
        self._settings = run.settings
        self._store = run.landing
        self.streams: tuple[str, ...] = tuple(source.streams)

    def close(self) -> None:
        pass

    def pages(self, stream: str, cursor: Json | None) -> Iterator[Page]:
        spec = _spec(self._source, stream)
        mapping = digest(spec.model_dump_json(), str(self._source.ticket_url))
        before = (cursor or {}).get("files", {}) if (cursor or {}).get("mapping") == mapping else {}
        marks: dict[str, Json] = {}
        fresh: list[Record] = []
        problems: list[str] = []
        refused: list[GroundswellError] = []
        landed: _Landed | None = None
        for path in locate(self._settings, spec):
            try:
                mark, data = _fingerprint(self._name, path, before.get(path))
                if data is not None:
                    records, told = read_records(self._name, self._source, stream, path, data)
                    mark["rows"] = len(records)
                    problems += told
                    landed = landed or _Landed(self._store, self._name, stream)
                    fresh += landed.differing(records)
                marks[path] = mark
            except GroundswellError as error:  # the other files go on
                refused.append(error)
                marks |= {path: before[path]} if path in before else {}
        if marks != before:
            yield from self._landing(fresh, marks, mapping, cursor, problems, is_whole=not refused)
        if refused:
            raise several(self._name, refused)

    def _landing(
        self, fresh: list[Record], marks: dict[str, Json], mapping: str, cursor: Json | None, problems: list[str],
        *, is_whole: bool,
    ) -> Iterator[Page]:  # fmt: skip
        """The fresh rows in pages, the last one with the marks; `is_whole`: every file could be read."""
        for start in range(0, len(fresh) - PAGE_ROWS, PAGE_ROWS):
            yield Page(fresh[start : start + PAGE_ROWS], None, total=len(fresh))
        rest = fresh[(len(fresh) - 1) // PAGE_ROWS * PAGE_ROWS :]
        rows = sum(mark["rows"] for mark in marks.values())
        extra = {"snapshot": True, "rows": rows, "previous_rows": (cursor or {}).get("rows")}
        yield Page(
            rest, {"files": marks, "mapping": mapping, "rows": rows}, total=len(fresh), problems=tuple(problems),
            extra=extra if self._source.full_snapshot and is_whole else {},
        )  # fmt: skip


def read_records(
    name: str, source: FilesSource, stream: str, path: str, data: bytes | None = None
) -> tuple[list[Record], list[str]]:
    """The rows of one file as records of a stream, mapped and filtered, and what to say of those that are not read.

    Raises VendorError, ConfigError where nothing can be taken.
    """
    spec = _spec(source, stream)
    if data is None:
        data = _bytes(name, path)
    table = read_table(name, path, data, format_of(path, spec.format))
    unreadable = list(table.unreadable)
    records: list[Record] = []
    if table.columns:
        where = f"sources.{name}.streams.{stream} ({path})"
        mapping = Mapping(where, stream, spec, table.columns, source.ticket_url)
        for number, row in enumerate(table.rows, start=1):
            try:
                record = mapping.record(row)
            except (TypeError, ValueError) as error:  # a number beyond 64 bits, which JSON does not hold
                unreadable.append(Unreadable(number, str(error), repr(row)))
            else:
                records += [record] if record is not None else []
    file = PurePath(path).name
    records += [_set_aside(file, row) for row in unreadable]
    problems = [f"{path} line {row.line}: {row.why}; the row is kept apart" for row in unreadable[:NAMED_ROWS]]
    if len(unreadable) > NAMED_ROWS:
        problems.append(f"{path}: {len(unreadable) - NAMED_ROWS} more rows cannot be read and are kept apart")
    return records, problems


def _set_aside(file: str, row: Unreadable) -> Record:
    """A row that cannot be read, under a digest of its text: where it moves in the file, it is not landed again."""
    payload = {"unreadable": f"{file} line {row.line}: {row.why}", "text": row.text}
    name = f"{UNREADABLE}{digest(row.text)[:16]}"
    return Record(id=name, version="", payload=orjson.dumps(payload).decode())


def _spec(source: FilesSource, stream: str) -> FilesStream:
    return next(spec for name, spec in source.streams.items() if name == stream)


# What cannot be read goes by a digest of its text, so its id is all there is to compare.
_IS_TEXT = pl.col("id").str.starts_with(UNREADABLE)
_CONTENT = pl.when(_IS_TEXT).then(pl.lit(0, pl.UInt64)).otherwise(pl.col("payload").hash()).alias("payload")


class _Landed:
    """What is landed of a stream: which payloads each id has had, and the newest of them."""

    def __init__(self, store: Store, source: str, stream: str) -> None:
        frame = store.read(source, stream).select("id", "version", "pulled_at", "seq", "payload")
        frame = frame.sort("version", "pulled_at", "seq").select("id", _CONTENT)
        self._all = set(frame.iter_rows())
        self._newest = dict(frame.iter_rows())

    def differing(self, records: list[Record]) -> list[Record]:
        """The records to land: payloads their id never had, and the newest where it is not the newest landed.

        The second catches a row that went back to what it was; the first keeps an id that a file has
        twice from being landed again and again.
        """
        if not records:
            return []
        frame = pl.DataFrame(
            {"id": [r["id"] for r in records], "version": [r["version"] for r in records],
             "payload": [r["payload"] for r in records]}
        ).with_columns(_CONTENT).with_row_index()  # fmt: skip
        newest = dict(frame.sort("version", "index").select("id", "index").iter_rows())
        found = []
        for index, id, mark in frame.select("index", "id", "payload").iter_rows():
            is_newest = newest[id] == index
            if (id, mark) not in self._all or (is_newest and self._newest.get(id) != mark):
                found.append(records[index])
                self._all.add((id, mark))
            if is_newest:
                self._newest[id] = mark
        return found


def locate(settings: Settings, spec: FilesStream) -> list[str]:
    """The files of a stream, sorted, from where the configuration file is on. Raises ConfigError (see `files_at`)."""
    return files_at(spec.path, settings.config_file.parent if settings.config_file else Path())


def _fingerprint(source: str, path: str, before: Json | None) -> tuple[Json, bytes | None]:
    """The mark of a file, and its bytes if it differs from the mark `before`. Raises VendorError."""
    fs, inner = open_place(path)
    try:
        info: dict[str, Any] = fs.info(inner)
    except OSError as error:
        raise _not_read(source, path, error) from error
    if info.get("type", "file") != "file":  # a pipe would never end
        raise VendorError(source, f"{path} cannot be read: it is no file", "Let `path` name files alone.")
    size, changed = info.get("size"), str(info.get("mtime") or info.get("LastModified") or info.get("created"))
    if before and (size or 0) > _HASH_ALWAYS and (before["size"], before["changed"]) == (size, changed):
        return before, None
    data = _bytes(source, path)
    sha = hashlib.sha256(data).hexdigest()
    if before and before["sha256"] == sha:
        return before, None
    return {"size": size, "changed": changed, "sha256": sha, "rows": 0}, data


def _bytes(source: str, path: str) -> bytes:
    fs, inner = open_place(path)
    try:
        data: bytes = fs.cat_file(inner)
    except OSError as error:
        raise _not_read(source, path, error) from error
    return data


def _not_read(source: str, path: str, error: OSError) -> VendorError:
    why = "it is gone" if isinstance(error, FileNotFoundError) else error.strerror or str(error)
    return VendorError(source, f"{path} cannot be read: {why}", "The next run looks again; what was landed stays.")
