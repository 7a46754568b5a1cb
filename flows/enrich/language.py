"""The language of a text, or None when the text does not show it.

py3langid's model decides between the languages below. Short texts are where it goes wrong: below MIN_LETTERS
nothing is said, and a language other than English needs a probability of MIN_PROBABILITY. py3langid itself walks its
automaton byte by byte in Python; here the texts of a batch walk it in step, which is twenty times as fast.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from py3langid.langid import MODEL_FILE, LanguageIdentifier
from scipy.sparse import csr_matrix

VERSION = 2
MIN_LETTERS = 12
MIN_PROBABILITY = 0.9
SAMPLE = 300  # characters that are looked at
STEP = 1_000  # texts that are looked at together

LANGUAGES = [
    "en", "de", "fr", "es", "it", "nl", "pt", "cs", "hu", "pl", "ru", "ja", "sv", "da", "fi", "no", "tr", "zh",
    "ko", "uk", "el", "sl", "ca", "id", "ro", "ar", "he", "hr", "sk", "bg", "vi", "lt", "et", "lv", "th",
]  # fmt: skip

# An address or a number starts where a word does: tried within words too, it would cost their length squared. A word
# with neither a digit nor an @ is neither.
_NOISE = re.compile(
    r"https?://\S+|\[[a-z]+-[0-9a-f]{8}\]|<[a-z_]{2,20}>"
    r"|(?<![^\W_])(?=[^\s@\d]*+[@\d])(?:\S+@\S+|[\w.-]*\d[\w.-]*)|[\W_]+"
)
_GAPS = re.compile(r"[\W_]+")  # what of it is in a text without a digit, an address or a placeholder
_MARKS = re.compile(r"[\d@<\[]|://")


@dataclass(frozen=True)
class _Model:
    """py3langid's automaton and its naive Bayes weights, as arrays: see `LanguageIdentifier._raw_score`."""

    names: list[str]
    moves: NDArray[np.uint32]  # row of a state * 256 + byte -> next state
    rows: NDArray[np.int64]  # state -> its row * 256
    features: NDArray[np.int32]  # state -> the feature it completes, or -1
    weights: NDArray[np.float32]  # features by languages
    prior: NDArray[np.float32]


@functools.cache
def _model() -> _Model:
    found: Any = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    found.set_languages(LANGUAGES)
    return _Model(
        names=list(found.nb_classes),
        moves=np.asarray(found.tk_nextmove, dtype=np.uint32),
        rows=np.asarray(found.tk_row, dtype=np.int64) << 8,
        features=np.asarray(found.tk_output, dtype=np.int32),
        weights=np.asarray(found.nb_ptc, dtype=np.float32),
        prior=np.asarray(found.nb_pc, dtype=np.float32),
    )


def detect(text: str) -> str | None:
    """ISO 639-1 code of the text's language. Links, numbers, placeholders and codes are not looked at."""
    return detect_all([text])[0]


def detect_all(texts: list[str]) -> list[str | None]:
    """`detect` of each text."""
    return _detect_spoken([_without_noise(text[: SAMPLE * 2])[:SAMPLE].strip() for text in texts])


def detect_second(texts: list[str], first: list[str | None]) -> list[str | None]:
    """The other language of texts that end in another one than they begin in, None for all others.

    Only texts of more than three samples are looked at, by their end; `first` is what `detect_all` gave.
    """
    found: list[str | None] = [None] * len(texts)
    long = [place for place, text in enumerate(texts) if len(text) > 3 * SAMPLE and first[place] is not None]
    ends = [_without_noise(texts[place][-SAMPLE * 2 :])[-SAMPLE:].strip() for place in long]
    enough = [place for place, end in enumerate(ends) if len(end) > SAMPLE // 2]
    for place, code in zip(enough, _detect_spoken([ends[place] for place in enough]), strict=True):
        found[long[place]] = code if code != first[long[place]] else None
    return found


def _without_noise(text: str) -> str:
    return (_NOISE if _MARKS.search(text) else _GAPS).sub(" ", text)


def _detect_spoken(spoken: list[str]) -> list[str | None]:
    """The languages of texts without what is no language."""
    found: list[str | None] = [None] * len(spoken)
    long = [place for place, words in enumerate(spoken) if len(words) - words.count(" ") >= MIN_LETTERS]
    long.sort(key=lambda place: len(spoken[place]))  # texts of one length walk together
    for start in range(0, len(long), STEP):
        part = long[start : start + STEP]
        read = [unicodedata.normalize("NFC", spoken[place].lower()) for place in part]
        for place, code in zip(part, _classify(read), strict=True):
            found[place] = code
    return found


def _classify(texts: list[str]) -> list[str | None]:
    model = _model()
    encoded = [text.encode("utf8", errors="surrogatepass") for text in texts]
    lengths = np.array([len(text) for text in encoded])
    scores = _visits(encoded, lengths) @ model.weights + model.prior
    scores /= np.sqrt(lengths)[:, None].astype(np.float32)
    chances = np.exp(scores - scores.max(axis=1, keepdims=True))
    chances /= chances.sum(axis=1, keepdims=True)
    best = chances.argmax(axis=1)
    return [
        model.names[place] if model.names[place] == "en" or chance >= MIN_PROBABILITY else None
        for place, chance in zip(best.tolist(), chances.max(axis=1).tolist(), strict=True)
    ]


def _visits(encoded: list[bytes], lengths: NDArray[np.int64]) -> csr_matrix:
    """Texts by features: the logarithm of 1 + how often the automaton completes each feature."""
    model = _model()
    longest = int(lengths.max())
    letters = np.zeros((len(encoded), longest), dtype=np.int64)
    letters[np.arange(longest) < lengths[:, None]] = np.frombuffer(b"".join(encoded), dtype=np.uint8)
    seen = np.empty((longest, len(encoded)), dtype=np.int32)
    state = np.zeros(len(encoded), dtype=np.uint32)
    for step in range(longest):
        state = model.moves[model.rows[state] + letters[:, step]]
        seen[step] = model.features[state]
    seen[np.arange(longest)[:, None] >= lengths] = -1
    steps, texts = np.nonzero(seen >= 0)
    shape = (len(encoded), len(model.weights))
    counts = csr_matrix((np.ones(len(texts), dtype=np.float32), (texts, seen[steps, texts])), shape=shape)
    counts.data = np.log1p(counts.data)
    return counts
