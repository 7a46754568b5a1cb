"""The sandbox's pages as a person sees them, in headless Chromium."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from slack_sdk import WebClient

from flows.sandbox.company import Company
from flows.sandbox.limits import RateLimits
from flows.sandbox.linear import API_KEY
from flows.sandbox.linear_seed import TEAM_ID
from flows.sandbox.server import SandboxServer
from flows.sandbox.slack import TOKEN

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
NASTY = "<script>document.title='owned'</script> <img src=x onerror=alert(1)> ![pixel](http://evil.test/p.png)"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc000000301"
    "0100c9fe92ef0000000049454e44ae426082"
)
CREATE = "mutation C($input: IssueCreateInput!) { issueCreate(input: $input) { issue { id identifier } } }"
UPSERT = "mutation U($input: CustomerUpsertInput!) { customerUpsert(input: $input) { customer { id } } }"
NEED = "mutation N($input: CustomerNeedCreateInput!) { customerNeedCreate(input: $input) { success } }"
ATTACH = "mutation A($input: AttachmentCreateInput!) { attachmentCreate(input: $input) { success } }"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed"),
]


@pytest.fixture(scope="module")
def company() -> Company:
    return Company.simulate(seed=7, months=6, tickets_per_month=120)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory, company: Company) -> Iterator[SandboxServer]:
    folder = tmp_path_factory.mktemp("sandbox")
    with SandboxServer(folder, company=company, rate_limits=RateLimits(speed=0)) as server:
        fill(server, company)
        yield server


def fill(server: SandboxServer, company: Company) -> None:
    bug = next(e for e in company.truth()["events"] if e["kind"] == "bug" and e["live"])
    link = f"{server.url}/zendesk/agent/tickets/{bug['ticket_ids'][0]}"

    def linear(query: str, **data: Any) -> dict[str, Any]:
        body = {"query": query, "variables": {"input": data}}
        return httpx.post(f"{server.url}/linear/graphql", json=body, headers={"Authorization": API_KEY}).json()["data"]

    description = f"## What happens\n\n| | Most |\n| --- | --- |\n| Browser | `Firefox` |\n\n{NASTY}"
    issue = linear(CREATE, teamId=TEAM_ID, title="Export stalls <b>now</b>", description=description, priority=1)
    linear(ATTACH, issueId=issue["issueCreate"]["issue"]["id"], url=link, title="The first ticket")
    customer = linear(
        UPSERT, name="Kestrel <b>Freight</b>", domains=["kestrel.test"], tierName="enterprise", revenue=36000
    )
    ids = {"issueId": issue["issueCreate"]["issue"]["id"], "customerId": customer["customerUpsert"]["customer"]["id"]}
    linear(NEED, **ids, body=f"> It hurts {NASTY}", priority=1)
    slack = WebClient(token=TOKEN, base_url=f"{server.url}/slack/api/")
    text = f"*Export stalls* &lt;!channel&gt; <{link}|a ticket> {NASTY.replace('<', '&lt;').replace('>', '&gt;')}"
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": "🔴 Export stalls"}},
        {"type": "section", "text": {"type": "mrkdwn", "text": text}},
    ]
    parent = slack.chat_postMessage(channel="C0ALERTS", text="Export stalls", blocks=blocks)
    slack.chat_postMessage(channel="C0ALERTS", text="It is _escalating_", thread_ts=parent["ts"])
    slack.files_upload_v2(channel="C0DIGEST", filename="week.png", content=PNG, title="The week")
    httpx.post(f"{server.url}/control/clock", json={"advance_hours": 12}).raise_for_status()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser, sandbox: SandboxServer) -> Iterator[Page]:
    """A page that fails the test when it asks another host for anything, or raises a dialog."""
    page = browser.new_page(base_url=sandbox.url)
    elsewhere: list[str] = []
    page.on("request", lambda request: None if request.url.startswith(sandbox.url) else elsewhere.append(request.url))
    page.on("dialog", lambda dialog: elsewhere.append(f"dialog: {dialog.message}"))
    yield page
    assert elsewhere == []
    page.close()


def test_the_board_leads_to_the_issue_and_the_issue_to_its_ticket(page: Page) -> None:
    page.goto("/board")
    page.locator("#state-in-progress").get_by_text("Export stalls <b>now</b>").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Export stalls <b>now</b>"
    assert page.locator(".prose table td code").inner_text() == "Firefox"
    assert page.get_by_text("Reproduced with one of the linked tickets").is_visible()
    page.get_by_role("link", name="The first ticket").click()
    assert page.locator("article .comment").count() >= 1
    assert page.get_by_text("App version").is_visible()


def test_an_issue_shows_its_customers_and_what_they_need(page: Page) -> None:
    page.goto("/board")
    assert page.get_by_text("1 customer", exact=False).first.is_visible()
    page.goto("/board/issue/ENG-1")
    card = page.locator("aside .card", has=page.get_by_role("heading", name="Customers (1)"))
    assert card.locator("b").first.inner_text() == "Kestrel <b>Freight</b>"
    assert "enterprise · 36,000 USD a year · kestrel.test" in card.inner_text()
    assert "It hurts" in card.locator("blockquote").inner_text()


def test_foreign_markup_is_shown_and_does_nothing(page: Page) -> None:
    for path in ("/board/issue/ENG-1", "/channels/C0ALERTS"):
        page.goto(path)
        assert page.title() != "owned"
        assert page.get_by_text("<script>").count() >= 1
        assert page.locator("img[src*='evil'], img[src='x'], .mention, script").count() == 0


def test_a_channel_shows_blocks_threads_and_reactions(page: Page) -> None:
    page.goto("/channels")
    message = page.locator("section > .message").first
    assert message.locator(".block.header").first.inner_text().strip() == "Export stalls"
    assert message.locator(".block.header svg[aria-label='🔴']").count() == 1
    assert message.locator(".thread i").inner_text() == "escalating"
    assert message.locator("> .said > .reactions .reaction").count() == 2
    page.get_by_role("link", name="# support-digest").click()
    image = page.get_by_alt_text("The week")
    expect(image).to_have_js_property("naturalWidth", 1)  # once it has been fetched, which is after the page has


def test_the_front_page_counts_and_the_helpdesk_lists(page: Page, company: Company) -> None:
    page.goto("/")
    assert page.locator(".tile b").all_inner_texts()[1:] == ["1", "3"]
    page.locator("a.tile", has_text="Helpdesk").click()
    page.locator("main table a").first.click()
    assert page.locator(".status").is_visible()
    assert page.goto("/board/issue/ENG-99").status == 404
    assert page.goto("/zendesk/agent/tickets/1").status == 404
