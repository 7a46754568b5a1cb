"""Whether a customer says that they may leave, and in which words.

Kinds: `cancel` (end the contract, close the account), `no_renewal`, `switch` (a competitor, alternatives), `price` (not
worth what it costs). English, German, French, Spanish, Portuguese, Italian, Dutch and Japanese. What counts is what the
writer wants, asks for or threatens with: not a cancelled export, not "we do not want to cancel", not what the writer's
own customers do, and not a cancellation that lies in the past. A complaint about a price alone is none either: it
becomes one when the writer says that they cannot or will not go on paying.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from flows.enrich import commercial_phrases as phrases
from flows.enrich.hints import holds
from flows.enrich.sentences import sentences
from flows.enrich.spans import Signal

VERSION = 3
KIND = "churn"  # of the signal
SAMPLE = 4_000  # characters of text that are looked at
MAX_SPAN = 120

_KINDS = tuple(
    (kind, re.compile("|".join(lines), re.I))
    for kind, lines in (
        ("cancel", phrases.CANCEL),
        ("no_renewal", phrases.NO_RENEWAL),
        ("switch", phrases.SWITCH),
        ("price", phrases.PRICE),
    )
)
_HINTS = {
    kind: re.compile("|".join(rf"\b{hint}(?:ing)?\b" if hint == phrases.END else hint for hint in hints))
    for kind, hints in phrases.HINTS.items()
}
_NEEDED = {kind: (words, re.compile(pattern)) for kind, (words, pattern) in phrases.NEEDED.items()}
_ENDING = re.compile(phrases.ENDING, re.I)
_DENIED_BEFORE = re.compile(phrases.DENIED_BEFORE, re.I)
_CAN_BE_A_BUTTON = re.compile(phrases.CAN_BE_A_BUTTON, re.I)
_MEANT = re.compile(phrases.MEANT, re.I)
_DENIED_WITHIN = re.compile(phrases.DENIED_WITHIN, re.I)
_DENIED_AFTER = re.compile(phrases.DENIED_AFTER, re.I)


class Leaving(NamedTuple):
    kind: str
    span: str  # the words that show it


def leaving(text: str, subject: str = "") -> Leaving | None:
    """The first words in a customer's message that say they may leave; None where there are none.

    `text` is cleaned and redacted: without quoted replies and signatures. The span is at most MAX_SPAN characters. The
    subject of an opening message speaks where the text does not itself say what is to end: "Cancellation" over the
    cancelling of three seats is no farewell.
    """
    found = _said(text)
    if found or not subject:
        return found
    found = _said(subject)
    return None if found and _ENDING.search(text[:SAMPLE]) else found


def _said(text: str) -> Leaving | None:
    sample = text[:SAMPLE].replace("’", "'")
    kinds = _likely(sample.lower())
    if not kinds:
        return None
    for sentence in sentences(sample):
        lowered = sentence.lower()
        hinted = [
            (place, kind, pattern) for place, (kind, pattern) in enumerate(_KINDS)
            if kind in kinds and _HINTS[kind].search(lowered) and _is_needed(kind, " ".join(lowered.split()))
        ]  # fmt: skip
        if not hinted:
            continue
        plain = " ".join(sentence.split())
        found = [
            (match.start(), place, kind, match.group())
            for place, kind, pattern in hinted
            if (match := next((m for m in pattern.finditer(plain) if not _is_denied(kind, plain, m)), None))
        ]
        if found:
            _, _, kind, span = min(found)
            return Leaving(kind, span.strip(" ,;:")[:MAX_SPAN])
    return None


def _likely(lowered: str) -> set[str]:
    """The kinds of which a text can hold a phrase. Hints are found faster word by word than by one pattern, and most
    texts hold none; what every phrase needs is looked for in the whole text before it is cut into sentences."""
    kinds = [kind for kind, hints in phrases.HINTS.items() if holds(lowered, hints)]
    plain = " ".join(lowered.split()) if kinds else ""
    return {kind for kind in kinds if _is_needed(kind, plain)}


def _is_needed(kind: str, plain: str) -> bool:
    """Whether a text in lower case and with single spaces holds what every phrase of a kind does."""
    words, pattern = _NEEDED[kind]
    return holds(plain, words) or bool(pattern.search(plain))


def _is_denied(kind: str, sentence: str, match: re.Match[str]) -> bool:
    if kind == "no_renewal":  # a denial itself
        return False
    before = sentence[: match.start()]
    return bool(
        _DENIED_BEFORE.search(before)
        or (_CAN_BE_A_BUTTON.fullmatch(match.group().strip()) and not _MEANT.search(before))
        or _DENIED_AFTER.search(sentence[match.end() :])
        # in German the denial stands between the subject and the verb
        or ("kündig" in match.group().lower() and _DENIED_WITHIN.search(match.group()))
    )


def signal(text: str, said: Leaving) -> Signal:
    """The signal of what `leaving` found in a text or its subject."""
    starts = text[:SAMPLE].replace("’", "'").find(said.span)
    if starts < 0:
        return Signal(KIND, said.kind, said.span, None, None)
    ends = starts + len(said.span)
    return Signal(KIND, said.kind, text[starts:ends], starts, ends)
