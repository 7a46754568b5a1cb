"""Thresholds: an intent is claimed as far as held-out tickets prove its precision."""

from __future__ import annotations

import numpy as np
import pytest

from flows.enrich.thresholds import MIN_PREDICTIONS, NEVER, UNPROVEN, choose_thresholds, lower_bound, smallest_threshold


def test_the_lower_bound_is_wilsons() -> None:
    assert lower_bound(0, 0) == 0.0
    assert lower_bound(50, 50) == pytest.approx(0.9487, abs=1e-4)  # n / (n + z squared)
    assert lower_bound(80, 100) == pytest.approx(0.7267, abs=1e-4)
    assert lower_bound(800, 1000) < 0.8 < lower_bound(830, 1000)


def test_the_smallest_threshold_whose_lower_bound_meets_the_target() -> None:
    confidence = np.repeat([0.55, 0.7, 0.9], 100)
    hit = np.arange(300) % 10 < np.repeat([3, 8, 10], 100)
    assert smallest_threshold(confidence, hit, 0.8) == 0.6  # 180 of 200; all three together are 210 of 300
    assert smallest_threshold(confidence, hit, 0.9) == 0.75
    assert smallest_threshold(confidence, hit, 0.99) == NEVER
    assert smallest_threshold(confidence[:5], hit[:5], 0.8) == UNPROVEN


def test_few_predictions_prove_less_than_their_share() -> None:
    hit = np.ones(MIN_PREDICTIONS, dtype=bool)
    assert smallest_threshold(np.full(MIN_PREDICTIONS, 0.7), hit, 0.8) == 0.5
    assert smallest_threshold(np.full(MIN_PREDICTIONS, 0.7), hit, 0.95) == NEVER


def test_an_intent_with_few_predictions_takes_the_threshold_of_all() -> None:
    confidence = np.concatenate([np.repeat([0.6, 0.9], 100), np.full(5, 0.9)])
    predicted = np.array([0] * 200 + [1] * 5)
    hit = np.concatenate([np.zeros(100, bool), np.ones(105, bool)])
    assert choose_thresholds(confidence, predicted, hit, [0.8, 0.8]) == (0.65, 0.65)
    assert choose_thresholds(confidence, predicted, hit, [0.8, 0.98]) == (0.65, NEVER)
