"""The space of tickets: a language is taken out of any embedder's points, and what is not known is zero."""

from __future__ import annotations

import numpy as np

from flows.enrich.protocols import Matrix
from flows.enrich.space import TicketSpace


class Letters:
    """An embedder of the letters a to e, where `f` (for French) is in every French text."""

    model_id = "letters"

    def encode(self, texts: list[str]) -> Matrix:
        counts = [[text.count(letter) for letter in "abcdef"] for text in texts]
        points = np.array(counts, dtype=np.float32).reshape(-1, 6)
        return points / np.maximum(np.linalg.norm(points, axis=1, keepdims=True), 1e-9)


TEXTS = [letter for letter in "abcde" for _ in range(200)]
FRENCH = [f"{letter}ff" for letter in "abcde" for _ in range(60)]
LANGUAGES: list[str | None] = ["en"] * len(TEXTS) + ["fr"] * len(FRENCH)


def test_a_language_is_no_topic() -> None:
    space = TicketSpace.fit(Letters(), TEXTS + FRENCH, LANGUAGES, frozenset())
    one, other = Letters().encode(["aff", "bff"])
    assert one @ other > 0.7
    one, other = space.topical(["aff", "bff"], ["fr", "fr"])
    assert one @ other < 0
    assert space.model_id == "letters"
    assert np.array_equal(space.encode(["aff"]), Letters().encode(["aff"]))


def test_what_is_not_known_lies_nowhere() -> None:
    space = TicketSpace.fit(Letters(), TEXTS + FRENCH, LANGUAGES, frozenset())
    points = space.topical(["a", "...", "a"], ["tlh", "en", None])
    assert points.any(axis=1).tolist() == [False, False, True]
    assert space.topical([], []).shape == (0, 6)
