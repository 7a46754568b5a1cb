"""How near a text lies to the labelled texts of each intent under sentence embeddings.

A linear machine draws one border around an intent, which people put in many ways; the nearest of its texts tell when a
text is put in one of them. An intent's similarity is the smooth maximum of the cosines to its texts: the logarithm of
their mean exponential, between the mean cosine and that of the nearest.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from flows.enrich.protocols import Matrix

SHARPNESS = 30.0  # of the smooth maximum
STEPS = np.float32(4_000)  # 4000 squared is below 2^24: sums of products of whole numbers are exact in single precision
BATCH = 500

Floats = NDArray[np.float64]
Places = NDArray[np.int64]


class Neighbours:
    """Of labelled texts: their points, the places of their labels among the intents, each of which occurs, and how much
    each counts."""

    def __init__(self, points: Matrix, labels: Places, weight: Floats) -> None:
        order = np.argsort(labels, kind="stable")
        self.points = np.rint(points[order] * STEPS).astype(np.int16)
        self.weight = weight[order]
        self.starts = np.searchsorted(labels[order], np.arange(labels.max() + 1))

    def __call__(self, points: Matrix) -> Floats:
        """Texts by intents. A text is read alike in any batch: cosines are exact, and sums are of one row each."""
        out = np.zeros((len(points), len(self.starts)))
        known = self.points.astype(np.float32).T
        total = np.add.reduceat(self.weight, self.starts)
        for start in range(0, len(points), BATCH):
            steps = np.rint(points[start : start + BATCH] * STEPS) @ known
            near = np.exp(SHARPNESS * (steps.astype(np.float64) / float(STEPS) ** 2 - 1)) * self.weight
            out[start : start + BATCH] = np.log(np.add.reduceat(near, self.starts, axis=1) / total) / SHARPNESS
        return out


def held_out(points: Matrix, labels: Places, weight: Floats, folds: Places) -> Floats:
    """The same for the rows that are held out, in order: each fold (from 0 on) by those outside of it."""
    near = np.zeros((len(labels), labels.max() + 1))
    for fold in range(folds.max() + 1):
        out = folds == fold
        near[out] = Neighbours(points[~out], labels[~out], weight[~out])(points[out])
    return near[folds >= 0]
