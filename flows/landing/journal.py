"""The journal: what Groundswell decided, sent and was told. Append-only, in the same store format as landing.

Kinds (a stream each) and their bodies:

    finding        key: finding_key    {kind, candidate_key, title, first_seen_at, minted_at, tickets,
                                        share_above_baseline}
    finding_alias  key: candidate_key  {finding_key}
    finding_state  key: finding_key    {state, previous, episode, reason}
    delivery       key: delivery_key   {status: intent|sent|failed, destination, operation, finding_key,
                                        episode, content_hash, external_id, external_url, error}
    topic          key: topic_id       {label, words, centroid, size, status, version}
    topic_lineage  key: topic_id       {change: born|grew|split|merged|retired, related, tickets}
    model          key: model_id       {name, trained_on, parameters, metrics}
    label          key: subject        {label, value, source, actor, at}
    mute           key: finding_key    {muted, until, reason}
    source_state   key: source         {status: ok|late|bad_batch, reason, since}
    run            key: run_id         {flow, status, started_at, finished_at, report}
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import orjson
import polars as pl

from flows.landing.store import Record, Store

SOURCE = "journal"
KINDS = (
    "finding", "finding_alias", "finding_state", "delivery", "topic", "topic_lineage",
    "model", "label", "mute", "source_state", "run",
)  # fmt: skip


class Journal:
    """Writes and reads entries. `at` is the run's clock; order is the order of writing (`seq`)."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def write(self, kind: str, entries: Iterable[tuple[str, dict[str, Any]]], *, run_id: str, at: datetime) -> None:
        """Append (key, body) entries of one kind; durable when this returns."""
        if kind not in KINDS:
            raise ValueError(f"unknown journal kind {kind!r}")
        records = [
            Record(
                id=key,
                version="",
                payload=orjson.dumps(body, option=orjson.OPT_SORT_KEYS, default=str).decode(),
            )
            for key, body in entries
        ]
        if records:
            self.store.append(SOURCE, kind, records, run_id=run_id, pulled_at=at)

    def read(self, kind: str) -> pl.DataFrame:
        """All entries of a kind in order: the store's columns, `id` is the key and `payload` the body."""
        return self.store.read(SOURCE, kind).sort("seq")

    def latest(self, kind: str) -> dict[str, dict[str, Any]]:
        """The newest body of each key."""
        frame = self.read(kind)
        return {row["id"]: orjson.loads(row["payload"]) for row in frame.select("id", "payload").iter_rows(named=True)}
