"""An embedder fitted on the company's own tickets: words and their pieces, reduced by truncated SVD.

No download, under a minute for tens of thousands of tickets. A word is the sum of itself and of its pieces of 3 and 4
characters (Bojanowski et al., 2017, "Enriching word vectors with subword information"), so that a word which is
inflected, misspelt or new lies near those it looks like. Pieces weigh by their inverse document frequency, words by the
logarithm of how often a text has them; latent semantic analysis (Deerwester et al., 1990) does the rest.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.decomposition import TruncatedSVD
from sklearn.preprocessing import normalize

from flows.core.keys import digest
from flows.enrich.protocols import Matrix
from flows.enrich.words import TOKEN

VERSION = 3  # raised as well where `space` fits otherwise, which is kept with it
DIMENSIONS = 320
PIECES = (3, 4)  # characters, counting the space before and after a word
WORD_WEIGHT = 1.5  # of a word itself beside one of its pieces
MAX_FEATURES = 40_000  # the most frequent
FITTED_ON = 15_000  # texts, spread over all, that are reduced
LONGEST = 40  # characters of a word that count
DECIMALS = 5
BATCH = 2_500

_WORD = re.compile(TOKEN)


class TfidfSvdEmbedder:
    """See the module. Fit with `fit`, kept by `models`."""

    def __init__(self, features: dict[str, int], weights: NDArray[np.float64], common: frozenset[str]) -> None:
        self.features = features
        self.weights = weights
        self.common = common
        self.components = np.zeros((len(features), 0), dtype=np.float32)  # features by dimensions
        self.model_id = ""

    @classmethod
    def fit(cls, texts: list[str], common: frozenset[str]) -> TfidfSvdEmbedder:
        """Fit on texts, without the words in `common`. Raises ValueError where no text has a word."""
        chosen = [texts[i] for i in np.unique(np.linspace(0, len(texts) - 1, min(len(texts), FITTED_ON)).astype(int))]
        seen: Counter[str] = Counter()
        for text in chosen:
            seen.update({feature for word in _words(text, common) for feature in _features(word)})
        least = 3 if len(chosen) >= 500 else 1
        kept = sorted((-count, name) for name, count in seen.items() if count >= least)[:MAX_FEATURES]
        if not kept:
            raise ValueError("no text has a word")
        idf = np.log((1 + len(chosen)) / (1 - np.array([negative for negative, _ in kept]))) + 1
        is_word = np.array([name[0] == name[-1] == " " for _, name in kept])
        fitted = cls(
            {name: place for place, (_, name) in enumerate(kept)}, idf * np.where(is_word, WORD_WEIGHT, 1), common
        )
        counts, pieces = fitted._read(chosen)
        rows = normalize(counts @ pieces)
        dimensions = max(1, min(DIMENSIONS, rows.shape[1] - 1, rows.shape[0] - 1))
        fitted.components = TruncatedSVD(dimensions, random_state=0, n_iter=3).fit(rows).components_.T.copy()
        parameters = (VERSION, DIMENSIONS, WORD_WEIGHT, MAX_FEATURES, FITTED_ON, *PIECES)
        key = digest("tfidf-svd", str(parameters), *sorted(digest(text) for text in texts))
        fitted.model_id = f"embedder-{key[:12]}"
        return fitted

    def encode(self, texts: list[str]) -> Matrix:
        """See `Embedder.encode`."""
        parts = [self.components[:0]]
        for start in range(0, len(texts), BATCH):
            counts, pieces = self._read(texts[start : start + BATCH])
            parts.append(normalize(counts @ (pieces @ self.components)))
        points: Matrix = np.round(np.vstack(parts), DECIMALS).astype(np.float32)
        return points

    def _read(self, texts: list[str]) -> tuple[csr_matrix, csr_matrix]:
        """Texts by words, and those words by features. Words in order of the alphabet, so that sums repeat exactly."""
        counted = [Counter(_words(text, self.common)) for text in texts]
        words = sorted(set().union(*counted))
        place = {word: k for k, word in enumerate(words)}
        rows = (sorted((place[word], _damped(count)) for word, count in text.items()) for text in counted)
        found = ([self.features[f] for f in _features(word) if f in self.features] for word in words)
        weights = self.weights.tolist()
        weighed = ([(k, weights[k]) for k in features] for features in found)
        return _sparse(rows, len(words)), _sparse(weighed, len(self.features))


def _words(text: str, common: frozenset[str]) -> list[str]:
    return [word[:LONGEST] for word in _WORD.findall(text.lower()) if word not in common]


@cache
def _damped(count: int) -> float:
    """How much a word counts that a text has so often. NumPy takes longer over one number than over the word."""
    return float(1 + np.log(count))


def _features(word: str) -> list[str]:
    """A word between two spaces, and its pieces."""
    padded = f" {word} "
    pieces = [padded[at : at + n] for n in PIECES for at in range(len(padded) - n + 1) if n < len(padded)]
    return [padded, *pieces]


def _sparse(rows: Iterable[list[tuple[int, float]]], columns: int) -> csr_matrix:
    """A matrix of rows of (column, value); a column may come twice in a row."""
    ends, ids, values = [0], [], []
    for row in rows:
        ids += [column for column, _ in row]
        values += [value for _, value in row]
        ends.append(len(ids))
    return csr_matrix(
        (np.array(values, dtype=np.float32), np.array(ids, dtype=np.int32), ends), (len(ends) - 1, columns)
    )
