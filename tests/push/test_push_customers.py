"""Customers and their needs in Linear: once each, whatever happens on the way, and people's own values left alone."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from push_workplace import Workplace, linear_row

from flows.core.keys import digest
from flows.push.linear import issue_id
from flows.push.run import push_rows

CUSTOMERS: list[dict[str, Any]] = [
    {
        "account_key": "zendesk:1", "name": "Kestrel @all Freight", "domains": ["kestrel.example"],
        "tier": "enterprise", "revenue": 36000, "is_important": True, "ticket_id": "zendesk:101",
        "url": "https://desk.example/tickets/101", "quote": "It says SYNC-409 and [nothing](http://e.vil) syncs",
        "at": "2026-07-01",
    },
    {
        "account_key": "zendesk:2", "name": "Lund & Sons", "domains": [], "tier": None, "revenue": None,
        "is_important": False, "ticket_id": "zendesk:103", "url": "https://desk.example/tickets/103",
        "quote": None, "at": None,
    },
]  # fmt: skip
UPSERT = "mutation U($input: CustomerUpsertInput!) { customerUpsert(input: $input) { customer { id } } }"
NEED = "mutation N($input: CustomerNeedCreateInput!) { customerNeedCreate(input: $input) { need { id } } }"


def row(customers: list[dict[str, Any]], finding: str = "bug-1", **values: Any) -> dict[str, Any]:
    made = linear_row(finding, customers=customers, **values)
    return made | {"content_hash": digest(repr(made["body"]))}


def file(workplace: Workplace, *rows: dict[str, Any]) -> list[str]:
    run = workplace.run()
    push_rows(run, rows, [])
    return run.report.problems


def customers(workplace: Workplace) -> dict[str, dict[str, Any]]:
    document = "{ customers { nodes { id name domains externalIds revenue tier { name } } } }"
    nodes = workplace.linear(document)["customers"]["nodes"]
    return {node["name"].replace("\u2060", ""): node for node in nodes}


def needs(workplace: Workplace, finding: str = "bug-1") -> list[dict[str, Any]]:
    document = """query N($id: String!) { issue(id: $id) { needs {
        nodes { id body priority customer { id name } attachment { url title } } } } }"""
    found = workplace.linear(document, id=issue_id(finding, 1))["issue"]["needs"]["nodes"]
    return sorted(found, key=lambda need: need["customer"]["name"])


def test_every_account_becomes_a_customer_with_its_need(workplace: Workplace) -> None:
    assert file(workplace, row(CUSTOMERS)) == []
    kestrel, lund = customers(workplace)["Kestrel @all Freight"], customers(workplace)["Lund & Sons"]
    assert kestrel["name"] != "Kestrel @all Freight"  # the mention is defused
    assert (kestrel["domains"], kestrel["externalIds"], kestrel["revenue"], kestrel["tier"]) == (
        ["kestrel.example"], ["zendesk:1"], 36000, {"name": "enterprise"},
    )  # fmt: skip
    assert (lund["revenue"], lund["tier"]) == (None, None)  # unknown, not zero
    theirs, other = needs(workplace)
    assert (theirs["priority"], other["priority"]) == (1, 0)
    assert "[zendesk:101](https://desk.example/tickets/101)" in theirs["body"]
    assert "](http://e.vil)" not in theirs["body"]
    assert theirs["attachment"] == {"url": "https://desk.example/tickets/101", "title": "Ticket zendesk:101"}
    assert {a["title"] for a in workplace.issues()[0]["attachments"]["nodes"]} == {
        "Ticket zendesk:101", "Ticket zendesk:102", "Ticket zendesk:103",
    }  # fmt: skip
    assert other["attachment"]["title"] == "Ticket zendesk:103"


def test_a_dry_run_shows_them_and_makes_none(workplace: Workplace, capsys: pytest.CaptureFixture[str]) -> None:
    workplace.settings.dry_run = True
    assert file(workplace, row(CUSTOMERS)) == []
    printed = capsys.readouterr().out.replace("\u2060", "")
    assert "Kestrel @all Freight" in printed and "Lund & Sons" in printed
    assert "No words of theirs are known" in printed
    assert customers(workplace) == {}


def test_a_second_run_doubles_nothing(workplace: Workplace) -> None:
    file(workplace, row(CUSTOMERS))
    before = (customers(workplace), needs(workplace))
    assert file(workplace, row(CUSTOMERS)) == []
    assert file(workplace, row(CUSTOMERS, operation="update", summary="Worse now")) == []
    assert (customers(workplace), needs(workplace)) == before


@pytest.mark.parametrize("match", ["customerUpsert", "customerNeedCreate"])
@pytest.mark.parametrize("fault", ["drop_after_write", "truncated", "error", "rate_limit"])
def test_no_fault_doubles_a_customer_or_a_need(workplace: Workplace, fault: str, match: str) -> None:
    workplace.fault("linear", fault, match=match, retry_after=0, times=2)
    assert file(workplace, row(CUSTOMERS)) == []
    assert len(customers(workplace)) == len(needs(workplace)) == 2
    assert len(workplace.issues()) == 1


def test_what_stays_unknown_is_looked_up_by_the_next_run(workplace: Workplace) -> None:
    workplace.fault("linear", "drop_after_write", match="customerNeedCreate", times=3)
    four = [CUSTOMERS[1] | {"account_key": f"zendesk:{n}", "name": f"Customer {n}"} for n in range(4)]
    [problem] = file(workplace, row(four))
    assert "The next run looks it up" in problem
    assert file(workplace, row(four)) == []
    assert len(customers(workplace)) == len(needs(workplace)) == 4


def test_while_the_customers_cannot_be_read_the_issue_is_not_called_done(workplace: Workplace) -> None:
    workplace.fault("linear", "error", match="GroundswellCustomers", times=4)
    [problem] = file(workplace, row(CUSTOMERS))
    assert "tried 4 times" in problem
    assert len(workplace.issues()) == 1
    assert file(workplace, row(CUSTOMERS)) == []
    assert len(needs(workplace)) == 2
    assert len(workplace.issues()) == 1


@pytest.mark.parametrize("match", ["customerUpsert", "customerNeedCreate", "attachmentCreate", "GroundswellCustomers"])
def test_a_token_that_expires_half_way_leaves_nothing_out(workplace: Workplace, match: str) -> None:
    workplace.fault("linear", "unauthorized", match=match)
    [problem] = file(workplace, row(CUSTOMERS))
    assert "GROUNDSWELL_LINEAR_API_KEY" in problem
    assert file(workplace, row(CUSTOMERS)) == []
    assert len(needs(workplace)) == 2
    [issue] = workplace.issues()
    assert len(issue["attachments"]["nodes"]) == 3


def test_a_workspace_without_customers_has_its_issues_all_the_same(workplace: Workplace) -> None:
    switch = f"{workplace.sandbox.url}/control/linear"
    httpx.post(switch, json={"customers": False}).raise_for_status()
    [problem] = file(workplace, row(CUSTOMERS), row(CUSTOMERS, "bug-2"))  # said once, not for every issue
    assert "max_customers_per_issue" in problem
    assert len(workplace.issues()) == 2
    assert customers(workplace) == {}
    httpx.post(switch, json={"customers": True}).raise_for_status()
    assert file(workplace, row(CUSTOMERS, operation="update", summary="Worse now")) == []
    assert len(needs(workplace)) == 2


def test_one_customer_that_is_refused_does_not_keep_the_others_out(workplace: Workplace) -> None:
    refused = CUSTOMERS[0] | {"domains": ["gmail.com"]}
    [problem] = file(workplace, row([refused, CUSTOMERS[1]]))
    assert "filed without 1 of its customers" in problem
    assert "public email domains" in problem
    assert list(customers(workplace)) == ["Lund & Sons"]
    [need] = needs(workplace)
    assert need["customer"]["name"] == "Lund & Sons"
    assert file(workplace, row(CUSTOMERS, operation="update", summary="Worse now")) == []
    assert len(needs(workplace)) == 2


def test_a_customer_of_theirs_is_matched_and_only_completed(workplace: Workplace) -> None:
    own = {"name": "KESTREL (do not call)", "domains": ["kestrel.example"], "tierName": "Gold"}
    workplace.linear(UPSERT, input=own)
    workplace.linear(UPSERT, input={"name": "Lund", "externalId": "zendesk:2", "revenue": 7})
    assert file(workplace, row([CUSTOMERS[0], CUSTOMERS[1] | {"tier": "business", "revenue": 900}])) == []
    found = customers(workplace)
    assert found.keys() == {"KESTREL (do not call)", "Lund"}
    kestrel, lund = found["KESTREL (do not call)"], found["Lund"]
    assert (kestrel["tier"]["name"], kestrel["revenue"], kestrel["externalIds"]) == ("Gold", 36000, ["zendesk:1"])
    assert (lund["tier"]["name"], lund["revenue"]) == ("business", 7)
    assert len(needs(workplace)) == 2


def test_a_need_that_people_wrote_is_not_said_again(workplace: Workplace) -> None:
    file(workplace, row([]))
    own = workplace.linear(UPSERT, input={"name": "Kestrel", "domains": ["kestrel.example"]})
    given = {"issueId": issue_id("bug-1", 1), "customerId": own["customerUpsert"]["customer"]["id"], "body": "Mine"}
    workplace.linear(NEED, input=given)
    assert file(workplace, row(CUSTOMERS, operation="update")) == []
    assert [need["body"] == "Mine" for need in needs(workplace)] == [True, False]


@pytest.mark.parametrize("how", ["customerNeedArchive", "customerNeedDelete"])
def test_a_need_that_people_took_away_stays_away(workplace: Workplace, how: str) -> None:
    file(workplace, row(CUSTOMERS))
    workplace.linear(f"mutation A($id: String!) {{ {how}(id: $id) {{ success }} }}", id=needs(workplace)[0]["id"])
    assert file(workplace, row(CUSTOMERS, operation="update", summary="Worse now")) == []
    assert len(needs(workplace)) == 1


def test_an_account_that_comes_later_gets_its_need_then(workplace: Workplace) -> None:
    file(workplace, row(CUSTOMERS[:1]))
    first = needs(workplace)
    later = CUSTOMERS[1] | {"ticket_id": "zendesk:102", "url": "https://desk.example/tickets/102"}  # linked already
    assert file(workplace, row([CUSTOMERS[0], later], operation="update", accounts=2)) == []
    assert [need for need in needs(workplace) if need in first] == first
    assert [need["attachment"]["title"] for need in needs(workplace)] == ["Ticket zendesk:101", "Ticket zendesk:102"]


def test_two_accounts_that_are_one_customer_there_have_one_need(workplace: Workplace) -> None:
    workplace.linear(UPSERT, input={"name": "Both", "domains": ["kestrel.example", "lund.example"]})
    assert file(workplace, row([CUSTOMERS[0], CUSTOMERS[1] | {"domains": ["lund.example"]}])) == []
    assert list(customers(workplace)) == ["Both"]
    assert len(needs(workplace)) == 1


def test_one_customer_needs_many_issues(workplace: Workplace) -> None:
    assert file(workplace, row(CUSTOMERS), row(CUSTOMERS, "bug-2")) == []
    assert len(customers(workplace)) == 2
    assert len(needs(workplace)) == len(needs(workplace, "bug-2")) == 2
