"""The HubSpot emulator over a small hand-made CRM, driven by HubSpot's own Python client."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hubspot import HubSpot
from hubspot.crm.companies.exceptions import ApiException, NotFoundException, UnauthorizedException
from hubspot.crm.contacts.exceptions import ApiException as ContactsException
from hubspot.crm.contacts.exceptions import ForbiddenException

from flows.sandbox.commerce import Change, Commerce, CrmCompany, CrmContact, CrmDeal, Owner
from flows.sandbox.company import Company
from flows.sandbox.hubspot_call import EXPIRED_TOKEN, LIMITED_TOKEN, TOKEN
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
    return crm(companies, contacts, [CrmDeal("51", at(days=60), renewal, ("900",))])


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


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxServer]:
    """At NOW for ever: tests that move the clock open their own."""
    with SandboxServer(tmp_path_factory.mktemp("sandbox"), company=opened(the_crm()), rate_limits=OPEN) as server:
        yield server


@pytest.fixture(scope="module")
def hubspot(sandbox: SandboxServer) -> HubSpot:
    return connect(sandbox)


@pytest.fixture
def moving(tmp_path: Path) -> Iterator[SandboxServer]:
    with SandboxServer(tmp_path, company=opened(the_crm()), rate_limits=OPEN) as server:
        yield server


def refused(call: Any, status: int, error: type[Exception] = ApiException) -> dict[str, Any]:
    """The body of a refusal."""
    with pytest.raises(error) as caught:
        call()
    assert caught.value.status == status
    body = json.loads(caught.value.body)
    assert body["status"] == "error" and body["message"] and body["correlationId"]
    return body


# -- lists and single records


def test_a_list_is_paged_to_its_end_in_the_order_of_the_ids(hubspot: HubSpot) -> None:
    ids, after = [], None
    while True:
        page = hubspot.crm.companies.basic_api.get_page(limit=25, after=after)
        ids += [int(found.id) for found in page.results]
        if not page.paging:
            break
        after = page.paging.next.after
    assert ids == sorted(ids) and ids[:4] == [900, 1001, 1002, 1005]
    assert len(ids) == 64 and 1003 not in ids and 1004 not in ids  # archived, not made yet


def test_only_a_few_properties_come_unasked(hubspot: HubSpot) -> None:
    acme = hubspot.crm.companies.basic_api.get_by_id("900")
    assert set(acme.properties) == {"name", "domain", "createdate", "hs_lastmodifieddate", "hs_object_id"}
    assert acme.created_at == NOW - 300 * DAY and acme.updated_at == NOW - 70 * DAY and acme.archived is False
    assert acme.properties["hs_lastmodifieddate"] == "2025-11-01T12:00:00.000Z"
    asked = hubspot.crm.companies.basic_api.get_by_id("900", properties=["tier", "renewal_date", "country", "jobs"])
    assert asked.properties == {
        "createdate": "2025-03-16T12:00:00.000Z",
        "hs_lastmodifieddate": "2025-11-01T12:00:00.000Z",
        "hs_object_id": "900",
        "tier": "gold",
        "renewal_date": "2026-03-31",
        "country": None,
    }
    ava = hubspot.crm.contacts.basic_api.get_by_id("31")
    assert set(ava.properties) == {"email", "firstname", "lastname", "createdate", "lastmodifieddate", "hs_object_id"}


def test_a_history_is_newest_first_and_grows_with_the_clock(moving: SandboxServer) -> None:
    client = connect(moving)

    def tiers() -> list[tuple[str, str]]:
        page = client.crm.companies.basic_api.get_page(limit=1, properties_with_history=["tier"])
        assert page.results[0].properties["tier"] == (page.results[0].properties_with_history["tier"][0].value or None)
        return [(v.value, v.source_type) for v in page.results[0].properties_with_history["tier"]]

    assert tiers() == [("gold", "INTEGRATION"), ("silver", "INTEGRATION")]
    move(moving, days=3)
    assert tiers() == [("", "INTEGRATION"), ("gold", "INTEGRATION"), ("silver", "INTEGRATION")]


def test_pages_are_limited(hubspot: HubSpot) -> None:
    api = hubspot.crm.companies.basic_api
    assert refused(lambda: api.get_page(limit=101), 400)["category"] == "VALIDATION_ERROR"
    assert refused(lambda: api.get_page(limit=51, properties_with_history=["tier"]), 400)["message"]
    assert refused(lambda: api.get_page(limit=0), 400)["message"]
    assert refused(lambda: api.get_page(after="nonsense"), 400)["message"]
    assert len(api.get_page(limit=50, properties_with_history=["tier"]).results) == 50


def test_archived_records_are_listed_apart(hubspot: HubSpot) -> None:
    (gone,) = hubspot.crm.companies.basic_api.get_page(archived=True, properties=["name"]).results
    assert gone.id == "1003" and gone.archived and gone.properties["name"] == "Defunct"
    assert gone.archived_at == NOW - 30 * DAY and gone.updated_at == NOW - 300 * DAY
    assert hubspot.crm.companies.basic_api.get_by_id("1003", archived=True).archived
    missing = refused(lambda: hubspot.crm.companies.basic_api.get_by_id("1003"), 404, NotFoundException)
    assert missing["category"] == "OBJECT_NOT_FOUND"
    assert search(hubspot, **where("name", "EQ", value="defunct")).total == 0
    assert [c.id for c in hubspot.crm.contacts.basic_api.get_page(archived=True).results] == ["35"]


def test_a_batch_gives_what_is_there_and_names_what_is_not(hubspot: HubSpot) -> None:
    api = hubspot.crm.companies.batch_api
    wish = {"properties": ["tier"], "propertiesWithHistory": [], "inputs": [{"id": i} for i in ("900", "7", "1003")]}
    answer = api.read(batch_read_input_simple_public_object_id=wish)
    assert [(c.id, c.properties["tier"]) for c in answer.results] == [("900", "gold")]
    assert answer.num_errors == 1 and answer.errors[0].category == "OBJECT_NOT_FOUND"
    assert answer.errors[0].context == {"ids": ["7", "1003"]}
    archived = api.read(batch_read_input_simple_public_object_id=wish | {"inputs": [{"id": "1003"}]}, archived=True)
    assert [c.id for c in archived.results] == ["1003"] and archived.status == "COMPLETE"
    many = {"inputs": [{"id": str(n)} for n in range(1, 52)], "propertiesWithHistory": ["tier"]}
    assert refused(lambda: api.read(batch_read_input_simple_public_object_id=many), 400)["message"]
    many = {"inputs": [{"id": str(n)} for n in range(1, 102)]}
    assert refused(lambda: api.read(batch_read_input_simple_public_object_id=many), 400)["message"]


def test_a_deal_knows_whether_it_is_closed(moving: SandboxServer) -> None:
    client = connect(moving)
    wanted = ["dealname", "amount", "deal_currency_code", "closedate", "hs_is_closed", "hs_is_closed_won", "pipeline"]
    deal = client.crm.deals.basic_api.get_by_id("51", properties=wanted)
    assert deal.properties["closedate"] == "2026-03-31T00:00:00.000Z" and deal.properties["pipeline"] == "default"
    assert (deal.properties["hs_is_closed"], deal.properties["hs_is_closed_won"]) == ("false", "false")
    move(moving, days=1)
    deal = client.crm.deals.basic_api.get_by_id("51", properties=wanted)
    assert (deal.properties["hs_is_closed"], deal.properties["hs_is_closed_won"]) == ("true", "true")
    assert deal.updated_at == NOW + DAY


# -- mergers and associations


def test_a_merged_company_is_gone_and_its_id_leads_to_the_survivor(moving: SandboxServer) -> None:
    client = connect(moving)
    api = client.crm.companies.basic_api
    assert api.get_by_id("1002").id == "1002"
    move(moving, days=2)
    survivor = api.get_by_id("1002", properties=["name", "hs_merged_object_ids"])
    assert (survivor.id, survivor.properties["name"]) == ("1001", "Borealis")
    assert survivor.properties["hs_merged_object_ids"] == "1002" and survivor.updated_at == NOW + DAY
    listed = {c.id for archived in (False, True) for c in api.get_page(limit=100, archived=archived).results}
    assert "1001" in listed and "1002" not in listed
    assert search(client, **where("hs_object_id", "EQ", value="1002")).total == 0
    changed = search(client, **where("hs_lastmodifieddate", "GTE", value=str(at(days=-1) * 1000))).results
    assert "1001" in {c.id for c in changed}
    batch = client.crm.companies.batch_api.read(
        batch_read_input_simple_public_object_id={"inputs": [{"id": "1002"}, {"id": "1001"}]}
    )
    assert [c.id for c in batch.results] == ["1001"]


def linked(client: HubSpot, kind: str, to: str, *ids: str) -> tuple[dict[str, Any], list[str]]:
    """Per record the associated ids with their labels, and the records that have none."""
    wish = {"inputs": [{"id": id} for id in ids]}
    answer = client.crm.associations.v4.batch_api.get_page(
        kind, to, batch_input_public_fetch_associations_batch_request=wish
    )
    links = {
        found._from.id: {to.to_object_id: [(t.type_id, t.label) for t in to.association_types] for to in found.to}
        for found in answer.results
    }
    problems = [problem.context["fromObjectId"][0] for problem in getattr(answer, "errors", None) or []]
    return links, problems


def test_associations_name_the_primary_company_and_follow_a_merger(moving: SandboxServer) -> None:
    client = connect(moving)
    primary, plain = (1, "Primary"), (279, None)
    links, none = linked(client, "contacts", "companies", "31", "32", "33", "34", "35", "99")
    assert links == {"31": {"900": [plain, primary]}, "32": {"1002": [plain, primary], "900": [plain]}}
    assert none == ["33", "34", "35", "99"]  # none, of an archived company, archived itself, unknown
    assert linked(client, "companies", "deals", "900")[0] == {
        "900": {"51": [(342, None), (6, "Deal with Primary Company")]}
    }
    inside = client.crm.contacts.basic_api.get_by_id("32", associations=["companies"]).associations["companies"]
    assert [(a.id, a.type) for a in inside.results] == [
        ("1002", "contact_to_company"),
        ("1002", "contact_to_company_unlabeled"),
        ("900", "contact_to_company_unlabeled"),
    ]
    move(moving, days=2)
    assert linked(client, "contacts", "companies", "32")[0]["32"] == {"1001": [plain, primary], "900": [plain]}
    assert set(linked(client, "companies", "contacts", "1001")[0]["1001"]) == {"32"}
    ben = client.crm.contacts.basic_api.get_by_id("32", properties=["associatedcompanyid"])
    assert ben.properties["associatedcompanyid"] == "1001" and ben.updated_at == NOW + DAY


def test_association_batches_are_limited(sandbox: SandboxServer) -> None:
    url, headers = f"{sandbox.url}/hubspot/crm/v4/associations/contacts/companies/batch/read", bearer()
    answer = httpx.post(url, headers=headers, json={"inputs": [{"id": "31"}, {"id": "33"}]})
    assert answer.status_code == 207 and answer.json()["results"][0]["to"][0]["toObjectId"] == 900
    assert answer.json()["errors"][0]["subCategory"] == "crm.associations.NO_ASSOCIATIONS_FOUND"
    assert httpx.post(url, headers=headers, json={"inputs": [{"id": str(n)} for n in range(1001)]}).status_code == 400
    assert httpx.post(url, headers=headers, json={"inputs": ["31"]}).status_code == 400
    assert httpx.post(url, headers=headers, content="{").status_code == 400


# -- searches


def test_a_search_by_time_of_change_is_sorted_and_paged(hubspot: HubSpot) -> None:
    wish = where("hs_lastmodifieddate", "GTE", value=str(at(days=250) * 1000)) | {
        "sorts": [{"propertyName": "hs_lastmodifieddate", "direction": "ASCENDING"}],
        "properties": ["hs_lastmodifieddate"],
        "limit": 20,
    }
    found: list[Any] = []
    after = None
    while True:
        page = search(hubspot, **wish, after=after)
        assert page.total == 61  # the fillers and Acme
        found += page.results
        if not page.paging:
            break
        after = page.paging.next.after
        assert after == str(len(found))
    stamps = [c.properties["hs_lastmodifieddate"] for c in found]
    assert len({c.id for c in found}) == 61 and stamps == sorted(stamps)
    newest = search(hubspot, sorts=[{"propertyName": "createdate", "direction": "DESCENDING"}], limit=1)
    assert newest.results[0].properties["name"] == "Filler59"


def test_every_operator(hubspot: HubSpot) -> None:
    def found(name: str, operator: str, **values: Any) -> set[str]:
        everything = names(hubspot, limit=200, **where(name, operator, **values))
        return {name for name in everything if not name.startswith("Filler")}

    assert found("name", "EQ", value="ACME") == {"Acme"}
    assert found("tier", "EQ", value="gold") == {"Acme"} and found("tier", "EQ", value="Gold") == set()
    assert found("tier", "NEQ", value="silver") == {"Acme"}  # who has none is not counted
    assert found("name", "IN", values=["acme", "borealis"]) == {"Acme", "Borealis"}
    assert found("name", "IN", values=["Acme"]) == set()
    assert "Acme" not in found("name", "NOT_IN", values=["acme"])
    assert found("tier", "HAS_PROPERTY") == {"Acme"}
    assert found("tier", "NOT_HAS_PROPERTY") == {"Borealis", "Borealis-Inc"}
    assert found("name", "CONTAINS_TOKEN", value="inc") == {"Borealis-Inc"}
    assert found("domain", "CONTAINS_TOKEN", value="bor*") == {"Borealis", "Borealis-Inc"}
    assert found("name", "NOT_CONTAINS_TOKEN", value="borealis") == {"Acme"}
    assert found("hs_object_id", "LT", value="1001") == {"Acme"}
    assert found("hs_object_id", "LTE", value="1001") == {"Acme", "Borealis"}
    assert found("hs_object_id", "GT", value="1001") == {"Borealis-Inc"}
    assert found("hs_object_id", "BETWEEN", value="900", highValue="1001") == {"Acme", "Borealis"}
    assert found("renewal_date", "GTE", value="2026-03-31") == {"Acme"}
    assert found("renewal_date", "LT", value=1774915200000) == set()  # 31 March 2026
    either = [{"filters": [{"propertyName": "name", "operator": "EQ", "value": n}]} for n in ("acme", "borealis")]
    assert set(names(hubspot, filterGroups=either)) == {"Acme", "Borealis"}
    both = [{"filters": [one for group in either for one in group["filters"]]}]
    assert names(hubspot, filterGroups=both) == []


def test_the_index_of_a_search_lags_half_a_minute(moving: SandboxServer) -> None:
    client = connect(moving)
    api = client.crm.companies.basic_api
    assert api.get_by_id("1005").properties["name"] == "Fresh"  # ten seconds old
    assert api.get_by_id("1001", properties=["industry"]).properties["industry"] == "HEALTHCARE"
    assert names(client, **where("name", "EQ", value="fresh")) == []
    old = search(client, properties=["industry"], **where("name", "EQ", value="borealis")).results[0]
    assert old.properties["industry"] is None and old.updated_at == NOW - 300 * DAY
    move(moving, seconds=30)
    assert names(client, **where("name", "EQ", value="fresh")) == ["Fresh"]
    assert names(client, **where("industry", "EQ", value="HEALTHCARE")) == ["Borealis"]


def test_a_search_does_not_page_past_10_000_results_and_is_quick(tmp_path: Path) -> None:
    crowd = [contact(100 + n, f"c{n}", 900, created=at(days=200) + n) for n in range(10_500)]
    with SandboxServer(tmp_path, company=opened(crm([company(900, "Acme")], crowd)), rate_limits=OPEN) as server:
        client = connect(server)
        wish: dict[str, Any] = {"sorts": [{"propertyName": "lastmodifieddate", "direction": "ASCENDING"}], "limit": 200}
        last = search(client, "contacts", **wish, after="9800")
        assert last.total == 10_500 and last.paging.next.after == "10000"
        beyond = refused(lambda: search(client, "contacts", **wish, after="10000"), 400, ContactsException)
        assert beyond["category"] == "VALIDATION_ERROR"
        # From the last one's time on the search begins anew, and reaches the end.
        seen = last.results[-1].properties["lastmodifieddate"]
        rest = search(client, "contacts", **wish, **where("lastmodifieddate", "GTE", value=seen), after="400")
        assert rest.total == 501 and len(rest.results) == 101
    few = crm([company(900, "Acme")], crowd[:1500])
    with SandboxServer(tmp_path / "few", company=opened(few), rate_limits=OPEN) as server:
        client = connect(server)
        search(client, "contacts", **wish)
        begin = time.perf_counter()
        assert len(search(client, "contacts", **wish, after="1000").results) == 200
        assert time.perf_counter() - begin < 0.25  # a quarter of that on an idle machine, the client included


def test_a_search_has_limits(hubspot: HubSpot) -> None:
    one = {"propertyName": "name", "operator": "EQ", "value": "x"}

    def message(**wish: Any) -> str:
        body = refused(lambda: search(hubspot, **wish), 400)
        assert body["category"] == "VALIDATION_ERROR"
        return str(body["message"])

    assert "filter groups" in message(filterGroups=[{"filters": [one]}] * 6)
    assert "more than 6" in message(filterGroups=[{"filters": [one] * 7}])
    assert "more than 18" in message(filterGroups=[{"filters": [one] * 5}] * 4)
    assert "200" in message(limit=201)
    assert "characters" in message(**where("name", "EQ", value="x" * 3000))
    assert "sort" in message(sorts=[{"propertyName": "name"}, {"propertyName": "domain"}])
    assert "does not exist" in message(**where("nothing", "EQ", value="x"))
    assert "does not fit" in message(**where("createdate", "GTE", value="yesterday"))
    assert "Operator" in message(**where("name", "LIKE", value="x"))
    assert "requires" in message(**where("name", "EQ")) and "requires" in message(**where("name", "IN"))
    assert "highValue" in message(**where("hs_object_id", "BETWEEN", value="1"))
    assert "Filter" in message(filterGroups=[{"filters": [{"propertyName": "name"}]}])
    assert message(after="next")
    assert search(hubspot, filterGroups=[{"filters": [one] * 6}] * 3).total == 0


# -- the rest


def test_owners_properties_and_the_account(hubspot: HubSpot, sandbox: SandboxServer) -> None:
    owners = hubspot.crm.owners.owners_api.get_page(limit=1)
    assert (owners.results[0].id, owners.results[0].first_name, owners.results[0].last_name) == ("71", "Dana", "Reyes")
    rest = hubspot.crm.owners.owners_api.get_page(limit=500, after=owners.paging.next.after)
    assert [o.email for o in rest.results] == ["ole@x.example"] and rest.paging is None
    assert hubspot.crm.owners.owners_api.get_page(archived=True).results == []
    known = {p.name: p for p in hubspot.crm.properties.core_api.get_all("companies").results}
    assert known["renewal_date"].type == "date" and not known["tier"].hubspot_defined
    assert [option.value for option in known["tier"].options] == ["gold", "silver"]
    details = httpx.get(f"{sandbox.url}/hubspot/account-info/v3/details", headers=bearer()).json()
    assert details["uiDomain"] == "app.hubspot.com" and isinstance(details["portalId"], int)


def test_wrong_tokens_scopes_and_paths_are_refused(sandbox: SandboxServer, hubspot: HubSpot) -> None:
    wrong = refused(connect(sandbox, "wrong").crm.companies.basic_api.get_page, 401, UnauthorizedException)
    assert wrong["category"] == "INVALID_AUTHENTICATION"
    old = refused(connect(sandbox, EXPIRED_TOKEN).crm.companies.basic_api.get_page, 401, UnauthorizedException)
    assert old["category"] == "EXPIRED_AUTHENTICATION"
    limited = connect(sandbox, LIMITED_TOKEN)
    assert limited.crm.companies.basic_api.get_page(limit=1).results
    scope = refused(limited.crm.contacts.basic_api.get_page, 403, ForbiddenException)
    assert scope["category"] == "MISSING_SCOPES"
    assert scope["errors"][0]["context"]["requiredGranularScopes"] == ["crm.objects.contacts.read"]
    assert refused(lambda: limited.crm.companies.basic_api.get_page(associations=["deals"]), 403)["message"]
    assert httpx.get(f"{sandbox.url}/hubspot/crm/v3/owners", headers=bearer(LIMITED_TOKEN)).status_code == 403

    def get(path: str) -> httpx.Response:
        return httpx.get(f"{sandbox.url}/hubspot/{path}", headers=bearer())

    widgets = get("crm/v3/objects/widgets")
    assert widgets.status_code == 400 and "Unable to infer object type" in widgets.json()["message"]
    assert get("crm/v3/objects/company").json() == get("crm/v3/objects/0-2").json()
    assert get("crm/v3/nothing").status_code == 404
    assert get("crm/v3/objects/companies/1/batch/read").status_code == 404
    assert get("crm/v3/objects/companies/batch/read").status_code == 405


def bearer(token: str = TOKEN) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_requests_and_searches_are_limited_apart(tmp_path: Path) -> None:
    limits = RateLimits(speed=0.1, hubspot_per_ten_seconds=6, hubspot_searches_per_second=2)
    with SandboxServer(tmp_path, company=opened(the_crm()), rate_limits=limits) as server:
        client = connect(server)
        assert search(client).total and search(client).total
        third = refused(lambda: search(client), 429)
        assert (third["errorType"], third["policyName"]) == ("RATE_LIMIT", "SECONDLY")
        answers = [httpx.get(f"{server.url}/hubspot/crm/v3/owners", headers=bearer()) for _ in range(4)]
        assert [a.status_code for a in answers] == [200, 200, 200, 429]
        assert answers[3].json()["policyName"] == "TEN_SECONDLY_ROLLING"
        headers = answers[0].headers
        assert headers["X-HubSpot-RateLimit-Max"] == "6" and headers["X-HubSpot-RateLimit-Remaining"] == "2"
        assert httpx.get(f"{server.url}/hubspot/crm/v3/objects/deals", headers=bearer(LIMITED_TOKEN)).status_code == 403


def test_faults_speak_hubspots_language(sandbox: SandboxServer) -> None:
    url = f"{sandbox.url}/hubspot/crm/v3/owners"
    for kind in ("rate_limit", "error"):
        fault = {"vendor": "hubspot", "kind": kind, "retry_after": 3, "match": "owners"}
        httpx.post(f"{sandbox.url}/control/faults", json=fault).raise_for_status()
    limited, broken, well = (httpx.get(url, headers=bearer()) for _ in range(3))
    assert limited.status_code == 429 and limited.headers["retry-after"] == "3"
    assert limited.json()["policyName"] == "TEN_SECONDLY_ROLLING"
    assert broken.status_code == 500 and broken.json()["status"] == "error"
    assert well.status_code == 200
