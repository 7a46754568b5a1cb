"""Several embedders as one: fitted words know the product's names, sentence embeddings know paraphrases.

Points are laid side by side, each scaled by the root of its weight, so that the cosine of two texts is the weighted
mean of their cosines.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.preprocessing import normalize

from flows.core.keys import digest
from flows.enrich.protocols import Embedder, Matrix

VERSION = 1
DECIMALS = 5


@dataclass(frozen=True)
class FusedEmbedder:
    """See the module. `weights` sum to 1. Where one part knows no word of a text, the others decide alone."""

    parts: tuple[Embedder, ...]
    weights: tuple[float, ...]

    @property
    def model_id(self) -> str:
        """Hash of the parts and their weights."""
        made_of = [f"{part.model_id} {weight:g}" for part, weight in zip(self.parts, self.weights, strict=True)]
        return f"embedder-{digest('fused', str(VERSION), *made_of)[:12]}"

    def encode(self, texts: list[str]) -> Matrix:
        """See `Embedder.encode`."""
        pairs = zip(self.parts, self.weights, strict=True)
        beside = np.hstack([part.encode(texts) * np.sqrt(weight) for part, weight in pairs])
        points: Matrix = np.round(normalize(beside), DECIMALS).astype(np.float32)
        return points
