"""Faults on demand: what a vendor's bad day looks like from outside.

    POST /control/faults {"vendor": "linear", "kind": "drop_after_write", "times": 1, "match": "CreateIssue"}

`match` is a part of the request's path and query string; for Linear also of the operation's name and
document. Kinds:

- `rate_limit`        refused in the vendor's own way, with `Retry-After` unless `retry_after` is null (Stripe sends
                      none); nothing was done
- `error`             HTTP 500; nothing was done
- `bad_gateway`       HTTP 502 with a page of HTML; nothing was done
- `unauthorized`      the token has expired; nothing was done
- `drop_before_write` the connection closes without an answer; nothing was done
- `drop_after_write`  the request was carried out and committed, then the connection closes without an answer
- `slow`              carried out after `seconds`, and then answered
- `late`              carried out at once; the answer comes after `seconds`
- `malformed`         carried out; the answer is no valid JSON
- `truncated`         carried out; the answer is cut in the middle
- `repeat_page`       the page of the list that came last comes once more
- `cursor_back`       the page is right, and names the next place of the page before

A bad network is a fault of vendor "any" and kind "any" with the `share` of requests that it spoils: each takes one of
the kinds, except `slow`, by dice thrown from `seed` for each vendor.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from random import Random
from typing import Any, Literal, get_args

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flows.sandbox import hubspot_errors, stripe_errors
from flows.sandbox.linear_errors import rate_limited, unauthenticated
from flows.sandbox.page_faults import Lists, led_back

Vendor = Literal["zendesk", "hubspot", "stripe", "linear", "slack"]
Kind = Literal[
    "rate_limit", "error", "bad_gateway", "unauthorized", "drop_before_write", "drop_after_write", "slow", "late",
    "malformed", "truncated", "repeat_page", "cursor_back",
]  # fmt: skip
ANY = "any"
# `slow` is left out: a write that is carried out after its client has looked for it in vain is made twice.
RANDOM_KINDS = tuple(kind for kind in get_args(Kind) if kind != "slow")
_REFUSALS = ("rate_limit", "error", "bad_gateway", "unauthorized")


@dataclass
class Fault:
    vendor: Vendor | Literal["any"]
    kind: Kind | Literal["any"]
    times: int = 1
    match: str = ""
    seconds: float = 5.0  # how slow a slow answer is
    retry_after: int | None = 1  # seconds
    share: float = 1.0  # of the requests that match
    seed: int = 0
    hits: int = 0
    thrown: dict[str, int] = field(default_factory=dict)  # of a fault of any kind: hits by vendor and kind

    @classmethod
    def of(cls, data: dict[str, Any]) -> Fault:
        """Raises ValueError or TypeError on anything that is no fault."""
        if data.get("vendor") not in (*get_args(Vendor), ANY):
            raise ValueError(f"vendor must be one of {', '.join(get_args(Vendor))}")
        if data.get("kind") not in (*get_args(Kind), ANY):
            raise ValueError(f"kind must be one of {', '.join(get_args(Kind))}")
        return cls(**data)


@dataclass
class Faults:
    """The faults in waiting. Each is used up after `times` requests that match."""

    waiting: list[Fault] = field(default_factory=list)
    dice: dict[tuple[int, str], Random] = field(default_factory=dict)

    def add(self, fault: Fault) -> None:
        self.waiting.append(fault)

    def clear(self) -> None:
        self.waiting.clear()

    def next(self, vendor: str, subject: str) -> Fault | None:
        for fault in self.waiting:
            if fault.vendor not in (vendor, ANY) or fault.hits >= fault.times or fault.match not in subject:
                continue
            dice = self.dice.setdefault((fault.seed, vendor), Random(f"{fault.seed} {vendor}"))
            if fault.share < 1 and dice.random() >= fault.share:
                continue
            fault.hits += 1
            if fault.kind == ANY:
                kind = dice.choice(RANDOM_KINDS)
                fault.thrown[f"{vendor} {kind}"] = fault.thrown.get(f"{vendor} {kind}", 0) + 1
                return replace(fault, kind=kind, retry_after=dice.choice((None, 0, 1)))
            return fault
        return None

    def listing(self) -> list[dict[str, Any]]:
        return [asdict(fault) for fault in self.waiting]


class FaultMiddleware:
    """Stands outside the application and spoils the requests that a fault is waiting for.

    `drop` closes the connection of a client, given by its address.
    """

    def __init__(self, app: ASGIApp, faults: Faults, drop: Callable[[tuple[str, int]], None]) -> None:
        self.app = app
        self.faults = faults
        self.drop = drop
        self.lists = Lists()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        vendor = scope["path"].split("/", 2)[1] if scope["type"] == "http" else ""
        if vendor not in get_args(Vendor) or not self.faults.waiting:
            await self.app(scope, receive, send)
            return
        body = await _read(receive)
        fault = self.faults.next(vendor, _subject(scope, body, vendor))
        receive = _replay(body)
        kind = fault.kind if fault else None
        page = self.lists.name(vendor, scope["path"], scope["query_string"].decode(), body)
        before = self.lists.before(page) if page else None
        if fault and kind in _REFUSALS:
            await _answer(send, *_refusal(vendor, fault))
            return
        if fault and kind == "slow":
            await asyncio.sleep(fault.seconds)
        if kind == "drop_before_write":
            await self._hang_up(scope)
            return
        status, headers, answer = await self._carry_out(scope, receive)
        if page:
            self.lists.keep(page, status, answer)
        if kind == "drop_after_write":
            await self._hang_up(scope)
            return
        if fault and kind == "late":
            await asyncio.sleep(fault.seconds)
        if kind in ("malformed", "truncated"):
            answer = _spoil(kind, answer)
        elif kind == "repeat_page" and before:
            answer = before
        elif kind == "cursor_back" and before:
            answer = led_back(vendor, answer, before)
        await _answer(send, status, headers, answer)

    async def _hang_up(self, scope: Scope) -> None:
        self.drop(scope["client"])
        await asyncio.sleep(0)  # let the closing be noticed before this request ends

    async def _carry_out(self, scope: Scope, receive: Receive) -> tuple[int, dict[str, str], bytes]:
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self.app(scope, receive, keep)
        headers = {k.decode(): v.decode() for k, v in messages[0]["headers"] if k != b"content-length"}
        return messages[0]["status"], headers, b"".join(m.get("body", b"") for m in messages[1:])


def _refusal(vendor: str, fault: Fault) -> tuple[int, dict[str, str], bytes]:
    headers = {"content-type": "application/json"}
    if fault.kind == "bad_gateway":
        page = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
        return 502, {"content-type": "text/html"}, page
    if fault.kind == "unauthorized":
        expired: dict[str, Any] = {
            "zendesk": {"error": "Couldn't authenticate you"},
            "hubspot": hubspot_errors.expired().body,
            "stripe": stripe_errors.expired_key().body,
            "linear": unauthenticated(),
            "slack": {"ok": False, "error": "token_expired"},
        }
        return 200 if vendor == "slack" else 401, headers, json.dumps(expired[vendor]).encode()
    if fault.kind == "error":
        text = "Internal Server Error"
        bodies: dict[str, Any] = {
            "zendesk": {"error": "InternalServerError", "description": text},
            "hubspot": hubspot_errors.internal_error(),
            "stripe": stripe_errors.broken().body,
            "linear": {"errors": [{"message": text, "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]},
            "slack": {"ok": False, "error": "internal_error"},
        }
        return 500, headers, json.dumps(bodies[vendor]).encode()
    if vendor == "stripe":
        refusal = stripe_errors.rate_limited()
        return refusal.status, headers | refusal.headers, json.dumps(refusal.body).encode()
    if fault.retry_after is not None:
        headers["retry-after"] = str(fault.retry_after)
    if vendor == "linear":
        return 400, headers, json.dumps(rate_limited()).encode()
    refusals: dict[str, Any] = {
        "zendesk": {"error": "APIRateLimitExceeded", "description": "Rate limit for API exceeded, please wait."},
        "hubspot": hubspot_errors.rate_limited("TEN_SECONDLY_ROLLING"),
        "slack": {"ok": False, "error": "ratelimited"},
    }
    return 429, headers, json.dumps(refusals[vendor]).encode()


def _spoil(kind: str, body: bytes) -> bytes:
    return body[: len(body) // 2] if kind == "truncated" else body.replace(b":", b"=", 1)


def _subject(scope: Scope, body: bytes, vendor: str) -> str:
    subject = f"{scope['path']}?{scope['query_string'].decode()}"
    if vendor == "linear":
        try:
            query = json.loads(body)
            subject += f" {query.get('operationName') or ''} {query.get('query') or ''}"
        except (ValueError, AttributeError):
            pass
    return subject


async def _read(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if not message.get("more_body"):
            return body


def _replay(body: bytes) -> Receive:
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return waiting.pop() if waiting else {"type": "http.disconnect"}

    return receive


async def _answer(send: Send, status: int, headers: dict[str, str], body: bytes) -> None:
    pairs = [(k.encode(), v.encode()) for k, v in headers.items()]
    pairs.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})
