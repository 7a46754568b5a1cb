"""Landing 20,000 tickets with 60,000 events through the Zendesk connector, and the same JSON through a bare loop.

The answers are made before and served from memory, so that neither network nor emulator is measured. Both read
the same bytes; each is run ROUNDS times in turn, and the fastest counts.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from operator import itemgetter
from pathlib import Path
from typing import Any

import httpx
import orjson
import polars as pl

from flows.core.run import Run
from flows.pull.run import SOURCES, pull
from flows.pull.zendesk import Zendesk
from flows.sandbox import zendesk_tickets as shapes
from flows.sandbox.copies import Copies
from flows.settings import Settings, ZendeskSource

TICKETS, EVENTS, PAGE = 20_000, 60_000, 1_000
ROUNDS = 3

Answers = dict[str, list[bytes]]  # by stream, a page each


def compare(folder: Path, rounds: int = ROUNDS) -> dict[str, Any]:
    """Seconds of both and their ratio."""
    os.environ |= {"GROUNDSWELL_ZENDESK_EMAIL": "somebody@example.test", "GROUNDSWELL_ZENDESK_API_TOKEN": "unused"}
    copies = Copies.of(TICKETS)
    now = copies.company.history_end + timedelta(days=1)
    answers = made(copies)
    ours, bare = [], []
    for n in range(rounds):
        bare.append(_timed(loop, answers, folder / f"bare-{n}.parquet"))
        source = ZendeskSource(
            type="zendesk", base_url="http://127.0.0.1:9", requests_per_minute=10**6,
            incremental_requests_per_minute=10**6,
        )  # fmt: skip
        run = Run.start("backfill", Settings(home=folder / f"home-{n}", sources={"zendesk": source}), now=now)
        ours.append(_timed(land, run, answers))
        landed = {stream: run.landing.read("zendesk", stream).height for stream in answers}
        assert landed == {"tickets": TICKETS, "ticket_events": EVENTS}, landed
    return {
        "seconds": round(min(ours), 3), "bare": round(min(bare), 3), "ratio": round(min(ours) / min(bare), 2),
        "bytes": sum(len(page) for pages in answers.values() for page in pages),
    }  # fmt: skip


def made(copies: Copies) -> Answers:
    """The export's answers, as Zendesk cuts them into pages."""
    lives = [copies.life(place, copy) for place in range(len(copies.lives)) for copy in range(copies.count)]
    tickets = [shapes.ticket(life, copies.until) for life in lives[:TICKETS]]
    events = [shapes.ticket_event(life, n) for life in lives for n, step in enumerate(life.steps) if step.says]
    events = sorted(events, key=itemgetter("timestamp"))[:EVENTS]
    pages: Answers = {"tickets": [], "ticket_events": []}
    for n, items in _pages(tickets):
        is_last = n + PAGE >= TICKETS
        body: dict[str, Any] = {"tickets": items, "after_cursor": f"after-{n}", "end_of_stream": is_last}
        pages["tickets"].append(orjson.dumps(body))
    for n, items in _pages(events):
        is_last = n + PAGE >= EVENTS
        body = {"ticket_events": items, "end_time": items[-1]["timestamp"], "end_of_stream": is_last}
        pages["ticket_events"].append(orjson.dumps(body))
    return pages


def _pages(items: list[dict[str, Any]]) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    return ((n, items[n : n + PAGE]) for n in range(0, len(items), PAGE))


def loop(answers: Answers, path: Path) -> None:
    """The bare loop: decode, keep each object's id and its JSON, write one file."""
    ids: list[str] = []
    payloads: list[str] = []
    for stream, pages in answers.items():
        for page in pages:
            for item in orjson.loads(page)[stream]:
                ids.append(str(item["id"]))
                payloads.append(orjson.dumps(item).decode())
    pl.DataFrame({"id": ids, "payload": payloads}).write_parquet(path, compression="zstd")


def land(run: Run, answers: Answers) -> None:
    """A pull as any other, but for the wire."""
    left = {stream: iter(pages) for stream, pages in answers.items()}

    def answer(request: httpx.Request) -> httpx.Response:
        stream = "ticket_events" if "ticket_events" in request.url.path else "tickets"
        return httpx.Response(
            200, stream=httpx.ByteStream(next(left[stream])), headers={"content-type": "application/json"}
        )

    def connect(run: Run, name: str, source: ZendeskSource) -> Zendesk:
        connector = Zendesk(run, name, source)
        connector.streams = ("tickets", "ticket_events")
        connector.client._http = httpx.Client(transport=httpx.MockTransport(answer))
        return connector

    SOURCES["zendesk"] = connect
    pull(run, "zendesk")


def _timed(work: Callable[..., None], *arguments: Any) -> float:
    started = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - started
