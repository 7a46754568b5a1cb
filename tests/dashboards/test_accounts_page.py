"""The page of accounts: who may leave first, and a story whose every row has its source."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest
import serving_copy
import streamlit as st
from serving_copy import EVIL, NOW
from streamlit.testing.v1 import AppTest

DASHBOARDS = Path(__file__).resolve().parents[2] / "dashboards"


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published copy, with a warning about the small account."""
    home = tmp_path_factory.mktemp("accounts")
    serving_copy.write(home)
    with duckdb.connect(str(home / "serving" / "current.duckdb")) as con:
        con.execute(
            "insert into marts.fct_findings by name select ? as as_of, 'churn-1' as finding_key, 'churn' as kind,"
            " 'open' as state, 'churn:org:2' as candidate_key, 'high' as severity, 0.8 as confidence,"
            " false as is_muted, false as is_history",
            [NOW],
        )
    return home


def visit(home: Path, monkeypatch: pytest.MonkeyPatch, **params: str) -> AppTest:
    monkeypatch.setenv("GROUNDSWELL_HOME", str(home))
    monkeypatch.chdir(home)
    st.cache_data.clear()
    app = AppTest.from_file(str(DASHBOARDS / "overview.py"), default_timeout=300)
    app.run()
    app.switch_page("views/accounts.py")
    for name, value in params.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception, app.exception
    return app


def frame(app: AppTest, column: str) -> list[Any]:
    [values] = [table.value[column].to_list() for table in app.dataframe if column in table.value.columns]
    return values


def test_who_may_leave_stands_first_and_prospects_nowhere(company: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = visit(company, monkeypatch)
    assert app.title[0].value == "Accounts"
    assert frame(app, "account_key") == ["org:2", "org:1", "org:3"]
    assert frame(app, "is_at_risk") == [True, False, False]
    assert any("1 account with an open warning" in caption.value for caption in app.caption)


def test_an_account_tells_its_story_with_sources_and_foreign_text_stays_text(
    company: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = visit(company, monkeypatch, account="org:2")
    assert "**bold**" not in app.title[0].value
    assert frame(app, "text") == [f"Ticket: {EVIL}", "Payment failed", "Invoice paid"]
    [story] = [table.value for table in app.dataframe if "text" in table.value.columns]
    assert story["record_id"].to_list() == ["r8", "r9", "r60"]
    assert story["url"].dropna().to_list() == ["https://billing.example/in_2"]  # no script
    assert frame(app, "method") == ["domain", "explicit id", "name"]
    [plans] = [table.value for table in app.dataframe if "valid_from" in table.value.columns]
    assert plans["plan"].to_list() == ["Business", "Starter"]  # when it changed, and nothing of the future
    values = {metric.label: metric.value for metric in app.metric}
    assert (values["ARR"], values["Past due"], values["Left"], values["Tier"]) == ("600 USD", "yes", "no", "unknown")


def test_what_nobody_bills_is_unknown(company: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = visit(company, monkeypatch, account="org:3")
    values = {metric.label: metric.value for metric in app.metric}
    assert {values[label] for label in ("ARR", "Plan", "Trial", "Past due", "Left", "Renewal", "Owner")} == {"unknown"}
    assert any("Billing has never billed it" in caption.value for caption in app.caption)


def test_an_account_nobody_knows_is_said_to_be_unknown(company: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = visit(company, monkeypatch, account="nobody")
    assert "No account has this key" in app.warning[0].value
