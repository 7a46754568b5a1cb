"""Words, and which of them tell nothing: found by counting, so that no list has to know the language or the product."""

from __future__ import annotations

from collections import Counter

from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, TfidfVectorizer

TOKEN = r"(?u)\b[^\W\d_][^\W_]*(?:[-'][^\W_]+)*\b"
COMMON_SHARE = 0.25  # an English word in more tickets than this is common; other languages: OTHER_COMMON_SHARE
OTHER_COMMON_SHARE = 0.12
MIN_LANGUAGE = 200  # tickets of a language before its common words are counted


def common_words(texts: list[str], languages: list[str | None]) -> frozenset[str]:
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
    return frozenset(found)
