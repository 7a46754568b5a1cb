"""What is new about a ticket that no intent was claimed for: only its phrasing, or what it is about.

Two things tell how familiar a ticket is: how well it fits its best intent (the margin, which two intents that fit
alike do not lower, unlike confidence) and how similar the nearest labelled ticket is under the embedder. Their sum is
compared with that of labelled tickets which the model had not learned from: a known intent in new words is about as
familiar as these are to it; a ticket below nearly all of them is like nothing seen before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

NEW_PHRASING = "new_phrasing"
UNSEEN = "unseen"
QUANTILE = 0.05  # of held-out labelled tickets, how many would be called unseen if they were not labelled
MIN_TICKETS = 40  # held-out labelled tickets before being familiar says anything


def familiarity(fit: float, nearest: Sequence[dict[str, Any]]) -> float:
    """Of a ticket that fits its best intent with the margin `fit`; `nearest` labelled tickets, the nearest first."""
    return round(fit + (nearest[0]["similarity"] if nearest else 0.0), 3)


def least_familiarity(held_out: Sequence[float]) -> float | None:
    """The familiarity below which a ticket is unseen, by that of held-out labelled ones; None with too few of them."""
    if len(held_out) < MIN_TICKETS:
        return None
    return round(float(np.quantile(np.array(held_out), QUANTILE)), 3)


def novelty(familiar: float, least: float | None) -> str | None:
    """What is new about a ticket that is so familiar; None where it cannot be said."""
    if least is None:
        return None
    return UNSEEN if familiar < least else NEW_PHRASING
