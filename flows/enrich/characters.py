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
    return _weighed(vectorizer, [_features(vectorizer, kept, text) for text in texts])


def transform_words(vectorizer: TfidfVectorizer, texts: list[str]) -> csr_matrix:
    """`vectorizer.transform(texts)` of a vectorizer that counts words, or what its analyzer gives, sublinearly."""
    analyze, place = vectorizer.build_analyzer(), vectorizer.vocabulary_.get
    found = ([column for name in analyze(text) if (column := place(name)) is not None] for text in texts)
    return _weighed(vectorizer, [np.array(columns, dtype=np.int32) for columns in found])


def _weighed(vectorizer: TfidfVectorizer, found: list[Ids]) -> csr_matrix:
    """Rows of length 1 for texts with their features, as often as they occur."""
    ends = np.cumsum([0, *map(len, found)])
    ids = np.concatenate([np.zeros(0, np.int32), *found])
    shape = (len(found), len(vectorizer.vocabulary_))
    counts = csr_matrix((np.ones(len(ids), dtype=np.float32), ids, ends), shape=shape)
    counts.sum_duplicates()
    counts.data = (np.log(counts.data) + 1) * vectorizer.idf_[counts.indices].astype(np.float32)
    return normalize(counts, copy=False)


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
