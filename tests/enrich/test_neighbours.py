"""Similarity to the labelled texts of each intent: nearest, exact in any batch, and what a model gains by it."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.preprocessing import normalize

from flows.enrich import neighbours
from flows.enrich.intent import Example, fit_intents
from flows.enrich.neighbours import Neighbours, held_out
from flows.enrich.protocols import Matrix

ROUND = np.array([[1, 0], [0, 1], [0.6, 0.8], [-1, 0]], dtype=np.float32)


def test_it_lies_between_the_mean_cosine_and_that_of_the_nearest() -> None:
    labels, weight = np.array([1, 0, 1, 0]), np.ones(4)
    near = Neighbours(ROUND, labels, weight)(np.array([[1, 0]], dtype=np.float32)) + 1
    assert (1 + 0.6) / 2 < near[0, 1] < 1
    assert (0 - 1) / 2 < near[0, 0] < 0
    counted = Neighbours(ROUND, labels, np.array([1, 1, 9, 1]))(np.array([[1, 0]], dtype=np.float32)) + 1
    mean = (1 + 9 * np.exp(neighbours.SHARPNESS * (0.6 - 1))) / 10
    assert counted[0, 1] == pytest.approx(1 + np.log(mean) / neighbours.SHARPNESS, abs=1e-6)


def test_a_text_without_a_point_is_as_near_to_all() -> None:
    near = Neighbours(ROUND, np.array([1, 0, 2, 0]), np.ones(4))(np.zeros((1, 2), np.float32))
    assert np.ptp(near) == pytest.approx(0, abs=1e-12)


def test_texts_are_read_alike_in_any_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = np.random.default_rng(0)
    points = normalize(chance.normal(size=(900, 384))).astype(np.float32)
    asked = normalize(chance.normal(size=(300, 384))).astype(np.float32)
    near = Neighbours(points, np.arange(900) % 7, chance.random(900))
    whole = near(asked)
    monkeypatch.setattr(neighbours, "BATCH", 7)
    assert (near(asked[::-1])[::-1] == whole).all()
    assert (np.vstack([near(row[None]) for row in asked]) == whole).all()


def test_a_held_out_text_is_not_compared_with_itself() -> None:
    folds = np.array([-1, -1, 0, 1])
    near = held_out(ROUND, np.array([0, 1, 0, 1]), np.ones(4), folds) + 1
    assert near.shape == (2, 2)
    assert near[0, 0] == pytest.approx(0.6, abs=1e-3)
    assert near[1].argmax() == 1 and near[1, 1] < 0.1


class Ring:
    """Texts are places on a ring: `p12` is 12 degrees."""

    model_id = "ring"

    def encode(self, texts: list[str]) -> Matrix:
        turn = np.radians([float(text[1:]) if text[:1] == "p" and text[1:].isdigit() else 0.0 for text in texts])
        return np.column_stack([np.cos(turn), np.sin(turn)]).astype(np.float32)


def test_a_model_tells_by_it_what_no_border_parts() -> None:
    """Four intents, each in three places that lie between those of the others."""
    rows = [Example(f"p{30 * part + step}", f"intent {part % 4}") for step in range(20) for part in range(12)]
    asked = [f"p0{30 * part + 10}" for part in range(12)]  # new as words
    model, metrics = fit_intents("ring", rows, embedder=Ring())
    assert model.near is not None and metrics["accuracy"] > 0.9
    assert [one.intent for one in model.predict(asked)] == [f"intent {part % 4}" for part in range(12)]
    model.near = None
    assert [one.intent for one in model.predict(asked)] != [f"intent {part % 4}" for part in range(12)]


def test_without_an_embedder_nothing_is_compared() -> None:
    rows = [Example(f"{word} {n}", word) for n in range(20) for word in ("refund", "login")]
    assert fit_intents("plain", rows)[0].near is None
