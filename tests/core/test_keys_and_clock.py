"""Keys that are the same every time, and moments in UTC."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta, timezone

import pytest

from flows.core.clock import iso, parse, read_clock
from flows.core.errors import ConfigError
from flows.core.keys import digest, uuid4_from


def test_a_derived_uuid_has_the_shape_of_version_4_and_never_changes() -> None:
    made = uuid.UUID(uuid4_from("linear:bug-1:1"))
    assert made.version == 4 and made.variant == uuid.RFC_4122
    assert str(made) == uuid4_from("linear:bug-1:1") != uuid4_from("linear:bug-1:2")


def test_parts_are_told_apart() -> None:
    assert digest("ab", "c") != digest("a", "bc")


def test_moments_of_any_zone_are_the_same_in_utc() -> None:
    berlin = datetime(2026, 3, 29, 3, 30, tzinfo=timezone(timedelta(hours=2)))
    assert iso(berlin) == "2026-03-29T01:30:00Z"
    assert parse("2026-03-29T03:30:00+02:00") == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_a_clock_can_stand_still_and_nonsense_is_explained() -> None:
    assert read_clock("2026-07-01T00:00:00Z") == datetime(2026, 7, 1, tzinfo=UTC)
    with pytest.raises(ConfigError, match="gives no time"):
        read_clock("soon")
