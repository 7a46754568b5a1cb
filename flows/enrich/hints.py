"""A cheap way out for most texts: whether one holds any of the words that a pattern needs."""

from __future__ import annotations

from collections.abc import Iterable


def holds(text: str, words: Iterable[str]) -> bool:
    """Whether any of the words stands in the text, as written. `any` of a generator takes twice as long."""
    for word in words:  # noqa: SIM110
        if word in text:
            return True
    return False
