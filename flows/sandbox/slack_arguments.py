"""What callers of Slack's Web API send: read from JSON or forms, and checked."""

from __future__ import annotations

import base64
import json
from typing import Any

from starlette.requests import Request

from flows.sandbox.slack_blocks import MAX_TEXT, problems
from flows.sandbox.slack_store import Message, SlackError

Args = dict[str, Any]
_JSON_ARGS = ("blocks", "metadata", "files", "attachments")


async def arguments(request: Request) -> Args:
    """The arguments of a call, from query string, form or JSON. Raises ValueError on what is not JSON."""
    args: Args = dict(request.query_params)
    kind = request.headers.get("content-type", "")
    if kind.startswith("application/json"):
        body = await request.body()
        args |= json.loads(body) if body else {}
    elif request.method == "POST":
        async with request.form() as form:
            args |= {key: value for key, value in form.items() if isinstance(value, str)}
    for key in _JSON_ARGS:
        if isinstance(args.get(key), str):
            args[key] = json.loads(args[key])
    return {key: value for key, value in args.items() if value is not None}


def content(args: Args) -> Args:
    """The text, blocks and metadata of a message, checked. Absent keys stay absent."""
    body: Args = {}
    if "text" in args:
        if len(str(args["text"])) > MAX_TEXT:
            raise SlackError("msg_too_long")
        body["text"] = str(args["text"])
    if "blocks" in args:
        if wrong := problems(args["blocks"]):
            messages = [f"[ERROR] {what}" for what in wrong]
            raise SlackError("invalid_blocks", errors=wrong, response_metadata={"messages": messages})
        body["blocks"] = args["blocks"]
    if "metadata" in args:
        metadata = args["metadata"]
        is_empty = metadata == {}
        if not is_empty and not (
            isinstance(metadata, dict)
            and isinstance(metadata.get("event_type"), str)
            and isinstance(metadata.get("event_payload"), dict)
        ):
            raise SlackError("invalid_metadata_format")
        body["metadata"] = metadata
    return body


def within(message: Message, args: Args) -> bool:
    """Between oldest and latest; both ends are left out unless `inclusive`."""
    ts = float(message["ts"])
    oldest, latest = float(args.get("oldest") or 0), float(args.get("latest") or "inf")
    if truthy(args.get("inclusive")):
        return oldest <= ts <= latest
    return oldest < ts < latest


def truthy(value: Any) -> bool:
    return str(value).lower() in ("1", "true")


def integer(args: Args, name: str, default: int) -> int:
    try:
        return int(args.get(name, default))
    except (TypeError, ValueError):
        raise SlackError("invalid_arguments") from None


def encode_cursor(ts: str) -> str:
    return base64.b64encode(f"next_ts:{ts}".encode()).decode()


def decode_cursor(cursor: str) -> str:
    try:
        kind, ts = base64.b64decode(cursor).decode().split(":", 1)
    except ValueError:
        raise SlackError("invalid_cursor") from None
    if kind != "next_ts":
        raise SlackError("invalid_cursor")
    return ts
