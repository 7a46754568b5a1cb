"""Topics: are they those that people see, and do tickets stay in them?

Clustering without the number of clusters, on requests to an insurer that people sorted into intents (DSTC11, track 2,
development set). It has no training part: thresholds were chosen on draws of Banking77's training part (see the
decision log). An utterance outside all topics counts as a cluster of its own, for the baseline as well.

Stability, on Thunderbird's tickets through 2024: each week the nightly discovery runs on the tickets known by then,
with the embedder fitted again whenever the product would, then the hourly assignment. A ticket has moved when it is in
another topic, or in none, or in one instead of none, than a week before. What came in that week has no topic before.
"""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.cluster import HDBSCAN
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score
from sklearn.preprocessing import normalize

from flows.core.run import Run
from flows.enrich import clusters
from flows.enrich.embedding import TfidfSvdEmbedder
from flows.enrich.run import enrich_connection
from flows.enrich.space import TicketSpace
from flows.enrich.topics import discover_connection
from flows.enrich.words import common_words
from flows.settings import Settings
from tests.benchmarks.quality.figure import Figure
from tests.enrich.enrich_world import make_warehouse

SETS = ("dstc11_development", "thunderbird")
FIRST, LAST = datetime(2024, 1, 1), datetime(2025, 1, 1)
WEEK = timedelta(days=7)


def figures(data: Path) -> list[Figure]:
    return [*_clustering(data / "dstc11_development"), *_stability(data / "thunderbird")]


def _clustering(folder: Path) -> list[Figure]:
    rows = [json.loads(line) for line in (folder / "utterances.jsonl").read_text().splitlines()]
    texts, intents = [row["utterance"] for row in rows], [row["intent"] for row in rows]
    languages: list[str | None] = ["en"] * len(texts)
    common = common_words(texts, languages)
    space = TicketSpace.fit(TfidfSvdEmbedder.fit(texts, common), texts, languages, common)
    points = space.topical(texts, languages)
    place, _ = clusters.assign(points, clusters.find_centroids(points, clusters.smallest_topic(len(texts))))
    words = TfidfVectorizer(sublinear_tf=True, stop_words="english").fit_transform(texts)
    reduced = normalize(TruncatedSVD(50, random_state=0).fit_transform(words))
    by_density = HDBSCAN(min_cluster_size=5, copy=True).fit_predict(reduced)
    nmi, ari = _scores(intents, place)
    density_nmi, density_ari = _scores(intents, by_density)
    one = np.zeros(len(texts), dtype=np.int64)
    return [
        Figure("DSTC11 development, NMI", nmi, 0.78, (("TF-IDF + HDBSCAN", density_nmi), ("one cluster", 0.0))),
        Figure("DSTC11 development, ARI", ari, 0.50, (("TF-IDF + HDBSCAN", density_ari), ("one cluster", 0.0))),
        Figure("DSTC11 development, share outside", float((place < 0).mean()), None,
               (("TF-IDF + HDBSCAN", float((by_density < 0).mean())), ("one cluster", float((one < 0).mean())))),
        Figure("DSTC11 development, topics found (intents: 22)", float(place.max() + 1)),
    ]  # fmt: skip


def _scores(intents: list[str], place: NDArray[np.int64]) -> tuple[float, float]:
    """NMI and ARI, where each item outside is a cluster of its own."""
    apart = np.where(place < 0, place.max() + 1 + np.arange(len(place)), place)
    return float(normalized_mutual_info_score(intents, apart)), float(adjusted_rand_score(intents, apart))


def _stability(folder: Path) -> list[Figure]:
    tickets = pl.read_parquet(folder / "questions.parquet", columns=["id", "created", "title", "body", "is_spam"])
    tickets = tickets.with_columns(pl.col("created").dt.replace_time_zone(None)).sort("created", "id")
    con = make_warehouse(0)
    moved, outside, before = [], [], {}
    known = datetime.min
    with tempfile.TemporaryDirectory() as home:
        settings = Settings.model_validate({"home": Path(home)})
        now = FIRST
        while now <= LAST:
            _arrive(con, tickets.filter((pl.col("created") >= known) & (pl.col("created") < now)))
            known = now
            for look in (discover_connection, enrich_connection):
                look(con, Run.start("nightly", settings, now=now.replace(tzinfo=UTC)))
            after = dict(con.sql("select ticket_id, topic_id from enrich.tickets").fetchall())
            if before:
                moved.append(np.mean([after[ticket] != topic for ticket, topic in before.items()]))
            outside.append(np.mean([topic is None for topic in after.values()]))
            before, now = after, now + WEEK
    topics = con.sql("select count(*) from enrich.topics where status = 'live'").fetchall()[0][0]
    return [
        Figure("Thunderbird 2024, tickets in another topic than a week before, median week", float(np.median(moved)),
               0.05, at_most=True),
        Figure("the same, worst week", float(np.max(moved)), 0.05, at_most=True),
        Figure("the same, share of tickets outside at the end", float(outside[-1])),
        Figure("the same, live topics at the end", float(topics)),
    ]  # fmt: skip


def _arrive(con: duckdb.DuckDBPyConnection, tickets: pl.DataFrame) -> None:
    """Add tickets to intermediate.int_tickets and their text to int_messages."""
    con.register("fresh", tickets.to_arrow())
    con.execute(
        "insert into intermediate.int_tickets by name select id::varchar as ticket_id, 'forum' as source,"
        " title as subject, false as is_spam, false as is_deleted, created as created_at from fresh"
    )
    con.execute(
        "insert into intermediate.int_messages by name select id || '/1' as message_id, id::varchar as ticket_id,"
        " 1 as position, 'customer' as author_role, true as is_public, body, 'html' as body_format, created as sent_at"
        " from fresh"
    )
    con.unregister("fresh")
