"""Read-back from Slack: reactions on the messages that we posted.

One stream, `messages`: our own messages of the last 30 days in the configured channels, found by their
metadata. A message is landed when it is first seen and whenever its text or reactions differ from what
was landed last. Needs the scopes channels:history (groups:history for private channels) and reactions:read.
Run alone: `groundswell run pull`.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from datetime import timedelta
from http.client import HTTPException
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web import SlackResponse
from tenacity import RetryCallState, Retrying, retry_if_exception, wait_exponential_jitter

from flows.core.clock import iso
from flows.core.errors import NoAnswer, VendorError
from flows.core.keys import digest
from flows.core.run import Run
from flows.pull.boundary import record
from flows.pull.paginators import Fetch, Json, Page, SlackCursor
from flows.settings import Settings, Slack

logging.getLogger("slack_sdk").setLevel(logging.CRITICAL)  # its errors come to us as exceptions

WINDOW = timedelta(days=30)
ATTEMPTS = 6
LONGEST_WAIT = 120.0  # seconds
EXPIRED = ("invalid_auth", "not_authed", "account_inactive", "token_expired", "token_revoked")
_PASSING = ("ratelimited", "internal_error", "fatal_error", "service_unavailable", "request_timeout")
ADD_SCOPE = "Add it to the Slack app (OAuth & Permissions) and install the app again."
_TOKEN = Settings.secret_name("slack", "bot_token")
_HINTS = {
    "not_in_channel": "Invite the bot to the channel: /invite @groundswell",
    "channel_not_found": "Check the channel ids in groundswell.toml, and invite the bot to private channels.",
    "missing_scope": ADD_SCOPE,
    "account_inactive": f"The app was removed from the workspace: install it again, and set {_TOKEN}.",
    "token_revoked": f"Install the app again, and set {_TOKEN}.",
}
SCOPES = {  # beside channels:history or groups:history, which reading a channel tells
    "chat:write": "to post",
    "metadata.message:read": "to know its own messages again",
    "reactions:read": "to hear what people think of them",
}


class SlackReadback:
    """The connector of the Slack destination (see `Connector`)."""

    streams: tuple[str, ...] = ("messages",)
    optional: tuple[str, ...] = ()

    def __init__(self, run: Run, destination: Slack) -> None:
        self._now = run.now
        self._channels = channels(destination)
        self._client = client(run.settings, destination)
        self._backoff = run.settings.retry_seconds

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
        ours: Json = call(self._client, "auth_test", backoff=self._backoff).data  # type: ignore[assignment]
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
                self._client, "conversations_history", backoff=self._backoff, channel=channel,
                oldest=str(oldest), limit=200, include_all_metadata=True, **params,
            ).data  # type: ignore[assignment]  # fmt: skip
            return body

        return fetch


def call(
    client: WebClient, method: str, *, backoff: float = 1.0, hurried: bool = False, **arguments: Any
) -> SlackResponse:
    """One reading method of slack_sdk's client, tried again while that may help. Raises VendorError.

    `backoff`: seconds before the second try. Where Slack asks for a wait of more than LONGEST_WAIT, none is tried.
    `hurried`: somebody waits for the answer, and can ask again; so it is tried twice, and for no long wait.
    """
    attempts, longest = (2, 10.0) if hurried else (ATTEMPTS, LONGEST_WAIT)
    wait = wait_exponential_jitter(multiplier=backoff, max=20 * backoff, jitter=backoff)
    retrying = Retrying(
        retry=retry_if_exception(_may_pass),
        stop=lambda state: state.attempt_number >= attempts or _asked(state) > longest,
        wait=lambda state: _asked(state) or wait(state),
        reraise=True,
    )
    try:
        answer: SlackResponse = retrying(getattr(client, method), **arguments)
    except SlackApiError as error:
        code = str(error.response.get("error"))
        todo = _HINTS.get(code, f"Check {_TOKEN}: the app's bot token (xoxb-...).")
        needed = error.response.get("needed")
        what = f"{method.replace('_', '.', 1)} is refused: {code}{f' {needed}' if needed else ''}"
        status = 401 if code in EXPIRED else error.response.status_code
        raise VendorError("slack", what, todo, status=status) from None  # it quotes the whole answer
    except (SlackClientError, HTTPException, OSError, ValueError) as error:
        what = f"{method.replace('_', '.', 1)} failed: {error}, tried {retrying.statistics['attempt_number']} times"
        raise NoAnswer("slack", what, "Check api_url of slack in groundswell.toml, and the network.") from error
    return answer


def identity(settings: Settings, destination: Slack) -> tuple[Json, str]:
    """Who the token is (auth.test), and its scopes where Slack names them."""
    answer = call(client(settings, destination), "auth_test", hurried=True)
    body: Json = answer.data  # type: ignore[assignment]
    scopes = {k.lower(): v for k, v in answer.headers.items()}.get("x-oauth-scopes", "")
    return body, scopes if isinstance(scopes, str) else ",".join(scopes)


def client(settings: Settings, destination: Slack) -> WebClient:
    """slack_sdk's client without its own retries, which wait as long as Slack asks. ConfigError without a token."""
    token, patience = settings.secret("slack", "bot_token"), settings.timeout_seconds
    return WebClient(token=token, base_url=destination.api_url, timeout=patience, retry_handlers=[])  # type: ignore[arg-type]


def channels(destination: Slack) -> list[str]:
    """The configured channels, each once, in order."""
    named = (destination.alerts_channel, destination.digest_channel, destination.ops_channel)
    return list(dict.fromkeys(channel for channel in named if channel))


def _may_pass(error: BaseException) -> bool:
    """Connections that broke, answers that were cut short, limits and failures; all calls here only read."""
    if isinstance(error, SlackApiError):
        code, status = str(error.response.get("error")), error.response.status_code
        return status == 429 or status >= 500 or "non-JSON" in code or code in _PASSING
    return isinstance(error, HTTPException | OSError | ValueError)  # ValueError: what starts like JSON but is none


def _asked(state: RetryCallState) -> float:
    """Seconds that Slack asks to wait; 0 where it does not."""
    error = state.outcome.exception() if state.outcome else None
    headers = error.response.headers if isinstance(error, SlackApiError) else {}
    told = next((value for key, value in headers.items() if key.lower() == "retry-after"), "0")
    try:
        return max(0.0, float(told if isinstance(told, str) else told[0]))
    except ValueError:
        return 0.0


def _is_ours(message: Json, ours: Json) -> bool:
    """Posted by our bot, with metadata: without it we cannot tell which finding it is about."""
    mine = {ours.get("bot_id"), ours.get("user_id")} - {None}
    return bool(message.get("metadata")) and bool({message.get("bot_id"), message.get("user")} & mine)


def _mark(message: Json) -> str:
    reactions = sorted((r["name"], *sorted(r.get("users", [])), r.get("count")) for r in message.get("reactions", []))
    return digest(str(message.get("text")), str(message.get("metadata")), str(reactions))[:12]
