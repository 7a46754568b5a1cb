"""Phrase banks and the small grammar they are written in.

A bank is a section of `phrases/*.txt`: a line `== name`, then one phrase a line, `#` for remarks. In a phrase
`[a|b|]` is one of its alternatives (they nest) and `{name}` a value given by the caller or else a phrase of
the bank of that name; `{k}` `{n}` `{mm}` `{hex}` are new numbers each time. What a value holds is never read
as grammar. `\\n` ends a line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from pathlib import Path
from random import Random
from typing import Any

_FOLDER = Path(__file__).with_name("phrases")
_GAP = re.compile(r"(?<=\S) (?= )|(?<=\w) (?=[.,](?:\s|$))")
_TOKEN = re.compile(r"(\{[\w.-]+\}|[\[\]|])")
# A parsed phrase: text, a slot name in a one-element tuple, or a list of alternatives (each a list of parts).
_Part = str | tuple[str] | list[Any]
_NUMBERS: dict[str, Callable[[Random], str]] = {
    "k": lambda rng: str(rng.randint(2, 60)),
    "n": lambda rng: str(rng.randint(1000, 99999)),
    "mm": lambda rng: f"{rng.randint(0, 59):02d}",
    "hex": lambda rng: f"{rng.getrandbits(48):012x}",
}


@cache
def banks() -> dict[str, tuple[str, ...]]:
    """Every bank by name, from all phrase files."""
    found: dict[str, list[str]] = {}
    for path in sorted(_FOLDER.glob("*.txt")):
        lines: list[str] = []
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("== "):
                lines = found.setdefault(line[3:].strip(), [])
            elif line.strip() and not line.startswith("#"):
                lines.append(line.strip().replace("\\n", "\n"))
    return {name: tuple(lines) for name, lines in found.items()}


def phrases(name: str) -> tuple[str, ...]:
    """The phrases of a bank. Raises KeyError when there is none of this name."""
    return banks()[name]


def say(rng: Random, bank: str, values: Mapping[str, str]) -> str:
    """One phrase of a bank, spelled out."""
    return expand(rng, rng.choice(banks()[bank]), values)


def expand(rng: Random, phrase: str, values: Mapping[str, str]) -> str:
    """A phrase with alternatives chosen and slots filled, without the gaps that empty alternatives leave."""
    text = "".join(_spell(rng, part, values) for part in _parse(phrase)).strip()
    return _GAP.sub("", text)


def _spell(rng: Random, part: _Part, values: Mapping[str, str]) -> str:
    if isinstance(part, str):
        return part
    if isinstance(part, tuple):
        name = part[0]
        if name in _NUMBERS:
            return _NUMBERS[name](rng)
        if name in values:
            return values[name]
        return "".join(_spell(rng, inner, values) for inner in _parse(rng.choice(banks()[name])))
    return "".join(_spell(rng, inner, values) for inner in rng.choice(part))


@lru_cache(maxsize=8192)
def _parse(phrase: str) -> list[_Part]:
    root: list[_Part] = []
    open_parts: list[list[_Part]] = [root]
    open_choices: list[list[list[_Part]]] = []
    for token in _TOKEN.split(phrase):
        if token == "[":
            first: list[_Part] = []
            open_choices.append([first])
            open_parts[-1].append(open_choices[-1])
            open_parts.append(first)
        elif token == "|" and open_choices:
            open_choices[-1].append([])
            open_parts[-1] = open_choices[-1][-1]
        elif token == "]":
            if not open_choices:
                raise ValueError(f"phrase closes a bracket that is not open: {phrase!r}")
            open_choices.pop()
            open_parts.pop()
        elif token.startswith("{"):
            open_parts[-1].append((token[1:-1],))
        elif token:
            open_parts[-1].append(token)
    if open_choices:
        raise ValueError(f"phrase leaves a bracket open: {phrase!r}")
    return root
