"""From margins to probabilities that hold when they are counted.

Fitted on tickets that the margins were not fitted on, for each group of intents that has enough of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import softmax

NOISE = np.arange(0.0, 0.42, 0.03)
MIN_GROUP = 300  # held-out predictions before a group of intents is calibrated by itself

Floats = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True)
class Softmax:
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


@dataclass(frozen=True)
class Calibration:
    """A softmax for each group of classes; `groups` says of each class which is its own.

    The class with the largest margin decides which softmax reads a row, so that rows sum to 1 and no calibration
    changes which class is first.
    """

    softmaxes: tuple[Softmax, ...]
    groups: tuple[int, ...]

    def __call__(self, margins: Floats) -> Floats:
        """Rows of margins (texts by classes) as rows of probabilities that sum to 1."""
        chances = np.empty(margins.shape)
        group = np.array(self.groups)[margins.argmax(axis=1)]
        for place, calibrate in enumerate(self.softmaxes):
            chances[group == place] = calibrate(margins[group == place])
        return chances


def fit_calibration(margins: Floats, truth: Places, sizes: Places) -> Calibration:
    """The calibration under which held-out labels are likeliest.

    `margins` are rows of held-out texts by classes, `truth` holds the places of their labels among the classes and
    `sizes` how many texts of each class the model has learned from. Classes are grouped by size, a quarter as many
    being the next group, since a class that was seen seldom is believed too much or too little; that a
    taxonomy needs no areas for. A group with fewer than MIN_GROUP predictions is calibrated by all.
    """
    common = _fit_softmax(margins, truth)
    by_class = (np.log2(np.maximum(sizes, 1)) // 2).astype(int)
    names, groups = np.unique(by_class, return_inverse=True)
    own = groups[margins.argmax(axis=1)] if len(margins) else np.zeros(0, dtype=int)
    softmaxes = [
        _fit_softmax(margins[own == place], truth[own == place]) if (own == place).sum() >= MIN_GROUP else common
        for place in range(len(names))
    ]
    return Calibration(tuple(softmaxes), tuple(groups.tolist()))


def _fit_softmax(margins: Floats, truth: Places) -> Softmax:
    """The likeliest temperature (Guo et al., ICML 2017), between 0.05 and 50, and noise.

    The noise is never less than one label in as many as there are and two more (the rule of succession), so that
    nobody is surer than the held-out tickets can tell.
    """
    if not len(truth):
        return Softmax(1.0, 0.0)
    best_loss, best = float("inf"), Softmax(1.0, 0.0)
    least = 1 / (len(truth) + 2)
    for noise in [least, *NOISE[least < NOISE]]:

        def loss(log_temperature: float, noise: float = noise) -> float:
            chances = Softmax(float(np.exp(log_temperature)), noise)(margins)
            return float(-np.mean(np.log(np.maximum(chances[np.arange(len(truth)), truth], 1e-12))))

        found = minimize_scalar(loss, bounds=(np.log(0.05), np.log(50)), method="bounded")
        if found.fun < best_loss - 1e-9:
            best_loss = float(found.fun)
            best = Softmax(round(float(np.exp(found.x)), 4), round(float(noise), 4))
    return best


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
