"""Warnings about accounts: each rule at its edge, one finding an account, one thread that speaks only of news."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from findings_world import START, World

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NOW = START + 200 * DAY + 6 * HOUR  # before the hour of the digest
BEFORE = NOW - 12 * HOUR


def tickets(world: World, account: str, days: list[float], scores: list[float | None] | None = None) -> list[str]:
    """Tickets of an account, so many days ago, each with one message of the customer."""
    ids = []
    for days_ago, score in zip(days, scores or [None] * len(days), strict=True):
        at = NOW - days_ago * DAY
        ids.append(world.ticket(at, account_key=account, reporter_key=account))
        world.said(ids[-1], at, sentiment=score)
    return ids


def solved(world: World, ticket_id: str, days_ago: float) -> None:
    world.rows["intermediate.int_ticket_turns"].append(
        {"ticket_id": ticket_id, "occurred_at": NOW - days_ago * DAY, "turn": "solved"}
    )


def says(world: World, account: str, days_ago: float, span: str = "we cancel", **values: Any) -> str:
    """A ticket in which the customer says that they may leave."""
    [ticket_id] = tickets(world, account, [days_ago])
    world.said(ticket_id, NOW - days_ago * DAY, span=span, **values)
    return ticket_id


def build(world: World) -> World:
    """Every rule, at its edge on both sides."""
    old = NOW - 180 * DAY
    falling = [0.4, 0.1, 0.0, -0.4, -0.6]
    for name in ("falls", "four", "flat", "unscored", "spread", "rises", "late", "waits"):
        world.account(name)
        tickets(world, name, [40])  # so that there was no silence
    tickets(world, "falls", [9, 7, 5, 3, 1], falling)
    tickets(world, "four", [9, 7, 5, 1], [0.4, 0.0, -0.4, -0.6])
    tickets(world, "flat", [9, 7, 5, 3, 1], [-0.5, -0.6, -0.5, -0.6, -0.5])
    tickets(world, "unscored", [9, 7, 5, 3, 1], [0.4, 0.1, None, -0.4, -0.6])
    tickets(world, "spread", [20, 7, 5, 3, 1], falling)
    tickets(world, "rises", [9, 7, 5, 3, 1], falling[::-1])
    tickets(world, "late", [9, 7, 5, 3], falling[:4])
    late = world.ticket(NOW - 1 * DAY, account_key="late", reporter_key="late", known_at=NOW - 6 * HOUR)
    world.said(late, NOW - 1 * DAY, sentiment=-0.6, known_at=NOW - 6 * HOUR)

    for name in ("silent", "two", "short silence", "young", "new in helpdesk"):
        world.account(name)
    tickets(world, "silent", [150, 6, 4, 2])
    tickets(world, "two", [150, 6, 2])
    tickets(world, "short silence", [80, 6, 4, 2])
    tickets(world, "young", [6, 4, 2])
    world.rows["intermediate.int_account_records"][-2]["created_at"] = NOW - 60 * DAY
    tickets(world, "new in helpdesk", [6, 4, 2])

    for name in ("leaving", "told by agent", "long ago"):
        world.account(name)
    says(world, "leaving", 3)
    says(world, "told by agent", 3, role="agent")
    says(world, "long ago", 31)

    for name in ("fails", "paid", "paid long ago", "smaller", "smaller long ago"):
        world.account(name)
    world.billing("fails", "payment_failed", NOW - 40 * DAY, invoice_id="stripe:in_f", amount=Decimal("1040.00"))
    for name, days in (("paid", 10), ("paid long ago", 40)):
        world.billing(name, "payment_failed", NOW - days * DAY, invoice_id=f"stripe:{name}", amount=Decimal("9.50"))
        world.billing(name, "payment_recovered", NOW - (days - 2) * DAY, invoice_id=f"stripe:{name}")
    for name, days in (("smaller", 59), ("smaller long ago", 61)):
        world.billing(name, "downgraded", NOW - days * DAY, plan_before="Business", plan_after="Starter")

    for name, days in (("renews", 34), ("calm", 34), ("answered", 34), ("renews later", 61)):
        world.account(name, renewal_at=NOW + days * DAY, days_to_renewal=days)
        [ticket_id] = tickets(world, name, [20], [-0.2 if name == "calm" else -0.5])
        if name == "answered":
            solved(world, ticket_id, 10)

    for name, days in (("again", 5), ("after a week", 8), ("never solved", None), ("something else", 5)):
        world.account(name)
        [first, second] = tickets(world, name, [20, 2])
        rows = {row["ticket_id"]: row for row in world.rows["intermediate.int_ticket_facts"]}
        rows[first]["topic_id"], rows[first]["topic_label"] = "stuck", "Export stuck at 99%"
        rows[second]["topic_id"] = "other" if name == "something else" else "stuck"
        rows[second]["topic_label"] = rows[first]["topic_label"]
        if days:
            solved(world, first, 2 + days)

    world.account("both", arr=Decimal("11900.00"), currency="eur", arr_reporting=Decimal("12480.40"), owner_id="o1",
                  owner_name="Mia Lang", plan="Business", tier="gold", renewal_at=NOW + 90 * DAY)  # fmt: skip
    world.rows["intermediate.int_owners"].append({"owner_id": "o1", "name": "Mia Lang", "email": "mia@us.example"})
    tickets(world, "both", [40])
    tickets(world, "both", [9, 7, 5, 3, 1], falling)
    world.billing("both", "payment_failed", NOW - 2 * DAY, invoice_id="stripe:in_b", amount=Decimal("991.66"))
    world.account("left", has_churned=True)
    says(world, "left", 5)
    says(world, "left", 1)
    world.billing("left", "canceled", NOW - 3 * DAY)
    world.account("prospect", customer_since=None)
    says(world, "prospect", 3)
    world.account("quiet for long")
    says(world, "quiet for long", 30 + 15)
    world.account("quiet for a while")
    says(world, "quiet for a while", 30 + 13)
    world.background(200, 2, intent="how_to")
    assert old > START
    return world


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = build(World(tmp_path_factory.mktemp("churn")))
    world.rows["control.sources"] += [
        {"source": "stripe", "type": "stripe", "is_late": True, "is_bad": False, "last_ok_at": NOW - 9 * HOUR},
        {"source": "hubspot", "type": "hubspot", "is_late": False, "is_bad": False, "last_ok_at": NOW},
    ]
    world.judge(BEFORE, NOW)
    return world


@pytest.fixture
def world(base: World, tmp_path: Path) -> World:
    return base.copy(tmp_path)


def signals(world: World, at: datetime = NOW) -> dict[str, dict[str, dict[str, Any]]]:
    """Account -> rule -> signal, of those that fire."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for row in world.query("select * from intermediate.int_churn_signals where as_of = ? and is_firing", at):
        found.setdefault(row["account_key"], {})[row["rule_id"]] = row
    return found


def finding(world: World, account: str, at: datetime = NOW) -> dict[str, Any]:
    [row] = [row for row in world.findings(at, "churn") if row["candidate_key"] == f"churn:{account}"]
    return row


def messages(world: World) -> list[dict[str, Any]]:
    return [row for row in world.published("publish_slack_messages") if row["channel_role"] == "alerts"]


def told(world: World, at: datetime = NOW) -> None:
    """What the models ask for arrives, as a run would journal it."""
    world.remember(at)
    for row in messages(world):
        if not row["is_held_back"]:
            world.sent(row["delivery_key"], at, content_hash=row["content_hash"], external_id=row["delivery_key"])


@pytest.mark.parametrize(
    ("rule", "accounts"),
    [
        ("C01", {"falls", "late", "both"}),
        ("C02", {"silent", "new in helpdesk"}),
        ("C03", {"leaving"}),
        ("C04", {"fails", "paid", "both"}),
        ("C05", {"smaller"}),
        ("C06", {"renews"}),
        ("C07", {"again"}),
    ],
)
def test_each_rule_fires_at_its_edge_and_not_beside_it(base: World, rule: str, accounts: set[str]) -> None:
    assert {account for account, rules in signals(base).items() if rule in rules} == accounts
