"""Filters, pages and complexity of the Linear emulator: what its GraphQL does beyond a resolver."""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
)

from flows.core.clock import parse

Object = dict[str, Any]
Related = Callable[[Object, str], Any]  # (object, field) -> an object, a list of objects, or None

MAX_PAGE = 250
DEFAULT_PAGE = 50
_DURATION = re.compile(r"(-?)P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")


def moment(text: str, now: datetime) -> datetime:
    """An ISO 8601 time, a year such as 2021, or a duration added to now (-P2W1D). Raises ValueError."""
    if text.lstrip("-").startswith("P") and (match := _DURATION.fullmatch(text)):
        sign, *parts = match.groups()
        years, months, weeks, days, hours, minutes, seconds = (int(part or 0) for part in parts)
        span = timedelta(
            days=years * 365 + months * 30 + weeks * 7 + days, hours=hours, minutes=minutes, seconds=seconds
        )
        return now - span if sign else now + span
    return parse(f"{text}-01-01" if re.fullmatch(r"\d{4}", text) else text)


# -- filters


def matches(item: Object | None, condition: Object, related: Related, now: datetime) -> bool:
    """Whether an object satisfies a Linear filter: all of its keys, `and` and `or` nested at will."""
    for key, wanted in condition.items():
        if wanted is None:
            continue
        if key == "null":
            ok = (item is None) == wanted
        elif key == "and":
            ok = all(matches(item, part, related, now) for part in wanted)
        elif key == "or":
            ok = any(matches(item, part, related, now) for part in wanted)
        else:
            ok = item is not None and _field(item, key, wanted, related, now)
        if not ok:
            return False
    return True


def _field(item: Object, key: str, wanted: Object, related: Related, now: datetime) -> bool:
    value = related(item, key) if key not in item else item[key]
    if isinstance(value, list):
        return _collection(value, wanted, related, now)
    if isinstance(value, dict) or (value is None and key not in item):
        return matches(value, wanted, related, now)
    return all(_compare(op, value, operand, now) for op, operand in wanted.items() if operand is not None)


def _collection(values: list[Any], wanted: Object, related: Related, now: datetime) -> bool:
    def one(value: Any, condition: Object) -> bool:
        if isinstance(value, dict):
            return matches(value, condition, related, now)
        return all(_compare(op, value, operand, now) for op, operand in condition.items())

    own = {k: v for k, v in wanted.items() if k not in ("some", "every", "length")}
    some = wanted.get("some")
    every = wanted.get("every")
    length = wanted.get("length")
    return (
        (not own or any(one(value, own) for value in values))
        and (some is None or any(one(value, some) for value in values))
        and (every is None or all(one(value, every) for value in values))
        and (length is None or all(_compare(op, len(values), n, now) for op, n in length.items()))
    )


def _compare(op: str, value: Any, operand: Any, now: datetime) -> bool:
    if op == "null":
        return (value is None) == bool(operand)
    if op.startswith("not") or op in ("neq", "nin", "neqIgnoreCase"):
        return not _compare(_POSITIVE[op], value, operand, now)
    if value is None:
        return False
    if isinstance(value, str) and op in ("gt", "gte", "lt", "lte"):
        left, right = parse(value), moment(str(operand), now)
        return bool(_ORDER[op](left, right))
    if op in _ORDER:
        return bool(_ORDER[op](value, operand))
    if op == "eq":
        return bool(value == operand)
    if op == "in":
        return value in operand
    text, part = str(value), str(operand)
    if op.endswith("IgnoreCase"):
        text, part, op = text.casefold(), part.casefold(), op.removesuffix("IgnoreCase")
    return {
        "eq": text == part,
        "contains": part in text,
        "startsWith": text.startswith(part),
        "endsWith": text.endswith(part),
    }[op]


_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
}
_POSITIVE = {
    "neq": "eq",
    "nin": "in",
    "neqIgnoreCase": "eqIgnoreCase",
    "notContains": "contains",
    "notContainsIgnoreCase": "containsIgnoreCase",
    "notStartsWith": "startsWith",
    "notEndsWith": "endsWith",
}


# -- pages


def connection(items: Iterable[Object], args: Object) -> Object:
    """One page of a list. Newest first by `orderBy` (default createdAt), ties broken by id.

    A cursor names an object by its place in that order, so that a page is stable while others are added.
    Raises ValueError for arguments that Linear refuses.
    """
    order = args.get("orderBy") or "createdAt"
    rows = sorted(items, key=lambda item: (item[order], item["id"]), reverse=True)
    if not args.get("includeArchived"):
        rows = [row for row in rows if not row.get("archivedAt")]
    first, last = args.get("first"), args.get("last")
    if first is not None and last is not None:
        raise ValueError("first and last cannot be used together")
    size = first if first is not None else last if last is not None else DEFAULT_PAGE
    if not 1 <= size <= MAX_PAGE:
        raise ValueError(f"first and last must be between 1 and {MAX_PAGE}")
    places = [(row[order], row["id"]) for row in rows]
    low, high = 0, len(rows)
    if args.get("after"):
        after = _decode(args["after"])
        low = sum(place >= after for place in places)
    if args.get("before"):
        before = _decode(args["before"])
        high = sum(place > before for place in places)
    start, stop = (max(low, high - size), high) if last is not None else (low, min(low + size, high))
    page = rows[start:stop]
    cursors = [_encode(*place) for place in places[start:stop]]
    return {
        "nodes": page,
        "edges": [{"cursor": cursor, "node": row} for cursor, row in zip(cursors, page, strict=True)],
        "pageInfo": {
            "hasNextPage": stop < high,
            "hasPreviousPage": start > low,
            "startCursor": cursors[0] if cursors else None,
            "endCursor": cursors[-1] if cursors else None,
        },
    }


def _encode(order: str, id: str) -> str:
    return base64.urlsafe_b64encode(f"{order}|{id}".encode()).decode()


def _decode(cursor: str) -> tuple[str, str]:
    try:
        order, id = base64.urlsafe_b64decode(cursor).decode().split("|", 1)
    except ValueError:
        raise ValueError("after and before must be cursors of an earlier page") from None
    return order, id


# -- complexity


def complexity(document: DocumentNode, variables: Object) -> int:
    """Linear's documented measure: 0.1 a property, 1 an object, times the page size for a connection."""
    fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
    operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    return math.ceil(sum(_cost(o.selection_set, fragments, variables) for o in operations))


def _cost(selections: SelectionSetNode, fragments: dict[str, FragmentDefinitionNode], variables: Object) -> float:
    total = 0.0
    for node in selections.selections:
        if isinstance(node, FragmentSpreadNode):
            total += _cost(fragments[node.name.value].selection_set, fragments, variables)
        elif isinstance(node, InlineFragmentNode):
            total += _cost(node.selection_set, fragments, variables)
        elif isinstance(node, FieldNode) and node.selection_set is None:
            total += 0.1
        elif isinstance(node, FieldNode) and node.selection_set is not None:
            inner = _cost(node.selection_set, fragments, variables)
            total += 1 + inner * _page_size(node, variables)
    return total


def _page_size(node: FieldNode, variables: Object) -> int:
    """How often a connection's content counts: its page size; 1 for everything that is no connection."""
    for argument in node.arguments:
        if argument.name.value in ("first", "last"):
            value = argument.value
            if isinstance(value, IntValueNode):
                return int(value.value)
            if isinstance(value, VariableNode):
                return int(variables.get(value.name.value) or DEFAULT_PAGE)
    names = (
        {s.name.value for s in node.selection_set.selections if isinstance(s, FieldNode)}
        if node.selection_set
        else set()
    )
    return DEFAULT_PAGE if names & {"nodes", "edges"} else 1
