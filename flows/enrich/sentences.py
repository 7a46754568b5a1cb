"""Sentences of a text: good enough for quoting and for scores by the sentence."""

from __future__ import annotations

import re

# A full stop ends one before a capital; other marks end one before anything, and those of Chinese and Japanese without
# a space. Quotation marks and brackets behind a mark belong to it. A pattern that begins with its marks is fast.
_END = re.compile(
    r"[.…!?。！？](?:(?<=[.…])[\"')\]”»]*\s+(?=[\"'(\[“«¿¡]?[^\Wa-z_])|(?<=[!?])[\"')\]”»]*\s+"
    r"|(?<=[。！？])[”」』）]*(?!\n))"
)
_UNFINISHED = re.compile(
    r"^\(?\d{1,2}[.)]$|(?<![^\W\d_])(?:e\.g|i\.e|etc|vs|no|nr|approx|mr|mrs|ms|mme|dr|prof|st|v|ver|fig|z\.b|bzw|ca|d\.h|u\.a"
    r"|p\.ej|sr|sra|ud|uds|tel|art|max|min|incl|inkl)\.$|(?<!\w)(?-i:[A-Z])\.$",
    re.I,
)


def sentences(text: str) -> list[str]:
    """The non-empty sentences of a text in order. A line break always ends one."""
    out: list[str] = []
    for part in _END.sub(_ended, text).split("\n"):
        piece = part.strip()
        if not piece:
            continue
        if out and out[-1][-1] in ".)" and _UNFINISHED.search(out[-1][-12:]):
            out[-1] = f"{out[-1]} {piece}"
        else:
            out.append(piece)
    return out


def _ended(match: re.Match[str]) -> str:
    return f"{match[0].rstrip()}\n"
