"""Ticket text is only text wherever it is shown: it mentions nobody, links nowhere, formats nothing, moves no cursor.

A company whose every ticket, person, organisation, company and plan carries one of the texts of `hostile.HOSTILE`.
"""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from end_state import _BOARD
from hostile import HOSTILE, PERSONAL, hidden, in_markdown, in_slack, in_words, install, slack_texts
from hourly_runs import TinyCompany, tiny_company
from rich.console import Console
from search_everything import search_everything
from streamlit.testing.v1 import AppTest
from typer.testing import CliRunner

import flows.cli
from flows.core.report import markdown
from flows.core.run import Run
from flows.findings import list_findings
from flows.landing.store import Store
from flows.settings import PROJECT_DIR, load_settings
from flows.stages import Direct, execute_stage
from flows.warehouse.duck import reader

pytestmark = pytest.mark.timeout(3600)
DASHBOARD = "http://127.0.0.1:8501"


class Lines(logging.Handler):
    """Log lines as the command line prints them."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__()
        self.lines, self.formatter = lines, flows.cli.InertLines("%(message)s")

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


class Shown:
    """The company after its run, with the report and the log of it."""

    def __init__(self, company: TinyCompany, report: str, logged: list[str]) -> None:
        self.company, self.report, self.logged = company, report, logged
        self.ours = (company.url, DASHBOARD)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    with pytest.MonkeyPatch.context() as patch, tiny_company(tmp_path_factory.mktemp("hostile")) as company:
        install(patch)
        lines: list[str] = []
        handler = Lines(lines)
        logging.getLogger("groundswell").addHandler(handler)
        logging.getLogger("flows").addHandler(handler)
        company.set_clock(company.now + timedelta(hours=7))
        run = company.run("hourly")
        yield Shown(company, markdown(run), lines)
        for name in ("groundswell", "flows"):
            logging.getLogger(name).removeHandler(handler)


def board(company: TinyCompany) -> list[dict[str, Any]]:
    """The issues of the Linear board."""
    answer = httpx.post(
        f"{company.url}/linear/graphql", json={"query": _BOARD, "variables": {"after": None}},
        headers={"Authorization": os.environ["GROUNDSWELL_LINEAR_API_KEY"]}, timeout=60,
    ).json()  # fmt: skip
    issues: list[dict[str, Any]] = answer["data"]["issues"]["nodes"]
    return issues


def test_the_texts_came_in_and_reached_what_is_shown(shown: Shown) -> None:
    """Else the tests below would prove nothing."""
    assert len(HOSTILE) >= 40
    tickets = "\n".join(Store(load_settings().landing).read("zendesk", "tickets")["payload"])
    assert sum(json.dumps(text)[1:-1] in tickets for text in HOSTILE) >= 40
    assert list_findings(load_settings())
    said = json.dumps([board(shown.company), shown.company.slack("C0ALERTS"), shown.company.slack("C0DIGEST")])
    assert any(word in said for word in ("channel", "evil", "click", "jndi", "cmd"))


def test_linear_is_told_words_alone(shown: Shown) -> None:
    issues = board(shown.company)
    assert issues
    for issue in issues:
        needs = issue["needs"]["nodes"]
        marked_up = [issue["description"] or "", *(c["body"] for c in issue["comments"]["nodes"])]
        marked_up += [need["body"] or "" for need in needs]
        assert [found for text in marked_up for found in in_markdown(text, shown.ours)] == []
        names = [issue["title"], *(a["title"] for a in issue["attachments"]["nodes"])]
        names += [need["customer"]["name"] for need in needs]
        assert [found for text in names for found in [*in_words(text, shown.ours), *hidden(text)]] == []
        assert [a["url"] for a in issue["attachments"]["nodes"] if not a["url"].startswith(shown.ours)] == []


def test_slack_is_told_words_alone(shown: Shown) -> None:
    messages = [m for channel in ("C0ALERTS", "C0DIGEST", "C0OPS") for m in shown.company.slack(channel)]
    assert messages
    for message in messages:
        assert in_slack(message["text"], shown.ours) == []
        for kind, text in slack_texts(message.get("blocks")):
            found = in_slack if kind == "mrkdwn" else in_words  # Slack reads no markup in plain_text
            assert (text, found(text, shown.ours), hidden(text)) == (text, [], [])


def test_personal_data_of_tickets_leaves_nowhere(shown: Shown) -> None:
    """Not for Linear or Slack, and not into the copy that is served, the report or the log."""
    told = json.dumps([board(shown.company), *(shown.company.slack(c) for c in ("C0ALERTS", "C0DIGEST", "C0OPS"))])
    assert [value for value in PERSONAL if value in told + shown.report + "\n".join(shown.logged)] == []
    unspaced = [value.replace(" ", "") for value in PERSONAL]
    found = search_everything(load_settings().serving_dir, [*PERSONAL, *unspaced])
    assert [str(hit) for hit in found.hits] == []
    assert found.decoded["DuckDB"]
    assert search_everything(shown.company.home / "landing", PERSONAL).hits  # where it was looked for in vain is right


def test_reports_and_artifacts_are_words_alone(shown: Shown) -> None:
    assert in_markdown(shown.report, shown.ours) == []


def test_a_log_line_stays_one_line(shown: Shown) -> None:
    assert [line for line in shown.logged if "\n" in line or hidden(line)] == []


def test_a_terminal_is_told_words_alone(shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal with colours: what is left besides our own colours moves no cursor and links nowhere."""
    monkeypatch.setattr(flows.cli, "console", Console(emoji=False, force_terminal=True, width=160))
    ticket = f"zendesk:{Store(load_settings().landing).read('zendesk', 'tickets')['id'][0]}"
    account = accounts()[0]
    commands = [["findings"], ["findings", "--all"], ["findings", "--format", "json"], ["accounts"],
                ["accounts", account], ["accounts", account, "--format", "json"], ["explain", ticket],
                ["explain", ticket, "--format", "json"], ["edge-cases"], ["edge-cases", "--format", "json"],
                ["explain", list_findings(load_settings())[0]["finding_key"]]]  # fmt: skip
    for command in commands:
        done = CliRunner().invoke(flows.cli.app, command)
        assert done.exit_code == 0, (command, done.exception)
        without_colours = re.sub(r"\x1b\[[0-9;]*m", "", done.output)
        assert (command, hidden(without_colours)) == (command, [])
        assert "\x1b]8" not in done.output
        if "json" in command:
            json.loads(done.output)


def test_a_dry_run_shows_words_alone(shown: Shown, capsys: pytest.CaptureFixture[str]) -> None:
    os.environ["GROUNDSWELL_DRY_RUN"] = "true"
    try:
        run = Run.start("hourly", load_settings())
        execute_stage(run, Direct(), "push")
    finally:
        del os.environ["GROUNDSWELL_DRY_RUN"]
    assert hidden(capsys.readouterr().out) == []


def accounts() -> list[str]:
    with reader(load_settings()) as con:
        return [row[0] for row in con.sql("select account_key from marts.dim_accounts order by 1").fetchall()]


@pytest.mark.parametrize("page", ["week", "findings", "finding", "accounts", "account", "tickets", "quality"])
def test_the_dashboards_show_words_alone(page: str, shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    """Markdown that Streamlit is given; tables, texts and charts are drawn as they are."""
    monkeypatch.syspath_prepend(str(PROJECT_DIR / "dashboards"))
    app = AppTest.from_file(str(PROJECT_DIR / "dashboards" / "overview.py"), default_timeout=300)
    app.run()
    address = {
        "finding": ("findings", list_findings(load_settings())[0]["finding_key"]),
        "account": ("accounts", accounts()[0]),
    }
    if page != "week":
        name, key = address.get(page, (page, None))
        app.switch_page(f"views/{name}.py")
        if key:
            app.query_params[page] = key
        app.run()
    assert not app.exception, app.exception
    given = [str(e.value) for kind in ("title", "header", "subheader", "markdown", "caption") for e in app.get(kind)]
    given += [e.proto.label for e in app.get("page_link")]
    assert [found for text in given for found in in_markdown(text, shown.ours)] == []
    assert [text for text in given if re.search(r"(?<!\\):(red|tada|material)", text) and "evil" in text] == []
    links = [row for table in app.dataframe for name in table.value.columns if name in ("url", "tracker_url")
             for row in table.value[name].dropna()]  # fmt: skip
    assert [url for url in links if not str(url).startswith(shown.ours)] == []
