"""How a person types: mistakes, capitals, emphasis. A person keeps most habits from ticket to ticket."""

from __future__ import annotations

import re
from random import Random

TONES = ("polite", "plain", "terse", "chatty", "furious")
_WEIGHTS = (32, 34, 16, 11, 7)
_WEIGHTS_IN_TROUBLE = (22, 32, 20, 6, 20)
_NEVER_MISTYPED = re.compile(r"https?://|[@_\d{}<>/\\`\[\]]|-\d")
_CARELESS, _MISTYPES = 0.12, 0.3  # shares of people who write in small letters, and who mistype
_KEYS = dict(zip("qwertyuiopasdfghjklzxcvbnm", "wertyuiopqsdfghjklaxcvbnmz", strict=True))


def tone(rng: Random, habits: int, *, trouble: bool) -> str:
    """The tone of one letter: half a matter of character, half of the occasion."""
    weights = _WEIGHTS_IN_TROUBLE if trouble else _WEIGHTS
    return (Random(habits) if rng.random() < 0.5 else rng).choices(TONES, weights)[0]


def types_with_care(habits: int) -> bool:
    """Whether a person of these habits uses capitals and makes no typos."""
    person = Random(habits + 1)
    return person.random() >= _CARELESS and person.random() >= _MISTYPES


def type_out(rng: Random, habits: int, tone_of: str, text: str) -> str:
    """The text as this person types it: typos, small letters only, capitals and exclamation marks."""
    person = Random(habits + 1)
    if person.random() < _CARELESS and "```" not in text and "Error" not in text:
        text = text.lower() if not _NEVER_MISTYPED.search(text) else text[:1].lower() + text[1:]
    if person.random() < _MISTYPES:
        text = _typos(rng, text, 0.02 + 0.03 * person.random())
    if tone_of == "furious" and rng.random() < 0.5:
        text = re.sub(r"(?<=[a-z])\.(?= |$)", lambda _: rng.choice((".", "!", "!!", "!!!")), text)
    if tone_of == "furious" and rng.random() < 0.25:
        first, dot, rest = text.partition(". ")
        text = first.upper() + dot + rest if not _NEVER_MISTYPED.search(first) else text
    return text


def _typos(rng: Random, text: str, rate: float) -> str:
    """Swapped, dropped, doubled and neighbouring letters, in words only: codes and addresses stay as they are."""

    def word(token: str) -> str:
        if len(token) < 4 or _NEVER_MISTYPED.search(token) or not token.isascii() or rng.random() > rate * 4:
            return token
        place = rng.randrange(1, len(token) - 1)
        kind = rng.randrange(4)
        if kind == 0:
            return token[:place] + token[place + 1] + token[place] + token[place + 2 :]
        if kind == 1:
            return token[:place] + token[place + 1 :]
        if kind == 2:
            return token[:place] + token[place] + token[place:]
        return token[:place] + _KEYS.get(token[place], token[place]) + token[place + 1 :]

    return "".join(token if token.isspace() else word(token) for token in re.split(r"(\s+)", text))
