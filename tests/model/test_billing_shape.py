"""Billing in the common shape: what the simulated company sold is found again, told once, and known in time."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from warehouse_fixture import House

from flows.core.clock import iso
from flows.core.http import Client
from flows.pull.run import pull
from flows.sandbox.commerce import Commerce, Invoice, Subscription
from flows.sandbox.company import Company
from flows.sandbox.limits import RateLimits
from flows.sandbox.server import SandboxServer
from flows.sandbox.stripe import API_KEY
from flows.settings import StripeSource

MODELS = ("+int_billing_events", "assert_no_billing_event_is_known_before_it_happened",
          "assert_every_paid_invoice_is_told_once")  # fmt: skip
RELATIONS = ("billing_customers", "subscriptions", "invoices", "invoice_lines", "billing_events")
KEPT = timedelta(days=30)
UNTIMED = timedelta(hours=2)  # how far a bill may be from the moment that an event would tell


class Books:
    """A warehouse that was filled by a first pull and two later ones, and the facts it was made of."""

    def __init__(self, house: House, commerce: Commerce, pulls: list[datetime], rows_before: dict[str, int]) -> None:
        self.house = house
        self.commerce = commerce
        self.pulls = pulls
        self.rows_before = rows_before  # of each relation while there was no billing source
        self.now = pulls[-1].timestamp()
        self.told_from = (pulls[0] - KEPT).timestamp()  # events from then on were pulled

    @functools.cached_property
    def events(self) -> list[dict[str, Any]]:
        columns = "kind, billing_customer_id, subscription_id, invoice_id, plan_before, plan_after, amount, occurred_at"
        rows = self.house.rows(f"select {columns}, known_at from intermediate.int_billing_events order by occurred_at")
        names = [*columns.split(", "), "known_at"]
        return [dict(zip(names, row, strict=True)) for row in rows]

    def told(self, *kinds: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["kind"] in kinds]

    def ids(self, kind: str, of: str) -> Counter[str]:
        return Counter(event[of].removeprefix("stripe:") for event in self.told(kind))

    @property
    def customers(self) -> list[str]:
        return [c.id for c in self.commerce.customers.values() if c.created <= self.now]

    @property
    def subscriptions(self) -> list[Subscription]:
        """Those that came to be: a first payment that never came leaves none."""
        found = [s for s in self.commerce.subscriptions.values() if s.created <= self.now]
        return [s for s in found if not any(p.status.startswith("incomplete") and p.at <= self.now for p in s.phases)]

    @property
    def invoices(self) -> list[Invoice]:
        return [i for i in self.commerce.invoices.values() if i.created <= self.now]


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    company = Company.simulate(seed=7, start=datetime(2025, 7, 1, tzinfo=UTC), months=12, tickets_per_month=60)
    folder = tmp_path_factory.mktemp("books")
    pulls = [company.history_end + timedelta(days=days) for days in (0, 1, 9)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GROUNDSWELL_STRIPE_API_KEY", API_KEY)
        patch.setattr("flows.pull.stripe.Client", functools.partial(Client, sleep=lambda _: None))
        with SandboxServer(folder / "sandbox", company=company, rate_limits=RateLimits(speed=0)) as sandbox:
            house = House(folder / "house")
            house.build_only(*MODELS)
            (counts,) = house.rows(
                f"select {', '.join(f'(from intermediate.int_{r} select count(*))' for r in RELATIONS)}"
            )
            source = StripeSource(type="stripe", base_url=f"{sandbox.url}/stripe", requests_per_minute=60_000)
            house.settings.sources["stripe"] = source
            for now in pulls:
                house.now = now
                httpx.post(f"{sandbox.url}/control/clock", json={"now": iso(now)}).raise_for_status()
                pull(house.run(), "stripe")
                if now != pulls[1]:
                    house.build_only(*MODELS)
        yield Books(house, company.commerce, pulls, dict(zip(RELATIONS, counts, strict=True)))


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)


def test_customers_trials_and_ends_are_all_told_once(books: Books) -> None:
    now = books.now
    assert books.ids("customer_created", "billing_customer_id") == Counter(books.customers)
    tried = [s for s in books.subscriptions if s.trial]
    assert books.ids("trial_started", "subscription_id") == Counter(s.id for s in tried)
    first = {f"stripe:{s.id}": books.commerce.plans[s.phases[0].plan].name for s in tried}
    assert {e["subscription_id"]: e["plan_after"] for e in books.told("trial_started")} == first
    assert any(s.phases[-1].plan != s.phases[0].plan and s.phases[-1].at <= now for s in tried)
    over = [s for s in tried if s.trial and min(s.trial[1], s.ended_at or s.trial[1]) <= now]
    assert books.ids("trial_ended", "subscription_id") == Counter(s.id for s in over)
    ended = [s for s in books.subscriptions if s.ended_at and s.ended_at <= now]
    assert books.ids("canceled", "subscription_id") == Counter(s.id for s in ended)
    asked = [s for s in books.subscriptions if s.cancels and s.cancels[0] <= now]
    assert books.ids("cancel_requested", "subscription_id") == Counter(
        s.id for s in asked if s.cancels and s.cancels[0] < (s.ended_at or now + 1)
    )
    assert len(tried) > 20 and len(ended) > 3 and asked


def failures(invoice: Invoice, until: float) -> list[int]:
    return [when for when, succeeded in invoice.attempts if not succeeded and when <= until]


def test_payments_fail_and_recover_as_they_did(books: Books) -> None:
    failed = {i.id: failures(i, books.now) for i in books.invoices if failures(i, books.now)}
    incomplete = books.commerce.invoices.keys() - {i.id for i in books.invoices}
    assert books.ids("payment_failed", "invoice_id").keys() - incomplete == failed.keys()
    exact = {id: times for id, times in failed.items() if times[0] > books.told_from}
    for id, times in failed.items():
        told = [e["occurred_at"] for e in books.told("payment_failed") if e["invoice_id"] == f"stripe:{id}"]
        if id in exact:
            assert told == [at(when) for when in times], "events tell every attempt to the second"
        else:
            assert abs(told[0] - at(times[0])) < UNTIMED or told[0] > at(books.told_from)
    paid = [i for i in books.invoices if i.paid_at and i.paid_at <= books.now and i.total > 0]
    recovered = Counter(i.id for i in paid if failures(i, books.now))
    assert books.ids("payment_recovered", "invoice_id") == recovered
    assert books.ids("invoice_paid", "invoice_id") == Counter(i.id for i in paid) - recovered
    lost = [i for i in books.invoices if i.closed and i.closed[0] <= books.now and i.closed[1] == "uncollectible"]
    assert books.ids("invoice_uncollectible", "invoice_id") == Counter(i.id for i in lost)
    void = [i for i in books.invoices if i.closed and i.closed[0] <= books.now and i.closed[1] == "void"]
    assert books.ids("invoice_voided", "invoice_id") == Counter(i.id for i in void if i.total > 0)
    assert recovered and exact


def test_a_subscription_falls_behind_when_it_did(books: Books) -> None:
    phases = [(s, *pair) for s in books.subscriptions for pair in pairwise(s.phases) if pair[1].at <= books.now]
    fell = {(f"stripe:{s.id}", at(to.at)) for s, of, to in phases if to.status == "past_due" != of.status}
    told = {(e["subscription_id"], e["occurred_at"]) for e in books.told("past_due")}
    assert {one for one in told if one[1] > at(books.told_from)} == {
        one for one in fell if one[1] > at(books.told_from)
    }
    ids = books.house.rows("select subscription_id from intermediate.int_subscriptions where status = 'past_due'")
    assert {id for (id,) in ids} <= {id for id, _ in told}
    assert told


def changes(books: Books, subscription: Subscription) -> Iterator[tuple[str, str, str, str, datetime]]:
    """(kind, subscription, plan before, plan after, when) of its plan and its seats, without trials.

    A change that is older than the events, and on no bill yet, is known to nobody but the company.
    """
    plans = books.commerce.plans
    bills = [i for i in books.invoices if i.subscription_id == subscription.id]
    for before, after in pairwise(subscription.phases):
        if after.at > books.now or "trialing" in (before.status, after.status) or after.status == "canceled":
            continue
        was, is_now = ((plans[p.plan].rank, p.seats) for p in (before, after))
        billed = [
            line.start for bill in bills for line in bill.lines
            if line.start >= after.at and line.amount > 0 and (line.plan, line.seats) == (after.plan, after.seats)
        ]  # fmt: skip
        if was != is_now and (billed or after.at > books.told_from):
            kind = "upgraded" if is_now > was else "downgraded"
            when = after.at if after.at > books.told_from else min(billed)
            yield kind, f"stripe:{subscription.id}", plans[before.plan].name, plans[after.plan].name, at(when)


def test_plans_change_as_they_did(books: Books) -> None:
    expected = sorted(change for s in books.subscriptions for change in changes(books, s))
    names = ("kind", "subscription_id", "plan_before", "plan_after", "occurred_at")
    assert sorted(tuple(e[name] for name in names) for e in books.told("upgraded", "downgraded")) == expected
    assert {kind for kind, *_ in expected} == {"upgraded", "downgraded"}
    assert {when > at(books.told_from) for *_, when in expected} == {True, False}


def test_what_is_billed_begins_once_and_goes_on(books: Books) -> None:
    subscribed = books.ids("subscribed", "subscription_id")
    assert set(subscribed.values()) == {1}
    billed = {i.subscription_id for i in books.invoices if i.total > 0} & {s.id for s in books.subscriptions}
    assert subscribed.keys() <= billed
    prorated = {i.id for i in books.invoices if any(line.is_proration for line in i.lines)}
    assert books.ids("proration", "invoice_id").keys() == prorated
    cents = sum(line.amount for i in books.invoices if i.currency == "usd" for line in i.lines if line.is_proration)
    of_dollars = {f"stripe:{i.id}" for i in books.invoices if i.currency == "usd"}
    assert sum(e["amount"] for e in books.told("proration") if e["invoice_id"] in of_dollars) * 100 == cents


def test_refunds_since_thirty_days_before_the_first_pull_are_told_once(books: Books) -> None:
    expected = sorted(
        (at(when), f"stripe:{i.id}") for i in books.invoices for when, _ in i.refunds
        if books.told_from < when <= books.now
    )  # fmt: skip
    assert [(e["occurred_at"], e["invoice_id"]) for e in books.told("refunded")] == expected
    (in_all,) = books.house.rows("select sum(amount_refunded) from intermediate.int_invoices where currency = 'usd'")
    cents = sum(n for i in books.invoices if i.currency == "usd" for when, n in i.refunds if when <= books.now)
    assert in_all[0] * 100 == cents


def test_money_is_in_major_units_of_every_currency(books: Books) -> None:
    rows = books.house.rows("select source_id, total, currency from intermediate.int_invoices")
    assert {currency for *_, currency in rows} >= {"usd", "jpy"}
    for id, total, currency in rows:
        minor = books.commerce.invoices[id].total
        assert total * (1 if currency == "jpy" else 100) == minor, id


def test_history_was_known_when_it_happened_and_the_rest_when_it_was_pulled(books: Books) -> None:
    first, second, third = (pulled.replace(tzinfo=None) for pulled in books.pulls)
    live = 0
    for event in books.events:
        if event["occurred_at"] <= first:
            assert event["known_at"] == event["occurred_at"], event
        else:
            live += 1
            assert event["known_at"] == (second if event["occurred_at"] <= second else third), event
    assert live > 10


def test_plans_have_the_ranks_they_are_sold_by(books: Books) -> None:
    rows = books.house.rows("select distinct plan, plan_rank from intermediate.int_plan_prices")
    assert sorted(rows) == sorted((plan.name, plan.rank) for plan in books.commerce.plans.values())
    subscriptions = books.house.rows(
        "select source_id, plan, quantity, \"interval\" from intermediate.int_subscriptions where status = 'active'"
    )
    for id, plan, seats, interval in subscriptions:
        phase = [p for p in books.commerce.subscriptions[id].phases if p.at <= books.now][-1]
        assert (books.commerce.plans[phase.plan].name, phase.seats, phase.interval) == (plan, seats, interval)


def test_customers_are_joined_by_what_somebody_entered(books: Books) -> None:
    columns = "source_id, external_id, email_domain, currency"
    rows = books.house.rows(f"select {columns} from intermediate.int_billing_customers where not is_deleted")
    for id, external_id, domain, currency in rows:
        customer = books.commerce.customers[id]
        mail = customer.email.rpartition("@")[2].lower() if customer.email else None
        assert (customer.account_id, mail, customer.currency) == (external_id, domain, currency)
    assert any(external_id for _, external_id, *_ in rows)


def test_without_a_billing_source_the_relations_are_empty(books: Books) -> None:
    assert books.rows_before == dict.fromkeys(RELATIONS, 0)


def test_a_customer_without_a_name_is_not_called_by_an_address(tmp_path: Path) -> None:
    house = House.fresh(tmp_path)
    house.settings.sources["stripe"] = StripeSource(type="stripe")
    names = {"cus_1": "Kim@Acme.example", "cus_2": "Tea @ Home", "cus_3": None}
    house.land("stripe", "customers", [{"id": id, "name": name, "created": 1} for id, name in names.items()])
    house.build_only("+int_billing_customers")
    rows = house.rows("select source_id, name from intermediate.int_billing_customers order by 1")
    assert rows == [("cus_1", None), ("cus_2", "Tea @ Home"), ("cus_3", None)]
