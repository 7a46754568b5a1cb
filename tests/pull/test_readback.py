"""Read-back against the emulators: what people did with our issues and messages comes home, once."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest
from graphql import build_schema, parse, validate
from slack_sdk import WebClient

from flows.core.clock import iso
from flows.core.errors import ConfigError, VendorError
from flows.core.http import Client
from flows.core.run import Run
from flows.pull import linear as documents
from flows.pull.inspect import inspect
from flows.pull.run import pull_readback
from flows.sandbox.limits import RateLimits
from flows.sandbox.linear import API_KEY
from flows.sandbox.server import SandboxServer
from flows.sandbox.slack import TOKEN
from flows.settings import Destinations, Linear, Settings, Slack

SPECS = os.environ.get("GROUNDSWELL_SPECS", "")
METADATA = {"event_type": "groundswell", "event_payload": {"finding_key": "bug-1", "delivery_key": "slack:bug-1:1"}}


@dataclass
class Office:
    """Emulated Linear and Slack, and a home that reads back from them."""

    sandbox: SandboxServer
    home: Path
    now: datetime

    @property
    def settings(self) -> Settings:
        return Settings(
            home=self.home,
            destinations=Destinations(
                linear=Linear(team="ENG", api_url=f"{self.sandbox.url}/linear/graphql", requests_per_minute=60_000),
                slack=Slack(
                    alerts_channel="C0ALERTS", digest_channel="C0DIGEST", api_url=f"{self.sandbox.url}/slack/api/"
                ),
            ),
        )

    def pull(self, destination: Literal["linear", "slack"]) -> dict[str, int]:
        run = Run.start("hourly", self.settings, now=self.now)
        return pull_readback(run, destination).counts

    def landed(self, source: str, stream: str) -> list[dict[str, Any]]:
        frame = Run.start("hourly", self.settings, now=self.now).landing.read(source, stream).sort("seq")
        return [{**json.loads(row["payload"]), "_backfill": row["backfill"]} for row in frame.iter_rows(named=True)]

    def advance(self, **span: float) -> None:
        self.now += timedelta(**span)
        httpx.post(f"{self.sandbox.url}/control/clock", json={"now": iso(self.now)}).raise_for_status()

    def clear_faults(self) -> None:
        httpx.delete(f"{self.sandbox.url}/control/faults").raise_for_status()

    def fault(self, vendor: str, kind: str, match: str = "", times: int = 1, **more: Any) -> None:
        fault = {"vendor": vendor, "kind": kind, "match": match, "times": times, **more}
        httpx.post(f"{self.sandbox.url}/control/faults", json=fault).raise_for_status()

    def linear(self, document: str) -> dict[str, Any]:
        headers = {"Authorization": API_KEY}
        answer = httpx.post(f"{self.sandbox.url}/linear/graphql", json={"query": document}, headers=headers).json()
        assert "errors" not in answer, answer
        return dict(answer["data"])

    def file(self, count: int, prefix: str = "Bug") -> list[str]:
        team = self.linear('{ teams(filter: {key: {eq: "ENG"}}) { nodes { id } } }')["teams"]["nodes"][0]["id"]
        parts = [
            f'i{n}: issueCreate(input: {{teamId: "{team}", title: "{prefix} {n}"}}) {{ issue {{ id }} }}'
            for n in range(count)
        ]
        made: dict[str, Any] = {}
        for start in range(0, count, 10):
            made |= self.linear(f"mutation {{ {' '.join(parts[start : start + 10])} }}")
        return [made[f"i{n}"]["issue"]["id"] for n in range(count)]

    def state(self, kind: str) -> str:
        nodes = self.linear("{ workflowStates(first: 50) { nodes { id type } } }")["workflowStates"]["nodes"]
        return str(next(node["id"] for node in nodes if node["type"] == kind))

    @property
    def slack(self) -> WebClient:
        return WebClient(token=TOKEN, base_url=f"{self.sandbox.url}/slack/api/")


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    monkeypatch.setenv("GROUNDSWELL_LINEAR_API_KEY", API_KEY)
    monkeypatch.setenv("GROUNDSWELL_SLACK_BOT_TOKEN", TOKEN)
    monkeypatch.setattr("flows.pull.linear.Client", functools.partial(Client, sleep=lambda _: None))
    with SandboxServer(tmp_path / "sandbox", rate_limits=RateLimits(speed=0)) as sandbox:
        now = datetime.fromisoformat(httpx.get(f"{sandbox.url}/control/clock").json()["now"]).astimezone(UTC)
        yield Office(sandbox, tmp_path / "home", now)


# -- Linear


def test_issues_states_and_comments_land_with_what_people_did(office: Office) -> None:
    first, second = office.file(2)
    done = office.state("completed")
    office.linear(f'mutation {{ issueUpdate(id: "{first}", input: {{stateId: "{done}"}}) {{ success }} }}')
    office.linear(
        "mutation { issueRelationCreate(input: "
        f'{{issueId: "{second}", relatedIssueId: "{first}", type: duplicate}}) {{ success }} }}'
    )
    office.linear(f'mutation {{ commentCreate(input: {{issueId: "{first}", body: "Fixed in 4.12.1"}}) {{ success }} }}')
    counts = office.pull("linear")
    assert counts["issues"] == 2 and counts["comments"] == 1 and counts["workflow_states"] >= 5
    issues = {issue["id"]: issue for issue in office.landed("linear", "issues")}
    assert issues[first]["state"]["type"] == "completed" and issues[first]["completedAt"]
    [relation] = issues[second]["relations"]["nodes"]
    assert (relation["type"], relation["relatedIssue"]["id"]) == ("duplicate", first)
    assert office.landed("linear", "comments")[0]["issue"]["id"] == first


def test_only_changed_issues_land_again_and_archived_ones_are_seen(office: Office) -> None:
    ids = office.file(3)
    office.pull("linear")
    assert office.pull("linear") == {"workflow_states": 0, "issues": 0, "comments": 0}
    office.advance(hours=1)
    office.linear(f'mutation {{ issueUpdate(id: "{ids[1]}", input: {{priority: 1}}) {{ success }} }}')
    office.linear(f'mutation {{ issueArchive(id: "{ids[2]}") {{ success }} }}')
    assert office.pull("linear")["issues"] == 2
    newest = {issue["id"]: issue for issue in office.landed("linear", "issues")}
    assert newest[ids[1]]["priority"] == 1 and newest[ids[2]]["archivedAt"]


def test_many_pages_land_once_through_faults(office: Office) -> None:
    ids = office.file(120)
    for kind in ("rate_limit", "error", "truncated", "malformed"):
        office.fault("linear", kind, "GroundswellIssues")
    assert office.pull("linear")["issues"] == 120
    assert sorted(issue["id"] for issue in office.landed("linear", "issues")) == sorted(ids)


def test_a_pass_that_stopped_between_pages_goes_on_there(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = office.file(120)
    monkeypatch.setattr("flows.pull.run.COMMIT_ROWS", 50)
    query, calls = documents.query, []

    def dies(*arguments: Any) -> Any:
        calls.append(arguments[1])
        if calls.count(documents.ISSUES) == 3:
            raise KeyboardInterrupt
        return query(*arguments)

    monkeypatch.setattr(documents, "query", dies)
    with pytest.raises(KeyboardInterrupt):
        office.pull("linear")
    assert len(office.landed("linear", "issues")) == 100
    monkeypatch.setattr(documents, "query", query)
    assert office.pull("linear")["issues"] == 20
    landed = office.landed("linear", "issues")
    assert sorted(issue["id"] for issue in landed) == sorted(ids)
    assert all(issue["_backfill"] for issue in landed)


def test_what_is_filed_after_an_empty_first_pull_is_not_history(office: Office) -> None:
    office.pull("linear")
    office.advance(hours=1)
    office.file(1)
    office.pull("linear")
    assert [issue["_backfill"] for issue in office.landed("linear", "issues")] == [False]


def test_a_wrong_key_names_its_variable(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROUNDSWELL_LINEAR_API_KEY", "lin_api_wrong")
    with pytest.raises(VendorError, match="GROUNDSWELL_LINEAR_API_KEY") as caught:
        office.pull("linear")
    assert "lin_api_wrong" not in str(caught.value)


@pytest.mark.skipif(not SPECS, reason="GROUNDSWELL_SPECS names no folder of API descriptions")
@pytest.mark.parametrize("name", ["WORKFLOW_STATES", "ISSUES", "COMMENTS", "VIEWER"])
def test_documents_are_valid_against_linears_own_schema(name: str) -> None:
    schema = build_schema((Path(SPECS) / "linear-schema.graphql").read_text(), assume_valid=True)
    assert validate(schema, parse(getattr(documents, name))) == []


# -- Slack


def test_our_messages_land_with_metadata_and_again_when_reactions_or_text_change(office: Office) -> None:
    sent = office.slack.chat_postMessage(channel="C0ALERTS", text="Sync fails", metadata=METADATA)
    office.slack.chat_postMessage(channel="C0ALERTS", text="no finding of ours")
    assert office.pull("slack") == {"messages": 1}
    assert office.pull("slack") == {"messages": 0}
    office.slack.reactions_add(channel="C0ALERTS", timestamp=sent["ts"], name="+1")
    assert office.pull("slack") == {"messages": 1}
    office.slack.chat_update(channel="C0ALERTS", ts=sent["ts"], text="Sync is fixed", metadata=METADATA)
    assert office.pull("slack") == {"messages": 1}
    first, second, third = office.landed("slack", "messages")
    assert first["channel"] == "C0ALERTS" and first["metadata"] == METADATA and "reactions" not in first
    assert second["reactions"][0]["name"] == "+1" and third["text"] == "Sync is fixed"


def test_messages_older_than_thirty_days_are_let_go(office: Office) -> None:
    sent = office.slack.chat_postMessage(channel="C0DIGEST", text="Digest", metadata=METADATA)
    office.pull("slack")
    office.advance(days=31)
    office.slack.reactions_add(channel="C0DIGEST", timestamp=sent["ts"], name="+1")
    assert office.pull("slack") == {"messages": 0}
    run = Run.start("hourly", office.settings, now=office.now)
    assert run.landing.cursor("slack", "messages") == {"messages": {}}


@pytest.mark.parametrize("kind", ["rate_limit", "error", "truncated", "malformed", "drop_after_write"])
def test_slack_faults_pass(office: Office, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda _: None)
    for n in range(3):
        office.slack.chat_postMessage(channel="C0ALERTS", text=f"Alert {n}", metadata=METADATA)
    office.fault("slack", kind, "conversations.history")
    assert office.pull("slack") == {"messages": 3}


def test_slack_is_not_waited_for_as_long_as_it_may_ask(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("tenacity.nap.time.sleep", slept.append)
    office.fault("slack", "rate_limit", "conversations.history", times=100, retry_after=7)
    with pytest.raises(VendorError, match="ratelimited"):
        office.pull("slack")
    assert slept == [7] * 5
    office.clear_faults()
    office.fault("slack", "rate_limit", "conversations.history", retry_after=3600)
    with pytest.raises(VendorError, match="ratelimited"):
        office.pull("slack")
    assert slept == [7] * 5  # the next run is sooner
    office.pull("slack")


def test_a_channel_without_the_bot_says_what_to_do(office: Office) -> None:
    settings = office.settings
    assert settings.destinations.slack
    settings.destinations.slack.alerts_channel = "C0NOWHERE"
    run = Run.start("hourly", settings, now=office.now)
    with pytest.raises(VendorError, match=r"conversations\.history is refused: channel_not_found.*channel ids"):
        pull_readback(run, "slack")


# -- both


def test_inspection_of_destinations_says_who_we_are(office: Office) -> None:
    linear, slack = inspect(office.settings, "linear"), inspect(office.settings, "slack")
    assert "team ENG" in linear.who
    assert "the team is found" in linear.access
    assert "C0ALERTS, C0DIGEST" in slack.who
    assert (slack.notes, linear.will_fail, slack.will_fail) == ([], False, False)


def test_inspection_says_which_channel_the_bot_cannot_read(office: Office) -> None:
    settings = office.settings
    assert settings.destinations.slack
    settings.destinations.slack.alerts_channel = "C0NOWHERE"
    found = inspect(settings, "slack")
    (note,) = found.notes
    assert note.startswith("channel C0NOWHERE cannot be read: ")
    assert "channel_not_found" in note
    assert found.will_fail


def test_a_destination_that_is_not_configured_is_named(office: Office, tmp_path: Path) -> None:
    run = Run.start("hourly", Settings(home=tmp_path / "bare"), now=office.now)
    with pytest.raises(ConfigError, match="linear is not configured"):
        pull_readback(run, "linear")
