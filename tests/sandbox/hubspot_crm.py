"""A small hand-made CRM behind the HubSpot emulator, and HubSpot's own Python client to read it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hubspot import HubSpot
from hubspot.crm.companies.exceptions import ApiException

from flows.sandbox.commerce import Change, Commerce, CrmCompany, CrmContact, CrmDeal, Owner
from flows.sandbox.company import Company
from flows.sandbox.hubspot_call import TOKEN
from flows.sandbox.limits import RateLimits
from flows.sandbox.server import SandboxServer

NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)  # where the clock of these tests starts
DAY = timedelta(days=1)
OPEN = RateLimits(speed=0)


def at(**before: float) -> int:
    """Unix seconds, so long before NOW (`days=-1`: after it)."""
    return int((NOW - timedelta(**before)).timestamp())


def company(id: int, name: str, *later: Change, created: int | None = None, **more: Any) -> CrmCompany:
    begin = at(days=300) if created is None else created
    domain = f"{name.lower()}.example"
    return CrmCompany(str(id), begin, (Change(begin, "name", name), Change(begin, "domain", domain), *later), **more)


def contact(id: int, name: str, *company_ids: int, created: int | None = None, **more: Any) -> CrmContact:
    begin = at(days=200) if created is None else created
    changes = (Change(begin, "email", f"{name}@x.example"), Change(begin, "firstname", name))
    return CrmContact(str(id), begin, changes, tuple(map(str, company_ids)), **more)


def crm(companies: list[CrmCompany], contacts: list[CrmContact], deals: list[CrmDeal] | None = None) -> Commerce:
    return Commerce(
        plans={}, accounts=[], customers={}, subscriptions={}, invoices={},
        owners={"71": Owner("71", "Dana Reyes", "dana@x.example"), "72": Owner("72", "Ole Berg", "ole@x.example")},
        companies={c.id: c for c in companies},
        contacts={c.id: c for c in contacts},
        deals={d.id: d for d in deals or []},
    )  # fmt: skip


def the_crm() -> Commerce:
    acme = company(
        900,  # ids are numbers: 1001 comes after it
        "Acme",
        Change(at(days=290), "tier", "silver"),
        Change(at(days=100), "hubspot_owner_id", "71"),
        Change(at(days=90), "tier", "gold"),
        Change(at(days=80), "renewal_date", "2026-03-31"),
        Change(at(days=70), "jobs", "unknown to the account"),
        Change(at(days=-2), "tier", None),
    )
    companies = [
        acme,
        company(1001, "Borealis", Change(at(seconds=20), "industry", "HEALTHCARE")),
        company(1002, "Borealis-Inc", merged=(at(days=-1), "1001")),
        company(1003, "Defunct", archived_at=at(days=30)),
        company(1004, "Tomorrow", created=at(days=-1)),
        company(1005, "Fresh", created=at(seconds=10)),
        *(company(2000 + n, f"Filler{n}", created=at(days=250 - n)) for n in range(60)),
    ]
    contacts = [
        contact(31, "ava", 900),
        contact(32, "ben", 1002, 900),
        contact(33, "cy"),
        contact(34, "dee", 1003),
        contact(35, "eve", 900, archived_at=at(days=1)),
    ]
    renewal = (
        Change(at(days=60), "dealname", "Acme renewal"),
        Change(at(days=60), "dealstage", "contractsent"),
        Change(at(days=60), "amount", "12000"),
        Change(at(days=60), "deal_currency_code", "EUR"),
        Change(at(days=60), "closedate", "2026-03-31"),
        Change(at(days=60), "dealtype", "renewal"),
        Change(at(days=-1), "dealstage", "closedwon"),
    )
    lost = (Change(at(days=40), "dealname", "More seats"), Change(at(days=20), "dealstage", "closedlost"))
    deals = [CrmDeal("51", at(days=60), renewal, ("900",)), CrmDeal("52", at(days=40), lost, ("1001",))]
    return crm(companies, contacts, deals)


def opened(commerce: Commerce) -> Company:
    """A company with this CRM; its helpdesk is as small as can be."""
    made = Company.simulate(seed=3, months=1, tickets_per_month=20)
    made.commerce = commerce
    made.history_end = NOW
    return made


def connect(sandbox: SandboxServer, token: str = TOKEN) -> HubSpot:
    return HubSpot(access_token=token, host=f"{sandbox.url}/hubspot")


def move(sandbox: SandboxServer, **ahead: float) -> None:
    httpx.post(f"{sandbox.url}/control/clock", json={"now": str(NOW + timedelta(**ahead))}).raise_for_status()


def search(client: HubSpot, kind: str = "companies", **wish: Any) -> Any:
    return getattr(client.crm, kind).search_api.do_search(public_object_search_request=wish)


def where(name: str, operator: str, **values: Any) -> dict[str, Any]:
    return {"filterGroups": [{"filters": [{"propertyName": name, "operator": operator, **values}]}]}


def names(client: HubSpot, **wish: Any) -> list[str]:
    return [found.properties["name"] for found in search(client, properties=["name"], **wish).results]


def bearer(token: str = TOKEN) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def refused(call: Any, status: int, error: type[Exception] = ApiException) -> dict[str, Any]:
    """The body of a refusal."""
    with pytest.raises(error) as caught:
        call()
    assert caught.value.status == status
    body = json.loads(caught.value.body)
    assert body["status"] == "error" and body["message"] and body["correlationId"]
    return body
