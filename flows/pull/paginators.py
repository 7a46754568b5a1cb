"""Ways that vendors cut a list into pages, as small objects, and the shapes that connectors share.

A paginator walks one list: it is given a position (None: from the start), calls `fetch` with the
parameters of each page, and yields batches, each with the position at which the next page begins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from flows.core.clock import epoch_ms
from flows.core.errors import VendorError
from flows.landing.store import Record

Json = dict[str, Any]
T = TypeVar("T")
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
        raise VendorError(
            vendor, f"an answer has no list {key!r}", "Probably a change of the vendor's API.", status=200
        )
    return found


def _stuck(vendor: str, key: str, position: object) -> VendorError:
    what = f"the pages of {key} do not advance beyond {position!r}"
    return VendorError(vendor, what, "If it stays so, tell the vendor.", status=200)


class _Walk:
    """Where a walk has been. No position may come twice: pages that lead back would be read for ever."""

    def __init__(self, vendor: str, key: str, position: object) -> None:
        self._vendor, self._key = vendor, key
        self._been = {repr(position)}

    def on(self, position: T) -> T:
        """The next position. Raises VendorError when there is none, or when it is one of those before."""
        if position is None or repr(position) in self._been:
            raise _stuck(self._vendor, self._key, position)
        self._been.add(repr(position))
        return position


@dataclass(frozen=True)
class ZendeskCursorExport:
    """Zendesk's cursor-based incremental export. Position: {"start_time": epoch} or {"cursor": text}.

    The same cursor goes on later, so the position after the last page is the next pull's.
    """

    key: str

    def batches(self, fetch: Fetch, position: Json) -> Iterator[Batch]:
        walk = _Walk("zendesk", self.key, position)
        while True:
            body = fetch(position)
            items = _items("zendesk", body, self.key)
            after = {"cursor": body["after_cursor"]} if body.get("after_cursor") else position
            is_last = bool(body.get("end_of_stream", True))
            yield Batch(body, items, after, is_last)
            if is_last:
                return
            position = walk.on(after)


@dataclass(frozen=True)
class ZendeskTimeExport:
    """Zendesk's time-based incremental export. Position: epoch seconds.

    Pages overlap: the next begins at the last one's `end_time`, so the caller drops what it has seen.
    """

    key: str

    def batches(self, fetch: Fetch, position: int) -> Iterator[Batch]:
        walk = _Walk("zendesk", self.key, position)
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
            position = walk.on(after)


@dataclass(frozen=True)
class ZendeskList:
    """Zendesk's cursor pagination of other lists: page[size], page[after]. Position: the cursor text."""

    key: str
    size: int = 100

    def batches(self, fetch: Fetch, position: str | None = None) -> Iterator[Batch]:
        walk = _Walk("zendesk", self.key, position)
        while True:
            body = fetch({"page[size]": self.size} | ({"page[after]": position} if position else {}))
            items = _items("zendesk", body, self.key)
            meta = body.get("meta") or {}
            after, is_last = meta.get("after_cursor"), not meta.get("has_more")
            yield Batch(body, items, after, is_last)
            if is_last:
                return
            position = walk.on(after)


@dataclass(frozen=True)
class HubspotList:
    """HubSpot's lists: limit, after; paging.next.after. Position: the `after` text."""

    size: int = 100

    def batches(self, fetch: Fetch, position: str | None = None) -> Iterator[Batch]:
        walk = _Walk("hubspot", "results", position)
        while True:
            body = fetch({"limit": self.size} | ({"after": position} if position else {}))
            items = _items("hubspot", body, "results")
            after = _hubspot_next(body)
            yield Batch(body, items, after, after is None)
            if after is None:
                return
            position = walk.on(after)


@dataclass(frozen=True)
class HubspotSearch:
    """HubSpot's CRM search by the time of change, oldest first. Position: [epoch milliseconds, object id].

    Each page is a search of its own, from the time on that the page before ended with. `after` would be an offset:
    a record that is changed meanwhile moves to the end, all behind it move up, and the next page leaves one out; and
    no search goes beyond 10,000 results. So pages overlap by the records of one time, and the caller drops what it
    has seen. Where a whole page has one time (an import), its records are read by their ids, and the position's id is
    the last of them; 0 means from the time on.
    """

    changed: str  # the property with the time of change
    size: int = 200

    def batches(self, fetch: Fetch, position: Sequence[int], until: int | None = None) -> Iterator[Batch]:
        """`fetch` is given the body of a search but its properties; `until` ends the walk before that time."""
        at, id = position
        by_id = id > 0
        while True:
            body = fetch(self._by_id(at, id) if by_id else self._by_time(at, until))
            items = _items("hubspot", body, "results")
            more = _hubspot_next(body) is not None
            if more and not items:
                raise _stuck("hubspot", self.changed, [at, id])
            if by_id:
                last = max((int(item["id"]) for item in items), default=id)
                after = [at, last] if more else [at + 1, 0]
            else:
                after = [max([at, *(epoch_ms(item["properties"][self.changed]) for item in items)]), 0]
                if more and after[0] == at:
                    by_id = True
                    continue
            yield Batch(body, items, after, is_last=not more and not by_id)
            if not more and not by_id:
                return
            if after == [at, id]:
                raise _stuck("hubspot", self.changed, after)
            (at, id), by_id = after, by_id and more

    def _by_time(self, at: int, until: int | None) -> Json:
        filters = [_filter(self.changed, "GTE", at)]
        filters += [_filter(self.changed, "LT", until)] if until is not None else []
        return self._search(filters, self.changed)

    def _by_id(self, at: int, id: int) -> Json:
        return self._search([_filter(self.changed, "EQ", at), _filter("hs_object_id", "GT", id)], "hs_object_id")

    def _search(self, filters: list[Json], sort: str) -> Json:
        sorts = [{"propertyName": sort, "direction": "ASCENDING"}]
        return {"filterGroups": [{"filters": filters}], "sorts": sorts, "limit": self.size, "after": "0"}


def _filter(name: str, operator: str, value: int) -> Json:
    return {"propertyName": name, "operator": operator, "value": str(value)}


def _hubspot_next(body: Json) -> str | None:
    after = ((body.get("paging") or {}).get("next") or {}).get("after")
    return None if after is None else str(after)


@dataclass(frozen=True)
class StripeList:
    """Stripe's lists, newest first: limit, starting_after; has_more. Position: [id, created] of the last object.

    Where that object has been deleted since, the list goes on from its time, and repeats what was made in that second.
    """

    size: int = 100

    def batches(self, fetch: Fetch, position: Sequence[Any] | None = None) -> Iterator[Batch]:
        walk = _Walk("stripe", "data", position)
        while True:
            body = self._page(fetch, position)
            items = _items("stripe", body, "data")
            after = [items[-1].get("id"), items[-1].get("created")] if items else None
            is_last = not body.get("has_more")
            yield Batch(body, items, after, is_last)
            if is_last:
                return
            position = walk.on(after)

    def _page(self, fetch: Fetch, position: Sequence[Any] | None) -> Json:
        if position is None:
            return fetch({"limit": self.size})
        id, created = position
        try:
            return fetch({"limit": self.size, "starting_after": id})
        except VendorError as error:
            if error.status not in (400, 404) or created is None:
                raise
            return fetch({"limit": self.size, "created[lte]": created})


@dataclass(frozen=True)
class LinearConnection:
    """A GraphQL connection of Linear: nodes and pageInfo. Position: the end cursor."""

    key: str

    def batches(self, fetch: Fetch, position: str | None = None) -> Iterator[Batch]:
        walk = _Walk("linear", self.key, position)
        while True:
            connection = (fetch({"after": position}).get("data") or {}).get(self.key)
            items = _items("linear", connection, "nodes")
            info = (connection or {}).get("pageInfo") or {}
            after, is_last = info.get("endCursor"), not info.get("hasNextPage")
            yield Batch(connection or {}, items, after, is_last)
            if is_last:
                return
            position = walk.on(after)


@dataclass(frozen=True)
class SlackCursor:
    """Slack's cursor pagination: response_metadata.next_cursor. Position: the cursor text."""

    key: str

    def batches(self, fetch: Fetch, position: str | None = None) -> Iterator[Batch]:
        walk = _Walk("slack", self.key, position)
        while True:
            body = fetch({"cursor": position} if position else {})
            items = _items("slack", body, self.key)
            after = (body.get("response_metadata") or {}).get("next_cursor") or None
            yield Batch(body, items, after, after is None)
            if after is None:
                return
            position = walk.on(after)
