"""Accounts as people see them: the report on links, a ticket's context, an account's story, coverage by week."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from accounts_world import ACCOUNTS, MARTS, START, World, line

DAY = timedelta(days=1)
NOW = START + 100 * DAY
INVARIANTS = (
    "assert_every_organization_has_one_account", "assert_every_line_of_an_invoice_counts_once_in_arr",
    "assert_no_ticket_knows_the_future", "assert_no_account_knows_the_future", "assert_overrides_name_known_records",
)  # fmt: skip


def day(n: float) -> datetime:
    return START + n * DAY


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = World(tmp_path_factory.mktemp("marts"))
    acme = world.organization("acme", "Acme", "acme.test", tier="silver")
    company = world.company("acme", "Acme Inc", "acme.test", billing_ids=["cus_1"], country="DE", tier="gold")
    customer = world.customer("cus_1", "Acme GmbH", "gmail.com", created_at=day(10), known_at=day(10))
    world.owner("o1", "Ann"), world.owner("o2", "Ben")
    world.history(company, "tier", "gold", day(20))
    world.history(company, "owner_id", "crm:o1", day(0))
    world.history(company, "owner_id", "crm:o2", day(50))
    world.history(company, "renewal_at", "2026-04-21T00:00:00Z", day(0))
    sub = world.subscription("sub_1", customer, trial_start_at=day(10), trial_end_at=day(24))
    world.invoice("in_0", sub, day(10), line("Business", 0, day(10), day(24)))
    world.invoice("in_1", sub, day(24), line("Business", 100, day(24)))
    world.invoice("in_2", sub, day(54), line("Business", 100, day(54)), status="open", paid_at=None)
    world.invoice("in_3", sub, day(84), line("Starter", 50, day(84)))
    common = {"subscription_id": sub, "currency": "usd"}
    world.event("invoice_paid", customer, day(24), amount=Decimal(100), invoice_id="bill:in_1", **common)
    world.event("payment_failed", customer, day(54), amount=Decimal(100), invoice_id="bill:in_2", **common)
    world.event("proration", customer, day(84), **common)
    world.event("downgraded", customer, day(84), plan_before="Business", plan_after="Starter", **common)
    world.put(
        "intermediate.int_deals", deal_id="crm:d1", source="crm", crm_account_id=company, name="Acme 2026",
        is_closed=True, is_won=True, amount=Decimal(1200), currency="usd", closes_at=day(20), closed_at=day(23),
        updated_at=day(23), known_at=day(5), is_archived=False,
    )  # fmt: skip
    world.put(
        "intermediate.int_deals", deal_id="crm:d2", source="crm", crm_account_id=company, name="Deleted",
        is_closed=True, is_won=True, closed_at=day(23), known_at=day(5), is_archived=True,
    )  # fmt: skip
    world.organization("lonely", "Lonely", "lonely.test")
    for id, at in (("before", 5), ("trial", 12), ("paid", 40), ("failed", 55), ("down", 90)):
        world.ticket(id, day(at), acme, intent="billing_question")
    world.ticket("how-to", day(56), acme, intent="how_to")
    world.ticket("unknown", day(60))
    world.ticket("today", day(99))
    world.ticket("lonely", day(60), "desk:lonely", intent="billing_question")
    for as_of in (day(95), NOW):
        for key, candidate, title in (("bug-1", "bug:x", "It breaks"), ("churn-1", f"churn:{acme}", "May leave")):
            kind = key.split("-")[0]
            world.put(
                "marts.fct_findings", as_of=as_of, finding_key=key, candidate_key=candidate, kind=kind, title=title
            )
        sign = {"rule_name": "downgrade", "fired_at": day(91), "text": "went from Business to Starter"}
        world.put("marts.fct_churn_signals", as_of=as_of, finding_key="churn-1", account_key=acme, **sign)
        world.put("marts.fct_finding_evidence", as_of=as_of, finding_key="bug-1", ticket_id="desk:how-to")
    deliveries = ((57, "sent", "bug-1"), (58, "sent", "bug-1"), (89, "intended", "churn-1"), (92, "sent", "churn-1"))
    for seq, (at, status, key) in enumerate(deliveries):
        body = json.dumps({"status": status, "finding_key": key})
        world.put("journal.delivery", seq=seq, key=f"slack:{key}", at=day(at), body=body)
    world.build(NOW, select=(ACCOUNTS, *MARTS, *INVARIANTS))
    return world


def context(world: World, ticket: str, *columns: str) -> Any:
    [row] = world.query("select * from marts.fct_ticket_context where ticket_id = ?", f"desk:{ticket}")
    return tuple(row[column] for column in columns)


@pytest.mark.parametrize(
    ("ticket", "plan", "arr", "is_trial", "has_failed", "has_downgraded", "tier", "owner", "tenure"),
    [
        ("before", None, None, None, None, None, None, "Ann", None),
        ("trial", "Business", 0, True, False, False, None, "Ann", 2),
        ("paid", "Business", 1200, False, False, False, "gold", "Ann", 30),
        ("failed", "Business", 1200, False, True, False, "gold", "Ben", 45),
        ("down", "Starter", 600, False, True, True, "gold", "Ben", 80),
        ("lonely", None, None, None, None, None, None, None, None),
        ("unknown", None, None, None, None, None, None, None, None),
    ],
)
def test_a_ticket_stands_beside_what_was_so_when_it_was_written(
    world: World, ticket: str, plan: str, arr: int, is_trial: bool, has_failed: bool, has_downgraded: bool, tier: str,
    owner: str, tenure: int,
) -> None:  # fmt: skip
    columns = ("plan", "arr", "is_trial", "has_failed_payment", "has_downgraded", "tier", "owner_name", "tenure_days")
    assert context(world, ticket, *columns) == (plan, arr, is_trial, has_failed, has_downgraded, tier, owner, tenure)


def test_a_billing_ticket_has_the_last_sixty_days_of_billing(world: World) -> None:
    rows = world.query(
        "select ticket_id, kind, days_before from marts.fct_ticket_billing_events order by ticket_id, 3, 2"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("desk:down", "downgraded", 6), ("desk:down", "proration", 6), ("desk:down", "payment_failed", 36),
        ("desk:failed", "payment_failed", 1), ("desk:failed", "invoice_paid", 31),
        ("desk:paid", "invoice_paid", 16),
    ]  # fmt: skip


def test_an_account_as_it_is_now(world: World) -> None:
    [row] = world.query("select * from marts.dim_accounts where account_key = 'desk:acme'")
    expected = {
        "name": "Acme Inc", "tier": "gold", "country": "DE", "plan": "Starter", "arr": Decimal(600),
        "currency": "usd", "arr_reporting": Decimal(600), "reporting_currency": "usd", "owner_name": "Ben",
        "is_trial": False, "is_past_due": True, "has_churned": False, "customer_since": day(10),
        "domains": ["acme.test"], "organizations": 1, "billing_customers": 1, "crm_accounts": 1, "tickets": 6,
        "url": "https://crm.example/acme",
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected


def test_the_story_of_an_account_names_the_record_of_every_line(world: World) -> None:
    rows = world.query("select * from marts.fct_account_timeline where account_key = 'desk:acme' order by place")
    assert [row["place"] for row in rows] == list(range(1, len(rows) + 1))
    assert [(row["what"], row["text"], row["record_id"]) for row in rows] == [
        ("ticket", "Ticket: Ticket before", "desk:before"),
        ("ticket", "Ticket: Ticket trial", "desk:trial"),
        ("deal_won", "Deal won: Acme 2026", "crm:d1"),
        ("invoice_paid", "Invoice paid", "bill:e1"),
        ("ticket", "Ticket: Ticket paid", "desk:paid"),
        ("owner_changed", "Owner changed from Ann to Ben", "crm:acme"),
        ("payment_failed", "Payment failed", "bill:e2"),
        ("ticket", "Ticket: Ticket failed", "desk:failed"),
        ("ticket", "Ticket: Ticket how-to", "desk:how-to"),
        ("finding", "Finding told: It breaks", "bug-1"),
        ("downgraded", "Downgraded from Business to Starter", "bill:e4"),
        ("proration", "Billed for a change in mid-period", "bill:e3"),
        ("ticket", "Ticket: Ticket down", "desk:down"),
        ("warning_sign", "Warning sign: downgrade", "churn-1"),
        ("finding", "Warned that it may leave", "churn-1"),
    ]


def test_the_report_says_what_is_linked_and_what_is_not(world: World) -> None:
    rows = world.query("select record_id, method, confidence, status from marts.fct_account_links order by 1")
    assert [tuple(row.values()) for row in rows] == [
        ("bill:cus_1", "explicit id", Decimal("0.99"), "linked"),
        ("crm:acme", "explicit id", Decimal("0.99"), "linked"),
        ("desk:acme", "domain", Decimal("0.95"), "linked"),
        ("desk:lonely", "alone", None, "unmatched"),
    ]


def test_coverage_counts_by_week_and_knows_which_week_is_over(world: World) -> None:
    rows = world.query(
        "select week, known, tickets, share, is_complete from marts.fct_context_coverage where context = 'plan'"
        " and week >= '2026-02-23' order by week"
    )
    assert [tuple(row.values()) for row in rows] == [
        (date(2026, 2, 23), 2, 2, 1.0, True), (date(2026, 3, 2), 0, 2, 0.0, True), (date(2026, 3, 30), 1, 1, 1.0, True),
        (date(2026, 4, 6), 0, 1, 0.0, False),
    ]  # fmt: skip


def test_without_crm_and_billing_the_marts_say_unknown(tmp_path: Path) -> None:
    world = World.fresh(tmp_path)
    world.organization("a", "Acme", "acme.test")
    world.ticket("1", day(1), "desk:a", intent="billing_question")
    world.build(NOW, select=(ACCOUNTS, *MARTS, *INVARIANTS))
    [row] = world.query("select * from marts.fct_ticket_context")
    known = {name for name, value in row.items() if value is not None}
    assert known == {"ticket_id", "created_at", "account_key", "account_name", "account_method"}
    [row] = world.query("select plan, arr, is_trial, is_past_due, has_churned, owner_name from marts.dim_accounts")
    assert set(row.values()) == {None}
