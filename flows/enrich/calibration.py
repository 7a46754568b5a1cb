"""From margins to probabilities that hold when they are counted, and to a threshold for abstaining."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import softmax

THRESHOLDS = np.arange(0.2, 0.91, 0.05)
FALLBACK_THRESHOLD = 0.5  # where no threshold reaches the target precision on held-out tickets
NOISE = np.arange(0.0, 0.42, 0.03)

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Calibration:
    """Margins to probabilities: a softmax of the margins times `temperature`, mixed with the uniform distribution.

    `noise` is the share of the mixture. It stands for labels that are simply wrong: people choose a category in
    a hurry, and a model that is sure of what they meant must not be sure of what they chose.
    """

    temperature: float
    noise: float

    def __call__(self, margins: Floats) -> Floats:
        """Rows of margins (texts by classes) as rows of probabilities that sum to 1."""
        chances: Floats = (1 - self.noise) * softmax(margins * self.temperature, axis=1) + self.noise / margins.shape[1]
        return chances


def fit_calibration(margins: Floats, truth: NDArray[np.int64]) -> Calibration:
    """The calibration under which held-out labels (indices of classes) are likeliest.

    The temperature (Guo et al., ICML 2017) lies between 0.05 and 50.
    """
    if not len(truth):
        return Calibration(1.0, 0.0)
    best_loss, best = float("inf"), Calibration(1.0, 0.0)
    for noise in NOISE:

        def loss(log_temperature: float, noise: float = noise) -> float:
            chances = Calibration(float(np.exp(log_temperature)), noise)(margins)
            return float(-np.mean(np.log(np.maximum(chances[np.arange(len(truth)), truth], 1e-12))))

        found = minimize_scalar(loss, bounds=(np.log(0.05), np.log(50)), method="bounded")
        if found.fun < best_loss - 1e-9:
            best_loss = float(found.fun)
            best = Calibration(round(float(np.exp(found.x)), 4), round(float(noise), 3))
    return best


def choose_threshold(confidence: Floats, hit: NDArray[np.bool_], precision: float) -> float:
    """The smallest threshold above which held-out predictions reach the precision, else FALLBACK_THRESHOLD."""
    for threshold in THRESHOLDS:
        above = confidence >= threshold
        if above.sum() >= 20 and hit[above].mean() >= precision:
            return round(float(threshold), 2)
    return FALLBACK_THRESHOLD


def calibration_error(confidence: Floats, hit: NDArray[np.bool_], bins: int = 15) -> float:
    """Expected calibration error over equal-width bins (Naeini et al., AAAI 2015)."""
    if not len(hit):
        return 0.0
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [
        abs(confidence[place == b].mean() - hit[place == b].mean()) * (place == b).mean()
        for b in range(bins)
        if (place == b).any()
    ]
    return float(sum(gaps))
