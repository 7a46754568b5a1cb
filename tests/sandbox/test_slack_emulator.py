"""The Slack emulator, driven by slack_sdk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

from flows.sandbox.limits import RateLimits
from flows.sandbox.server import SandboxServer
from flows.sandbox.slack import TOKEN

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc000000301"
    "0100c9fe92ef0000000049454e44ae426082"
)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxServer]:
    with SandboxServer(tmp_path_factory.mktemp("sandbox"), rate_limits=RateLimits(speed=0)) as server:
        yield server


@pytest.fixture
def slack(sandbox: SandboxServer) -> WebClient:
    return WebClient(token=TOKEN, base_url=f"{sandbox.url}/slack/api/")


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def refusal(call: Any, **arguments: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        call(**arguments)
    return str(caught.value.response["error"])


def test_a_message_keeps_text_blocks_and_metadata(slack: WebClient) -> None:
    metadata = {"event_type": "groundswell_finding", "event_payload": {"delivery_key": "slack:f1:1"}}
    posted = slack.chat_postMessage(
        channel="C0ALERTS", text="Export stalls", blocks=[section("*Export stalls*")], metadata=metadata
    )
    plain = slack.conversations_history(channel="C0ALERTS", limit=1)["messages"][0]
    assert plain["ts"] == posted["ts"] and "metadata" not in plain
    full = slack.conversations_history(channel="C0ALERTS", limit=1, include_all_metadata=True)["messages"][0]
    assert full["metadata"] == metadata and full["blocks"] == [section("*Export stalls*")]


def test_an_update_replaces_what_it_names_and_keeps_the_rest(slack: WebClient) -> None:
    posted = slack.chat_postMessage(channel="C0ALERTS", text="One", blocks=[section("One")])
    updated = slack.chat_update(channel="C0ALERTS", ts=posted["ts"], text="Two")
    assert updated["message"]["text"] == "Two" and updated["message"]["blocks"] == [section("One")]
    assert updated["message"]["edited"]["user"] == "U0GROUND"


def test_threads_are_replies_and_stay_out_of_the_history(slack: WebClient) -> None:
    parent = slack.chat_postMessage(channel="C0ALERTS", text="Parent")
    for n in range(3):
        slack.chat_postMessage(channel="C0ALERTS", text=f"Reply {n}", thread_ts=parent["ts"])
    thread = slack.conversations_replies(channel="C0ALERTS", ts=parent["ts"])["messages"]
    assert [m["text"] for m in thread] == ["Parent", "Reply 0", "Reply 1", "Reply 2"]
    assert thread[0]["reply_count"] == 3
    history = [m["text"] for m in slack.conversations_history(channel="C0ALERTS")["messages"]]
    assert history[0] == "Parent" and "Reply 0" not in history


def test_history_is_paged_newest_first_and_bounded_by_oldest(slack: WebClient) -> None:
    sent = [slack.chat_postMessage(channel="C0DIGEST", text=f"Day {n}")["ts"] for n in range(5)]
    seen = [m["ts"] for page in slack.conversations_history(channel="C0DIGEST", limit=2) for m in page["messages"]]
    assert seen == sent[::-1]
    later = slack.conversations_history(channel="C0DIGEST", oldest=sent[2])["messages"]
    assert [m["ts"] for m in later] == sent[:2:-1]


def test_reactions_are_added_once_and_read(slack: WebClient) -> None:
    ts = slack.chat_postMessage(channel="C0ALERTS", text="Look")["ts"]
    slack.reactions_add(channel="C0ALERTS", timestamp=ts, name="eyes")
    assert refusal(slack.reactions_add, channel="C0ALERTS", timestamp=ts, name="eyes") == "already_reacted"
    message = slack.reactions_get(channel="C0ALERTS", timestamp=ts)["message"]
    assert message["reactions"] == [{"name": "eyes", "users": ["U0GROUND"], "count": 1}]


def test_a_file_is_uploaded_in_three_steps_and_shared(slack: WebClient, sandbox: SandboxServer) -> None:
    done = slack.files_upload_v2(channel="C0DIGEST", filename="week.png", content=PNG, title="The week")
    file = done["files"][0]
    assert file["title"] == "The week"
    served = httpx.get(file["url_private"])
    assert served.content == PNG and served.headers["content-type"] == "image/png"
    message = slack.conversations_history(channel="C0DIGEST", limit=1)["messages"][0]
    assert message["files"][0]["id"] == file["id"]


def test_permalinks_lead_to_a_page(slack: WebClient, sandbox: SandboxServer) -> None:
    ts = slack.chat_postMessage(channel="C0ALERTS", text="Linked")["ts"]
    link = slack.chat_getPermalink(channel="C0ALERTS", message_ts=ts)["permalink"]
    assert link == f"{sandbox.url}/channels/C0ALERTS#p{ts.replace('.', '')}"


@pytest.mark.parametrize(
    "blocks",
    [
        [section("x")] * 51,
        [section("x" * 3001)],
        [section("")],
        [{"type": "section"}],
        [{"type": "section", "fields": [{"type": "mrkdwn", "text": "x"}] * 11}],
        [{"type": "section", "fields": [{"type": "mrkdwn", "text": "x" * 2001}]}],
        [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}],
        [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}],
        [{"type": "context", "elements": [{"type": "mrkdwn", "text": "x"}] * 11}],
        [{"type": "actions", "elements": [{"type": "button", "text": {"type": "plain_text", "text": "x"}}] * 26}],
        [{"type": "actions", "elements": [{"type": "button", "text": {"type": "plain_text", "text": "x" * 76}}]}],
        [{"type": "image", "image_url": "https://example.test/i.png"}],
        [{"type": "carousel"}],
        [{"text": "no type"}],
    ],
    ids=str,
)  # fmt: skip
def test_blocks_beyond_the_limits_are_refused(slack: WebClient, blocks: list[dict[str, Any]]) -> None:
    assert refusal(slack.chat_postMessage, channel="C0ALERTS", text="t", blocks=blocks) == "invalid_blocks"


def test_blocks_at_the_limits_are_taken(slack: WebClient) -> None:
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": "x" * 150}},
        section("x" * 3000),
        {"type": "section", "fields": [{"type": "mrkdwn", "text": "x" * 2000}] * 10},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "x"}] * 10},
        *[{"type": "divider"}] * 46,
    ]
    assert slack.chat_postMessage(channel="C0ALERTS", text="x" * 40_000, blocks=blocks)["ok"]


def test_refusals_have_slacks_codes(slack: WebClient, sandbox: SandboxServer) -> None:
    assert refusal(slack.chat_postMessage, channel="C0NOWHERE", text="t") == "channel_not_found"
    assert refusal(slack.chat_postMessage, channel="C0GENERAL", text="t") == "not_in_channel"
    assert refusal(slack.chat_postMessage, channel="C0ALERTS", text="") == "no_text"
    assert refusal(slack.chat_postMessage, channel="C0ALERTS", text="x" * 40_001) == "msg_too_long"
    assert refusal(slack.chat_update, channel="C0ALERTS", ts="1.1", text="t") == "message_not_found"
    assert refusal(slack.conversations_replies, channel="C0ALERTS", ts="1.1") == "thread_not_found"
    assert refusal(slack.api_call, api_method="chat.nothing") == "unknown_method"
    stranger = WebClient(token="xoxb-wrong", base_url=f"{sandbox.url}/slack/api/")
    assert refusal(stranger.auth_test) == "invalid_auth"
    assert httpx.post(f"{sandbox.url}/slack/api/auth.test").json() == {"ok": False, "error": "not_authed"}


def test_json_and_form_bodies_are_the_same_call(slack: WebClient, sandbox: SandboxServer) -> None:
    url, headers = f"{sandbox.url}/slack/api/chat.postMessage", {"Authorization": f"Bearer {TOKEN}"}
    form = {"channel": "C0OPS", "text": "form", "blocks": '[{"type": "divider"}]'}
    assert httpx.post(url, headers=headers, data=form).json()["message"]["blocks"] == [{"type": "divider"}]
    assert httpx.post(url, headers=headers, json={"channel": "#groundswell-ops", "text": "json"}).json()["ok"]
    broken = httpx.post(url, headers=headers | {"Content-Type": "application/json"}, content=b"{")
    assert broken.json()["error"] == "invalid_json"


def test_one_message_a_second_a_channel_then_429(tmp_path: Path) -> None:
    with SandboxServer(tmp_path, rate_limits=RateLimits(speed=1)) as server:
        slack = WebClient(token=TOKEN, base_url=f"{server.url}/slack/api/")
        slack.chat_postMessage(channel="C0ALERTS", text="1")
        with pytest.raises(SlackApiError) as caught:
            slack.chat_postMessage(channel="C0ALERTS", text="2")
        assert caught.value.response.status_code == 429 and caught.value.response.headers["Retry-After"] == "1"
        slack.chat_postMessage(channel="C0DIGEST", text="another channel")
        slack.retry_handlers.append(RateLimitErrorRetryHandler(max_retry_count=2))
        assert slack.chat_postMessage(channel="C0ALERTS", text="3")["ok"]


def test_messages_and_files_survive_a_restart(tmp_path: Path) -> None:
    with SandboxServer(tmp_path) as server:
        slack = WebClient(token=TOKEN, base_url=f"{server.url}/slack/api/")
        slack.files_upload_v2(channel="C0ALERTS", filename="a.png", content=PNG, initial_comment="kept")
    with SandboxServer(tmp_path) as server:
        slack = WebClient(token=TOKEN, base_url=f"{server.url}/slack/api/")
        message = slack.conversations_history(channel="C0ALERTS")["messages"][0]
        assert message["text"] == "kept"
        assert httpx.get(f"{server.url}/slack/files/{message['files'][0]['id']}/a.png").content == PNG
