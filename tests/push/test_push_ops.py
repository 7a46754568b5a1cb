"""Operational notices: once per key, and never the reason for which a run fails."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from push_workplace import Workplace

from flows.push.ops import announce


def test_a_notice_is_given_once_for_its_key(workplace: Workplace) -> None:
    for _ in range(3):
        announce(workplace.run(), "The hourly run failed: dbt said <no>", key="failed:hourly:1")
    announce(workplace.run(), "Another", key="failed:hourly:2")
    texts = [message["text"] for message in workplace.messages("C0OPS")]
    assert texts == ["⚠️ Another", "⚠️ The hourly run failed: dbt said &lt;no&gt;"]


def test_a_notice_with_a_lost_answer_is_given_once(workplace: Workplace) -> None:
    workplace.fault("slack", "drop_after_write", match="chat.postMessage")
    announce(workplace.run(), "Source zendesk is late", key="late:zendesk")
    announce(workplace.run(), "Source zendesk is late", key="late:zendesk")
    assert len(workplace.messages("C0OPS")) == 1


def test_two_runs_with_the_same_notice_at_the_same_time_give_it_once(workplace: Workplace) -> None:
    workplace.fault("slack", "slow", match="chat.postMessage", seconds=1)
    runs = [workplace.run(), workplace.run()]
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda run: announce(run, "Source zendesk is late", key="late:zendesk"), runs))
    assert len(workplace.messages("C0OPS")) == 1
    assert runs[0].report.problems == runs[1].report.problems == []


def test_a_notice_holds_no_personal_data(workplace: Workplace) -> None:
    announce(workplace.run(), "ticket of ann@example.com failed", key="k")
    [message] = workplace.messages("C0OPS")
    assert "ann@" not in message["text"]


def test_a_notice_that_cannot_be_given_is_a_problem_and_no_failure(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GROUNDSWELL_SLACK_BOT_TOKEN")
    run = workplace.run()
    announce(run, "text", key="k")
    assert "GROUNDSWELL_SLACK_BOT_TOKEN" in run.report.problems[0]


def test_without_slack_or_in_a_dry_run_a_notice_is_only_logged(
    workplace: Workplace, caplog: pytest.LogCaptureFixture
) -> None:
    workplace.settings.dry_run = True
    announce(workplace.run(), "dry", key="k")
    workplace.settings.dry_run = None
    workplace.settings.destinations.slack = None
    announce(workplace.run(), "no slack", key="k")
    assert workplace.messages("C0OPS") == []
    assert "no slack" in caplog.text
