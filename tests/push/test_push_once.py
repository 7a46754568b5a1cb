"""Exactly one issue and one message, whatever happens on the way."""

from __future__ import annotations

import json
import time
from typing import Any

import orjson
import pytest
from push_workplace import Workplace, linear_row, slack_row

from flows.core.run import Run
from flows.push import deliver
from flows.push import run as push_run
from flows.push.run import push_rows
from flows.warehouse.duck import writer

ANSWERED = ["rate_limit", "error", "malformed", "truncated"]


def both(run: Run) -> Run:
    push_rows(run, [linear_row()], [slack_row()])
    return run


def statuses(run: Run, key: str) -> list[str]:
    rows = run.journal.read("delivery").to_dicts()
    return [orjson.loads(row["payload"])["status"] for row in rows if row["id"] == key]


def assert_one_of_each(place: Workplace) -> None:
    assert len(place.issues()) == 1
    assert len(place.messages()) == 1


def test_a_finding_becomes_one_issue_and_one_message_that_links_to_it(workplace: Workplace) -> None:
    run = both(workplace.run())
    assert not run.report.problems
    assert_one_of_each(workplace)
    [issue], [message] = workplace.issues(), workplace.messages()
    assert issue["state"]["type"] == "triage"
    assert {label["name"] for label in issue["labels"]["nodes"]} == {"groundswell", "bug"}
    assert {a["url"] for a in issue["attachments"]["nodes"]} == {
        "https://desk.example/tickets/101",
        "https://desk.example/tickets/102",
    }
    assert f"<{issue['url']}|{issue['identifier']}>" in str(message["blocks"])
    assert message["metadata"]["event_payload"]["delivery_key"] == "slack:bug-1:1"
    assert [sent["destination"] for sent in run.report.sent] == ["linear", "slack"]


def test_pushing_the_same_rows_again_sends_nothing(workplace: Workplace) -> None:
    both(workplace.run())
    again = both(workplace.run())
    assert again.report.sent == []
    assert again.report.problems == []
    assert_one_of_each(workplace)
    assert statuses(again, "linear:bug-1:1") == ["intent", "sent"]


@pytest.mark.parametrize("kind", ANSWERED)
@pytest.mark.parametrize(
    "operation", ["GroundswellCreateIssue", "GroundswellIssue", "GroundswellAttach", "GroundswellTeam"]
)
def test_linear_faults_that_are_answered_cost_nothing(workplace: Workplace, kind: str, operation: str) -> None:
    workplace.fault("linear", kind, match=operation, retry_after=0)
    run = workplace.run()
    push_rows(run, [linear_row()], [])
    assert [sent["destination"] for sent in run.report.sent] == ["linear"]
    [issue] = workplace.issues()
    assert len(issue["attachments"]["nodes"]) == 2


@pytest.mark.parametrize("kind", ANSWERED)
def test_slack_faults_that_are_answered_cost_nothing(workplace: Workplace, kind: str) -> None:
    workplace.fault("slack", kind, match="chat.postMessage", retry_after=0)
    run = workplace.run()
    push_rows(run, [], [slack_row()])
    assert [sent["destination"] for sent in run.report.sent] == ["slack"]
    assert len(workplace.messages()) == 1


@pytest.mark.parametrize("vendor", ["linear", "slack"])
@pytest.mark.parametrize("kind", [*ANSWERED, "drop_after_write"])
def test_a_vendor_that_fails_for_long_leaves_one_of_each_in_the_end(
    workplace: Workplace, vendor: str, kind: str
) -> None:
    workplace.fault(
        vendor, kind, match="issueCreate" if vendor == "linear" else "chat.postMessage", times=7, retry_after=0
    )
    for _ in range(5):
        run = both(workplace.run())
    assert run.report.problems == []
    assert_one_of_each(workplace)


def test_a_dropped_connection_after_the_write_is_looked_up(workplace: Workplace) -> None:
    workplace.fault("linear", "drop_after_write", match="issueCreate")
    workplace.fault("slack", "drop_after_write", match="chat.postMessage")
    first = both(workplace.run())
    assert_one_of_each(workplace)
    second = both(workplace.run())
    assert second.report.problems == []
    assert len(first.report.sent) + len(second.report.sent) == 2
    assert_one_of_each(workplace)


def test_a_slow_answer_is_given_up_and_nothing_is_sent_twice(workplace: Workplace) -> None:
    workplace.settings.timeout_seconds = 0.7
    workplace.fault("linear", "slow", match="issueCreate", seconds=1.5)
    workplace.fault("slack", "slow", match="chat.postMessage", seconds=1.5)
    first = both(workplace.run())
    assert any("slack:bug-1:1" in problem for problem in first.report.problems)
    time.sleep(2)  # both writes arrive after we have stopped waiting for them
    assert_one_of_each(workplace)
    second = both(workplace.run())
    assert second.report.problems == []
    assert_one_of_each(workplace)


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("destination", ["linear", "slack"])
def test_killed_between_intent_and_send(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch, destination: str
) -> None:
    def die(*_: object, **__: object) -> None:
        raise Killed

    rows = ([linear_row()], []) if destination == "linear" else ([], [slack_row()])
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(deliver, "_apply", die)
        push_rows(workplace.run(), *rows)
    assert not workplace.issues()
    assert not workplace.messages()
    run = both(workplace.run())
    assert run.report.problems == []
    assert_one_of_each(workplace)
    assert statuses(run, rows[0][0]["delivery_key"] if rows[0] else rows[1][0]["delivery_key"]) == [
        "intent",
        "intent",
        "sent",
    ]


@pytest.mark.parametrize("destination", ["linear", "slack"])
def test_killed_between_send_and_outcome(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch, destination: str
) -> None:
    real = deliver.Ledger.record

    def die_before_outcome(self: deliver.Ledger, key: str, entry: dict[str, Any]) -> None:
        if entry["status"] == "sent":
            raise Killed
        real(self, key, entry)

    rows = ([linear_row()], []) if destination == "linear" else ([], [slack_row()])
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(deliver.Ledger, "record", die_before_outcome)
        push_rows(workplace.run(), *rows)
    run = both(workplace.run())
    assert run.report.problems == []
    assert_one_of_each(workplace)


@pytest.mark.parametrize("arrived", [True, False])
@pytest.mark.parametrize("destination", ["linear", "slack"])
def test_an_intent_that_nobody_wants_any_more_is_settled(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch, arrived: bool, destination: str
) -> None:
    real = deliver.Ledger.record

    def die(self: deliver.Ledger, key: str, entry: dict[str, Any]) -> None:
        if arrived and entry["status"] == "intent":
            return real(self, key, entry)
        real(self, key, entry) if entry["status"] == "intent" else None
        raise Killed

    rows = ([linear_row()], []) if destination == "linear" else ([], [slack_row()])
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(deliver.Ledger, "record", die)
        push_rows(workplace.run(), *rows)
    run = workplace.run()
    push_rows(run, [], [])
    assert statuses(run, f"{destination}:bug-1:1") == ["intent", "sent" if arrived else "failed"]


def test_a_row_that_changed_while_its_outcome_was_unknown_is_brought_up_to_date(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = deliver.Ledger.record

    def die_before_outcome(self: deliver.Ledger, key: str, entry: dict[str, Any]) -> None:
        if entry["status"] == "sent":
            raise Killed
        real(self, key, entry)

    destinations = workplace.settings.destinations
    other = {"linear": "slack", "slack": "linear"}
    for destination in ("linear", "slack"):
        rows = ([linear_row()], [slack_row()])
        workplace.settings.destinations = destinations.model_copy(update={other[destination]: None})
        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr(deliver.Ledger, "record", die_before_outcome)
            push_rows(workplace.run(), *rows)
    workplace.settings.destinations = destinations
    run = workplace.run()
    push_rows(run, [linear_row(summary="It is worse now")], [slack_row(summary="It is worse now")])
    assert run.report.problems == []
    assert_one_of_each(workplace)
    assert "It is worse now" in workplace.issues()[0]["description"]
    assert "It is worse now" in str(workplace.messages()[0]["blocks"])


def test_one_bad_row_does_not_stop_the_others(workplace: Workplace) -> None:
    broken = linear_row("broken") | {"body": "{no json"}
    too_long = linear_row("refused") | {"labels": [" "]}
    run = workplace.run()
    push_rows(run, [broken, too_long, linear_row("good")], [slack_row("good")])
    assert [sent["delivery_key"] for sent in run.report.sent] == ["linear:good:1", "slack:good:1"]
    assert len(run.report.problems) == 2
    assert "linear:broken:1" in run.report.problems[0]
    assert "linear:refused:1" in run.report.problems[1]


def test_held_back_rows_are_reported_and_not_sent(workplace: Workplace) -> None:
    held = linear_row("held") | {"is_held_back": True, "hold_reason": "cap of 10 per run"}
    run = workplace.run()
    push_rows(run, [linear_row(), held], [])
    assert len(workplace.issues()) == 1
    assert [(h["finding_key"], h["reason"]) for h in run.report.held_back] == [("held", "cap of 10 per run")]


def test_a_vendor_that_is_down_is_left_alone_after_two_rows(workplace: Workplace) -> None:
    workplace.settings.destinations.slack.api_url = "http://127.0.0.1:9/"  # type: ignore[union-attr]
    run = workplace.run()
    push_rows(run, [linear_row()], [slack_row(f"bug-{n}") for n in range(6)])
    assert [sent["destination"] for sent in run.report.sent] == ["linear"]
    assert len(run.report.problems) == 3
    assert "4 more wait" in run.report.problems[-1]


def test_a_missing_secret_is_a_problem_that_names_the_variable(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GROUNDSWELL_LINEAR_API_KEY")
    run = both(workplace.run())
    assert [sent["destination"] for sent in run.report.sent] == ["slack"]
    assert any("GROUNDSWELL_LINEAR_API_KEY" in problem for problem in run.report.problems)


def test_a_wrong_key_stops_at_once_and_says_which(workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROUNDSWELL_LINEAR_API_KEY", "wrong")
    monkeypatch.setenv("GROUNDSWELL_SLACK_BOT_TOKEN", "wrong")
    run = workplace.run()
    push_rows(run, [linear_row("a"), linear_row("b")], [slack_row("a"), slack_row("b")])
    text = "\n".join(run.report.problems)
    assert "GROUNDSWELL_LINEAR_API_KEY" in text
    assert "GROUNDSWELL_SLACK_BOT_TOKEN" in text
    assert len(run.report.problems) == 4
    assert "wrong" not in text.replace("wrong key", "")


def test_a_dry_run_prints_and_sends_and_journals_nothing(
    workplace: Workplace, capsys: pytest.CaptureFixture[str]
) -> None:
    workplace.settings.dry_run = True
    run = both(workplace.run())
    printed = capsys.readouterr().out
    assert "SYNC-409" in printed
    assert "Linear: create" in printed
    assert "C0ALERTS" in printed
    assert workplace.issues() == []
    assert workplace.messages() == []
    assert run.journal.read("delivery").is_empty()


def test_a_dry_run_needs_no_destination(workplace: Workplace, capsys: pytest.CaptureFixture[str]) -> None:
    workplace.settings.destinations.linear = workplace.settings.destinations.slack = None
    run = workplace.run()
    push_rows(run, [linear_row()], [slack_row(), slack_row(state="resolved")])
    assert "#alerts" in capsys.readouterr().out
    assert run.report.problems == []


PUBLISHED = {
    "publish_linear_issues": """delivery_key varchar, finding_key varchar, episode integer, operation varchar,
        issue_id varchar, title varchar, priority integer, labels varchar[], related_issue_ids varchar[], body json,
        content_hash varchar, rank integer, is_held_back boolean, hold_reason varchar""",
    "publish_slack_messages": """delivery_key varchar, finding_key varchar, channel_role varchar,
        thread_delivery_key varchar, operation varchar, body json, content_hash varchar, rank integer,
        is_held_back boolean, hold_reason varchar""",
}


def test_push_reads_the_publish_models(workplace: Workplace) -> None:
    run = workplace.run()
    with writer(run) as con:
        con.execute("create schema publish")
        for (name, columns), row in zip(PUBLISHED.items(), (linear_row(), slack_row()), strict=True):
            con.execute(f"create table publish.{name} ({columns})")
            values = {key: json.dumps(value) if isinstance(value, dict) else value for key, value in row.items()}
            con.execute(
                f"insert into publish.{name} by name select {', '.join(f'${key} as {key}' for key in row)}", values
            )
    push_run.push(run)
    assert run.report.problems == []
    assert_one_of_each(workplace)
