"""The space of tickets: a language is taken out of any embedder's points, and what is not known is zero."""

from __future__ import annotations

import numpy as np
import pytest

from flows.enrich import space as spaces
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


class Counting(Letters):
    """Letters that remember what they were asked to encode."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode(self, texts: list[str]) -> Matrix:
        self.asked += texts
        return super().encode(texts)


def test_a_language_is_counted_in_all_texts_though_few_are_encoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spaces, "MAX_CENTRED", 100)
    embedder = Counting()
    space = TicketSpace.fit(embedder, TEXTS + FRENCH + ["b"], [*LANGUAGES, "tlh"], frozenset())
    assert sorted(space.centres) == ["en", "fr"]
    assert len(embedder.asked) == 100
    assert sum(text in FRENCH for text in embedder.asked) == 50
    assert np.allclose(space.centres["fr"], Letters().encode(FRENCH).mean(axis=0), atol=0.01)


def test_all_texts_of_a_small_language_tell_its_mean(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spaces, "MAX_CENTRED", 700)
    embedder = Counting()
    space = TicketSpace.fit(embedder, TEXTS + FRENCH, LANGUAGES, frozenset())
    assert (len(embedder.asked), sum(text in FRENCH for text in embedder.asked)) == (700, 300)
    assert np.array_equal(space.centres["fr"], Letters().encode(FRENCH).mean(axis=0))


def test_a_ticket_of_a_small_language_that_says_little_else_lies_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ["affffffff", "aaff"]
    said: list[str | None] = ["fr", "fr"]
    space = TicketSpace.fit(Letters(), TEXTS + FRENCH, LANGUAGES, frozenset())
    assert space.topical(texts, said).any(axis=1).tolist() == [True, True]
    monkeypatch.setattr(spaces, "LARGE_SHARE", 0.5)
    space = TicketSpace.fit(Letters(), TEXTS + FRENCH, LANGUAGES, frozenset())
    both = space.topical(texts, said)
    assert both.any(axis=1).tolist() == [False, True]
    assert np.array_equal(both, np.vstack([space.topical([text], ["fr"]) for text in texts]))
    assert space.topical(["aaaa"], ["en"]).any()
