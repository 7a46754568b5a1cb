"""The queue of tickets to which no intent was given, as people ask for it. Reads the published copy."""

from __future__ import annotations

from typing import Any

from flows.findings import missing_tables_explained, plain_row, rows_of
from flows.settings import Settings
from flows.warehouse.duck import reader

_QUEUE = """
    select * from marts.fct_edge_cases
    where $everything or not has_category
    order by created_at, ticket_id
    limit $limit
"""


def list_edge_cases(settings: Settings, *, everything: bool = False, limit: int | None = None) -> list[dict[str, Any]]:
    """Edge cases, oldest first: rows of fct_edge_cases with times in ISO 8601 UTC; without `everything`
    those that have no category."""
    with missing_tables_explained(), reader(settings) as con:
        rows = con.execute(_QUEUE, {"everything": everything, "limit": limit})
        return [plain_row(row) for row in rows_of(rows)]
