"""A workplace for push: a sandbox of vendors, a run with its stores, and rows as the publish models give them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from flows.core import http
from flows.core.keys import digest
from flows.core.run import Run
from flows.push.slack import open_messenger
from flows.sandbox.limits import RateLimits
from flows.sandbox.linear import API_KEY
from flows.sandbox.server import SandboxServer
from flows.sandbox.slack import TOKEN
from flows.settings import Destinations, Linear, Settings, Slack

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
BODY: dict[str, Any] = {
    "title": "Sync fails with SYNC-409 after 4.12.0",
    "kind": "bug",
    "state": "open",
    "severity": "high",
    "confidence": 0.86,
    "why_confident": "9 accounts tell of one error code within a day of the release",
    "what_would_change_it": "the same code on 4.11",
    "summary": "Desktop sync stops with SYNC-409 since 4.12.0.",
    "first_seen_at": "2026-06-30T08:00:00Z",
    "last_seen_at": "2026-07-01T11:30:00Z",
    "tickets": 14,
    "reporters": 11,
    "accounts": 9,
    "release": "4.12.0",
    "suspected_release": "4.12.0",
    "environment": [{"name": "app version", "value": "4.12.0", "share": 0.93, "usual_share": 0.12}],
    "quotes": [
        {"ticket_id": f"zendesk:{n}", "url": f"https://desk.example/tickets/{n}", "text": text, "at": "2026-07-01"}
        for n, text in ((101, "It says SYNC-409"), (102, "sync is dead"))
    ],
    "steps": "Open the app, press sync, wait.",
    "grouped_because": "They share the error code SYNC-409 and the release.",
    "similar_issues": [
        {"identifier": "ENG-3", "url": "https://linear.example/ENG-3", "title": "Old sync bug", "state": "Done"}
    ],
    "window": {"start": "2026-06-30T12:00:00Z", "end": "2026-07-01T12:00:00Z", "observed": 14, "expected": 1.2},
    "evidence_url": None,
    "evidence_total": 14,
}  # fmt: skip


def linear_row(finding: str = "bug-1", *, operation: str = "create", rank: int = 1, **body: Any) -> dict[str, Any]:
    content = BODY | body
    return {
        "delivery_key": f"linear:{finding}:1", "finding_key": finding, "episode": 1, "operation": operation,
        "issue_id": None, "title": content["title"], "priority": 2, "labels": ["groundswell", "bug"],
        "related_issue_ids": [], "body": content, "content_hash": digest(repr(content)), "rank": rank,
        "is_held_back": False, "hold_reason": None,
    }  # fmt: skip


def slack_row(
    finding: str = "bug-1", *, operation: str = "post", state: str | None = None, rank: int = 1, **body: Any
) -> dict[str, Any]:
    content = BODY | ({"state": state} if state else {}) | body
    alert = f"slack:{finding}:1"
    return {
        "delivery_key": f"{alert}:{state}" if state else alert, "finding_key": finding, "channel_role": "alerts",
        "thread_delivery_key": alert if state else None, "operation": operation, "body": content,
        "content_hash": digest(repr(content)), "rank": rank, "is_held_back": False, "hold_reason": None,
    }  # fmt: skip


def no_wait(_: float) -> None:
    """Vendors' waits are not waited for."""


@dataclass
class Workplace:
    """A sandbox and a home. `run()` starts the next run, an hour later each time."""

    sandbox: SandboxServer
    settings: Settings
    runs: int = 0

    def run(self) -> Run:
        self.runs += 1
        return Run.start("hourly", self.settings, now=NOW + timedelta(hours=self.runs))

    def fault(self, vendor: str, kind: str, *, match: str, times: int = 1, **more: Any) -> None:
        given = {"vendor": vendor, "kind": kind, "match": match, "times": times, **more}
        httpx.post(f"{self.sandbox.url}/control/faults", json=given).raise_for_status()

    def linear(self, document: str, **variables: Any) -> dict[str, Any]:
        answer = httpx.post(
            f"{self.sandbox.url}/linear/graphql",
            json={"query": document, "variables": variables},
            headers={"Authorization": API_KEY},
        ).json()
        assert "errors" not in answer, answer
        return answer["data"]

    def issues(self) -> list[dict[str, Any]]:
        document = """{ issues(first: 50, includeArchived: true) { nodes {
            id identifier url title description priority state { type } labels(first: 9) { nodes { name } }
            attachments(first: 50) { nodes { url title } } comments(first: 9) { nodes { id body } }
            relations(first: 9) { nodes { relatedIssue { id } } } } } }"""
        return self.linear(document)["issues"]["nodes"]

    def slack(self, method: str, **params: Any) -> dict[str, Any]:
        answer = httpx.get(
            f"{self.sandbox.url}/slack/api/{method}", params=params, headers={"Authorization": f"Bearer {TOKEN}"}
        ).json()
        assert answer["ok"], answer
        return answer

    def messages(self, channel: str = "C0ALERTS") -> list[dict[str, Any]]:
        return self.slack("conversations.history", channel=channel, include_all_metadata=True)["messages"]

    def replies(self, ts: str, channel: str = "C0ALERTS") -> list[dict[str, Any]]:
        return self.slack("conversations.replies", channel=channel, ts=ts, include_all_metadata=True)["messages"][1:]


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workplace]:
    monkeypatch.setenv("GROUNDSWELL_LINEAR_API_KEY", API_KEY)
    monkeypatch.setenv("GROUNDSWELL_SLACK_BOT_TOKEN", TOKEN)
    monkeypatch.setattr("flows.push.linear_client.http.Client", partial(http.Client, sleep=no_wait))
    monkeypatch.setattr("flows.push.run.open_messenger", partial(open_messenger, sleep=no_wait))
    with SandboxServer(tmp_path / "sandbox", rate_limits=RateLimits(speed=0)) as sandbox:
        settings = Settings(
            home=tmp_path / "home",
            dashboard_url="https://dash.example",
            destinations=Destinations(
                linear=Linear(team="ENG", api_url=f"{sandbox.url}/linear/graphql", requests_per_minute=6000),
                slack=Slack(
                    alerts_channel="C0ALERTS", digest_channel="C0DIGEST", ops_channel="C0OPS",
                    api_url=f"{sandbox.url}/slack/api/",
                ),
            ),
        )  # fmt: skip
        yield Workplace(sandbox, settings)
