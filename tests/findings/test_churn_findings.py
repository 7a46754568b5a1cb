"""Warnings about accounts: each rule at its edge, one finding an account, one thread that speaks only of news."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from findings_world import MODELS, START, World

from flows.model.dbt import invoke

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NOW = START + 200 * DAY + 6 * HOUR  # before the hour of the digest
BEFORE = NOW - 12 * HOUR
SIGNALS = ("path:models/intermediate/churn",)
WARNINGS = (
    *SIGNALS,
    "publish_deliveries",
    *(f"int_churn_signals+,{path}" for path in MODELS),
)  # what other findings rest on stays as it was


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

    for name in ("fails", "owes", "paid", "paid long ago", "smaller", "smaller long ago"):
        world.account(name)
    world.billing("owes", "downgraded", NOW - 3 * DAY)
    world.billing("owes", "payment_failed", NOW - 3 * DAY, invoice_id="stripe:in_o")
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

    for name, symptom, words in (
        ("names it", None, "I have to come back to #41: it is back."),
        ("names another", None, "It is not about #412 but about #4100."),
        ("same symptom", "cannot_export", ""),
        ("vague symptom", "not_working", ""),
        ("same intent", None, ""),
    ):
        world.account(name)
        same = {"intent": "bug_report", "product_area": "product", "symptom": symptom, "account_key": name}
        first = world.ticket(NOW - 20 * DAY, **same, source_ticket_id="41")
        world.ticket(NOW - 2 * DAY, **same, source_ticket_id="52", clean_text=words)
        solved(world, first, 7)

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
    world.account("on trial", is_trial=True)
    says(world, "on trial", 3)
    world.account("trial over", plan=None, arr=Decimal(0), is_trial=False)
    says(world, "trial over", 3)
    world.account("quiet for long")
    says(world, "quiet for long", 30 + 15)
    world.account("quiet for a while")
    says(world, "quiet for a while", 30 + 13)
    world.account("quiet of late")
    says(world, "quiet of late", 30 + 3)
    world.ticket(START)  # the history is older than every silence
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
def world(base: World) -> World:
    """The same world for a test that changes it: one folder for all of them, which dbt has parsed once."""
    return base.copy(base.settings.home.with_name("changed"))


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
    """What is to be said of accounts."""
    return [row for row in world.published("publish_slack_messages") if (row["finding_key"] or "").startswith("churn-")]


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
        ("C04", {"fails", "owes", "paid", "both"}),
        ("C05", {"owes", "smaller"}),
        ("C06", {"renews"}),
        ("C07", {"again", "names it", "same symptom"}),
    ],
)
def test_each_rule_fires_at_its_edge_and_not_beside_it(base: World, rule: str, accounts: set[str]) -> None:
    assert {account for account, rules in signals(base).items() if rule in rules} == accounts


def test_the_unit_tests_of_the_rules_pass(base: World) -> None:
    result = invoke(base.settings, ["test", "--select", "path:models/intermediate/churn,test_type:unit"], layer="judge")
    assert (result.tests, result.failures) == (4, [])


def test_a_signal_says_its_numbers_and_names_its_evidence(base: World) -> None:
    fired = signals(base)
    fired.pop("owes")
    texts = {rule: signal["text"] for rules in fired.values() for rule, signal in rules.items()}
    assert fired["falls"]["C01"]["text"] == "5 tickets since 15 July 2026, sentiment from 0.4 to -0.6"
    assert fired["silent"]["C02"]["text"] == "nothing for 144 days, then 3 tickets since 18 July 2026"
    assert fired["leaving"]["C03"]["text"] == '1 message since 21 July 2026, the newest says "we cancel"'
    assert fired["fails"]["C04"]["text"] == "a payment of 1,040 USD failed on 14 June 2026 and is open"
    assert (
        fired["paid"]["C04"]["text"]
        == "a payment of 9.50 USD failed on 14 July 2026 and was made up for on 16 July 2026"
    )
    assert texts["C05"] == "went from Business to Starter on 26 May 2026"
    assert texts["C06"] == "renews on 27 August 2026, with 1 frustrated ticket not solved, sentiment down to -0.5"
    assert fired["again"]["C07"]["text"] == "again 5 days after it was solved: Export stuck at 99%"
    assert fired["names it"]["C07"]["text"] == "again 5 days after it was solved: it names #41"
    assert len(fired["falls"]["C01"]["ticket_ids"]) == 5
    assert len(fired["silent"]["C02"]["ticket_ids"]) == 3
    assert len(fired["again"]["C07"]["ticket_ids"]) == 2
    assert fired["fails"]["C04"]["record_ids"] == ["stripe:in_2"]


def test_a_moment_knows_only_what_was_known_then(base: World) -> None:
    assert "C01" in signals(base, NOW)["late"]  # its fifth ticket was pulled six hours ago
    assert "late" not in signals(base, BEFORE)


def test_a_moment_among_others_is_judged_like_one_alone(world: World) -> None:
    rows = "select * from intermediate.int_churn_signals where as_of = ? order by account_key, rule_id"
    among = world.query(rows, BEFORE)
    world.judge(BEFORE, only=SIGNALS)
    assert world.query(rows, BEFORE) == among


def test_two_rules_are_one_finding_with_the_sum_of_their_weights(base: World) -> None:
    found = finding(base, "both")
    assert (found["state"], found["confidence"], found["owner"]) == ("open", 0.8, "Mia Lang")
    assert found["title"] == "Churn risk: both (2 signals, ARR 12,480 USD)"
    assert (found["accounts"], found["tickets"]) == (1, 5)
    assert len(base.evidence(NOW, found["finding_key"])) == 5
    rules = base.query("select rule_id from marts.fct_churn_signals where as_of = ? and finding_key = ? order by 1",
                       NOW, found["finding_key"])  # fmt: skip
    assert [row["rule_id"] for row in rules] == ["C01", "C04"]
    assert [reason["rule"] for reason in json.loads(found["reasons"])] == ["C01", "C04", found_severity(found), "state"]


def found_severity(found: dict[str, Any]) -> str:
    [rule] = [reason["rule"] for reason in json.loads(found["reasons"]) if reason["text"].startswith("severity")]
    return str(rule)


def test_a_weak_rule_alone_is_not_told_and_a_strong_one_is(base: World) -> None:
    assert finding(base, "smaller")["state"] == "emerging"
    assert finding(base, "leaving")["state"] == "open"
    told_of = {row["finding_key"] for row in messages(base)}
    assert finding(base, "leaving")["finding_key"] in told_of
    assert finding(base, "smaller")["finding_key"] not in told_of


def test_a_warning_from_billing_alone_has_no_tickets_and_is_one_all_the_same(base: World) -> None:
    found = finding(base, "fails")
    assert (found["tickets"], found["accounts"], found["owner"]) == (0, 1, "customer-success")


def test_who_left_is_resolved_and_judged_as_when_they_left(base: World) -> None:
    found = finding(base, "left")
    assert found["state"] == "resolved"
    assert found["summary"].startswith("They left on 21 July 2026. Before: 1 message since 19 July 2026")
    assert "left" not in signals(base)
    assert "they left" in found["reasons"]


def test_only_customers_are_judged_where_billing_knows_them(base: World) -> None:
    keys = {row["candidate_key"] for row in base.findings(NOW, "churn")}
    assert not keys & {"churn:prospect", "churn:on trial", "churn:trial over"}


def test_a_warning_is_resolved_when_no_rule_has_stood_for_two_weeks(base: World) -> None:
    assert finding(base, "quiet for long")["state"] == "resolved"
    assert finding(base, "quiet for a while")["state"] == "open"
    assert finding(base, "quiet for a while")["tickets"] == 1


def test_a_warning_whose_last_sign_is_over_is_not_told_for_the_first_time(base: World) -> None:
    over, stands = finding(base, "quiet of late"), finding(base, "leaving")
    assert (over["is_history"], stands["is_history"]) == (True, False)
    assert "its last sign stood until" in over["reasons"]
    keys = {row["finding_key"] for row in messages(base)}
    assert stands["finding_key"] in keys and over["finding_key"] not in keys


def test_without_crm_and_billing_the_rules_about_tickets_work_and_the_rest_is_unknown(world: World) -> None:
    world.accounts = []
    world.rows["intermediate.int_account_events"] = []
    world.rows["control.sources"] = world.rows["control.sources"][:1]
    world.judge(NOW, only=WARNINGS)
    assert {rule for rules in signals(world).values() for rule in rules} == {"C01", "C02", "C03", "C07"}
    found = finding(world, "leaving")
    assert found["title"] == "Churn risk: leaving (1 signal, ARR unknown)"
    [message] = [row for row in messages(world) if row["finding_key"] == found["finding_key"]]
    assert json.loads(message["body"])["unknown"] == [
        "No CRM is connected: owner, tier and renewal are unknown.",
        "No billing is connected: ARR, plan and payments are unknown.",
    ]


def test_the_message_says_what_is_known_of_the_account_and_how_old_it_is(base: World) -> None:
    [row] = [r for r in messages(base) if r["finding_key"] == finding(base, "both")["finding_key"]]
    body = json.loads(row["body"])
    account = body["account"]
    assert (account["plan"], account["owner_name"], account["arr"]) == ("Business", "Mia Lang", 11900.0)
    assert "mia@us.example" not in row["body"]  # no message holds an address
    assert body["unknown"] == ["Billing (stripe) was last read 9 hours ago."]
    assert [reason["rule"] for reason in body["reasons"]] == ["C01", "C04"]
    assert [len(reason["tickets"]) for reason in body["reasons"]] == [5, 0]
    assert body["reasons"][0]["tickets"][0]["url"].startswith("https://desk.example/")


def test_a_bad_batch_of_billing_stops_the_warnings_that_rest_on_it_alone(world: World) -> None:
    key = finding(world, "owes")["finding_key"]
    assert key in {row["finding_key"] for row in messages(world)}
    world.rows["control.sources"][1] |= {"is_bad": True, "reason": "ids twice"}
    world.judge(NOW, only=WARNINGS)
    assert key not in {row["finding_key"] for row in messages(world)}
    [row] = [r for r in messages(world) if r["finding_key"] == finding(world, "both")["finding_key"]]
    assert json.loads(row["body"])["unknown"] == ["Billing (stripe) cannot be relied on: ids twice."]


def test_an_account_has_one_thread_that_is_silent_until_there_is_news(world: World) -> None:
    told(world)
    later = NOW + HOUR
    world.judge(later, only=WARNINGS)
    assert messages(world) == []  # nothing is new

    [key] = {row["finding_key"] for row in world.findings(later, "churn") if row["candidate_key"] == "churn:both"}
    tickets(world, "both", [-0.01], [-0.7])
    world.judge(later, only=WARNINGS)
    assert [(row["operation"], row["finding_key"]) for row in messages(world)] == [("update", key)]  # no new rule
    told(world, later)

    says(world, "both", -0.1, "switching to another provider")
    later += 2 * HOUR
    world.judge(later, only=WARNINGS)
    update, reply = messages(world)
    assert (update["operation"], update["delivery_key"]) == ("update", f"slack:{key}:1")
    assert (reply["operation"], reply["thread_delivery_key"]) == ("post", f"slack:{key}:1")
    assert [reason["rule"] for reason in json.loads(reply["body"])["new_reasons"]] == ["C03"]
    told(world, later)
    world.judge(later + HOUR, only=WARNINGS)
    assert messages(world) == []


def test_a_warning_that_ends_says_so_once_and_warns_again_in_the_same_thread(world: World) -> None:
    told(world)
    key = finding(world, "leaving")["finding_key"]

    def mine() -> list[dict[str, Any]]:
        return [row for row in messages(world) if row["finding_key"] == key]

    over = NOW + 42 * DAY
    world.judge(over, only=WARNINGS)
    update, reply = mine()
    assert reply["delivery_key"].startswith(f"slack:{key}:1:resolved:")
    told(world, over)
    world.judge(over + DAY, only=WARNINGS)
    assert mine() == []

    says(world, "leaving", -60, "we leave")
    again = NOW + 61 * DAY
    world.judge(again, only=WARNINGS)
    update, reply = mine()
    assert (update["operation"], reply["thread_delivery_key"]) == ("update", f"slack:{key}:1")
    assert [reason["rule"] for reason in json.loads(reply["body"])["new_reasons"]] == ["C03"]


def test_who_leaves_gets_one_reply(world: World) -> None:
    told(world)
    account = next(account for account in world.accounts if account["account_key"] == "leaving")
    account["has_churned"] = True
    world.billing("leaving", "canceled", NOW + HOUR)
    for days in (1, 20):
        world.judge(NOW + days * DAY, only=WARNINGS)
        key = finding(world, "leaving", NOW + days * DAY)["finding_key"]
        replies = [row for row in messages(world) if row["finding_key"] == key and row["thread_delivery_key"]]
        assert len(replies) == (1 if days == 1 else 0)
        told(world, NOW + days * DAY)


def test_a_merger_changes_the_key_of_an_account_and_not_its_thread(world: World) -> None:
    told(world)
    key = finding(world, "leaving")["finding_key"]
    for row in world.rows["intermediate.int_ticket_facts"]:
        if row["account_key"] == "leaving":
            row["account_key"] = "merged"
    world.accounts = [account for account in world.accounts if account["account_key"] != "leaving"]
    world.account("merged", name="Merged")
    next(r for r in world.rows["intermediate.int_account_records"] if r["record_id"] == "leaving")["account_key"] = (
        "merged"
    )
    world.judge(NOW + HOUR, only=WARNINGS)
    assert finding(world, "merged", NOW + HOUR)["finding_key"] == key
    assert [row["delivery_key"] for row in messages(world) if row["finding_key"] == key] == []


def test_the_digest_names_the_accounts_at_risk(world: World) -> None:
    world.judge(NOW + 2 * HOUR, only=WARNINGS)
    [digest] = [row for row in world.published("publish_slack_messages") if row["channel_role"] == "digest"]
    [section] = [s for s in json.loads(digest["body"])["sections"] if s["heading"] == "Accounts at risk"]
    assert any(
        line.startswith("Churn risk: both (2 signals, ARR 12,480 USD): 5 tickets since") for line in section["lines"]
    )
    assert not any("smaller" in line for line in section["lines"])


def test_warnings_are_never_filed_nor_left_out(base: World) -> None:
    keys = {row["finding_key"] for row in base.findings(NOW, "churn")}
    assert not keys & {row["finding_key"] for row in base.published("publish_linear_issues")}
    assert base.query("select * from marts.fct_findings_left_out where kind = 'churn'") == []
