"""The journal: entries in the order of writing, the newest body of each key."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from flows.landing.journal import Journal
from flows.landing.store import Store

AT = datetime(2026, 7, 1, 12, tzinfo=UTC)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(Store(str(tmp_path / "journal")))


def test_entries_come_back_in_order_and_latest_wins(journal: Journal) -> None:
    journal.write("delivery", [("k1", {"status": "intent"}), ("k2", {"status": "intent"})], run_id="r1", at=AT)
    journal.write("delivery", [("k1", {"status": "sent", "external_id": "ENG-1"})], run_id="r1", at=AT)
    assert journal.read("delivery")["id"].to_list() == ["k1", "k2", "k1"]
    assert journal.latest("delivery") == {
        "k1": {"status": "sent", "external_id": "ENG-1"},
        "k2": {"status": "intent"},
    }


def test_the_same_entry_twice_is_two_entries(journal: Journal) -> None:
    for _ in range(2):
        journal.write("mute", [("f1", {"muted": True})], run_id="r1", at=AT)
    assert journal.read("mute").height == 2


def test_an_unknown_kind_is_refused_and_nothing_to_write_writes_nothing(journal: Journal) -> None:
    with pytest.raises(ValueError, match="unknown journal kind"):
        journal.write("gossip", [("k", {})], run_id="r1", at=AT)
    journal.write("label", [], run_id="r1", at=AT)
    assert journal.store.streams() == []
