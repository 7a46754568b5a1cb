"""The space tickets are compared in: points of any embedder, with what is common to a language taken out.

Two Italian tickets are alike because they are Italian. Topics are found in points without their language's mean,
so that speaking a language is none. Works for every `Embedder`; kept by `models` as the artifact `embedder`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.preprocessing import normalize

from flows.enrich.protocols import Embedder, Matrix
from flows.enrich.words import MIN_LANGUAGE

CENTRED_SHARE = 0.01  # share of the tickets a language needs before its own mean is known well enough
MAX_CENTRED = 10_000  # texts that are encoded to find the means, spread over all: embeddings may cost money
DECIMALS = 5


@dataclass(frozen=True)
class TicketSpace:
    """`centres`: language -> mean point of its tickets. `common`: words that tell no topic (see `words`).
    `documents`: how many tickets there were when it was fitted.
    """

    embedder: Embedder
    centres: dict[str, Matrix]
    common: frozenset[str]
    documents: int

    @classmethod
    def fit(
        cls, embedder: Embedder, texts: list[str], languages: list[str | None], common: frozenset[str]
    ) -> TicketSpace:
        """Find the means of the languages in texts with their languages."""
        chosen = np.unique(np.linspace(0, len(texts) - 1, min(len(texts), MAX_CENTRED)).astype(int))
        points = embedder.encode([texts[i] for i in chosen])
        names = np.array([languages[i] or "en" for i in chosen], dtype=object)
        least = max(MIN_LANGUAGE, CENTRED_SHARE * len(names))
        centres = {
            name: points[names == name].mean(axis=0)
            for name in sorted(set(names.tolist()))
            if name == "en" or (names == name).sum() >= least
        }
        return cls(embedder, centres, common, len(texts))

    @property
    def model_id(self) -> str:
        """The embedder's."""
        return self.embedder.model_id

    def encode(self, texts: list[str]) -> Matrix:
        """See `Embedder.encode`."""
        return self.embedder.encode(texts)

    def topical(self, texts: list[str], languages: list[str | None]) -> Matrix:
        """Points of length 1 without what is common to a language. An unknown language counts as English.

        Rows of zeros for languages with too few tickets to know what they have in common, and where the embedder
        gives zeros.
        """
        return self.centred(self.encode(texts), languages)

    def centred(self, points: Matrix, languages: list[str | None]) -> Matrix:
        """`topical` of texts that are encoded already."""
        if not len(points):
            return points
        points = points.copy()
        spoken = np.array([language or "en" for language in languages], dtype=object)
        has_words = points.any(axis=1)
        for name in sorted(set(spoken.tolist())):
            centre = self.centres.get(name)
            rows = spoken == name
            if centre is None:
                points[rows] = 0.0
            else:
                points[rows & has_words] -= centre
        centred: Matrix = np.round(normalize(points), DECIMALS).astype(np.float32)
        return centred
