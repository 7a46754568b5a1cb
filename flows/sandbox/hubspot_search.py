"""HubSpot's search: filter groups over properties, one sort, pages by offset, and the limits of each.

    {"filterGroups": [{"filters": [{"propertyName": "tier", "operator": "EQ", "value": "gold"}]}],
     "sorts": [{"propertyName": "createdate", "direction": "DESCENDING"}], "properties": ["name"], "limit": 200}

Groups are alternatives, the filters of a group must all hold. Only HAS_PROPERTY's counterpart is true of a property
without a value. Texts compare without case, numbers as numbers, moments as such; a filter gives a moment in ISO 8601
or in epoch milliseconds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from fnmatch import fnmatchcase
from typing import Any

from flows.core.clock import parse
from flows.sandbox.hubspot_errors import invalid
from flows.sandbox.hubspot_objects import Record
from flows.sandbox.hubspot_properties import PROPERTIES

MAX_RESULTS = 10_000  # how far any query can be paged
MAX_BODY = 3_000  # characters
MAX_PAGE = 200
MAX_GROUPS = 5
MAX_FILTERS_IN_GROUP = 6
MAX_FILTERS = 18
INDEX_LAG = timedelta(seconds=30)  # how old the index is

Json = dict[str, Any]
Test = Callable[[str | None], bool]
Comparable = Any  # text, number or moment: one of them for each property

_EPOCH = parse("1970-01-01")


@dataclass(frozen=True)
class Search:
    """A search that is well formed. `groups` holds (property, test of its value); `sort` (property, descending)."""

    kind: str
    groups: list[list[tuple[str, Test]]]
    sort: tuple[str, bool]
    properties: tuple[str, ...]
    limit: int
    after: int

    def run(self, records: Iterable[Record], until: int) -> tuple[int, list[Record]]:
        """How many live records match, and those of this page."""
        found = [record for record in records if record.exists(until) and self._matches(record, until)]
        name, descending = self.sort
        convert = _converter(self.kind, name)
        keys = {record.id: convert(value) for record in found if (value := record.value(name, until)) is not None}
        ordered = sorted((r for r in found if r.id in keys), key=lambda r: keys[r.id], reverse=descending)
        ordered += [record for record in found if record.id not in keys]  # those without a value come last
        return len(found), ordered[self.after : self.after + self.limit]

    def _matches(self, record: Record, until: int) -> bool:
        groups = self.groups
        return not groups or any(all(test(record.value(name, until)) for name, test in group) for group in groups)


def read(kind: str, body: str) -> Search:
    """A search from the body of its request. Raises Refusal."""
    if len(body) > MAX_BODY:
        raise invalid(f"The request body is {len(body)} characters long; the maximum is {MAX_BODY}.")
    try:
        wish = json.loads(body or "{}")
    except ValueError as error:
        raise invalid(f"Invalid input JSON on line 1, column 1: {error}") from None
    if not isinstance(wish, dict):
        raise invalid("Invalid input JSON on line 1, column 1: Cannot deserialize value of PublicObjectSearchRequest")
    if wish.get("query"):
        raise invalid("The sandbox searches by filters only.")
    limit, after = _count(wish, "limit", 10), _count(wish, "after", 0)
    if not 1 <= limit <= MAX_PAGE:
        raise invalid(f"Page size {limit} is not between 1 and {MAX_PAGE}.")
    if after < 0 or after + limit > MAX_RESULTS:
        raise invalid(f"Paging past {MAX_RESULTS} results is not supported: after {after}, limit {limit}.")
    return Search(
        kind,
        _groups(kind, _list(wish, "filterGroups")),
        _sort(kind, _list(wish, "sorts")),
        tuple(str(name) for name in _list(wish, "properties")),
        limit,
        after,
    )


def _groups(kind: str, groups: list[Any]) -> list[list[tuple[str, Test]]]:
    filters = [_list(group, "filters") for group in groups]
    if len(filters) > MAX_GROUPS:
        raise invalid(f"The request has {len(filters)} filter groups; the maximum is {MAX_GROUPS}.")
    if any(len(group) > MAX_FILTERS_IN_GROUP for group in filters):
        raise invalid(f"A filter group has more than {MAX_FILTERS_IN_GROUP} filters.")
    if sum(map(len, filters)) > MAX_FILTERS:
        raise invalid(f"The request has more than {MAX_FILTERS} filters.")
    return [[_filter(kind, one) for one in group] for group in filters]


def _filter(kind: str, wish: Any) -> tuple[str, Test]:
    name = wish.get("propertyName") if isinstance(wish, dict) else None
    operator = wish.get("operator") if isinstance(wish, dict) else None
    if not name or not operator:
        raise invalid(
            "Invalid input JSON on line 1, column 1: Cannot build Filter, "
            "some of required attributes are not set [propertyName, operator]"
        )
    convert = _converter(kind, name)
    if operator in ("HAS_PROPERTY", "NOT_HAS_PROPERTY"):
        return name, lambda value: (value is None) == (operator == "NOT_HAS_PROPERTY")
    if operator in ("IN", "NOT_IN"):
        values = wish.get("values")
        if not isinstance(values, list) or not values:
            raise invalid(f"operator {operator} requires values")
        # Texts are compared as they stand in the index: a value with capitals in it finds nothing.
        is_text = PROPERTIES[kind][name].type == "string"
        chosen = {str(value) if is_text else _convert(convert, value) for value in values}
        return name, _valued(lambda value: (convert(value) in chosen) == (operator == "IN"))
    if wish.get("value") is None:
        raise invalid(f"operator {operator} requires a value")
    if operator in ("CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN"):
        patterns = _tokens(str(wish["value"]), keep="*")
        wanted = operator == "CONTAINS_TOKEN"
        return name, _valued(lambda value: _contains(value, patterns) == wanted)
    low = _convert(convert, wish["value"])
    if operator == "BETWEEN":
        if wish.get("highValue") is None:
            raise invalid("operator BETWEEN requires a highValue")
        high = _convert(convert, wish["highValue"])
        return name, _valued(lambda value: low <= convert(value) <= high)
    compare = _COMPARISONS.get(operator)
    if compare is None:
        raise invalid(f"Invalid input JSON on line 1, column 1: Cannot deserialize Operator from {operator!r}")
    return name, _valued(lambda value: compare(convert(value), low))


_COMPARISONS: dict[str, Callable[[Comparable, Comparable], bool]] = {
    "EQ": lambda value, wanted: value == wanted,
    "NEQ": lambda value, wanted: value != wanted,
    "LT": lambda value, wanted: value < wanted,
    "LTE": lambda value, wanted: value <= wanted,
    "GT": lambda value, wanted: value > wanted,
    "GTE": lambda value, wanted: value >= wanted,
}


def _valued(test: Callable[[str], bool]) -> Test:
    return lambda value: value is not None and test(value)


def _sort(kind: str, sorts: list[Any]) -> tuple[str, bool]:
    """Oldest first where nothing else is asked for."""
    if len(sorts) > 1:
        raise invalid(f"Only one sort is supported, {len(sorts)} were given.")
    if not sorts:
        return "createdate", False
    wish = sorts[0] if isinstance(sorts[0], dict) else {"propertyName": sorts[0]}
    direction = wish.get("direction") or "ASCENDING"
    if direction not in ("ASCENDING", "DESCENDING"):
        raise invalid(f"Invalid input JSON on line 1, column 1: Cannot deserialize Direction from {direction!r}")
    name = str(wish.get("propertyName"))
    _converter(kind, name)
    return name, direction == "DESCENDING"


def _converter(kind: str, name: str) -> Callable[[str], Comparable]:
    """How a property's text becomes what it is compared as. Raises Refusal for an unknown property."""
    known = PROPERTIES[kind].get(name)
    if known is None:
        raise invalid(f"There was a problem with the request: property '{name}' does not exist.")
    return _CONVERTERS.get(known.type, str.lower)


def _milliseconds(text: str) -> int:
    return int(text) if re.fullmatch(r"-?\d+", text) else (parse(text) - _EPOCH) // timedelta(milliseconds=1)


_CONVERTERS: dict[str, Callable[[str], Comparable]] = {
    "number": Decimal,
    "date": _milliseconds,
    "datetime": _milliseconds,
    "enumeration": str,
}


def _convert(convert: Callable[[str], Comparable], value: Any) -> Comparable:
    try:
        return convert(str(value))
    except (ValueError, InvalidOperation, OverflowError):
        raise invalid(f"Filter value {str(value)!r} does not fit the property.") from None


def _contains(value: str, patterns: list[str]) -> bool:
    words = _tokens(value)
    return all(any(fnmatchcase(word, pattern) for word in words) for pattern in patterns)


def _tokens(text: str, keep: str = "") -> list[str]:
    return re.findall(rf"[\w{keep}]+", text.lower())


def _list(wish: Any, name: str) -> list[Any]:
    found = wish.get(name) if isinstance(wish, dict) else None
    if found is None:
        return []
    if not isinstance(found, list):
        raise invalid(f"Invalid input JSON on line 1, column 1: Cannot deserialize a list of {name}")
    return found


def _count(wish: Json, name: str, default: int) -> int:
    try:
        return int(wish[name]) if wish.get(name) not in (None, "") else default
    except (ValueError, TypeError):
        raise invalid(f"Invalid input JSON on line 1, column 1: {name} must be a whole number") from None
