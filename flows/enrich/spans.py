"""What a message shows, with the words that show it: the shape of a signal, and where in a text to look for one.

A phrase counts where the writer says it of themselves: not in what they quote, not in code or a link, and not where it
is taken back ("not urgent") or only supposed ("if it were urgent").
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from flows.enrich.hints import holds

VERSION = 1
SAMPLE = 4_000  # characters of a message that are looked at
MAX_SPAN = 120
WORD = r"(?: (?!(?:not|never|no|less|hardly)\b)[\w']{1,14})"  # a word between two others that does not turn them round


class Signal(NamedTuple):
    """`span` are words of the message; `starts` and `ends` count characters of its clean text, half open. Both are
    None where the words stand in the subject."""

    kind: str
    name: str
    span: str
    starts: int | None
    ends: int | None


class Phrase(NamedTuple):
    """A pattern of lower-case text, and strings one of which is in whatever it matches: most texts hold none."""

    name: str
    hints: tuple[str, ...]
    pattern: re.Pattern[str]


# Bounded, so that a lone quotation mark does not swallow a text. An apostrophe opens no quotation.
_NOT_SPOKEN = re.compile(
    r"\"[^\"\n]{1,300}\"|“[^”\n]{1,300}”|„[^“”\n]{1,300}[“”]|«[^»\n]{1,300}»|`[^`\n]{1,300}`"
    r"|(?:https?://|www\.)\S{1,500}|^>[^\n]{0,4000}|\[[A-Za-z]{1,30}(?:[-_ #:]\w{1,20})?\]|<[^<>\n]{1,100}>",
    re.M,
)
_QUOTED = ('"', "“", "„", "«", "`", "http", "www.", ">", "[")
_BEFORE = 48  # characters before a phrase in which it may be taken back
_TAKEN_BACK = re.compile(
    r"(?:\b(?:not|no|never|nothing|without|neither|nor|hardly|barely|cannot|isnt|dont|if|whether|unless|less|than"
    r"|rather|instead of|far from|as far as|used to"
    r"|(?:customer|user|client|people|they|he|she|who)s?(?: \w{1,12}){0,2})|n't)"
    r"(?: (?:really|very|too|so|that|this|all|super|particularly|exactly|yet|even|a|an|any|the|terribly|at|be|been"
    r"|being|get|getting|feel|feeling|want|wanting|mean|trying|going|need|here|to|i'm|i|we|am|are|it's|it|is|as|was|were"
    r"|you|me|us|your|something|of)){0,4}[ *_-]*$"
)


def phrases(by_name: Mapping[str, tuple[tuple[str, str], ...]]) -> tuple[Phrase, ...]:
    """By name: hints, joined by `|`, and what the phrases look like. They begin and end with a word."""
    return tuple(
        Phrase(name, tuple(hints.split("|")), re.compile(rf"(?<![\w'])(?:{pattern})(?![\w])"))
        for name, lines in by_name.items()
        for hints, pattern in lines
    )


def spoken(text: str) -> str:
    """What `unquoted` gives, in lower case. Every character keeps its place."""
    sample = unquoted(text)
    lowered = sample.lower()
    if len(lowered) != len(sample):  # a few letters are two in lower case
        lowered = "".join(c.lower() if len(c.lower()) == 1 else c for c in sample)
    return lowered


def unquoted(text: str) -> str:
    """The beginning of a text, blanks in place of what the writer does not say: quotations, code, links, placeholders.
    Apostrophes are plain. Every character keeps its place."""
    sample = text[:SAMPLE].replace("’", "'")
    if holds(sample, _QUOTED):
        return _NOT_SPOKEN.sub(lambda match: " " * len(match.group()), sample)
    return sample


def first(kind: str, wanted: tuple[Phrase, ...], text: str, said: str) -> list[Signal]:
    """The first place of each name in a text, in order of the names; `said` is the text as `spoken` gives it."""
    found: dict[str, tuple[int, int]] = {}
    for name, hints, pattern in wanted:
        for hint in hints:
            if hint in said:
                break
        else:
            continue
        for match in pattern.finditer(said):
            if not is_taken_back(said, match.start()):
                found[name] = min(found.get(name, match.span()), match.span())
                break
    return [signal(kind, name, text, *place) for name, place in found.items()]


def is_taken_back(said: str, start: int) -> bool:
    """Whether a denial, a condition or somebody else as the subject stands right before a place."""
    return bool(_TAKEN_BACK.search(said[max(0, start - _BEFORE) : start]))


def signal(kind: str, name: str, text: str, starts: int, ends: int) -> Signal:
    """A signal of the words between two places of a text, at most MAX_SPAN characters of them."""
    ends = min(ends, starts + MAX_SPAN)
    return Signal(kind, name, text[starts:ends], starts, ends)
