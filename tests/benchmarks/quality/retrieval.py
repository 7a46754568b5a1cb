"""Tickets about the same bug find each other: mean average precision of the default embedder.

Two Thunderbird tickets are about the same bug where replies to both link the same Bugzilla id. Links, bug numbers and
the word SOLVED are taken out of the text, which would tell. Split by time: what is chosen was chosen on the tickets of
2023, what is measured are those of 2024, each among those of its year with a link. Embedder and baselines are fitted on
texts of all tickets up to the end of that year, every second of them, as a night fits them; no label is seen.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer

from flows.core.redaction import redact
from flows.enrich.clean import clean
from flows.enrich.conversations import TEXT
from flows.enrich.embedding import TfidfSvdEmbedder
from flows.enrich.language import detect
from flows.enrich.words import common_words
from tests.benchmarks.quality.figure import Figure

SETS = ("thunderbird",)
YEAR = 2024
MARGIN = 0.03

_TELLING = re.compile(r"https?://\S+|(?i:\bbug[\s#:]*\d{4,8})|\b\d{6,8}\b|(?i:\[?\bsolved\b\]?)")


def figures(data: Path) -> list[Figure]:
    folder = data / "thunderbird"
    bugs: dict[int, set[str]] = {}
    for ticket_id, links in pl.read_parquet(
        folder / "answers.parquet", columns=["question_id", "bug_links"]
    ).iter_rows():
        bugs.setdefault(ticket_id, set()).update(re.findall(r"\d{4,8}", links or ""))
    tickets = pl.read_parquet(folder / "questions.parquet", columns=["id", "created", "title", "body"])
    tickets = tickets.filter(pl.col("created").dt.year() <= YEAR).sort("created", "id").with_row_index("n")
    is_asked = [
        year == YEAR and bool(bugs.get(id))
        for id, year in tickets.select("id", pl.col("created").dt.year()).iter_rows()
    ]
    tickets = tickets.with_columns(is_asked=pl.Series(is_asked)).filter(pl.col("is_asked") | (pl.col("n") % 2 == 0))
    texts = [_document(title, body) for title, body in tickets.select("title", "body").iter_rows()]
    asked = [text for text, is_one in zip(texts, tickets["is_asked"], strict=True) if is_one]
    sets = [bugs[id] for id in tickets.filter("is_asked")["id"]]
    same = np.array([[bool(one & other) for other in sets] for one in sets]) & ~np.eye(len(sets), dtype=bool)

    points = TfidfSvdEmbedder.fit(texts, common_words(texts, [detect(text) for text in texts])).encode(asked)
    words = TfidfVectorizer(sublinear_tf=True, min_df=2, stop_words="english").fit(texts).transform(asked)
    characters = TfidfVectorizer(
        analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True, min_df=3, max_features=100_000
    )
    pieces = characters.fit(texts).transform(asked)
    by_words, by_pieces = (words @ words.T).toarray(), (pieces @ pieces.T).toarray()
    both = mean_average_precision((by_words + by_pieces) / 2, same)
    baselines = (
        ("TF-IDF of words and characters", both),
        ("TF-IDF of words", mean_average_precision(by_words, same)),
        ("any order", mean_average_precision(np.zeros(same.shape), same)),
    )
    found = mean_average_precision(points @ points.T, same)
    queries = int(same.any(axis=1).sum())
    return [Figure(f"same bug, MAP of {queries} Thunderbird tickets of {YEAR}", found, both + MARGIN, baselines)]


def _document(title: str | None, body: str | None) -> str:
    """What the models read of a ticket, without what tells its bug."""
    text = redact(clean(_TELLING.sub(" ", body or "")).text)
    return f"{redact(_TELLING.sub(' ', title or ''))}\n{text[:TEXT]}"


def mean_average_precision(similarity: NDArray[np.floating], same: NDArray[np.bool_]) -> float:
    """Over rows with anything to be found, the row itself left out; ties in the order of the columns."""
    found = []
    for row in np.flatnonzero(same.any(axis=1)):
        order = np.argsort(-similarity[row], kind="stable")
        hits = same[row][order[order != row]]
        precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
        found.append(float(precision[hits].mean()))
    return float(np.mean(found))
