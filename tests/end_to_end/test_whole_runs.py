"""Whole runs against the simulated company: pulled over HTTP, filed once, nothing lost and nothing doubled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import httpx
import pytest
from workplace import Workplace, workplace

from flows.findings import list_findings
from flows.landing.store import Store
from flows.learn.score import score
from flows.settings import load_settings

pytestmark = pytest.mark.timeout(1800)  # the first test waits for a whole company


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workplace]:
    """A company whose history is backfilled and that then lived through a day of a bad release."""
    with workplace(tmp_path_factory.mktemp("company"), months=6, tickets_per_month=120) as place:
        place.run("backfill")
        for _ in range(4):
            place.advance(6)
            place.run("hourly")
        yield place


def test_every_ticket_of_the_helpdesk_is_landed(lived: Workplace) -> None:
    landed = set(Store(load_settings().landing).read("zendesk", "tickets")["id"])
    assert landed == {str(ticket["id"]) for ticket in lived.company.all("tickets", lived.now())}


def test_the_bad_release_is_found_and_filed_once(lived: Workplace) -> None:
    events = [e for e in score(load_settings()).events.events if e.happened and e.live and e.kind == "bug"]
    assert events
    for event in events:
        assert event.caught, event.title
        assert event.issues_filed == 1, event.title


def test_no_issue_and_no_message_is_there_twice(lived: Workplace) -> None:
    assert all(n == 1 for n in Counter(lived.linear_titles()).values())
    keys = [
        m["metadata"]["event_payload"]["delivery_key"] for m in lived.slack_messages("C0ALERTS") if m.get("metadata")
    ]  # type: ignore[index]
    assert keys and len(keys) == len(set(keys))


def test_a_repeated_run_sends_nothing(lived: Workplace) -> None:
    issues, messages = lived.linear_titles(), len(lived.slack_messages("C0ALERTS"))
    run = lived.run("hourly")
    assert run.report.sent == []
    assert lived.linear_titles() == issues
    assert len(lived.slack_messages("C0ALERTS")) == messages


def test_every_finding_leads_to_its_tickets(lived: Workplace) -> None:
    findings = list_findings(load_settings())
    assert findings
    for finding in findings:
        assert len(finding["evidence"]) == finding["tickets"], finding["finding_key"]
    links = [ticket["url"] for finding in findings for ticket in finding["evidence"]]
    assert httpx.get(links[0]).status_code == 200, links[0]


def test_the_backfill_filed_only_what_was_still_open(lived: Workplace) -> None:
    resolved = [e for e in score(load_settings()).events.events if e.happened and not e.live and e.kind == "bug"]
    titles = lived.linear_titles()
    assert len(titles) < len(resolved) + 4


def test_faults_of_every_vendor_lose_nothing_and_double_nothing(lived: Workplace) -> None:
    lived.advance(6)
    for vendor in ("zendesk", "linear", "slack"):
        for kind in ("rate_limit", "error", "truncated", "malformed"):
            lived.fault(vendor=vendor, kind=kind, times=1)
    for vendor, match in (("linear", "CreateIssue"), ("slack", "chat.postMessage")):
        lived.fault(vendor=vendor, kind="drop_after_write", times=1, match=match)
    lived.run("hourly")
    lived.clear_faults()
    lived.run("hourly")
    test_every_ticket_of_the_helpdesk_is_landed(lived)
    test_no_issue_and_no_message_is_there_twice(lived)


def test_a_helpdesk_that_is_down_does_not_stop_the_rest(lived: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROUNDSWELL_ZENDESK_API_TOKEN", "wrong")
    lived.advance(6)
    run = lived.run("hourly")
    assert any("pull zendesk" in problem for problem in run.report.problems)
    assert "show" in run.report.seconds


def test_a_run_that_fails_says_so_in_slack(lived: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    from flows.core.errors import GroundswellError

    def broken(*_: object, **__: object) -> None:
        raise GroundswellError("model fct_tickets failed: no such column")

    monkeypatch.setattr("flows.model.dbt.build", broken)
    lived.advance(1)
    with pytest.raises(GroundswellError):
        lived.run("hourly")
    texts = [str(m["text"]) for m in lived.slack_messages("C0OPS")]
    assert any("fct_tickets failed" in text for text in texts)
