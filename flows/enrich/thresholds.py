"""From which confidence on an intent may be believed: as far as held-out tickets prove it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

GRID = np.arange(50, 96, 5) / 100  # what is less likely than not is never claimed, however good the rest
NEVER = 1.0  # no threshold meets the target precision
UNPROVEN = 0.5  # where there are too few held-out predictions to prove anything of any intent
MIN_PREDICTIONS = 20
ONE_SIDED_95 = 1.6449

Floats = NDArray[np.float64]
Hits = NDArray[np.bool_]


def choose_thresholds(
    confidence: Floats, predicted: NDArray[np.int64], hit: Hits, targets: Sequence[float]
) -> tuple[float, ...]:
    """For each class the smallest threshold whose lower bound of precision meets the class's target.

    Rows are held-out predictions: their confidence, the place of the class that was predicted, and whether it was
    right. A class with fewer than MIN_PREDICTIONS of them takes the threshold of all classes together for its target.
    """
    out = []
    for place, target in enumerate(targets):
        own = predicted == place
        rows = own if own.sum() >= MIN_PREDICTIONS else np.ones(len(hit), dtype=bool)
        out.append(smallest_threshold(confidence[rows], hit[rows], target))
    return tuple(out)


def smallest_threshold(confidence: Floats, hit: Hits, target: float) -> float:
    """The smallest on the GRID whose lower bound meets the target, NEVER where none does, UNPROVEN where few speak."""
    if len(hit) < MIN_PREDICTIONS:
        return UNPROVEN
    for threshold in GRID:
        above = confidence >= threshold
        if lower_bound(int(hit[above].sum()), int(above.sum())) >= target:
            return round(float(threshold), 2)
    return NEVER


def lower_bound(hits: int, trials: int) -> float:
    """The lower end of the Wilson score interval of a share, one-sided, 95% (Wilson, JASA 1927); 0 of no trials."""
    if not trials:
        return 0.0
    share, z = hits / trials, ONE_SIDED_95
    centre = share + z * z / (2 * trials)
    spread = z * np.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    return float((centre - spread) / (1 + z * z / trials))
