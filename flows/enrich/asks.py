"""Several asks in one ticket: which sentences of the opening message belong to which of them.

Most tickets ask for one thing in several sentences, so a new ask needs a sign of its own:

1. a list whose items ask for something ("1. How do I ...", "2. Please ..."), or that was announced ("two questions:");
2. words that announce another ask ("another question", "second issue", "on a separate note");
3. words that add something ("also", "P.S.") before a question, a request or a problem about other things;
4. a second question of the kind that asks for information, about other things than the first.

"Other things" are content words that the ask so far does not have, in a sentence that points back at nothing ("it",
"the same"). What was tried, steps and politeness open no ask. Of languages other than English only the plain signs are
known. Two asks in one sentence are one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise

from flows.enrich import ask_phrases as phrases

VERSION = 1
MAX_ASKS = 8  # the last one holds the rest
BARE = 20  # characters of a sentence that only announces the next one: "P.S."
LEAD = 100  # characters of a sentence in which it says that it opens another ask
READ = 400  # characters of a sentence that are looked at

_WORD = re.compile(r"[^\W\d_]{3,40}")

Span = tuple[int, int]


def split(spoken: Sequence[str]) -> list[Span]:
    """The asks of a ticket as spans (first, last + 1) of its sentences: in order, without gaps, at most MAX_ASKS.

    One span where it asks for one thing, none where it has no sentence. Time is linear in the length of the text.
    """
    said = [_Sentence(sentence) for sentence in spoken]
    lists = _lists(said)
    starts = [0]
    if not said:
        return []
    if len(said) > 1 and (lists or any(s.sign for s in said) or sum(s.is_question for s in said) > 1):
        starts = _lead_ins(said, _starts(said, lists))[:MAX_ASKS]
    return list(zip(starts, [*starts[1:], len(said)], strict=True))


class _Sentence:
    """What is to be known of one sentence, found out when it is asked for."""

    def __init__(self, text: str) -> None:
        self.text = text[:READ]
        self.is_question = self.text.rstrip(" \"')]").endswith("?")

    @cached_property
    def sign(self) -> str:
        """Whether it announces a matter of its own ("new"), or adds something to this one or another ("adds")."""
        lead = self.text[:LEAD]
        words = _WORD.findall(lead.lower())
        if not phrases.MATTERS.isdisjoint(words) and phrases.NEW_MATTER.match(self.text):
            return "new"
        within = not phrases.ALSO.isdisjoint(words) and phrases.ADDS_WITHIN.search(lead)
        return "adds" if within or phrases.ADDS.match(lead) else ""

    @cached_property
    def words(self) -> frozenset[str]:
        """Beginnings of the words that say what it is about: "invoice" and "invoices" are one."""
        return frozenset(word[:5] for word in _WORD.findall(self.text.lower()) if word not in phrases.PLAIN)

    @cached_property
    def is_step(self) -> bool:
        return bool(phrases.STEP.match(self.text))

    @cached_property
    def is_request(self) -> bool:
        return self.is_question or bool(phrases.REQUEST.search(self.text))

    @cached_property
    def is_problem(self) -> bool:
        return bool(phrases.PROBLEM.search(self.text)) and not phrases.ASIDE.search(self.text)

    @cached_property
    def points_back(self) -> bool:
        return bool(phrases.POINTS_BACK.search(phrases.DUMMY.sub(" ", self.text)))

    @cached_property
    def asks_for_information(self) -> bool:
        return self.is_question and bool(self.words) and bool(phrases.INFORMATION.match(self.text))

    @cached_property
    def number(self) -> int | None:
        """Of an item of a list: 2 for "2." and "b)"."""
        mark = phrases.NUMBERED.match(self.text)
        return (int(mark[1]) if mark[1].isdigit() else ord(mark[1].lower()) - ord("a") + 1) if mark else None


def _starts(said: list[_Sentence], lists: list[list[int]]) -> list[int]:
    """Where asks begin, without what leads in to them."""
    items = {item for run in lists if _is_of_asks(said, run) for item in run[1:]}
    listed = {place for run in lists for place in range(run[0], run[-1] + 1)}
    starts = [0]
    so_far: set[str] = set()  # what the ask is about
    informs = announced = False  # whether it has asked for information; whether several asks were announced
    bare = 0  # 1 after a sentence that only announces the next one
    for place, sentence in enumerate(said):
        outside = place not in listed
        if so_far and outside and sentence.sign and not sentence.words and len(sentence.text) < BARE:
            bare = 1
            continue
        is_new = place in items or (
            outside and _opens(sentence, so_far, adds=bool(bare), informs=informs, announced=announced)
        )
        if is_new and so_far:
            starts.append(place - bare)
            so_far, informs = set(), False
        bare = 0
        announced = announced or bool(phrases.ANNOUNCED.search(sentence.text))
        so_far |= sentence.words
        informs = informs or sentence.asks_for_information
    return starts


def _opens(sentence: _Sentence, so_far: set[str], *, adds: bool, informs: bool, announced: bool) -> bool:
    """Whether a sentence outside of lists opens another ask (rules 2 to 4)."""
    if sentence.sign == "new":
        return True
    adds = adds or sentence.sign == "adds"
    if not (adds or (informs and sentence.is_question)) or sentence.is_step or sentence.points_back:
        return False
    new = sentence.words - so_far
    if adds:
        return bool(new) if sentence.is_request else len(new) > 1 and sentence.is_problem
    return bool(new) if announced else sentence.asks_for_information and len(new) > 1 and new == sentence.words


def _lists(said: list[_Sentence]) -> list[list[int]]:
    """Runs of items that count up from 1 (or a), and of bullets that follow each other."""
    found: list[list[int]] = []
    run: list[int] = []
    bullets: list[int] = []
    for place, sentence in enumerate(said):
        if phrases.BULLET.match(sentence.text):
            if not bullets or bullets[-1] != place - 1:
                bullets = []
                found.append(bullets)
            bullets.append(place)
        elif sentence.number == 1:
            run = [place]
            found.append(run)
        elif run and sentence.number == len(run) + 1:
            run.append(place)
    return [items for items in found if len(items) > 1]


def _is_of_asks(said: list[_Sentence], items: list[int]) -> bool:
    """Whether a list holds asks: it was announced so, or most of it asks. Not where it tells steps."""
    first = said[items[0]].text
    mark = phrases.NUMBERED.match(first)
    before = " ".join([*(s.text for s in said[max(0, items[0] - 2) : items[0]]), first[: mark.start(1) if mark else 0]])
    steps = sum(said[item].is_step for item in items)
    if phrases.OF_STEPS.search(before) or steps * 2 >= len(items):
        return False
    asking = sum(said[item].is_request or said[item].is_problem for item in items)
    return bool(phrases.ANNOUNCED.search(before)) or asking * 3 >= len(items) * 2


def _lead_ins(said: list[_Sentence], starts: list[int]) -> list[int]:
    """A question begins with the statements before it that do not go on about the question before them."""
    moved = starts[:1]
    for before, start in pairwise(starts):
        sentence = said[start]
        if sentence.is_question and not sentence.sign and sentence.number is None:
            while start - 1 > before and _leads_in(said[start - 1], said[before].words):
                start -= 1
        moved.append(start)
    return moved


def _leads_in(sentence: _Sentence, asked: frozenset[str]) -> bool:
    """Whether a statement is about something, and about nothing that was asked before."""
    is_statement = not (sentence.is_request or sentence.is_problem or sentence.points_back)
    return is_statement and bool(sentence.words) and not sentence.words & asked
