"""Who is behind a finding and what they pay: each account once, as it was known then, its rows under the number."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from findings_world import START, World
from rich.console import Console
from typer.testing import CliRunner

from flows.cli import app
from flows.explain import explain
from flows.findings import list_findings
from flows.push import linear_text

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NOW = START + 60 * DAY + 6 * HOUR  # before the hour of the digest
CAP = 25


def bug(world: World, name: str, account: str | None, hour: float, *, tickets: int = 1, **values: Any) -> None:
    own = {"is_bug_like": True, "error_signature": f"code:{name}", "symptom": "cannot_export", "product_area": "export"}
    for n in range(tickets):
        world.ticket(
            NOW - hour * HOUR + timedelta(minutes=n), account_key=account,
            reporter_key=account or f"person-{hour}", **own | values,
        )  # fmt: skip


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = World(tmp_path_factory.mktemp("accounts"))
    world.background(60, 6, intent="how_to")
    kestrel = {
        "name": "Kestrel Freight",
        "tier": "Enterprise",
        "segment": "retail",
        "plan": "Pro",
        "owner_name": "Mira",
    }
    world.account("kestrel", arr=33000, currency="eur", arr_reporting=36000, domains=["kestrel.example"], **kestrel)
    world.account(
        "kestrel", known_from=NOW - HOUR, arr=44000, currency="eur", arr_reporting=48000,
        domains=["shared.example"], **kestrel,
    )  # fmt: skip
    world.account(
        "lund", name="Lund", tier="business", segment="retail", arr=200.49, currency="usd", arr_reporting=200.49
    )
    world.account("vela", name="Vela", arr=900, currency="chf", domains=["shared.example"])  # no rate for francs
    bug(world, "sync", "kestrel", 50, tickets=7, quote="It hangs")
    bug(world, "sync", "kestrel", 20, quote="It hangs at 99 percent every time")
    bug(world, "sync", "lund", 40)
    bug(world, "sync", "vela", 30)
    bug(world, "sync", "nobody knows it", 25)
    bug(world, "sync", None, 5)
    for n in range(CAP + 5):
        world.account(f"small-{n:02}", name=f"Small {n}", tier="starter", arr=n, currency="usd", arr_reporting=n)
        bug(world, "wide", f"small-{n:02}", 3 + n / 10)
    bug(world, "wide", "kestrel", 2)
    for n in range(40):
        account = "lund" if n % 2 else f"asks-{n}"
        world.ticket(NOW - n * HOUR / 3, intent="billing", account_key=account, reporter_key=f"{account}-{n}")
    world.account("silent", name="Silent", arr=5000, currency="usd", arr_reporting=5000, owner_name="Mira")
    world.billing("silent", "payment_failed", NOW - 2 * DAY, invoice_id="stripe:in_1", amount=Decimal("416.67"))
    world.judge(NOW - 22 * HOUR, NOW)
    return world


@pytest.fixture
def world(base: World, tmp_path: Path) -> World:
    """The same world for a test that changes it."""
    return base.copy(tmp_path)


def finding(world: World, name: str, at: Any = NOW) -> dict[str, Any]:
    (found,) = [f for f in world.findings(at) if f["candidate_key"].endswith(name)]
    return found


def accounts(world: World, key: str, at: Any = NOW) -> dict[str, dict[str, Any]]:
    sql = "select * from marts.fct_finding_accounts where finding_key = ? and as_of = ?"
    return {row["account_key"]: row for row in world.query(sql, key, at)}


def report(world: World, name: str) -> dict[str, Any]:
    key = finding(world, name)["finding_key"]
    (row,) = world.query("select * from publish.publish_finding_bodies where finding_key = ?", key)
    return row


def body(world: World, name: str) -> dict[str, Any]:
    return dict(json.loads(report(world, name)["body"]))


def test_an_account_that_wrote_ten_times_counts_once(base: World) -> None:
    found = finding(base, "sync")
    assert (found["accounts"], found["reporters"], found["tickets"]) == (4, 5, 12)
    assert (found["arr"], found["currency"], found["accounts_without_arr"]) == (Decimal("48200.49"), "usd", 2)
    assert json.loads(found["tiers"]) == {"Enterprise": 1, "business": 1, "unknown": 2}
    assert found["segment"] is None  # two of four are not most of them


def test_the_rows_behind_the_number_say_who_they_are(base: World) -> None:
    rows = accounts(base, finding(base, "sync")["finding_key"])
    assert {key: row["tickets"] for key, row in rows.items()} == {
        "kestrel": 8, "lund": 1, "vela": 1, "nobody knows it": 1,
    }  # fmt: skip
    assert (rows["vela"]["arr"], rows["vela"]["arr_reporting"]) == (900, None)
    assert rows["nobody knows it"]["name"] is None
    assert rows["kestrel"]["owner_name"] == "Mira"


def test_what_an_account_paid_is_what_was_known_at_the_moment(base: World) -> None:
    then = NOW - 22 * HOUR
    earlier = finding(base, "sync", then)
    assert (earlier["accounts"], earlier["arr"]) == (4, Decimal("36200.49"))
    assert accounts(base, earlier["finding_key"], then)["kestrel"]["tickets"] == 7


def test_a_warning_is_about_its_account_even_when_it_fell_silent(base: World) -> None:
    (warning,) = base.findings(NOW, "churn")
    assert (warning["accounts"], warning["tickets"], warning["arr"]) == (1, 0, Decimal("5000.00"))
    rows = accounts(base, warning["finding_key"])
    assert {key: row["tickets"] for key, row in rows.items()} == {"silent": 0}


def test_waves_have_their_accounts_too(base: World) -> None:
    waves = [f for f in base.findings(NOW) if f["kind"] == "volume"]
    assert waves
    for wave in waves:
        assert wave["accounts"] == len(accounts(base, wave["finding_key"])) > 1
    (billing,) = [wave for wave in waves if ":intent:billing:" in wave["candidate_key"]]
    assert billing["arr"] == Decimal("200.49")  # the one account whose revenue is known, and not twenty times


def test_a_report_lists_the_largest_first_and_the_tracker_hears_of_as_many_as_the_policy_says(base: World) -> None:
    wide = body(base, "wide")
    assert wide["accounts"] == CAP + 6
    assert len(wide["accounts_table"]) == 10
    assert [row["account_key"] for row in wide["accounts_table"][:3]] == ["kestrel", "small-29", "small-28"]
    assert len(wide["customers"]) == CAP
    assert [customer["is_important"] for customer in wide["customers"][:2]] == [True, False]
    assert (wide["arr"], wide["currency"], wide["segment"]) == (48435.0, "usd", None)
    assert wide["tiers"] == {"starter": CAP + 5, "Enterprise": 1}


def test_a_customer_brings_its_own_domains_its_dollars_and_its_clearest_words(base: World) -> None:
    customers = {customer["account_key"]: customer for customer in body(base, "sync")["customers"]}
    kestrel = customers["kestrel"]
    assert kestrel["domains"] == ["kestrel.example"]  # not the one that two accounts have
    assert (kestrel["revenue"], kestrel["quote"]) == (48000, "It hangs at 99 percent every time")
    assert kestrel["url"].startswith("https://desk.example/")
    assert (customers["vela"]["revenue"], customers["lund"]["revenue"]) == (None, 200)
    assert customers["nobody knows it"]["name"] == "nobody knows it"  # a customer needs a name


def test_an_issue_says_who_is_affected_in_the_numbers_of_the_finding(base: World) -> None:
    text = linear_text.description(body(base, "sync"))
    assert "- **Accounts:** 4 (ARR 48,200 USD, 2 unknown): 1 Enterprise, 1 business, 2 unknown" in text
    assert "| Kestrel Freight | Enterprise | Pro | 48,000 USD | 8 | Mira |" in text
    assert "| Vela | unknown | unknown | 900 CHF | 1 | unknown |" in text
    assert "And 21 more accounts." in linear_text.description(body(base, "wide"))


def test_the_command_line_tells_accounts_and_revenue(base: World, monkeypatch: pytest.MonkeyPatch) -> None:
    base.settings.serving_dir.mkdir(exist_ok=True)
    (base.settings.serving_dir / "current.duckdb").symlink_to(base.settings.warehouse_path.resolve())
    key = finding(base, "sync")["finding_key"]
    (listed,) = [row for row in list_findings(base.settings) if row["finding_key"] == key]
    assert (listed["accounts"], listed["arr"], listed["accounts_without_arr"]) == (4, "48200.49", 2)
    assert listed["tiers"] == {"Enterprise": 1, "business": 1, "unknown": 2}
    assert [row["account_key"] for row in explain(base.settings, key)["accounts"]][:2] == ["kestrel", "lund"]
    monkeypatch.setenv("GROUNDSWELL_HOME", str(base.settings.home))
    monkeypatch.setattr("flows.cli.console", Console(width=240))
    shown = CliRunner().invoke(app, ["findings"]).output
    assert "4 accounts · ARR 48,200 USD" in shown.split(key)[1].split("sure")[0]


def test_a_report_is_brought_up_to_date_by_an_account_more_and_a_warning_by_its_reasons_alone(world: World) -> None:
    bug_before, warning_before = report(world, "sync"), report(world, "silent")
    assert [reason["rule"] for reason in json.loads(warning_before["body"])["reasons"]] == ["C04"]
    bug(world, "sync", "lund", 4)
    world.account("silent", name="Silent & Sons", arr=6000, currency="usd", arr_reporting=6000, owner_name="Mira")
    world.judge(NOW)
    bug_then, warning_then = report(world, "sync"), report(world, "silent")
    told = json.loads(warning_then["body"])
    assert (told["account"]["name"], told["arr"]) == ("Silent & Sons", 6000)
    assert bug_then["content_hash"] == bug_before["content_hash"]
    assert warning_then["content_hash"] == warning_before["content_hash"]
    world.account("newcomer", name="Newcomer")
    bug(world, "sync", "newcomer", 3)
    world.billing("silent", "downgraded", NOW - HOUR, plan_before="Pro", plan_after="Starter")
    world.judge(NOW)
    assert report(world, "sync")["content_hash"] != bug_then["content_hash"]
    assert report(world, "silent")["content_hash"] != warning_then["content_hash"]
