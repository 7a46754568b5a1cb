"""What people read, and what foreign text cannot do to it."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from push_workplace import BODY

from flows.push import linear_text, slack_text, words
from flows.sandbox.slack_blocks import problems

PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
EVIL = st.lists(
    st.one_of(
        st.text(max_size=40),
        st.sampled_from(
            [
                "<!channel>", "\n\n# h", "```", "| a |", "<img src=x>", "[x](http://e.vil)", linear_text.START,
                linear_text.END,
                "▲ Groundswell ▲", "\n---\n", "@here", "*", "_", "`", "> ", "\u202e", "ENG-1", "<https://e.vil|x>",
                "&" * 900, "x" * 4000,
            ]
        ),
    ),
    max_size=4,
).map("".join)  # fmt: skip


STAKE: dict[str, Any] = {
    "accounts": 5, "arr": 48200.4, "currency": "usd", "accounts_without_arr": 2,
    "tiers": {"business": 2, "enterprise": 3},
    "accounts_table": [
        {"account_key": "zendesk:1", "name": "Kestrel | Freight", "tier": "enterprise", "plan": "Pro", "arr": 33000,
         "currency": "eur", "arr_reporting": 36000, "tickets": 3, "owner": "Mira Okafor"},
        {"account_key": "zendesk:2", "name": None, "tier": None, "plan": None, "arr": 9000, "currency": "chf",
         "arr_reporting": None, "tickets": 1, "owner": None},
        {"account_key": "zendesk:3", "name": "Lund", "arr": None, "tickets": 1},
    ],
}  # fmt: skip


def with_text(text: str) -> dict[str, Any]:
    texts = ("title", "summary", "why_confident", "grouped_because", "steps", "what_would_change_it")
    body = BODY | dict.fromkeys(texts, text)
    body["quotes"] = [{"ticket_id": text[:50], "url": text, "text": text, "at": text}, *BODY["quotes"]]
    body["environment"] = [{"name": text, "value": text, "share": 0.5, "usual_share": None}]
    body["similar_issues"] = [{"identifier": text[:20], "url": text, "title": text, "state": text}]
    body |= {"state": text, "severity": text, "suspected_release": text, "first_seen_at": text}
    body |= STAKE | {"tiers": {text: 3}, "currency": text}
    body["accounts_table"] = [dict.fromkeys(("name", "tier", "plan", "currency", "owner"), text) | {"arr": 1}]
    return body


def test_a_report_has_everything_an_engineer_needs() -> None:
    text = linear_text.description(BODY | {"evidence_url": "https://dash.example/findings?finding=bug-1"})
    for part in (
        "Desktop sync stops with", "It says SYNC", "[zendesk:101](https://desk.example/tickets/101)", "Open the app",
        "| app version | `4.12.0` | 93% | 12% |", "30 Jun 2026, 08:00 UTC", "9 accounts, 11 reporters, 14 tickets",
        "**Suspected release:** `4.12.0`", "14 reporters, 1.2 expected, 30 Jun 2026, 12:00 UTC to 1 Jul 2026",
        "Old sync bug", "share the error code",
        "Confidence 86%", "What would change this", "[Evidence: 14 tickets](https://dash.example/findings?finding=bug-1)",
    ):  # fmt: skip
        assert part in text, part


def test_missing_parts_leave_no_empty_headings() -> None:
    text = linear_text.description({"title": "t", "summary": "s", "state": "open", "severity": "low", "tickets": 1})
    headings = [line for line in text.splitlines() if line.startswith("## ")]
    assert headings == ["## What happens", "## Facts", "## Why these tickets belong together"]
    fallback, blocks = slack_text.alert({"title": "t", "tickets": 1})
    assert problems(blocks) == []
    assert fallback == "⚪ t: 1 ticket"


def test_an_alert_names_only_what_sets_its_tickets_apart() -> None:
    usual = {"name": "language", "value": "en", "share": 0.9, "usual_share": 0.88}
    _, blocks = slack_text.alert(BODY | {"environment": [*BODY["environment"], usual]})
    text = str(blocks)
    assert "4.12.0 93% (usually 12%)" in text
    assert "language" not in text
    assert "14 reporters, 1.2 expected" in text


def test_an_issue_says_who_is_affected_and_what_is_at_stake() -> None:
    text = linear_text.description(BODY | STAKE)
    assert "- **Accounts:** 5 (ARR 48,200 USD, 2 unknown): 3 enterprise, 2 business" in text
    table = text.split("## Who is affected\n\n")[1].split("\n\n## ")[0]
    assert table.splitlines()[2:] == [
        "| Kestrel \\| Freight | enterprise | Pro | 36,000 USD | 3 | Mira Okafor |",
        "| zendesk:2 | unknown | unknown | 9,000 CHF | 1 | unknown |",
        "| Lund | unknown | unknown | unknown | 1 | unknown |",
        "",
        "And 2 more accounts.",
    ]


def test_an_alert_says_what_is_at_stake_in_a_line() -> None:
    _, blocks = slack_text.alert(BODY | STAKE)
    fields = [field["text"] for block in blocks for field in block.get("fields", [])]
    assert "*Accounts*\n5 (ARR 48,200 USD, 2 unknown): 3 enterprise, 2 business" in fields


def test_the_segment_of_most_accounts_is_named_and_cannot_mention_anybody() -> None:
    body = BODY | STAKE | {"segment": "HEALTHCARE <!channel>"}
    _, blocks = slack_text.alert(body)
    fields = [field["text"] for block in blocks for field in block.get("fields", [])]
    assert (
        "*Accounts*\n5 (ARR 48,200 USD, 2 unknown): 3 enterprise, 2 business; most in HEALTHCARE &lt;!channel&gt;"
        in fields
    )
    assert "2 business; most in HEALTHCARE \\<\\!channel\\>" in linear_text.description(body)


def test_an_unknown_revenue_is_not_zero() -> None:
    assert words.stake({"accounts": 1200}) == "1,200 (ARR unknown)"
    assert words.stake({"accounts": 2, "arr": None, "accounts_without_arr": 2, "tiers": {"unknown": 1, "free": 1}}) == (
        "2 (ARR unknown): 1 free, 1 unknown"
    )
    assert words.stake({"accounts": 0, "arr": None}) == words.stake({}) == ""


def test_nothing_is_called_certain() -> None:
    assert "Confidence over 99%" in linear_text.description(BODY | {"confidence": 0.9999})


def test_unknown_shares_are_shown_as_unknown() -> None:
    body = BODY | {"environment": [{"name": "page", "value": "/settings", "share": 0.4, "usual_share": None}]}
    assert "| page | `/settings` | 40% | unknown |" in linear_text.description(body)


@settings(max_examples=150, deadline=None)
@given(EVIL)
def test_foreign_text_changes_nothing_in_the_structure_of_an_issue(text: str) -> None:
    def shape(body: dict[str, Any]) -> list[str]:
        return [token.type for token in PARSER.parse(linear_text.description(body))]

    harmless = with_text("word")
    evil = with_text(text)
    kept = {key: evil[key] if evil[key] and linear_text.for_markdown(str(evil[key])) else harmless[key] for key in evil}
    if not linear_text.for_markdown(text):
        return
    assert shape(kept)[-3:] == shape(harmless)[-3:]
    tokens = PARSER.parse(linear_text.description(kept))
    assert not [t for t in tokens if t.type in ("html_block", "fence", "code_block", "hr")]
    inline = [child for token in tokens for child in token.children or []]
    assert not [c for c in inline if c.type in ("image", "html_inline")]
    targets = {str(c.attrs["href"]) for c in inline if c.type == "link_open"}
    assert all(target.startswith("https://") for target in targets if linear_text.link(text) is None)
    headings = [t for t in tokens if t.type == "heading_open"]
    assert len(headings) == len(
        [t for t in PARSER.parse(linear_text.description(harmless)) if t.type == "heading_open"]
    )


@settings(max_examples=150, deadline=None)
@given(EVIL)
def test_the_live_block_is_found_whole_whatever_it_holds(text: str) -> None:
    current = f"above\n\n{linear_text.description(with_text(text))}\n\nbelow"
    assert linear_text.merged(current, BODY) == f"above\n\n{linear_text.description(BODY)}\n\nbelow"


@settings(max_examples=150, deadline=None)
@given(EVIL)
def test_slack_takes_every_message_and_sees_no_mention_in_it(text: str) -> None:
    body = with_text(text)
    digest = {"title": text, "sections": [{"heading": text, "lines": [text] * 9}] * 30, "totals": {text: text}}
    for fallback, blocks in (
        slack_text.alert(body, ("ENG-1", "https://linear.example/1")),
        slack_text.reply(body),
        slack_text.digest(digest),
        slack_text.notice(text),
    ):
        assert problems(blocks) == []
        assert fallback
        for block in blocks:
            parts = [block.get("text"), *block.get("fields", []), *block.get("elements", [])]
            for part in [p for p in parts if p and p["type"] == "mrkdwn"]:
                assert part["verbatim"]
                assert "<!" not in part["text"]
                assert "<@" not in part["text"]
                assert "<#" not in part["text"]


def test_the_evidence_address_is_made_whole() -> None:
    assert words.evidence_url({}, "bug 1", "https://d.example/") == "https://d.example/findings?finding=bug%201"
    assert (
        words.evidence_url({"evidence_url": "/findings?finding=x"}, "x", "https://d.example")
        == "https://d.example/findings?finding=x"
    )
    assert (
        words.evidence_url({"evidence_url": "https://else.example/x"}, "x", "https://d.example")
        == "https://else.example/x"
    )
