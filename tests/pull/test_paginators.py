"""Paginators stop where the vendor says, never loop, and name an answer of the wrong shape."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from flows.core.errors import VendorError
from flows.pull.boundary import Boundary, record, snapshot, sweep
from flows.pull.paginators import (
    Batch,
    LinearConnection,
    SlackCursor,
    ZendeskCursorExport,
    ZendeskList,
    ZendeskTimeExport,
)

Json = dict[str, Any]

NOW = datetime(2026, 7, 1, tzinfo=UTC)


def scripted(*answers: Json) -> tuple[Callable[[Json], Json], list[Json]]:
    asked: list[Json] = []

    def fetch(params: Json) -> Json:
        asked.append(params)
        return answers[min(len(asked), len(answers)) - 1]

    return fetch, asked


def test_the_cursor_export_uses_start_time_once_and_ends_at_end_of_stream() -> None:
    fetch, asked = scripted(
        {"tickets": [{"id": 1}], "after_cursor": "a", "end_of_stream": False},
        {"tickets": [], "after_cursor": "b", "end_of_stream": True},
    )
    batches = list(ZendeskCursorExport("tickets").batches(fetch, {"start_time": 5}))
    assert asked == [{"start_time": 5}, {"cursor": "a"}]
    assert batches[-1].position == {"cursor": "b"}


def test_an_export_without_anything_yet_keeps_its_start() -> None:
    fetch, _ = scripted({"tickets": [], "after_cursor": None, "end_of_stream": True})
    [batch] = ZendeskCursorExport("tickets").batches(fetch, {"start_time": 5})
    assert batch.position == {"start_time": 5}


def test_the_time_export_follows_end_time_with_and_without_end_of_stream() -> None:
    page = {"organizations": [{"id": 1}], "end_time": 20, "next_page": "https://..."}
    fetch, asked = scripted({**page, "end_of_stream": False}, {**page, "end_of_stream": True})
    assert [b.position for b in ZendeskTimeExport("organizations").batches(fetch, 10)] == [20, 20]
    fetch, asked = scripted(page, page)
    assert len(list(ZendeskTimeExport("organizations").batches(fetch, 10))) == 2
    assert asked == [{"start_time": 10}, {"start_time": 20}]
    fetch, asked = scripted({"organizations": [], "end_time": None, "next_page": None})
    assert [b.position for b in ZendeskTimeExport("organizations").batches(fetch, 10)] == [10]


@pytest.mark.parametrize(
    "walk",
    [
        lambda: ZendeskCursorExport("x").batches(
            lambda _: {"x": [], "after_cursor": "a", "end_of_stream": False}, {"cursor": "a"}
        ),
        lambda: ZendeskTimeExport("x").batches(lambda _: {"x": [1], "end_time": 5, "end_of_stream": False}, 5),
        lambda: ZendeskList("x").batches(lambda _: {"x": [], "meta": {"has_more": True, "after_cursor": "a"}}),
        lambda: LinearConnection("x").batches(
            lambda _: {"data": {"x": {"nodes": [], "pageInfo": {"hasNextPage": True, "endCursor": "a"}}}}
        ),
        lambda: SlackCursor("x").batches(lambda _: {"x": [], "response_metadata": {"next_cursor": "a"}}),
    ],
    ids=["cursor export", "time export", "list", "connection", "slack"],
)
def test_pages_that_do_not_advance_end_in_an_error_and_not_in_a_loop(walk: Callable[[], Iterator[Batch]]) -> None:
    with pytest.raises(VendorError, match="do not advance"):
        list(walk())


@pytest.mark.parametrize("places", [("a", "b", "a"), ("a", "b", "c", "b")])
def test_pages_that_lead_back_end_in_an_error_and_not_in_a_loop(places: tuple[str, ...]) -> None:
    answers = [{"x": [], "meta": {"has_more": True, "after_cursor": place}} for place in places]
    fetch, asked = scripted(*answers, *answers, *answers)
    with pytest.raises(VendorError, match="do not advance"):
        list(ZendeskList("x").batches(fetch))
    assert len(asked) == len(places)


@pytest.mark.parametrize("body", [{}, {"x": None}, {"x": {"id": 1}}, [], None])
def test_an_answer_of_the_wrong_shape_is_named(body: Any) -> None:
    with pytest.raises(VendorError, match="no list 'x'"):
        list(ZendeskList("x").batches(lambda _: body))


@pytest.mark.parametrize("id", [None, ""])
def test_a_record_without_an_id_is_landed_as_it_is_under_a_digest(id: str | None) -> None:
    one = record(id, "v", {"id": id, "subject": "x"})
    assert one["id"].startswith("row-")
    assert (one["version"], orjson.loads(one["payload"])) == ("v", {"id": id, "subject": "x"})
    assert one == record(id, "v", {"id": id, "subject": "x"})
    assert one["id"] != record(id, "v", {"id": id, "subject": "y"})["id"]


def test_the_boundary_forgets_what_is_old_and_knows_what_is_changed() -> None:
    boundary = Boundary()
    one = record(1, "2026-01-01T00:00:00Z", {"a": 1})
    two = record(2, "2026-01-02T00:00:00Z", {"a": 1})
    assert boundary.fresh([one, two, one]) == [one, two]
    boundary = Boundary(boundary.since("2026-01-02T00:00:00Z"))
    assert boundary.fresh([one, two]) == [one]
    changed = record(2, "2026-01-02T00:00:00Z", {"a": 2})
    assert boundary.fresh([changed]) == [changed]


def test_a_sweep_moves_its_watermark_only_at_the_end_of_a_pass() -> None:
    items = [{"id": n, "at": f"2026-01-{n:02}T00:00:00Z"} for n in (9, 8, 7, 6)]  # newest first

    def batches(start: str | None, after: int | None) -> Iterator[Batch]:
        for n in range(after or 0, 4):
            yield Batch({}, [items[n]], n + 1, n == 3)

    def to_record(item: Json) -> Any:
        return record(item["id"], item["at"], item)

    pages = list(sweep(None, batches, to_record, timedelta(days=1), NOW))
    middle, last = pages[1].cursor, pages[-1].cursor
    assert middle and last
    assert (middle["from"], middle["after"], middle["newest"]) == (None, 2, "2026-01-09T00:00:00Z")
    assert (last["from"], last["newest"]) == ("2026-01-08T00:00:00Z", "2026-01-09T00:00:00Z")
    assert sorted(last["boundary"]) == ["8", "9"]
    resumed = list(sweep(middle, batches, to_record, timedelta(days=1), NOW))
    assert [r["id"] for page in resumed for r in page.records] == ["7", "6"]
    assert resumed[-1].cursor == last


def test_a_version_ahead_of_the_clock_leaves_the_watermark_where_it_is() -> None:
    items = [{"id": 1, "at": "2099-01-01T00:00:00Z"}, {"id": 2, "at": "2026-01-09T00:00:00Z"}]
    asked: list[str | None] = []

    def batches(start: str | None, _after: object) -> Iterator[Batch]:
        asked.append(start)
        yield Batch({}, items, 1, True)

    def to_record(item: Json) -> Any:
        return record(item["id"], item["at"], item)

    (page,) = sweep(None, batches, to_record, timedelta(days=1), NOW)
    (again,) = sweep(page.cursor, batches, to_record, timedelta(days=1), NOW)
    assert [r["id"] for r in page.records] == ["1", "2"]
    assert asked == [None, "2026-01-08T00:00:00Z"], "what comes until 2099 is not left out"
    assert again.records == []


def test_a_snapshot_is_a_page_only_when_it_differs_in_any_order() -> None:
    one, two = record(1, "", {"a": 1}), record(2, "", {"a": 1})
    [page] = snapshot([one, two], None)
    assert page.extra == {"snapshot": True, "rows": 2, "previous_rows": None}
    assert list(snapshot([two, one], page.cursor)) == []
    [smaller] = snapshot([two], page.cursor)
    assert smaller.extra["previous_rows"] == 2
