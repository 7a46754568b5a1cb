"""An append-only store of Parquet files under any fsspec URL, with commit manifests.

Layout below `root`:

    _schema.json                                     {"schema_version": 2}
    <source>/<stream>/data/<commit>-<run_id>.parquet       rows, zstd
    <source>/<stream>/commits/<commit>.json          what is committed, and the cursor that follows it
    <source>/<stream>/damaged/                       files that were found damaged and set aside (`landing.damaged`)

A file is part of the store only once a manifest names it, since object stores have no rename. The
cursor rides in the manifest, so data and cursor are committed together: a crash before the manifest
repeats records on the next pull and never loses any. Compaction writes one file and a manifest that
`replaces` earlier commits. The manifest keeps the size and SHA-256 of each file, so that damage is seen.

On a local file system each commit is made under a lock of its stream, so processes can append side by
side. Object stores have no such lock: there, one writer per stream at a time is the caller's duty
(`core.locks`). Readers need none.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypedDict, TypeVar

import polars as pl

from flows.core import locks
from flows.core.clock import iso, utc
from flows.core.errors import GroundswellError, told_when_full
from flows.core.places import open_place

T = TypeVar("T")

SCHEMA_VERSION = 2  # older stores are migrated when they are opened: see landing.migrate
LOCK_SECONDS = 120.0  # how long a commit waits for another to be made
ROWS_PER_COMMIT = 10_000_000  # seq = commit number * this + row number

_COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "source": pl.String,  # name of the source in groundswell.toml
    "stream": pl.String,  # tickets, messages, ...
    "id": pl.String,  # the vendor's id
    "version": pl.String,  # the vendor's own watermark; sorts as text
    "pulled_at": pl.Datetime("us", "UTC"),
    "run_id": pl.String,
    "backfill": pl.Boolean,  # true: known when it happened; false: known when it was pulled
    "seq": pl.Int64,  # order of arrival within the stream
    "payload": pl.String,  # JSON text as the vendor sent it
}
SCHEMA = pl.Schema(_COLUMNS)


class Record(TypedDict):
    """One vendor object on its way to the store."""

    id: str
    version: str
    payload: str


class Seal(TypedDict):
    """What a data file was when it was committed."""

    bytes: int
    sha256: str


def seal(content: bytes) -> Seal:
    return Seal(bytes=len(content), sha256=hashlib.sha256(content).hexdigest())


@dataclass(frozen=True)
class Commit:
    """What one manifest says. `seals` are by file name; a file without one was damaged when seals came in."""

    number: int
    files: tuple[str, ...]
    rows: int
    run_id: str
    at: str
    cursor: dict[str, Any] | None
    replaces: tuple[int, ...] = ()
    extra: dict[str, Any] = field(default_factory=dict)
    seals: dict[str, Seal] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: bytes | str) -> Commit:
        """Raises ValueError, TypeError or KeyError where the text is no manifest."""
        data = json.loads(text)
        return cls(**{**data, "files": tuple(data["files"]), "replaces": tuple(data["replaces"])})


def _safe(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", name) or ".." in name:
        raise GroundswellError(f"{name!r} cannot name a source or stream", "Use letters, digits, _ and -.")
    return name


def while_compacted(read: Callable[[], T]) -> T:
    """What `read` returns, called again when a listed file is gone: another commit has its rows by then."""
    for wait in (0.05, 0.2, 0.5, 1.0):
        try:
            return read()
        except FileNotFoundError:
            time.sleep(wait)
    return read()


def _columns(records: list[Record]) -> pl.DataFrame:
    columns = {
        "id": [r["id"] for r in records],
        "version": [r["version"] for r in records],
        "payload": [r["payload"] for r in records],
    }
    return pl.DataFrame(columns, {name: SCHEMA[name] for name in columns})


class Store:
    """Reads and writes one append-only store."""

    def __init__(self, root: str) -> None:
        self.root = root.rstrip("/")
        self.fs, self._base = open_place(self.root)
        self._base = self._base.rstrip("/")
        self._local = "file" in self.fs.protocol
        self._check_schema_version()

    # -- writing

    def append(
        self,
        source: str,
        stream: str,
        records: Iterable[Record] | pl.DataFrame,
        *,
        run_id: str,
        pulled_at: datetime,
        cursor: dict[str, Any] | None = None,
        backfill: bool = False,
        extra: dict[str, Any] | None = None,
    ) -> Commit:
        """Write records and commit them with the cursor. No records and the same cursor: no commit.

        Records may come as a frame of the columns id, version and payload.
        """
        rows = records if isinstance(records, pl.DataFrame) else _columns(list(records))
        with self.alone(source, stream):
            return self._append(source, stream, rows, run_id, pulled_at, cursor, backfill, extra)

    def _append(
        self,
        source: str,
        stream: str,
        rows: pl.DataFrame,
        run_id: str,
        pulled_at: datetime,
        cursor: dict[str, Any] | None,
        backfill: bool,
        extra: dict[str, Any] | None,
    ) -> Commit:
        last = self.last_number(source, stream)
        if rows.is_empty() and cursor == self.cursor(source, stream):
            return Commit(last, (), 0, run_id, iso(pulled_at), cursor)
        number = last + 1
        seals: dict[str, Seal] = {}
        if rows.height:
            same = {"source": source, "stream": stream, "run_id": run_id, "backfill": backfill}
            frame = rows.select(
                "id", "version", "payload", pl.int_range(pl.len()).add(number * ROWS_PER_COMMIT).alias("seq"),
                pl.lit(utc(pulled_at), SCHEMA["pulled_at"]).alias("pulled_at"),
                *(pl.lit(value).alias(name) for name, value in same.items()),
            ).select(SCHEMA.names())  # fmt: skip
            seals = self._write_data(source, stream, number, run_id, frame)
        commit = Commit(number, (*seals,), rows.height, run_id, iso(pulled_at), cursor, (), extra or {}, seals)
        self._write_manifest(source, stream, commit)
        return commit

    def replace(
        self,
        source: str,
        stream: str,
        frame: pl.DataFrame,
        old: list[Commit],
        run_id: str,
        at: datetime,
        *,
        extra: dict[str, Any] | None = None,
        cursor_of: Callable[[Any], Any] = lambda cursor: cursor,
    ) -> Commit:
        """Put `frame` in the place of the commits `old` (compaction, erasure). Old files go with `remove`.

        The newest cursor stays, as `cursor_of` leaves it.
        """
        with self.alone(source, stream):
            number = self.last_number(source, stream) + 1
            seals = self._write_data(source, stream, number, run_id, frame) if frame.height else {}
            cursor = cursor_of(self.cursor(source, stream))
            replaced = tuple(sorted({c.number for c in old} | {n for c in old for n in c.replaces}))
            commit = Commit(number, (*seals,), frame.height, run_id, iso(at), cursor, replaced, extra or {}, seals)
            self._write_manifest(source, stream, commit)
            return commit

    def remove(self, source: str, stream: str, commits: list[Commit]) -> None:
        """Delete the manifests and data files of commits that a later commit replaces."""
        with self.alone(source, stream):
            for commit in commits:
                self._rm(f"{self.folder(source, stream)}/commits/{commit.number:012d}.json")
            for commit in commits:
                for name in commit.files:
                    self._rm(f"{self.folder(source, stream)}/data/{name}")

    @contextmanager
    def alone(self, source: str, stream: str) -> Iterator[None]:
        """Nobody else commits to the stream or removes from it meanwhile. Not re-entrant: do not write inside."""
        if not self._local:
            yield
            return
        # A holder of its own each time, so that two threads of one process wait for each other too.
        folder = Path(self._base) / ".locks"
        holder = f"append {secrets.token_hex(4)}"
        with locks.hold(folder, f"{_safe(source)}-{_safe(stream)}", holder=holder, wait_seconds=LOCK_SECONDS):
            yield

    # -- reading

    def streams(self) -> list[tuple[str, str]]:
        """Every (source, stream) that has at least one commit, sorted."""
        found = set()
        for path in self.fs.glob(f"{self._base}/*/*/commits"):
            parts = path.rstrip("/").split("/")
            found.add((parts[-3], parts[-2]))
        return sorted(found)

    def commits(self, source: str, stream: str) -> list[Commit]:
        """Live commits in order; replaced ones are left out."""
        return while_compacted(lambda: self._commits(source, stream))

    def _commits(self, source: str, stream: str) -> list[Commit]:
        folder = f"{self.folder(source, stream)}/commits"
        self.fs.invalidate_cache()
        if not self.fs.exists(folder):
            return []
        found = []
        for path in sorted(self.fs.ls(folder, detail=False)):
            if not path.endswith(".json"):
                continue
            try:
                found.append(Commit.parse(self.fs.cat_file(path)))
            except (ValueError, TypeError, KeyError) as error:
                raise GroundswellError(
                    f"commit manifest {path} is damaged ({error})", "The next run sets it aside and goes on."
                ) from error
        replaced = {n for c in found for n in c.replaces}
        return [c for c in found if c.number not in replaced]

    def files(self, source: str, stream: str, after: int = -1) -> list[str]:
        """Paths of committed data files in commit order, of commits numbered above `after`.

        Compaction may remove them before they are opened: see `while_compacted`.
        """
        folder = f"{self.folder(source, stream)}/data"
        return [
            self.fs.unstrip_protocol(f"{folder}/{name}") if "://" in self.root else f"{folder}/{name}"
            for commit in self.commits(source, stream)
            if commit.number > after
            for name in commit.files
        ]

    def read(self, source: str, stream: str, after: int = -1) -> pl.DataFrame:
        """Rows of committed files (see SCHEMA), of commits numbered above `after`."""
        return while_compacted(lambda: self._read(source, stream, after))

    def _read(self, source: str, stream: str, after: int) -> pl.DataFrame:
        paths = self.files(source, stream, after)
        if not paths:
            return SCHEMA.to_frame()
        return pl.read_parquet([self.fs.cat_file(path) for path in paths])  # at once: most files are small

    def cursor(self, source: str, stream: str) -> dict[str, Any] | None:
        """The cursor after the newest commit, or None before the first."""
        commits = self.commits(source, stream)
        return commits[-1].cursor if commits else None

    # -- inside

    def folder(self, source: str, stream: str) -> str:
        """Where a stream lies, as a path of `fs`."""
        return f"{self._base}/{_safe(source)}/{_safe(stream)}"

    def last_number(self, source: str, stream: str) -> int:
        """The highest number that a commit ever had, whatever has become of it. No number is used twice."""
        folder = f"{self.folder(source, stream)}/commits"
        self.fs.invalidate_cache()
        if not self.fs.exists(folder):
            return 0
        names = [p.rsplit("/", 1)[-1] for p in self.fs.ls(folder, detail=False)]
        return max((int(n[:12]) for n in names if re.fullmatch(r"\d{12}.*\.json", n)), default=0)

    def _write_data(self, source: str, stream: str, number: int, run_id: str, frame: pl.DataFrame) -> dict[str, Seal]:
        name = f"{number:012d}-{_safe(run_id)}.parquet"
        path = f"{self.folder(source, stream)}/data/{name}"
        content = io.BytesIO()
        frame.write_parquet(content, compression="zstd", statistics=True)
        whole = content.getvalue()
        with self._all_or_nothing(path):
            self.fs.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
            self.fs.pipe_file(path, whole)
        return {name: seal(whole)}

    def _write_manifest(self, source: str, stream: str, commit: Commit) -> None:
        """Commit. The caller is `alone` with the stream; nothing that a manifest names may be missing."""
        folder = f"{self.folder(source, stream)}/commits"
        self.fs.makedirs(folder, exist_ok=True)
        text = json.dumps(commit.__dict__, sort_keys=True).encode()
        self._write_whole(f"{folder}/{commit.number:012d}.json", text)

    def _write_whole(self, path: str, content: bytes) -> None:
        """Write a small file so that no reader sees half of it."""
        if self._local:
            # A local file system can be caught half way through a write; there, rename is atomic.
            half = f"{path}.{secrets.token_hex(4)}.tmp"
            with self._all_or_nothing(half):
                self.fs.pipe_file(half, content)
                self.fs.mv(half, path)
        else:
            self.fs.pipe_file(path, content)

    @contextmanager
    def _all_or_nothing(self, path: str) -> Iterator[None]:
        """What is half written when the block fails is removed. Raises DiskFull."""
        try:
            with told_when_full(path):
                yield
        except BaseException:
            with suppress(OSError):
                self._rm(path)
            raise

    def _rm(self, path: str) -> None:
        if self.fs.exists(path):
            self.fs.rm_file(path)

    def _check_schema_version(self) -> None:
        from flows.landing.migrate import migrate, version_of

        found = version_of(self)
        if found is None:
            self.fs.makedirs(self._base, exist_ok=True)
            self.write_schema_version(SCHEMA_VERSION)
        elif found > SCHEMA_VERSION:
            raise GroundswellError(
                f"store {self.root} has schema version {found}, this program knows {SCHEMA_VERSION} at most",
                "Use the version of Groundswell that wrote it, or a newer one than this.",
            )
        elif found < SCHEMA_VERSION:
            migrate(self)

    def write_schema_version(self, version: int) -> None:
        self._write_whole(f"{self._base}/_schema.json", json.dumps({"schema_version": version}).encode())
