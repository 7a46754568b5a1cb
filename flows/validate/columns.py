"""Typed columns taken from landed payloads, for the expectations to look at.

A suite declares which fields it needs and of which type. A field nobody declared passes unseen; a declared
field that comes with another type is a mismatch, reported with its value and left null: never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import polars as pl

from flows.core.clock import parse

MISMATCH = "type_mismatch"  # column of the frame: the first field of the row that has the wrong type
AHEAD = "ahead_of_clock"  # column of the frame: the first time of the row that the run's clock has not reached
MAX_VALUE = 200  # characters of a value that are kept for people to look at
MAX_HELD = 2_000  # characters that are held until then, so that redaction sees more than what is kept

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INT64 = 2**63


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _integer(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not -_INT64 <= value < _INT64:
        raise TypeError
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    return float(value)


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _timestamp(value: object) -> datetime | None:
    text = _string(value)
    return parse(text).replace(tzinfo=None) if text else None


def _epoch(value: object) -> datetime:
    seconds = float(value) if isinstance(value, str) else _number(value)
    return (_EPOCH + timedelta(seconds=seconds)).replace(tzinfo=None)


def _list(value: object) -> int:
    if not isinstance(value, list):
        raise TypeError
    return len(value)


def _scalar(value: object) -> str:
    if isinstance(value, dict | list):
        raise TypeError
    return value if isinstance(value, str) else as_text(value)


# type in a suite -> how a JSON value becomes a cell (TypeError, ValueError, OverflowError: a mismatch), its dtype
TYPES: dict[str, tuple[Callable[[object], Any], pl.DataType]] = {
    "string": (_string, pl.String()),
    "integer": (_integer, pl.Int64()),
    "number": (_number, pl.Float64()),
    "boolean": (_boolean, pl.Boolean()),
    "timestamp": (_timestamp, pl.Datetime("us")),  # ISO 8601 text -> naive UTC
    "epoch": (_epoch, pl.Datetime("us")),  # seconds since 1970, a number or a text of one -> naive UTC
    "list": (_list, pl.Int64()),  # the cell is the number of elements
    "scalar": (_scalar, pl.String()),  # text, number or boolean, as text: exports disagree on these
}


@dataclass(frozen=True)
class Column:
    """A field of the payload: dotted path (`metric_set.reply_count`, `events.0.id`) and type, see TYPES."""

    name: str
    path: str
    type: str


@dataclass(frozen=True)
class Mismatch:
    """The field of a row that is not what was declared, and what it holds."""

    column: str
    value: str


def extract(payloads: Iterable[str], columns: Iterable[Column]) -> tuple[pl.DataFrame, dict[int, Mismatch]]:
    """A frame with one typed column each and MISMATCH, one row a payload; and mismatches by row number.

    A missing field is null, and so is an empty text for a time, which HubSpot gives for one that was cleared. A payload
    that is no JSON object is a mismatch of the column `payload`.
    """
    wanted = [(c.name, _steps(c.path), *TYPES[c.type]) for c in columns]
    cells: dict[str, list[Any]] = {name: [] for name, *_ in wanted}
    mismatches: dict[int, Mismatch] = {}
    rows = 0
    for row, text in enumerate(payloads):
        rows += 1
        try:
            payload = orjson.loads(text)
            _object(payload)
        except (ValueError, TypeError):
            mismatches[row] = Mismatch("payload", as_text(text))
            payload = {}
        for name, steps, read, _ in wanted:
            value = _dig(payload, steps)
            cell = None
            if value is not None:
                try:
                    cell = read(value)
                except (TypeError, ValueError, OverflowError):
                    mismatches.setdefault(row, Mismatch(name, as_text(value)))
            cells[name].append(cell)
    frame = pl.DataFrame(cells, schema={name: dtype for name, _, _, dtype in wanted})
    wrong = [mismatches[row].column if row in mismatches else None for row in range(rows)]
    return frame.with_columns(pl.Series(MISMATCH, wrong, pl.String)), mismatches


def as_text(value: object) -> str:
    """A JSON value as a person would write it, at most MAX_HELD characters, not redacted."""
    if isinstance(value, str):
        return shorten(value, MAX_HELD)
    if isinstance(value, datetime):
        return value.isoformat()
    return shorten(orjson.dumps(value, default=str).decode(), MAX_HELD)


def shorten(text: str, length: int = MAX_VALUE) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _object(payload: object) -> None:
    if not isinstance(payload, dict):
        raise TypeError


def _steps(path: str) -> list[str | int]:
    return [int(step) if re.fullmatch(r"\d+", step) else step for step in path.split(".")]


def _dig(value: Any, steps: list[str | int]) -> Any:
    for step in steps:
        if isinstance(step, str):
            value = value.get(step) if isinstance(value, dict) else None
        else:
            value = value[step] if isinstance(value, list) and step < len(value) else None
    return value
