"""The two stores without what is forgotten: landing zone with quarantine, and journal.

Crash safe in the way of compaction: a file without them is committed with a manifest that replaces the old one, then
the old one goes. A second pass finds nothing left to do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import orjson
import polars as pl
import pyarrow.parquet as pq

from flows.core.clock import parse
from flows.core.errors import GroundswellError
from flows.core.run import Run
from flows.forget.person import source_types
from flows.landing.compact import clean
from flows.landing.forgotten import Forgotten
from flows.landing.store import SCHEMA, Commit, Store
from flows.landing.tombstones import KIND as TOMBSTONES
from flows.validate.batch import CHUNK_ROWS
from flows.validate.quarantine import SOURCE as QUARANTINE

TOPICS = ("topic", "topic_edit")  # kinds whose labels may be what one of their tickets was called
LABELS = ("intent_label", "intent_correction")  # kinds with one ticket an entry

Judge = Callable[[str, str], tuple[str, str] | None]  # (id, payload) -> what may stay of both, or nothing
Say = Callable[[str], None]


def rewrite_landing(run: Run, forgotten: Forgotten, say: Say) -> Counter[str]:
    """Rewrite every stream. The caller holds the lock of each source. Returns records gone and changed, by stream."""
    done: Counter[str] = Counter()
    types = source_types(run)

    def judge(source: str, stream: str) -> Judge:
        def judged(id: str, payload: str) -> tuple[str, str] | None:
            left = forgotten.remains(types.get(source, source), source, stream, payload)
            return None if left is None else (id, left)

        return judged

    # Quarantine goes first, while what its entries are about is still there to be judged.
    _rewrite_quarantine(run, forgotten, judge, done)
    for source, stream in run.landing.streams():
        if source != QUARANTINE:
            say(f"{source}/{stream}")
            _rewrite(run, run.landing, source, stream, judge(source, stream), forgotten, done)
    return done


def rewrite_journal(run: Run, forgotten: Forgotten, say: Say) -> Counter[str]:
    """Rewrite every kind but the tombstones. What names them in an entry goes; of labels of tickets, the entry."""
    done: Counter[str] = Counter()

    def judged(kind: str, id: str, payload: str) -> tuple[str, str] | None:
        if kind not in TOPICS and not forgotten.may_concern(payload) and not forgotten.may_concern(id):
            return id, payload
        body = _entry(forgotten, "", orjson.loads(payload))
        if kind in LABELS and not body["tickets"]:  # a label of a ticket of theirs, which its key names, too
            return None
        return forgotten.text(id), orjson.dumps(body, option=orjson.OPT_SORT_KEYS).decode()

    store = run.journal.store
    for source, kind in store.streams():
        if kind != TOMBSTONES:
            say(f"journal/{kind}")
            _rewrite(run, store, source, kind, partial(judged, kind), forgotten, done)
    return done


def _entry(forgotten: Forgotten, key: str, value: Any) -> Any:
    """A journal entry's value without them: their tickets in lists, their words in topics, their names in texts."""
    if isinstance(value, dict):
        return {name: _entry(forgotten, name, item) for name, item in value.items()}
    if isinstance(value, list):
        kept = [item for item in value if not (isinstance(item, str) and _is_gone(forgotten, key, item))]
        return [_entry(forgotten, key, item) for item in kept]
    if not isinstance(value, str):
        return value
    if key == "label" and forgotten.is_title(value):
        return ""
    if key in ("label", "title") and any(forgotten.names(word) for word in value.replace(",", " ").split()):
        return ", ".join(part for part in value.split(", ") if not _is_gone(forgotten, "words", part))
    return forgotten.text(value)


def _is_gone(forgotten: Forgotten, key: str, item: str) -> bool:
    if key == "tickets":
        return forgotten.has_ticket(item)
    return key in ("words", "named_for") and any(forgotten.names(word) for word in item.split())


def _rewrite_quarantine(run: Run, forgotten: Forgotten, judge: Callable[[str, str], Judge], done: Counter[str]) -> None:
    """Entries about records that go, go; what others quote is judged like any text."""
    entries = [(key, orjson.loads(payload)) for key, payload in run.landing.read(QUARANTINE, "records")
               .select("id", "payload").iter_rows()]  # fmt: skip
    gone: set[str] = set()
    for source, stream in {(body["source"], body["stream"]) for _, body in entries}:
        asked = {body["seq"]: key for key, body in entries if (body["source"], body["stream"]) == (source, stream)}
        for commit in run.landing.commits(source, stream):
            rows = _read(run.landing, source, stream, commit).filter(pl.col("seq").is_in(sorted(asked)))
            for seq, id, payload in rows.select("seq", "id", "payload").iter_rows():
                if judge(source, stream)(id, payload) is None:
                    gone.add(asked[seq])

    def judged(id: str, payload: str) -> tuple[str, str] | None:
        if id in gone:
            return None
        body = orjson.loads(payload)
        value = body.get("value")
        if not isinstance(value, str) or (left := forgotten.text(value)) == value:
            return id, payload
        return id, orjson.dumps({**body, "value": left}, option=orjson.OPT_SORT_KEYS).decode()

    for source, stream in run.landing.streams():
        if source == QUARANTINE:
            _rewrite(run, run.landing, source, stream, judged, forgotten, done)


def _rewrite(
    run: Run, store: Store, source: str, stream: str, judge: Judge, forgotten: Forgotten, done: Counter[str]
) -> None:
    """Commit by commit, so that one is in memory at a time; commits that hold nothing of theirs stay as they are."""
    clean(store, source, stream)
    commits = store.commits(source, stream)
    telling = max((commit.number for commit in commits if commit.extra), default=-1)
    cursor_of = partial(forgotten.cursor, source)
    replaced: list[Commit] = []
    for commit in commits:
        gone, changed = _judged(store, source, stream, commit, judge)
        if not gone and not changed and cursor_of(commit.cursor) == commit.cursor:
            continue
        fresh = {"seq": list(changed), "new_id": [id for id, _ in changed.values()],
                 "new_payload": [payload for _, payload in changed.values()]}  # fmt: skip
        news = pl.DataFrame(fresh, {"seq": pl.Int64, "new_id": pl.String, "new_payload": pl.String})
        kept = _read(store, source, stream, commit).filter(~pl.col("seq").is_in(gone)).join(news, on="seq", how="left")
        kept = kept.with_columns(id=pl.coalesce("new_id", "id"), payload=pl.coalesce("new_payload", "payload"))
        # A full snapshot says how many rows the vendor has: as many as before.
        extra = commit.extra if commit.number == telling else None
        at = parse(commits[-1].at)
        kept = kept.select(SCHEMA.names()).sort("seq")
        store.replace(source, stream, kept, [commit], run.run_id, at, extra=extra, cursor_of=cursor_of)
        replaced.append(commit)
        done[f"{source}.{stream}.removed"] += len(gone)
        done[f"{source}.{stream}.redacted"] += len(changed)
    live = {commit.number for commit in store.commits(source, stream)}
    if any(commit.number in live for commit in replaced):
        raise GroundswellError(
            f"another process wrote to {source}/{stream} while it was rewritten",
            "Let all flows use the same lock_dir, and run `groundswell forget` again.",
        )
    store.remove(source, stream, replaced)
    done["damaged_files_deleted"] += _remove_damaged(store, source, stream)


def _judged(
    store: Store, source: str, stream: str, commit: Commit, judge: Judge
) -> tuple[list[int], dict[int, tuple[str, str]]]:
    """The rows of a commit that go, and what the changed ones become, by `seq`. A few rows are in memory at a time."""
    gone: list[int] = []
    changed: dict[int, tuple[str, str]] = {}
    for name in commit.files:
        with store.fs.open(f"{store.folder(source, stream)}/data/{name}", "rb") as handle:
            for batch in pq.ParquetFile(handle).iter_batches(CHUNK_ROWS, columns=["seq", "id", "payload"]):
                for seq, id, payload in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                    left = judge(id, payload)
                    if left is None:
                        gone.append(seq)
                    elif left != (id, payload):
                        changed[seq] = left
    return gone, changed


def _remove_damaged(store: Store, source: str, stream: str) -> int:
    """Files that were set aside because they cannot be read: nobody can say whom they hold."""
    folder = f"{store.folder(source, stream)}/damaged"
    if not store.fs.exists(folder):
        return 0
    files = len(store.fs.find(folder))
    store.fs.rm(folder, recursive=True)
    return files


def _read(store: Store, source: str, stream: str, commit: Commit) -> pl.DataFrame:
    frames = [SCHEMA.to_frame()]
    for name in commit.files:
        with store.fs.open(f"{store.folder(source, stream)}/data/{name}", "rb") as handle:
            frames.append(pl.read_parquet(handle.read()))
    return pl.concat(frames)
