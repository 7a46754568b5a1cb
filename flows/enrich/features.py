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
from flows.enrich.protocols import Embedder

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
        return _join(self.words.fit_transform(texts), *parts, *self._points(texts))

    def __call__(self, texts: list[str]) -> csr_matrix:
        heads = _heads(texts)
        return _join(
            characters.transform_words(self.words, texts),
            characters.transform_words(self.pairs, heads),
            characters.transform(self.characters, heads),
            *self._points(texts),
        )

    def _points(self, texts: list[str]) -> list[csr_matrix]:
        return [csr_matrix(self.embedder.encode(texts))] if self.embedder else []

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
