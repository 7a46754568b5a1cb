"""Topics that were not defined by anybody: found nightly, assigned hourly, with ids that persist.

The journal is the truth: topics (kind `topic`: a centroid in the space of one embedder), what became of them
(`topic_lineage`), and what people said of them (`topic_edit`). A night looks at the tickets that lie outside all topics
and at topics that have grown, at the others only when the embedder is fitted again; it is over at once where
fewer tickets are new outside than make a topic. How topics live on is in `lineage`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray

from flows.core.keys import digest
from flows.core.run import Run
from flows.enrich import clusters
from flows.enrich.assignment import Topic, assign_topics, nearest_topics, read_topics
from flows.enrich.conversations import documents, read_conversations
from flows.enrich.edits import Edit, read_edits
from flows.enrich.lineage import GROWN, Change, Lineage
from flows.enrich.messages import refresh_messages
from flows.enrich.protocols import Matrix
from flows.enrich.space import TicketSpace
from flows.enrich.titles import Titler, titler, untitled
from flows.enrich.train import train_connection
from flows.warehouse.duck import writer

MAX_TICKETS = 60_000  # the newest tickets in which topics are looked for
MEMBERS = 2_000  # of a topic that has grown, the newest that are read
NEWEST = 4_000  # tickets outside all topics, the newest, that are clustered on a night with the same embedder
READ = 200  # tickets of a topic, the nearest, whose words are counted
NAMED = 60  # the nearest of them, whose titles can become its label
KEPT_WORDS = 3  # a topic keeps its label while one in this many of the words it was given for are among its words

# The tickets that are looked at, with the topic each is known to have; numbered from the newest, in all and by topic.
_WINDOW = f"""
    create or replace temp table topic_window as
    with newest as (
        select ticket_id, created_at
        from intermediate.int_tickets
        where not coalesce(is_deleted, false) and not coalesce(is_spam, false)
        order by created_at desc, ticket_id limit {MAX_TICKETS}
    )
    select newest.ticket_id, known.topic_id,
        row_number() over (partition by known.topic_id order by newest.created_at desc, newest.ticket_id) as n
    from newest
    left join enrich.tickets as known on known.ticket_id = newest.ticket_id
"""


def discover(run: Run) -> None:
    """Look for new topics and write them to the journal; tickets are assigned again. Opens the warehouse."""
    with writer(run) as con:
        discover_connection(con, run)


def discover_connection(con: duckdb.DuckDBPyConnection, run: Run) -> None:
    """The same on an open connection."""
    refresh_messages(con, run)
    space = train_connection(con, run).embedder
    if space is None:
        return
    before, edits = read_topics(run), read_edits(run)
    con.execute(_WINDOW)
    sizes = dict(con.sql("select coalesce(topic_id, ''), count(*) from topic_window group by all").fetchall())
    refitted = any(topic.is_live and topic.version != space.model_id for topic in before.values())
    grown = [t.topic_id for t in before.values() if t.is_live and sizes.get(t.topic_id, 0) >= GROWN * t.size > 0]
    if refitted or grown or _is_due(con, space, edits, sizes):
        frame = _read(con, grown, [t for edit in edits for t in edit.tickets], all_of=refitted)
        lineage, outside = look(frame, space, before, edits, sizes, frozenset(grown), run.now.isoformat(), titler(run))
        _write(run, before, lineage)
        assign_topics(con, run, space)
        con.execute("delete from enrich.read_with where part = 'topics'")
        con.execute("insert into enrich.read_with values ('topics', ?)", [f"{_rules(space, edits)} {outside}"])
    con.execute("drop table topic_window")


def _is_due(con: duckdb.DuckDBPyConnection, space: TicketSpace, edits: list[Edit], sizes: dict[str, int]) -> bool:
    """Whether there is something to look for: another embedder, new edits, or enough new tickets outside."""
    known = con.execute("select rules from enrich.read_with where part = 'topics'").fetchall()
    rules, _, outside = (known[0][0] if known else "").rpartition(" ")
    enough = clusters.smallest_topic(sum(sizes.values()))
    return rules != _rules(space, edits) or sizes.get("", 0) - int(outside) >= enough


def _rules(space: TicketSpace, edits: list[Edit]) -> str:
    said = [digest(edit.key, edit.action, edit.label, *edit.topics, "", *edit.tickets) for edit in edits]
    return digest(space.model_id, str(clusters.VERSION), *said)[:16]


def _read(con: duckdb.DuckDBPyConnection, topics: list[str], tickets: list[str], *, all_of: bool) -> pl.DataFrame:
    """Conversations with their `topic_id`: all of the window, or what is outside, the named topics and tickets."""
    con.register("asked_topics", pl.DataFrame({"topic_id": topics}, schema={"topic_id": pl.String}).to_arrow())
    con.register("asked_tickets", pl.DataFrame({"ticket_id": tickets}, schema={"ticket_id": pl.String}).to_arrow())
    con.execute(
        "create or replace temp table topic_asked as select ticket_id, topic_id from topic_window where $all"
        f" or topic_id is null or (topic_id in (select topic_id from asked_topics) and n <= {MEMBERS})"
        " or ticket_id in (select ticket_id from asked_tickets)",
        {"all": all_of},
    )
    con.unregister("asked_topics")
    con.unregister("asked_tickets")
    frame = read_conversations(con, "select ticket_id from topic_asked")
    known = con.sql("select ticket_id, topic_id from topic_asked").pl()
    con.execute("drop table topic_asked")
    return frame.join(known, on="ticket_id", how="left").sort("created_at", "ticket_id", descending=[True, False])


def look(
    frame: pl.DataFrame,
    space: TicketSpace,
    before: dict[str, Topic],
    edits: list[Edit],
    sizes: dict[str, int],
    grown: frozenset[str],
    now: str,
    titled: Titler = untitled,
) -> tuple[Lineage, int]:
    """What has become of the topics, and how many tickets of the frame lie outside of all.

    `frame` has ticket_id, title, text, language and topic_id (null: outside), the newest first: everything where the
    embedder is another one than that of the topics, else what is outside and the tickets of the topics in `grown`.
    `sizes` are the tickets of each topic and outside ("") in all, `now` is when topics are born. `titled` may
    know a better title than that of a ticket.
    """
    points = space.topical(documents(frame), frame["language"].to_list())
    belonged = np.array(frame["topic_id"].fill_null("").to_list(), dtype=object)
    smallest = clusters.smallest_topic(sum(sizes.values()))
    lineage = Lineage(dict(before), space.model_id)
    refitted = any(topic.is_live and topic.version != space.model_id for topic in before.values())
    if refitted:
        lineage.reanchor(points, belonged, lambda words: space.topical([words], ["en"]))
    _edit(lineage, edits, frame["ticket_id"].to_list(), points, belonged, sizes)
    lineage.merge(sizes)
    looked_at = frozenset(t.topic_id for t in lineage.live()) if refitted else grown
    lineage.split(points, _place(points, lineage), sorted(grown), smallest)
    outside = points[(_place(points, lineage) == "") & points.any(axis=1)]
    if refitted or not before:
        fresh = clusters.find_centroids(outside, smallest)
    else:
        fresh = clusters.find_centroids(outside[:NEWEST], smallest, rounds=1)
    drawn = clusters.assign(outside, fresh)[0]
    lineage.bear(fresh, np.bincount(drawn[drawn >= 0], minlength=len(fresh)).tolist())
    place = _place(points, lineage)
    moved = Counter(place.tolist())
    moved.subtract(belonged.tolist())
    lineage.count({name: sizes.get(name, 0) + moved[name] for name in {*sizes, *moved}}, looked_at)
    nameless = (t.topic_id for t in lineage.live() if not t.label)
    _describe(lineage, sorted({*looked_at, *nameless}), frame, points, place, space, now, titled)
    return lineage, int((place == "").sum())


def _place(points: Matrix, lineage: Lineage) -> NDArray[np.object_]:
    """The topic of each point, or ""."""
    return np.array([topic_id or "" for topic_id in nearest_topics(points, lineage.attractors())[0]], dtype=object)


def _edit(
    lineage: Lineage,
    edits: list[Edit],
    ticket_ids: list[str],
    points: Matrix,
    belonged: NDArray[np.object_],
    sizes: dict[str, int],
) -> None:
    """Do what people said of topics; what is done already, or speaks of topics that are gone, is passed over."""
    row_of = {ticket_id: row for row, ticket_id in enumerate(ticket_ids)}
    for edit in edits:
        topics = [topic for topic in edit.topics if topic in lineage.topics and lineage.topics[topic].is_live]
        rows = [row_of[ticket] for ticket in edit.tickets if ticket in row_of and points[row_of[ticket]].any()]
        if edit.action == "merge" and len(topics) == 2:
            into, gone = topics
            lineage.topics[into] = replace(lineage.topics[into], edited=True)
            lineage.join(gone, into, sizes.get(gone, 0))
        elif edit.action == "rename" and len(topics) == 1 and edit.label:  # a label may be forgotten with somebody
            lineage.topics[topics[0]] = replace(lineage.topics[topics[0]], label=edit.label, edited=True)
        elif edit.action == "split" and rows and edit.topic_id not in lineage.topics:
            origins, counts = np.unique(belonged[rows].astype(str), return_counts=True)
            parent = str(origins[counts.argmax()]) or None
            centroid = points[rows].mean(axis=0)
            lineage.add(centroid, "split", parent, len(rows), topic_id=edit.topic_id)


def _describe(
    lineage: Lineage,
    topic_ids: list[str],
    frame: pl.DataFrame,
    points: Matrix,
    place: NDArray[np.object_],
    space: TicketSpace,
    now: str,
    titled: Titler,
) -> None:
    """Words and label of some topics, told apart from each other. A label stays until its topic's meaning has changed:
    until fewer than a third of the words it was given for are among the topic's words. What a person wrote stays.
    """
    near = {topic_id: np.zeros(0, np.int64) for topic_id in topic_ids}
    for topic_id in topic_ids:
        members = np.flatnonzero(place == topic_id)
        centroid = np.array(lineage.topics[topic_id].centroid, dtype=np.float64)
        near[topic_id] = members[np.argsort(-(points[members] @ centroid).round(4), kind="stable")][:READ]
    read = np.concatenate([np.zeros(0, np.int64), *near.values()])
    number = np.repeat(np.arange(len(topic_ids)), [len(rows) for rows in near.values()])
    words = clusters.topic_words(documents(frame[read]), number, len(topic_ids), space.common)
    titles, languages = frame["title"].to_list(), frame["language"].to_list()
    for topic_id, spoken in zip(topic_ids, words, strict=True):
        topic = lineage.topics[topic_id]
        label, named_for = topic.label, topic.named_for or topic.words
        if not label or (not topic.edited and len({*spoken} & {*named_for}) * KEPT_WORDS < len(named_for)):
            named = [titles[row] for row in in_one_language(near[topic_id], languages)[:NAMED]]
            alone = space.topical(named, ["en"] * len(named)) @ np.array(topic.centroid, dtype=np.float32)
            label = titled(named, spoken) or clusters.readable_label(named, alone.tolist(), spoken)
            named_for = spoken
        lineage.topics[topic_id] = replace(
            topic, label=label, words=spoken or topic.words, named_for=named_for, born_at=topic.born_at or now
        )


def in_one_language(rows: NDArray[np.int64], languages: list[str | None]) -> list[int]:
    """Those of the rows, in their order, whose language most of them have."""
    spoken = Counter(languages[row] for row in rows.tolist())
    return [row for row in rows.tolist() if languages[row] == spoken.most_common(1)[0][0]]


def _write(run: Run, before: dict[str, Topic], lineage: Lineage) -> None:
    """Lineage first: a run that is stopped between the two finds the same changes again, and none untold."""
    changed = [topic for topic_id, topic in sorted(lineage.topics.items()) if topic != before.get(topic_id)]
    entries = [(change.topic_id, _entry(change)) for change in lineage.changes]
    run.journal.write("topic_lineage", entries, run_id=run.run_id, at=run.now)
    run.journal.write("topic", [(t.topic_id, t.body()) for t in changed], run_id=run.run_id, at=run.now)
    for change in lineage.changes:
        run.report.count(f"enrich.topics_{change.change}")


def _entry(change: Change) -> dict[str, str | int | None]:
    return {"change": change.change, "related": change.related, "tickets": change.tickets}
