"""Topics that were not defined by anybody: found nightly, assigned hourly, with ids that persist.

The journal (kinds `topic` and `topic_lineage`) is the truth: a topic's centroid in the space of one embedder.
Night to night the centroids stay as they are, so tickets stay where they are; what belongs nowhere is
clustered into new topics. When the embedder is fitted again, everything is clustered again and each new group
takes the id of the old topic it continues: the one whose tickets, or else whose words, lie nearest.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.preprocessing import normalize

from flows.core.keys import digest
from flows.core.run import Run
from flows.enrich import clusters
from flows.enrich.assignment import Topic, assign_topics, centroids_of, read_topics
from flows.enrich.conversations import documents, read_conversations
from flows.enrich.messages import refresh_messages
from flows.enrich.protocols import Matrix
from flows.enrich.space import TicketSpace
from flows.enrich.train import train_connection
from flows.warehouse.duck import writer

MAX_TICKETS = 60_000  # the newest tickets in which topics are looked for
SAME_TOPIC = 0.6  # cosine between an old and a new centroid that continues a topic
ONE_TOPIC = 0.9  # cosine between two centroids that are one topic
GROWN = 1.5  # times its recorded size
READ = 200  # tickets of a topic, the nearest, whose words are counted
NAMED = 60  # the nearest of them, whose titles can become its label


@dataclass
class Changes:
    """What a night changed: topics to write, and lineage rows (topic_id, change, related, tickets)."""

    topics: list[Topic] = field(default_factory=list)
    lineage: list[tuple[str, str, str | None, int]] = field(default_factory=list)


def discover(run: Run) -> None:
    """Find new topics and write them to the journal; every ticket is assigned again. Opens the warehouse."""
    with writer(run) as con:
        discover_connection(con, run)


def discover_connection(con: duckdb.DuckDBPyConnection, run: Run) -> None:
    """The same on an open connection."""
    refresh_messages(con, run)
    embedder = train_connection(con, run).embedder
    if embedder is None:
        return
    frame = read_conversations(
        con,
        "select ticket_id from intermediate.int_tickets"
        " where not coalesce(is_deleted, false) and not coalesce(is_spam, false)"
        f" order by created_at desc, ticket_id limit {MAX_TICKETS}",
    ).sort("ticket_id")
    points = embedder.topical(documents(frame), frame["language"].to_list())
    before = read_topics(run)
    current = [topic for topic in before.values() if topic.status == "live"]
    smallest = clusters.smallest_topic(len(frame))
    if any(topic.version != embedder.model_id for topic in current):
        centroids = clusters.find_centroids(points, smallest)
        topics, changes = _continue_topics(con, frame, points, centroids, current, embedder)
    else:
        topics, changes = _merge(current)
        place, _ = clusters.assign(points, centroids_of(topics))
        fresh = clusters.find_centroids(np.where((place < 0)[:, None], points, 0).astype(np.float32), smallest)
        if len(topics) and len(fresh):
            fresh = fresh[(fresh @ centroids_of(topics).T).max(axis=1) < ONE_TOPIC]
        born = [_unnamed(_new_id(centroid, embedder), centroid, embedder) for centroid in fresh]
        changes.lineage += [(topic.topic_id, "born", None, 0) for topic in born]
        topics += born
    _describe(run, frame, points, topics, embedder, before, changes)
    _write(run, changes)
    assign_topics(con, run, embedder)


def _new_id(centroid: Matrix, embedder: TicketSpace) -> str:
    return f"topic-{digest(embedder.model_id, *(f'{value:.4f}' for value in centroid))[:8]}"


def _unnamed(topic_id: str, centroid: Matrix, embedder: TicketSpace) -> Topic:
    values = [round(float(value), clusters.DECIMALS) for value in centroid]
    return Topic(topic_id, "", [], values, 0, "live", embedder.model_id, "")


def _merge(current: list[Topic]) -> tuple[list[Topic], Changes]:
    """Topics whose centroids have become one: the smaller joins the larger (the older id on a tie)."""
    changes = Changes()
    kept: list[Topic] = []
    for topic in sorted(current, key=lambda t: (-t.size, t.born_at, t.topic_id)):
        near = centroids_of(kept) @ np.array(topic.centroid, dtype=np.float32) if kept else np.zeros(0)
        if len(near) and near.max() >= ONE_TOPIC:
            into = kept[int(near.argmax())].topic_id
            changes.topics.append(replace(topic, status="retired"))
            changes.lineage.append((topic.topic_id, "merged", into, topic.size))
        else:
            kept.append(topic)
    return sorted(kept, key=lambda t: t.topic_id), changes


def _continue_topics(
    con: duckdb.DuckDBPyConnection,
    frame: pl.DataFrame,
    points: Matrix,
    centroids: Matrix,
    old: list[Topic],
    embedder: TicketSpace,
) -> tuple[list[Topic], Changes]:
    """New groups under the ids of the old topics they continue; greedy, the nearest pair first."""
    changes = Changes()
    con.register("asked", frame.select("ticket_id").to_arrow())
    was = dict(
        con.sql(
            "select ticket_id, topic_id from enrich.tickets semi join asked using (ticket_id)"
            " where topic_id is not null"
        ).fetchall()
    )
    con.unregister("asked")
    belonged = np.array([was.get(ticket_id) or "" for ticket_id in frame["ticket_id"]])
    anchors = []
    for topic in old:
        members = points[belonged == topic.topic_id]
        anchor = members.mean(axis=0) if len(members) else embedder.topical([" ".join(topic.words)], ["en"])[0]
        anchors.append(anchor)
    near = normalize(np.vstack(anchors)) @ centroids.T if len(centroids) else np.zeros((len(old), 0))
    pairs = sorted(
        ((-round(float(near[i, j]), 4), old[i].topic_id, i, j) for i, j in np.argwhere(near >= SAME_TOPIC).tolist())
    )
    taken: dict[int, int] = {}
    for _, _, i, j in pairs:
        if j not in taken and i not in taken.values():
            taken[j] = i
    topics = []
    place, _ = clusters.assign(points, centroids)
    for j, centroid in enumerate(centroids):
        if j in taken:
            values = _unnamed("", centroid, embedder).centroid
            topics.append(replace(old[taken[j]], centroid=values, version=embedder.model_id))
            continue
        fresh = _unnamed(_new_id(centroid, embedder), centroid, embedder)
        origins = belonged[(place == j) & (belonged != "")]
        names, sizes = np.unique(origins, return_counts=True)
        parent = str(names[sizes.argmax()]) if len(names) and sizes.max() * 2 > (place == j).sum() else None
        changes.lineage.append((fresh.topic_id, "split" if parent else "born", parent, int((place == j).sum())))
        topics.append(fresh)
    for i, topic in enumerate(old):
        if i in taken.values():
            continue
        into = int(near[i].argmax()) if near.shape[1] and near[i].max() >= SAME_TOPIC else None
        change = ("retired", None) if into is None else ("merged", topics[into].topic_id)
        changes.topics.append(replace(topic, status="retired"))
        changes.lineage.append((topic.topic_id, *change, topic.size))
    return sorted(topics, key=lambda t: t.topic_id), changes


def _describe(
    run: Run,
    frame: pl.DataFrame,
    points: Matrix,
    topics: list[Topic],
    embedder: TicketSpace,
    before: dict[str, Topic],
    changes: Changes,
) -> None:
    """Words, label and size of each topic. A topic keeps its label while its words stay mostly the same."""
    place, similarity = clusters.assign(points, centroids_of(topics))
    sizes = np.bincount(place[place >= 0], minlength=len(topics))
    nearest = [_nearest(np.flatnonzero(place == index), similarity, READ) for index in range(len(topics))]
    read = np.concatenate([np.zeros(0, np.int64), *nearest])
    words = clusters.topic_words(documents(frame[read]), place[read], len(topics), embedder.common)
    titles = frame["title"].to_list()
    for index, topic in enumerate(topics):
        named = [titles[i] for i in nearest[index][:NAMED]]
        label = topic.label
        if not label or len(set(words[index]) & set(topic.words)) * 3 < len(topic.words):
            alone = embedder.topical(named, ["en"] * len(named)) @ np.array(topic.centroid, dtype=np.float32)
            label = clusters.readable_label(named, alone.tolist(), words[index])
        size = int(sizes[index])
        grown = topic.size and size >= GROWN * topic.size
        if grown:
            changes.lineage.append((topic.topic_id, "grown", None, size))
        described = replace(
            topic,
            label=label,
            words=words[index] if grown or not topic.words else topic.words,
            size=size if grown or not topic.size else topic.size,
            born_at=topic.born_at or run.now.isoformat(),
        )
        if described != before.get(topic.topic_id):
            changes.topics.append(described)


def _nearest(members: NDArray[np.int64], similarity: NDArray[np.float64], top: int) -> NDArray[np.int64]:
    return members[np.argsort(-similarity[members], kind="stable")][:top]


def _write(run: Run, changes: Changes) -> None:
    sizes = {topic.topic_id: topic.size for topic in changes.topics}
    run.journal.write("topic", [(t.topic_id, t.body()) for t in changes.topics], run_id=run.run_id, at=run.now)
    entries = [
        (topic_id, {"change": change, "related": related, "tickets": tickets or sizes.get(topic_id, 0)})
        for topic_id, change, related, tickets in changes.lineage
    ]
    run.journal.write("topic_lineage", entries, run_id=run.run_id, at=run.now)
    run.report.count("enrich.topics_changed", len(changes.lineage))
