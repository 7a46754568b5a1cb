"""An embedder fitted on the company's own tickets: TF-IDF of words and word pairs, reduced by truncated SVD.

No download, a few seconds for tens of thousands of tickets. Words that most tickets of a language contain say
nothing about a ticket; they are found by counting, so that no list of stop words has to know the language or
the product.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, TfidfVectorizer
from sklearn.preprocessing import normalize

from flows.core.keys import digest
from flows.enrich.protocols import Matrix

VERSION = 1
DIMENSIONS = 256
MAX_WORDS = 40_000
COMMON_SHARE = 0.25  # an English word in more tickets than this is common; other languages: OTHER_COMMON_SHARE
OTHER_COMMON_SHARE = 0.12
MIN_LANGUAGE = 200  # tickets of a language before its common words are counted
TOKEN = r"(?u)\b[^\W\d_][^\W_]*(?:[-'][^\W_]+)*\b"
CENTRED_SHARE = 0.01  # share of the tickets a language needs before its own mean is known well enough
DECIMALS = 5
BATCH = 20_000


class TfidfSvdEmbedder:
    """See the module. Fit with `fit`, kept by `models`."""

    def __init__(self, vectorizer: TfidfVectorizer, svd: TruncatedSVD, model_id: str, documents: int) -> None:
        self.vectorizer = vectorizer
        self.svd = svd
        self.model_id = model_id
        self.documents = documents  # how many it was fitted on
        self.centres: dict[str, Matrix] = {}  # language -> mean point of its tickets

    @classmethod
    def fit(cls, texts: list[str], languages: list[str | None]) -> TfidfSvdEmbedder:
        """Fit on texts with their languages. Raises ValueError where no text has a word."""
        ignored = sorted(common_words(texts, languages))
        vectorizer = TfidfVectorizer(
            token_pattern=TOKEN,
            ngram_range=(1, 2),
            sublinear_tf=True,
            min_df=3 if len(texts) >= 500 else 1,
            max_features=MAX_WORDS,
            stop_words=ignored or None,
            dtype=np.float32,
        )
        counts = vectorizer.fit_transform(texts)
        dimensions = max(1, min(DIMENSIONS, counts.shape[1] - 1, counts.shape[0] - 1))
        svd = TruncatedSVD(dimensions, random_state=0, n_iter=4).fit(counts)
        key = digest("tfidf-svd", str(VERSION), str(DIMENSIONS), *sorted(digest(text) for text in texts))
        fitted = cls(vectorizer, svd, f"embedder-{key[:12]}", len(texts))
        fitted._find_centres(fitted.encode(texts), languages)
        return fitted

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

    def _find_centres(self, points: Matrix, languages: list[str | None]) -> None:
        names = np.array([language or "en" for language in languages])
        least = max(MIN_LANGUAGE, CENTRED_SHARE * len(names))
        for name in sorted(set(names.tolist())):
            if name == "en" or (names == name).sum() >= least:
                self.centres[name] = points[names == name].mean(axis=0)

    def topical(self, texts: list[str], languages: list[str | None]) -> Matrix:
        """Points with what is common to a language taken out, so that being Italian is no topic.

        Rows of zeros for languages with too few tickets to know what they have in common.
        """
        return self.centred(self.encode(texts), languages)

    def centred(self, points: Matrix, languages: list[str | None]) -> Matrix:
        """`topical` of texts that are encoded already."""
        points = points.copy()
        spoken = np.array([language or "en" for language in languages])
        has_words = points.any(axis=1)
        for name in sorted(set(spoken.tolist())):
            centre = self.centres.get(name)
            rows = spoken == name
            if centre is None:
                points[rows] = 0.0
            else:
                points[rows & has_words] -= centre
        centred: Matrix = np.round(normalize(points), DECIMALS).astype(np.float32)
        return centred


def common_words(texts: list[str], languages: list[str | None]) -> set[str]:
    """English function words, and words that a large share of the tickets of a language contain.

    A word counts for the language that uses it most: `error` is no function word of Spanish.
    """
    analyze = TfidfVectorizer(token_pattern=TOKEN).build_analyzer()
    seen: dict[str, Counter[str]] = {}
    sizes: Counter[str] = Counter()
    for text, language in zip(texts, languages, strict=True):
        name = language or "en"
        sizes[name] += 1
        seen.setdefault(name, Counter()).update(set(analyze(text)))
    found = set(ENGLISH_STOP_WORDS)
    for name, counter in seen.items():
        share = COMMON_SHARE if name == "en" else OTHER_COMMON_SHARE
        if sizes[name] < MIN_LANGUAGE:
            continue
        for word, count in counter.items():
            if count > share * sizes[name] and all(count >= other[word] for other in seen.values()):
                found.add(word)
    return found
