"""Cleaning: real messages set as mail programs set them, with signatures, footers and quoted mail of every kind.

The words of a message are known, and so are those of what was put around it. Beside it what stripping the markup alone
would leave. Messages of the Thunderbird forum, a sentence a line.
"""

from __future__ import annotations

import random
import re
import sys
from collections import Counter
from pathlib import Path

import polars as pl

from flows.enrich.clean import clean
from flows.enrich.sentences import sentences
from flows.sandbox.texts.mail import Draft, set_letter
from tests.benchmarks.quality.figure import Figure

sys.path.insert(0, str(Path(__file__).parents[2] / "enrich"))  # where the footers and introductions are

SETS = ("thunderbird",)
LETTERS = 2_000
LONG = 5  # words of a sentence that is one: `Thanks in advance` may go
_WORD = re.compile(r"[^\W_]+")
_TAG = re.compile(r"<[^>]*>")


def figures(data: Path) -> list[Figure]:
    from clean_mails import FOOTERS, INTRODUCTIONS

    rng = random.Random(4)
    bodies = pl.read_parquet(data / "thunderbird" / "questions.parquet", columns=["body", "created"]).filter(
        pl.col("created").dt.year() == 2023
    )["body"]
    usable = [body for body in bodies.drop_nulls().to_list() if 80 < len(body) < 1500]
    # What is wrapped, or stands on several lines, is set by no program as one paragraph.
    footers = [footer for name, footer in FOOTERS.items() if "wrapped" not in name]
    introductions = [line for line in INTRODUCTIONS.values() if "\n" not in line]
    lost, left, left_simple, letters = 0, 0, 0, 0
    for body in rng.sample(usable, LETTERS):
        said = sentences(clean(body).text)
        paragraphs = ["\n".join(said[at : at + 3]) for at in range(0, len(said), 3)]
        earlier = rng.choice(usable)[:300]
        draft = Draft(paragraphs, rng.choice(footers).split("\n"), rng.choice(introductions), earlier)
        letter = set_letter(rng, "", draft, mail=True)
        for text, body_format in ((letter.plain, "text"), (letter.html, "html")):
            words = Counter(_WORD.findall(" ".join(paragraphs)))
            got = Counter(_WORD.findall((cleaned := clean(text, body_format)).text + " " + cleaned.code))
            simple = Counter(_WORD.findall(_TAG.sub(" ", text)))
            spoken = " ".join(cleaned.text.split() + cleaned.code.split())
            lost += any(" ".join(one.split()) not in spoken for one in said if len(one.split()) >= LONG)
            left += bool(got - words)
            left_simple += bool(simple - words)
            letters += 1
    return [
        Figure("cleaning, share of mails that lost a sentence", lost / letters, 0.02, at_most=True),
        Figure(
            "cleaning, share of mails with a word of a footer or quote left", left / letters, 0.05,
            (("markup stripped alone", left_simple / letters),), at_most=True,
        ),
    ]  # fmt: skip
