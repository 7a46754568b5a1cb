"""Read-back from Slack: reactions on the messages that we posted.

One stream, `messages`: our own messages of the last 30 days in the configured channels, found by their
metadata. A message is landed when it is first seen and whenever its text or reactions differ from what
was landed last. Needs the scopes channels:history (groups:history for private channels) and reactions:read.
Run alone: `groundswell run pull`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import timedelta
from http.client import HTTPException
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler, ServerErrorRetryHandler
from slack_sdk.web import SlackResponse
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential_jitter

from flows.core.clock import iso
from flows.core.errors import VendorError
from flows.core.keys import digest
from flows.core.run import Run
from flows.pull.boundary import record
from flows.pull.paginators import Fetch, Json, Page, SlackCursor
from flows.settings import Settings, Slack

WINDOW = timedelta(days=30)
_HINTS = {
    "not_in_channel": "Invite the bot to the channel: /invite @groundswell",
    "channel_not_found": "Check the channel ids in groundswell.toml, and invite the bot to private channels.",
    "missing_scope": "The app needs channels:history, groups:history, reactions:read and metadata.message:read.",
}


class SlackReadback:
    """The connector of the Slack destination (see `Connector`)."""

    streams: tuple[str, ...] = ("messages",)
    optional: tuple[str, ...] = ()

    def __init__(self, run: Run, destination: Slack) -> None:
        self._now = run.now
        self._channels = channels(destination)
        self._client = client(run.settings, destination)

    def close(self) -> None:
        pass

    def pages(self, stream: str, cursor: Json | None) -> Iterator[Page]:
        """Cursor: {"messages": {"<channel>:<ts>": digest of text and reactions}} of the window."""
        if stream != "messages":
            raise ValueError(f"Slack has no stream {stream!r}")
        oldest = (self._now - WINDOW).timestamp()
        seen: dict[str, str] = {
            key: mark
            for key, mark in ((cursor or {}).get("messages") or {}).items()
            if float(key.rpartition(":")[2]) >= oldest
        }
        ours: Json = call(self._client, "auth_test").data  # type: ignore[assignment]
        for channel in self._channels:
            for batch in SlackCursor("messages").batches(self._history(channel, math.floor(oldest))):
                changed = []
                for message in batch.items:
                    if not _is_ours(message, ours):
                        continue
                    key, mark = f"{channel}:{message['ts']}", _mark(message)
                    if seen.get(key) != mark:
                        seen[key] = mark
                        changed.append(record(key, iso(self._now), {"channel": channel, **message}))
                yield Page(changed, {"messages": dict(seen)})

    def _history(self, channel: str, oldest: int) -> Fetch:
        def fetch(params: Json) -> Json:
            body: Json = call(
                self._client, "conversations_history", channel=channel, oldest=str(oldest), limit=200,
                include_all_metadata=True, **params,
            ).data  # type: ignore[assignment]  # fmt: skip
            return body

        return fetch


def call(client: WebClient, method: str, **arguments: Any) -> SlackResponse:
    """One reading method of slack_sdk's client, tried again while that may help. Raises VendorError."""
    retrying = Retrying(
        retry=retry_if_exception(_may_pass),
        stop=stop_after_attempt(4),
        wait=wait_exponential_jitter(initial=1, max=20),
        reraise=True,
    )
    try:
        answer: SlackResponse = retrying(getattr(client, method), **arguments)
    except SlackApiError as error:
        code = str(error.response.get("error"))
        todo = _HINTS.get(code, f"Check {Settings.secret_name('slack', 'bot_token')}: the app's bot token (xoxb-...).")
        what = f"{method.replace('_', '.', 1)} is refused: {code}"
        raise VendorError("slack", what, todo, status=error.response.status_code) from error
    except (SlackClientError, HTTPException, OSError, ValueError) as error:
        raise VendorError("slack", f"{method} failed: {error}", "Check the network and api_url.") from error
    return answer


def identity(settings: Settings, destination: Slack) -> tuple[Json, str]:
    """Who the token is (auth.test), and its scopes where Slack names them."""
    answer = call(client(settings, destination), "auth_test")
    body: Json = answer.data  # type: ignore[assignment]
    scopes = {k.lower(): v for k, v in answer.headers.items()}.get("x-oauth-scopes", "")
    return body, scopes if isinstance(scopes, str) else ",".join(scopes)


def client(settings: Settings, destination: Slack) -> WebClient:
    """slack_sdk's client with retries on rate limits and server errors. Raises ConfigError without a token."""
    made = WebClient(token=settings.secret("slack", "bot_token"), base_url=destination.api_url, timeout=30)
    made.retry_handlers.append(RateLimitErrorRetryHandler(max_retry_count=3))
    made.retry_handlers.append(ServerErrorRetryHandler(max_retry_count=3))
    return made


def channels(destination: Slack) -> list[str]:
    """The configured channels, each once, in order."""
    named = (destination.alerts_channel, destination.digest_channel, destination.ops_channel)
    return list(dict.fromkeys(channel for channel in named if channel))


def _may_pass(error: BaseException) -> bool:
    """Connections that broke and answers that were cut short; all calls here only read."""
    if isinstance(error, SlackApiError):
        return "non-JSON" in str(error.response.get("error"))
    return isinstance(error, HTTPException | OSError | ValueError)  # ValueError: what starts like JSON but is none


def _is_ours(message: Json, ours: Json) -> bool:
    """Posted by our bot, with metadata: without it we cannot tell which finding it is about."""
    mine = {ours.get("bot_id"), ours.get("user_id")} - {None}
    return bool(message.get("metadata")) and bool({message.get("bot_id"), message.get("user")} & mine)


def _mark(message: Json) -> str:
    reactions = sorted((r["name"], *sorted(r.get("users", [])), r.get("count")) for r in message.get("reactions", []))
    return digest(str(message.get("text")), str(message.get("metadata")), str(reactions))[:12]
