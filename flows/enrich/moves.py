"""Which tickets moved from one topic to another, and why: enrich.topic_moves.

What the warehouse saw in the last KEPT_DAYS, the newest MAX_MOVES of it; a warehouse made anew begins an empty list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb
import polars as pl

from flows.core.run import Run
from flows.enrich.batches import insert

KEPT_DAYS = 90
MAX_MOVES = 200_000

CONSTRAINT = "constraint"
MERGED = "topic merged"
SPLIT = "topic split"
RETIRED = "topic retired"
BORN = "nearer topic born"
REFITTED = "embedder fitted again"
TEXT_CHANGED = "text changed"


@dataclass(frozen=True)
class Circumstances:
    """What has changed since tickets had their topics.

    merged: topic -> the one it became. parents: topic born by a split -> the one it was split from. gone, fresh: topics
    that were live and are not, and the reverse. refitted: there is another embedder.
    """

    merged: Mapping[str, str]
    parents: Mapping[str, str]
    gone: frozenset[str]
    fresh: frozenset[str]
    refitted: bool
    constrained: frozenset[str]

    def reason(self, ticket_id: str, before: str | None, after: str | None, reread: bool) -> str:
        """Why a ticket is in another topic than before; what people said comes first, then what befell its topic."""
        if ticket_id in self.constrained:
            return CONSTRAINT
        if before and after and self.merged.get(before) == after:
            return MERGED
        if before and after in self.fresh and self.parents.get(after) == before:
            return SPLIT
        if before in self.gone:
            return RETIRED
        if after in self.fresh:
            return BORN
        return TEXT_CHANGED if reread or not self.refitted else REFITTED


def record(con: duckdb.DuckDBPyConnection, run: Run, moved: pl.DataFrame, why: Circumstances) -> int:
    """Append moves (ticket_id, before, after, reread), and let go of old ones. Returns how many tickets moved."""
    now = run.now.replace(tzinfo=None)
    reasons = [why.reason(*row) for row in moved.select("ticket_id", "before", "after", "reread").iter_rows()]
    rows = moved.select("ticket_id", from_topic_id="before", to_topic_id="after").with_columns(
        reason=pl.Series(reasons, dtype=pl.String), at=pl.lit(now, dtype=pl.Datetime("us"))
    )
    if len(rows):
        insert(con, "enrich.topic_moves", rows)
        con.execute(
            'delete from enrich.topic_moves where "at" <= $now::timestamp - interval 1 day * $days or "at" < ('
            ' select min("at") from (select "at" from enrich.topic_moves order by "at" desc limit $most))',
            {"now": now, "days": KEPT_DAYS, "most": MAX_MOVES},
        )
    return len(rows)
