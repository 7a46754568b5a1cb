"""Stripe's API over what the simulated company sold, as it stands at the sandbox's clock.

    GET /stripe/v1/...   Bearer sk_test_sandbox, or the same key as the user of basic auth

Lists are newest first, of objects that exist by now; events are kept for 30 days. The key `rk_test_limited` may read
customers only. Refusals are worded as Stripe words them; a 429 says nothing of when to come back.
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
import threading
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from itertools import islice
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from flows.sandbox import stripe_errors as errors
from flows.sandbox.limits import RateLimits, bucket
from flows.sandbox.premises import Premises
from flows.sandbox.state import Clock
from flows.sandbox.stripe_errors import Refusal
from flows.sandbox.stripe_events import event, render
from flows.sandbox.stripe_history import History
from flows.sandbox.stripe_invoices import line, line_id
from flows.sandbox.stripe_lives import DAY, Kind, Shelf
from flows.sandbox.stripe_objects import ACCOUNT_ID, API_VERSION, Json, account, listing
from flows.sandbox.stripe_query import FILTERS, Query

API_KEY = "sk_test_sandbox"
LIMITED_KEY = "rk_test_limited"
EVENT_DAYS = 30
_EXPANSION_DEPTH = 4
_EVENTS = "events"

# Path -> kind, and how its id is called as a parameter
_RESOURCES: dict[str, tuple[Kind, str]] = {
    "customers": ("customer", "id"),
    "subscriptions": ("subscription", "id"),
    "invoices": ("invoice", "invoice"),
    "invoice_payments": ("invoice_payment", "invoice_payment"),
    "products": ("product", "id"),
    "prices": ("price", "price"),
    "charges": ("charge", "charge"),
    "refunds": ("refund", "refund"),
    "credit_notes": ("credit_note", "id"),
}
_KIND_OF_PREFIX: dict[str, Kind] = {
    "cus": "customer",
    "sub": "subscription",
    "in": "invoice",
    "prod": "product",
    "price": "price",
    "ch": "charge",
    "re": "refund",
    "cn": "credit_note",
}


class Stripe:
    def __init__(self, premises: Premises, clock: Clock, limits: RateLimits) -> None:
        self.premises = premises
        self.clock = clock
        self._reads = bucket(limits.stripe_reads_per_second, 1, limits)
        self._known: History | None = None
        self._lock = threading.Lock()
        self.routes = [Route("/stripe/v1/{path:path}", self.handle, methods=["GET", "POST", "DELETE"])]

    @property
    def history(self) -> History:
        """Worked out when first asked for: it takes a moment."""
        commerce = self.premises.company.commerce
        with self._lock:
            if self._known is None or self._known.commerce is not commerce:
                self._known = History(commerce)
            return self._known

    # -- HTTP

    def handle(self, request: Request) -> Response:
        """One request. Not a coroutine: it runs beside the event loop, since a large page takes a while."""
        headers = {
            "request-id": f"req_{secrets.token_hex(7)}",
            "stripe-version": request.headers.get("stripe-version", API_VERSION),
        }
        try:
            key = _authenticate(request)
            if self._reads.take().refused:
                raise errors.rate_limited()
            answer = self._answer(request, key)
        except Refusal as refusal:
            return _response(refusal.body, refusal.status, headers | refusal.headers)
        return _response(answer, 200, headers)

    def _answer(self, request: Request, key: str) -> Json:
        path = request.path_params["path"].rstrip("/")
        what, *rest = path.split("/")
        if request.method != "GET" or what not in (*_RESOURCES, _EVENTS, "account"):
            raise errors.unknown_url(request.method, path)
        if key == LIMITED_KEY and what != "customers":
            noun = _RESOURCES[what][0] if what in _RESOURCES else what.removesuffix("s")
            raise errors.not_permitted(key, ACCOUNT_ID, f"rak_{noun}_read")
        pairs = request.query_params.multi_items()
        moment = int(self.clock.now().timestamp())
        match what, rest:
            case "account", []:
                return account()
            case "events", []:
                return self._events(Query.of(what, pairs), moment)
            case "events", [id]:
                return self._event(id, moment)
            case "invoices", [id, "lines"]:
                return self._lines(id, Query.of("lines", pairs), moment)
            case _, [] if what != "account":
                query = Query.of(what, pairs)
                return self._expanded(self._list(what, query, moment), query.expand, moment)
            case _, [id] if what != "account":
                kind, param = _RESOURCES[what]
                wanted = [value for name, value in pairs if name.startswith("expand[")]
                return self._expanded(self._one(kind, id, param, moment), wanted, moment)
        raise errors.unknown_url(request.method, path)

    # -- lists

    def _list(self, what: str, query: Query, moment: int) -> Json:
        kind = _RESOURCES[what][0]
        history = self.history
        lives = history.lives[kind]
        if "customer" in query.filters:
            self._one("customer", query.filters["customer"], "customer", moment, status=400)

        def keep(id: str) -> bool:
            life = lives[id]
            state = life.states[life.row(moment)]
            if kind == "customer" and state.is_deleted:
                return False
            if kind == "subscription" and "status" not in query.filters and state.phase.status == "canceled":
                return False
            return all(FILTERS[what][name](life.facts, state, value) for name, value in query.filters.items())

        def cursor(id: str) -> bool:
            return kind != "customer" or not lives[id].states[lives[id].row(moment)].is_deleted

        ids, more = _page(history.shelves.get(kind, Shelf([])), query, kind, 0, moment, keep, cursor)
        return listing(f"/v1/{what}", [render(history, kind, id, lives[id].row(moment)) for id in ids], more)

    def _events(self, query: Query, moment: int) -> Json:
        history = self.history
        oldest = moment - EVENT_DAYS * DAY
        ids, more = _page(
            history.shelves["event"],
            query,
            "event",
            oldest,
            moment,
            keep=lambda id: query.wants(history.events[id].type),
            cursor=lambda _: True,
        )
        return listing("/v1/events", [event(history, history.events[id]) for id in ids], more)

    def _lines(self, id: str, query: Query, moment: int) -> Json:
        """In the order they have on the invoice."""
        self._one("invoice", id, "invoice", moment)
        history = self.history
        invoice = history.lives["invoice"][id].facts
        rows = {line_id(invoice, n): n for n in range(len(invoice.lines))}
        for cursor in (query.starting_after, query.ending_before):
            if cursor is not None and cursor not in rows:
                param = "starting_after" if query.starting_after else "ending_before"
                raise errors.missing("line item", cursor, param, 400)
        if query.ending_before:
            end = rows[query.ending_before]
            first, more = max(0, end - query.limit), end > query.limit
        else:
            first = rows[query.starting_after] + 1 if query.starting_after else 0
            end = min(first + query.limit, len(rows))
            more = end < len(rows)
        return listing(f"/v1/invoices/{id}/lines", [line(history, invoice, n) for n in range(first, end)], more)

    # -- single objects

    def _one(self, kind: Kind, id: str, param: str, moment: int, *, status: int = 404) -> Json:
        history = self.history
        life = history.lives[kind].get(id)
        row = life.row(moment) if life else -1
        if row < 0:
            raise errors.missing(kind.replace("_", " "), id, param, status)
        return render(history, kind, id, row)

    def _event(self, id: str, moment: int) -> Json:
        found = self.history.events.get(id)
        if found is None or not moment - EVENT_DAYS * DAY < found.at <= moment:
            raise errors.missing("event", id, "id")
        return event(self.history, found)

    # -- expanding

    def _expanded(self, answer: Json, paths: list[str], moment: int) -> Json:
        """Ids replaced by their objects, as `expand[]=data.customer` asks for."""
        for path in paths:
            steps = path.split(".")
            if len(steps) > _EXPANSION_DEPTH:
                message = f"You cannot expand more than {_EXPANSION_DEPTH} levels of a property"
                raise Refusal(400, message, param="expand")
            self._expand(answer, steps, moment)
        return answer

    def _expand(self, target: Any, steps: list[str], moment: int) -> None:
        if isinstance(target, list):
            for each in target:
                self._expand(each, steps, moment)
        elif steps and isinstance(target, dict):
            name, *rest = steps
            value = target.get(name)
            if isinstance(value, str):
                kind = _KIND_OF_PREFIX.get(value.partition("_")[0])
                if kind is None or name in ("id", "object", "currency", "status"):
                    raise _not_expandable(name)
                target[name] = value = self._one(kind, value, name, moment)
            elif name not in target or (not rest and value is not None):
                raise _not_expandable(name)
            self._expand(value, rest, moment)


def _page(
    shelf: Shelf,
    query: Query,
    kind: str,
    oldest: int,
    moment: int,
    keep: Callable[[str], bool],
    cursor: Callable[[str], bool],
) -> tuple[list[str], bool]:
    """The ids of a page, newest first, and whether more follow in the direction of reading.

    Only what was made after `oldest` and by `moment` is there. Raises Refusal on an unknown cursor.
    """
    first, end = bisect_right(shelf.created, oldest), bisect_right(shelf.created, moment)
    for param in ("starting_after", "ending_before"):
        id = getattr(query, param)
        if id is not None and not (first <= shelf.rows.get(id, -1) < end and cursor(id)):
            raise errors.missing(kind.replace("_", " "), id, param, 400)
    if query.since is not None:
        first = max(first, bisect_left(shelf.created, query.since))
    if query.until is not None:
        end = min(end, bisect_right(shelf.created, query.until))
    if query.ending_before is not None:
        rows = range(max(first, shelf.rows[query.ending_before] + 1), end)
    else:
        end = end if query.starting_after is None else min(end, shelf.rows[query.starting_after])
        rows = range(end - 1, first - 1, -1)
    ids = list(islice((id for id in (shelf.ids[row] for row in rows) if keep(id)), query.limit + 1))
    more, ids = len(ids) > query.limit, ids[: query.limit]
    return (ids[::-1] if query.ending_before is not None else ids), more


def _not_expandable(name: str) -> Refusal:
    return Refusal(400, f"This property cannot be expanded ({name}).", param="expand")


def _authenticate(request: Request) -> str:
    """The key of the caller. Raises Refusal."""
    kind, _, key = request.headers.get("authorization", "").partition(" ")
    if kind == "Basic":
        try:
            key = base64.b64decode(key).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            key = ""
    if not key:
        raise errors.no_key()
    if kind not in ("Bearer", "Basic") or key not in (API_KEY, LIMITED_KEY):
        raise errors.wrong_key(key)
    return key


def _response(body: Json, status: int, headers: dict[str, str]) -> Response:
    return Response(json.dumps(body), status, headers, "application/json")
