"""What a vendor sends without an id neither halts its stream nor gets lost: validation keeps it apart."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from flows.core.run import Run
from flows.pull.boundary import record
from flows.pull.paginators import Page
from flows.pull.run import SOURCES, pull
from flows.settings import Settings, ZendeskSource
from flows.validate.run import validate_landed

USERS: list[dict[str, Any]] = [{"id": 1, "role": "agent"}, {"role": "agent", "name": "N"}, {"id": 2, "role": "agent"}]


class Nameless:
    """A connector that is sent a user without an id."""

    streams = ("users",)
    optional = ()

    def __init__(self, *_: object) -> None: ...

    def pages(self, _stream: str, _cursor: dict[str, Any] | None) -> Iterator[Page]:
        yield Page([record(user.get("id"), "2026-06-01T10:00:00Z", user) for user in USERS], {"page": 1})

    def close(self) -> None: ...


def test_a_record_without_an_id_is_landed_reported_and_quarantined(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SOURCES, "zendesk", Nameless)
    desk = ZendeskSource(type="zendesk", base_url="https://example.test")
    run = Run.start("hourly", Settings(home=tmp_path, sources={"desk": desk}), now=datetime(2026, 7, 1, tzinfo=UTC))
    assert pull(run, "desk").counts == {"users": 3}
    assert run.report.problems == ["desk users: 1 row has no id"]
    validate_landed(run, ["desk"])
    (entry,) = (orjson.loads(text) for text in run.landing.read("quarantine", "records")["payload"])
    assert entry["id"].startswith("row-")
    assert (entry["status"], entry["column"]) == ("quarantined", "user_id")
