"""How alike tickets are for somebody who looks for others about the same thing: their words, pieces of words, and time.

The fitted embedder tells what tickets are about in general and blurs the rare words by which two of them are about the
same bug. Here these are kept: the mean of the cosines of words and of character n-grams under TF-IDF (Salton and
Buckley, 1988), and of sentence embeddings where such a model is configured. What broke yesterday is written about
today: nearness in time adds a little, enough to order tickets that are about equally alike.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer

from flows.enrich.protocols import Embedder

NEAR_IN_TIME = 0.05  # what a ticket of the same moment has before one of long ago
FADES = 14.0  # days in which that falls to 1/e of it
LARGE = 100  # texts from which on features that are very rare are left out

Floats = NDArray[np.float64]


class Similarity:
    """Of texts, fitted on those that are searched. `embedder` knows meanings, beside the words; None: words alone."""

    def __init__(self, texts: list[str], embedder: Embedder | None = None) -> None:
        """Raises ValueError where no text has a word."""
        is_large = len(texts) >= LARGE
        words = TfidfVectorizer(sublinear_tf=True, min_df=2 if is_large else 1, stop_words="english")
        pieces = TfidfVectorizer(
            analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True, min_df=3 if is_large else 1, max_features=100_000
        )
        self.parts = (words.fit(texts), pieces.fit(texts))
        self.embedder = embedder

    def __call__(self, asked: list[str], known: list[str]) -> Floats:
        """Mean cosine, 0 to 1 for words: a row for each of `asked`, a column for each of `known`."""
        cosines = [(part.transform(asked) @ part.transform(known).T).toarray() for part in self.parts]
        if self.embedder:
            cosines.append(self.embedder.encode(asked) @ self.embedder.encode(known).T)
        return np.asarray(np.mean(cosines, axis=0), dtype=np.float64)


def near_in_time(asked: Floats, known: Floats) -> Floats:
    """What nearness in time adds to the similarity of tickets; times in days, rows and columns as above."""
    apart = np.abs(asked[:, None] - known[None, :])
    return np.asarray(NEAR_IN_TIME * np.exp(-apart / FADES), dtype=np.float64)
