"""Groups of similar tickets, without saying how many: average-linkage clustering of a bounded sample, rounds
of it over what is left, then assignment to the nearest centroid. Tickets near no centroid stay outside.

Deterministic: samples are drawn with a fixed seed from rows in a given order, and points are rounded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.cluster import AgglomerativeClustering
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import normalize

from flows.enrich.protocols import Matrix
from flows.enrich.words import TOKEN

VERSION = 2
SAMPLE = 8_000  # tickets clustered at once; memory grows with the square
ROUNDS = 4
LINKAGE = 0.8  # mean cosine distance at which two groups are still one
MIN_SIMILARITY = 0.3  # cosine between a ticket and its topic's centroid
SHARE = 0.0009  # least share of all tickets that makes a topic
MIN_SIZE = 6
REFINEMENTS = 3
SPLIT_LINKAGE = 0.9  # mean cosine distance from which the parts of a topic are topics of their own
SPLIT_SAMPLE = 2_000
DECIMALS = 4
MAX_WORDS = 40_000  # the most frequent, of which topics' words are chosen


def smallest_topic(tickets: int) -> int:
    """How many similar tickets make a topic in a corpus of this size."""
    return max(MIN_SIZE, round(SHARE * tickets))


def find_centroids(points: Matrix, smallest: int, rounds: int = ROUNDS) -> Matrix:
    """Centroids (rows of length 1) of the groups of at least `smallest` points. Rows of zeros are left out."""
    known = np.zeros((0, points.shape[1]), dtype=np.float32)
    left = np.flatnonzero(points.any(axis=1))
    total = len(left)
    chance = np.random.default_rng(0)
    for _ in range(rounds):
        if len(left) < max(smallest, 2):
            break
        sample = np.sort(chance.permutation(left)[:SAMPLE])
        groups = AgglomerativeClustering(
            n_clusters=None, distance_threshold=LINKAGE, metric="cosine", linkage="average"
        ).fit_predict(points[sample])
        least = max(MIN_SIZE, round(smallest * len(sample) / max(total, 1)))
        sizes = np.bincount(groups)
        fresh = [points[sample[groups == group]].mean(axis=0) for group in np.flatnonzero(sizes >= least)]
        if not fresh:
            break
        known = np.vstack([known, normalize(np.vstack(fresh)).astype(np.float32)])
        left = left[(points[left] @ known.T).max(axis=1) < MIN_SIMILARITY - 0.05]
    return _refine(points, known, smallest)


@dataclass(frozen=True)
class Part:
    """One of several groups within a topic."""

    centroid: Matrix
    size: int


def parts(points: Matrix, least: int) -> list[Part]:
    """The groups of at least `least` points that average linkage leaves apart at SPLIT_LINKAGE, the largest first."""
    chosen = np.unique(np.linspace(0, len(points) - 1, min(len(points), SPLIT_SAMPLE)).astype(int))
    sample = points[chosen]
    groups = AgglomerativeClustering(
        n_clusters=None, distance_threshold=SPLIT_LINKAGE, metric="cosine", linkage="average"
    ).fit_predict(sample)
    scale = len(points) / len(sample)
    sizes = np.bincount(groups)
    found = [
        (
            -int(sizes[group]),
            np.flatnonzero(groups == group)[0],
            normalize(sample[groups == group].mean(axis=0)[None])[0],
        )
        for group in np.flatnonzero(sizes * scale >= least)
    ]
    return [Part(centroid, round(-size * scale)) for size, _, centroid in sorted(found, key=lambda row: row[:2])]


def _refine(points: Matrix, centroids: Matrix, smallest: int) -> Matrix:
    """Move centroids to the mean of what they attract, and drop those that attract too little."""
    for _ in range(REFINEMENTS):
        if not len(centroids):
            break
        place, _similarity = assign(points, centroids)
        means = [points[place == k].mean(axis=0) for k in range(len(centroids)) if (place == k).sum() >= smallest]
        centroids = normalize(np.vstack(means)).astype(np.float32) if means else centroids[:0]
    rounded: Matrix = np.round(centroids, DECIMALS)
    return rounded


def assign(points: Matrix, centroids: Matrix) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """For each point the index of the nearest centroid, -1 below MIN_SIMILARITY, and the similarity (4 places)."""
    place = np.full(len(points), -1, dtype=np.int64)
    similarity = np.zeros(len(points))
    if not len(centroids):
        return place, similarity
    for start in range(0, len(points), 10_000):
        near = np.round(points[start : start + 10_000].astype(np.float64) @ centroids.astype(np.float64).T, DECIMALS)
        best = near.argmax(axis=1)
        value = near[np.arange(len(near)), best]
        place[start : start + 10_000] = np.where(value >= MIN_SIMILARITY, best, -1)
        similarity[start : start + 10_000] = value
    return place, similarity


def topic_words(
    texts: list[str], place: NDArray[np.int64], topics: int, common: frozenset[str], top: int = 8
) -> list[list[str]]:
    """The words and word pairs of each topic by class-based TF-IDF: frequent in the topic, rare in the others.

    `place` is the topic of each text. Words in `common` tell nothing; those that are part of a chosen pair are not
    repeated. Grootendorst, 2022 (arXiv 2203.05794): tf * log(1 + A / f), A the mean number of words a topic, f the
    word's frequency.
    """
    counter = CountVectorizer(
        token_pattern=TOKEN, ngram_range=(1, 2), stop_words=sorted(common) or None, binary=True, max_features=MAX_WORDS
    )
    try:
        counts = counter.fit_transform(texts)
    except ValueError:  # no text has a word
        return [[] for _ in range(topics)]
    names = counter.get_feature_names_out().tolist()
    member = csr_matrix((np.ones(len(texts)), (place, np.arange(len(texts)))), shape=(topics, len(texts)))
    totals = (member @ counts).toarray()
    frequency = totals.sum(axis=0)
    mean = totals.sum() / max(topics, 1)
    weights = totals / np.maximum(totals.sum(axis=1, keepdims=True), 1) * np.log1p(mean / np.maximum(frequency, 1))
    out = []
    for row in weights:
        chosen: list[str] = []
        for column in np.argsort(-row, kind="stable")[: top * 4]:
            word = names[column]
            parts = set(word.split())
            if row[column] <= 0 or len(chosen) == top:
                break
            if not any(parts & set(other.split()) for other in chosen):
                chosen.append(word)
        out.append(chosen)
    return out


def readable_label(titles: list[str], similarity: list[float], words: list[str]) -> str:
    """A short title: that of the ticket which says the topic best, else the topic's first words.

    `titles` are of tickets near the centroid with the similarity of the title alone. One of 2 to 9 words without
    quotes and markup is taken, if possible one with a topic word; ties go to the shorter, then to the alphabet.
    """
    wanted = {part for word in words[:4] for part in word.split()}
    fitting = []
    for title, value in zip(titles, similarity, strict=True):
        spoken = re.findall(r"[^\W_]+", title.lower())
        is_short = 2 <= len(spoken) <= 9 and len(title) <= 70
        if is_short and not set(title) & set('[]<>/|"“”„«»*_#'):
            fitting.append((not wanted & set(spoken), -round(value, 3), len(title), title))
    label = min(fitting)[3] if fitting else ", ".join(words[:3])
    label = label.strip(" .,;:!?-").rstrip("?")
    if label.isupper():
        label = label.capitalize()
    return label[:1].upper() + label[1:]
