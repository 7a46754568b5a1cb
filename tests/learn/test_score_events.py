"""The score: what counts as caught, as a false alarm, and as the hours between."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.core.clock import iso
from flows.core.errors import ConfigError
from flows.landing.journal import Journal
from flows.landing.store import Store
from flows.learn.score import score
from flows.settings import Settings, ZendeskSource

END = datetime(2026, 7, 1, tzinfo=UTC)


def event(name: str, tickets: range, hours: float) -> dict[str, Any]:
    at = iso(END + timedelta(hours=hours))
    return {
        "id": name, "kind": "bug", "loudness": "loud", "title": name, "started_at": at, "first_ticket_at": at,
        "ticket_ids": [str(n) for n in tickets],
    }  # fmt: skip


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "sandbox").mkdir()
    truth = {"history_end": iso(END), "events": [event("crash", range(10), 7), event("quiet", range(50, 60), 8)]}
    (tmp_path / "sandbox" / "truth.json").write_text(json.dumps(truth))
    source = ZendeskSource(type="zendesk", base_url="http://127.0.0.1:9")
    return Settings(home=tmp_path, sources={"zendesk": source})


def tell(settings: Settings, key: str, tickets: list[int], *, hours: float, share: float = 1.0) -> None:
    """Journal a finding, its state and its Linear issue."""
    journal, at = Journal(Store(settings.journal)), END + timedelta(hours=hours)
    ids = [f"zendesk:{n}" for n in tickets]
    state = {"state": "open", "at": iso(at), "tickets": ids, "share_above_baseline": share}
    journal.write("finding_state", [(key, state)], run_id="r", at=at)
    delivery = {"status": "sent", "destination": "linear", "finding_key": key, "external_id": f"issue-{key}"}
    journal.write("delivery", [(f"linear:{key}:1", delivery)], run_id="r", at=at)
    for n, flow in enumerate(("backfill", "hourly", "hourly")):
        moment = iso(END + timedelta(days=7 * n))
        journal.write("run", [(f"{flow}-{n}", {"flow": flow, "at": moment})], run_id="r", at=at)


def test_a_finding_mostly_of_an_events_tickets_catches_it(settings: Settings) -> None:
    tell(settings, "bug-1", [0, 1, 2, 99], hours=12)
    crash, quiet = score(settings).events.events
    assert (crash.caught, crash.issues_filed, crash.hours_to_finding) == (True, 1, 5.0)
    assert not quiet.caught


def test_a_finding_about_nothing_planted_is_a_false_alarm(settings: Settings) -> None:
    tell(settings, "bug-2", [0, 90, 91, 92], hours=12)
    result = score(settings).events
    assert result.false_alarms == ["bug-2"]
    assert result.false_alarms_per_week == 1.0


def test_a_wave_is_about_its_tickets_above_the_baseline(settings: Settings) -> None:
    tell(settings, "volume-1", [*range(10), *range(100, 130)], hours=12, share=0.25)
    result = score(settings).events
    assert result.events[0].caught
    assert result.false_alarms == []


def test_two_issues_for_one_event_are_counted_as_two(settings: Settings) -> None:
    tell(settings, "bug-1", [0, 1, 2], hours=12)
    tell(settings, "bug-3", [3, 4, 5], hours=18)
    assert score(settings).events.events[0].issues_filed == 2


def test_without_a_planted_truth_there_is_nothing_to_score(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"truth\.json is not there"):
        score(Settings(home=tmp_path))
