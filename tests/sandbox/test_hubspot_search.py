"""The search of the HubSpot emulator, driven by HubSpot's own Python client."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hubspot import HubSpot
from hubspot.crm.contacts.exceptions import ApiException as ContactsException
from hubspot_crm import (
    DAY,
    NOW,
    OPEN,
    at,
    company,
    connect,
    contact,
    crm,
    move,
    names,
    opened,
    refused,
    search,
    the_crm,
    where,
)

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
    assert found("renewal_date", "EQ", value=1774915200000) == {"Acme"}  # 31 March 2026
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


def test_a_search_does_not_page_past_10_000_results(tmp_path: Path) -> None:
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
