"""Foreign text stays text: parsed by a real Markdown parser, and read by Slack's own rules."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from flows.core.neutralise import JOINER, clip, code, for_markdown, for_slack, link, plain

PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])

NASTY = st.sampled_from(
    [
        "<!channel>", "<@U123>", "@here", "@everyone", "#general", "*bold*", "_it_", "~s~", "`c`", "```", "~~~",
        "# h", "> q", "- l", "1. l", "1) l", "+ l", "===", "---", "| a | b |", "|---|", "![x](http://e.vil/a.png)",
        "[x](javascript:alert(1))", "<https://e.vil|click>", "<img src=x onerror=alert(1)>", "<!-- c -->",
        "https://evil.example/a?b=c", "www.evil.example", "mailto:a@evil.example", "ENG-123", "&lt;b&gt;", "&#60;",
        ":poop:", ":+1:", "\n", "\r\n", "\n\n", "    ", "\t", "\\", "\u202e", "\u200b", "\u2066", "\u2028", "\x00",
        "[a]: http://e.vil", "[^1]", "+++", "$$", "\ud800", "_", "*", "__init__", "a_b_c", "ERR_SYNC-409", ":", "@",
    ]
)  # fmt: skip
TEXTS = st.lists(st.one_of(NASTY, st.text(max_size=8)), max_size=12).map("".join)


def _words(tokens: list) -> str:
    """The text of a parsed line; fails on any token that is not text."""
    kinds = {child.type for token in tokens for child in token.children or []}
    assert kinds <= {"text", "text_special"}, kinds
    return "".join(child.content for token in tokens for child in token.children or [])


@given(TEXTS)
def test_markdown_parses_to_one_paragraph_that_reads_the_same(text: str) -> None:
    inert = for_markdown(text)
    tokens = PARSER.parse(inert)
    if not plain(text):
        assert inert == ""
        return
    assert [t.type for t in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    assert _words(tokens).replace(JOINER, "") == plain(text)


@given(TEXTS)
def test_markdown_text_breaks_no_quote_list_heading_or_table(text: str) -> None:
    inert = for_markdown(text)
    if not inert:
        return
    for before, opening in (("> ", "blockquote_open"), ("- ", "bullet_list_open"), ("## ", "heading_open")):
        tokens = PARSER.parse(f"{before}{inert}\n\nnext")
        assert tokens[0].type == opening
        _words([t for t in tokens if t.type == "inline"])
        assert tokens[-2].content == "next"
    table = PARSER.parse(f"| a | b |\n| --- | --- |\n| {inert} | {code(text)} |\n\nnext")
    assert [t.type for t in table].count("td_open") == 2
    assert [t.type for t in table].count("tr_open") == 2


@given(TEXTS)
def test_a_code_span_holds_everything(text: str) -> None:
    span = code(text)
    if span:
        [inline] = [t for t in PARSER.parse(span) if t.type == "inline"]
        assert [c.type for c in inline.children or []] == ["code_inline"]


@given(TEXTS)
def test_nothing_in_slack_text_is_a_mention_a_link_or_a_format(text: str) -> None:
    inert = for_slack(text)
    assert not re.search(r"[<>*~`\n\r]", inert)
    assert not re.search(r"&(?!amp;|lt;|gt;)", inert)
    assert not re.search(r"[@#][^\W_]", inert)
    assert "://" not in inert
    assert not re.search(r"(?<!\w)_|_(?!\w)", inert)
    assert not re.search(r":[a-z+][a-z0-9_+-]*:", inert)
    back = inert.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").replace(JOINER, "")
    lookalikes = str.maketrans({"∗": "*", "∼": "~", "ˋ": "`", "＿": "_", "꞉": ":"})
    assert back.translate(lookalikes) == plain(text).translate(lookalikes)


@given(TEXTS)
def test_plain_text_is_one_line_without_hidden_characters(text: str) -> None:
    line = plain(text)
    assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs") for c in line)
    assert plain(line) == line


@pytest.mark.parametrize(
    "text", ["@here", "@channel", "@Ann", "ENG-123", "www.evil.com", "https://evil.com/a", "a.b@evil.com"]
)
def test_what_vendors_recognise_in_plain_text_is_kept_apart(text: str) -> None:
    for inert in (for_markdown(text), for_slack(text) if text != "ENG-123" else for_markdown(text)):
        assert JOINER in inert


def test_versions_times_and_error_codes_read_on() -> None:
    assert for_markdown("4.12.0 at 10:30") == "4.12.0 at 10:30"
    assert for_slack("SYNC_ERROR in 4.12.0 at 10:30:45") == "SYNC_ERROR in 4.12.0 at 10:30:45"
    assert code("SYNC-409") == "`SYNC-409`"


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "http://", "ftp://a/b", "", None, "https://a b", "https://u:p@a", "//a", "https://[x"]
)  # fmt: skip
def test_only_web_addresses_become_links(url: str | None) -> None:
    assert link(url) is None


def test_a_link_cannot_leave_its_markup() -> None:
    assert link("https://a.example/x?y=(1)|<b>") == "https://a.example/x?y=%281%29%7C%3Cb%3E"
    assert link("https://a.example/t/1?finding=b-1") == "https://a.example/t/1?finding=b-1"


@given(st.text(), st.integers(2, 50))
def test_clipping_never_exceeds_its_limit(text: str, limit: int) -> None:
    assert len(clip(text, limit)) <= limit
