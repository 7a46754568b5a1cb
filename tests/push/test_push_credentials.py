"""Credentials that are missing, wrong or not enough when something is sent: told, and the rest goes on."""

from __future__ import annotations

import logging

import pytest
from push_workplace import Workplace, linear_row, slack_row

from flows.push.ops import announce
from flows.push.run import push_rows

LINEAR, SLACK = "GROUNDSWELL_LINEAR_API_KEY", "GROUNDSWELL_SLACK_BOT_TOKEN"


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("", f"push: linear needs {LINEAR}, which is not set. Set it: export {LINEAR}=..."),
        ("canary", f"is refused (401: Authentication required, not authenticated). Check {LINEAR}."),
        (
            "sandbox-linear-read-key",
            f"(403: Invalid scope: `write` required). Let the key of {LINEAR} write",
        ),
    ],
)
def test_a_key_of_linear_that_does_not_do_is_told_and_slack_goes_on(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch, key: str, says: str
) -> None:
    run = workplace.run()
    monkeypatch.setenv(LINEAR, key)
    push_rows(run, [linear_row("bug-1"), linear_row("bug-2", rank=2)], [slack_row("bug-3")])
    assert says in run.report.problems[0]
    assert "canary" not in str(run.report)
    assert workplace.issues() == []
    assert len(workplace.messages()) == 1
    monkeypatch.setenv(LINEAR, "sandbox-linear-key")  # put right: nothing was lost, and each is filed once
    push_rows(workplace.run(), [linear_row("bug-1"), linear_row("bug-2", rank=2)], [slack_row("bug-3")])
    assert len(workplace.issues()) == 2
    assert len(workplace.messages()) == 1


@pytest.mark.parametrize(
    ("token", "says"),
    [
        ("", f"push: slack needs {SLACK}, which is not set. Set it: export {SLACK}=..."),
        ("xoxb-canary", f"invalid_auth. Check {SLACK}."),
        ("xoxb-revoked-token", f"token_revoked. Install the app again and set {SLACK}."),
    ],
)
def test_a_token_of_slack_that_does_not_do_is_told_and_linear_goes_on(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch, token: str, says: str
) -> None:
    run = workplace.run()
    monkeypatch.setenv(SLACK, token)
    push_rows(run, [linear_row("bug-1")], [slack_row("bug-1"), slack_row("bug-2", rank=2)])
    assert says in " ".join(run.report.problems)
    assert "canary" not in str(run.report)
    assert len(workplace.issues()) == 1
    assert workplace.messages() == []
    monkeypatch.setenv(SLACK, "xoxb-sandbox-token")
    push_rows(workplace.run(), [linear_row("bug-1")], [slack_row("bug-1"), slack_row("bug-2", rank=2)])
    assert len(workplace.issues()) == 1
    assert len(workplace.messages()) == 2


def test_a_notice_that_cannot_be_given_shows_no_traceback(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv(SLACK)
    with caplog.at_level(logging.WARNING):
        announce(workplace.run(), "Source desk is late", key="late:desk")
    assert f"slack needs {SLACK}" in caplog.text
    assert "Traceback" not in caplog.text
