"""`groundswell accounts`: the report on links, and one account with its story, for people and for programs."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from accounts_world import ACCOUNTS, MARTS, NOW, START, World, line
from rich.console import Console
from typer.testing import CliRunner

from flows.accounts import account, render_report, report
from flows.cli import app
from flows.core.errors import ConfigError, GroundswellError
from flows.settings import HubspotSource, Settings, StripeSource

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A published copy of a company with two customers, a prospect, and a domain that two customers share."""
    world = World(tmp_path_factory.mktemp("command"))
    world.organization("1", "Acme", "acme.test")
    world.company("1", "Acme [b]GmbH[/b]", "acme.test", billing_ids=["cus_1"])
    customer = world.customer("cus_1", "Acme Europe")
    sub = world.subscription("sub_1", customer)
    world.invoice("in_1", sub, START + DAY, line("Starter", 50, START + DAY, interval="year"))
    world.event("invoice_paid", customer, START + DAY, amount=Decimal(50), currency="usd", record_id="bill:in_1")
    world.ticket("t1", START + 2 * DAY, "desk:1", title="It [red]breaks\x1b[31m")
    world.company("5", "Acme", "acme.test", created_at=START + DAY)
    world.company("2", "Bolt North", "bolt.test", external_id="n")
    world.company("3", "Bolt South", "bolt.test", external_id="s")
    world.organization("4", "Bolt Pilots", "bolt.test")
    world.build(NOW, select=(ACCOUNTS, *MARTS))
    home = world.settings.home
    (home / "serving").mkdir()
    shutil.copy(world.settings.warehouse_path, home / "serving" / "current.duckdb")
    (home / "groundswell.toml").write_text('[sources.crm]\ntype = "hubspot"\n[sources.bill]\ntype = "stripe"\n')
    return Settings(home=home, sources={"crm": HubspotSource(type="hubspot"), "bill": StripeSource(type="stripe")})


def run(settings: Settings, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    monkeypatch.setenv("GROUNDSWELL_HOME", str(settings.home))
    monkeypatch.setenv("COLUMNS", "200")
    answer = CliRunner().invoke(app, ["accounts", *arguments], catch_exceptions=False)
    assert answer.exit_code == 0
    return answer.stdout


def test_the_report_counts_links_and_lists_conflicts_and_unmatched_records(settings: Settings) -> None:
    result = report(settings)
    counts = {(row["system"], row["method"]): (row["records"], row["confidence"]) for row in result["counts"]}
    assert counts == {
        ("helpdesk", "domain"): (1, "0.95"), ("helpdesk", "alone"): (1, None), ("crm", "explicit id"): (1, "0.99"),
        ("crm", "domain"): (1, "0.95"), ("crm", "alone"): (2, None), ("billing", "explicit id"): (1, "0.99"),
    }  # fmt: skip
    [conflict] = result["conflicts"]
    assert conflict["record_id"] == "desk:4"
    assert conflict["detail"] == "the domain bolt.test is shared by several accounts"
    assert [row["record_id"] for row in result["unmatched"]] == ["crm:2", "crm:3"]
    assert result["unknown"] == []
    [duplicate] = result["duplicates"]
    assert (duplicate["record_id"], duplicate["account_key"]) == ("crm:5", "desk:1")
    assert sum(row["records"] for row in result["counts"]) == 7


def test_people_read_tables_and_programs_json(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    text = run(settings, monkeypatch)
    for words in (
        "Conflicts: 1",
        "Twice in the CRM: 1",
        "Records that no other system knows",
        "bolt.test",
        "explicit id",
    ):
        assert words in text
    assert json.loads(run(settings, monkeypatch, "--format", "json")) == report(settings)


def test_what_nobody_is_configured_to_know_is_said_to_be_unknown(settings: Settings) -> None:
    result = report(settings.model_copy(update={"sources": {}}))
    assert result["unknown"] == ["crm", "billing"]
    console = Console(width=200)
    with console.capture() as captured:
        console.print(render_report(result))
    assert "No CRM source is configured" in captured.get()
    assert "Records that no other system knows" not in captured.get()


@pytest.mark.parametrize("key", ["desk:1", "bill:cus_1", "acme europe", "ACME"])
def test_an_account_is_found_by_key_record_or_name(settings: Settings, key: str) -> None:
    assert account(settings, key)["facts"]["account_key"] == "desk:1"


def test_the_story_tells_what_happened_with_its_records(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    found = json.loads(run(settings, monkeypatch, "desk:1", "--format", "json"))
    assert found["facts"]["arr"] == "50.00"
    assert [(row["at"], row["what"], row["record_id"]) for row in found["story"]] == [
        ("2026-01-02T00:00:00Z", "invoice_paid", "bill:in_1"), ("2026-01-03T00:00:00Z", "ticket", "desk:t1"),
    ]  # fmt: skip
    assert {row["record_id"] for row in found["records"]} == {"desk:1", "crm:1", "crm:5", "bill:cus_1"}
    assert [(row["valid_from"], row["plan"], row["arr"], row["record_id"]) for row in found["plans"]] == [
        ("2026-01-02T00:00:00Z", "Starter", "50.00", "bill:in_1"),
    ]
    text = run(settings, monkeypatch, "desk:1")
    assert "2026-01-02 00:00" in text
    assert "50.00 USD" in text
    assert "It [red]breaks" in text  # as it was written, and no command to the terminal
    assert "\x1b" not in text
    assert "unknown" in text  # the tier


def test_what_is_none_or_several_is_said(settings: Settings) -> None:
    with pytest.raises(GroundswellError, match="no account is known as 'Nobody'"):
        account(settings, "Nobody")
    with pytest.raises(GroundswellError, match="'bolt' is 3 accounts: Bolt North"):
        account(settings, "bolt")


def test_without_a_copy_it_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nothing has been published"):
        report(Settings(home=tmp_path, sources={}))
