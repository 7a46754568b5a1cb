"""Puts a ticket's comments into words."""

from __future__ import annotations

import html
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flows.sandbox.lives import Life


@dataclass(frozen=True)
class Letter:
    """One comment: its subject (the opening's), the text and the HTML the helpdesk keeps."""

    subject: str
    plain: str
    html: str


def comment(life: Life, n: int) -> Letter:
    """The comment of step `n` of a ticket."""
    rng = Random(life.seed + n)
    step = life.steps[n]
    title = life.incident.plan.title if life.incident else f"{life.intent.replace('_', ' ')} ({life.area})"
    text = f"{step.says}: {title}, reference {rng.getrandbits(40):x}"
    if life.oddity == "empty" and n == 0:
        text = ""
    if life.oddity == "megabyte" and n == 0:
        text = (text + "x" * 2**20)[: 2**20]
    return Letter(title, text, f"<div>{html.escape(text)}</div>")


def rating_comment(life: Life) -> str | None:
    """What the customer wrote with the rating, if anything."""
    return "Thank you" if life.rating == "good" and life.seed % 5 < 2 else None
