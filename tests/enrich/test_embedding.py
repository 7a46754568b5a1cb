"""The default embedder: words by their pieces, the same points in any batch, and nothing that breaks it."""

from __future__ import annotations

import numpy as np
import pytest

from flows.enrich.embedding import TfidfSvdEmbedder

TEXTS = [
    *(f"invoice {number} was refunded to the wrong card" for number in range(20)),
    *(f"printing the report stops at page {number}" for number in range(20)),
    *(f"calendar invitations show no guests in room {number}" for number in range(20)),
]


@pytest.fixture(scope="module")
def embedder() -> TfidfSvdEmbedder:
    return TfidfSvdEmbedder.fit(TEXTS, frozenset({"the", "was", "to", "in", "at", "no"}))


def test_texts_about_one_thing_lie_near_each_other(embedder: TfidfSvdEmbedder) -> None:
    invoice, other, printing = embedder.encode(["invoice refunded", "refunded to the wrong card", "printing stops"])
    assert invoice @ other > 0.5
    assert abs(invoice @ printing) < 0.3
    assert np.allclose(np.linalg.norm(embedder.encode(TEXTS), axis=1), 1, atol=1e-4)


def test_words_that_were_never_seen_lie_near_those_they_look_like(embedder: TfidfSvdEmbedder) -> None:
    known, inflected, misspelt = embedder.encode(["printing the report", "printers reporting", "pritning reprot"])
    assert known @ inflected > 0.6
    assert known @ misspelt > 0.4


def test_a_text_has_the_same_point_in_any_batch(embedder: TfidfSvdEmbedder) -> None:
    together = embedder.encode(TEXTS)
    assert np.array_equal(together, np.vstack([embedder.encode([text]) for text in TEXTS]))
    assert np.array_equal(together[::-1], embedder.encode(TEXTS[::-1]))


def test_the_same_texts_give_the_same_model_and_others_another() -> None:
    one, same = (TfidfSvdEmbedder.fit(TEXTS, frozenset()) for _ in range(2))
    assert one.model_id == same.model_id
    assert np.array_equal(one.encode(TEXTS), same.encode(TEXTS))
    assert TfidfSvdEmbedder.fit(TEXTS[1:], frozenset()).model_id != one.model_id


def test_what_has_no_word_lies_nowhere(embedder: TfidfSvdEmbedder) -> None:
    hostile = ["", " \n\t", "🙂🙂", "12345", "\x00\ufffe\u202e", "the was to", "中" * 50, "א" * 50]
    points = embedder.encode([*hostile, "invoice " * 400_000, "x" * 3_000_000, "הדפסה invoice"])
    assert np.isfinite(points).all()
    assert not points[:6].any()
    assert points[8].any()
    assert points[10].any()
    assert embedder.encode([]).shape == (0, points.shape[1])
    with pytest.raises(ValueError, match="no text has a word"):
        TfidfSvdEmbedder.fit(["", "123"], frozenset())
