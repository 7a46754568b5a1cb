"""The CRM in the common shape: who it knows, what they were when, and which company counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from warehouse_fixture import House

from flows.settings import HubspotSource

PULLED = datetime(2026, 6, 20, 12, tzinfo=UTC)  # live
JANUARY, MARCH, MAY, JUNE = (
    "2026-01-10T09:00:00.000Z",
    "2026-03-01T09:00:00Z",
    "2026-05-05T09:00:00.000Z",
    "2026-06-20T11:00:00.000Z",
)
CRM = [
    "path:models/staging/hubspot", "int_crm_accounts", "int_crm_account_history", "int_crm_renewals", "int_contacts",
    "int_deals", "int_owners",
]  # fmt: skip


@pytest.fixture
def house(tmp_path):
    house = House.fresh(tmp_path)
    house.settings.sources["hubspot"] = HubspotSource(
        type="hubspot", account_field="account_id", tier_field="tier", renewal_field="renewal_date"
    )
    return house


def at(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).replace(tzinfo=None)


def crm_object(
    id: str, *, history: dict[str, list[tuple[str, str]]] | None = None, **properties: Any
) -> dict[str, Any]:
    """A record as HubSpot gives it. `history` is oldest first; the last value is the property's."""
    history = history or {}
    current = {name: entries[-1][1] or None for name, entries in history.items()}
    return {
        "id": id,
        "properties": {"hs_object_id": id, **properties, **current},
        "propertiesWithHistory": {
            name: [{"value": value, "timestamp": when, "sourceType": "CRM_UI"} for when, value in reversed(entries)]
            for name, entries in history.items()
        },
        "createdAt": JANUARY,
        "updatedAt": JANUARY,
        "archived": False,
        "url": f"https://app.hubspot.com/contacts/1/record/0-2/{id}",
    }  # fmt: skip


def belongs(kind: str, id: str, *companies: tuple[str, list[str]]) -> dict[str, Any]:
    to = [{"id": company, "type_ids": [279], "labels": labels} for company, labels in companies]
    return {"id": f"{kind}:{id}", "from_type": kind, "from_id": id, "to_type": "companies", "to": to}


def land(house: House, stream: str, *records: dict[str, Any], version: str = JANUARY, live: bool = False) -> None:
    moment = PULLED if live else PULLED - timedelta(days=1)
    house.land("hubspot", stream, records, version=version, backfill=not live, at=moment)


def test_without_a_crm_its_tables_are_there_and_empty(house):
    del house.settings.sources["hubspot"]
    house.build_only(*CRM)
    for table in ("crm_accounts", "crm_account_history", "contacts", "deals", "owners"):
        assert house.rows(f"select * from intermediate.int_{table}") == [], table


def test_companies_with_the_fields_that_the_settings_name(house):
    land(
        house, "companies",
        crm_object(
            "1", name="Acme", domain="Acme.example", hs_additional_domains="acme.test;ACME.example", country="DE",
            account_id="acct_1", stripe_customer_id="cus_1; cus_2", industry="SOFTWARE", hubspot_owner_id="7",
            lifecyclestage="customer", tier="gold", renewal_date="2026-09-01",
        ),
        crm_object("2", name=None, hs_merged_object_ids="3;4"),
        crm_object("3", name="Acme (old)"),
        {**crm_object("5", name="Gone"), "archived": True, "archivedAt": MAY},
    )  # fmt: skip
    land(
        house,
        "owners",
        {"id": "7", "firstName": "Ada", "lastName": "Park", "email": "Ada@us.example"},
        {"id": "8", "email": "x@us.example", "archived": True},
    )
    house.land(
        "zendesk", "organizations", [{"id": 9, "name": "Acme", "external_id": "acct_1"}, {"id": 10, "external_id": ""}]
    )
    house.build_only(*CRM, "+int_organizations")
    rows = house.rows("select organization_id, external_id from intermediate.int_organizations order by 1 desc")
    assert rows == [("zendesk:9", "acct_1"), ("zendesk:10", None)]
    acme = house.row("select * from intermediate.int_crm_accounts where source_id = '1'")
    assert acme == {
        "crm_account_id": "hubspot:1", "source": "hubspot", "source_id": "1", "name": "Acme",
        "domains": ["acme.example", "acme.test"], "external_id": "acct_1", "billing_ids": ["cus_1", "cus_2"],
        "tier": "gold", "segment": "SOFTWARE", "country": "DE", "owner_id": "hubspot:7", "lifecycle_stage": "customer",
        "renewal_at": datetime(2026, 9, 1), "merged_ids": [], "is_archived": False,
        "url": "https://app.hubspot.com/contacts/1/record/0-2/1", "created_at": at(JANUARY), "updated_at": at(JANUARY),
        "known_at": at(JANUARY),
    }  # fmt: skip
    rows = house.rows(
        "select source_id, domains, billing_ids, merged_ids, owner_id, is_archived from intermediate.int_crm_accounts"
        " where source_id <> '1' order by 1"
    )
    assert rows == [
        ("2", [], [], ["hubspot:3", "hubspot:4"], None, False),
        ("3", [], [], [], None, True),  # merged into 2
        ("5", [], [], [], None, True),
    ]
    assert house.rows("select * from intermediate.int_owners order by owner_id") == [
        ("hubspot:7", "hubspot", "Ada Park", "ada@us.example", False),
        ("hubspot:8", "hubspot", "x", "x@us.example", True),  # no address in a name
    ]


def history(house: House, field: str, company: str = "1") -> list[tuple[Any, ...]]:
    return house.rows(
        "select value, valid_from, known_at from intermediate.int_crm_account_history"
        f" where crm_account_id = 'hubspot:{company}' and field = '{field}' order by valid_from"
    )


def test_what_a_company_was_is_known_when_it_happened_or_when_it_was_pulled(house):
    before = {"tier": [(JANUARY, "silver"), (MARCH, "gold")], "hubspot_owner_id": [(JANUARY, "7")]}
    now = {"tier": [(MARCH, "gold"), (MAY, "gold"), (JUNE, "silver")], "hubspot_owner_id": [(JANUARY, "7"), (JUNE, "")]}
    land(house, "companies", crm_object("1", history=before, industry="SOFTWARE"), version=MARCH)
    land(house, "companies", crm_object("1", history=now, industry="SOFTWARE"), version=JUNE, live=True)
    house.build_only(*CRM)
    live = PULLED.replace(tzinfo=None)
    # The oldest value is no longer told, and stays; one that was written again is no change.
    assert history(house, "tier") == [
        ("silver", at(JANUARY), at(JANUARY)), ("gold", at(MARCH), at(MARCH)), ("silver", at(JUNE), live),
    ]  # fmt: skip
    assert history(house, "owner_id") == [("hubspot:7", at(JANUARY), at(JANUARY)), (None, at(JUNE), live)]
    # A value without a history holds from the record's last change on.
    assert history(house, "segment") == [("SOFTWARE", at(JUNE), at(JUNE))]
    assert history(house, "lifecycle_stage") == []


def test_a_version_in_quarantine_tells_no_history(house):
    land(house, "companies", crm_object("1", history={"tier": [(JANUARY, "silver")]}))
    land(house, "companies", crm_object("1", history={"tier": [(JANUARY, "silver"), (MAY, "junk")]}), version=MAY)
    house.quarantine("hubspot", "companies", "1", 2 * 10_000_000)
    house.build_only(*CRM)
    assert [value for value, *_ in history(house, "tier")] == ["silver"]


def test_the_next_renewal_is_entered_or_else_that_of_the_earliest_open_renewal_deal(house):
    def deal(id: str, kind: str, dates: list[tuple[str, str]], stages: list[tuple[str, str]]) -> dict[str, Any]:
        done = stages[-1][1].startswith("closed")
        return crm_object(
            id, history={"closedate": dates, "dealstage": stages}, dealtype=kind, hs_is_closed=str(done).lower()
        )

    opened = [(JANUARY, "contractsent")]
    land(
        house, "companies",
        crm_object("1"),
        crm_object("2", history={"renewal_date": [(MARCH, "2026-12-01"), (MAY, "")]}),
    )  # fmt: skip
    land(
        house, "deals",
        deal("10", "renewal", [(JANUARY, "2026-08-01T00:00:00Z"), (MAY, "2026-10-01T00:00:00Z")], opened),
        deal("11", "renewal", [(JANUARY, "2026-07-01T00:00:00Z")], [*opened, (MARCH, "closedwon")]),
        deal("12", "newbusiness", [(JANUARY, "2026-06-21T00:00:00Z")], opened),
        deal("13", "renewal", [(JANUARY, "2026-11-01T00:00:00Z")], opened),
    )  # fmt: skip
    links = [
        belongs("deals", id, (company, ["Primary"]))
        for id, company in (("10", "1"), ("11", "1"), ("12", "1"), ("13", "2"))
    ]
    land(house, "associations", *links)
    house.build_only(*CRM)
    rows = house.rows("select source_id, renewal_at from intermediate.int_crm_accounts order by 1")
    assert rows == [("1", datetime(2026, 10, 1)), ("2", datetime(2026, 11, 1))]
    told = [(value, valid_from) for value, valid_from, _ in history(house, "renewal_at")]
    assert told == [
        ("2026-07-01 00:00:00", at(JANUARY)), ("2026-08-01 00:00:00", at(MARCH)), ("2026-10-01 00:00:00", at(MAY)),
    ]  # fmt: skip
    told = [(value, valid_from) for value, valid_from, _ in history(house, "renewal_at", "2")]
    assert told == [
        ("2026-11-01 00:00:00", at(JANUARY)), ("2026-12-01 00:00:00", at(MARCH)), ("2026-11-01 00:00:00", at(MAY)),
    ]  # fmt: skip


def test_people_and_deals_count_for_their_main_company(house):
    people = {"email": "Kim@Acme.Example ", "firstname": "Kim", "lastname": None}
    land(house, "contacts", crm_object("20", **people), crm_object("21"), {**crm_object("22"), "archived": True})
    sale = {"dealname": "Seats", "dealtype": "existingbusiness", "amount": "1200.5", "deal_currency_code": "EUR"}
    stages = {"dealstage": [(JANUARY, "x"), (MAY, "s9")]}
    land(
        house, "deals",
        crm_object("30", **sale, closedate=MARCH, hs_is_closed="false"),
        crm_object("31", history=stages, hs_is_closed="true", hs_is_closed_won="true", amount="much"),
        crm_object("32", dealname="Acme renewal 2026", dealtype="existingbusiness", dealstage="closedlost"),
        crm_object("33", hs_merged_object_ids="32"),
    )  # fmt: skip
    land(
        house, "associations",
        belongs("contacts", "20", ("100", []), ("99", []), ("101", ["Primary"])),
        belongs("contacts", "21", ("100", []), ("99", [])),
        belongs("contacts", "22"),
        belongs("deals", "30", ("101", ["Primary"])),
    )  # fmt: skip
    land(house, "associations", belongs("contacts", "21", ("100", [])), version=MAY)
    house.build_only(*CRM)
    rows = house.rows(
        "select contact_id, email, name, crm_account_id, is_archived from intermediate.int_contacts order by 1"
    )
    assert rows == [
        ("hubspot:20", "kim@acme.example", "Kim", "hubspot:101", False),
        ("hubspot:21", None, None, "hubspot:100", False),
        ("hubspot:22", None, None, None, True),
    ]
    rows = house.rows(
        "select source, crm_account_id, name, kind, is_closed, is_won, cast(amount as varchar), currency, closes_at,"
        " closed_at, is_archived from intermediate.int_deals order by deal_id"
    )
    nothing = ("hubspot", None, None, None)
    assert rows == [
        ("hubspot", "hubspot:101", "Seats", "expansion", False, False, "1200.50", "eur", at(MARCH), None, False),
        (*nothing, True, True, None, None, None, at(MAY), False),
        ("hubspot", None, "Acme renewal 2026", "renewal", True, False, None, None, None, at(JANUARY), True),
        (*nothing, False, False, None, None, None, None, False),
    ]
