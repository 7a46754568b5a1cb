"""Tickets under their topics: the topics as the journal holds them, the nearest of a ticket, and `enrich.topics`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import polars as pl

from flows.core.clock import parse
from flows.core.run import Run
from flows.enrich import clusters
from flows.enrich.batches import insert, read_table
from flows.enrich.conversations import documents
from flows.enrich.protocols import Matrix
from flows.enrich.space import TicketSpace

BATCH = 2_500  # tickets that are assigned together
CHUNK = 50_000


@dataclass(frozen=True)
class Topic:
    """A topic as the journal holds it; `centroid` lies in the space of the embedder `version`."""

    topic_id: str
    label: str
    words: list[str]
    centroid: list[float]
    size: int
    status: str  # live | retired
    version: str
    born_at: str

    def body(self) -> dict[str, Any]:
        return {key: value for key, value in self.__dict__.items() if key != "topic_id"}


def read_topics(run: Run) -> dict[str, Topic]:
    """Every topic ever, by id, as last written."""
    return {key: Topic(topic_id=key, **body) for key, body in sorted(run.journal.latest("topic").items())}


def live_topics(run: Run, embedder_id: str) -> list[Topic]:
    """The topics tickets can be assigned to, in order of id."""
    return [t for t in read_topics(run).values() if t.status == "live" and t.version == embedder_id]


def centroids_of(topics: list[Topic]) -> Matrix:
    return np.array([topic.centroid for topic in topics], dtype=np.float32).reshape(len(topics), -1 if topics else 0)


def assign_topics(con: duckdb.DuckDBPyConnection, run: Run, embedder: TicketSpace | None) -> None:
    """Put every ticket of enrich.tickets under its nearest live topic, or under none, and publish the topics.

    Tickets are read with the topics that are published, so that nothing is to be done where these are live still.
    """
    topics = live_topics(run, embedder.model_id) if embedder else []
    published = con.sql("select topic_id, model_id from enrich.topics where status = 'live' order by all").fetchall()
    if embedder and published != [(topic.topic_id, topic.version) for topic in topics]:
        con.execute(_ALL_TICKETS)
        con.execute("create or replace temp table assigned (ticket_id varchar, topic_id varchar, similarity double)")
        for rows in read_table(con, run, "all_tickets", Assigner(embedder, topics), BATCH, CHUNK):
            insert(con, "assigned", rows)
        con.execute(_ASSIGN)
        con.execute("drop table assigned; drop table all_tickets")
    publish_topics(con, run)


_ALL_TICKETS = """
    create or replace temp table all_tickets as
    select row_number() over () as n, ticket_id, title, clean_text as text, language from enrich.tickets
"""
_ASSIGN = """
    update enrich.tickets as ticket set topic_id = assigned.topic_id, topic_similarity = assigned.similarity
    from assigned
    where assigned.ticket_id = ticket.ticket_id
        and (assigned.topic_id, assigned.similarity) is distinct from (ticket.topic_id, ticket.topic_similarity)
"""


@dataclass(frozen=True)
class Assigner:
    """Tickets (ticket_id, title, text, language) to their topics: ticket_id, topic_id, similarity."""

    embedder: TicketSpace
    topics: list[Topic]

    def __call__(self, tickets: pl.DataFrame) -> pl.DataFrame:
        points = self.embedder.topical(documents(tickets), tickets["language"].to_list())
        topic_ids, similarity = nearest_topics(points, self.topics)
        return tickets.select("ticket_id").with_columns(
            topic_id=pl.Series(topic_ids, dtype=pl.String), similarity=pl.Series(similarity, dtype=pl.Float64)
        )


def nearest_topics(points: Matrix, topics: list[Topic]) -> tuple[list[str | None], list[float | None]]:
    """The topic of each point and how near it is; None for those near none."""
    place, similarity = clusters.assign(points, centroids_of(topics))
    return (
        [topics[k].topic_id if k >= 0 else None for k in place.tolist()],
        [round(value, 4) if k >= 0 else None for k, value in zip(place.tolist(), similarity.tolist(), strict=True)],
    )


def publish_topics(con: duckdb.DuckDBPyConnection, run: Run) -> None:
    """enrich.topics and enrich.topic_lineage, made again from the journal, with the tickets of today."""
    counts = dict(con.sql("select topic_id, count(*) from enrich.tickets group by topic_id").fetchall())
    topics = []
    for topic in read_topics(run).values():
        born_at = parse(topic.born_at).replace(tzinfo=None)
        size = counts.get(topic.topic_id, 0)
        topics.append((topic.topic_id, topic.label, topic.words, size, born_at, topic.status, topic.version))
    lineage = run.journal.read("topic_lineage")
    con.execute("delete from enrich.topics")
    con.execute("delete from enrich.topic_lineage")
    if topics:
        con.executemany("insert into enrich.topics values (?, ?, ?, ?, ?, ?, ?)", topics)
    if lineage.height:
        con.register("lineage", lineage.select("id", "payload", "pulled_at").to_arrow())
        con.execute(
            "insert into enrich.topic_lineage select id, payload->>'change', payload->>'related',"
            " (payload->>'tickets')::integer, pulled_at::timestamp from lineage"
        )
        con.unregister("lineage")
