"""The HubSpot emulator over a small hand-made CRM, driven by HubSpot's own Python client: all but its search."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hubspot import HubSpot
from hubspot.crm.companies.exceptions import NotFoundException, UnauthorizedException
from hubspot.crm.contacts.exceptions import ForbiddenException
from hubspot_crm import DAY, NOW, OPEN, at, bearer, connect, move, opened, refused, search, the_crm, where

from flows.sandbox.hubspot_call import EXPIRED_TOKEN, LIMITED_TOKEN
from flows.sandbox.limits import RateLimits
from flows.sandbox.server import SandboxServer


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
        assert page.results[0].properties["tier"] == page.results[0].properties_with_history["tier"][0].value
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
    lost = client.crm.deals.basic_api.get_by_id("52", properties=wanted)
    assert (lost.properties["hs_is_closed"], lost.properties["hs_is_closed_won"]) == ("true", "false")
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


def test_the_address_of_a_record_shows_it_to_people(hubspot: HubSpot, sandbox: SandboxServer) -> None:
    acme = httpx.get(f"{sandbox.url}/hubspot/crm/v3/objects/companies/900", headers=bearer()).json()
    assert acme["url"].startswith(f"{sandbox.url}/hubspot/contacts/")
    page = httpx.get(acme["url"])
    assert page.status_code == 200 and page.headers["content-security-policy"].startswith("default-src 'none'")
    assert all(text in page.text for text in ("Acme", "gold", "silver", "Acme renewal", "ava"))
    assert httpx.get(acme["url"].replace("0-2/900", "0-3/51")).status_code == 200
    assert httpx.get(acme["url"].replace("/900", "/7")).status_code == 404


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


def test_requests_and_searches_are_limited_apart(tmp_path: Path) -> None:
    limits = RateLimits(speed=0.1, hubspot_per_ten_seconds=6, hubspot_searches_per_second=2)
    with SandboxServer(tmp_path, company=opened(the_crm()), rate_limits=limits) as server:
        client = connect(server)
        assert search(client).total
        silent = httpx.post(f"{server.url}/hubspot/crm/v3/objects/companies/search", headers=bearer(), json={})
        assert silent.status_code == 200 and "X-HubSpot-RateLimit-Max" not in silent.headers
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
