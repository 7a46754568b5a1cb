"""What a fitted TfidfVectorizer gives, some times as fast.

scikit-learn counts each feature of a text by itself, and raises an error for each that it does not know. Of `char_wb`
n-grams the features of a word are kept here, since the texts of a helpdesk are made of few words.
"""

from __future__ import annotations

from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

WORDS = 100_000  # words whose features are kept

Ids = NDArray[np.int32]

_kept: WeakKeyDictionary[TfidfVectorizer, dict[str, Ids]] = WeakKeyDictionary()


def transform(vectorizer: TfidfVectorizer, texts: list[str]) -> csr_matrix:
    """`vectorizer.transform(texts)` of a vectorizer that counts `char_wb` sublinearly and in lower case."""
    kept = _kept.setdefault(vectorizer, {})
    return _listed(vectorizer, [_features(vectorizer, kept, text) for text in texts])


def transform_words(vectorizer: TfidfVectorizer, texts: list[str]) -> csr_matrix:
    """`vectorizer.transform(texts)` of a vectorizer that counts words, or what its analyzer gives, sublinearly."""
    analyze, place = vectorizer.build_analyzer(), vectorizer.vocabulary_.get
    found = ([column for name in analyze(text) if (column := place(name)) is not None] for text in texts)
    return _listed(vectorizer, [np.array(columns, dtype=np.int32) for columns in found])


def weighed(vectorizer: TfidfVectorizer, columns: Ids, rows: NDArray[np.int64], texts: int) -> csr_matrix:
    """Rows of length 1 for so many texts: a feature counts as often as it is named with a text's row."""
    shape = (texts, len(vectorizer.vocabulary_))
    counts = csr_matrix((np.ones(len(columns), dtype=np.float32), (rows, columns)), shape=shape)
    counts.sum_duplicates()
    counts.data = (np.log(counts.data) + 1) * vectorizer.idf_[counts.indices].astype(np.float32)
    return normalize(counts, copy=False)


def _listed(vectorizer: TfidfVectorizer, found: list[Ids]) -> csr_matrix:
    """`weighed` of texts with their features, as often as they occur."""
    rows = np.repeat(np.arange(len(found)), [len(columns) for columns in found])
    return weighed(vectorizer, np.concatenate([np.zeros(0, np.int32), *found]), rows, len(found))


def _features(vectorizer: TfidfVectorizer, kept: dict[str, Ids], text: str) -> Ids:
    """The features of a text, as often as they occur."""
    parts = [np.zeros(0, np.int32)]
    for word in text.lower().split():
        ids = kept.get(word)
        if ids is None:
            if len(kept) >= WORDS:
                kept.clear()
            grams = map(vectorizer.vocabulary_.get, _grams(f" {word} ", *vectorizer.ngram_range))
            kept[word] = ids = np.array([place for place in grams if place is not None], dtype=np.int32)
        parts.append(ids)
    return np.concatenate(parts)


def _grams(padded: str, least: int, most: int) -> list[str]:
    """The character n-grams of a word between two spaces."""
    sizes = range(least, min(most, len(padded)) + 1)
    return [padded[at : at + n] for n in sizes for at in range(len(padded) - n + 1)]
