"""Staging: the newest version of each record, whatever order they come in, and none that is in quarantine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from warehouse_fixture import House, comment, files_ticket, zendesk_event, zendesk_ticket

COMMIT = 10_000_000  # seq of the first row of the first commit
SUBJECTS = "select ticket_id, subject from staging.stg_files__tickets order by ticket_id"


@pytest.fixture
def house(tmp_path):
    return House.fresh(tmp_path)


def stage(house):
    house.build_only("stg_files__tickets")
    return house.rows(SUBJECTS)


def test_a_newer_version_replaces_the_older_one_and_a_late_one_does_not(house):
    house.land("export", "tickets", [files_ticket("a", subject="one", updated_at="2026-06-02T00:00:00Z")])
    assert stage(house) == [("export:a", "one")]
    house.land("export", "tickets", [files_ticket("a", subject="three", updated_at="2026-06-04T00:00:00Z")])
    assert stage(house) == [("export:a", "three")]
    house.land("export", "tickets", [files_ticket("a", subject="two", updated_at="2026-06-03T00:00:00Z")])
    assert stage(house) == [("export:a", "three")]


def test_the_same_version_again_changes_nothing_but_the_last_word_wins(house):
    house.land("export", "tickets", [files_ticket("a", subject="one"), files_ticket("b")])
    house.land("export", "tickets", [files_ticket("a", subject="one again")])
    assert stage(house) == [("export:a", "one again"), ("export:b", "Ticket b")]
    assert stage(house) == [("export:a", "one again"), ("export:b", "Ticket b")]


def test_only_what_is_new_is_read_and_the_slower_of_two_sources_is_not_skipped(house):
    house.settings.sources["late"] = house.settings.sources["export"]
    for n in range(3):
        house.land("export", "tickets", [files_ticket(f"e{n}")])
    assert len(stage(house)) == 3
    house.land("late", "tickets", [files_ticket("first")])  # its seq is below the other source's
    assert ("late:first", "Ticket first") in stage(house)


def test_a_version_put_into_quarantine_later_gives_way_to_the_one_before_and_comes_back_when_released(house):
    house.land("export", "tickets", [files_ticket("a", subject="good", updated_at="2026-06-02T00:00:00Z")])
    house.land("export", "tickets", [files_ticket("a", subject="bad", updated_at="2026-06-03T00:00:00Z")])
    assert stage(house) == [("export:a", "bad")]
    house.quarantine("export", "tickets", "a", 2 * COMMIT)
    assert stage(house) == [("export:a", "good")]
    house.quarantine("export", "tickets", "a", 2 * COMMIT, status="released")
    assert stage(house) == [("export:a", "bad")]


def test_a_record_with_no_good_version_is_left_out_until_it_is_mended(house):
    house.land("export", "tickets", [files_ticket("a", subject="bad"), files_ticket("b")])
    assert len(stage(house)) == 2
    house.quarantine("export", "tickets", "a", COMMIT)
    assert stage(house) == [("export:b", "Ticket b")]
    house.land("export", "tickets", [files_ticket("a", subject="mended", updated_at="2026-06-09T00:00:00Z")])
    assert stage(house) == [("export:a", "mended"), ("export:b", "Ticket b")]


def test_quarantine_of_one_source_or_stream_leaves_the_others_alone(house):
    house.land("export", "tickets", [files_ticket("a")])
    house.quarantine("zendesk", "tickets", "a", COMMIT)
    house.quarantine("export", "messages", "a", COMMIT)
    assert stage(house) == [("export:a", "Ticket a")]


def test_known_is_the_first_version_that_counts(house):
    pulled = datetime(2026, 6, 10, tzinfo=UTC)
    house.land("export", "tickets", [files_ticket("live")], backfill=False, at=pulled)
    house.land("export", "tickets", [files_ticket("old")], backfill=True, at=pulled)
    changed = [files_ticket(i, updated_at="2026-06-20T00:00:00Z") for i in ("live", "old")]
    house.build_only("stg_files__tickets")
    house.land("export", "tickets", changed, backfill=False, at=pulled + timedelta(days=10))
    house.build_only("stg_files__tickets")
    rows = house.rows("select ticket_id, first_pulled_at, first_backfill from staging.stg_files__tickets order by 1")
    first = pulled.replace(tzinfo=None)
    assert rows == [("export:live", first, False), ("export:old", first, True)]


def test_a_ticket_event_that_comes_twice_gives_its_comments_once(house):
    event = zendesk_event(100, 1, "2026-06-01T10:00:00Z", comment(5, "hello"), comment(5, "again"))
    house.land("zendesk", "ticket_events", [event])
    house.build_only("stg_zendesk__ticket_events")
    house.land("zendesk", "ticket_events", [event])
    house.build_only("stg_zendesk__ticket_events")
    rows = house.rows("select child_id, body from staging.stg_zendesk__ticket_events order by 1")
    assert rows == [("zendesk:101", "hello"), ("zendesk:102", "again")]


def test_times_are_naive_utc_whatever_their_offset(house):
    texts = ["2026-06-01T10:00:00Z", "2026-06-01T12:00:00+02:00", "2026-06-01T10:00:00.250Z", "yesterday"]
    house.land("zendesk", "tickets", [zendesk_ticket(n, created_at=text) for n, text in enumerate(texts, start=1)])
    house.build_only("stg_zendesk__tickets")
    ten = datetime(2026, 6, 1, 10)
    assert house.rows("select created_at from staging.stg_zendesk__tickets order by ticket_id") == [
        (ten,), (ten,), (ten.replace(microsecond=250_000),), (None,)
    ]  # fmt: skip


def test_a_payload_of_unexpected_shape_does_not_stop_the_others(house):
    odd = {"id": 2, "tags": "not a list", "custom_fields": None, "via": "text", "created_at": 5}
    house.land("zendesk", "tickets", [zendesk_ticket(1, tags=["a", "b"]), odd])
    house.build_only("stg_zendesk__tickets")
    rows = house.rows("select ticket_id, tags, channel from staging.stg_zendesk__tickets order by 1")
    assert rows == [("zendesk:1", ["a", "b"], "email"), ("zendesk:2", [], None)]
