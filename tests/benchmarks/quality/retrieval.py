"""Tickets about the same bug find each other: mean average precision of what `groundswell similar` ranks by.

Two Thunderbird tickets are about the same bug where replies to both link the same Bugzilla id. Links, bug numbers and
the word SOLVED are taken out of the text, which would tell. Split by time: what is chosen was chosen on the tickets of
2023, what is measured are those of 2024, each among those of its year with a link. Features are fitted on the texts of
all tickets up to the end of that year, every second of them; no label is seen. The baselines know texts alone; ours
adds when a ticket came, so that words and characters alone are what it is without that.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from flows.core.redaction import kinds_only, redact
from flows.enrich.clean import clean
from flows.enrich.conversations import TEXT
from flows.enrich.embedding import TfidfSvdEmbedder
from flows.enrich.similar import Similarity, near_in_time
from flows.enrich.words import common_words
from tests.benchmarks.quality.figure import Figure

SETS = ("thunderbird",)
YEAR = 2024
MARGIN = 0.03

_TELLING = re.compile(r"https?://\S+|(?i:\bbug[\s#:]*\d{4,8})|\b\d{6,8}\b|(?i:\[?\bsolved\b\]?)")


@dataclass(frozen=True)
class SameBug:
    """`texts` of all, with their languages; `asked` of those with a link, with the `days` they came on and which of
    them are about the `same` bug (a square matrix)."""

    texts: list[str]
    spoken: list[str | None]
    asked: list[str]
    days: NDArray[np.float64]
    same: NDArray[np.bool_]

    def score(self, similarity: NDArray[np.floating]) -> float:
        return mean_average_precision(similarity, self.same)


def figures(data: Path) -> list[Figure]:
    read = read_same_bug(data / "thunderbird")
    similarity = Similarity(read.texts)
    alike = similarity(read.asked, read.asked)
    words = similarity.parts[0].transform(read.asked)
    points = TfidfSvdEmbedder.fit(read.texts, common_words(read.texts, read.spoken)).encode(read.asked)
    soon = near_in_time(read.days, read.days)
    both = read.score(alike)
    baselines = (
        ("TF-IDF of words and characters", both),
        ("TF-IDF of words", read.score((words @ words.T).toarray())),
        ("fitted embedder", read.score(points @ points.T)),
        ("time alone", read.score(soon)),
        ("any order", read.score(np.zeros(read.same.shape))),
    )
    queries = int(read.same.any(axis=1).sum())
    what = f"same bug, MAP of {queries} Thunderbird tickets of {YEAR}"
    return [Figure(what, read.score(alike + soon), both + MARGIN, baselines)]


def read_same_bug(folder: Path) -> SameBug:
    bugs: dict[int, set[str]] = {}
    for ticket_id, links in pl.read_parquet(
        folder / "answers.parquet", columns=["question_id", "bug_links"]
    ).iter_rows():
        bugs.setdefault(ticket_id, set()).update(re.findall(r"\d{4,8}", links or ""))
    tickets = pl.read_parquet(folder / "questions.parquet", columns=["id", "created", "title", "body", "locale"])
    tickets = tickets.filter(pl.col("created").dt.year() <= YEAR).sort("created", "id").with_row_index("n")
    is_asked = [
        year == YEAR and bool(bugs.get(id))
        for id, year in tickets.select("id", pl.col("created").dt.year()).iter_rows()
    ]
    tickets = tickets.with_columns(is_asked=pl.Series(is_asked)).filter(pl.col("is_asked") | (pl.col("n") % 2 == 0))
    texts = [_document(title, body) for title, body in tickets.select("title", "body").iter_rows()]
    asked = [text for text, is_one in zip(texts, tickets["is_asked"], strict=True) if is_one]
    linked = tickets.filter("is_asked")
    sets = [bugs[id] for id in linked["id"]]
    same = np.array([[bool(one & other) for other in sets] for one in sets]) & ~np.eye(len(sets), dtype=bool)
    spoken: list[str | None] = [(locale or "en")[:2] for locale in tickets["locale"]]
    return SameBug(texts, spoken, asked, linked["created"].dt.epoch("ms").to_numpy() / 86_400_000, same)


def _document(title: str | None, body: str | None) -> str:
    """What the models read of a ticket, without what tells its bug."""
    text = redact(clean(_TELLING.sub(" ", body or "")).text)
    return kinds_only(f"{redact(_TELLING.sub(' ', title or ''))}\n{text[:TEXT]}")


def mean_average_precision(similarity: NDArray[np.floating], same: NDArray[np.bool_]) -> float:
    """Over rows with anything to be found, the row itself left out; ties in the order of the columns."""
    found = []
    for row in np.flatnonzero(same.any(axis=1)):
        order = np.argsort(-similarity[row], kind="stable")
        hits = same[row][order[order != row]]
        precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
        found.append(float(precision[hits].mean()))
    return float(np.mean(found))
