"""Redaction: recall on planted values of every kind, in formats that rules were not tried out on, and false alarms.

Values are planted by `tests/core/planted_kept.py`. An alarm is what is redacted in messages whose addresses, numbers
and IPs are masked already (Thunderbird 2023). Many of these are right, so the figure is a ceiling; how many of 50 that
were read are is in the decision log.
"""

from __future__ import annotations

import random
import re
import sys
import time
from collections import Counter
from pathlib import Path

import polars as pl

from flows.core.redaction import PLACEHOLDER, redact
from tests.benchmarks.quality.figure import Figure

sys.path.insert(0, str(Path(__file__).parents[2] / "core"))  # where the planted values are

SETS = ("thunderbird",)
PLANTED = 1_000  # texts a kind
MESSAGES = 10_000
STRUCTURED = ("account", "card", "credentials", "email", "iban", "id", "ip", "key", "mac", "phone", "secret", "token")
# What a first attempt would look for: one pattern a kind.
_SIMPLE = {
    "email": r"[\w.+-]+@[\w-]+\.[\w.]+",
    "phone": r"\+?\d[\d ()-]{7,}\d", "card": r"\d{4}[ -]?\d{4}[ -]?\d{4}[ -]?\d{4}",
    "iban": r"[A-Z]{2}\d{2}[A-Z0-9 ]{11,30}", "ip": r"\d{1,3}(?:\.\d{1,3}){3}", "secret": r"(?<=password: )\S+",
}  # fmt: skip


def figures(data: Path) -> list[Figure]:
    from planted_kept import KEPT
    from planted_values import is_left, plant

    found = []
    for kind in KEPT.formats:
        planted = list(plant(KEPT, kind, PLANTED))
        recall = sum(not is_left(one, redact(one.text)) for one in planted) / PLANTED
        simple = re.compile(_SIMPLE.get(kind, r"(?!)"))
        baseline = sum(not is_left(one, simple.sub("[xx-00000000]", one.text)) for one in planted) / PLANTED
        target = 0.98 if kind in STRUCTURED else None
        found.append(Figure(f"redaction, recall of planted {kind}", recall, target, (("one pattern", baseline),)))
    texts = messages(data)
    started = time.process_time()
    redacted = [redact(text) for text in texts]
    seconds = time.process_time() - started
    alarms = Counter(
        kind
        for text in redacted
        for kind in {placeholder[1:-1].split("-")[0] for placeholder in PLACEHOLDER.findall(text)}
    )
    for kind in KEPT.formats:
        found.append(Figure(f"redaction, messages of 1,000 with {kind}", 1_000 * alarms[kind] / len(texts)))
    found.append(Figure("redaction, messages a processor second", len(texts) / seconds))
    return found


def messages(data: Path) -> list[str]:
    """A random MESSAGES of the questions and replies of 2023."""
    parts = [
        pl.read_parquet(data / "thunderbird" / name, columns=["body", "created"])
        .filter(pl.col("created").dt.year() == 2023)["body"]
        .drop_nulls()
        .to_list()
        for name in ("questions.parquet", "answers.parquet")
    ]
    return random.Random(1).sample([*parts[0], *parts[1]], MESSAGES)
