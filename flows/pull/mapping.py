"""From the columns of an exported file to our names, as groundswell.toml maps them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

import orjson

from flows.core.clock import iso, parse
from flows.core.errors import ConfigError, meant
from flows.core.keys import digest
from flows.landing.store import Record
from flows.settings import FilesStream

# Our names by stream. Every payload has all of them (null where the file has none), and `extra`.
FIELDS: dict[str, tuple[str, ...]] = {
    "tickets": (
        "id", "subject", "description", "status", "priority", "category", "tags", "requester_id",
        "organization_id", "locale", "url", "channel", "version", "created_at", "updated_at", "solved_at",
        "is_spam",
    ),
    "messages": ("id", "ticket_id", "body", "author_id", "author_role", "is_public", "created_at"),
    "articles": ("id", "title", "body", "url", "locale", "section", "updated_at"),
    "releases": ("id", "product", "version", "released_at"),
    "users": ("id", "name", "email", "role", "organization_id", "created_at", "updated_at"),
    "organizations": ("id", "name", "domains", "tier", "created_at", "updated_at"),
}  # fmt: skip
_REQUIRED = {"releases": ("product", "version", "released_at"), "messages": ("id", "ticket_id")}
_BOOLEANS = {"true": True, "t": True, "yes": True, "y": True, "1": True} | {
    "false": False, "f": False, "no": False, "n": False, "0": False
}  # fmt: skip


class Mapping:
    """Maps rows of one file. Raises ConfigError for a mapping that does not fit the file's columns."""

    def __init__(
        self, where: str, stream: str, spec: FilesStream, columns: Iterable[str], ticket_url: str | None = None
    ) -> None:
        self._stream = stream
        self._spec = spec
        self._ticket_url = ticket_url if stream == "tickets" else None
        columns = tuple(columns)
        ours = FIELDS[stream]
        for name in (*spec.columns, *spec.constants, *spec.values):
            _check(name, ours, f"{where}: {stream} have no field {name!r}")
        named = [*spec.columns.values(), *spec.filter, *([spec.version_column] if spec.version_column else [])]
        for name in named:
            _check(name, columns, f"{where}: the file has no column {name!r}")
        # A column that bears one of our names needs no mapping, unless the name is mapped to another column.
        self._from = {name: spec.columns.get(name, name) for name in ours}
        self._from = {name: column for name, column in self._from.items() if column in columns}
        given = {*self._from, *spec.constants}
        for name in _REQUIRED.get(stream, ("id",)):
            if name not in given:
                near = ", ".join(columns)
                raise ConfigError(f"{where}: nothing is mapped to {name!r}", f"The file's columns are: {near}.")
        self._rest = tuple(c for c in columns if c not in self._from.values())

    def record(self, row: dict[str, Any]) -> Record | None:
        """The row as a record, or None where the filter leaves it out.

        A row without an id is landed under a digest of itself, so that validation can show it.
        """
        spec = self._spec
        if any(_text(row.get(column)) != wanted for column, wanted in spec.filter.items()):
            return None
        payload: dict[str, Any] = dict.fromkeys(FIELDS[self._stream])
        for name, column in self._from.items():
            payload[name] = self._value(name, row.get(column))
        payload |= {name: self._value(name, value) for name, value in spec.constants.items()}
        if self._stream == "releases" and payload["id"] is None:
            payload["id"] = f"{payload['product']}:{payload['version']}"
        if self._ticket_url and payload["url"] is None and payload["id"] is not None:
            payload["url"] = self._ticket_url.replace("{id}", payload["id"])
        payload["extra"] = {c: row[c] for c in self._rest if row.get(c) is not None}
        text = orjson.dumps(payload, default=str, option=orjson.OPT_NAIVE_UTC | orjson.OPT_SORT_KEYS).decode()
        return Record(id=payload["id"] or f"row-{digest(text)[:16]}", version=self._version(row, payload), payload=text)

    def _value(self, name: str, value: Any) -> Any:
        if isinstance(value, float) and math.isnan(value):
            value = None
        if name in self._spec.values and value is not None:
            value = self._spec.values[name].get(_text(value), value)
        if value is None:
            return None
        if name.endswith("_at"):
            return _time(value) or value
        if name == "id" or name.endswith("_id") or name == "version":
            return _text(value).strip() or None
        if name.startswith("is_"):
            return _BOOLEANS.get(_text(value).strip().lower(), value)
        if name in ("tags", "domains") and isinstance(value, str):
            parts = value.split(";" if ";" in value else ",")
            return [part.strip() for part in parts if part.strip()]
        return value

    def _version(self, row: dict[str, Any], payload: dict[str, Any]) -> str:
        """Sortable text: the version column, else updated_at, else nothing: then the order of arrival decides."""
        if self._spec.version_column is None:
            updated = payload.get("updated_at")
            return updated if isinstance(updated, str) and _time(updated) else ""
        value = row.get(self._spec.version_column)
        if value is None:
            return ""
        text = _text(value)
        return text.zfill(20) if text.isdigit() else _time(value) or text


def _check(name: str, known: tuple[str, ...], what: str) -> None:
    if name not in known:
        raise ConfigError(what, meant(name, known))


def _text(value: Any) -> str:
    """A cell as text, so that 12, 12.0 and "12" are the same, and True is "true"."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


def _time(value: Any) -> str | None:
    """ISO 8601 UTC of a time, a date (midnight), ISO text, or epoch seconds or milliseconds; else None."""
    try:
        if isinstance(value, datetime):
            return iso(value)
        if isinstance(value, date):
            return f"{value.isoformat()}T00:00:00Z"
        if isinstance(value, int | float) or (isinstance(value, str) and value.isdigit() and len(value) in (10, 13)):
            epoch = float(value)
            return iso(datetime.fromtimestamp(epoch / 1000 if epoch > 1e11 else epoch, UTC))
        return iso(parse(str(value).removesuffix(" UTC")))
    except (ValueError, OverflowError, OSError):
        return None
