"""The language of a text, or None when the text does not show it.

py3langid decides between the languages of its model. Short texts are where it goes wrong: below MIN_LETTERS
nothing is said, and a language other than English needs a probability of MIN_PROBABILITY.
"""

from __future__ import annotations

import functools
import re

from py3langid.langid import MODEL_FILE, LanguageIdentifier

VERSION = 1
MIN_LETTERS = 12
MIN_PROBABILITY = 0.9
SAMPLE = 300  # characters that are looked at

LANGUAGES = [
    "en", "de", "fr", "es", "it", "nl", "pt", "cs", "hu", "pl", "ru", "ja", "sv", "da", "fi", "no", "tr", "zh",
    "ko", "uk", "el", "sl", "ca", "id", "ro", "ar", "he", "hr", "sk", "bg", "vi", "lt", "et", "lv", "th",
]  # fmt: skip

_NOISE = re.compile(r"https?://\S+|\[[a-z]+-[0-9a-f]{4}\]|<[a-z_]{2,20}>|\S+@\S+|[\w.-]*\d[\w.-]*|[\W_]+")


@functools.cache
def _identifier() -> LanguageIdentifier:
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(LANGUAGES)
    return identifier


def detect(text: str) -> str | None:
    """ISO 639-1 code of the text's language. Links, numbers, placeholders and codes are not looked at."""
    words = _NOISE.sub(" ", text[: SAMPLE * 2])[:SAMPLE].strip()
    if sum(map(len, words.split())) < MIN_LETTERS:
        return None
    code, probability = _identifier().classify(words.lower())
    return str(code) if code == "en" or probability >= MIN_PROBABILITY else None
