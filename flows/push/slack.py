"""Alerts, threads and digests in Slack.

Slack takes no id from us, so every message carries its delivery key and content hash as metadata, and is
looked up by them in the channel's history (or its thread) before anything is sent again. slack_sdk's own
retries are off: they would repeat a message whose answer was lost.
"""

from __future__ import annotations

import http.client
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from socket import gaierror
from typing import Any
from urllib.error import URLError

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from flows.core.errors import UnknownOutcome, VendorError
from flows.core.secrets import without_secrets
from flows.push.deliver import Delivery, Entry, Gone, Receipt
from flows.settings import Slack

VENDOR = "slack"
EVENT_TYPE = "groundswell"
PAGE, MAX_PAGES = 200, 25  # how far back a message is looked for: 5,000 messages of its channel or thread
WAIT_BUDGET = 180.0  # seconds that Slack may ask us to wait, over all messages of a run
_WRITES = ("chat.postMessage", "chat.update")
_GONE = ("message_not_found", "thread_not_found")
_REMEDIES = {
    "invalid_auth": "Check GROUNDSWELL_SLACK_BOT_TOKEN.",
    "not_authed": "Check GROUNDSWELL_SLACK_BOT_TOKEN.",
    "account_inactive": "The app was removed from the workspace: install it again.",
    "token_expired": "Install the app again and set GROUNDSWELL_SLACK_BOT_TOKEN.",
    "token_revoked": "Install the app again and set GROUNDSWELL_SLACK_BOT_TOKEN.",
    "missing_scope": "The app needs chat:write, channels:history and groups:history.",
    "not_in_channel": "Invite the app to the channel: /invite @groundswell",
    "channel_not_found": "Correct the channel id in groundswell.toml, or invite the app to it.",
    "is_archived": "The channel is archived: choose another in groundswell.toml.",
}
_REFUSED_FOR_ALL = ("invalid_auth", "not_authed", "account_inactive", "token_expired", "token_revoked", "missing_scope")

logging.getLogger("slack_sdk").setLevel(logging.CRITICAL)  # its errors come to us as exceptions


@dataclass(frozen=True, kw_only=True)
class Message(Delivery):
    """A message as it should be. `thread_ts` is the message whose thread it belongs to."""

    channel: str
    text: str  # what a notification shows
    blocks: list[dict[str, Any]]
    thread_ts: str | None = None

    @property
    def place(self) -> Entry:
        return {"channel": self.channel, "thread_ts": self.thread_ts}


class Messenger:
    """The destination: one Slack workspace."""

    name = VENDOR
    repeat_is_safe = False

    def __init__(self, client: WebClient, *, backoff: float = 1.0, sleep: Callable[[float], None] = time.sleep):
        self._client = client
        self._backoff = backoff
        self._wait_budget = WAIT_BUDGET
        self._sleep = sleep

    def apply(self, delivery: Message, *, maybe_sent: bool) -> Receipt:
        known = _place(delivery.arrived)
        if known is None and maybe_sent:
            found = self._look_up(delivery.key, delivery.channel, delivery.thread_ts)
            if found:
                known = (delivery.channel, found["ts"])
                if _payload(found).get("content_hash") == delivery.content_hash:
                    return _receipt(*known, delivery.thread_ts)
        content = {
            "text": delivery.text,
            "blocks": delivery.blocks,
            "metadata": {
                "event_type": EVENT_TYPE,
                "event_payload": {
                    "delivery_key": delivery.key,
                    "content_hash": delivery.content_hash,
                    "finding_key": delivery.finding_key or "",
                },
            },
            "link_names": False,
            "parse": "none",
        }
        if known:  # setting a message to what it may be already cannot make a second one
            self._call("chat.update", channel=known[0], ts=known[1], **content)
            return _receipt(*known, delivery.thread_ts)
        answer = self._call(
            "chat.postMessage", channel=delivery.channel, thread_ts=delivery.thread_ts,
            unfurl_links=False, unfurl_media=False, **content,
        )  # fmt: skip
        return _receipt(answer["channel"], answer["ts"], delivery.thread_ts)

    def find(self, key: str, entry: Entry) -> Receipt | None:
        channel, thread = entry.get("channel"), entry.get("thread_ts")
        found = self._look_up(key, channel, thread) if channel else None
        if not channel or found is None or _payload(found).get("content_hash") != entry["content_hash"]:
            return None
        return _receipt(channel, found["ts"], thread)

    def _look_up(self, key: str, channel: str, thread_ts: str | None) -> dict[str, Any] | None:
        """Our newest message with this key in a channel, or in a thread of it."""
        for message in self._messages(channel, thread_ts):
            if _payload(message).get("delivery_key") == key:
                return message
        return None

    def _messages(self, channel: str, thread_ts: str | None) -> Iterator[dict[str, Any]]:
        method = "conversations.replies" if thread_ts else "conversations.history"
        cursor = None
        for _ in range(MAX_PAGES):
            page = self._call(
                method, channel=channel, ts=thread_ts, cursor=cursor, limit=PAGE, include_all_metadata=True
            )
            yield from page.get("messages") or []
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return

    def _call(self, method: str, **given: Any) -> dict[str, Any]:
        """One call; a 429 is waited out, a read is tried three times, a write without an answer is unknown."""
        write = method in _WRITES
        given = {key: value for key, value in given.items() if value is not None}
        for left in range(2, -1, -1):
            try:
                return self._once(method, given, write)
            except _Limited as limited:
                if not left or limited.after > self._wait_budget:
                    raise VendorError(
                        VENDOR, f"{method}: too many requests; it asks to wait {limited.after:.0f} s",
                        "The next run goes on where this one stopped.", status=429,
                    ) from limited  # fmt: skip
                self._wait_budget -= limited.after
                self._sleep(limited.after)
            except UnknownOutcome:
                raise
            except VendorError as error:
                if write or not left or (error.status is not None and error.status < 500 and error.status != 200):
                    raise
                self._sleep(self._backoff)
        raise AssertionError("unreachable")

    def _once(self, method: str, given: dict[str, Any], write: bool) -> dict[str, Any]:
        try:
            answer = self._client.api_call(method, json=given) if write else self._client.api_call(method, params=given)
        except SlackApiError as error:
            raise _refusal(method, error, write) from None  # it quotes the whole answer
        except (SlackClientError, OSError, http.client.HTTPException, ValueError) as error:
            unsent = isinstance(error, URLError) and isinstance(error.reason, ConnectionRefusedError | gaierror)
            what = f"{method}: {type(error).__name__} {error}".rstrip()
            if write and not unsent:
                raise UnknownOutcome(VENDOR, what, status=200 if isinstance(error, ValueError) else None) from error
            raise VendorError(VENDOR, what, "Check destinations.slack.api_url and the network.") from error
        if not isinstance(answer.data, dict):
            raise UnknownOutcome(VENDOR, f"{method}: the answer is no JSON object", status=answer.status_code)
        return answer.data


class _Limited(Exception):
    def __init__(self, after: float) -> None:
        super().__init__(f"rate limited for {after} s")
        self.after = after


def open_messenger(
    settings: Slack, token: str, *, timeout: float, backoff: float, sleep: Callable[[float], None] = time.sleep
) -> Messenger:
    """The messenger of the configured workspace. `timeout` is the silence, `backoff` the wait before another try."""
    base_url = settings.api_url if settings.api_url.endswith("/") else f"{settings.api_url}/"
    client = WebClient(token=token, base_url=base_url, timeout=timeout, retry_handlers=[])  # type: ignore[arg-type]
    return Messenger(client, backoff=backoff, sleep=sleep)


def channel_of(settings: Slack, role: str) -> str:
    """The channel id of a role: alerts, digest or ops; the alerts channel stands in for the others."""
    named = {"digest": settings.digest_channel, "ops": settings.ops_channel}.get(role)
    return named or settings.alerts_channel


def _place(entry: Entry | None) -> tuple[str, str] | None:
    if not entry or not entry.get("channel") or not entry.get("external_id"):
        return None
    return str(entry["channel"]), str(entry["external_id"])


def _receipt(channel: str, ts: str, thread_ts: str | None) -> Receipt:
    return Receipt(ts, None, {"channel": channel, "thread_ts": thread_ts})


def _payload(message: dict[str, Any]) -> dict[str, Any]:
    metadata = message.get("metadata") or {}
    return metadata.get("event_payload") or {} if metadata.get("event_type") == EVENT_TYPE else {}


def _refusal(method: str, error: SlackApiError, write: bool) -> Exception:
    response = error.response
    status = getattr(response, "status_code", None)
    data = response.data if isinstance(response.data, dict) else {}
    code = without_secrets(str(data.get("error") or "unknown"))[:200]
    if status == 429 or code in ("ratelimited", "rate_limited"):
        headers = {k.lower(): v for k, v in (response.headers or {}).items()}
        try:
            return _Limited(max(0.0, float(headers.get("retry-after", 1))))
        except ValueError:
            return _Limited(1.0)
    if (status or 0) >= 500 or code in ("internal_error", "fatal_error", "service_unavailable", "request_timeout"):
        what = f"{method} answered {status} {code}"
        return UnknownOutcome(VENDOR, what, status=status) if write else VendorError(VENDOR, what, status=status)
    if code.startswith("Received a response in a non-JSON format"):
        what = f"{method}: the answer is not JSON"
        return UnknownOutcome(VENDOR, what, status=status) if write else VendorError(VENDOR, what, status=status)
    if code in _GONE:
        return Gone(
            VENDOR, f"{method}: {code}, the message is deleted and is not posted again",
            "Mute the finding if it is of no interest: groundswell mute KEY", status=404,
        )  # fmt: skip
    messages = (data.get("response_metadata") or {}).get("messages") or []
    detail = without_secrets("; ".join(map(str, messages)))[:300]
    refused = 401 if code in _REFUSED_FOR_ALL else 400
    return VendorError(
        VENDOR, f"{method}: {code}{f' ({detail})' if detail else ''}", _REMEDIES.get(code, ""), status=refused
    )
