"""Keys that are the same every time, and moments in UTC."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from flows.core.clock import iso, parse, read_clock
from flows.core.errors import ConfigError, GroundswellError
from flows.core.keys import digest, secret_key, uuid4_from


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


def test_a_secret_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "home" / "redaction.key"
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: secret_key(path), range(32)))
    assert keys == {secret_key(path)}
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["redaction.key"]
    assert secret_key(tmp_path / "other.key") not in keys


@pytest.mark.parametrize("content", ["", "no key", "ab" * 8])
def test_what_is_no_key_is_told_with_its_remedy(tmp_path: Path, content: str) -> None:
    path = tmp_path / "redaction.key"
    path.write_text(content)
    with pytest.raises(GroundswellError, match=r"redaction\.key"):
        secret_key(path)
