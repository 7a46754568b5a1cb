"""Zendesk Support and Guide: tickets with their metric sets, events with comments, people, ratings, articles.

Streams and how they are read:

    ticket_fields, groups       whole lists, landed when they differ from the last ones
    organizations               time-based incremental export
    users                       cursor-based incremental export
    tickets, ticket_metrics     cursor-based incremental export; the metric sets come along as a sideload
    ticket_events               time-based incremental export, with comments as child events
    satisfaction_ratings        list from a start time, with two weeks of overlap (a rating may be changed)
    articles                    Help Center's time-based incremental export

Deleted tickets arrive in the tickets stream with status `deleted`. A ticket's version is its
`generated_timestamp`: unlike `updated_at` it moves with every change that the export reports.
Needs an API token of an admin (incremental exports are for admins). Run alone:
`groundswell run pull --source <name>`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from flows.core.clock import iso, parse
from flows.core.http import Client, RateLimit
from flows.core.run import Run
from flows.landing.store import Record
from flows.pull.boundary import Boundary, epoch_text, first_time, record, records, snapshot, sweep
from flows.pull.paginators import (
    Batch,
    Json,
    Page,
    ZendeskCursorExport,
    ZendeskList,
    ZendeskTimeExport,
)
from flows.settings import Settings, ZendeskSource

SETTLED = timedelta(seconds=60)  # exports refuse a start time younger than this
RESENT = timedelta(minutes=2)  # how far back a time-based export may send again
RATING_OVERLAP = timedelta(days=14)  # the list is filtered by creation; a customer may change the score later
_SINCE_STREAMS = ("tickets", "ticket_events", "satisfaction_ratings")  # people and articles come in full


class Zendesk:
    """The connector of one Zendesk account (see `Connector`)."""

    streams: tuple[str, ...] = (
        "ticket_fields", "groups", "organizations", "users", "tickets", "ticket_events",
        "satisfaction_ratings", "articles",
    )  # fmt: skip
    optional: tuple[str, ...] = ("satisfaction_ratings", "articles")  # not part of every plan

    def __init__(self, run: Run, name: str, source: ZendeskSource) -> None:
        self._now = run.now
        self._since = source.since
        self._may_restart = run.backfill
        self.client = client(run.settings, name, source)
        self._limit = RateLimit(source.incremental_requests_per_minute)

    def close(self) -> None:
        self.client.close()

    def pages(self, stream: str, cursor: Json | None) -> Iterator[Page]:
        if cursor and self._goes_further_back(stream, cursor):
            cursor = None
        since = self._since if stream in _SINCE_STREAMS else None
        begun = {"since": since if cursor is None else cursor.get("since")}
        for page in self._stream_pages(stream, cursor, since):
            yield replace(page, cursor={**(page.cursor or {}), **begun})

    def _goes_further_back(self, stream: str, cursor: Json) -> bool:
        """A backfill asks for more history than the stream was begun with: begin it again."""
        begun = cursor.get("since")
        if not self._may_restart or stream not in _SINCE_STREAMS or begun is None:
            return False
        return self._since is None or parse(self._since) < parse(begun)

    def _stream_pages(self, stream: str, cursor: Json | None, since: str | None) -> Iterator[Page]:
        match stream:
            case "ticket_fields" | "groups":
                items = [i for b in ZendeskList(stream).batches(self._get(stream)) for i in b.items]
                yield from snapshot(records(items, _by_update), cursor)
            case "tickets":
                yield from self._cursor_export(stream, _ticket, cursor, since, include="metric_sets")
            case "users":
                yield from self._cursor_export(stream, _by_update, cursor, since)
            case "organizations":
                yield from self._time_export(stream, _by_update, cursor, since)
            case "ticket_events":
                yield from self._time_export(stream, _event, cursor, since, include="comment_events")
            case "articles":
                path = "help_center/incremental/articles"
                yield from self._time_export(stream, _by_update, cursor, since, path=path)
            case "satisfaction_ratings":
                yield from sweep(cursor, self._ratings(since), _by_update, RATING_OVERLAP, self._now)
            case _:
                raise ValueError(f"Zendesk has no stream {stream!r}")

    def _cursor_export(
        self, stream: str, to_record: Callable[[Json], Record], cursor: Json | None, since: str | None, **params: str
    ) -> Iterator[Page]:
        fetch = self._get(f"incremental/{stream}/cursor", self._limit, **params)
        position = (cursor or {}).get("position") or {"start_time": self._start(since)}
        for batch in ZendeskCursorExport(stream).batches(fetch, position):
            side = {"ticket_metrics": _metrics(batch)} if stream == "tickets" else {}
            yield Page(records(batch.items, to_record), {"position": batch.position}, side)

    def _time_export(
        self, stream: str, to_record: Callable[[Json], Record], cursor: Json | None, since: str | None,
        path: str = "", **params: str,
    ) -> Iterator[Page]:  # fmt: skip
        fetch = self._get(path or f"incremental/{stream}", self._limit, **params)
        cursor = cursor or {}
        position = min(cursor.get("position", self._start(since)), self._latest_start)
        boundary = Boundary(cursor.get("boundary"))
        for batch in ZendeskTimeExport(stream).batches(fetch, position):
            fresh = boundary.fresh(records(batch.items, to_record))
            resent_from = iso(datetime.fromtimestamp(batch.position, UTC) - RESENT)
            yield Page(fresh, {"position": batch.position, "boundary": boundary.since(resent_from)})

    def _ratings(self, since: str | None) -> Callable[[str | None, Any], Iterator[Batch]]:
        def batches(start: str | None, after: Any) -> Iterator[Batch]:
            begin = parse(start) if start else parse(since) if since else None
            params = {"start_time": int(begin.timestamp())} if begin else {}
            return ZendeskList("satisfaction_ratings").batches(self._get("satisfaction_ratings", None, **params), after)

        return batches

    @property
    def _latest_start(self) -> int:
        return int((self._now - SETTLED).timestamp())

    def _start(self, since: str | None) -> int:
        """Epoch seconds of `since` (or of everything), but old enough to be allowed."""
        return min(int(parse(since).timestamp()), self._latest_start) if since else 0

    def _get(self, path: str, limit: RateLimit | None = None, **fixed: Any) -> Callable[[Json], Json]:
        def fetch(params: Json) -> Json:
            answer: Json = self.client.get_json(f"api/v2/{path}", {**fixed, **params}, limit=limit)
            return answer

        return fetch


def client(settings: Settings, name: str, source: ZendeskSource) -> Client:
    """The HTTP client of a Zendesk source. Raises ConfigError when a secret is not set."""
    email, token = settings.secret(name, "email"), settings.secret(name, "api_token")
    names = f"{settings.secret_name(name, 'email')} and {settings.secret_name(name, 'api_token')}"
    return Client(
        vendor=name,
        base_url=source.base_url,
        requests_per_minute=source.requests_per_minute,
        timeout=settings.timeout_seconds,
        backoff=settings.retry_seconds,
        auth=(f"{email}/token", token),
        hints={
            401: f"Check {names}: the address of an admin, and an active API token of Zendesk's Admin Center.",
            403: f"The user of {settings.secret_name(name, 'email')} must be an admin to read exports.",
            404: f"Check base_url of {name} in groundswell.toml: https://<subdomain>.zendesk.com",
        },
    )


def _by_update(item: Json) -> Record:
    return record(item.get("id"), first_time(item, "updated_at", "created_at"), item)


def _ticket(item: Json) -> Record:
    return record(item.get("id"), _generated(item), item)


def _event(item: Json) -> Record:
    return record(item.get("id"), epoch_text(item.get("timestamp")) or first_time(item, "created_at"), item)


def _generated(ticket: Json) -> str:
    return epoch_text(ticket.get("generated_timestamp")) or first_time(ticket, "updated_at")


def _metrics(batch: Batch) -> list[Record]:
    """The metric sets that came with tickets: a list beside them, or one inside each."""
    tickets = [ticket for ticket in batch.items if isinstance(ticket, dict)]
    versions = {str(ticket.get("id")): _generated(ticket) for ticket in tickets}
    inside = [ticket.pop("metric_set") for ticket in tickets if ticket.get("metric_set")]

    def to_record(item: Json) -> Record:
        version = versions.get(str(item.get("ticket_id"))) or first_time(item, "updated_at")
        return record(item.get("id"), version, item)

    return records([*(batch.body.get("metric_sets") or []), *inside], to_record)
