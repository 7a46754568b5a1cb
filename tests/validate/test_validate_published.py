"""Tables that leave the warehouse, judged by the suites that are shipped."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb
import pytest
from validate_fixture import Landing

from flows.core.errors import BadBatch
from flows.core.run import Run
from flows.settings import PROJECT_DIR, Settings
from flows.validate import published
from flows.validate.run import validate_published
from flows.validate.suites import load_published

TYPES = {
    "as_of": "timestamp", "day": "date", "hour": "timestamp", "week": "date", "score": "double",
    "confidence": "double",
    "strength": "double", "share": "double", "csat": "double", "accounts": "integer", "reporters": "integer",
    "tickets": "integer", "reopens": "integer", "known": "integer", "ratings": "integer", "backlog": "bigint",
    "tickets_created": "hugeint", "episode": "integer", "priority": "integer", "intent_confidence": "double",
    "sentiment_first": "double", "sentiment_last": "double", "first_reply_hours": "double",
    "resolution_hours": "double",
    "first_reply_hours_median": "double", "resolution_hours_median": "double", "is_held_back": "boolean",
    "is_late": "boolean", "is_bad": "boolean", "is_complete": "boolean", "organizations": "integer",
    "billing_customers": "integer", "crm_accounts": "integer",
    "arr": "decimal(18, 2)", "arr_reporting": "decimal(18, 2)", "accounts_without_arr": "integer",
    "weight": "double", "ticket_ids": "varchar[]", "record_ids": "varchar[]",
}  # fmt: skip
AS_OF = "2026-07-01 12:00:00"
FINDING = {
    "as_of": AS_OF, "finding_key": "bug-1", "kind": "bug", "title": "Export fails", "state": "open", "severity": "high",
    "score": 3.5, "confidence": 0.8, "first_seen_at": "2026-06-01", "last_seen_at": "2026-06-30", "accounts": 1,
    "reporters": 1, "tickets": 1,
}  # fmt: skip
EVIDENCE = {
    "as_of": AS_OF, "finding_key": "bug-1", "ticket_id": "zendesk:1", "reason": "same error",
    "created_at": "2026-06-01",
}  # fmt: skip
ACCOUNT = {"as_of": AS_OF, "finding_key": "bug-1", "account_key": "zendesk:1", "tickets": 1}
ISSUE = {
    "delivery_key": "linear:bug-1:1", "finding_key": "bug-1", "episode": 1, "operation": "create",
    "title": "Export fails",
    "priority": 2, "body": "{}", "content_hash": "x", "is_held_back": False,
}  # fmt: skip
TICKET = {
    "ticket_id": "zendesk:1", "source": "zendesk", "title": "t", "reporter_key": "r", "created_at": "2026-06-01",
    "known_at": "2026-06-01",
}  # fmt: skip


class Warehouse:
    """Every published table, empty, with the columns that its suite reads."""

    def __init__(self) -> None:
        self.con = duckdb.connect()
        for schema in ("marts", "publish"):
            self.con.execute(f"create schema {schema}")
        for path in sorted((PROJECT_DIR / "expectations" / "published").glob("*.yml")):
            suite = load_published(path)
            types = [f'"{c}" {TYPES.get(c, "timestamp" if c.endswith("_at") else "varchar")}' for c in suite.columns]
            self.con.execute(f"create table {suite.table} ({', '.join(types)})")

    def put(self, table: str, row: dict[str, Any], **changed: Any) -> None:
        row = {**row, **changed}
        columns = ", ".join(f'"{c}"' for c in row)
        self.con.execute(
            f"insert into {table} ({columns}) values ({', '.join('?' * len(row))})", list(row.values())
        )  # fmt: skip


@pytest.fixture
def warehouse() -> Iterator[Warehouse]:
    made = Warehouse()
    made.put("marts.fct_findings", FINDING)
    made.put("marts.fct_finding_evidence", EVIDENCE)
    made.put("marts.fct_finding_accounts", ACCOUNT)
    yield made
    made.con.close()


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Landing(tmp_path).run()


def refusal(run: Run, warehouse: Warehouse) -> str:
    with pytest.raises(BadBatch) as refused:
        validate_published(run, warehouse.con)
    return refused.value.what


def test_tables_that_are_as_they_should_be_pass(run: Run, warehouse: Warehouse) -> None:
    warehouse.put("publish.publish_linear_issues", ISSUE)
    warehouse.put("marts.fct_tickets", TICKET)
    warehouse.put("marts.fct_ticket_kpis_daily", {"day": "2026-07-01", "tickets_created": 3})
    validate_published(run, warehouse.con)
    assert run.report.problems == []


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"title": None}, "finding_has_title"),
        ({"state": "lost"}, "state_is_known"),
        ({"kind": "hunch"}, "kind_is_known"),
        ({"confidence": 1.2}, "confidence_is_a_share"),
        ({"tickets": 7, "reporters": 7}, "evidence_equals_tickets"),
        ({"reporters": 9}, "reporters_within_tickets"),
        ({"accounts": 2, "tickets": 1}, "accounts_are_their_rows"),
        ({"arr": 5, "currency": "usd"}, "accounts_are_their_rows"),
        ({"arr": 5}, "arr_has_its_currency"),
        ({"last_seen_at": "2026-05-01"}, "last_seen_after_first"),
    ],
)
def test_a_finding_that_is_not_as_it_should_be_stops_the_push_and_is_named(
    run: Run, warehouse: Warehouse, changed: dict[str, Any], rule: str
) -> None:
    warehouse.con.execute("delete from marts.fct_findings")
    warehouse.put("marts.fct_findings", FINDING, **changed)
    what = refusal(run, warehouse)
    assert "marts.fct_findings" in what
    assert rule in what


def test_a_finding_without_evidence_stops_the_push(run: Run, warehouse: Warehouse) -> None:
    warehouse.put("marts.fct_findings", FINDING, finding_key="bug-2", tickets=0, reporters=0, accounts=0)
    assert "living_finding_has_evidence" in refusal(run, warehouse)


def test_a_warning_about_an_account_that_fell_silent_needs_no_ticket(run: Run, warehouse: Warehouse) -> None:
    silent = {"finding_key": "churn-1", "kind": "churn", "tickets": 0, "reporters": 1, "accounts": 1}
    warehouse.put("marts.fct_findings", FINDING | silent)
    warehouse.put("marts.fct_finding_accounts", ACCOUNT, finding_key="churn-1", tickets=0)
    validate_published(run, warehouse.con)
    assert run.report.problems == []


def test_evidence_of_no_finding_stops_the_push(run: Run, warehouse: Warehouse) -> None:
    warehouse.put("marts.fct_finding_evidence", EVIDENCE, finding_key="bug-9")
    assert "evidence_belongs_to_a_finding" in refusal(run, warehouse)


def test_a_key_that_is_there_twice_stops_the_push(run: Run, warehouse: Warehouse) -> None:
    warehouse.put("marts.fct_tickets", TICKET)
    warehouse.put("marts.fct_tickets", TICKET)
    assert "marts.fct_tickets breaks key_is_unique" in refusal(run, warehouse)


def test_a_quiet_day_that_is_no_row_stops_the_push(run: Run, warehouse: Warehouse) -> None:
    row = {"dimension": "all", "value": "all", "tickets": 1, "reporters": 1}
    warehouse.put("marts.fct_ticket_volume_daily", row, day="2026-06-01")
    warehouse.put("marts.fct_ticket_volume_daily", row, day="2026-06-03")
    assert "no_day_is_missing" in refusal(run, warehouse)


def test_everything_that_is_wrong_is_named_at_once(run: Run, warehouse: Warehouse) -> None:
    warehouse.put("publish.publish_linear_issues", ISSUE, priority=9)
    warehouse.put("publish.publish_linear_issues", ISSUE, delivery_key="linear:x", operation="shout")
    what = refusal(run, warehouse)
    assert "priority_in_range in 1 row, priority is 9" in what
    assert "operation_is_known in 1 row, operation is shout" in what


def test_a_table_or_column_that_is_missing_stops_the_push(run: Run, warehouse: Warehouse) -> None:
    warehouse.con.execute("drop table marts.dim_topics")
    warehouse.con.execute("alter table marts.fct_tickets drop column known_at")
    what = refusal(run, warehouse)
    assert "marts.dim_topics is not there" in what
    assert "marts.fct_tickets has no column known_at" in what


def test_a_warning_lets_the_push_go_on_and_shows_no_address(run: Run, warehouse: Warehouse) -> None:
    warehouse.put("publish.publish_linear_issues", ISSUE, body='{"summary": "ask jane.doe@example.com"}')
    validate_published(run, warehouse.con)
    (problem,) = run.report.problems
    assert "publish.publish_linear_issues breaks body_without_addresses in 1 row" in problem
    assert "jane.doe" not in problem


@pytest.mark.parametrize(
    ("known", "tickets", "warns"),
    [(60, 100, True), (71, 100, False), (0, 19, False)],  # 0.9 on the median before
)
def test_a_week_whose_tickets_lost_their_accounts_is_a_problem_of_the_run(
    run: Run, warehouse: Warehouse, known: int, tickets: int, warns: bool
) -> None:
    weeks = [(known, tickets, True)] + [(90, 100, True)] * 5 + [(10, 100, True)] * 3 + [(0, 100, True)] * 9
    for n, (there, count, over) in enumerate([(0, 100, False), *weeks]):
        warehouse.con.execute(
            "insert into marts.fct_context_coverage (week, context, tickets, known, share, is_complete)"
            " values (date '2026-06-29' - 7 * ?::integer, 'account', ?, ?, ?, ?)",
            [n, count, there, there / count, over],
        )
    validate_published(run, warehouse.con)
    assert any("account_is_known_as_before" in problem for problem in run.report.problems) is warns


def test_what_has_passed_is_not_judged_again_and_what_has_changed_or_failed_is(
    run: Run, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody() -> None:
        raise AssertionError("Great Expectations was asked although nothing is new")

    warehouse.put("publish.publish_linear_issues", ISSUE, body='{"summary": "ask jane.doe@example.com"}')
    validate_published(run, warehouse.con)
    run.report.problems.clear()
    validate_published(run, warehouse.con)
    assert len(run.report.problems) == 1  # a warning is given as long as it holds
    warehouse.con.execute("update publish.publish_linear_issues set body = '{}'")
    validate_published(run, warehouse.con)
    with monkeypatch.context() as alone:
        alone.setattr(published, "judge", nobody)
        validate_published(run, warehouse.con)
    warehouse.con.execute("update marts.fct_findings set confidence = 1.2")
    for _ in range(2):
        assert "confidence_is_a_share" in refusal(run, warehouse)


def test_a_suite_that_was_changed_judges_everything_again(run: Run, warehouse: Warehouse, tmp_path: Path) -> None:
    validate_published(run, warehouse.con)
    suites = tmp_path / "expectations"
    shutil.copytree(run.settings.expectations_dir, suites)
    path = suites / "published" / "fct_findings.yml"
    path.write_text(path.read_text().replace("max_value: 1}", "max_value: 0.5}"))
    with patch.object(Settings, "expectations_dir", suites):
        assert "confidence_is_a_share" in refusal(run, warehouse)


def test_a_critical_rule_that_cannot_be_judged_stops_the_push(run: Run, warehouse: Warehouse) -> None:
    warehouse.con.execute("alter table marts.fct_findings alter confidence type varchar")
    warehouse.con.execute("update marts.fct_findings set confidence = 'rather'")
    assert "published.fct_findings: rule confidence_is_a_share could not be judged" in refusal(run, warehouse)
