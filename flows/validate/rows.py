"""A chunk of landed rows against its suite: a function without side effects, for this process or a worker."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime

import polars as pl

from flows.validate.columns import AHEAD, Mismatch, as_text, extract
from flows.validate.quarantine import Entry
from flows.validate.suites import DECLARED_TYPES, NOT_AHEAD, Suite, judge


@dataclass
class Seen:
    """What the rows of a chunk have shown."""

    broken: dict[int, Entry] = field(default_factory=dict)  # by row: the critical rules that it breaks
    noted: Counter[tuple[str, str]] = field(default_factory=Counter)  # (rule, severity) -> rows, not critical
    examples: dict[str, str] = field(default_factory=dict)  # rule -> a value that breaks it
    problems: list[str] = field(default_factory=list)
    unjudged: list[str] = field(default_factory=list)  # critical rules that could not be judged


def look_at(suite: Suite, source: str, stream: str, clock: datetime, chunk: pl.DataFrame) -> Seen:
    """`chunk` has the columns of store.SCHEMA; no time in it may be later than `clock`, naive UTC."""
    rules = [DECLARED_TYPES, *([NOT_AHEAD] if suite.times else []), *suite.rules]
    too_late = [pl.when(pl.col(name) > clock).then(pl.lit(name)).otherwise(None) for name in suite.times]
    ahead = pl.coalesce(*too_late, pl.lit(None, pl.String)).alias(AHEAD)
    typed, mismatches = extract(chunk["payload"], suite.declared())
    frame = pl.concat([chunk.select("id", "version", "pulled_at"), typed.with_columns(ahead)], how="horizontal")
    verdict = judge().judge(suite.name, rules, frame)
    seen = Seen(problems=list(verdict.problems), unjudged=list(verdict.unjudged))
    broken: dict[int, Entry] = {}
    for failure in verdict.failures:
        if not failure.rows:
            text = f"{suite.name}: rule {failure.rule} is broken and does not say by which rows"
            (seen.unjudged if failure.severity == "critical" else seen.problems).append(text)
        for row in failure.rows:
            column, value = _culprit(failure.column, row, frame, mismatches)
            if failure.severity != "critical":
                seen.noted[failure.rule, failure.severity] += 1
                seen.examples.setdefault(failure.rule, value or "nothing")
            elif row in broken:
                broken[row] = replace(broken[row], also=(*broken[row].also, failure.rule))
            else:
                id, version, seq = chunk.select("id", "version", "seq").row(row)
                broken[row] = Entry(
                    source=source, stream=stream, id=id, seq=seq, record_version=version, suite=suite.name,
                    rule=failure.rule, column=column, value=value, severity=failure.severity,
                )  # fmt: skip
    seen.broken = {row: broken[row] for row in sorted(broken)}
    return seen


def _culprit(column: str, row: int, frame: pl.DataFrame, mismatches: dict[int, Mismatch]) -> tuple[str, str | None]:
    """The column that breaks a rule in a row, and its value as text."""
    mismatch = mismatches.get(row)
    if column == DECLARED_TYPES.columns[0] and mismatch:
        return mismatch.column, mismatch.value
    if mismatch and mismatch.column == column:
        return column, mismatch.value
    if column == AHEAD:
        column = frame[row, AHEAD]
    value = frame[row, column]
    return column, None if value is None else as_text(value)
