"""Nightly compaction: small files become one, and what a vendor said twice in a row is kept once.

Nothing else is dropped, unless `keep_raw_days` is set: then payload versions that have been superseded
and were pulled longer ago than that go too; the first and the newest of every id stay for ever. `seq` and
all other columns stay as they were written.

Crash safe: the new file is committed first, with a manifest that replaces the old commits, then these
are removed. What a crash left behind (replaced commits, data files that no manifest names) goes first.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

import fsspec
import polars as pl

from flows.core.clock import utc
from flows.core.errors import GroundswellError
from flows.core.locks import hold
from flows.core.run import Run
from flows.landing.store import SCHEMA, Commit, Store

log = logging.getLogger(__name__)

LARGE = 200_000  # rows; a commit of that size is not merged again
_ORDER = ("version", "pulled_at", "seq")  # the last by these is an id's newest version


@dataclass(frozen=True)
class Compaction:
    """What compacting a stream did: data files before and after, rows dropped."""

    files_before: int
    files_after: int
    rows_dropped: int


def compact_all(run: Run) -> dict[str, Compaction]:
    """Compact every stream of the landing zone, and merge the journal's files. Keys: "<source>/<stream>".

    Holds each source's lock so that no pull writes meanwhile, and the writer's so that no build reads.
    """
    settings, done = run.settings, {}
    wait = settings.lock_wait_seconds
    with hold(settings.lock_dir, "writer", holder=run.run_id, wait_seconds=wait):
        for source, stream in run.landing.streams():
            with hold(settings.lock_dir, f"source-{source}", holder=run.run_id, wait_seconds=wait):
                done[f"{source}/{stream}"] = compact(
                    run.landing, source, stream, run_id=run.run_id, at=run.now, keep_raw_days=settings.keep_raw_days
                )
        journal = run.journal.store
        for source, kind in journal.streams():
            # What we did twice is two entries: the journal is merged and never thinned.
            done[f"{source}/{kind}"] = compact(journal, source, kind, run_id=run.run_id, at=run.now, drop_repeats=False)
    run.report.count("compacted.files", sum(c.files_before - c.files_after for c in done.values()))
    run.report.count("compacted.rows_dropped", sum(c.rows_dropped for c in done.values()))
    return done


def compact(
    store: Store,
    source: str,
    stream: str,
    *,
    run_id: str,
    at: datetime,
    keep_raw_days: int | None = None,
    drop_repeats: bool = True,
) -> Compaction:
    """Compact one stream. The caller holds the lock of its writer."""
    clean(store, source, stream)
    commits = store.commits(source, stream)
    before = sum(len(c.files) for c in commits)
    expired = (
        _expired(store, source, stream, commits, utc(at) - timedelta(days=keep_raw_days)) if keep_raw_days else None
    )
    dropped = 0
    for group in _groups(commits):
        if len(group) == 1 and expired is None:
            continue
        frame = _read(store, source, stream, group)
        kept = _without_repeats(frame) if drop_repeats else frame
        if expired is not None:
            kept = kept.join(expired, on="seq", how="anti")
        if len(group) > 1 or kept.height < frame.height:
            made = store.replace(source, stream, kept.sort("seq"), group, run_id, at)
            if made not in store.commits(source, stream):
                raise GroundswellError(
                    f"another process wrote to {source}/{stream} while it was compacted",
                    "Nothing was removed. Let all flows use the same lock_dir.",
                )
            store.remove(source, stream, group)
            dropped += frame.height - kept.height
    after = sum(len(c.files) for c in store.commits(source, stream))
    if before != after or dropped:
        log.info("%s/%s: %d files became %d, %d rows dropped", source, stream, before, after, dropped)
    return Compaction(before, after, dropped)


def clean(store: Store, source: str, stream: str) -> list[str]:
    """Remove what a crash left: manifests that were replaced, half-written ones, files that none names."""
    with store.alone(source, stream):  # a data file without a manifest may be a commit that is being made
        live = store.commits(source, stream)
        names = {f"{c.number:012d}.json" for c in live} | {name for c in live for name in c.files}
        removed = []
        for folder in ("commits", "data"):
            path = f"{_folder(store, source, stream)}/{folder}"
            # Manifests go before the data they name: a manifest must never name a file that is gone.
            for found in store.fs.ls(path, detail=False) if store.fs.exists(path) else []:
                if found.rsplit("/", 1)[-1] not in names:
                    store.fs.rm_file(found)
                    removed.append(found)
    store.fs.invalidate_cache()
    return removed


def _groups(commits: list[Commit]) -> list[list[Commit]]:
    """Neighbours, in the order of what they hold, that are merged with each other.

    A group is full with LARGE rows: so memory is bounded, and what has been merged once is left alone from then
    on. Large commits stand alone, and so does the newest one with something to say about itself (`extra`: a
    full snapshot and its rows), since a merged commit has nothing to say. Merging only neighbours keeps
    "consecutive" true: A, B, A is not two times A because B is in another file.
    """
    telling = max((c.number for c in commits if c.extra), default=-1)
    groups: list[list[Commit]] = [[]]
    for commit in sorted(commits, key=lambda c: min((c.number, *c.replaces))):
        if commit.rows >= LARGE or commit.number == telling:
            groups += [[commit], []]
        else:
            groups[-1].append(commit)
            if sum(c.rows for c in groups[-1]) >= LARGE:
                groups.append([])
    return [group for group in groups if group and group[0].number != telling]


def _without_repeats(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows whose payload is not the one that the same id had before; of repeats the first stays."""
    frame = frame.sort("seq")
    return frame.filter((pl.col("payload") != pl.col("payload").shift(1).over("id")).fill_null(True))


def _expired(store: Store, source: str, stream: str, commits: list[Commit], cutoff: datetime) -> pl.DataFrame:
    """The `seq` of superseded versions pulled before the cutoff, over all commits.

    Not of the first that was landed of an id: it says since when we know of it.
    """
    keys = _read(store, source, stream, commits, columns=["id", "version", "pulled_at", "seq"]).sort(_ORDER)
    superseded = pl.col("seq") != pl.col("seq").last().over("id")
    superseded &= pl.col("seq") != pl.col("seq").min().over("id")
    return keys.filter(superseded & (pl.col("pulled_at") < cutoff)).select("seq")


def _read(
    store: Store, source: str, stream: str, commits: list[Commit], columns: list[str] | None = None
) -> pl.DataFrame:
    frames = []
    for commit in commits:
        for name in commit.files:
            with store.fs.open(f"{_folder(store, source, stream)}/data/{name}", "rb") as handle:
                frames.append(pl.read_parquet(handle.read(), columns=columns))
    return pl.concat(frames) if frames else pl.DataFrame(schema={c: SCHEMA[c] for c in columns or SCHEMA})


def _folder(store: Store, source: str, stream: str) -> str:
    _, base = fsspec.core.url_to_fs(store.root)
    return f"{base.rstrip('/')}/{source}/{stream}"
