"""The score of what is known about customers: links between systems, and warnings before they leave."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flows.core.clock import iso
from flows.landing.journal import Journal
from flows.landing.store import Store
from flows.learn.score import render, score
from flows.settings import HubspotSource, Settings, StripeSource, ZendeskSource
from flows.warehouse.serving import SERVING_NAME

START = datetime(2026, 1, 1, tzinfo=UTC)
NOW = START + timedelta(days=360)


def day(n: float) -> str:
    return iso(START + timedelta(days=n))


def account(n: int) -> dict[str, Any]:
    records = {"helpdesk": [str(n)], "crm": [str(100 + n)], "billing": [f"cus_{n}"]}
    return {"id": f"acct_{n}", "name": f"Customer {n}", "records": records}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "sandbox").mkdir()
    truth = {
        "history_end": day(350),
        "events": [],
        "accounts": [account(n) for n in range(1, 5)],
        "churn": [
            {"account": "acct_1", "churned_at": day(200), "signs": ["downgrade"]},
            {"account": "acct_2", "churned_at": day(250), "signs": []},
            {"account": "acct_3", "churned_at": None, "signs": ["failed_payment"]},
        ],
        "churn_base": {"accounts": 40},
    }
    (tmp_path / "sandbox" / "truth.json").write_text(json.dumps(truth))
    sources = {
        "desk": ZendeskSource(type="zendesk", base_url="http://127.0.0.1:9"),
        "crm": HubspotSource(type="hubspot"),
        "stripe": StripeSource(type="stripe"),
    }
    settings = Settings(home=tmp_path, sources=sources)
    journal = Journal(Store(settings.journal))
    run = {"flow": "hourly", "at": iso(NOW)}
    journal.write("run", [("hourly-1", run)], run_id="r", at=NOW)
    publish(settings, [("1", "101", "cus_1"), ("2", "102", "cus_2"), ("3", "103", "cus_3"), ("4", "104", "cus_4")])
    return settings


def publish(settings: Settings, accounts: list[tuple[str, str, str]]) -> None:
    """Publish these links: an account for each (helpdesk, CRM, billing) triple."""
    settings.serving_dir.mkdir(exist_ok=True)
    path = settings.serving_dir / SERVING_NAME
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as con:
        con.execute("create schema marts")
        con.execute("create table marts.fct_account_links (account_key varchar, system varchar, record_id varchar)")
        for n, (desk, crm, billing) in enumerate(accounts):
            rows = [("helpdesk", f"desk:{desk}"), ("crm", f"crm:{crm}"), ("billing", f"stripe:{billing}")]
            con.executemany("insert into marts.fct_account_links values (?, ?, ?)", [[str(n), *row] for row in rows])


def warn(settings: Settings, record: str, *states: tuple[float, str]) -> None:
    """Journal a churn finding about the account of a record, and its changes of state by day."""
    journal, key = Journal(Store(settings.journal)), f"churn-{record}"
    journal.write("finding_alias", [(f"churn:{record}", {"finding_key": key})], run_id="r", at=START)
    for at, state in states:
        moment = START + timedelta(days=at)
        body = {"state": state, "at": iso(moment), "tickets": [], "share_above_baseline": 1.0}
        journal.write("finding_state", [(key, body)], run_id="r", at=moment)


def test_a_warning_before_the_end_catches_a_churner(settings: Settings) -> None:
    warn(settings, "desk:1", (20, "emerging"), (170, "open"), (201, "resolved"))
    result = score(settings).churn
    assert result is not None
    one, two = result.churners
    assert (one.name, one.caught, one.lead_days) == ("Customer 1", True, 30.0)
    assert (two.name, two.caught) == ("Customer 2", False)
    assert (result.warnings, result.came_true, result.precision) == (1, 1, 1.0)


def test_a_warning_long_over_does_not_catch_and_did_not_come_true(settings: Settings) -> None:
    warn(settings, "stripe:cus_1", (10, "open"), (60, "resolved"))
    result = score(settings).churn
    assert result is not None
    assert not result.churners[0].caught
    assert (result.warnings, result.came_true, result.wrong) == (1, 0, ["Customer 1"])


def test_who_stays_after_a_warning_makes_it_wrong_once_it_is_old_enough(settings: Settings) -> None:
    warn(settings, "desk:3", (100, "open"), (120, "resolved"), (340, "open"))
    result = score(settings).churn
    assert result is not None
    assert (result.warnings, result.came_true, result.too_early) == (1, 0, 1)


def test_the_base_rate_is_who_leaves_within_the_horizon_anyway(settings: Settings) -> None:
    warn(settings, "desk:3", (0, "open"))
    result = score(settings).churn
    assert result is not None
    # two of forty accounts left within 360 days, which are four horizons
    assert result.base_rate == round(2 / 40 / 4, 3)


def test_all_links_made_rightly(settings: Settings) -> None:
    links = score(settings).links
    assert links is not None
    assert (links.true, links.precision, links.recall) == (12, 1.0, 1.0)


def test_swapped_and_missing_links_cost_precision_and_recall(settings: Settings) -> None:
    publish(settings, [("1", "102", "cus_1"), ("2", "101", "cus_2"), ("3", "103", "cus_3")])
    links = score(settings).links
    assert links is not None
    assert (links.right, links.made) == (5, 9)
    assert links.recall == round(5 / 12, 4)
    assert ["crm:102", "desk:1"] in links.wrong
    assert ["desk:4", "stripe:cus_4"] in links.missed


def test_the_score_can_be_printed(settings: Settings) -> None:
    from rich.console import Console

    warn(settings, "desk:1", (170, "open"))
    with (console := Console(width=120)).capture() as captured:
        console.print(render(score(settings)))
    said = captured.get()
    assert "1 of 2 customers who left were warned about" in said
    assert "precision 1.000, recall 1.000" in said
