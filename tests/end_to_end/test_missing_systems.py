"""Without a CRM or billing, or with one that is down, the rest goes on and what is unknown is said."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from simulated import configure
from workplace import Workplace, workplace

from flows.core.run import Run
from flows.findings import list_findings
from flows.settings import CONFIG_NAME, load_settings
from flows.warehouse.duck import reader


@pytest.fixture(scope="module")
def helpdesk_only(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Workplace, Run]]:
    """A company of which only the helpdesk is connected."""
    home = tmp_path_factory.mktemp("helpdesk-only")
    with workplace(home, months=3, tickets_per_month=60) as place:
        without(home / CONFIG_NAME, "hubspot", "stripe")
        yield place, place.run("backfill")


def without(config: Path, *sources: str) -> None:
    """Take sources out of a groundswell.toml."""
    parts = config.read_text().split("\n[")
    kept = [part for part in parts if not part.startswith(tuple(f"sources.{name}]" for name in sources))]
    config.write_text("\n[".join(kept))


def query(sql: str) -> list[tuple[object, ...]]:
    with reader(load_settings()) as con:
        return con.sql(sql).fetchall()


def test_without_crm_and_billing_the_run_says_what_is_unknown(helpdesk_only: tuple[Workplace, Run]) -> None:
    _, run = helpdesk_only
    assert "No CRM is connected: owner, tier and renewal are unknown." in run.report.unknown
    assert "No billing is connected: plan, ARR and payments are unknown." in run.report.unknown


def test_without_billing_facts_are_null_and_not_false(helpdesk_only: tuple[Workplace, Run]) -> None:
    told = "plan, arr, arr_reporting, is_trial, has_failed_payment, is_past_due, has_downgraded, days_to_renewal"
    rows = query(f"select distinct {told} from marts.fct_ticket_context")
    assert rows == [(None,) * 8]
    assert query("select count(*) > 0 from marts.fct_ticket_context where account_key is not null") == [(True,)]


def test_without_billing_findings_have_accounts_and_no_revenue(helpdesk_only: tuple[Workplace, Run]) -> None:
    findings = list_findings(load_settings())
    assert any(finding["accounts"] for finding in findings)
    assert all(finding["arr"] is None for finding in findings)


def test_billing_that_is_down_leaves_the_rest_running_and_is_named(
    helpdesk_only: tuple[Workplace, Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are connected later; then billing stops answering."""
    place, _ = helpdesk_only
    configure(place.home, place.url)
    place.advance(1)
    place.run("hourly")
    plans = query("select count(plan) from marts.fct_ticket_context")[0][0]
    assert isinstance(plans, int) and plans > 0

    monkeypatch.setenv("GROUNDSWELL_STRIPE_API_KEY", "sk_test_wrong")
    place.advance(7)
    run = place.run("hourly")
    assert any(problem.startswith("pull stripe") for problem in run.report.problems)
    assert "stripe" in run.report.late_sources
    assert any(line.startswith("stripe was last read on") for line in run.report.unknown)
    assert not any(line.startswith("hubspot was last read") for line in run.report.unknown)
    assert query("select count(plan) from marts.fct_ticket_context")[0][0] >= plans  # what was known stays known
