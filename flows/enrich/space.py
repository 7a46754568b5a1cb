"""The space tickets are compared in: points of any embedder, with what is common to a language taken out.

Two Italian tickets are alike because they are Italian. Topics are found in points without their language's mean,
so that speaking a language is none. Works for every `Embedder`; kept by `models` as the artifact `embedder`.

An embedder fitted on the tickets knows little of a language that few write: its points lie close together, and what
is left of some without the mean is chance, which length 1 would blow up. These tickets lie nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.preprocessing import normalize

from flows.enrich.protocols import Embedder, Matrix

MIN_CENTRED = 100  # tickets of a language before its mean is known well enough
MAX_CENTRED = 10_000  # texts that are encoded to find the means: embeddings may cost money
LARGE_SHARE = 0.05  # of the tickets, from which on an embedder knows a language as well as any
LEAST_LEFT = 0.55  # length of a ticket's point without the mean of its language, where that is a smaller one
DECIMALS = 5


@dataclass(frozen=True)
class TicketSpace:
    """`centres`: language -> mean point of its tickets. `large`: those of them that many tickets are written in.
    `common`: words that tell no topic (see `words`). `documents`: how many tickets there were when it was fitted.
    """

    embedder: Embedder
    centres: dict[str, Matrix]
    large: frozenset[str]
    common: frozenset[str]
    documents: int

    @classmethod
    def fit(
        cls, embedder: Embedder, texts: list[str], languages: list[str | None], common: frozenset[str]
    ) -> TicketSpace:
        """Find the means of the languages in texts with their languages: counted in all texts, found in some."""
        rows: dict[str, list[int]] = {}
        for row, language in enumerate(languages):
            rows.setdefault(language or "en", []).append(row)
        chosen = _sample({name: found for name, found in rows.items() if name == "en" or len(found) >= MIN_CENTRED})
        points = embedder.encode([texts[row] for name in chosen for row in chosen[name]])
        ends = np.cumsum([len(found) for found in chosen.values()])
        centres = {
            name: points[end - len(chosen[name]) : end].mean(axis=0)
            for name, end in zip(chosen, ends.tolist(), strict=True)
        }
        large = frozenset(name for name in chosen if name == "en" or len(rows[name]) >= LARGE_SHARE * len(texts))
        return cls(embedder, centres, large, common, len(texts))

    @property
    def model_id(self) -> str:
        """The embedder's."""
        return self.embedder.model_id

    def encode(self, texts: list[str]) -> Matrix:
        """See `Embedder.encode`."""
        return self.embedder.encode(texts)

    def topical(self, texts: list[str], languages: list[str | None]) -> Matrix:
        """Points of length 1 without what is common to a language. An unknown language counts as English.

        Rows of zeros for languages with too few tickets to know what they have in common, for tickets of which little
        but the language is known (see the module), and where the embedder gives zeros.
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
                if name not in self.large:
                    points[rows & (np.linalg.norm(points, axis=1) < LEAST_LEFT)] = 0.0
        centred: Matrix = np.round(normalize(points), DECIMALS).astype(np.float32)
        return centred


def _sample(rows: dict[str, list[int]]) -> dict[str, list[int]]:
    """Up to MAX_CENTRED rows in all: equally many of each language, spread over it, and all of one with fewer."""
    chosen: dict[str, list[int]] = {}
    left = MAX_CENTRED
    for place, name in enumerate(sorted(rows, key=lambda name: (len(rows[name]), name))):
        size = min(len(rows[name]), left // (len(rows) - place))
        chosen[name] = [rows[name][row] for row in np.linspace(0, len(rows[name]) - 1, size).astype(int).tolist()]
        left -= size
    return chosen
