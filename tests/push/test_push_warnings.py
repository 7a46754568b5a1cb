"""Warnings about accounts as people read them in Slack, and what foreign text cannot do to them."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from push_workplace import Workplace, slack_row
from test_push_texts import EVIL

from flows.push import slack_text, words
from flows.push.run import push_rows
from flows.sandbox.slack_blocks import problems

FALLING = {
    "rule": "C01", "name": "falling sentiment", "text": "5 tickets since 3 March 2026, sentiment from 0.3 to -0.6",
    "weight": 0.35, "records": [],
    "tickets": [{"ticket_id": f"zendesk:{n}", "url": f"https://desk.example/{n}"} for n in range(101, 106)],
}  # fmt: skip
FAILED = {
    "rule": "C04", "name": "failed payment", "text": "a payment of 1,040 USD failed on 8 March 2026 and is open",
    "weight": 0.3, "tickets": [], "records": ["stripe:in_1"],
}  # fmt: skip
WARNING: dict[str, Any] = {
    "kind": "churn", "title": "Churn risk: Ember Foods (2 signals, ARR 12,480 USD)", "state": "open",
    "severity": "high", "confidence": 0.65, "why_confident": "falling sentiment 0.35, failed payment 0.3",
    "last_seen_at": "2026-03-10T09:00:00Z", "tickets": 5, "reporters": 1, "accounts": 1, "evidence_total": 5,
    "owner": "Mia Lang", "reasons": [FALLING, FAILED], "unknown": ["Billing (stripe) was last read 9 hours ago."],
    "account": {
        "account_key": "zendesk:7", "name": "Ember Foods", "arr": 11900.0, "currency": "eur", "arr_reporting": 12480.4,
        "reporting_currency": "usd", "plan": "Business", "tier": "gold",
        "renewal_at": "2026-05-01T00:00:00", "days_to_renewal": 52,
    },
    "quotes": [], "environment": [], "summary": "As said.",
}  # fmt: skip


def warning_row(**changes: Any) -> dict[str, Any]:
    row = slack_row("churn-1", **changes)
    return row | {"body": WARNING | changes}


def test_a_warning_names_the_account_its_reasons_and_their_evidence(workplace: Workplace) -> None:
    run = workplace.run()
    push_rows(run, [], [warning_row()])
    assert run.report.problems == []
    [message] = workplace.messages()
    text = str(message["blocks"])
    for part in (
        "Ember Foods", "11,900 EUR (12,480 USD)", "Business", "gold", "*Owner*\\nMia Lang", "1 May 2026, in 52 days",
        "*Falling sentiment (C01)*: 5 tickets since 3 March 2026, sentiment from 0.3 to -0.6",
        "<https://desk.example/101|zendesk:101>", "stripe:in", "Billing (stripe) was last read 9 hours ago.",
        "Weight 0.65 of at most 1: falling sentiment 0.35, failed payment 0.3", "groundswell mute churn-1",
        "<https://dash.example/findings?finding=churn-1|Evidence: 5 tickets>",
    ):  # fmt: skip
        assert part in text, part
    assert message["text"].endswith("falling sentiment, failed payment")


def test_what_is_new_is_one_reply_in_its_thread(workplace: Workplace) -> None:
    reply = warning_row(new_reasons=[FAILED]) | {
        "delivery_key": "slack:churn-1:1:abc", "thread_delivery_key": "slack:churn-1:1", "content_hash": "abc",
    }  # fmt: skip
    push_rows(workplace.run(), [], [warning_row(), reply])
    [alert] = workplace.messages()
    [answer] = workplace.replies(alert["ts"])
    assert "*Failed payment (C04)*: a payment of 1,040 USD" in str(answer["blocks"])
    assert "Falling sentiment (C01)" not in str(answer["blocks"])
    assert answer["text"].endswith("new: failed payment")


def test_what_is_unknown_is_said() -> None:
    _, blocks = slack_text.alert(WARNING | {"account": {"account_key": "zendesk:7"}, "owner": None})
    text = str(blocks)
    for part in (
        "*Account*\\nzendesk:7",
        "*ARR*\\nunknown",
        "*Plan*\\nunknown",
        "*Owner*\\nnobody",
        "*Renewal*\\nunknown",
    ):
        assert part in text, part
    assert (
        words.revenue({"arr": "49.00", "currency": "usd", "arr_reporting": "49.00", "reporting_currency": "usd"})
        == "49 USD"
    )


@settings(max_examples=100, deadline=None)
@given(EVIL, st.integers(0, 60))
def test_slack_takes_every_warning_and_sees_no_mention_in_it(text: str, many: int) -> None:
    reason = {
        "rule": text, "name": text, "text": text, "records": [text] * many,
        "tickets": [{"ticket_id": text, "url": f"https://desk.example/{'x' * 300}/{n}"} for n in range(many)],
    }  # fmt: skip
    body = WARNING | {
        "title": text, "owner": text, "state": text, "why_confident": text, "unknown": [text] * 3,
        "account": dict.fromkeys(("name", "plan", "tier", "renewal_at", "currency"), text),
        "reasons": [reason] * 7, "finding_key": text,
    }  # fmt: skip
    for fallback, blocks in (slack_text.alert(body), slack_text.reply(body | {"new_reasons": [reason]})):
        assert problems(blocks) == []
        assert fallback
        for block in blocks:
            parts = [block.get("text"), *block.get("fields", []), *block.get("elements", [])]
            for part in [p for p in parts if p and p["type"] == "mrkdwn"]:
                assert part["verbatim"]
                assert not any(mark in part["text"] for mark in ("<!", "<@", "<#"))
