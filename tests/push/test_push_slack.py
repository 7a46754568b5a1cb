"""Slack messages over their life: an alert kept up to date, a thread for changes of state, a digest."""

from __future__ import annotations

from push_workplace import Workplace, linear_row, slack_row

from flows.push.run import push_rows


def say(workplace: Workplace, *rows: dict) -> list[str]:
    run = workplace.run()
    push_rows(run, [], rows)
    return run.report.problems


def test_an_alert_that_changes_is_updated_in_place(workplace: Workplace) -> None:
    say(workplace, slack_row())
    assert say(workplace, slack_row(operation="update", summary="Worse now")) == []
    [message] = workplace.messages()
    assert "Worse now" in str(message["blocks"])
    assert message["metadata"]["event_payload"]["content_hash"] == slack_row(summary="Worse now")["content_hash"]


def test_an_update_without_an_answer_makes_no_second_message(workplace: Workplace) -> None:
    say(workplace, slack_row())
    workplace.fault("slack", "drop_after_write", match="chat.update")
    changed = slack_row(operation="update", summary="Worse now")
    say(workplace, changed)
    assert say(workplace, changed) == []
    assert len(workplace.messages()) == 1


def test_a_change_of_state_is_a_reply_in_the_thread(workplace: Workplace) -> None:
    say(workplace, slack_row())
    workplace.fault("slack", "drop_after_write", match="chat.postMessage")
    reply = slack_row(state="resolved")
    say(workplace, reply)
    assert say(workplace, reply) == []
    [alert] = workplace.messages()
    [answer] = workplace.replies(alert["ts"])
    assert "Now *resolved*" in str(answer["blocks"])


def test_an_alert_and_its_reply_can_come_in_one_run(workplace: Workplace) -> None:
    assert say(workplace, slack_row(), slack_row(state="resolved")) == []
    [alert] = workplace.messages()
    assert len(workplace.replies(alert["ts"])) == 1


def test_a_reply_waits_for_its_alert(workplace: Workplace) -> None:
    run = workplace.run()
    push_rows(run, [], [slack_row(state="resolved")])
    assert run.report.held_back[0]["reason"] == "the alert it belongs to is not posted yet"
    assert workplace.messages() == []


def test_a_reply_links_to_the_issue_filed_earlier(workplace: Workplace) -> None:
    push_rows(workplace.run(), [linear_row()], [slack_row()])
    say(workplace, slack_row(state="resolved"))
    [alert] = workplace.messages()
    assert workplace.issues()[0]["url"] in str(workplace.replies(alert["ts"])[0]["blocks"])


def test_a_digest_goes_to_its_channel(workplace: Workplace) -> None:
    push_rows(workplace.run(), [linear_row()], [])
    url = workplace.issues()[0]["url"]
    body = {
        "title": "Support, Wednesday 1 July",
        "date": "2026-07-01",
        "sections": [
            {"heading": "New", "lines": [f"Sync fails, {url}", "<!channel> hi, https://e.vil"]},
            {"heading": "Resolved", "lines": []},
        ],
        "totals": {"tickets": 120, "open_findings": 4},
    }
    row = slack_row() | {
        "delivery_key": "slack:digest:2026-07-01",
        "channel_role": "digest",
        "body": body,
        "finding_key": None,
    }
    assert say(workplace, row) == []
    [message] = workplace.messages("C0DIGEST")
    text = str(message["blocks"])
    assert "&lt;!channel&gt; hi" in text
    assert f"<{url}|ENG-1>" in text
    assert "<https://e.vil" not in text
    assert "120 tickets · 4 open findings" in text
    assert workplace.messages() == []


def test_what_slack_refuses_is_told_with_the_remedy(workplace: Workplace) -> None:
    workplace.settings.destinations.slack.alerts_channel = "C0NOWHERE"  # type: ignore[union-attr]
    [problem] = say(workplace, slack_row())
    assert "channel_not_found" in problem
    assert "groundswell.toml" in problem
