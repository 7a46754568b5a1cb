"""Stripe against the emulator: all of it lands, through restarts, faults, gaps and changes under the reader's hands."""

from __future__ import annotations

import copy
import functools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args, get_type_hints

import httpx
import polars as pl
import pytest
import stripe as official
from stripe._api_version import _ApiVersion

from flows.core.clock import iso
from flows.core.errors import ConfigError, VendorError
from flows.core.http import Client
from flows.core.run import Run
from flows.pull import stripe as connector
from flows.pull.inspect import inspect
from flows.pull.paginators import StripeList
from flows.pull.run import pull
from flows.sandbox.commerce import Customer, Line
from flows.sandbox.company import Company
from flows.sandbox.limits import RateLimits
from flows.sandbox.server import SandboxServer
from flows.sandbox.stripe import API_KEY, LIMITED_KEY
from flows.sandbox.stripe_events import event, render
from flows.sandbox.stripe_history import History
from flows.sandbox.stripe_invoices import lines
from flows.settings import Settings, StripeSource

OBJECTS = ("products", "prices", "customers", "subscriptions", "invoices")
FOLLOWED = ("customers", "subscriptions", "invoices")


@pytest.fixture(scope="module")
def company() -> Company:
    return Company.simulate(
        seed=3, start=datetime(2026, 1, 1, tzinfo=UTC), months=6, tickets_per_month=20, live_days=75
    )


@dataclass
class Watch:
    """Sees every request before it is sent."""

    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    before: Callable[[str, dict[str, Any]], None] = lambda path, params: None


@dataclass
class Desk:
    """The emulated billing, and a home that pulls from it."""

    sandbox: SandboxServer
    company: Company
    home: Path
    now: datetime
    source: StripeSource
    watch: Watch

    @functools.cached_property
    def history(self) -> History:
        return History(self.company.commerce)

    def run(self, flow: str = "hourly", **more: Any) -> Run:
        settings = Settings(home=self.home, sources={"stripe": self.source})
        return Run.start(flow, settings, now=self.now, **more)

    def pull(self, **more: Any) -> Run:
        run = self.run(**more)
        self.watch.requests.clear()
        pull(run, "stripe")
        return run

    def advance(self, hours: float) -> None:
        self.now += timedelta(hours=hours)
        httpx.post(f"{self.sandbox.url}/control/clock", json={"now": iso(self.now)}).raise_for_status()

    def fault(self, kind: str, match: str, times: int = 1) -> None:
        fault = {"vendor": "stripe", "kind": kind, "match": match, "times": times}
        httpx.post(f"{self.sandbox.url}/control/faults", json=fault).raise_for_status()

    def landed(self, stream: str) -> pl.DataFrame:
        return self.run().landing.read("stripe", stream).sort("seq")

    def newest(self, stream: str) -> dict[str, Any]:
        frame = self.landed(stream).sort("version", "pulled_at", "seq")
        return {row["id"]: _lasting(json.loads(row["payload"])) for row in frame.iter_rows(named=True)}

    def expected(self, stream: str) -> dict[str, Any]:
        """What the company says, with the lines that a list leaves out."""
        moment, kind = int(self.now.timestamp()), stream.removesuffix("s")
        found = {}
        for id, life in self.history.lives[kind].items():  # type: ignore[index]
            if (row := life.row(moment)) >= 0:
                item = render(self.history, kind, id, row)  # type: ignore[arg-type]
                if kind == "invoice":
                    item["lines"] = lines(self.history, life.facts, 0, 10_000)
                found[id] = _lasting(item)
        return found

    def expected_events(self, since: datetime) -> dict[str, Any]:
        told = self.history.events.values()
        of_interest = [e for e in told if e.type in connector.CHANGES["events"]]
        return {
            e.key: event(self.history, e) for e in of_interest if since.timestamp() < e.at <= int(self.now.timestamp())
        }

    def assert_complete(self, since: datetime) -> None:
        for stream in OBJECTS:
            assert self.newest(stream) == self.expected(stream), stream
        assert self.newest("events") == self.expected_events(since)

    def assert_nothing_twice(self) -> None:
        for stream in (*OBJECTS, "events"):
            assert not self.landed(stream).select("id", "payload").is_duplicated().any(), stream


def _lasting(item: dict[str, Any]) -> dict[str, Any]:
    """Without the number of a customer's next invoice: no event tells that it has moved on."""
    return {k: v for k, v in item.items() if k != "next_invoice_sequence"}


@pytest.fixture
def open_desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Company], Desk]]:
    monkeypatch.setenv("GROUNDSWELL_STRIPE_API_KEY", API_KEY)
    monkeypatch.setattr("flows.pull.stripe.StripeList", functools.partial(StripeList, size=20))
    monkeypatch.setattr("flows.pull.stripe.FETCHED_AT_ONCE", 5)
    monkeypatch.setattr("flows.pull.run.COMMIT_ROWS", 60)
    watch, opened = Watch(), []

    class Watched(Client):
        def get_json(self, path: str, params: Any = None, **more: Any) -> Any:
            watch.before(path, params)
            watch.requests.append((path, params))
            return super().get_json(path, params, **more)

    monkeypatch.setattr("flows.pull.stripe.Client", functools.partial(Watched, sleep=lambda _: None, timeout=5))

    def opening(company: Company) -> Desk:
        sandbox = SandboxServer(tmp_path / "sandbox", company=company, rate_limits=RateLimits(speed=0))
        opened.append(sandbox.__enter__())
        source = StripeSource(type="stripe", base_url=f"{sandbox.url}/stripe", requests_per_minute=60_000)
        return Desk(sandbox, company, tmp_path / "home", company.history_end, source, watch)

    yield opening
    for sandbox in opened:
        sandbox.__exit__(None, None, None)


@pytest.fixture
def desk(company: Company, open_desk: Callable[[Company], Desk]) -> Desk:
    return open_desk(company)


def test_the_first_pull_lands_the_whole_history_once(desk: Desk) -> None:
    run = desk.pull()
    desk.assert_complete(desk.now - timedelta(days=30))
    desk.assert_nothing_twice()
    for stream in (*OBJECTS, "events"):
        assert run.report.counts[f"pulled.stripe.{stream}"] == desk.landed(stream).height > 0
        assert desk.landed(stream)["backfill"].all()
    assert {s["status"] for s in desk.newest("subscriptions").values()} >= {"active", "canceled"}
    assert run.report.problems == []


def test_later_pulls_fetch_what_changed_and_only_that(desk: Desk) -> None:
    begun = desk.now - timedelta(days=30)
    desk.pull()
    for hours in (3, 0.005, 24 * 6, 0):
        before = {stream: desk.landed(stream).height for stream in (*OBJECTS, "events")}
        desk.advance(hours)
        run = desk.pull()
        new = {stream: desk.landed(stream).height - before[stream] for stream in before}
        assert {stream: run.report.counts.get(f"pulled.stripe.{stream}", 0) for stream in before} == new
        fetched = {path.split("/")[1] for path, _ in desk.watch.requests if path.count("/") == 1}
        assert fetched == {"products", "prices", "events"}, "no list is read again"
        assert hours or not any(new.values())
        assert new["invoices"] < len(desk.expected("invoices")) / 2
        desk.assert_complete(begun)
    for stream in FOLLOWED:
        frame = desk.landed(stream)
        assert not frame.filter(pl.col("pulled_at") > desk.company.history_end)["backfill"].any()
        versions = frame.group_by("id", maintain_order=True).agg("version")["version"].to_list()
        assert all(some == sorted(set(some)) for some in versions), stream
        assert frame["version"].str.contains(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$").all()


def test_a_quiet_hour_writes_nothing(desk: Desk) -> None:
    desk.pull()
    desk.advance(0.002)
    commits = {stream: len(desk.run().landing.commits("stripe", stream)) for stream in (*OBJECTS, "events")}
    desk.pull()
    assert commits == {stream: len(desk.run().landing.commits("stripe", stream)) for stream in commits}


@pytest.mark.parametrize("kind", ["rate_limit", "error", "truncated", "malformed", "drop_after_write"])
def test_a_passing_fault_loses_nothing_and_doubles_nothing(desk: Desk, kind: str) -> None:
    begun = desk.now - timedelta(days=30)
    for match in ("v1/customers?", "v1/invoices?", "v1/events?"):
        desk.fault(kind, match, times=2)
    desk.pull()
    desk.assert_complete(begun)
    desk.assert_nothing_twice()
    desk.advance(30)
    for match in ("v1/events?", "v1/invoices/", "v1/subscriptions/"):
        desk.fault(kind, match, times=2)
    desk.pull()
    desk.assert_complete(begun)
    assert not desk.landed("events")["id"].is_duplicated().any()


def test_a_lasting_fault_lands_what_came_and_the_next_run_goes_on(desk: Desk) -> None:
    begun = desk.now - timedelta(days=30)
    desk.pull()
    desk.advance(24 * 20)
    expected = desk.expected("invoices")
    new = sorted((i["created"], id) for id, i in expected.items() if i["created"] > now(desk.company))
    desk.fault("error", f"v1/invoices/{new[len(new) // 2][1]}", times=1000)
    with pytest.raises(VendorError, match="500") as caught:
        desk.pull()
    assert "tried 6 times" in str(caught.value)
    assert desk.newest("events") == desk.expected_events(begun)
    assert desk.newest("invoices").keys() & {id for _, id in new} and desk.newest("invoices") != expected
    httpx.delete(f"{desk.sandbox.url}/control/faults")
    desk.pull()
    desk.assert_complete(begun)
    repeated = desk.landed("invoices").select("id", "payload").is_duplicated().sum() / 2
    assert repeated <= connector.FETCHED_AT_ONCE, "it went on where it stopped"


@pytest.mark.parametrize("killed_at", [1, 4, 7, 10, 13])
def test_a_kill_between_pages_resumes_there_and_all_of_it_is_history(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, killed_at: int
) -> None:
    """The process dies at its nth commit, before the manifest is written; meanwhile things change."""
    begun = desk.now - timedelta(days=30)
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
        pull(run, "stripe")
    desk.advance(24)
    desk.pull()
    for stream in OBJECTS:
        assert desk.newest(stream) == desk.expected(stream), stream
    assert desk.newest("events").items() >= desk.expected_events(begun + timedelta(days=1)).items()
    assert not desk.landed("events")["id"].is_duplicated().any()
    listed = {path for path, params in desk.watch.requests if "starting_after" in (params or {})}
    assert killed_at < 9 or "v1/customers" not in listed, "a list that was through is not read again"
    desk.advance(20)
    desk.pull()
    live = desk.landed("invoices").filter(pl.col("pulled_at") == desk.now)
    assert live.height and not live["backfill"].any()


@pytest.mark.parametrize("stream", FOLLOWED)
def test_what_changes_while_the_first_list_is_read_is_fetched_again(desk: Desk, stream: str) -> None:
    """A week passes between the list's second and its third page: its first pages are old by then."""
    pages = []

    def pass_time(path: str, params: dict[str, Any]) -> None:
        if path == f"v1/{stream}":
            pages.append(1)
            if len(pages) == 3:
                desk.advance(24 * 7)

    first_moment = desk.now
    desk.watch.before = pass_time
    run = desk.run()
    pull(run, "stripe")
    assert desk.now > first_moment
    assert desk.newest(stream) == desk.expected(stream)
    seen_twice = desk.landed(stream)["id"].is_duplicated().any()
    assert seen_twice or stream == "invoices", "in its old state and in its new one; an old bill seldom changes"
    versions = desk.landed(stream).select("id", "version")
    assert not versions.is_duplicated().any()
    assert desk.landed(stream)["backfill"].all()


def test_an_event_that_happens_before_the_first_list_is_landed_once(desk: Desk) -> None:
    """Twice in one pull could be with two contents: Stripe counts the webhooks that an event still waits for."""
    asked = []

    def pass_time(path: str, params: dict[str, Any]) -> None:
        if path == "v1/events" and params["types[]"] == list(connector.CHANGES["events"]):
            asked.append(1)
            if len(asked) == 2:  # the place is noted, the list comes next
                desk.advance(24)

    before = desk.now
    desk.watch.before = pass_time
    run = desk.run()
    pull(run, "stripe")
    meanwhile = desk.expected_events(before)
    assert meanwhile and desk.newest("events").items() >= meanwhile.items()
    assert not desk.landed("events")["id"].is_duplicated().any()


def test_after_a_gap_longer_than_events_are_kept_everything_is_listed_again(desk: Desk) -> None:
    desk.pull()
    first = desk.landed("customers").height
    desk.advance(24 * 28)
    desk.pull()
    assert desk.landed("customers").height < 1.5 * first, "events still tell"
    desk.assert_complete(desk.company.history_end - timedelta(days=30))
    before = {stream: desk.landed(stream).height for stream in FOLLOWED}
    left = desk.now
    desk.advance(24 * 40)
    run = desk.pull()
    for stream in OBJECTS:
        assert desk.newest(stream) == desk.expected(stream), stream
    for stream in FOLLOWED:
        assert desk.landed(stream).height - before[stream] >= len(desk.expected(stream)) * 0.8, stream
        assert not desk.landed(stream).filter(pl.col("pulled_at") == desk.now)["backfill"].any()
    events = desk.expected_events(desk.now - timedelta(days=30))
    assert desk.newest("events").items() >= events.items()
    assert [p for p in run.report.problems if f"some of those since {left.date()} are gone" in p]


def now(company: Company) -> float:
    return company.history_end.timestamp()


def with_facts(company: Company, **facts: dict[str, Any]) -> Company:
    """The company with some of its customers or invoices replaced."""
    other = copy.copy(company)
    commerce = company.commerce
    other.commerce = replace(commerce, **{name: {**getattr(commerce, name), **new} for name, new in facts.items()})
    return other


def quiet_customers(company: Company) -> list[Customer]:
    """Customers to whom nothing happens any more, newest first."""
    day_ago = now(company) - 86400
    busy = {invoice.customer_id for invoice in company.commerce.invoices.values() if invoice.created > day_ago}
    found = [c for c in company.commerce.customers.values() if c.created < day_ago and c.id not in busy]
    return sorted(found, key=lambda customer: (customer.created, customer.id), reverse=True)


def test_a_deleted_customer_is_landed_so(company: Company, open_desk: Callable[[Company], Desk]) -> None:
    gone = quiet_customers(company)[0]
    deleted_at = int(now(company)) + 3600
    desk = open_desk(with_facts(company, customers={gone.id: replace(gone, deleted_at=deleted_at)}))
    desk.pull()
    assert desk.newest("customers")[gone.id]["name"] == gone.name
    desk.advance(2)
    desk.pull()
    assert desk.newest("customers")[gone.id] == {"id": gone.id, "object": "customer", "deleted": True}
    assert desk.newest("customers") == desk.expected("customers")


def test_a_list_goes_on_behind_a_customer_who_was_deleted_meanwhile(
    company: Company, open_desk: Callable[[Company], Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    last_of_page = quiet_customers(company)[2]
    newer = [c for c in company.commerce.customers.values() if last_of_page.created < c.created < now(company)]
    monkeypatch.setattr("flows.pull.stripe.StripeList", functools.partial(StripeList, size=len(newer) + 1))
    deleted_at = int(now(company)) + 3600
    desk = open_desk(with_facts(company, customers={last_of_page.id: replace(last_of_page, deleted_at=deleted_at)}))

    def delete(path: str, params: dict[str, Any]) -> None:
        if path == "v1/customers" and params.get("starting_after") == last_of_page.id:
            desk.advance(2)

    desk.watch.before = delete
    desk.pull()
    assert desk.newest("customers") == desk.expected("customers")
    assert desk.newest("customers")[last_of_page.id]["deleted"]


def test_an_invoice_is_landed_with_all_its_lines(company: Company, open_desk: Callable[[Company], Desk]) -> None:
    past = [invoice for invoice in company.commerce.invoices.values() if invoice.created < now(company) - 86400]
    listed, changed = sorted(past, key=lambda invoice: invoice.created)[-2:]
    soon = int(now(company)) + 3600

    def many(n: int) -> tuple[Line, ...]:
        return tuple(Line("starter", "month", 1, 100 + row, listed.created, listed.created + 60) for row in range(n))

    desk = open_desk(
        with_facts(
            company,
            invoices={
                listed.id: replace(listed, lines=many(25)),
                changed.id: replace(changed, lines=many(47), attempts=((changed.created, False), (soon, True))),
            },
        )
    )
    desk.pull()
    desk.advance(2)
    desk.pull()
    assert desk.newest("invoices") == desk.expected("invoices")
    for id, n in ((listed.id, 25), (changed.id, 47)):
        landed = desk.newest("invoices")[id]["lines"]
        assert len({line["id"] for line in landed["data"]}) == n and not landed["has_more"]
    assert desk.newest("invoices")[changed.id]["status"] == "paid"


def test_a_restricted_key_is_told_which_permissions_it_lacks(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROUNDSWELL_STRIPE_API_KEY", LIMITED_KEY)
    with pytest.raises(VendorError, match="GROUNDSWELL_STRIPE_API_KEY") as caught:
        desk.pull()
    assert caught.value.status == 403
    assert "does not have the required permissions for this endpoint" in str(caught.value), "Stripe's own words"
    for permission in ("Products", "Prices", "Events"):
        assert f"the key may not read {permission}" in str(caught.value)
    found = inspect(desk.run().settings, "stripe")
    assert found.will_fail
    assert found.access == "reads customers"
    assert "invoices need the permission to read Invoices: a pull of them will fail" in found.notes


def test_wrong_credentials_name_the_variable_and_stop_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROUNDSWELL_STRIPE_API_KEY", "sk_test_wrongkey")
    with pytest.raises(VendorError, match="GROUNDSWELL_STRIPE_API_KEY") as caught:
        desk.pull()
    assert caught.value.status == 401
    assert len(desk.watch.requests) == 1
    assert "wrongkey" not in str(caught.value)


def test_a_missing_secret_is_named_before_anything_is_sent(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GROUNDSWELL_STRIPE_API_KEY")
    with pytest.raises(ConfigError, match="GROUNDSWELL_STRIPE_API_KEY"):
        desk.pull()
    assert desk.watch.requests == []


def test_inspection_says_who_and_what_can_be_read(desk: Desk) -> None:
    found = inspect(desk.run().settings, "stripe")
    assert not found.will_fail
    assert found.lines()[0].startswith("stripe: acct_sandbox at http://127.0.0.1")
    assert found.access == "reads products, prices, customers, subscriptions, invoices, events"
    assert found.counts["invoices"] is None
    assert set(found.sample) <= {plan.name for plan in desk.company.commerce.plans.values()}


def test_a_wrong_address_is_not_taken_for_a_missing_permission(desk: Desk) -> None:
    desk.source = desk.source.model_copy(update={"base_url": f"{desk.sandbox.url}/stripe/v1"})
    with pytest.raises(VendorError, match="Check base_url of stripe") as caught:
        inspect(desk.run().settings, "stripe")
    assert caught.value.status == 404


def test_it_speaks_the_version_of_the_official_client_and_asks_for_events_that_exist() -> None:
    assert connector.API_VERSION == _ApiVersion.CURRENT
    known = set(get_args(get_type_hints(official.Event)["type"]))
    for stream, types in connector.CHANGES.items():
        assert set(types) <= known, stream
        assert len(types) <= 20
