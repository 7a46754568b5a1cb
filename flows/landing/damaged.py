"""Damaged files of a store: found, named, set aside, and what they held is asked for again.

A data file is damaged when it is missing or is not what its manifest sealed; a manifest when it cannot be read, or
when there are two for one number. Nothing is deleted: files go to `<source>/<stream>/damaged/`, with the manifest
that named them.

What a lost file of the landing zone held is pulled again: a new commit takes the damaged one's place and puts the
cursor back to where it was before. Numbers are never used again, so whoever has read up to a number misses nothing.
The journal has no vendor to ask: the commit that takes the place is marked, and what depends on it is careful
(`push.deliver` looks at the destination before it sends anything).
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl

from flows.core.clock import iso
from flows.core.locks import hold
from flows.core.run import Run
from flows.landing.journal import SOURCE as JOURNAL
from flows.landing.migrate import UNREADABLE
from flows.landing.store import ROWS_PER_COMMIT, Commit, Store, seal

MARK = "damaged"  # key of `Commit.extra`: the files in whose place a commit stands
CAME_WITH = {"ticket_metrics": "tickets"}  # a stream without a cursor of its own -> the one whose pages bring it
# What it means that entries of the journal are lost, beyond that.
LOST = {
    "delivery": "everything is looked up at its destination before it is sent",
    "mute": "what was muted may have to be muted again: groundswell mute KEY",
    "label": "what people did at the destinations is counted from what is read back",
    "finding": "findings keep their keys where they are still made of the same tickets",
    "finding_alias": "findings keep their keys where they are still made of the same tickets",
    "model": "models are fitted again",
    "reliability": "how confidences held is counted from the next night on",
    "model_answer": "the language model is asked again",
    "intent_label": "the language model is asked about uncertain tickets again",
    "intent_correction": "intents that people corrected may have to be corrected again: groundswell correct",
    "topic": "topics are found again, under new names",
    "topic_edit": "what people said of topics may have to be said again: groundswell topics",
}


@dataclass(frozen=True)
class Damage:
    """One damaged file, by its name below its stream (`data/...` or `commits/...`), and what is wrong with it."""

    source: str
    stream: str
    name: str
    what: str

    def __str__(self) -> str:
        return f"{self.source}/{self.stream}/{self.name} {self.what}"


@dataclass
class _Found:
    """The manifests of a stream, and its damage. `strays` are manifests under a name that is not their number's."""

    commits: dict[int, Commit] = field(default_factory=dict)
    unreadable: dict[int, str] = field(default_factory=dict)  # number -> name of the manifest
    strays: dict[str, Commit | None] = field(default_factory=dict)
    files: dict[str, Commit] = field(default_factory=dict)  # damaged data file -> the commit that names it
    lost: set[int] = field(default_factory=set)  # commits of which neither manifest nor data can be read
    damage: list[Damage] = field(default_factory=list)

    @property
    def live(self) -> list[Commit]:
        replaced = {n for c in self.commits.values() for n in c.replaces}
        return [c for n, c in sorted(self.commits.items()) if n not in replaced]


def find(store: Store, source: str, stream: str, *, thorough: bool) -> list[Damage]:
    """The damaged files of a stream, by their names.

    thorough: read every file. Else only those that were changed after they were committed; sizes are always compared.
    """
    return _find(store, source, stream, thorough).damage


def has_gaps(store: Store, source: str, stream: str) -> bool:
    """Whether something that was committed to the stream is lost."""
    return any(MARK in commit.extra for commit in store.commits(source, stream))


def kept_aside(store: Store) -> list[str]:
    """Everything that was ever set aside in a store, as paths."""
    return sorted(
        p for name in ("*/*/damaged/*", "_schema.json.damaged") for p in store.fs.glob(f"{store._base}/{name}")
    )


def set_aside_all(run: Run, *, thorough: bool) -> int:
    """Set aside what is damaged in both stores; each file is a problem of the run's report. Returns how many."""
    settings, total = run.settings, 0
    askable = {*settings.sources, "linear", "slack", "quarantine"}
    for store in (run.landing, run.journal.store):
        for source, stream in store.streams():
            if not find(store, source, stream, thorough=thorough):
                continue
            # The lock of those who pull, so that nobody goes on from the cursor that is put back here.
            wait = settings.lock_wait_seconds
            with hold(settings.lock_dir, f"source-{source}", holder=run.run_id, wait_seconds=wait):
                said = set_aside(store, source, stream, run_id=run.run_id, at=run.now, thorough=thorough)
            if source not in askable and source != JOURNAL:
                said = [f"{text} No source is called {source} now: add it again to have them." for text in said]
            run.report.problems += said
            total += len(said)
    if total:
        run.report.count("damaged_files", total)
    return total


def set_aside(store: Store, source: str, stream: str, *, run_id: str, at: datetime, thorough: bool = True) -> list[str]:
    """Set aside the damaged files of one stream. Returns a sentence for each. The caller holds the lock of its writer.

    Can be stopped anywhere and done again.
    """
    with store.alone(source, stream):
        found = _find(store, source, stream, thorough)
        for name, commit in found.strays.items():
            _adopt(store, source, stream, found, name, commit, run_id, at)
        for number, name in found.unreadable.items():
            _write_again(store, source, stream, found, number, name)
        lost = _replace_lost(store, source, stream, found, run_id, at)
    if lost and stream in CAME_WITH:
        _ask_again(store, source, CAME_WITH[stream], lost, run_id, at)
    where = f"{store.folder(source, stream)}/damaged"
    return [f"{one}: set aside in {where}. {_what_follows(one, lost)}".rstrip() for one in found.damage]


def _what_follows(damage: Damage, lost: list[Commit]) -> str:
    file = damage.name.rsplit("/", 1)[-1]
    gone = next((c for c in lost if file in c.files or file == f"{c.number:012d}.json"), None)
    if gone is None:
        return "Nothing is lost." if damage.name.startswith("commits/") else ""
    rows = f"{gone.rows:,} " if gone.rows else ""
    if damage.source == JOURNAL:
        return f"Its {rows}entries are lost{': ' + LOST[damage.stream] if damage.stream in LOST else ''}."
    return f"Its {rows}records are asked for again."


# -- finding


def _find(store: Store, source: str, stream: str, thorough: bool) -> _Found:
    found = _Found()
    folder = store.folder(source, stream)
    manifests = _listing(store, f"{folder}/commits")

    def note(name: str, what: str) -> None:
        found.damage.append(Damage(source, stream, name, what))

    for name in sorted(n for n in manifests if n.endswith(".json")):
        number = int(name[:12]) if re.fullmatch(r"\d{12}\.json", name) else None
        try:
            commit: Commit | None = Commit.parse(store.fs.cat_file(f"{folder}/commits/{name}"))
        except (ValueError, TypeError, KeyError):
            commit = None
        if number is None:
            found.strays[name] = commit
            note(f"commits/{name}", f"is a second manifest for commit {commit.number}" if commit else "cannot be read")
        elif commit is None or commit.number != number:
            found.unreadable[number] = name
            note(f"commits/{name}", "cannot be read")
        else:
            found.commits[number] = commit
    there = _listing(store, f"{folder}/data")
    for commit in found.live:
        committed_at = manifests[f"{commit.number:012d}.json"].get("mtime")
        for name in commit.files:
            info = there.get(name)
            changed_at = (info or {}).get("mtime")
            touched = committed_at is not None and changed_at is not None and changed_at > committed_at
            what = _wrong(store, f"{folder}/data/{name}", info, commit, thorough or touched)
            if what:
                found.files[name] = commit
                note(f"data/{name}", what)
    return found


def _wrong(store: Store, path: str, info: dict[str, Any] | None, commit: Commit, read: bool) -> str | None:
    """What is wrong with a data file, or None."""
    sealed = commit.seals.get(path.rsplit("/", 1)[-1])
    if info is None:
        return "is missing"
    if sealed and info["size"] != sealed["bytes"]:
        return f"has {info['size']} bytes of {sealed['bytes']}"
    if sealed and not read:
        return None
    try:
        content = store.fs.cat_file(path)
    except OSError as error:
        return f"cannot be read ({error})"
    if sealed:
        return None if seal(content) == sealed else "has other content than was committed"
    return None if _frame(content) is not None else "cannot be read"


def _frame(content: bytes) -> pl.DataFrame | None:
    try:
        return pl.read_parquet(io.BytesIO(content))
    except UNREADABLE:
        return None


def _listing(store: Store, folder: str) -> dict[str, dict[str, Any]]:
    store.fs.invalidate_cache()
    if not store.fs.exists(folder):
        return {}
    return {info["name"].rsplit("/", 1)[-1]: info for info in store.fs.ls(folder, detail=True)}


# -- setting aside


def _keep(store: Store, source: str, stream: str, name: str, *, copy: bool = False) -> None:
    """Put a file (`data/...`, `commits/...`) into `damaged/`, beside what has that name there."""
    path = f"{store.folder(source, stream)}/{name}"
    aside = f"{store.folder(source, stream)}/damaged"
    if not store.fs.exists(path):
        return
    store.fs.makedirs(aside, exist_ok=True)
    stem = name.rsplit("/", 1)[-1]
    names = [stem, *(f"{stem}.{n}" for n in range(2, 1000))]
    target = next(f"{aside}/{free}" for free in names if not store.fs.exists(f"{aside}/{free}"))
    (store.fs.cp_file if copy else store.fs.mv)(path, target)


def _read(store: Store, source: str, stream: str, name: str) -> tuple[bytes, pl.DataFrame] | None:
    path = f"{store.folder(source, stream)}/data/{name}"
    content = store.fs.cat_file(path) if store.fs.exists(path) else b""
    frame = _frame(content)
    return None if frame is None else (content, frame)


def _adopt(
    store: Store, source: str, stream: str, found: _Found, name: str, stray: Commit | None, run_id: str, at: datetime
) -> None:
    """Set a stray manifest aside. What only it names becomes a commit: under its number where that is free."""
    taken = {file for commit in found.commits.values() for file in commit.files}
    if stray and stray.number not in found.commits and stray.number not in found.unreadable:
        store._write_manifest(source, stream, stray)
        found.commits[stray.number] = stray
    elif stray:
        for file in sorted({*stray.files} - taken):
            held = _read(store, source, stream, file)
            if held is None:
                continue
            number = store.last_number(source, stream) + 1
            rows = held[1].with_columns(seq=pl.int_range(pl.len()) + number * ROWS_PER_COMMIT)
            seals = store._write_data(source, stream, number, run_id, rows)
            cursor = found.live[-1].cursor if found.live else None
            made = Commit(number, (*seals,), rows.height, run_id, iso(at), cursor, (), {}, seals)
            store._write_manifest(source, stream, made)
            found.commits[number] = made
    _keep(store, source, stream, f"commits/{name}")


def _write_again(store: Store, source: str, stream: str, found: _Found, number: int, name: str) -> None:
    """Write an unreadable manifest anew from the data file that begins with its number, else note it as lost.

    What cannot be known is its cursor: it becomes that of a commit before it, so the next pull repeats a little.
    """
    named = {file for commit in found.commits.values() for file in commit.files}
    there = _listing(store, f"{store.folder(source, stream)}/data")
    own = [file for file in there if file.startswith(f"{number:012d}-") and file not in named]
    own.sort(key=lambda file: there[file].get("mtime") or 0, reverse=True)  # one of a crash before was written earlier
    held = _read(store, source, stream, own[0]) if own else None
    if held is None or held[1].is_empty():
        found.lost.add(number)
        found.commits[number] = Commit(number, tuple(own), 0, "", "", None)
        return
    content, frame = held
    row = frame.row(0, named=True)
    merged = {int(n) for n in (frame["seq"] // ROWS_PER_COMMIT).unique()} - {number}
    commit = Commit(
        number, (own[0],), frame.height, row["run_id"], iso(row["pulled_at"]), _cursor_before(found.live, number),
        tuple(sorted(merged)), {}, {own[0]: seal(content)},
    )  # fmt: skip
    for file in own[1:]:
        _keep(store, source, stream, f"data/{file}")
    _keep(store, source, stream, f"commits/{name}", copy=True)
    store._write_manifest(source, stream, commit)
    found.commits[number] = commit


def _replace_lost(store: Store, source: str, stream: str, found: _Found, run_id: str, at: datetime) -> list[Commit]:
    """Commit what is left of commits whose files are damaged, with the cursor from before them. Returns these."""
    lost = [commit for commit in found.live if commit.number in found.lost or {*commit.files} & {*found.files}]
    for commit in lost:
        for name in commit.files:
            if name in found.files or commit.number in found.lost:
                _keep(store, source, stream, f"data/{name}")
    if lost:
        left = {name: c.seals[name] for c in lost for name in c.files if name not in found.files and name in c.seals}
        first = min(n for commit in lost for n in (commit.number, *commit.replaces))
        made = Commit(
            number=store.last_number(source, stream) + 1, files=(*left,), rows=0, run_id=run_id, at=iso(at),
            cursor=_cursor_before(found.live, first),
            replaces=tuple(sorted({c.number for c in lost} | {n for c in lost for n in c.replaces})),
            extra={MARK: [one.name for one in found.damage]}, seals=left,
        )  # fmt: skip
        store._write_manifest(source, stream, made)
    for number in {commit.number for commit in lost} | found.lost:
        _keep(store, source, stream, f"commits/{number:012d}.json")
    return lost


def _ask_again(store: Store, source: str, stream: str, lost: list[Commit], run_id: str, at: datetime) -> None:
    """Put back the cursor of the stream whose pages bring what was lost."""
    first = min(commit.at for commit in lost)
    known = [c for c in store.commits(source, stream) if not c.replaces and c.at < first]
    merged = any(commit.replaces for commit in lost)
    cursor = known[-1].cursor if known and not merged else None
    store.append(source, stream, [], run_id=run_id, pulled_at=at, cursor=cursor)


def _cursor_before(commits: list[Commit], number: int) -> dict[str, Any] | None:
    """The cursor that was in force before a commit; None, the beginning, where that is not known any more.

    A merged commit has the cursor of the day it was merged on, which says nothing about its place.
    """
    before = [c for c in commits if c.number < number and not c.replaces]
    return before[-1].cursor if before else None
