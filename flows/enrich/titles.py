"""Short titles by a language model, for what several tickets have in common: a topic.

A title is free text, and the texts it stands for were written by strangers. So it is only taken where it could hardly
say anything that they do not: plain words in one line, each of which stands in at least two of the texts, or names the
topic already. What one ticket asks for alone, and what the instructions say, does not pass.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable

from pydantic import BaseModel, ConfigDict, Field

from flows.core.run import Run
from flows.enrich.protocols import Quoted, Task, TextModel

VERSION = 1
LENGTH = 60
SHOWN = 12  # titles of tickets that are quoted
STEM = 4  # first letters that two forms of a word have in common
INSTRUCTIONS = """\
You name a topic of requests to a software company's support.
The user message quotes the titles of some requests and the words that set them apart from other requests.
Answer with a short title of two to seven words that says what these requests have in common, in their language.
Use words of the quoted titles. No names of people, no links, no punctuation but commas and hyphens.
"""

_PLAIN = re.compile(r"[^\W_]+(?:[-'][^\W_]+)*(?:,? [^\W_]+(?:[-'][^\W_]+)*){0,9}")
_WORD = re.compile(r"[^\W_]+")
_BETWEEN = frozenset(
    ("a", "an", "and", "after", "are", "as", "at", "be", "before", "by", "for", "from", "in", "into", "is", "not", "of",
     "off", "on", "or", "out", "over", "the", "to", "up", "when", "while", "with", "without")
)  # fmt: skip

Titler = Callable[[list[str], list[str]], str | None]  # titles of tickets, words -> a title for the topic


class Title(BaseModel):
    """The answer's schema."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field(max_length=LENGTH)


def untitled(_titles: list[str], _words: list[str]) -> str | None:
    """No title, where no model gives one."""
    return None


def titler(run: Run) -> Titler:
    """`short_title` of the configured model; `untitled` where none is configured, has a key, and is to name topics."""
    configured = run.settings.models.text
    if configured is None or not configured.titles:
        return untitled
    from flows.enrich.text_model import text_model  # its client takes a second to import

    model = text_model(run)
    if model is None:
        return untitled

    def titled(titles: list[str], words: list[str]) -> str | None:
        title = short_title(model, titles, words)
        run.report.count("text_model.titles_asked")
        run.report.count("text_model.titles_taken", int(title is not None))
        return title

    return titled


def short_title(model: TextModel, titles: list[str], words: list[str]) -> str | None:
    """A title for what tickets with these titles have in common, or None where no usable one is to be had.

    `words` set the topic apart from others. Titles come in order of how well they stand for the topic.
    """
    said = model.ask(TASK, {"titles": titles[:SHOWN], "words": words})
    return said.title if said else None


def is_grounded(answer: Title, quoted: Quoted) -> bool:
    """Whether a title is plain words that at least two quoted titles, or the topic's own words, hold as well."""
    if not _PLAIN.fullmatch(answer.title):
        return False
    said = Counter(stem for title in quoted["titles"] for stem in _stems(title))
    shared = {stem for stem, count in said.items() if count > 1}
    own = {stem for word in quoted["words"] for stem in _stems(word)} & said.keys()
    meant = _stems(answer.title)
    return bool(meant) and meant <= shared | own


def _stems(text: str) -> set[str]:
    return {word[:STEM] for word in _words(text) if word not in _BETWEEN}


def _words(text: str) -> Iterable[str]:
    return _WORD.findall(text.lower())


TASK: Task[Title] = Task("title", VERSION, INSTRUCTIONS, Title, is_grounded)
