"""Histories written straight into the landing zone are what a pull would have landed, in any number."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from flows.core.run import Run
from flows.landing.store import Store
from flows.pull.run import pull
from flows.sandbox import bulk, copies
from flows.sandbox.company import Company
from flows.sandbox.copies import Copies
from flows.sandbox.product import DOMAIN
from flows.sandbox.server import SandboxServer
from flows.settings import Settings, ZendeskSource

STREAMS = ("tickets", "ticket_metrics", "ticket_events", "users", "organizations", "satisfaction_ratings")


@pytest.fixture(scope="module")
def company() -> Company:
    return Company.simulate(seed=3, start=datetime(2026, 1, 1, tzinfo=UTC), months=1, tickets_per_month=40)


@pytest.fixture
def pulled(company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("GROUNDSWELL_ZENDESK_EMAIL", "agent@example.test")
    monkeypatch.setenv("GROUNDSWELL_ZENDESK_API_TOKEN", "sandbox-zendesk-token")
    with SandboxServer(tmp_path / "sandbox", company=company) as sandbox:
        source = ZendeskSource(
            type="zendesk", base_url=f"{sandbox.url}/zendesk", requests_per_minute=60_000,
            incremental_requests_per_minute=600,
        )  # fmt: skip
        settings = Settings(home=tmp_path / "home", sources={"zendesk": source})
        run = Run.start("backfill", settings, now=company.history_end, backfill=True)
        pull(run, "zendesk")
        yield run.landing


def rows(store: Store, stream: str) -> dict[str, tuple[str, object]]:
    """id -> version and payload; the emulator's answers name its own address."""
    frame = store.read("zendesk", stream).with_columns(
        pl.col("payload").str.replace_all(r"http://127\.0\.0\.1:\d+/zendesk", f"https://larkspan.{DOMAIN}")
    )
    return {row["id"]: (row["version"], json.loads(row["payload"])) for row in frame.iter_rows(named=True)}


def test_one_copy_is_what_a_pull_of_the_company_lands(company: Company, pulled: Store, tmp_path: Path) -> None:
    store = Store(str(tmp_path / "bulk"))
    known = [life for life in company.lives if life.created <= company.history_end.timestamp()]
    bulk.write(store, "zendesk", Copies(company, known), processes=1)
    settled = (company.history_end - timedelta(minutes=2)).timestamp()
    assert not any(settled < step.at <= company.history_end.timestamp() for life in known for step in life.steps)
    for stream in STREAMS:
        mine, theirs = rows(store, stream), rows(pulled, stream)
        if stream == "ticket_events":  # numbered by the tickets that were copied, and those of later are not
            mine = {str(n): (version, _unnumbered(body)) for n, (version, body) in enumerate(mine.values())}
            theirs = {str(n): (version, _unnumbered(body)) for n, (version, body) in enumerate(theirs.values())}
            assert sorted(mine.values(), key=str) == sorted(theirs.values(), key=str)
        else:
            assert mine == theirs, stream


def _unnumbered(event: dict[str, object]) -> str:
    text = json.dumps(event, sort_keys=True)
    return "".join(c for c in text if not c.isdigit())


def test_copies_have_ids_names_and_words_of_their_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(copies, "POOL", 60)
    many = Copies.of(180)
    assert (len(many), many.count) == (180, 3)
    store = Store(str(tmp_path / "landing"))
    counts = bulk.write(store, "zendesk", many, processes=1)
    assert counts["tickets"] == counts["ticket_metrics"] == 180
    for stream in STREAMS:
        landed = store.read("zendesk", stream)
        assert landed["id"].n_unique() == landed.height, stream
        assert landed["backfill"].all()
    tickets = store.read("zendesk", "tickets").select(
        pl.col("payload").str.json_path_match("$.description").alias("text"),
        pl.col("payload").str.json_path_match("$.requester_id").alias("by"),
    )
    assert tickets["text"].n_unique() > 0.9 * tickets.height
    users = set(store.read("zendesk", "users")["id"])
    assert set(tickets["by"]) <= users
    comments = store.read("zendesk", "ticket_events")["payload"].str.count_matches('"event_type":"Comment"').sum()
    assert 3.6 < comments / 180 < 4.4


def test_the_same_seed_writes_the_same_and_an_hour_changes_as_many_tickets_as_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "PIECE", 30)
    stores = [Store(str(tmp_path / name)) for name in ("a", "b")]
    for store, processes in zip(stores, (1, 2), strict=True):
        many = Copies.of(60, seed=5)
        bulk.write(store, "zendesk", many, processes=processes)
        moment = bulk.write_hour(store, "zendesk", many, 1, changed=50)
        assert moment == many.company.history_end + timedelta(hours=1)
    first, second = (rows(store, "tickets") for store in stores)
    assert first == second
    landed = stores[0].read("zendesk", "tickets").filter(~pl.col("backfill"))
    known = set(stores[0].read("zendesk", "tickets").filter(pl.col("backfill"))["id"])
    assert landed.height == landed["id"].n_unique() == 50
    assert len(set(landed["id"]) - known) == 10  # one in five is new
    events = stores[0].read("zendesk", "ticket_events")
    assert events["id"].n_unique() == events.height
