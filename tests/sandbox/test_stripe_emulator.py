"""The Stripe emulator, read with Stripe's own client: hand-made customers, and the simulated company as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import stripe
from billing_fixture import DAY, HOUR, NOW, START, at, commerce

from flows.sandbox.company import Company
from flows.sandbox.limits import RateLimits
from flows.sandbox.server import SandboxServer
from flows.sandbox.stripe import API_KEY, LIMITED_KEY
from flows.sandbox.stripe_events import event, render
from flows.sandbox.stripe_history import History


@pytest.fixture(scope="module")
def company() -> Company:
    company = Company.simulate(seed=3, start=START, months=3, tickets_per_month=30)
    company.commerce = commerce()
    return company


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory, company: Company) -> Iterator[SandboxServer]:
    folder = tmp_path_factory.mktemp("sandbox")
    with SandboxServer(folder, company=company, rate_limits=RateLimits(speed=0)) as server:
        yield server


@pytest.fixture(scope="module")
def api(sandbox: SandboxServer) -> Any:
    return connect(sandbox)


@pytest.fixture
def earlier(tmp_path: Path, company: Company) -> Iterator[SandboxServer]:
    """A sandbox whose clock still stands at the history's start."""
    with SandboxServer(tmp_path, company=company, rate_limits=RateLimits(speed=0)) as server:
        server._state.set_setting("clock", START.isoformat())
        yield server


def connect(sandbox: SandboxServer, key: str = API_KEY) -> Any:
    return stripe.StripeClient(key, base_addresses={"api": f"{sandbox.url}/stripe"}).v1


def get(sandbox: SandboxServer, path: str, **params: Any) -> httpx.Response:
    return httpx.get(f"{sandbox.url}/stripe/v1/{path}", params=params, auth=(API_KEY, ""))


def move(sandbox: SandboxServer, seconds: int) -> None:
    now = datetime.fromtimestamp(seconds, NOW.tzinfo).isoformat()
    httpx.post(f"{sandbox.url}/control/clock", json={"now": now}).raise_for_status()


# -- lists


@pytest.mark.parametrize("what", ["customers", "subscriptions", "invoices", "charges", "invoice_payments"])
def test_paging_gives_every_object_once_newest_first(api: Any, what: str) -> None:
    params = {"limit": 50} | ({"status": "all"} if what == "subscriptions" else {})
    found = list(getattr(api, what).list(params).auto_paging_iter())
    assert len(found) > 120
    assert len({one.id for one in found}) == len(found)
    assert [one.created for one in found] == sorted((one.created for one in found), reverse=True)


def test_a_page_has_ten_objects_unless_more_are_asked_for(api: Any) -> None:
    assert len(api.invoices.list().data) == 10
    page = api.invoices.list({"limit": 100})
    assert len(page.data) == 100 and page.has_more


def test_reading_backward_gives_the_same_order(api: Any) -> None:
    first = api.customers.list({"limit": 30}).data
    page = api.customers.list({"limit": 10, "ending_before": first[29].id})
    assert [one.id for one in page.data] == [one.id for one in first[19:29]] and page.has_more
    page = api.customers.list({"limit": 10, "ending_before": first[5].id})
    assert [one.id for one in page.data] == [one.id for one in first[:5]] and not page.has_more


def test_lists_are_narrowed_by_time_and_customer(api: Any) -> None:
    since, until = at("2026-02-05 12:00"), at("2026-03-15 10:00")

    def made(**created: int) -> list[str]:
        listed = api.invoices.list({"created": created, "customer": "cus_story"})
        return [one.id for one in listed.data]

    assert made(gte=since, lte=until) == ["in_story5", "in_story4", "in_story3"]
    assert made(gt=since, lt=until) == ["in_story4"]
    assert [one.id for one in api.invoices.list({"subscription": "sub_yen"}).data] == ["in_yen1"]
    assert [one.id for one in api.invoices.list({"status": "uncollectible"}).data] == ["in_lost2"]


def test_what_is_yet_to_come_is_not_there(api: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="No such customer: 'cus_later'"):
        api.customers.retrieve("cus_later")
    assert "cus_later" not in {one.id for one in api.customers.list({"limit": 100}).data}


def test_canceled_subscriptions_are_listed_only_when_asked_for(api: Any) -> None:
    usual = {one.id for one in api.subscriptions.list({"limit": 100}).auto_paging_iter()}
    whole = {one.id for one in api.subscriptions.list({"limit": 100, "status": "all"}).auto_paging_iter()}
    canceled = {"sub_gone", "sub_lost", "sub_sudden"}
    assert whole - usual == canceled
    assert {one.id for one in api.subscriptions.list({"status": "canceled"}).data} == canceled
    assert {one.id for one in api.subscriptions.list({"status": "ended"}).data} == canceled | {"sub_never"}


def test_a_long_invoice_shows_ten_lines_and_lists_all(api: Any) -> None:
    invoice = api.invoices.retrieve("in_long1")
    assert len(invoice.lines.data) == 10 and invoice.lines.has_more
    lines = list(api.invoices.line_items.list("in_long1", {"limit": 10}).auto_paging_iter())
    assert [one.quantity for one in lines] == list(range(1, 24))
    assert sum(one.amount for one in lines) == invoice.total
    before = api.invoices.line_items.list("in_long1", {"limit": 10, "ending_before": lines[15].id})
    assert [one.id for one in before.data] == [one.id for one in lines[5:15]] and before.has_more


# -- shapes


def test_the_shapes_are_todays(api: Any) -> None:
    subscription = api.subscriptions.retrieve("sub_story").to_dict()
    item = subscription["items"]["data"][0]
    assert "current_period_end" not in subscription
    assert (item["current_period_start"], item["current_period_end"]) == (
        at("2026-03-15 10:00"),
        at("2026-04-15 10:00"),
    )
    assert item["price"]["product"] == "prod_business" and item["quantity"] == 3
    invoice = api.invoices.retrieve("in_story3").to_dict()
    assert "subscription" not in invoice
    assert invoice["parent"]["subscription_details"]["subscription"] == "sub_story"
    unused, remaining = invoice["lines"]["data"]
    assert unused["pricing"]["price_details"] == {"price": "price_starter_usd_month", "product": "prod_starter"}
    details = unused["parent"]["subscription_item_details"]
    assert details["proration"] and details["subscription_item"] == item["id"]
    assert details["proration_details"]["credited_items"]["invoice"] == "in_story2"
    assert remaining["amount"] == 4700 and remaining["parent"]["type"] == "subscription_item_details"
    assert (invoice["period_start"], invoice["period_end"]) == (at("2026-01-15 10:00"), at("2026-02-05 12:00"))
    assert remaining["period"]["end"] == at("2026-02-15 10:00")


def test_money_is_in_the_smallest_unit_of_its_currency(api: Any) -> None:
    assert api.prices.retrieve("price_business_usd_month").unit_amount == 4900
    assert api.prices.retrieve("price_business_jpy_month").unit_amount == 7200
    invoice = api.invoices.retrieve("in_yen1")
    assert (invoice.currency, invoice.amount_paid) == ("jpy", 14400)
    assert invoice.lines.data[0].description == "2 × Business (at ¥7200 / month)"


def test_the_catalogue_names_every_plan_and_price(api: Any) -> None:
    assert {one.name for one in api.products.list().data} == {"Starter", "Business"}
    assert {one.id for one in api.prices.list({"product": "prod_starter"}).data} == {
        "price_starter_usd_month",
        "price_starter_usd_year",
    }
    assert api.accounts.retrieve_current().default_currency == "usd"


def test_ids_are_replaced_by_objects_where_asked_for(api: Any) -> None:
    page = api.subscriptions.list(
        {"customer": "cus_story", "expand": ["data.customer", "data.latest_invoice.customer"]}
    )
    assert page.data[0].customer.email == "billing@story.example"
    assert page.data[0].latest_invoice.id == "in_story5" and page.data[0].latest_invoice.customer.id == "cus_story"
    assert (
        api.invoices.retrieve("in_story5", {"expand": ["parent.subscription_details.subscription"]}).parent[
            "subscription_details"
        ]["subscription"]["status"]
        == "active"
    )
    with pytest.raises(stripe.InvalidRequestError, match=r"cannot be expanded \(plan\)"):
        api.subscriptions.list({"expand": ["data.plan"]})


def test_a_refund_is_traced_to_its_invoice(api: Any) -> None:
    refund = api.refunds.list({"limit": 1}).data[0]
    assert (refund.amount, refund.reason) == (700, "requested_by_customer")
    charge = api.charges.retrieve(refund.charge)
    assert (charge.amount_refunded, charge.refunded, charge.status) == (2700, False, "succeeded")
    payment = {"type": "payment_intent", "payment_intent": charge.payment_intent}
    assert [one.invoice for one in api.invoice_payments.list({"payment": payment}).data] == ["in_story5"]
    note = api.credit_notes.list({"invoice": "in_story5"}).data[0]
    assert note.refunds[0].refund == refund.id and note.number.endswith("-CN-02")
    invoice = api.invoices.retrieve("in_story5")
    assert (invoice.amount_paid, invoice.post_payment_credit_notes_amount) == (14700, 2700)


# -- lives


def test_an_invoice_goes_from_draft_to_paid(earlier: SandboxServer) -> None:
    made = at("2026-03-15 10:00")

    def read(seconds: int) -> dict[str, Any]:
        move(earlier, seconds)
        return dict(get(earlier, "invoices/in_story5").json())

    assert read(made - 1)["error"]["code"] == "resource_missing"
    draft = read(made)
    assert (draft["status"], draft["number"], draft["attempt_count"]) == ("draft", None, 0)
    assert draft["next_payment_attempt"] == draft["automatically_finalizes_at"] == made + HOUR
    open_ = read(made + HOUR)
    assert (open_["status"], open_["amount_due"], open_["amount_remaining"]) == ("open", 14700, 14700)
    assert open_["number"].endswith("-0005") and open_["status_transitions"]["finalized_at"] == made + HOUR
    failed = read(made + 2 * HOUR)
    assert (failed["status"], failed["attempt_count"], failed["attempted"]) == ("open", 1, True)
    assert failed["next_payment_attempt"] == made + 3 * DAY
    assert get(earlier, "customers/cus_story").json()["delinquent"]
    assert get(earlier, "subscriptions/sub_story").json()["status"] == "past_due"
    paid = read(made + 5 * DAY)
    assert (paid["status"], paid["attempt_count"], paid["next_payment_attempt"]) == ("paid", 3, None)
    assert (paid["amount_paid"], paid["amount_remaining"], paid["auto_advance"]) == (14700, 0, False)
    assert paid["status_transitions"]["paid_at"] == made + 5 * DAY
    assert not get(earlier, "customers/cus_story").json()["delinquent"]
    assert read(at("2026-03-20 12:00"))["post_payment_credit_notes_amount"] == 2000


def test_what_is_given_back_is_taken_off_the_next_invoice(api: Any) -> None:
    given, used = api.invoices.retrieve("in_less2"), api.invoices.retrieve("in_less3")
    assert (given.total, given.amount_due, given.ending_balance, given.status) == (-7600, 0, -7600, "paid")
    assert (used.total, used.starting_balance, used.ending_balance) == (1900, -7600, -5700)
    assert (used.amount_due, used.amount_paid, used.attempt_count) == (0, 0, 0)
    assert used.status_transitions.paid_at == at("2026-03-20 11:00")
    assert api.customers.retrieve("cus_less").balance == -5700
    assert api.charges.list({"customer": "cus_less"}).data[0].amount == 17100


def test_a_subscription_goes_from_trial_to_its_end(earlier: SandboxServer) -> None:
    def read(id: str, when: str) -> dict[str, Any]:
        move(earlier, at(when))
        return dict(get(earlier, f"subscriptions/{id}").json())

    trial = read("sub_story", "2026-01-01 10:00")
    assert (trial["status"], trial["trial_end"]) == ("trialing", at("2026-01-15 10:00"))
    assert trial["items"]["data"][0]["current_period_end"] == trial["trial_end"]
    assert trial["latest_invoice"] == "in_story1"
    warnings = {"type": "customer.subscription.trial_will_end"}
    move(earlier, at("2026-01-12 10:00") - 1)
    assert connect(earlier).events.list(warnings).data == []
    move(earlier, at("2026-01-12 10:00"))
    (ends,) = connect(earlier).events.list(warnings).data
    assert ends.data.object["id"] == "sub_story" and ends.data.object["status"] == "trialing"
    asked = read("sub_gone", "2026-01-20 09:00")
    assert (asked["status"], asked["cancel_at_period_end"]) == ("active", True)
    assert (asked["cancel_at"], asked["canceled_at"]) == (at("2026-02-10 09:00"), at("2026-01-20 09:00"))
    assert asked["ended_at"] is None and asked["cancellation_details"]["reason"] == "cancellation_requested"
    assert read("sub_lost", "2026-02-05 09:00")["status"] == "past_due"
    upgraded = read("sub_story", "2026-02-05 12:00")["items"]["data"][0]
    assert upgraded["price"]["id"] == "price_business_usd_month"
    assert upgraded["current_period_start"] == at("2026-01-15 10:00")  # what is prorated begins no period
    lost = read("sub_lost", "2026-02-09")
    assert lost["status"] == "canceled" and lost["ended_at"] == lost["canceled_at"] == at("2026-02-08 09:01")
    assert lost["cancellation_details"]["reason"] == "payment_failed" and not lost["cancel_at_period_end"]
    gone = read("sub_gone", "2026-02-10 09:00")
    assert (gone["status"], gone["ended_at"]) == ("canceled", at("2026-02-10 09:00"))
    sudden = read("sub_sudden", "2026-03-12 10:00")
    assert (sudden["cancel_at"], sudden["cancel_at_period_end"]) == (None, False)
    assert sudden["canceled_at"] == sudden["ended_at"] == at("2026-03-12 10:00")
    never = read("sub_never", "2026-03-14 09:00")
    assert (never["status"], never["ended_at"]) == ("incomplete_expired", at("2026-03-14 09:00"))
    assert get(earlier, "invoices/in_never1").json()["status"] == "void"


def test_of_a_deleted_customer_only_its_id_is_left(api: Any) -> None:
    gone = api.customers.retrieve("cus_gone")
    assert gone.deleted and gone.to_dict() == {"id": "cus_gone", "object": "customer", "deleted": True}
    assert "cus_gone" not in {one.id for one in api.customers.list({"limit": 100}).auto_paging_iter()}
    assert [one.id for one in api.invoices.list({"customer": "cus_gone"}).data] == ["in_gone1"]


# -- events


def test_events_are_listed_by_type_and_time(api: Any) -> None:
    wanted = {"types": ["invoice.payment_failed", "customer.updated"], "created": {"gte": at("2026-03-15")}}
    failures = api.events.list(wanted).data
    assert [(one.type, one.created) for one in failures] == [
        ("customer.updated", at("2026-03-20 11:00")),  # the credit of another customer
        ("customer.updated", at("2026-03-20 10:00")),
        ("invoice.payment_failed", at("2026-03-18 10:00")),
        ("customer.updated", at("2026-03-15 11:00") + 10),
        ("invoice.payment_failed", at("2026-03-15 11:00") + 10),
    ]
    recent = api.events.list({"type": "invoice.*", "created": {"gte": at("2026-03-20")}, "limit": 100}).data
    assert recent and all(one.type.startswith("invoice.") and one.created >= at("2026-03-20") for one in recent)
    refunds = api.events.list({"types": ["charge.refunded", "refund.created", "credit_note.created"]}).data
    assert [one.type for one in refunds] == ["credit_note.created", "charge.refunded", "refund.created"] * 2
    assert [one.data.object["amount"] for one in refunds if one.type == "refund.created"] == [700, 2000]


def test_an_event_shows_its_object_as_it_was(api: Any) -> None:
    def told(type: str, id: str) -> list[dict[str, Any]]:
        found = api.events.list({"type": type, "limit": 100}).auto_paging_iter()
        return [one.to_dict() for one in found if one.data.object["id"] == id]

    (created,) = told("invoice.created", "in_story5")
    assert created["data"]["object"]["status"] == "draft" and created["api_version"] == "2026-10-28.endive"
    assert [one["data"]["object"]["attempt_count"] for one in told("invoice.payment_failed", "in_story5")] == [2, 1]
    (first,) = told("invoice.created", "in_long1")  # finalized in the same second
    assert first["data"]["object"]["status"] == "draft"
    recovered, failed, renewed = told("customer.subscription.updated", "sub_story")
    assert recovered["data"]["previous_attributes"] == {"status": "past_due"}
    assert failed["data"]["previous_attributes"] == {"status": "active"}
    assert renewed["data"]["previous_attributes"]["latest_invoice"] == "in_story4"
    before = renewed["data"]["previous_attributes"]["items"]["data"][0]
    assert before["current_period_end"] == renewed["data"]["object"]["items"]["data"][0]["current_period_start"]
    (asked,) = told("customer.subscription.updated", "sub_leaving")
    assert asked["data"]["previous_attributes"]["cancel_at_period_end"] is False


def test_events_are_kept_for_thirty_days(earlier: SandboxServer) -> None:
    api = connect(earlier)
    move(earlier, at("2026-02-10 09:00"))
    (deleted,) = api.events.list({"type": "customer.subscription.deleted", "created": {"gte": at("2026-02-10")}}).data
    move(earlier, at("2026-03-12 08:59"))
    assert api.events.retrieve(deleted.id).data.object["status"] == "canceled"
    (customer,) = api.events.list({"type": "customer.deleted"}).data
    assert customer.data.object["email"] == "billing@gone.example" and "deleted" not in customer.data.object
    move(earlier, at("2026-03-12 09:00"))
    assert api.events.list({"type": "customer.subscription.deleted"}).data == []
    with pytest.raises(stripe.InvalidRequestError, match="No such event"):
        api.events.retrieve(deleted.id)
    with pytest.raises(stripe.InvalidRequestError, match="No such event"):
        api.events.list({"starting_after": deleted.id})
    assert min(one.created for one in api.events.list({"limit": 100}).auto_paging_iter()) > at("2026-02-10 09:00")


# -- refusals


def test_unknown_objects_are_missing(api: Any, sandbox: SandboxServer) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.invoices.retrieve("in_none")
    assert (refused.value.http_status, refused.value.code, refused.value.param) == (404, "resource_missing", "invoice")
    for cursor in ("starting_after", "ending_before"):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            api.customers.list({cursor: "cus_none"})
        assert (refused.value.http_status, refused.value.code, refused.value.param) == (400, "resource_missing", cursor)
    with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
        api.subscriptions.list({"customer": "cus_none"})
    assert get(sandbox, "nothing").json()["error"]["message"].startswith("Unrecognized request URL (GET: /v1/nothing)")
    assert httpx.post(f"{sandbox.url}/stripe/v1/customers", auth=(API_KEY, "")).status_code == 404


@pytest.mark.parametrize(
    ("path", "query", "param"),
    [
        ("invoices", "limit=0", "limit"),
        ("invoices", "limit=101", "limit"),
        ("invoices", "limit=many", "limit"),
        ("invoices", "created[gte]=yesterday", "created[gte]"),
        ("invoices", "created[after]=1", "created[after]"),
        ("invoices", "updated=1", "updated"),
        ("invoices", "status=lost", "status"),
        ("invoices", "starting_after=in_yen1&ending_before=in_yen1", "ending_before"),
        ("events", "type=invoice.paid&types[]=invoice.paid", "types"),
        ("events", "&".join(f"types[]=invoice.{n}" for n in range(21)), "types"),
    ],
)
def test_senseless_parameters_are_refused(sandbox: SandboxServer, path: str, query: str, param: str) -> None:
    answer = httpx.get(f"{sandbox.url}/stripe/v1/{path}?{query}", auth=(API_KEY, ""))
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error["type"], error["param"]) == ("invalid_request_error", param)


def test_keys_are_checked(sandbox: SandboxServer) -> None:
    with pytest.raises(stripe.AuthenticationError, match=r"Invalid API Key provided: sk_test_\*+rong"):
        connect(sandbox, "sk_test_quite_wrong").customers.list()
    missing = httpx.get(f"{sandbox.url}/stripe/v1/customers")
    assert missing.status_code == 401 and "You did not provide an API key" in missing.json()["error"]["message"]
    limited = connect(sandbox, LIMITED_KEY)
    assert limited.customers.list().data
    with pytest.raises(stripe.PermissionError, match="'rak_invoice_read' permission"):
        limited.invoices.list()
    answer = get(sandbox, "customers")
    assert answer.status_code == 200 and answer.headers["request-id"].startswith("req_")
    assert answer.headers["stripe-version"] == "2026-10-28.endive"


def test_too_many_requests_are_refused_without_a_word_of_when_to_return(tmp_path: Path, company: Company) -> None:
    limits = RateLimits(speed=1, stripe_reads_per_second=2)
    with SandboxServer(tmp_path, company=company, rate_limits=limits) as server:
        api = connect(server)
        with pytest.raises(stripe.RateLimitError) as refused:
            for _ in range(10):
                api.products.list()
        assert refused.value.json_body["error"]["code"] == "rate_limit"
        assert "retry-after" not in {name.lower() for name in refused.value.headers}


def test_faults_speak_stripes_language(sandbox: SandboxServer, api: Any) -> None:
    for kind, error in (("rate_limit", stripe.RateLimitError), ("error", stripe.APIError)):
        fault = {"vendor": "stripe", "kind": kind, "match": "/v1/prices"}
        httpx.post(f"{sandbox.url}/control/faults", json=fault).raise_for_status()
        with pytest.raises(error):
            stripe.StripeClient(
                API_KEY, base_addresses={"api": f"{sandbox.url}/stripe"}, max_network_retries=0
            ).v1.prices.list()
        assert api.prices.list().data


# -- the simulated company


@pytest.fixture(scope="module")
def whole() -> tuple[Company, History]:
    company = Company.simulate(seed=7, months=12, tickets_per_month=60)
    return company, History(company.commerce)


def test_amounts_and_states_agree_at_every_moment(whole: tuple[Company, History]) -> None:
    company, history = whole
    seen = set()
    for id, life in history.lives["invoice"].items():
        for row in range(len(life.states)):
            one = render(history, "invoice", id, row)
            seen.add(one["status"])
            moments = one["status_transitions"]
            assert one["amount_due"] == one["amount_paid"] + one["amount_remaining"]
            assert one["total"] == sum(line.amount for line in company.commerce.invoices[id].lines)
            assert (one["status"] == "paid") == (moments["paid_at"] is not None)
            assert one["amount_remaining"] == (0 if one["status"] == "paid" else one["amount_due"])
            assert (one["number"] is None) == (one["status"] == "draft") == (moments["finalized_at"] is None)
            assert one["post_payment_credit_notes_amount"] <= one["amount_paid"]
            if one["status"] != "draft":
                assert one["total"] + one["starting_balance"] == one["amount_due"] + one["ending_balance"]
    assert {"draft", "open", "paid"} <= seen


def test_events_tell_of_every_change(whole: tuple[Company, History]) -> None:
    """Who keeps up with the last event of each object has each as it is now."""
    company, history = whole
    now = int(company.history_end.timestamp())
    last: dict[tuple[str, str], Any] = {}
    for one in history.events.values():
        if one.at <= now and one.type != "customer.deleted":
            last[one.kind, one.id] = one
    assert len(last) > 2000
    for (kind, id), told in last.items():
        shown = event(history, told)["data"]["object"]
        current = render(history, told.kind, id, history.lives[told.kind][id].row(now))
        if kind == "customer":  # counting invoices is not told
            shown["next_invoice_sequence"] = current["next_invoice_sequence"]
        assert shown == current, (kind, id)
    updates = [one for one in history.events.values() if one.type.endswith(".updated")]
    assert all(event(history, one)["data"]["previous_attributes"] for one in updates[-2000:])


def test_a_page_in_the_middle_of_a_long_list(tmp_path: Path, whole: tuple[Company, History]) -> None:
    company, history = whole
    with (
        SandboxServer(tmp_path, company=company, rate_limits=RateLimits(speed=0)) as server,
        httpx.Client(base_url=f"{server.url}/stripe/v1/", auth=(API_KEY, "")) as client,
    ):
        ids = history.shelves["invoice"].ids  # oldest first, as the list is not
        middle = len(ids) // 2
        page = client.get("invoices", params={"limit": 100, "starting_after": ids[middle]}).json()
    assert [one["id"] for one in page["data"]] == ids[middle - 100 : middle][::-1]
