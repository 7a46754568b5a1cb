"""From margins to probabilities that hold when they are counted.

Fitted on tickets that the margins were not fitted on, for each group of intents that has enough of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import softmax

MIN_GROUP = 300  # held-out predictions before a group of intents is calibrated by itself
TEMPERATURES = (0.05, 50.0)
DECIMALS = 4
LEAST = 0.05  # of the held-out tickets: what fits worse than they do is read as they are

Floats = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True)
class Softmax:
    """Margins to probabilities: a softmax of margins that are sharpened by how well the best class of their row fits.

    They are multiplied by `temperature` x exp(`slope` x what the largest margin is above `least`), so that a text that
    two classes fit and one that none fits are not believed alike (a temperature for each text: Tomani et al., ECCV
    2022). What fits worse than `least` is sharpened no further. `noise` is the share of the uniform distribution that
    is mixed in.
    """

    temperature: float
    slope: float = 0.0
    noise: float = 0.0
    least: float = 0.0

    def __call__(self, margins: Floats) -> Floats:
        """Rows of margins (texts by classes) as rows of probabilities that sum to 1."""
        if not len(margins):
            return margins
        fit = np.maximum(margins.max(axis=1, keepdims=True), self.least)
        exponent = np.log(self.temperature) + self.slope * (fit - self.least)
        sharpened = margins * np.exp(np.clip(exponent, *np.log(TEMPERATURES)))
        chances: Floats = (1 - self.noise) * softmax(sharpened, axis=1) + self.noise / margins.shape[1]
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
    """The likeliest temperature (Guo et al., ICML 2017) and slope, drawn to e and 0 as by one ticket.

    The noise is one label in as many as there are and two more (the rule of succession), so that nobody is surer than
    the held-out tickets can tell.
    """
    if not len(truth):
        return Softmax(1.0)
    least = round(float(np.quantile(margins.max(axis=1), LEAST)), DECIMALS)
    rows, noise = np.arange(len(truth)), round(1 / (len(truth) + 2), DECIMALS)

    def loss(parameters: Floats) -> float:
        log_temperature, slope = parameters
        chances = Softmax(float(np.exp(log_temperature)), slope, noise, least)(margins)[rows, truth]
        prior = slope**2 + (log_temperature - 1) ** 2
        return float(-np.log(np.maximum(chances, 1e-12)).mean() + prior / len(truth))

    low, high = np.log(TEMPERATURES)
    start = min(np.linspace(low, high, 15), key=lambda log_temperature: loss(np.array([log_temperature, 0.0])))
    found = minimize(loss, np.array([start, 0.0]), method="Nelder-Mead", options={"xatol": 1e-4, "fatol": 1e-7})
    temperature = float(np.exp(np.clip(found.x[0], low, high)))
    return Softmax(round(temperature, DECIMALS), round(float(found.x[1]), DECIMALS), noise, least)


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
