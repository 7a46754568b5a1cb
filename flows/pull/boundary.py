"""What connectors share: records as JSON text, what an overlap sends again, full lists that seldom change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
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


def record(id: object, version: str, payload: Json) -> Record:
    """A vendor object as a record; the payload's keys keep the vendor's order.

    Without an id it is landed under a digest of itself, so that validation can show it.
    """
    text = orjson.dumps(payload).decode()
    name = f"{NAMELESS}{digest(text)[:16]}" if id is None or id == "" else str(id)
    return Record(id=name, version=version, payload=text)


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

    def fresh(self, records: Iterable[Record]) -> list[Record]:
        """The records that were not landed last with the same version and payload."""
        new = []
        for one in records:
            mark = [one["version"], digest(one["payload"])[:12]]
            if self._seen.get(one["id"]) != mark:
                self._seen[one["id"]] = mark
                new.append(one)
        return new

    def knows(self, id: str, version: str) -> bool:
        """Whether this version of a record, or a later one, was landed last."""
        return self._seen.get(id, [""])[0] >= version

    def since(self, version: str) -> dict[str, list[str]]:
        """What to remember: versions from `version` on, the newest if they are too many."""
        kept = [(mark, id) for id, mark in self._seen.items() if mark[0] >= version]
        if len(kept) > MAX_REMEMBERED:
            kept = sorted(kept)[-MAX_REMEMBERED:]
        self._seen = {id: mark for mark, id in kept}
        return dict(self._seen)


def sweep(
    cursor: Json | None,
    batches: Callable[[str | None, Any], Iterator[Batch]],
    to_record: Callable[[Json], Record],
    overlap: timedelta,
) -> Iterator[Page]:
    """Pages of a list that is filtered by a time but comes in any order.

    The watermark moves only when a whole pass is done; within a pass the cursor keeps the place, so
    that a long first pass can be gone on with. Cursor: {"from": the filter of this pass or None,
    "after": place in the pass or None, "newest": newest version seen, "boundary": see Boundary}.
    `batches(from, after)` walks the list.
    """
    cursor = cursor or {}
    start: str | None = cursor.get("from")
    newest: str = cursor.get("newest") or ""
    boundary = Boundary(cursor.get("boundary"))
    for batch in batches(start, cursor.get("after")):
        records = [to_record(item) for item in batch.items]
        newest = max([newest, *(r["version"] for r in records)])
        fresh = boundary.fresh(records)
        since = iso(parse(newest) - overlap) if newest else ""
        if batch.is_last:
            done = {"from": since or None, "newest": newest, "boundary": boundary.since(since)}
            yield Page(fresh, done)
        else:
            kept = boundary.since(min(start or since, since))
            yield Page(fresh, {"from": start, "after": batch.position, "newest": newest, "boundary": kept})


def snapshot(records: list[Record], cursor: Json | None) -> Iterator[Page]:
    """One page with the whole of a small list where it differs from the last one, else no page."""
    mark = digest(*(f"{r['id']} {r['payload']}" for r in sorted(records, key=lambda r: r["id"])))
    before = cursor or {}
    if before.get("digest") != mark:
        extra = {"snapshot": True, "rows": len(records), "previous_rows": before.get("rows")}
        yield Page(records, {"digest": mark, "rows": len(records)}, extra=extra)
