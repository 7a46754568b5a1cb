# ruff: noqa: E501  (one kind of record a line)
"""Records whose fields hold anything at all: staging takes every one of them or leaves it in quarantine.

Each field of each kind of record holds each of the odd values in turn, and once nothing; dbt runs once over them all.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from warehouse_fixture import House, comment, files_ticket, zendesk_event, zendesk_ticket, zendesk_user

from flows.model.dbt import invoke
from flows.settings import HubspotSource, StripeSource
from flows.validate.run import validate_landed
from flows.warehouse.duck import writer

AT = "2026-06-01T10:00:00Z"
SECOND = 1_780_308_000  # that moment
ODD = (
    None, "", " ", "x", "0", "-1", "1e400", "NaN", "infinity", "true", "2026-02-30", "9999-12-31T23:59:59Z", "\0",
    "é\u202e'\"\\$[*]", "1" * 40, 0, -1, 1.5, 10**18, 2**64 - 1, -(2**63), 1e308, True, [], {}, [None, 1, "a", [], {}],
    {"a": {"b": None}, "": 1, "a.b": [2]}, "[", '{"a":', "[1,2]",
)  # fmt: skip


def _company(id: str) -> dict[str, Any]:
    return {
        "id": id, "createdAt": AT, "updatedAt": AT, "archived": False, "url": "https://x.example",
        "properties": {"hs_object_id": id, "name": "A", "domain": "a.example", "lifecyclestage": "customer",
                       "hubspot_owner_id": "1", "createdate": AT, "hs_merged_object_ids": None, "tier": "gold",
                       "hs_lastmodifieddate": AT, "stripe_customer_id": "cus_1", "renewal_date": "2026-09-01"},
        "propertiesWithHistory": {"tier": [{"value": "gold", "timestamp": AT}]},
    }  # fmt: skip


def _deal(id: str) -> dict[str, Any]:
    return {
        "id": id, "createdAt": AT, "updatedAt": AT, "archived": False,
        "properties": {"hs_object_id": id, "dealname": "D", "dealtype": "renewal", "dealstage": "1", "pipeline": "p",
                       "amount": "10.5", "deal_currency_code": "USD", "closedate": AT, "hs_is_closed": "false",
                       "hs_is_closed_won": "false", "createdate": AT, "hs_lastmodifieddate": AT},
        "propertiesWithHistory": {"closedate": [{"value": AT, "timestamp": AT}]},
    }  # fmt: skip


def _customer(id: str) -> dict[str, Any]:
    return {"id": id, "object": "customer", "name": "A", "email": "a@a.example", "currency": "usd", "created": SECOND,
            "address": {"country": "US"}, "metadata": {"account_id": "1"}, "delinquent": False, "livemode": True}  # fmt: skip


def _subscription(id: str) -> dict[str, Any]:
    price = {"id": "price_1", "product": "prod_1", "unit_amount": 100, "recurring": {"interval": "month"}}
    item = {
        "id": "si_1",
        "price": price,
        "quantity": 1,
        "current_period_start": SECOND,
        "current_period_end": SECOND + 9,
    }
    return {"id": id, "object": "subscription", "customer": "cus_1", "status": "active", "currency": "usd",
            "items": {"data": [item]}, "cancel_at_period_end": False, "livemode": True, "start_date": SECOND,
            "trial_start": None, "trial_end": None, "cancel_at": None, "canceled_at": None, "ended_at": None,
            "created": SECOND, "current_period_start": None, "current_period_end": None}  # fmt: skip


def _invoice(id: str) -> dict[str, Any]:
    line = {"id": f"il_{id}", "amount": 100, "currency": "usd", "quantity": 1, "period": {"start": SECOND, "end": SECOND + 9},
            "pricing": {"price_details": {"price": "price_1", "product": "prod_1"}},
            "parent": {"subscription_item_details": {"subscription": "sub_1", "proration": False}}}  # fmt: skip
    return {"id": id, "object": "invoice", "number": "N1", "customer": "cus_1", "status": "paid", "currency": "usd",
            "total": 100, "amount_due": 100, "amount_paid": 100, "post_payment_credit_notes_amount": 0, "attempt_count": 1,
            "billing_reason": "subscription_cycle", "livemode": True, "created": SECOND, "due_date": None,
            "status_transitions": {"finalized_at": SECOND, "paid_at": SECOND, "voided_at": None},
            "next_payment_attempt": None, "lines": {"data": [line], "has_more": False},
            "parent": {"subscription_details": {"subscription": "sub_1"}}}  # fmt: skip


def _message(id: str) -> dict[str, Any]:
    return {"id": id, "ticket_id": "t1", "body": "hello", "author_id": "1", "author_role": "customer", "is_public": True,
            "created_at": AT}  # fmt: skip


def _rating(id: int) -> dict[str, Any]:
    return {
        "id": id,
        "ticket_id": 1,
        "requester_id": 1,
        "score": "good",
        "comment": "c",
        "created_at": AT,
        "updated_at": AT,
    }


def _organization(id: int) -> dict[str, Any]:
    return {"id": id, "name": "A", "domain_names": ["a.example"], "tags": [], "external_id": "1", "created_at": AT,
            "organization_fields": {"tier": "gold"}, "updated_at": AT}  # fmt: skip


# source, stream, maker of a record by its number, table of staging, column with the id there
STREAMS: list[tuple[str, str, Any, str, str]] = [
    ("export", "tickets", lambda n: files_ticket(f"t{n}"), "stg_files__tickets", "source_id"),
    ("export", "messages", lambda n: _message(f"m{n}"), "stg_files__messages", "source_id"),
    ("zendesk", "tickets", zendesk_ticket, "stg_zendesk__tickets", "source_id"),
    ("zendesk", "ticket_events", lambda n: zendesk_event(10 * n, 1, AT, comment(1, "hello")), "stg_zendesk__ticket_events", "source_id"),
    ("zendesk", "users", zendesk_user, "stg_zendesk__users", "source_id"),
    ("zendesk", "organizations", _organization, "stg_zendesk__organizations", "source_id"),
    ("zendesk", "satisfaction_ratings", _rating, "stg_zendesk__satisfaction_ratings", "rating_id"),
    ("crm", "companies", lambda n: _company(str(n)), "stg_hubspot__companies", "source_id"),
    ("crm", "deals", lambda n: _deal(str(n)), "stg_hubspot__deals", "source_id"),
    ("billing", "customers", lambda n: _customer(f"cus_{n}"), "stg_stripe__customers", "source_id"),
    ("billing", "subscriptions", lambda n: _subscription(f"sub_{n}"), "stg_stripe__subscriptions", "source_id"),
    ("billing", "invoices", lambda n: _invoice(f"in_{n}"), "stg_stripe__invoices", "source_id"),
]  # fmt: skip


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where a record has a value, but for its own id."""
    for key, child in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        if (*path, key) not in (("id",), ("deleted",)):
            yield (*path, key)
            yield from _places(child, (*path, key))


def _records(make: Any) -> list[dict[str, Any]]:
    """A plain record, and one for every place with every odd value, and with nothing there."""
    places = [
        place for place in _places(make(1)) if place[-1] != "hs_object_id" and place[-3:] != ("child_events", 0, "id")
    ]
    found = [make(1)]
    for place in places:
        for odd in (*ODD, "nothing"):
            record = copy.deepcopy(make(len(found) + 1))
            holder = record
            for step in place[:-1]:
                holder = holder[step]
            if odd == "nothing" and isinstance(holder, dict):
                del holder[place[-1]]
            else:
                holder[place[-1]] = odd
            found.append(record)
    return found


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    house = House(tmp_path_factory.mktemp("any") / "house")
    house.settings.sources["crm"] = HubspotSource(
        type="hubspot", account_field="account_id", tier_field="tier", renewal_field="renewal_date"
    )
    house.settings.sources["billing"] = StripeSource(type="stripe")
    for source in house.settings.sources.values():
        source.max_bad_share = 1
    for source, stream, make, _, _ in STREAMS:
        house.land(source, stream, _records(make), version=AT)
    run = house.run()
    validate_landed(run, list(house.settings.sources))
    assert run.report.bad_sources == {}
    with writer(run):  # the models alone: what the tests of data refuse, such as a name given twice, is not in question
        select = ["path:models/staging", "path:models/intermediate/common", "resource_type:seed"]
        result = invoke(
            house.settings,
            ["build", "--select", *select, "--exclude", "resource_type:test", "test_type:unit"],
            layer="stage",
        )
    assert result.failures == []
    return house


@pytest.mark.parametrize(("source", "stream", "make", "table", "id"), STREAMS, ids=[table for *_, table, _ in STREAMS])
def test_what_landed_is_in_staging_or_in_quarantine(
    house: House, source: str, stream: str, make: Any, table: str, id: str
) -> None:
    landed = {str(record["id"]) for record in _records(make)}
    staged = {str(value).removeprefix(f"{source}:") for (value,) in house.rows(f"select {id} from staging.{table}")}
    entries = house.run().landing.read("quarantine", "records")["id"]
    apart = {entry.split("/")[2] for entry in entries if entry.startswith(f"{source}/{stream}/")}
    childless = set()
    if stream == "ticket_events":  # an event without a list of children has no row
        childless = {
            str(r["id"]) for r in _records(make)
            if not (isinstance(r.get("child_events"), list) and r["child_events"])
        }  # fmt: skip
    assert not staged & apart
    assert landed - childless <= staged | apart <= landed
    assert len(staged) > len(landed) / 5, "much of it is harmless"
