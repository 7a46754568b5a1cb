"""Typed columns from payloads."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import polars as pl
import pytest

from flows.validate.columns import MAX_HELD, MISMATCH, Column, Mismatch, extract


def cell(value: Any, kind: str) -> Any:
    """The cell of one value, or its mismatch."""
    frame, mismatches = extract([json.dumps({"x": value})], [Column("x", "x", kind)])
    return mismatches.get(0) or frame["x"][0]


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        ("a", "string", "a"),
        ("", "string", ""),
        (3, "integer", 3),
        (3, "number", 3.0),
        (2.5, "number", 2.5),
        (True, "boolean", True),
        ([1, 2], "list", 2),
        ("2026-01-31T09:30:00Z", "timestamp", datetime(2026, 1, 31, 9, 30)),
        ("2026-01-31T10:30:00+01:00", "timestamp", datetime(2026, 1, 31, 9, 30)),
        ("", "timestamp", None),
        (1769851800, "epoch", datetime(2026, 1, 31, 9, 30)),
        ("1769851800.000100", "epoch", datetime(2026, 1, 31, 9, 30, 0, 100)),
        (7, "scalar", "7"),
        (True, "scalar", "true"),
        ("a", "scalar", "a"),
        (None, "integer", None),
    ],
)
def test_a_value_of_the_declared_type_becomes_a_cell(value: Any, kind: str, expected: Any) -> None:
    assert cell(value, kind) == expected


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (1, "string"), ("1", "integer"), (True, "integer"), (1.5, "integer"), (2**63, "integer"),
        (True, "number"), ("true", "boolean"), (1, "boolean"), ("a,b", "list"), ({}, "list"),
        ("soon", "timestamp"), (1769851800, "timestamp"), ("soon", "epoch"), (1e300, "epoch"),
        ({}, "scalar"), ([], "scalar"),
    ],
)  # fmt: skip
def test_a_value_of_another_type_is_a_mismatch_and_is_not_guessed(value: Any, kind: str) -> None:
    found = cell(value, kind)
    assert isinstance(found, Mismatch)
    assert found.column == "x"


def test_paths_go_into_objects_and_lists_and_miss_quietly() -> None:
    columns = [
        Column("a", "via.channel", "string"),
        Column("b", "events.1.id", "integer"),
        Column("c", "no.way", "string"),
    ]
    payload = {"via": {"channel": "web"}, "events": [{"id": 1}, {"id": 2}], "no": "thing"}
    frame, mismatches = extract([json.dumps(payload)], columns)
    assert frame.row(0) == ("web", 2, None, None)
    assert mismatches == {}


def test_the_first_wrong_field_of_a_row_is_named_and_the_others_are_read() -> None:
    columns = [Column("a", "a", "integer"), Column("b", "b", "string")]
    frame, mismatches = extract(['{"a": "x", "b": 1}', '{"a": 1, "b": "y"}', "null"], columns)
    assert frame[MISMATCH].to_list() == ["a", None, "payload"]
    assert mismatches == {0: Mismatch("a", "x"), 2: Mismatch("payload", "null")}
    assert frame["a"].to_list() == [None, 1, None]


def test_values_are_shortened_and_empty_input_has_the_columns() -> None:
    _, mismatches = extract([json.dumps({"a": "x" * 10_000})], [Column("a", "a", "integer")])
    assert len(mismatches[0].value) == MAX_HELD
    frame, _ = extract([json.dumps({"a": "x" * 10_000})], [Column("a", "a", "scalar")])
    assert len(frame["a"][0]) == 10_000
    frame, _ = extract([], [Column("a", "a", "timestamp")])
    assert frame.schema == {"a": pl.Datetime("us"), MISMATCH: pl.String()}
