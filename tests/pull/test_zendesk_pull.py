"""Zendesk against the emulator: everything lands, nothing twice, through restarts, faults and a moving clock."""

from __future__ import annotations

import contextlib
import functools
import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest

from flows.core.clock import iso
from flows.core.errors import ConfigError, NoAnswer, VendorError
from flows.core.http import Client
from flows.core.run import Run
from flows.pull.inspect import inspect
from flows.pull.run import pull
from flows.sandbox import zendesk as emulator
from flows.sandbox.company import Company
from flows.sandbox.limits import RateLimits
from flows.sandbox.server import SandboxServer
from flows.settings import Settings, ZendeskSource

STREAMS = (
    "tickets", "ticket_metrics", "ticket_events", "users", "organizations", "satisfaction_ratings", "articles",
    "ticket_fields", "groups",
)  # fmt: skip
SETTLED = timedelta(minutes=1)


@pytest.fixture(scope="module")
def company() -> Company:
    return Company.simulate(seed=3, start=datetime(2026, 1, 1, tzinfo=UTC), months=1, tickets_per_month=100)


@dataclass
class Desk:
    """The emulated helpdesk, and a home that pulls from it."""

    sandbox: SandboxServer
    company: Company
    home: Path
    now: datetime
    source: ZendeskSource

    def run(self, flow: str = "hourly", **more: Any) -> Run:
        settings = Settings(home=self.home, sources={"zendesk": self.source})
        return Run.start(flow, settings, now=self.now, **more)

    def pull(self, **more: Any) -> Run:
        run = self.run(**more)
        pull(run, "zendesk")
        return run

    def advance(self, hours: float) -> None:
        self.now += timedelta(hours=hours)
        httpx.post(f"{self.sandbox.url}/control/clock", json={"now": iso(self.now)}).raise_for_status()

    def fault(self, kind: str, match: str, times: int = 1, **more: Any) -> None:
        fault = {"vendor": "zendesk", "kind": kind, "match": match, "times": times, **more}
        httpx.post(f"{self.sandbox.url}/control/faults", json=fault).raise_for_status()

    def landed(self, stream: str) -> pl.DataFrame:
        return self.run().landing.read("zendesk", stream).sort("seq")

    def newest(self, stream: str) -> dict[str, dict[str, Any]]:
        frame = self.landed(stream).sort("version", "pulled_at", "seq")
        return {row["id"]: _lasting(json.loads(row["payload"])) for row in frame.iter_rows(named=True)}

    def expected(self, stream: str) -> dict[str, dict[str, Any]]:
        """What the company says: exports leave out the last minute, lists do not."""
        until = self.now if stream in ("satisfaction_ratings", "ticket_fields", "groups") else self.now - SETTLED
        items = {str(item["id"]): _lasting(item) for item in self.company.all(stream, until)}
        handler = emulator.Zendesk.localise
        local = type("Local", (), {"base_url": lambda _: self.sandbox.url})()
        return {id: json.loads(handler(local, json.dumps(item))) for id, item in items.items()}

    def assert_complete(self) -> None:
        for stream in STREAMS:
            assert self.newest(stream) == self.expected(stream), stream

    def assert_nothing_twice(self) -> None:
        for stream in STREAMS:
            if stream == "ticket_metrics":  # comes along with its ticket, also when only the ticket changed
                continue
            frame = self.landed(stream)
            repeats = Counter(frame.select("id", "version", "payload").iter_rows())
            assert max(repeats.values()) == 1, stream


def _lasting(item: dict[str, Any]) -> dict[str, Any]:
    """Without the waiting times of a metric set, which grow while nothing happens to the ticket."""
    return {k: v for k, v in item.items() if "wait_time" not in k and "on_hold_time" not in k}


@pytest.fixture
def desk(company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv("GROUNDSWELL_ZENDESK_EMAIL", emulator.EMAIL)
    monkeypatch.setenv("GROUNDSWELL_ZENDESK_API_TOKEN", emulator.TOKEN)
    monkeypatch.setattr("flows.pull.zendesk.Client", functools.partial(Client, sleep=lambda _: None, timeout=5))
    monkeypatch.setattr(emulator, "EXPORT_PAGE", 150)
    monkeypatch.setattr("flows.pull.run.COMMIT_ROWS", 300)
    with SandboxServer(tmp_path / "sandbox", company=company, rate_limits=RateLimits(speed=0)) as sandbox:
        source = ZendeskSource(
            type="zendesk", base_url=f"{sandbox.url}/zendesk",
            requests_per_minute=60_000, incremental_requests_per_minute=60_000,
        )  # fmt: skip
        yield Desk(sandbox, company, tmp_path / "home", company.history_end, source)


def test_the_first_pull_lands_the_whole_history_once(desk: Desk) -> None:
    run = desk.pull()
    desk.assert_complete()
    desk.assert_nothing_twice()
    assert run.report.counts["pulled.zendesk.tickets"] == desk.landed("tickets").height > 90
    assert run.report.counts["pulled.zendesk.ticket_metrics"] == desk.landed("ticket_metrics").height
    assert all(desk.landed(stream)["backfill"].all() for stream in STREAMS)
    assert run.report.problems == []


def test_events_carry_comments_and_tickets_do_not_carry_their_metrics(desk: Desk) -> None:
    desk.pull()
    children = [child for event in desk.newest("ticket_events").values() for child in event["child_events"]]
    assert any(child["event_type"] == "Comment" and child["body"] for child in children)
    assert not any("metric_set" in ticket for ticket in desk.newest("tickets").values())


def test_later_pulls_land_what_changed_and_only_that(desk: Desk) -> None:
    desk.pull()
    for hours in (3, 0.005, 30, 0):
        before = {stream: desk.landed(stream).height for stream in STREAMS}
        desk.advance(hours)
        run = desk.pull()
        for stream in STREAMS:
            new = desk.landed(stream).height - before[stream]
            assert run.report.counts.get(f"pulled.zendesk.{stream}", 0) == new
            if hours == 0:
                assert new == 0, stream
        desk.assert_complete()
        desk.assert_nothing_twice()
    frame = desk.landed("tickets")
    assert not frame.filter(pl.col("pulled_at") == desk.now)["backfill"].any()


def test_versions_never_go_back_and_deletions_are_seen(desk: Desk) -> None:
    desk.pull()
    desk.advance(24 * 10)
    desk.pull()
    for stream in ("tickets", "users", "organizations", "ticket_events"):
        per_id = desk.landed(stream).group_by("id", maintain_order=True).agg("version")
        assert all(versions == sorted(versions) for versions in per_id["version"].to_list()), stream
    assert desk.landed("tickets")["version"].str.contains(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$").all()
    statuses = {ticket["status"] for ticket in desk.newest("tickets").values()}
    assert "deleted" in statuses


@pytest.mark.parametrize("kind", ["rate_limit", "error", "truncated", "malformed", "drop_after_write"])
def test_a_passing_fault_loses_nothing_and_doubles_nothing(desk: Desk, kind: str) -> None:
    for match in ("incremental/tickets", "ticket_events", "satisfaction_ratings"):
        desk.fault(kind, match, times=2)
    desk.pull()
    desk.assert_complete()
    desk.assert_nothing_twice()


def test_a_slow_vendor_is_waited_for(desk: Desk) -> None:
    desk.fault("slow", "incremental/users", seconds=0.5)
    desk.pull()
    desk.assert_complete()


@pytest.mark.parametrize("kind", ["repeat_page", "cursor_back"])
@pytest.mark.parametrize("match", ["incremental/ticket_events", "incremental/users", "satisfaction_ratings"])
def test_pages_that_come_wrong_lose_nothing(desk: Desk, kind: str, match: str) -> None:
    desk.fault("late", match, times=1, seconds=0)  # pages are remembered while a fault is waiting
    desk.fault(kind, match, times=1)
    with contextlib.suppress(VendorError):  # that the pages do not advance
        desk.pull()
    desk.pull()
    desk.assert_complete()


def test_a_token_that_expires_half_way_ends_the_pull_and_the_next_one_loses_nothing(desk: Desk) -> None:
    desk.fault("unauthorized", "incremental/ticket_events")
    with pytest.raises(VendorError, match="GROUNDSWELL_ZENDESK_API_TOKEN") as caught:
        desk.pull()
    assert caught.value.status == 401
    assert desk.newest("tickets") == desk.expected("tickets")
    assert desk.landed("articles").is_empty()  # with the same token the streams after it are not asked for
    desk.pull()
    desk.assert_complete()
    desk.assert_nothing_twice()


def test_a_silent_vendor_is_asked_once_and_not_for_every_stream(desk: Desk) -> None:
    desk.fault("drop_before_write", "", times=1000)
    with pytest.raises(NoAnswer, match="tried 6 times"):
        desk.pull()
    assert httpx.get(f"{desk.sandbox.url}/control/faults").json()["faults"][0]["hits"] == 6


def test_when_the_time_of_a_run_is_over_what_came_is_landed_and_the_next_run_goes_on(desk: Desk) -> None:
    for _ in range(4):
        with pytest.raises(VendorError, match="pull_limit_seconds"):
            pull(desk.run(), "zendesk", until=time.monotonic())
    assert not desk.landed("ticket_fields").is_empty()
    desk.pull()
    desk.assert_complete()
    desk.assert_nothing_twice()


def test_a_lasting_fault_lands_what_came_and_the_next_run_goes_on(desk: Desk) -> None:
    desk.pull()
    desk.advance(48)
    desk.fault("error", "incremental/ticket_events", times=1000)
    with pytest.raises(VendorError, match="500") as caught:
        desk.pull()
    assert "tried 6 times" in str(caught.value)
    assert desk.newest("tickets") == desk.expected("tickets")
    assert desk.newest("articles") == desk.expected("articles")
    assert desk.newest("ticket_events") != desk.expected("ticket_events")
    httpx.delete(f"{desk.sandbox.url}/control/faults")
    desk.pull()
    desk.assert_complete()
    desk.assert_nothing_twice()


@pytest.mark.parametrize("killed_at", [1, 4, 6, 9, 12])
def test_a_kill_between_pages_resumes_there_and_all_of_it_is_history(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, killed_at: int
) -> None:
    """The process dies at its nth commit, before the manifest is written."""
    run = desk.run()
    write, commits = run.landing._write_manifest, []

    class Killed(BaseException):
        pass

    def dies(*arguments: Any) -> None:
        commits.append(1)
        if len(commits) >= killed_at:
            raise Killed
        write(*arguments)

    monkeypatch.setattr(run.landing, "_write_manifest", dies)
    with pytest.raises(Killed):
        pull(run, "zendesk")
    assert len(commits) >= killed_at
    desk.advance(1)
    desk.pull()
    desk.assert_complete()
    desk.assert_nothing_twice()
    first_pass = desk.landed("tickets").filter(pl.col("pulled_at") == desk.now)
    assert first_pass["backfill"].all()
    desk.advance(20)
    desk.pull()
    live = desk.landed("ticket_events").filter(pl.col("pulled_at") == desk.now)
    assert live.height and not live["backfill"].any()


def test_since_limits_tickets_but_not_people(desk: Desk) -> None:
    desk.source.since = iso(desk.now - timedelta(days=10))
    desk.pull()
    assert min(desk.landed("ticket_events")["version"]) >= desk.source.since
    assert 0 < desk.landed("tickets").height < len(desk.expected("tickets"))
    assert desk.newest("users") == desk.expected("users")


def test_a_backfill_with_an_earlier_since_goes_further_back(desk: Desk) -> None:
    desk.source.since = iso(desk.now - timedelta(days=5))
    desk.pull()
    desk.source.since = None
    desk.pull()
    assert desk.newest("tickets") != desk.expected("tickets")
    desk.pull(backfill=True)
    desk.assert_complete()
    before = desk.landed("tickets").height
    desk.pull(backfill=True)
    assert desk.landed("tickets").height == before


def test_wrong_credentials_name_the_variables_and_stop_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROUNDSWELL_ZENDESK_API_TOKEN", "wrong-token")
    with pytest.raises(VendorError, match="GROUNDSWELL_ZENDESK_API_TOKEN") as caught:
        desk.pull()
    assert caught.value.status == 401
    assert "wrong-token" not in str(caught.value)


def test_a_missing_secret_is_named_before_anything_is_sent(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GROUNDSWELL_ZENDESK_EMAIL")
    with pytest.raises(ConfigError, match="GROUNDSWELL_ZENDESK_EMAIL"):
        desk.pull()


def test_a_user_who_is_no_admin_is_told_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROUNDSWELL_ZENDESK_EMAIL", emulator.LIGHT_EMAIL)
    with pytest.raises(VendorError, match="must be an admin"):
        desk.pull()


def test_inspection_tells_a_user_who_is_no_admin_that_a_pull_will_fail(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GROUNDSWELL_ZENDESK_EMAIL", emulator.LIGHT_EMAIL)
    found = inspect(desk.run().settings, "zendesk")
    assert found.will_fail
    assert found.lines()[1].startswith("  access: role ")
    assert "incremental exports need an admin" in found.lines()[2]


def test_inspection_shows_role_counts_sample_and_time(desk: Desk) -> None:
    found = inspect(desk.run().settings, "zendesk")
    assert not found.will_fail
    assert found.access == "role admin"
    assert found.counts["tickets"] == len(list(desk.company.all("tickets", desk.now)))
    assert len(found.sample) == 3
    assert found.seconds and found.seconds < 3600
    lines = found.lines()
    assert "Sandbox Admin" in lines[0]
    assert not any("@" in line for line in lines[1:])
