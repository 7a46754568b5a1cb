"""Ways that vendors cut a list into pages, as small objects, and the shapes that connectors share.

A paginator walks one list: it is given a position (None: from the start), calls `fetch` with the
parameters of each page, and yields batches, each with the position at which the next page begins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from flows.core.errors import VendorError
from flows.landing.store import Record

Json = dict[str, Any]
Fetch = Callable[[Json], Json]  # the parameters of a page -> the parsed answer


@dataclass(frozen=True)
class Page:
    """What a connector yields: records to land, and the cursor that is true once they are landed.

    Without a cursor the one before stays: what the page holds comes again if the pull stops here.
    """

    records: list[Record]
    cursor: Json | None
    side: dict[str, list[Record]] = field(default_factory=dict)  # records of other streams that came along
    total: int | None = None  # how many the stream has in all, where the vendor says so
    extra: Json = field(default_factory=dict)  # for the commit: {"snapshot": True, "rows": n}
    problems: tuple[str, ...] = ()  # what could not be read as it should


class Connector(Protocol):
    """Reads one vendor. Streams are pulled in this order; `optional` ones may be refused (403, 404)."""

    streams: tuple[str, ...]
    optional: tuple[str, ...]

    def pages(self, stream: str, cursor: Json | None) -> Iterator[Page]:
        """Pages from `cursor` on (None: from the beginning) until what there is now has been read."""

    def close(self) -> None: ...


@dataclass(frozen=True)
class Batch:
    """One page as the vendor sent it. `position` is where the next one begins; `is_last` ends the walk."""

    body: Json
    items: list[Json]
    position: Any
    is_last: bool


def _items(vendor: str, body: Any, key: str) -> list[Json]:
    found = body.get(key) if isinstance(body, dict) else None
    if not isinstance(found, list):
        raise VendorError(vendor, f"an answer has no list {key!r}", "Probably a change of the vendor's API.")
    return found


def _stuck(vendor: str, key: str, position: object) -> VendorError:
    return VendorError(vendor, f"the pages of {key} do not advance beyond {position!r}", "Tell the vendor.")


@dataclass(frozen=True)
class ZendeskCursorExport:
    """Zendesk's cursor-based incremental export. Position: {"start_time": epoch} or {"cursor": text}.

    The same cursor goes on later, so the position after the last page is the next pull's.
    """

    key: str

    def batches(self, fetch: Fetch, position: Json) -> Iterator[Batch]:
        while True:
            body = fetch(position)
            items = _items("zendesk", body, self.key)
            after = {"cursor": body["after_cursor"]} if body.get("after_cursor") else position
            is_last = bool(body.get("end_of_stream", True))
            yield Batch(body, items, after, is_last)
            if is_last:
                return
            if after == position:
                raise _stuck("zendesk", self.key, position)
            position = after


@dataclass(frozen=True)
class ZendeskTimeExport:
    """Zendesk's time-based incremental export. Position: epoch seconds.

    Pages overlap: the next begins at the last one's `end_time`, so the caller drops what it has seen.
    """

    key: str

    def batches(self, fetch: Fetch, position: int) -> Iterator[Batch]:
        while True:
            body = fetch({"start_time": position})
            items = _items("zendesk", body, self.key)
            after = max(position, int(body.get("end_time") or position))
            done = body.get("end_of_stream")
            is_last = not body.get("next_page") if done is None else bool(done)
            # Without end_of_stream the last page still names a next one; it starts where this one did.
            is_last = is_last or not items or (done is None and after == position)
            yield Batch(body, items, after, is_last)
            if is_last:
                return
            if after == position:
                raise _stuck("zendesk", self.key, position)
            position = after


@dataclass(frozen=True)
class ZendeskList:
    """Zendesk's cursor pagination of other lists: page[size], page[after]. Position: the cursor text."""

    key: str
    size: int = 100

    def batches(self, fetch: Fetch, position: str | None = None) -> Iterator[Batch]:
        while True:
            body = fetch({"page[size]": self.size} | ({"page[after]": position} if position else {}))
            items = _items("zendesk", body, self.key)
            meta = body.get("meta") or {}
            after, is_last = meta.get("after_cursor"), not meta.get("has_more")
            yield Batch(body, items, after, is_last)
            if is_last:
                return
            if after is None or after == position:
                raise _stuck("zendesk", self.key, position)
            position = after


@dataclass(frozen=True)
class LinearConnection:
    """A GraphQL connection of Linear: nodes and pageInfo. Position: the end cursor."""

    key: str

    def batches(self, fetch: Fetch, position: str | None = None) -> Iterator[Batch]:
        while True:
            connection = (fetch({"after": position}).get("data") or {}).get(self.key)
            items = _items("linear", connection, "nodes")
            info = (connection or {}).get("pageInfo") or {}
            after, is_last = info.get("endCursor"), not info.get("hasNextPage")
            yield Batch(connection or {}, items, after, is_last)
            if is_last:
                return
            if after is None or after == position:
                raise _stuck("linear", self.key, position)
            position = after


@dataclass(frozen=True)
class SlackCursor:
    """Slack's cursor pagination: response_metadata.next_cursor. Position: the cursor text."""

    key: str

    def batches(self, fetch: Fetch, position: str | None = None) -> Iterator[Batch]:
        while True:
            body = fetch({"cursor": position} if position else {})
            items = _items("slack", body, self.key)
            after = (body.get("response_metadata") or {}).get("next_cursor") or None
            yield Batch(body, items, after, after is None)
            if after is None:
                return
            if after == position:
                raise _stuck("slack", self.key, position)
            position = after
