"""Zendesk's Support and Help Center APIs over the simulated company, as it stands at the sandbox's clock.

    GET /zendesk/api/v2/...   basic auth agent@example.test/token:sandbox-zendesk-token

Incremental exports leave out the last minute, refuse a start time younger than that, and are for admins:
`light@example.test` with the same token gets 403. Every path may end in `.json`.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from flows.core.clock import iso, parse
from flows.sandbox.feed import Position
from flows.sandbox.limits import RateLimits, bucket
from flows.sandbox.planted import Planted
from flows.sandbox.premises import Premises
from flows.sandbox.product import HELP_URL
from flows.sandbox.state import Clock
from flows.sandbox.zendesk_tickets import API as COMPANY_API
from flows.sandbox.zendesk_tickets import METRIC_IDS

EMAIL = "agent@example.test"
LIGHT_EMAIL = "light@example.test"
TOKEN = "sandbox-zendesk-token"
SETTLED = timedelta(minutes=1)
EXPORT_PAGE = 1000
LIST_PAGE = 100
_LATEST = 2**62

Json = dict[str, Any]


class Refusal(Exception):
    """An answer other than 200."""

    def __init__(self, status: int, error: str, description: str = "") -> None:
        super().__init__(error)
        self.status = status
        self.body = {"error": error} | ({"description": description} if description else {})


class Zendesk:
    def __init__(self, premises: Premises, clock: Clock, limits: RateLimits, base_url: Callable[[], str]) -> None:
        self.premises = premises
        self.clock = clock
        self.base_url = base_url
        self._all = bucket(limits.zendesk_per_minute, 60, limits)
        self._incremental = bucket(limits.zendesk_incremental_per_minute, 60, limits)
        self._paths: dict[str, Callable[..., Json]] = {
            r"incremental/(tickets|users)/cursor": self._cursor_export,
            r"incremental/(organizations|ticket_events)": self._time_export,
            r"help_center/incremental/(articles)": self._time_export,
            r"(satisfaction_ratings|ticket_metrics)": self._list,
            r"(organizations|users)": self._list,
            r"(ticket_fields|groups)": self._whole,
            r"help_center/(?:[a-z-]+/)?articles": self._articles,
            r"help_center/(?:[a-z-]+/)?articles/(\d+)": self._article,
            r"(tickets|users)/count": self._count,
            r"search/count": self._search_count,
            r"(tickets|users|organizations)/(\d+)": self._one,
            r"tickets/(\d+)/(comments|audits)": self._of_ticket,
        }
        self._planted = Planted(clock)
        self.routes = [Route("/zendesk/api/v2/{path:path}", self.handle, methods=["GET"]), *self._planted.routes]

    # -- HTTP

    def handle(self, request: Request) -> Response:
        """One request. Not a coroutine: it runs beside the event loop, since a large page takes a while."""
        path = request.path_params["path"].removesuffix(".json").rstrip("/")
        headers = {}
        try:
            email = _authenticate(request)
            limit = self._incremental if path.startswith("incremental/") else self._all
            allowance = limit.take(email)
            headers = {"x-rate-limit": str(allowance.limit), "x-rate-limit-remaining": str(allowance.remaining)}
            if allowance.refused:
                headers["retry-after"] = allowance.retry_after
                raise Refusal(429, "APIRateLimitExceeded", "Rate limit for API exceeded, please wait.")
            if "incremental/" in path and email != EMAIL:
                raise Refusal(403, "Forbidden", "You do not have access to this page. Please contact an admin.")
            answer = _me(email) if path == "users/me" else self._answer(path, dict(request.query_params))
        except Refusal as refusal:
            return self._response(refusal.body, refusal.status, headers)
        return self._response(answer, 200, headers)

    def _answer(self, path: str, query: Json) -> Json:
        for pattern, answer in self._paths.items():
            if match := re.fullmatch(pattern, path):
                return answer(query, *match.groups())
        raise Refusal(404, "InvalidEndpoint", "Not found")

    def _response(self, body: Json, status: int, headers: dict[str, str]) -> Response:
        return Response(self.localise(json.dumps(body)), status, headers, "application/json")

    def localise(self, text: str) -> str:
        """The company's addresses as those of this server, so that links can be opened."""
        return text.replace(COMPANY_API, f"{self.base_url()}/zendesk/api/v2").replace(
            HELP_URL, f"{self.base_url()}/zendesk"
        )

    # -- incremental exports

    def _cursor_export(self, query: Json, stream: str) -> Json:
        after = _decode(query["cursor"]) if query.get("cursor") else (self._start(query) - 1, _LATEST)
        until = self.clock.now() - SETTLED
        size = _integer(query, "per_page", EXPORT_PAGE, most=EXPORT_PAGE)
        company = self.premises.company
        items = company.changes(stream, after=after, until=until, limit=size + 1)
        done, items = len(items) <= size, items[:size]
        position = company.position(stream, items[-1]) if items else after
        planted, at = self._planted.of(stream, after[0] + 1, int(until.timestamp())) if done else ([], -1)
        token = _encode(max(position, (at, _LATEST)))
        answer: Json = {
            stream: [*items, *planted],
            "after_url": f"{COMPANY_API}/incremental/{stream}/cursor.json?cursor={token}",
            "after_cursor": token,
            "before_url": None,
            "before_cursor": None,
            "end_of_stream": done,
        }
        return answer | self._sideloads(stream, items, query)  # of the company's own

    def _sideloads(self, stream: str, items: list[Json], query: Json) -> Json:
        wanted = str(query.get("include", "")).split(",")
        company, now = self.premises.company, self.clock.now() - SETTLED
        if stream == "tickets" and "metric_sets" in wanted:
            for ticket in items:
                ticket["metric_set"] = company.get("ticket_metrics", METRIC_IDS + ticket["id"], now)
        if stream == "tickets" and "users" in wanted:
            ids = {ticket[role] for ticket in items for role in ("requester_id", "submitter_id", "assignee_id")}
            users = (company.get("users", id, now) for id in sorted(ids - {None}))
            return {"users": [user for user in users if user]}
        return {}

    def _time_export(self, query: Json, stream: str) -> Json:
        """From start_time on, in order; the next page begins at the last one's last second, so it repeats some."""
        start = self._start(query)
        until = self.clock.now() - SETTLED
        size = _integer(query, "per_page", EXPORT_PAGE, most=EXPORT_PAGE)
        company = self.premises.company
        items = company.changes(stream, after=(start - 1, _LATEST), until=until, limit=size + 1)
        done, items = len(items) <= size, items[:size]
        end = company.position(stream, items[-1])[0] if items else start
        if not done and end == start:  # more in one second than fit a page: it has to grow
            items = company.changes(stream, after=(start - 1, _LATEST), until=until, limit=100 * size)
            items = [item for item in items if company.position(stream, item)[0] == start]
            end += 1
        if stream == "ticket_events" and "comment_events" not in str(query.get("include", "")):
            for event in items:
                event["child_events"] = [c for c in event["child_events"] if c["event_type"] != "Comment"]
        planted, at = self._planted.of(stream, start, int(until.timestamp())) if done else ([], -1)
        items, end = [*items, *planted], max(end, at)
        prefix = "help_center/incremental" if stream == "articles" else "incremental"
        return {
            stream: items,
            "count": len(items),
            "end_time": end,
            "end_of_stream": done,
            "next_page": f"{COMPANY_API}/{prefix}/{stream}.json?start_time={end}" if items else None,
        }

    def _start(self, query: Json) -> int:
        if "start_time" not in query:
            raise Refusal(400, "MissingParameter", "start_time is required")
        start = _integer(query, "start_time", 0, least=0)
        if start > (self.clock.now() - SETTLED).timestamp():
            raise Refusal(422, "StartTimeTooRecent", "Too recent start_time. Use a start_time older than 60 seconds")
        return start

    # -- lists

    def _list(self, query: Json, stream: str) -> Json:
        size = _integer(query, "page[size]", LIST_PAGE, most=LIST_PAGE)
        after = _decode(query["page[after]"]) if query.get("page[after]") else (-1, -1)
        company, now = self.premises.company, self.clock.now()
        begin = None
        if "start_time" in query:  # ratings made since then; one is changed only after it is made
            begin = iso(parse("1970-01-01") + timedelta(seconds=_integer(query, "start_time", 0)))
            after = max(after, (_integer(query, "start_time", 0) - 1, _LATEST))
        items = company.changes(stream, after=after, until=now, limit=size + 1)
        more, items = len(items) > size, items[:size]
        position = _encode(company.position(stream, items[-1])) if items else None
        shown = [item for item in items if begin is None or item["created_at"] >= begin]
        link = f"{COMPANY_API}/{stream}.json?page[size]={size}&page[after]={position}"
        return {
            stream: shown,
            "meta": {"has_more": more, "after_cursor": position, "before_cursor": None},
            "links": {"next": link if more else None, "prev": None},
        }

    def _whole(self, _query: Json, stream: str) -> Json:
        items = sorted(self.premises.company.all(stream, self.clock.now()), key=lambda item: item["id"])
        return {
            stream: items,
            "count": len(items),
            "next_page": None,
            "previous_page": None,
            "meta": {"has_more": False, "after_cursor": None, "before_cursor": None},
        }

    def _articles(self, query: Json) -> Json:
        size = _integer(query, "per_page", 30, most=100)
        page = _integer(query, "page", 1)
        items = sorted(self.premises.company.all("articles", self.clock.now()), key=lambda item: item["id"])
        pages = -(-len(items) // size)
        link = f"{COMPANY_API}/help_center/en-us/articles.json?page={page + 1}&per_page={size}"
        return {
            "articles": items[(page - 1) * size : page * size],
            "count": len(items),
            "page": page,
            "per_page": size,
            "page_count": pages,
            "next_page": link if page < pages else None,
        }

    # -- single objects

    def _one(self, _query: Json, stream: str, id: str) -> Json:
        found = self.premises.company.get(stream, int(id), self.clock.now())
        if found is None or found.get("status") == "deleted":
            raise Refusal(404, "RecordNotFound", "Not found")
        return {stream.removesuffix("s"): found}

    def _of_ticket(self, query: Json, id: str, what: str) -> Json:
        self._one(query, "tickets", id)
        company = self.premises.company
        read = company.comments if what == "comments" else company.audits
        items = read(int(id), self.clock.now())
        return {what: items, "count": len(items), "next_page": None, "previous_page": None}

    def _article(self, query: Json, id: str) -> Json:
        return self._one(query, "articles", id)

    def _count(self, _query: Json, stream: str) -> Json:
        now = self.clock.now()
        return {"count": {"value": self.premises.company.count(stream, now), "refreshed_at": iso(now)}}

    def _search_count(self, query: Json) -> Json:
        """Understands `type:ticket` and `created>=DATE`."""
        text = str(query.get("query", ""))
        since = re.search(r"created>=?(\S+)", text)
        if "type:ticket" not in text:
            raise Refusal(422, "invalid", "The sandbox counts type:ticket only.")
        tickets = self.premises.company.all("tickets", self.clock.now())
        return {"count": sum(since is None or (ticket["created_at"] or "") >= since[1] for ticket in tickets)}


def _me(email: str) -> Json:
    role = "admin" if email == EMAIL else "agent"
    return {"user": {"id": 1, "name": f"Sandbox {role.capitalize()}", "email": email, "role": role, "active": True}}


def _authenticate(request: Request) -> str:
    """The email of the caller. Raises Refusal."""
    kind, _, credentials = request.headers.get("authorization", "").partition(" ")
    try:
        name, _, token = base64.b64decode(credentials).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        name = token = ""
    if kind != "Basic" or token != TOKEN or name not in (f"{EMAIL}/token", f"{LIGHT_EMAIL}/token"):
        raise Refusal(401, "Couldn't authenticate you")
    return name.removesuffix("/token")


def _integer(query: Json, name: str, default: int, *, least: int = 1, most: int | None = None) -> int:
    try:
        value = int(query.get(name, default))
    except ValueError:
        raise Refusal(400, "InvalidValue", f"{name} must be an integer") from None
    if value < least:
        raise Refusal(400, "InvalidValue", f"{name} must be at least {least}")
    return value if most is None else min(value, most)


def _encode(position: Position) -> str:
    at, id = position
    return base64.urlsafe_b64encode(f"{at}.0||{id}".encode()).decode()


def _decode(cursor: str) -> Position:
    try:
        at, id = base64.urlsafe_b64decode(cursor).decode().split(".0||")
        return int(at), int(id)
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise Refusal(400, "InvalidPaginationParameter", "The cursor is not valid.") from None
