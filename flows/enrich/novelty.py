"""What is new about a ticket that no intent was claimed for: only its phrasing, or what it is about.

The ticket is compared with the labelled tickets under the embedder. A known intent in new words is still about as near
to some labelled ticket as these are to each other; a ticket below nearly all of that is like nothing seen before.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

NEW_PHRASING = "new_phrasing"
UNSEEN = "unseen"
QUANTILE = 0.05  # of labelled tickets, how many would be called unseen if they were not labelled
MIN_TICKETS = 50  # labelled tickets before nearness to them says anything


def least_likeness(likeness: Sequence[float]) -> float | None:
    """The similarity below which a ticket is unseen, None with too few labelled tickets.

    `likeness` is the similarity of each labelled ticket to its nearest neighbour among the others, 0 without one:
    each is held out once.
    """
    if len(likeness) < MIN_TICKETS:
        return None
    return round(float(np.quantile(np.array(likeness), QUANTILE)), 3)


def novelty(likeness: float, least: float | None) -> str | None:
    """What is new about a ticket whose nearest labelled one is `likeness` similar; None where it cannot be said."""
    if least is None:
        return None
    return UNSEEN if likeness < least else NEW_PHRASING
