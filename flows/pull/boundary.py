"""What connectors share: records as JSON text, what an overlap sends again, full lists that seldom change."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, TypeVar

import orjson

from flows.core.clock import iso, parse
from flows.core.keys import digest
from flows.landing.store import Record
from flows.pull.paginators import Batch, Json, Page

T = TypeVar("T")

NAMELESS = "row-"  # begins the id under which something without an id is landed
UNREADABLE = "unreadable-"  # begins the id of a row of a file that cannot be read
MAX_REMEMBERED = 20_000  # bounds the cursor; what is forgotten is landed twice, which staging sorts out


def record(id: object, version: str, payload: Any) -> Record:
    """A vendor object as a record; the payload's keys keep the vendor's order.

    Without an id it is landed under a digest of itself, so that validation can show it.
    """
    try:
        text = orjson.dumps(payload).decode()
    except TypeError:  # nested deeper than it writes
        text = json.dumps(payload, ensure_ascii=False)
    name = f"{NAMELESS}{digest(text)[:16]}" if id is None or id == "" else str(id)
    return Record(id=name, version=version, payload=text)


def records(items: Iterable[Any], to_record: Callable[[Json], Record]) -> list[Record]:
    """The items of an answer as records. One that is no object is landed as it is, for validation to show."""
    return [to_record(item) if isinstance(item, dict) else record(None, "", item) for item in items]


def first_time(item: Json, *names: str) -> str:
    """The first of the fields that holds an ISO time, as it stands; nothing where none does.

    What is no time is no version: a word would sort above every time there will ever be.
    """
    for name in names:
        value = item.get(name)
        try:
            if isinstance(value, str) and parse(value):
                return value
        except ValueError:
            continue
    return ""


def epoch_text(seconds: object) -> str:
    """Seconds since 1970 as an ISO time; nothing where they are none."""
    try:
        at = time.gmtime(seconds) if seconds else None  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError, OSError):
        return ""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", at) if at and 999 < at.tm_year < 10_000 else ""


def chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items in lists of `size`; the last one may be shorter."""
    rest = iter(items)
    while some := list(islice(rest, size)):
        yield some


class Boundary:
    """Remembers what was landed close to the watermark, so that an overlap does not land it again.

    `seen` is {id: [version, short digest of the payload]} and travels in the cursor.
    """

    def __init__(self, seen: dict[str, list[str]] | None = None) -> None:
        self._seen = dict(seen or {})
        self._new: dict[str, Record] = {}  # what came since, whole: hardly any of it will need a digest

    def fresh(self, records: Iterable[Record]) -> list[Record]:
        """The records that were not landed last with the same version and payload."""
        new = []
        for one in records:
            id = one["id"]
            landed = one == self._new[id] if id in self._new else id in self._seen and self._seen[id] == _mark(one)
            if not landed:
                self._new[id] = one
                new.append(one)
        return new

    def knows(self, id: str, version: str) -> bool:
        """Whether this version of a record, or a later one, was landed last."""
        known = self._new[id]["version"] if id in self._new else self._seen.get(id, [""])[0]
        return known >= version

    def since(self, version: str) -> dict[str, list[str]]:
        """What to remember: versions from `version` on, the newest if they are too many."""
        seen = {id: mark for id, mark in self._seen.items() if id not in self._new and mark[0] >= version}
        seen |= {id: _mark(one) for id, one in self._new.items() if one["version"] >= version}
        if len(seen) > MAX_REMEMBERED:
            seen = dict(sorted(seen.items(), key=lambda known: (known[1], known[0]))[-MAX_REMEMBERED:])
        self._seen, self._new = seen, {}
        return dict(seen)


def _mark(one: Record) -> list[str]:
    return [one["version"], digest(one["payload"])[:12]]


def sweep(
    cursor: Json | None,
    batches: Callable[[str | None, Any], Iterator[Batch]],
    to_record: Callable[[Json], Record],
    overlap: timedelta,
    now: datetime,
) -> Iterator[Page]:
    """Pages of a list that is filtered by a time but comes in any order.

    The watermark moves only when a whole pass is done; within a pass the cursor keeps the place, so
    that a long first pass can be gone on with. Cursor: {"from": the filter of this pass or None,
    "after": place in the pass or None, "newest": newest version seen, "boundary": see Boundary}.
    `batches(from, after)` walks the list. A version ahead of `now` does not move the watermark: it would leave out
    everything until then.
    """
    cursor = cursor or {}
    start: str | None = cursor.get("from")
    newest: str = cursor.get("newest") or ""
    boundary = Boundary(cursor.get("boundary"))
    for batch in batches(start, cursor.get("after")):
        found = records(batch.items, to_record)
        newest = max([newest, *(r["version"] for r in found if r["version"] <= iso(now))])
        fresh = boundary.fresh(found)
        since = iso(parse(newest) - overlap) if newest else ""
        if batch.is_last:
            done = {"from": since or None, "newest": newest, "boundary": boundary.since(since)}
            yield Page(fresh, done)
        else:
            kept = boundary.since(min(start or since, since))
            yield Page(fresh, {"from": start, "after": batch.position, "newest": newest, "boundary": kept})


def snapshot(whole: list[Record], cursor: Json | None) -> Iterator[Page]:
    """One page with the whole of a small list where it differs from the last one, else no page."""
    mark = digest(*(f"{r['id']} {r['payload']}" for r in sorted(whole, key=lambda r: r["id"])))
    before = cursor or {}
    if before.get("digest") != mark:
        extra = {"snapshot": True, "rows": len(whole), "previous_rows": before.get("rows")}
        yield Page(whole, {"digest": mark, "rows": len(whole)}, extra=extra)
