"""Stripe: the catalogue, customers, subscriptions, invoices with all their lines, and what happened to them.

Streams and how they are read:

    products, prices            whole lists, landed when they differ from the last ones
    customers, subscriptions,   everything once; then those that an event names are fetched again, for the lists
    invoices                    cannot be asked for changes, and an event shows the object as an older API saw it
    events                      everything Stripe still has (30 days), then what is new

Each stream but the first two keeps its own place in /v1/events. It is noted before the list is begun, so what
changes under the list's reader is fetched again; and it moves on only with what has been landed. After a gap of more
than KEPT the events do not tell of all changes any more: the objects are listed again. A deleted customer is landed
as Stripe answers it, `{"id": ..., "deleted": true}`. The version of what is fetched is the moment of the fetch.

The common client does all that is needed of Stripe's own, and retries a 429, which that one does not. The key may be a
restricted one that reads what PERMISSIONS names. Run alone: `groundswell run pull --source <name>`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from flows.core.clock import parse
from flows.core.errors import VendorError
from flows.core.http import Client
from flows.core.run import Run
from flows.landing.store import Record
from flows.pull.boundary import epoch_text, record, records, snapshot
from flows.pull.paginators import Fetch, Json, Page, StripeList
from flows.settings import Settings, StripeSource

API_VERSION = "2026-10-28.endive"  # of the official client, stripe 16.1.0
OVERLAP = 300  # seconds: how late an event may turn up in the list
KEPT = timedelta(days=29)  # events are kept for 30 days
FETCHED_AT_ONCE = 100  # objects between two places where a pull can go on

# Which events say that an object has changed, and which are landed themselves. A request may name 20.
CHANGES: dict[str, tuple[str, ...]] = {
    "customers": ("customer.created", "customer.updated", "customer.deleted"),
    "subscriptions": (
        "customer.subscription.created", "customer.subscription.updated", "customer.subscription.deleted",
        "customer.subscription.paused", "customer.subscription.resumed",
        "customer.subscription.pending_update_applied", "customer.subscription.pending_update_expired",
    ),
    "invoices": (
        "invoice.created", "invoice.updated", "invoice.deleted", "invoice.finalized", "invoice.finalization_failed",
        "invoice.sent", "invoice.paid", "invoice.payment_succeeded", "invoice.payment_failed",
        "invoice.payment_action_required", "invoice.overdue", "invoice.marked_uncollectible", "invoice.voided",
        "credit_note.created", "credit_note.updated", "credit_note.voided", "charge.refunded",
    ),
    "events": (
        "customer.created", "customer.deleted",
        "customer.subscription.created", "customer.subscription.updated", "customer.subscription.deleted",
        "customer.subscription.paused", "customer.subscription.resumed",
        "invoice.finalized", "invoice.paid", "invoice.payment_failed", "invoice.payment_action_required",
        "invoice.marked_uncollectible", "invoice.voided",
        "refund.created", "charge.refunded", "credit_note.created", "charge.dispute.created",
    ),
}  # fmt: skip

# What a restricted key has to be allowed to read, in the words of Stripe's Dashboard.
PERMISSIONS = {
    "products": "Products", "prices": "Prices", "customers": "Customers", "subscriptions": "Subscriptions",
    "invoices": "Invoices", "events": "Events",
}  # fmt: skip


class Stripe:
    """The connector of one Stripe account (see `Connector`).

    Cursor of a stream that follows the events: {"position": `created` of the last event that was acted upon,
    "seen": {event: `created`} of those an overlap brings again, "known_to": day up to which nothing is missing,
    "fetched_at": newest version}, and while the list is being read "after": the place in it.
    """

    streams: tuple[str, ...] = tuple(PERMISSIONS)
    optional: tuple[str, ...] = ()

    def __init__(self, run: Run, name: str, source: StripeSource) -> None:
        self._name = name
        self._now = run.now
        self._begun = time.monotonic()
        self._first_moment = run.now
        self._variable = run.settings.secret_name(name, "api_key")
        self.client = client(run.settings, name, source)

    def close(self) -> None:
        self.client.close()

    def pages(self, stream: str, cursor: Json | None) -> Iterator[Page]:
        if stream not in CHANGES:
            found = [item for batch in StripeList().batches(self._get(stream)) for item in batch.items]
            yield from snapshot(records(found, lambda item: record(item.get("id"), self._moment, item)), cursor)
            return
        if cursor and cursor["fetched_at"]:
            self._first_moment = max(self._now, parse(cursor["fetched_at"]))
        if cursor is None or (stream != "events" and self._has_gap(cursor)):
            cursor = self._before_the_list(stream)
        elif self._has_gap(cursor):
            lost = f"events are kept for 30 days: some of those since {cursor['known_to']} are gone"
            yield Page([], None, problems=(lost,))
        if "after" in cursor:
            for page in self._listed(stream, cursor):
                cursor = page.cursor or cursor
                yield page
        yield from self._changed(stream, cursor)

    # -- everything, once

    def _before_the_list(self, stream: str) -> Json:
        """The place in the events from which on they tell what the list may have missed."""
        newest = next(StripeList().batches(self._get("events", **_types(stream)))).items
        position = max((event["created"] for event in newest), default=0)
        seen = _resent({event["id"]: event["created"] for event in newest}, position)
        return {"position": position, "seen": seen, "known_to": self._day, "fetched_at": "", "after": None}

    def _listed(self, stream: str, cursor: Json) -> Iterator[Page]:
        fixed = {"subscriptions": {"status": "all"}, "events": _types("events")}.get(stream, {})
        for batch in StripeList().batches(self._get(stream, **fixed), cursor["after"]):
            found = records(batch.items, lambda item: self._record(stream, item))
            cursor = cursor | {"fetched_at": self._moment, "after": batch.position}
            if stream == "events":  # what happened since the place was noted is in the list already
                seen = cursor["seen"] | {event["id"]: event["created"] for event in batch.items}
                cursor["seen"] = _resent(seen, cursor["position"])
            if batch.is_last:
                del cursor["after"]
            yield Page(found, cursor)

    # -- what has changed since

    def _changed(self, stream: str, cursor: Json) -> Iterator[Page]:
        """What the events after the cursor's place name, by each object's last event: so a place can be kept.

        An object whose events lie on both sides of that place is fetched for the last of them.
        """
        since = {"created[gte]": max(0, cursor["position"] - OVERLAP)}
        newest: int = cursor["position"]
        events: dict[str, list[Json]] = {}  # of each object, newest first
        for batch in StripeList().batches(self._get("events", **_types(stream), **since)):
            for event in batch.items:
                newest = max(newest, event["created"])
                about = _about(stream, event)
                if about and event["id"] not in cursor["seen"]:
                    told = event if stream == "events" else {"id": event["id"], "created": event["created"]}
                    events.setdefault(about, []).append(told)
        order = sorted(events, key=lambda about: events[about][0]["created"])
        for first in range(0, len(order), FETCHED_AT_ONCE):
            some = order[first : first + FETCHED_AT_ONCE]
            fresh = [
                self._record(stream, events[about][0] if stream == "events" else self._object(stream, about))
                for about in some
            ]
            position = max(cursor["position"], events[some[-1]][0]["created"])
            seen = cursor["seen"] | {event["id"]: event["created"] for about in some for event in events[about]}
            cursor = cursor | {"position": position, "seen": _resent(seen, position), "fetched_at": self._moment}
            yield Page(fresh, cursor)
        yield Page([], cursor | {"position": newest, "seen": _resent(cursor["seen"], newest), "known_to": self._day})

    def _object(self, stream: str, id: str) -> Json:
        """An object as it is now. One that is gone without a trace is landed like a deleted one."""
        try:
            return self._get(f"{stream}/{id}")({})
        except VendorError as error:
            if error.status != 404:
                raise
            return {"id": id, "object": stream.removesuffix("s"), "deleted": True}

    def _record(self, stream: str, item: Json) -> Record:
        if stream == "events":
            return record(item.get("id"), epoch_text(item.get("created")), item)
        lines = item.get("lines") or {}
        if stream == "invoices" and lines.get("has_more"):  # at most 10 are embedded
            shown = lines.get("data") or []
            last = [shown[-1]["id"], None] if shown else None
            more = StripeList().batches(self._get(f"invoices/{item['id']}/lines"), last)
            data = [*shown, *(line for batch in more for line in batch.items)]
            item = item | {"lines": lines | {"data": data, "has_more": False}}
        return record(item.get("id"), self._moment, item)

    # -- moments and requests

    def _has_gap(self, cursor: Json) -> bool:
        return self._now - parse(cursor["known_to"]) > KEPT

    @property
    def _day(self) -> str:
        """Today, not now: a pull that brings nothing leaves the cursor as it was."""
        return self._now.date().isoformat()

    @property
    def _moment(self) -> str:
        """Now, to the microsecond, and after what any pull before has fetched: the later fetch is the newer version."""
        moment = self._first_moment + timedelta(seconds=time.monotonic() - self._begun)
        return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def _get(self, path: str, **fixed: Any) -> Fetch:
        def fetch(params: Json) -> Json:
            try:
                answer: Json = self.client.get_json(f"v1/{path}", {**fixed, **params})
            except VendorError as error:
                if error.status != 403:
                    raise
                what = f"{error.what.removeprefix(f'{self._name}: ')}; the key may not read {permission(path)}"
                todo = f"Let the key of {self._variable} read {permission(path)}."
                raise VendorError(self._name, what, todo, status=403) from error
            return answer

        return fetch


def permission(path: str) -> str:
    """What a key has to be allowed to read for a path below /v1."""
    return PERMISSIONS[path.partition("/")[0]]


def client(settings: Settings, name: str, source: StripeSource) -> Client:
    """The HTTP client of a Stripe source. Raises ConfigError when the secret is not set."""
    variable = settings.secret_name(name, "api_key")
    return Client(
        vendor=name,
        base_url=source.base_url,
        requests_per_minute=source.requests_per_minute,
        timeout=settings.timeout_seconds,
        backoff=settings.retry_seconds,
        headers={"Authorization": f"Bearer {settings.secret(name, 'api_key')}", "Stripe-Version": API_VERSION},
        hints={
            401: f"Check {variable}: an active secret or restricted key of Stripe's Dashboard, Developers, API keys.",
            403: f"Edit the restricted key of {variable} in Stripe's Dashboard, Developers, API keys: permission Read.",
            404: f"Check base_url of {name} in groundswell.toml: https://api.stripe.com",
        },
    )


def _types(stream: str) -> Json:
    return {"types[]": list(CHANGES[stream])}


def _about(stream: str, event: Json) -> str | None:
    """The object of the stream that an event is about. A credit note changes its invoice."""
    if stream == "events":
        return str(event["id"])
    told = (event.get("data") or {}).get("object") or {}
    found = told.get("invoice") if stream == "invoices" and told.get("object") != "invoice" else told.get("id")
    return found if isinstance(found, str) else None


def _resent(seen: dict[str, int], position: int) -> dict[str, int]:
    """Of the events that were seen, those that an overlap before `position` brings again."""
    return {id: created for id, created in seen.items() if created >= position - OVERLAP}
