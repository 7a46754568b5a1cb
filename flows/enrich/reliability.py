"""Whether confidences hold when they are counted: of predicted tickets that turned out to have a label, how many were
right, by how sure the model was.

The evidence of a model is of two kinds, and its words were trained on neither. `held_out`: the tickets kept aside when
it was fitted, on which its calibration and thresholds were chosen. `later`: tickets created since, which people have
labelled by now: the only test of the years to come. Confidences fall into BINS bins of equal
width. A bin holds where the interval of its hit rate contains its mean confidence: Wilson's score interval (JASA 22,
1927) at LEVEL, corrected for the number of bins that are judged (Bonferroni). Bins with few tickets are counted and
not judged.
"""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from flows.core.run import Run

BINS = 10
LEVEL = 0.99
MIN_TICKETS = 20
KIND = "reliability"

Bins = list[dict[str, Any]]


def bins_of(confidence: NDArray[np.float64], hit: NDArray[np.bool_]) -> Bins:
    """Bins that have tickets, lowest first: {bin: its lower bound, tickets, hits, confidence: their mean}."""
    place = np.minimum((confidence * BINS).astype(int), BINS - 1)
    return [
        {
            "bin": round(number / BINS, 2),
            "tickets": int((place == number).sum()),
            "hits": int(hit[place == number].sum()),
            "confidence": round(float(confidence[place == number].mean()), 4),
        }
        for number in range(BINS)
        if (place == number).any()
    ]


def judged(bins: Bins) -> Bins:
    """The bins of one model with the interval of their hit rate: `low` and `high`, None where they are too few."""
    enough = sum(row["tickets"] >= MIN_TICKETS for row in bins)
    z = NormalDist().inv_cdf(1 - (1 - LEVEL) / (2 * max(1, enough)))
    out = []
    for row in bins:
        low, high = wilson(row["hits"], row["tickets"], z) if row["tickets"] >= MIN_TICKETS else (None, None)
        out.append({**row, "low": low, "high": high})
    return out


def wilson(hits: int, tickets: int, z: float) -> tuple[float, float]:
    """The score interval of a share, z standard deviations wide on each side. `tickets` is at least 1."""
    share, spread = hits / tickets, z * z / tickets
    middle = share + spread / 2
    half = z * sqrt(share * (1 - share) / tickets + spread / (4 * tickets))
    low, high = (middle - half) / (1 + spread), (middle + half) / (1 + spread)
    return round(max(0.0, low), 4), round(min(1.0, high), 4)


def holds(row: dict[str, Any]) -> bool:
    """Whether nothing speaks against the confidence of a judged bin."""
    return row["low"] is None or bool(row["low"] <= row["confidence"] <= row["high"])


def record(run: Run, name: str, model_id: str, held_out: Bins, later: Bins) -> None:
    """Journal tonight's table of one model, a `reliability` entry a bin."""
    told = [{"evidence": "held_out", **row} for row in held_out] + [{"evidence": "later", **row} for row in later]
    entries = [
        (f"{model_id}:{row['evidence']}:{row['bin']}", {"name": name, "model_id": model_id, **row})
        for row in judged(told)
    ]
    run.journal.write(KIND, entries, run_id=run.run_id, at=run.now)


def failed(run: Run) -> set[str]:
    """Ids of models that had a bin of later tickets which did not hold when it was last counted."""
    newest: dict[str, tuple[Any, set[str]]] = {}
    for at, payload in run.journal.read(KIND).select("pulled_at", "payload").iter_rows():
        row = orjson.loads(payload)
        if row["name"] not in newest or newest[row["name"]][0] != at:
            newest[row["name"]] = (at, set())
        if row["evidence"] == "later" and not holds(row):
            newest[row["name"]][1].add(row["model_id"])
    return set().union(*(ids for _, ids in newest.values()))
