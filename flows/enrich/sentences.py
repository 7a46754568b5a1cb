"""Sentences of a text: good enough for quoting and for scores by the sentence."""

from __future__ import annotations

import re

_END = re.compile(r"(?<=[.!?。！？…])[\"')\]]*\s+(?=[\"'(\[]?[^\Wa-z_])|\n+|(?<=[!?])\s+")
_UNFINISHED = re.compile(r"^\(?\d{1,2}[.)]$|\b(?:e\.g|i\.e|etc|vs|no|nr|approx|mr|mrs|ms|dr|v|ver|z\.b)\.$", re.I)


def sentences(text: str) -> list[str]:
    """The non-empty sentences of a text in order. A line break always ends one."""
    out: list[str] = []
    for part in _END.split(text):
        piece = part.strip()
        if not piece:
            continue
        if out and _UNFINISHED.search(out[-1]):
            out[-1] = f"{out[-1]} {piece}"
        else:
            out.append(piece)
    return out
