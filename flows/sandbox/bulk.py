"""Histories of any size, straight into a landing zone: as a backfill of them would have left it, without the requests.

    copies = Copies.of(1_000_000)
    write(store, "zendesk", copies)                     # the history
    write_hour(store, "zendesk", copies, 1)             # and what changed in the hour after it

Rows and versions are those that the Zendesk connector lands of the same company; data files have the size that
compaction leaves. No cursor is written: what is not a vendor's cannot be pulled on from. Memory is bounded by one
commit of each stream.
"""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import Any

import orjson
import polars as pl

from flows.landing.compact import LARGE
from flows.landing.store import Store
from flows.sandbox import zendesk_directory as directory
from flows.sandbox import zendesk_tickets as shapes
from flows.sandbox.company import Company
from flows.sandbox.copies import Copies
from flows.sandbox.lives import Life, Step

PIECE = 1_000  # tickets that one process writes at a time
HOUR = 3600
_NEW = 5  # of the changed tickets, every so manieth is a new one

Columns = tuple[list[str], list[str], list[str]]  # ids, versions, payloads
Rows = dict[str, Columns]  # by stream


def write(store: Store, source: str, copies: Copies, *, processes: int = 2) -> dict[str, int]:
    """Land the history of all copies as of its end. Returns rows by stream."""
    at = copies.company.history_end
    landing = _Landing(store, source, "backfill-bulk", at, backfill=True)
    landing.add(_directory(copies))
    for stream in ("articles", "groups", "ticket_fields"):
        items = list(copies.company.all(stream, at))
        landing.add({stream: _rows(items, _updated)})
    for piece in _pieces(copies, processes):
        landing.add(piece)
    return landing.finish()


def write_hour(store: Store, source: str, copies: Copies, hour: int, *, changed: int = 1_000) -> datetime:
    """Land what an hour changed, `hour` hours after the history's end: new tickets and news of the newest old ones.

    Each hour has other tickets. Returns the moment at which it was pulled.
    """
    begin = copies.until + (hour - 1) * HOUR
    rng = Random(f"{copies.company.seed} hour {hour}")
    rows: Rows = {}
    for n in range(changed):
        at = begin + n * (HOUR - 120) // changed
        order = copies.events + ((hour - 1) * changed + n) * 4
        place, copy = divmod(len(copies) - 1 - ((hour - 1) * changed + n) % len(copies), copies.count)
        life = copies.life(place, copy)
        if n % _NEW == 0:
            life = _arrived(life, len(copies) + (hour - 1) * changed + n, at, copies, order)
        else:
            life = _gone_on(rng, life, at, copies, order)
        _merge(rows, _ticket_rows(life, begin + HOUR, since=begin))
    moment = datetime.fromtimestamp(begin + HOUR, UTC)
    landing = _Landing(store, source, f"hourly-bulk-{hour}", moment, backfill=False)
    landing.add(rows)
    landing.finish()
    return moment


def _arrived(like: Life, number: int, at: int, copies: Copies, order: int) -> Life:
    """A new ticket: the opening of an old one, in other words."""
    id = copies.id(0, 0) + number
    opening = like.steps[0]._replace(at=at)
    return replace(
        like, id=id, seed=like.seed ^ id << 16, created=at, twin=None, before=None, stance=(), steps=[opening],
        event_ids=[copies.event_id(order)], rating="",
    )  # fmt: skip


def _gone_on(rng: Random, life: Life, at: int, copies: Copies, order: int) -> Life:
    """The ticket with one more comment: of the customer, who is answered now and then."""
    steps = [step for step in life.steps if step.at <= copies.until]
    status = (("status", "open"),)
    more = [Step(at, life.requester.id, "email", "follow", True, status)]
    if rng.random() < 0.4:
        more.append(Step(at + 60, 20_001 + rng.randrange(14), "web", "ask", True, (("status", "pending"),)))
    ids = [*life.event_ids[: len(steps)], *(copies.event_id(order + n) for n in range(len(more)))]
    return replace(life, steps=[*steps, *more], event_ids=ids)


# -- rows ----------------------------------------------------------------------------------------------


def _ticket_rows(life: Life, until: int, since: int = 0) -> Rows:
    """A ticket as of `until`, with its events since `since`."""
    ticket = shapes.ticket(life, until)
    version = shapes.iso(ticket["generated_timestamp"])
    events = [shapes.ticket_event(life, n) for n, step in enumerate(life.steps) if since <= step.at <= until]
    rows: Rows = {
        "tickets": _rows([ticket], lambda _: version),
        "ticket_metrics": _rows([shapes.metric_set(life, until)], lambda _: version),
        "ticket_events": _rows(events, lambda event: shapes.iso(event["timestamp"])),
    }
    if any(since <= at <= until for at in shapes.rating_changes(life)):
        rows["satisfaction_ratings"] = _rows([shapes.rating(life, until)], _updated)
    return rows


def _directory(copies: Copies) -> Rows:
    rows: Rows = {}
    for copy in range(copies.count):
        users = (directory.user(user, copies.until) for user in copies.users(copy))
        customers = (directory.organization(customer, copies.until) for customer in copies.organizations(copy))
        _merge(rows, {"users": _rows(users, _updated), "organizations": _rows(customers, _updated)})
    return rows


def _rows(items: Iterable[dict[str, Any]], version: Callable[[dict[str, Any]], str]) -> Columns:
    ids: list[str] = []
    versions: list[str] = []
    payloads: list[str] = []
    for item in items:
        ids.append(str(item["id"]))
        versions.append(version(item))
        payloads.append(orjson.dumps(item).decode())
    return ids, versions, payloads


def _updated(item: dict[str, Any]) -> str:
    return str(item["updated_at"])


def _merge(rows: Rows, more: Rows) -> None:
    for stream, columns in more.items():
        for column, values in zip(rows.setdefault(stream, ([], [], [])), columns, strict=True):
            column.extend(values)


# -- in several processes ------------------------------------------------------------------------------

_copies: Copies | None = None  # of a worker


def _pieces(copies: Copies, processes: int) -> Iterator[Rows]:
    """The rows of all tickets, in order, PIECE tickets at a time."""
    size = max(1, PIECE // copies.count)
    spans = [(start, min(start + size, len(copies.lives))) for start in range(0, len(copies.lives), size)]
    if processes < 2 or len(spans) < 2:
        yield from (_piece(copies, span) for span in spans)
        return
    # Each makes the company anew, since a fork would not survive polars' threads and a company cannot be pickled.
    recipe = (copies.company.arguments, {life.id for life in copies.lives}, copies.count)
    pool = ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"), _begin, recipe)
    with pool:
        waiting: deque[Future[Rows]] = deque()
        for span in spans:
            waiting.append(pool.submit(_work, span))
            if len(waiting) > 2 * processes:  # no more is held than what the processes are about to need
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _begin(arguments: dict[str, Any], ids: set[int], count: int) -> None:
    global _copies
    company = Company.simulate(**arguments)
    _copies = Copies(company, [life for life in company.lives if life.id in ids], count)


def _work(span: tuple[int, int]) -> Rows:
    assert _copies is not None
    return _piece(_copies, span)


def _piece(copies: Copies, span: tuple[int, int]) -> Rows:
    rows: Rows = {}
    for place in range(*span):
        for copy in range(copies.count):
            _merge(rows, _ticket_rows(copies.life(place, copy), copies.until))
    return rows


class _Landing:
    """Commits rows stream by stream, as many at a time as compaction leaves alone."""

    def __init__(self, store: Store, source: str, run_id: str, at: datetime, *, backfill: bool) -> None:
        self._store, self._source, self._run_id, self._at, self._backfill = store, source, run_id, at, backfill
        self._held: dict[str, list[pl.DataFrame]] = {}
        self._counts: dict[str, int] = {}

    def add(self, rows: Rows) -> None:
        for stream, columns in rows.items():
            frame = pl.DataFrame(dict(zip(("id", "version", "payload"), columns, strict=True)))
            held = self._held.setdefault(stream, [])
            held.append(frame)
            if sum(f.height for f in held) >= LARGE:
                self._commit(stream)

    def finish(self) -> dict[str, int]:
        for stream in self._held:
            self._commit(stream)
        return self._counts

    def _commit(self, stream: str) -> None:
        held = self._held[stream]
        if not held:
            return
        frame = pl.concat(held)
        held.clear()
        self._counts[stream] = self._counts.get(stream, 0) + frame.height
        self._store.append(
            self._source, stream, frame, run_id=self._run_id, pulled_at=self._at, backfill=self._backfill
        )
