"""The dashboards in a real browser: what is drawn, where it leads, and that nothing is fetched from elsewhere."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]
WAIT = 30_000  # ms


@pytest.fixture(scope="module")
def served(published: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        str(ROOT / "dashboards" / "overview.py"),
        "--server.port",
        str(port),
    ]
    environment = {**os.environ, "GROUNDSWELL_HOME": str(published)}
    server = subprocess.Popen(
        command, cwd=published, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(120):
            try:
                if httpx.get(f"{url}/_stcore/health").is_success:
                    break
            except httpx.HTTPError:
                time.sleep(0.25)
        yield url
    finally:
        server.terminate()
        server.wait(timeout=60)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page(viewport={"width": 1440, "height": 2200})
    yield opened
    opened.close()


def test_the_overview_leads_from_a_number_to_its_tickets(served: str, page: Page) -> None:
    page.goto(served)
    expect(page.get_by_role("heading", name="Support this week")).to_be_visible(timeout=WAIT)
    expect(page.locator("[data-testid=stVegaLiteChart]")).to_have_count(2, timeout=WAIT)
    replied = page.get_by_role("link", name="See all 117", exact=True)
    replied.click()
    expect(page.get_by_role("heading", name="117 tickets first replied to")).to_be_visible(timeout=WAIT)
    assert "set=replied" in page.url


def test_a_mark_of_a_chart_leads_to_its_tickets(served: str, page: Page) -> None:
    page.goto(served)
    chart = page.locator("[data-testid=stVegaLiteChart]").first
    expect(chart).to_be_visible(timeout=WAIT)
    bar = chart.locator(".mark-rect path").nth(3)
    expect(bar).to_be_attached(timeout=WAIT)
    bar.dispatch_event("click")
    found = page.get_by_role("link", name="See the tickets:")
    expect(found).to_be_visible(timeout=WAIT)
    found.click()
    expect(page.get_by_role("heading", name="created from")).to_be_visible(timeout=WAIT)
    assert "intent=" in page.url


def test_a_finding_links_to_linear_and_to_its_evidence(served: str, page: Page) -> None:
    page.goto(served)
    tracker = page.get_by_role("link", name="ENG-12")
    expect(tracker).to_have_attribute("href", "https://linear.example/ENG-12", timeout=WAIT)
    page.get_by_role("link", name="Sync stops with SYNC").click()
    expect(page.get_by_role("heading", name="Evidence: 27 tickets")).to_be_visible(timeout=WAIT)
    assert "finding=bug-1" in page.url


def test_foreign_text_stays_text_and_nothing_is_fetched_from_elsewhere(served: str, page: Page) -> None:
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname or ""))
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    for path in ("/", "/findings?finding=topic-1", "/tickets", "/quality"):
        page.goto(served + path)
        expect(page.locator("h1").first).to_be_visible(timeout=WAIT)
        page.wait_for_timeout(1500)
        assert page.locator("a[href*='e.vil'], img[src*='e.vil']").count() == 0
    expect(page.get_by_role("heading", name="Quality of the data")).to_be_visible(timeout=WAIT)
    assert hosts - {""} == {"127.0.0.1"}
