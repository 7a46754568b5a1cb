"""The journal: what Groundswell decided, sent and was told. Append-only, in the same store format as landing.

Kinds (a stream each), their bodies, and who writes them. Times are ISO 8601 texts in UTC.

    finding        key: finding_key    {kind, candidate_key, title, first_seen_at, minted_at} flows/model/decisions
    finding_alias  key: candidate_key  {finding_key}                                   flows/model/decisions
    finding_state  key: finding_key    {state, previous, episode, at, tickets: [id],
                                        share_above_baseline}                          flows/model/decisions
    delivery       key: delivery_key   {status: intent|sent|failed, destination, operation, finding_key,
                                        episode, content_hash, external_id, external_url, error}; Slack's also
                                        {channel, thread_ts}, Linear's {issue_id}, those that arrived
                                        {identifier, title, priority}, failed ones {gone: bool}
                                                                                       flows/push
    topic          key: topic_id       {label, words, named_for: words, centroid, size, status: live|retired,
                                        version, born_at, into: topic_id|null, edited: bool}
                                                                                       flows/enrich/topics
    topic_lineage  key: topic_id       {change: born|grown|split|merged|retired|revived,
                                        related: topic_id|null, tickets: count}
                                                                                       flows/enrich/topics
    topic_edit     key: hash           {action: merge|split|together|apart|rename, topics: [topic_id],
                                        tickets: [id], label}                          flows/topics
    model          key: model_id       {name, trained_on, parameters, metrics}; intent models also {sources,
                                        held_out: [{bin, tickets, hits, confidence}]}  flows/enrich/train
    reliability    key: model_id:evidence:bin  {name, model_id, evidence: held_out|later, bin, tickets, hits,
                                        confidence, low, high}, the table of one night  flows/enrich/reliability
    model_answer   key: hash of the question
                                       {task, version, model, status: answered|refused|unusable, answer}
                                                                                       flows/enrich/text_model
    intent_label   key: taxonomy:ticket_id
                                       {tickets: [id], taxonomy, intent: intent|null, guess, source: model, at}
                                                                                       flows/enrich/uncertain
    intent_correction  key: ticket_id  {tickets: [id], taxonomy, intent: intent|null, by, at}, null where it is
                                        taken back                                     flows/corrections
    label          key: finding_key:source:actor:label
                                       {finding_key, label: accepted|declined|duplicate|useful|not_useful,
                                        source: linear|slack, actor, at, duplicate_of: finding_key|null}
                                                                                       flows/learn/labels
    mute           key: finding_key    {muted, reason, at}                             flows/findings
    source_state   key: source         {status: ok|failed|bad_batch, reason, since, last_ok_at}
                                                                       flows/stages, flows/validate
    run            key: run_id         {flow, status: completed|failed, at, report}    flows/stages
                                       {flow: forget, status: erased, at, report, findings: [finding_key]}
                                                                                       flows/forget
    tombstone      key: hash of who       {status: begun|met|done, key: fingerprint, marks: [hash],
                                        findings: [finding_key]}
                                                                       flows/landing/tombstones
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
    "topic_edit", "model", "model_answer", "intent_label", "intent_correction", "reliability", "label", "mute",
    "source_state", "run", "tombstone",
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
