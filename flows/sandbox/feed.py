"""An index of changes by time, paged the way a vendor's incremental export is."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator

Position = tuple[int, int]
"""Where a reader stands: (unix seconds of the change, id of the object)."""

BEGINNING: Position = (-1, -1)
_NEVER = 2**62


class Feed:
    """Which object changed when. An object that changed twice by `until` appears once, at its last change.

    Times are unix seconds. An id changes at most once a second.
    """

    def __init__(self, changes: Iterable[Position]) -> None:
        ordered = sorted(changes)
        self._at = array("q", (at for at, _ in ordered))
        self._id = array("q", (key for _, key in ordered))
        superseded = array("q", [_NEVER]) * len(ordered)
        last: dict[int, int] = {}
        for row in range(len(ordered) - 1, -1, -1):
            at, key = ordered[row]
            superseded[row] = last.get(key, _NEVER)
            last[key] = at
        self._superseded = superseded

    def page(self, after: Position, until: int, limit: int) -> list[Position]:
        """Up to `limit` positions behind `after`, not later than `until`, in order."""
        found: list[Position] = []
        for row in range(self._row(after), len(self._at)):
            if self._at[row] > until or len(found) == limit:
                break
            if self._superseded[row] > until:
                found.append((self._at[row], self._id[row]))
        return found

    def all(self, until: int) -> Iterator[Position]:
        """Every object that exists at `until`, in the order of its last change."""
        for row in range(self._row((until, _NEVER))):
            if self._superseded[row] > until:
                yield self._at[row], self._id[row]

    def _row(self, after: Position) -> int:
        """The first row behind a position."""
        at, key = after
        row = bisect_right(self._at, at - 1)
        while row < len(self._at) and self._at[row] == at and self._id[row] <= key:
            row += 1
        return row
