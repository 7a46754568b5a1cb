"""An embedder fitted on the company's own tickets: TF-IDF of words and word pairs, reduced by truncated SVD.

No download, a few seconds for tens of thousands of tickets. Words that most tickets of a language contain say
nothing about a ticket; they are found by counting, so that no list of stop words has to know the language or
the product.
"""

from __future__ import annotations

import numpy as np
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

from flows.core.keys import digest
from flows.enrich.protocols import Matrix
from flows.enrich.words import TOKEN

VERSION = 1
DIMENSIONS = 256
MAX_WORDS = 40_000
DECIMALS = 5
BATCH = 20_000


class TfidfSvdEmbedder:
    """See the module. Fit with `fit`, kept by `models`."""

    def __init__(self, vectorizer: TfidfVectorizer, svd: TruncatedSVD, model_id: str) -> None:
        self.vectorizer = vectorizer
        self.svd = svd
        self.model_id = model_id

    @classmethod
    def fit(cls, texts: list[str], common: frozenset[str]) -> TfidfSvdEmbedder:
        """Fit on texts, without the words in `common`. Raises ValueError where no text has a word."""
        vectorizer = TfidfVectorizer(
            token_pattern=TOKEN,
            ngram_range=(1, 2),
            sublinear_tf=True,
            min_df=3 if len(texts) >= 500 else 1,
            max_features=MAX_WORDS,
            stop_words=sorted(common) or None,
            dtype=np.float32,
        )
        counts = vectorizer.fit_transform(texts)
        dimensions = max(1, min(DIMENSIONS, counts.shape[1] - 1, counts.shape[0] - 1))
        svd = TruncatedSVD(dimensions, random_state=0, n_iter=4).fit(counts)
        key = digest("tfidf-svd", str(VERSION), str(DIMENSIONS), *sorted(digest(text) for text in texts))
        return cls(vectorizer, svd, f"embedder-{key[:12]}")

    def encode(self, texts: list[str]) -> Matrix:
        """See `Embedder.encode`."""
        parts = [
            self.svd.transform(self.vectorizer.transform(texts[start : start + BATCH]))
            for start in range(0, len(texts), BATCH)
        ]
        if not parts:
            return np.zeros((0, self.svd.n_components), dtype=np.float32)
        points: Matrix = np.round(normalize(np.vstack(parts)), DECIMALS).astype(np.float32)
        return points
