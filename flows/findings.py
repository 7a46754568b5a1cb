"""Findings as people ask for them: listed and muted. Reads the serving copy, writes only mutes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any

import duckdb
import orjson

from flows.core.clock import iso
from flows.core.errors import ConfigError, GroundswellError, nearest
from flows.core.run import Run
from flows.settings import Settings
from flows.warehouse.duck import reader

FIELDS = (
    "finding_key", "kind", "title", "state", "severity", "score", "confidence", "first_seen_at", "last_seen_at",
    "accounts", "reporters", "tickets", "arr", "currency", "accounts_without_arr", "tiers", "segment", "release",
    "tracker_url",
)  # fmt: skip
_JSON = ("reasons", "details", "intent_reasons", "satisfaction_reasons", "tiers")  # texts that hold JSON
OPEN_STATES = ("emerging", "open", "escalating", "regressed")

_LIST = f"""
    select {", ".join(FIELDS)}
    from marts.fct_findings
    where as_of = (select max(as_of) from marts.fct_findings)
    order by score desc, finding_key
"""
_EVIDENCE = """
    select finding_key, ticket_id, reason, strength, quote, url, created_at
    from marts.fct_finding_evidence
    where as_of = (select max(as_of) from marts.fct_findings)
    order by finding_key, created_at, ticket_id
"""


@contextmanager
def missing_tables_explained() -> Iterator[None]:
    """Raises ConfigError in place of DuckDB's error when the published copy has not the tables or columns of today."""
    try:
        yield
    except (duckdb.CatalogException, duckdb.BinderException) as error:
        reason = str(error).split("\n", 1)[0]
        raise ConfigError(
            f"the published copy does not hold what is asked for ({reason})",
            "It was published before findings were made, or by another version: run `groundswell run hourly`.",
        ) from error


def list_findings(settings: Settings, *, states: tuple[str, ...] | None = None) -> list[dict[str, Any]]:
    """Findings of the last run, highest score first, each with its evidence.

    Times are ISO 8601 UTC, `arr` a decimal string or None, `tiers` accounts by tier or None, ticket ids prefixed by
    their source.
    """
    with missing_tables_explained(), reader(settings) as con:
        findings = con.sql(_LIST).pl().to_dicts()
        evidence: dict[str, list[dict[str, Any]]] = {}
        for row in con.sql(_EVIDENCE).pl().to_dicts():
            evidence.setdefault(row.pop("finding_key"), []).append(plain_row(row))
    return [
        {**plain_row(row), "evidence": evidence.get(row["finding_key"], [])}
        for row in findings
        if states is None or row["state"] in states
    ]


def near(key: str, known: Iterable[str], todo: str) -> str:
    """What to do about a key that nobody knows: the nearest known one before it, where one is near."""
    found = nearest(key, known, cutoff=0.8)  # keys differ by a few letters alone
    return f"Did you mean {found!r}? {todo}" if found else todo


def mute(settings: Settings, key: str, *, muted: bool, reason: str) -> None:
    """Journal that a finding is to be silent (or heard again) from the next run on."""
    run = Run.start("mute", settings)
    known = run.journal.latest("finding")
    if key not in known:
        raise GroundswellError(
            f"no finding is known as {key!r}", near(key, known, "`groundswell findings` lists them.")
        )
    body = {"muted": muted, "reason": reason, "at": iso(run.now)}
    run.journal.write("mute", [(key, body)], run_id=run.run_id, at=run.now)


def rows_of(result: Any) -> list[dict[str, Any]]:
    """The rows of an executed query, by column."""
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def plain_row(row: dict[str, Any]) -> dict[str, Any]:
    """JSON-ready: times as ISO text, decimals as text, JSON texts as objects."""
    out: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, datetime):
            out[name] = iso(value)
        elif isinstance(value, Decimal):
            out[name] = str(value)
        elif isinstance(value, str) and name in _JSON and value[:1] in "[{":
            out[name] = orjson.loads(value)
        else:
            out[name] = value
    return out
