"""The policy this stage reads: intents, their examples, the mapping of helpdesk categories and tags, symptom rules.

They are dbt seeds, so that changing one is a reviewed diff of a CSV file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from flows.core.errors import ConfigError
from flows.core.keys import digest


@dataclass(frozen=True)
class Seeds:
    """Frames with the columns of the CSV files, and a hash over all the files."""

    intents: pl.DataFrame
    examples: pl.DataFrame
    category_map: pl.DataFrame
    tag_map: pl.DataFrame
    symptoms: pl.DataFrame
    digest: str


@dataclass(frozen=True)
class StepSeed:
    """The rules of steps that customers try, and a hash of the file. No model is trained on it, as on the others."""

    steps: pl.DataFrame
    digest: str


_STEPS = ("id", "step", "name", "language", "needs", "pattern", "version")
_FILES = {
    "intents": ("intent", "name", "description", "product_area", "is_bug_like", "target_precision", "version"),
    "intent_examples": ("intent", "example"),
    "intent_category_map": ("source_type", "category", "intent"),
    "intent_tag_map": ("source_type", "tag", "intent"),
    "symptoms": ("rule_id", "symptom", "kind", "weight", "pattern", "version"),
}


def read_seeds(dbt_dir: Path) -> Seeds:
    """Read the seeds of a dbt project. Raises ConfigError naming the file and what is wrong with it."""
    frames: dict[str, pl.DataFrame] = {}
    hashes: list[str] = []
    for name, needed in _FILES.items():
        frames[name], text = _read(dbt_dir, name, needed)
        hashes.append(text)
    named = ("intent_examples", "intent_category_map", "intent_tag_map")
    unknown = {intent for name in named for intent in frames[name]["intent"]} - set(frames["intents"]["intent"])
    if unknown:
        raise ConfigError(f"the seeds name intents that intents.csv does not hold: {', '.join(sorted(unknown))}")
    return Seeds(
        intents=frames["intents"].with_columns(
            is_bug_like=pl.col("is_bug_like").str.to_lowercase() == "true",
            target_precision=_shares(frames["intents"], "target_precision"),
        ),
        examples=frames["intent_examples"],
        category_map=frames["intent_category_map"].with_columns(category=pl.col("category").map_elements(slug)),
        tag_map=frames["intent_tag_map"].with_columns(pl.col("tag").str.strip_chars().str.to_lowercase()),
        symptoms=frames["symptoms"].with_columns(weight=pl.col("weight").cast(pl.Float64)),
        digest=digest(*hashes)[:16],
    )


def _shares(frame: pl.DataFrame, column: str) -> pl.Series:
    """A column of intents.csv as numbers between 0 and 1. Raises ConfigError naming the intent whose number is none."""
    numbers = frame[column].cast(pl.Float64, strict=False)
    for intent, text, number in zip(frame["intent"], frame[column], numbers, strict=True):
        if number is None or not 0 < number < 1:
            raise ConfigError(f"intents.csv: {column} of {intent} is {text!r}, not a number between 0 and 1")
    return numbers


def read_steps(dbt_dir: Path) -> StepSeed:
    """Read `steps.csv`. Raises ConfigError naming what is wrong with it."""
    frame, text = _read(dbt_dir, "steps", _STEPS)
    for row_id, pattern in frame.select("id", "pattern").iter_rows():
        try:
            re.compile(pattern)
        except re.error as error:
            raise ConfigError(f"the pattern of {row_id} in steps.csv is no regular expression ({error})") from error
    return StepSeed(frame, digest(text)[:16])


def _read(dbt_dir: Path, name: str, needed: tuple[str, ...]) -> tuple[pl.DataFrame, str]:
    """A seed with all columns as text, and the text of its file."""
    path = dbt_dir / "seeds" / f"{name}.csv"
    try:
        frame = pl.read_csv(path, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise ConfigError(f"{path} cannot be read ({error})", "Restore it from the repository.") from error
    missing = [column for column in needed if column not in frame.columns]
    if missing:
        raise ConfigError(f"{path} has no column {', '.join(missing)}")
    return frame, path.read_text()


def slug(text: str) -> str:
    """Lower-case words joined by underscores: how categories are compared and named as intents."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
