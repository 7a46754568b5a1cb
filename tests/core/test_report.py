"""A run's report: what it says, and that what it quotes stays text."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from flows.core.neutralise import JOINER
from flows.core.report import markdown
from flows.core.run import Run
from flows.settings import Settings

HOSTILE = (
    "<img src=x> [click](https://evil.test) **loud** `code` | cell\n# Heading\n- item\u202e ![i](https://e.test/i)"
)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run.start("hourly", Settings(home=tmp_path), now=datetime(2026, 7, 1, tzinfo=UTC))


def test_the_report_says_what_went_through_and_what_did_not(run: Run) -> None:
    run.report.count("pulled.zendesk.tickets", 3)
    run.report.sent.append({"destination": "linear", "operation": "create", "title": "Sync fails"})
    run.report.late_sources["zendesk"] = "last complete pull never"
    text = markdown(run)
    assert text.startswith("# hourly 2026-07-01T00:00:00Z")
    assert "| `pulled.zendesk.tickets` | 3 |" in text
    assert "- linear: create Sync fails" in text
    assert "- zendesk: last complete pull never" in text
    assert "## Problems\n\n- none" in text


def test_text_from_outside_does_nothing_in_the_report(run: Run) -> None:
    run.report.sent.append({"destination": "slack", "operation": "post", "title": HOSTILE})
    run.report.held_back.append({"title": HOSTILE, "reason": HOSTILE})
    run.report.late_sources["zendesk"] = HOSTILE
    run.report.bad_sources["zendesk"] = HOSTILE
    run.report.unknown.append(HOSTILE)
    run.report.problems.append(HOSTILE)
    plain = [line for line in markdown(run).splitlines() if line.startswith("- ")]
    assert len(plain) == 6
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown(run))
    kinds = {child.type for token in tokens for child in token.children or []} | {token.type for token in tokens}
    assert not kinds & {"image", "link_open", "strong_open", "html_inline", "html_block", "hr"}
    headings = [tokens[i + 1].content for i, token in enumerate(tokens) if token.type == "heading_open"]
    assert "Heading" not in headings
    assert "\u202e" not in markdown(run)
    assert f"evil.{JOINER}test" in markdown(run)
