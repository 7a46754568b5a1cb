"""The boundaries at which a model can be replaced by a better one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]


@dataclass(frozen=True)
class Prediction:
    """What an intent model says of one ticket, and why.

    `confidence` is a calibrated probability, `threshold` the one below which the model does not claim `intent`:
    each intent has its own. `words` are the words that weighed most for `intent` with their
    weights, `bug_share` the probability of all bug-like intents, None where the intents say nothing about bugs.
    """

    intent: str
    confidence: float
    threshold: float
    second: str | None
    words: tuple[tuple[str, float], ...] = field(default=())
    bug_share: float | None = None

    @property
    def is_sure(self) -> bool:
        return self.confidence >= self.threshold


class Embedder(Protocol):
    """Texts to points: similar texts lie in similar directions."""

    @property
    def model_id(self) -> str:
        """Hash of data, code version and parameters."""
        ...

    def encode(self, texts: list[str]) -> Matrix:
        """One row of length 1 a text, of zeros where the model knows no word of it. Rounded, so that results repeat."""
        ...


class IntentModel(Protocol):
    """Texts to intents with calibrated confidence, and with the confidence from which each may be believed."""

    @property
    def model_id(self) -> str:
        """Hash of data, code version and parameters."""
        ...

    def predict(self, texts: list[str]) -> list[Prediction]:
        """One prediction a text, in order."""
        ...
