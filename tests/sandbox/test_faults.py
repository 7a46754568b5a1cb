"""Faults on demand, seen from a client."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from flows.sandbox.limits import RateLimits
from flows.sandbox.linear import API_KEY
from flows.sandbox.linear_seed import TEAM_ID
from flows.sandbox.server import SandboxServer
from flows.sandbox.slack import TOKEN

CREATE = "mutation CreateIssue($input: IssueCreateInput!) { issueCreate(input: $input) { success } }"
LIST = "query ListIssues { issues { nodes { title } } }"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxServer]:
    with SandboxServer(tmp_path_factory.mktemp("sandbox"), rate_limits=RateLimits(speed=0)) as server:
        yield server


@pytest.fixture(autouse=True)
def no_faults_left(sandbox: SandboxServer) -> Iterator[None]:
    yield
    httpx.delete(f"{sandbox.url}/control/faults")


def order(sandbox: SandboxServer, **fault: Any) -> None:
    httpx.post(f"{sandbox.url}/control/faults", json=fault).raise_for_status()


def linear(sandbox: SandboxServer, query: str, **variables: Any) -> httpx.Response:
    body = {"query": query, "variables": variables}
    return httpx.post(f"{sandbox.url}/linear/graphql", json=body, headers={"Authorization": API_KEY})


def create(sandbox: SandboxServer, title: str) -> httpx.Response:
    return linear(sandbox, CREATE, input={"teamId": TEAM_ID, "title": title})


def titles(sandbox: SandboxServer) -> list[str]:
    return [node["title"] for node in linear(sandbox, LIST).json()["data"]["issues"]["nodes"]]


def test_a_connection_is_dropped_after_the_write_was_committed(sandbox: SandboxServer) -> None:
    order(sandbox, vendor="linear", kind="drop_after_write", match="CreateIssue")
    with pytest.raises(httpx.RemoteProtocolError):
        create(sandbox, "Written but unanswered")
    assert "Written but unanswered" in titles(sandbox)
    assert create(sandbox, "The next one").status_code == 200


def test_slack_drops_too_and_the_message_is_there(sandbox: SandboxServer) -> None:
    order(sandbox, vendor="slack", kind="drop_after_write", match="chat.postMessage")
    slack = WebClient(token=TOKEN, base_url=f"{sandbox.url}/slack/api/", retry_handlers=[])
    with pytest.raises(OSError):
        slack.chat_postMessage(channel="C0ALERTS", text="Posted but unanswered")
    assert slack.conversations_history(channel="C0ALERTS")["messages"][0]["text"] == "Posted but unanswered"


def test_an_error_does_nothing_and_is_used_up(sandbox: SandboxServer) -> None:
    order(sandbox, vendor="linear", kind="error", times=2)
    assert [create(sandbox, "Refused").status_code for _ in range(3)] == [500, 500, 200]
    assert titles(sandbox).count("Refused") == 1


def test_rate_limits_speak_each_vendors_language(sandbox: SandboxServer) -> None:
    for vendor in ("linear", "slack", "zendesk"):
        order(sandbox, vendor=vendor, kind="rate_limit", retry_after=7)
    limited = create(sandbox, "Limited")
    assert limited.status_code == 400
    assert limited.json()["errors"][0]["extensions"]["code"] == "RATELIMITED"
    with pytest.raises(SlackApiError) as caught:
        WebClient(token=TOKEN, base_url=f"{sandbox.url}/slack/api/").auth_test()
    assert caught.value.response.headers["Retry-After"] == "7"
    answer = httpx.get(f"{sandbox.url}/zendesk/api/v2/users/me")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")


@pytest.mark.parametrize("kind", ["malformed", "truncated"])
def test_spoiled_answers_are_no_json_but_the_write_happened(sandbox: SandboxServer, kind: str) -> None:
    order(sandbox, vendor="linear", kind=kind)
    answer = create(sandbox, f"Spoiled {kind}")
    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()
    assert f"Spoiled {kind}" in titles(sandbox)


def test_a_connection_is_dropped_before_anything_was_done(sandbox: SandboxServer) -> None:
    order(sandbox, vendor="linear", kind="drop_before_write", match="CreateIssue")
    with pytest.raises(httpx.RemoteProtocolError):
        create(sandbox, "Never written")
    assert "Never written" not in titles(sandbox)


def test_a_gateway_answers_with_a_page(sandbox: SandboxServer) -> None:
    order(sandbox, vendor="linear", kind="bad_gateway")
    answer = create(sandbox, "Not through the gateway")
    assert (answer.status_code, answer.headers["content-type"]) == (502, "text/html")
    assert answer.text.startswith("<html>")


def test_an_expired_token_is_said_in_each_vendors_language(sandbox: SandboxServer) -> None:
    for vendor in ("linear", "slack", "zendesk", "hubspot", "stripe"):
        order(sandbox, vendor=vendor, kind="unauthorized")
    assert create(sandbox, "Refused").status_code == 401
    with pytest.raises(SlackApiError, match="token_expired"):
        WebClient(token=TOKEN, base_url=f"{sandbox.url}/slack/api/").auth_test()
    for path in ("zendesk/api/v2/users/me", "hubspot/crm/v3/owners", "stripe/v1/prices"):
        assert httpx.get(f"{sandbox.url}/{path}").status_code == 401
    assert create(sandbox, "Good again").status_code == 200


def test_a_late_answer_was_carried_out_at_once(sandbox: SandboxServer) -> None:
    order(sandbox, vendor="linear", kind="late", seconds=30)
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(
            f"{sandbox.url}/linear/graphql", headers={"Authorization": API_KEY}, timeout=2,
            json={"query": CREATE, "variables": {"input": {"teamId": TEAM_ID, "title": "Late"}}},
        )  # fmt: skip
    assert "Late" in titles(sandbox)


def test_dice_spoil_a_share_of_the_requests_and_always_the_same_ones(sandbox: SandboxServer) -> None:
    def spoilt(seed: int) -> list[int]:
        order(sandbox, vendor="any", kind="error", share=0.3, times=1000, seed=seed)
        found = [create(sandbox, f"Dice {n}").status_code for n in range(40)]
        httpx.delete(f"{sandbox.url}/control/faults")
        return found

    first, other = spoilt(1), spoilt(2)
    assert 4 <= first.count(500) <= 22 and first != other


def test_a_slow_answer_takes_its_time(sandbox: SandboxServer) -> None:
    order(sandbox, vendor="linear", kind="slow", seconds=0.4)
    started = time.perf_counter()
    assert create(sandbox, "Slow").status_code == 200
    assert time.perf_counter() - started >= 0.4


def test_only_matching_requests_are_hit_and_faults_can_be_read_and_cleared(sandbox: SandboxServer) -> None:
    order(sandbox, vendor="linear", kind="error", match="CommentCreate", times=3)
    assert create(sandbox, "Unharmed").status_code == 200
    url = f"{sandbox.url}/control/faults"
    waiting = httpx.get(url).json()["faults"]
    assert [(f["kind"], f["times"], f["hits"]) for f in waiting] == [("error", 3, 0)]
    assert httpx.delete(url).json() == {"faults": []}


@pytest.mark.parametrize("wrong", [{"vendor": "linear", "kind": "earthquake"}, {"vendor": "jira", "kind": "error"}, []])
def test_what_is_no_fault_is_refused(sandbox: SandboxServer, wrong: Any) -> None:
    assert httpx.post(f"{sandbox.url}/control/faults", json=wrong).status_code == 400


def test_the_clock_advances_and_never_goes_back(sandbox: SandboxServer) -> None:
    url = f"{sandbox.url}/control/clock"
    before = httpx.get(url).json()["now"]
    after = httpx.post(url, json={"advance_hours": 2}).json()["now"]
    assert after > before
    assert httpx.post(url, json={"now": before}).status_code == 400
    assert httpx.post(url, json={"now": "tomorrow"}).status_code == 400
    assert httpx.get(url).json()["now"] == after
