"""The pages, run by Streamlit's own test runner over a small published copy."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import serving_copy
import streamlit as st
from streamlit.testing.v1 import AppTest

DASHBOARDS = Path(__file__).resolve().parents[2] / "dashboards"
QUERIES = sorted((DASHBOARDS / "queries").glob("*.sql"))
Open = Callable[..., AppTest]


@pytest.fixture
def visit(published: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens a page with query parameters."""
    monkeypatch.setenv("GROUNDSWELL_HOME", str(published))
    monkeypatch.chdir(published)
    st.cache_data.clear()

    def go(page: str = "week", **params: str) -> AppTest:
        app = AppTest.from_file(str(DASHBOARDS / "overview.py"), default_timeout=300)
        app.run()
        if page != "week":
            app.switch_page(f"views/{page}.py")
        for name, value in params.items():
            app.query_params[name] = value
        if page != "week":
            app.run()
        assert not app.exception, app.exception
        return app

    return go


def rows(published: Path, name: str, **params: Any) -> list[dict[str, Any]]:
    with duckdb.connect(
        str(serving_copy.settings_for(published).serving_dir / "current.duckdb"), read_only=True
    ) as con:
        return con.execute((DASHBOARDS / "queries" / f"{name}.sql").read_text(), params).pl().to_dicts()


FILTERS = {"intent": None, "topic": None, "release": None, "words": None}


@pytest.mark.parametrize("kpi", ["created", "replied", "resolved", "reopened", "rated", "open"])
def test_every_number_of_the_week_is_the_count_of_its_tickets(published: Path, kpi: str) -> None:
    [number] = [row for row in rows(published, "kpis_week") if row["kpi"] == kpi]
    tickets = rows(published, "tickets", set=kpi, from_at=number["from_at"], to_at=number["to_at"], **FILTERS)
    assert number["volume"] == len(tickets) == len({ticket["ticket_id"] for ticket in tickets})
    assert number["volume"] > 0


@pytest.mark.parametrize(("days", "grain"), [(28, "day"), (84, "day"), (365, "week")])
@pytest.mark.parametrize(("chart", "dimension", "values"), [
    ("volume_by_intent", "intent", "members"), ("volume_by_topic", "topic", "topic_id"),
])  # fmt: skip
def test_every_mark_of_a_chart_is_the_count_of_its_tickets(
    published: Path, chart: str, dimension: str, values: str, days: int, grain: str
) -> None:
    marks = rows(published, chart, days=days, grain=grain)
    assert sum(mark["tickets"] for mark in marks) > 0
    for mark in [*marks[:12], *marks[-12:]]:
        given = FILTERS | {dimension: mark[values]}
        tickets = rows(published, "tickets", set="created", from_at=mark["bucket"], to_at=mark["bucket_end"], **given)
        assert mark["tickets"] == len(tickets), mark


def test_the_groups_of_the_intent_chart_add_up_to_every_ticket(published: Path) -> None:
    marks = rows(published, "volume_by_intent", days=28, grain="day")
    first = min(mark["bucket"] for mark in marks)
    every = rows(published, "tickets", set="created", from_at=first, to_at=serving_copy.NOW, **FILTERS)
    assert sum(mark["tickets"] for mark in marks) == len(every)


def test_the_evidence_of_a_finding_has_as_many_rows_as_it_says(published: Path) -> None:
    findings = rows(published, "findings", which="all")
    assert len(findings) == 5
    for finding in findings:
        evidence = rows(published, "finding_evidence", finding=finding["finding_key"])
        assert finding["tickets"] == len(evidence)
        assert finding["tickets"] == sum(
            day["tickets"] for day in rows(published, "finding_days", finding=finding["finding_key"])
        )


def test_the_accounts_and_the_revenue_of_a_finding_are_those_of_its_rows(published: Path) -> None:
    for finding in rows(published, "findings", which="all"):
        accounts = rows(published, "finding_accounts", finding=finding["finding_key"])
        known = [account["arr_reporting"] for account in accounts if account["arr_reporting"] is not None]
        assert finding["accounts"] == len(accounts) == len({account["account_key"] for account in accounts})
        assert finding["arr"] == sum(known) > 0
        assert finding["accounts_without_arr"] == len(accounts) - len(known)
        assert known == sorted(known, reverse=True)


def test_only_live_findings_are_called_open(published: Path) -> None:
    live = [finding["finding_key"] for finding in rows(published, "findings", which="live")]
    assert live == ["bug-1", "volume-1", "topic-1"]


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)
def test_every_query_is_used_states_its_grain_and_only_reads(path: Path) -> None:
    text = path.read_text()
    assert text.startswith("-- Grain: ")
    assert not re.search(r"\b(insert|update|delete|create|drop|attach|copy)\b", re.sub(r"--.*|'[^']*'", "", text))
    code = "".join(page.read_text() for page in DASHBOARDS.rglob("*.py"))
    assert re.search(rf'(query|one)\(\s*"{path.stem}"', code)


def test_no_page_lets_html_through() -> None:
    for page in DASHBOARDS.rglob("*.py"):
        assert "unsafe_allow_html" not in page.read_text()
        assert "st.html" not in page.read_text()


def test_the_overview_shows_the_week(visit: Open, published: Path) -> None:
    app = visit()
    expected = {row["kpi"]: f"{row['volume']:,}" for row in rows(published, "kpis_week")}
    assert [metric.value for metric in app.metric] == [
        expected[kpi] for kpi in ("created", "replied", "resolved", "reopened", "rated", "open")
    ]
    assert "Open findings (3)" in [header.value for header in app.header]
    text = " ".join(str(part.value) for part in [*app.markdown, *app.caption])
    assert "last complete pull 9 hours ago · the file could not be read" in text
    assert "status fails" in text.replace("\\", "")


def test_a_finding_can_be_linked_to(visit: Open) -> None:
    app = visit("findings", finding="bug-1")
    assert "Sync stops with" in app.title[0].value
    assert "Evidence: 27 tickets" in [part.value for part in app.subheader]
    assert len(app.dataframe[1].value) == 27


def test_a_finding_shows_its_accounts_and_what_they_pay(visit: Open, published: Path) -> None:
    app = visit("findings", finding="bug-1")
    found = next(row for row in rows(published, "findings", which="all") if row["finding_key"] == "bug-1")
    accounts = app.dataframe[0].value
    assert len(accounts) == found["accounts"]
    revenue = f"{found['arr']:,.0f} USD, {found['accounts_without_arr']} unknown"
    assert f"Accounts: {found['accounts']}, ARR {revenue}" in [part.value for part in app.subheader]
    label = f"ARR, {found['accounts_without_arr']} unknown"
    assert f"{found['arr']:,.0f} USD" in [metric.value for metric in app.metric if metric.label == label]
    assert re.search(r"\d+ enterprise, .*\d+ unknown · most in retail", " ".join(c.value for c in app.caption))


def test_the_findings_are_listed_with_their_accounts_and_revenue(visit: Open, published: Path) -> None:
    table = visit("findings").dataframe[0].value
    live = rows(published, "findings", which="live")
    assert list(table["arr"]) == [round(Decimal(row["arr"])) for row in live]
    assert all("enterprise" in text for text in table["tiers"])


def test_without_crm_and_billing_the_revenue_is_unknown(
    visit: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GROUNDSWELL_HOME", str(tmp_path))
    with duckdb.connect(str(serving_copy.write(tmp_path).resolve())) as con:
        con.execute("update marts.fct_findings set arr = null, currency = null, tiers = null, segment = null")
        con.execute("update marts.fct_finding_accounts set arr = null, currency = null, arr_reporting = null")
    st.cache_data.clear()
    app = visit("findings", finding="bug-1")
    assert "unknown" in [metric.value for metric in app.metric if metric.label == "ARR"]
    assert "No CRM tells their tiers." in [caption.value for caption in app.caption]
    assert len(visit("findings").dataframe[0].value) == 3


def test_the_title_of_a_finding_is_only_text(visit: Open) -> None:
    title = visit("findings", finding="topic-1").title[0].value
    assert "<script>" not in title
    assert "\\<script\\>" in title
    assert not re.search(r"(?<!\\)[\[\]`*$]", title)


def test_an_unknown_finding_is_said_to_be_unknown(visit: Open) -> None:
    assert "No finding has this key" in visit("findings", finding="nope").warning[0].value


@pytest.mark.parametrize("kpi", ["replied", "open", "reopened"])
def test_a_link_to_tickets_shows_as_many_as_the_number(visit: Open, published: Path, kpi: str) -> None:
    [number] = [row for row in rows(published, "kpis_week") if row["kpi"] == kpi]
    params = {"set": kpi, "from": number["from_at"].isoformat(), "to": number["to_at"].isoformat()}
    app = visit("tickets", **params)
    assert app.header[0].value.startswith(f"{number['volume']} tickets")
    assert len(app.dataframe[0].value) == number["volume"]


def test_tickets_can_be_filtered_further(visit: Open) -> None:
    app = visit("tickets", intent="bug_report,outage", set="created")
    before = len(app.dataframe[0].value)
    app.text_input[0].set_value("sync-409").run()
    after = app.dataframe[0].value
    assert 0 < len(after) < before
    assert all("SYNC-409" in title for title in after["title"])


def test_nonsense_in_the_address_is_ignored(visit: Open) -> None:
    app = visit("tickets", **{"set": "'; drop table x", "from": "yesterday", "intent": "nonsense"})
    assert app.header[0].value.startswith("0 tickets created")


def test_the_quality_page_lists_what_is_kept_back(visit: Open) -> None:
    app = visit("quality")
    assert "Quarantine: 3 records" in [header.value for header in app.header]


def test_the_quality_page_counts_the_tickets_that_wait_for_a_person(visit: Open, published: Path) -> None:
    app = visit("quality")
    with duckdb.connect(str(published / "serving" / "current.duckdb"), read_only=True) as con:
        waiting = con.sql("select count(*) from marts.fct_edge_cases where not has_category").fetchall()[0][0]
        weeks = con.execute((DASHBOARDS / "queries" / "unassigned_weeks.sql").read_text()).pl()
        without = con.sql("select count(*) from marts.fct_edge_cases").fetchall()[0][0]
    assert waiting > 1
    assert f"Edge cases: {waiting} tickets without a category" in [header.value for header in app.header]
    assert weeks["unassigned"].sum() == without > waiting


def test_without_a_published_copy_the_page_says_what_to_run(
    visit: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GROUNDSWELL_HOME", str(tmp_path))
    app = visit()
    assert app.title[0].value == "Nothing to show yet"
    assert "groundswell backfill" in app.text[0].value


def test_a_new_copy_is_seen_at_once(visit: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROUNDSWELL_HOME", str(tmp_path))
    link = serving_copy.write(tmp_path)
    app = visit()
    fresh = link.with_name("groundswell-next.duckdb")
    fresh.write_bytes(link.resolve().read_bytes())
    with duckdb.connect(str(fresh)) as con:
        con.execute("update marts.fct_findings set is_muted = true where finding_key = 'bug-1'")
    link.unlink()
    link.symlink_to(fresh.name)
    app.run()
    assert "Open findings (2)" in [header.value for header in app.header]


def test_the_overview_says_for_how_many_tickets_the_account_plan_page_and_release_are_known(
    visit: Open, published: Path
) -> None:
    found = {row["context"]: row for row in rows(published, "coverage_weeks")}
    assert list(found) == ["account", "plan", "page", "release"]
    assert found["account"]["share"] == found["account"]["weeks"][-1] == 0.92  # of the newest week that is over
    assert len(found["account"]["weeks"]) == 12
    assert rows(published, "coverage")[0]["week"] == found["account"]["week"]
    page = visit()
    assert "What we know of tickets" in [heading.value for heading in page.subheader]
    [table] = [frame for frame in page.dataframe if "weeks" in frame.value.columns]
    assert table.value["context"].to_list() == list(found)
