"""Letters in German, French, Spanish, Portuguese and Japanese."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import TYPE_CHECKING

from flows.sandbox.texts.grammar import expand, phrases, say
from flows.sandbox.texts.scene import planted_words

if TYPE_CHECKING:
    from flows.sandbox.lives import Life


def opening(rng: Random, life: Life, values: Mapping[str, str], *, with_error: bool) -> list[str]:
    """Paragraphs of a first message in the customer's language."""
    language = life.language
    planted = planted_words(life)
    core = say(rng, f"{language}.bug.{planted}" if planted else f"{language}.ask.{life.intent}", values)
    # The first detail names something of the customer's own, so that no two of the few phrasings are the same.
    named = [phrase for phrase in phrases(f"{language}.detail") if "{" in phrase]
    details = [expand(rng, rng.choice(named), values)]
    details += [say(rng, f"{language}.detail", values) for _ in range(rng.choice((0, 0, 1, 1, 2)))]
    if with_error:
        details.append(say(rng, f"{language}.detail.error", values))
    gap = "\n" if language == "ja" else " "
    body = [gap.join(dict.fromkeys([core, *details]))]
    if rng.random() < 0.85:
        body.insert(0, say(rng, f"{language}.hello", values))
    if rng.random() < 0.7:
        body.append(say(rng, f"{language}.close", values))
    return body


def subject(rng: Random, life: Life, values: Mapping[str, str]) -> str:
    """A subject in the customer's language."""
    return say(rng, f"{life.language}.subject", values)
