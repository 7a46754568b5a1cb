"""Tickets under their topics: the topics as the journal holds them, the nearest of a ticket, and `enrich.topics`.

Where a ticket belongs follows from the journal and its text alone, whenever and in whatever order it is read: it is
the topic of the nearest centroid, or what people have said of it (see `edits`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import duckdb
import numpy as np
import orjson
import polars as pl

from flows.core.clock import parse
from flows.core.keys import digest
from flows.core.run import Run
from flows.enrich import clusters, moves
from flows.enrich.batches import insert, read_table
from flows.enrich.conversations import documents
from flows.enrich.edits import Edit, constrain, constrained_tickets, read_edits
from flows.enrich.embedders import is_alone
from flows.enrich.protocols import Matrix
from flows.enrich.scope import FRESH, is_read_with, note
from flows.enrich.space import TicketSpace

PLACES = "constraints"  # part of what is read
BATCH = 2_500  # tickets that are assigned together
CHUNK = 50_000


@dataclass(frozen=True)
class Topic:
    """A topic as the journal holds it; `centroid` lies in the space of the embedder `version`.

    A topic that was merged into another is retired, and its centroid goes on attracting tickets for the other.
    """

    topic_id: str
    label: str
    words: list[str]
    centroid: list[float]
    size: int
    status: str  # live | retired
    version: str
    born_at: str
    into: str | None = None  # the topic it was merged into
    edited: bool = False  # people made, named or merged it: no night splits, merges, names or retires it
    named_for: list[str] = field(default_factory=list)  # its words when it was given its label

    @property
    def is_live(self) -> bool:
        return self.status == "live"

    def body(self) -> dict[str, Any]:
        return {key: value for key, value in self.__dict__.items() if key != "topic_id"}


def read_topics(run: Run) -> dict[str, Topic]:
    """Every topic ever, by id, as last written."""
    return {key: Topic(topic_id=key, **body) for key, body in sorted(run.journal.latest("topic").items())}


def stands_for(topics: dict[str, Topic], topic_id: str) -> str | None:
    """The live topic that a topic is, or was merged into, at the end of the chain. None where there is none."""
    topic = topics.get(topic_id)
    for _ in range(len(topics)):
        if topic is None or topic.is_live:
            return topic.topic_id if topic else None
        topic = topics.get(topic.into or "")
    return None


def attractors(topics: dict[str, Topic], embedder_id: str) -> list[Topic]:
    """Centroids that tickets can be near to, in order of id, each under the id of the live topic it stands for."""
    found = [(stands_for(topics, topic_id), topic_id) for topic_id in topics if topics[topic_id].version == embedder_id]
    return [replace(topics[part], topic_id=final) for final, part in sorted(pair for pair in found if pair[0]) if final]


def live_topics(run: Run, embedder_id: str) -> list[Topic]:
    """`attractors` of the topics in the journal."""
    return attractors(read_topics(run), embedder_id)


def centroids_of(topics: list[Topic]) -> Matrix:
    return np.array([topic.centroid for topic in topics], dtype=np.float32).reshape(len(topics), -1 if topics else 0)


def assign_topics(con: duckdb.DuckDBPyConnection, run: Run, embedder: TicketSpace | None) -> None:
    """Put every ticket of enrich.tickets under its nearest live topic, or where people want it, and publish the topics.

    Tickets are read with the topics that are published, so that nothing is to be done where these are live still.
    What moved, and why, goes to enrich.topic_moves.
    """
    topics = read_topics(run)
    near = attractors(topics, embedder.model_id) if embedder else []
    published = con.sql("select topic_id, model_id from enrich.topics where status = 'live' order by all").fetchall()
    con.execute("create temp table if not exists topics_before (ticket_id varchar, topic_id varchar)")
    con.execute("create or replace temp table assigned (ticket_id varchar, topic_id varchar, similarity double)")
    live = sorted({(topic.topic_id, topic.version) for topic in near})
    # A new space, in which no topic lives before the next discovery: tickets stay where they are until then.
    is_early = not live and any(topic.status == "live" for topic in topics.values())
    is_all = embedder is not None and published != live and not is_early
    if embedder and is_all:
        con.execute(_ALL_TICKETS)
        alone = is_alone(embedder.embedder)
        for rows in read_table(con, run, "all_tickets", Assigner(embedder, near), BATCH, CHUNK, alone=alone):
            insert(con, "assigned", rows)
        con.execute("drop table all_tickets")
    edits = read_edits(run)
    said = digest(*map(repr, edits), "", centroids_of(near).tobytes().hex(), *(f"{topic}" for topic, _ in live))[:16]
    is_placed = not is_all and is_read_with(con, PLACES, said) and not _is_fresh(con, edits)
    constrained = _constrained(con, edits, embedder, near) if embedder and not is_placed else _NOBODY
    if len(constrained):
        con.register("constrained", constrained.to_arrow())
        con.execute("delete from assigned where ticket_id in (select ticket_id from constrained)")
        con.execute("insert into assigned by name select * from constrained")
        con.unregister("constrained")
    moved = con.sql(_MOVED).pl()
    con.execute(_ASSIGN)
    note(con, PLACES, said if embedder else None)
    con.execute("drop table assigned; drop table if exists topics_before")
    if published and not is_early:
        why = _circumstances(run, topics, dict(published), dict(live), frozenset(constrained.get_column("ticket_id")))
        run.report.count("enrich.tickets_moved", moves.record(con, run, moved, why))
    publish_topics(con, run, topics)


def report_outside(con: duckdb.DuckDBPyConnection, run: Run) -> None:
    """Say in the run's report how many tickets are under no topic."""
    outside, total = con.sql("select count(*) filter (topic_id is null), count(*) from enrich.tickets").fetchall()[0]
    run.report.counts["enrich.tickets_without_topic"] = outside
    if outside and con.sql("select 1 from enrich.topics limit 1").fetchall():
        run.report.unknown.append(f"{outside} of {total} tickets ({outside / total:.0%}) are under no topic")


def note_topics(con: duckdb.DuckDBPyConnection, tickets: str) -> None:
    """Keep the topics of tickets that are about to be read again (SQL that gives their ids) for `assign_topics`."""
    con.execute("create temp table if not exists topics_before (ticket_id varchar, topic_id varchar)")
    con.execute(
        f"insert into topics_before select ticket_id, topic_id from enrich.tickets where ticket_id in ({tickets})"
    )


def _circumstances(
    run: Run, topics: dict[str, Topic], was: dict[str, str], now: dict[str, str], constrained: frozenset[str]
) -> moves.Circumstances:
    lineage = run.journal.read("topic_lineage").select("id", "payload").iter_rows() if was != now else []
    rows = [(topic_id, orjson.loads(payload)) for topic_id, payload in lineage]
    finals = {topic_id: stands_for(topics, topic_id) for topic_id in topics}
    return moves.Circumstances(
        merged={topic_id: final for topic_id, final in finals.items() if final and final != topic_id},
        parents={topic_id: body["related"] for topic_id, body in rows if body["change"] == "split"},
        gone=frozenset(was.keys() - now.keys()),
        fresh=frozenset(now.keys() - was.keys()),
        refitted=bool(set(was.values()) - set(now.values())),
        constrained=constrained,
    )


def _constrained(
    con: duckdb.DuckDBPyConnection, edits: list[Edit], embedder: TicketSpace, near: list[Topic]
) -> pl.DataFrame:
    """The tickets people have said something about: ticket_id, topic_id, similarity."""
    ids = constrained_tickets(edits)
    if not ids or not near:
        return _NOBODY
    asked = con.execute(
        "select ticket_id, title, clean_text as text, language from enrich.tickets"
        " where ticket_id in (select unnest($ids)) order by ticket_id",
        {"ids": ids},
    ).pl()
    points = embedder.topical(documents(asked), asked["language"].to_list())
    columns = sorted({topic.topic_id for topic in near})
    values = points.astype(np.float64) @ centroids_of(near).astype(np.float64).T
    best = np.full((len(asked), len(columns)), -1.0)
    for k, topic in enumerate(near):  # a topic with several centroids is as near as the nearest of them
        best[:, columns.index(topic.topic_id)] = np.maximum(best[:, columns.index(topic.topic_id)], values[:, k])
    found = constrain(edits, dict(zip(asked["ticket_id"].to_list(), best.round(4), strict=True)), columns)
    return pl.DataFrame([(t, *place) for t, place in sorted(found.items())], schema=_NOBODY.schema, orient="row")


def _is_fresh(con: duckdb.DuckDBPyConnection, edits: list[Edit]) -> bool:
    """Whether one of the tickets that people have said something about was read since it had its place."""
    ids = constrained_tickets(edits)
    return bool(ids and con.execute(f"{FRESH} where list_contains($ids, ticket_id) limit 1", {"ids": ids}).fetchall())


_NOBODY = pl.DataFrame(schema={"ticket_id": pl.String, "topic_id": pl.String, "similarity": pl.Float64})
_ALL_TICKETS = """
    create or replace temp table all_tickets as
    select row_number() over () as n, ticket_id, title, clean_text as text, language from enrich.tickets
"""
# What is in another topic than before: by this assignment, or since its text was read again.
_MOVED = """
    with before as (
        select ticket_id, topic_id, true as reread from topics_before
        union all
        select ticket_id, topic_id, false from enrich.tickets
        where ticket_id in (select ticket_id from assigned)
            and ticket_id not in (select ticket_id from topics_before)
    )
    select before.ticket_id, before.topic_id as before, before.reread,
        case when assigned.ticket_id is null then ticket.topic_id else assigned.topic_id end as after
    from before
    inner join enrich.tickets as ticket on ticket.ticket_id = before.ticket_id
    left join assigned on assigned.ticket_id = before.ticket_id
    where before.topic_id is distinct from
        case when assigned.ticket_id is null then ticket.topic_id else assigned.topic_id end
    order by before.ticket_id
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


def publish_topics(con: duckdb.DuckDBPyConnection, run: Run, topics: dict[str, Topic]) -> None:
    """enrich.topics and enrich.topic_lineage, made again from the journal, with the tickets of today."""
    counts = dict(con.sql("select topic_id, count(*) from enrich.tickets group by topic_id").fetchall())
    rows = []
    for topic in topics.values():
        born_at = parse(topic.born_at).replace(tzinfo=None)
        size = counts.get(topic.topic_id, 0)
        rows.append((topic.topic_id, topic.label, topic.words, size, born_at, topic.status, topic.version))
    lineage = run.journal.read("topic_lineage")
    con.execute("delete from enrich.topics")
    con.execute("delete from enrich.topic_lineage")
    insert(con, "enrich.topics", pl.DataFrame(rows, schema=_TOPICS, orient="row"))
    if lineage.height:
        con.register("lineage", lineage.select("id", "payload", "pulled_at").to_arrow())
        con.execute(
            "insert into enrich.topic_lineage select id, payload->>'change', payload->>'related',"
            " (payload->>'tickets')::integer, pulled_at::timestamp from lineage"
        )
        con.unregister("lineage")


_TOPICS: dict[str, Any] = {
    "topic_id": pl.String, "label": pl.String, "words": pl.List(pl.String), "tickets": pl.Int32,
    "born_at": pl.Datetime("us"), "status": pl.String, "model_id": pl.String,
}  # fmt: skip
