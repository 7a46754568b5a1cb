"""Exported files: tickets, messages, articles, releases, users, organizations, with their columns mapped.

CSV, JSON lines or Parquet, one file or a glob, local or under any fsspec URL; a relative path begins at
the configuration file. A file that is unchanged since the last pull is not read again; of one that
changed, only rows that are new or differ from what is landed are landed. Run alone:
`groundswell run pull --source <name>`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import polars as pl

from flows.core.errors import ConfigError
from flows.core.keys import digest
from flows.core.run import Run
from flows.landing.store import Record, Store
from flows.pull.mapping import Mapping
from flows.pull.paginators import Json, Page
from flows.pull.readers import format_of, read_table
from flows.settings import FilesSource, FilesStream, Settings

PAGE_ROWS = 20_000
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
        landed: _Landed | None = None
        for path in locate(self._settings, spec):
            mark, data = _fingerprint(path, before.get(path))
            if data is not None:
                records = read_records(self._name, self._source, stream, path, data)
                mark["rows"] = len(records)
                landed = landed or _Landed(self._store, self._name, stream)
                fresh += landed.differing(records)
            marks[path] = mark
        if marks == before:
            return
        for start in range(0, len(fresh) - PAGE_ROWS, PAGE_ROWS):
            yield Page(fresh[start : start + PAGE_ROWS], None, total=len(fresh))
        rest = fresh[(len(fresh) - 1) // PAGE_ROWS * PAGE_ROWS :]
        rows = sum(mark["rows"] for mark in marks.values())
        extra = {"snapshot": True, "rows": rows, "previous_rows": (cursor or {}).get("rows")}
        yield Page(
            rest, {"files": marks, "mapping": mapping, "rows": rows}, total=len(fresh),
            extra=extra if self._source.full_snapshot else {},
        )  # fmt: skip


def read_records(name: str, source: FilesSource, stream: str, path: str, data: bytes | None = None) -> list[Record]:
    """The rows of one file as records of a stream, mapped and filtered. Raises VendorError, ConfigError."""
    spec = _spec(source, stream)
    if data is None:
        fs, inner = fsspec.core.url_to_fs(path)
        data = fs.cat_file(inner)
    table = read_table(name, path, data, format_of(path, spec.format))
    if not table.columns:
        return []
    where = f"sources.{name}.streams.{stream} ({path})"
    mapping = Mapping(where, stream, spec, table.columns, source.ticket_url)
    return [found for row in table.rows if (found := mapping.record(row)) is not None]


def _spec(source: FilesSource, stream: str) -> FilesStream:
    return next(spec for name, spec in source.streams.items() if name == stream)


class _Landed:
    """What is landed of a stream: which payloads each id has had, and the newest of them."""

    def __init__(self, store: Store, source: str, stream: str) -> None:
        frame = store.read(source, stream).select("id", "version", "pulled_at", "seq", "payload")
        frame = frame.sort("version", "pulled_at", "seq").select("id", pl.col("payload").hash())
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
        ).with_columns(pl.col("payload").hash()).with_row_index()  # fmt: skip
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
    """The files that a path or glob names, sorted. Raises ConfigError when there is none."""
    path = spec.path
    if "://" not in path:
        base = settings.config_file.parent if settings.config_file else Path()
        path = str(base / Path(path).expanduser())
    fs, inner = fsspec.core.url_to_fs(path)
    found = sorted(fs.glob(inner)) if any(c in inner for c in "*?[") else [inner] if fs.exists(inner) else []
    if not found:
        raise ConfigError(f"there is no file {path}", "Check path in groundswell.toml; it is taken from where that is.")
    return [fs.unstrip_protocol(f) if "://" in path else f for f in found]


def _fingerprint(path: str, before: Json | None) -> tuple[Json, bytes | None]:
    """The mark of a file, and its bytes if it differs from the mark `before`."""
    fs, inner = fsspec.core.url_to_fs(path)
    info: dict[str, Any] = fs.info(inner)
    size, changed = info.get("size"), str(info.get("mtime") or info.get("LastModified") or info.get("created"))
    if before and (size or 0) > _HASH_ALWAYS and (before["size"], before["changed"]) == (size, changed):
        return before, None
    data: bytes = fs.cat_file(inner)
    sha = hashlib.sha256(data).hexdigest()
    if before and before["sha256"] == sha:
        return before, None
    return {"size": size, "changed": changed, "sha256": sha, "rows": 0}, data
