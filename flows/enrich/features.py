"""What an intent model reads of a text: words, pairs of near words and character n-grams, side by side, and the point
of a sentence embedding where one is configured.

Pairs are words that stand within a few words of each other, in any order: `card ... not ... arrived` tells more than
each word, and a linear model cannot put them together by itself. Characters see through endings and misspellings.
"""

from __future__ import annotations

import re
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer

from flows.enrich import characters
from flows.enrich.protocols import Embedder, Matrix

TOKEN = r"(?u)\b\w+\b"
WEIGHTS = {"words": 0.8, "pairs": 0.6, "characters": 0.8, "points": 3.0}  # each part's rows have length 1 before
NEAR = 6  # words
HEAD = 250  # characters of a text that pairs and n-grams look at: they cost the most, and people begin with the point
LARGE = 3_000  # texts from which on features that are very rare are left out

_word = re.compile(TOKEN)


class Features:
    """Fit with `fit_transform`, then call. Rows are texts, columns the words, then the pairs, then the n-grams, then
    the point of `embedder`, if there is one."""

    def __init__(self, documents: int, embedder: Embedder | None = None) -> None:
        large = documents > LARGE
        self.embedder = embedder
        self.before_points = 0  # columns
        self.words = TfidfVectorizer(
            token_pattern=TOKEN, sublinear_tf=True, dtype=np.float32, min_df=2 if large else 1, max_features=50_000
        )
        self.pairs = TfidfVectorizer(
            analyzer=pairs, sublinear_tf=True, dtype=np.float32, min_df=2 if large else 1, max_features=150_000
        )
        self.characters = TfidfVectorizer(
            analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, dtype=np.float32,
            min_df=3 if large else 1, max_features=150_000,
        )  # fmt: skip

    def fit_transform(self, texts: list[str]) -> csr_matrix:
        """Learn the features of these texts, and give their rows. Raises ValueError where no text has a word."""
        parts = [part.fit_transform(_heads(texts)) for part in (self.pairs, self.characters)]
        _ = self._known_pairs  # kept with the model: a run with few tickets would wait for it
        words = self.words.fit_transform(texts)
        self.before_points = sum(part.shape[1] for part in (words, *parts))
        return _join(words, *parts, *self._points(texts))

    def __call__(self, texts: list[str]) -> csr_matrix:
        heads = _heads(texts)
        return _join(
            characters.transform_words(self.words, texts),
            self._pairs(heads),
            characters.transform(self.characters, heads),
            *self._points(texts),
        )

    def points_of(self, rows: csr_matrix) -> Matrix:
        """The points of texts whose rows these are; without columns where there is no `embedder`."""
        points: Matrix = rows[:, self.before_points :].toarray() / np.float32(WEIGHTS["points"])
        return points

    def _points(self, texts: list[str]) -> list[csr_matrix]:
        return [csr_matrix(self.embedder.encode(texts))] if self.embedder else []

    def _pairs(self, texts: list[str]) -> csr_matrix:
        """`self.pairs.transform(texts)`: pairs as numbers, so that those which are not known cost nothing."""
        ranks, keys, columns = self._known_pairs
        found = [_word.findall(text.lower()) for text in texts]
        rows = np.repeat(np.arange(len(texts)), [len(words) for words in found])
        ids = np.array([ranks.get(word, -1) for words in found for word in words], dtype=np.int64)
        rows_of, keys_of = [], []
        for step in range(1, NEAR + 1):
            one, other = ids[:-step], ids[step:]
            near = (rows[:-step] == rows[step:]) & (one != other) & (one >= 0) & (other >= 0)
            one, other = one[near], other[near]
            keys_of.append(np.minimum(one, other) * len(ranks) + np.maximum(one, other))
            rows_of.append(rows[:-step][near])
        alone = [row for row, words in enumerate(found) if len(words) == 1]
        keys_of.append(-1 - np.array([ranks.get(found[row][0], len(ranks)) for row in alone], dtype=np.int64))
        rows_of.append(np.array(alone, dtype=np.int64))
        asked = np.concatenate(keys_of)
        places = np.searchsorted(keys, asked).clip(max=len(keys) - 1)
        known = keys[places] == asked
        return characters.weighed(self.pairs, columns[places[known]], np.concatenate(rows_of)[known], len(texts))

    @cached_property
    def _known_pairs(self) -> tuple[dict[str, int], NDArray[np.int64], NDArray[np.int32]]:
        """Words in the order of the alphabet; the pairs that were learned, as one number each, rising, and their
        columns. A word that is its own pair has a negative number."""
        learned = {tuple(name.split(" + ")): column for name, column in self.pairs.vocabulary_.items()}
        ranks = {word: rank for rank, word in enumerate(sorted({word for pair in learned for word in pair}))}
        keys = np.array(
            [ranks[p[0]] * len(ranks) + ranks[p[1]] if len(p) > 1 else -1 - ranks[p[0]] for p in learned],
            dtype=np.int64,
        )
        order = np.argsort(keys)
        return ranks, keys[order], np.array(list(learned.values()), dtype=np.int32)[order]

    @cached_property
    def readable(self) -> NDArray[np.object_]:
        """The words and pairs, in the order of their columns, which are the first."""
        return np.concatenate([self.words.get_feature_names_out(), self.pairs.get_feature_names_out()])


def pairs(text: str) -> list[str]:
    """Words within NEAR words of each other, each pair in the order of the alphabet; a word alone is its own pair."""
    words = _word.findall(text.lower())
    if len(words) == 1:
        return words
    return [
        f"{one} + {other}" if one < other else f"{other} + {one}"
        for place, one in enumerate(words)
        for other in words[place + 1 : place + 1 + NEAR]
        if one != other
    ]


def _heads(texts: list[str]) -> list[str]:
    return [text[:HEAD] for text in texts]


def _join(*parts: csr_matrix) -> csr_matrix:
    return hstack([rows * weight for rows, weight in zip(parts, WEIGHTS.values(), strict=False)]).tocsr()
