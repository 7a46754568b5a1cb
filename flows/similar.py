"""Tickets like one ticket, for somebody who wonders who else has this. Reads the serving copy."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from flows.core.errors import GroundswellError
from flows.core.run import Run
from flows.findings import missing_tables_explained, plain_row
from flows.settings import Settings
from flows.warehouse.duck import reader

SEARCHED = 2_000  # tickets that are compared with it: those nearest in time

_NEAR_IN_TIME = f"""
    select read.ticket_id, tickets.created_at, read.title, read.clean_text as text, tickets.url
    from enrich.tickets as read
    inner join marts.fct_tickets as tickets on tickets.ticket_id = read.ticket_id
    where read.ticket_id = $key or not coalesce(read.is_spam, false)
    order by
        read.ticket_id = $key desc,
        abs(epoch(tickets.created_at) - (select epoch(created_at) from marts.fct_tickets where ticket_id = $key)),
        read.ticket_id
    limit {SEARCHED + 1}
"""


def similar(settings: Settings, key: str, limit: int) -> list[dict[str, Any]]:
    """The tickets most like one, best first: ticket_id, created_at, similarity, title, url.

    Raises GroundswellError where nothing is known of the ticket. Empty where its text has no words.
    """
    with missing_tables_explained(), reader(settings) as con:
        frame = con.execute(_NEAR_IN_TIME, {"key": key}).pl()
    if frame.is_empty() or frame["ticket_id"][0] != key:
        raise GroundswellError(f"no ticket is known as {key!r}", "Ticket ids carry their source, such as zendesk:123.")
    near = frame[1:].with_columns(similarity=pl.Series(_similarity(settings, frame), dtype=pl.Float64))
    best = near.filter(pl.col("similarity") > 0).sort("similarity", "ticket_id", descending=[True, False]).head(limit)
    return [plain_row(row) for row in best.select("ticket_id", "created_at", "similarity", "title", "url").to_dicts()]


def _similarity(settings: Settings, frame: pl.DataFrame) -> list[float]:
    """Of the first row to each of the others; 0 where they have not a word in common."""
    from flows.enrich.conversations import documents  # scikit-learn takes a second to import
    from flows.enrich.embedders import beside
    from flows.enrich.models import load
    from flows.enrich.similar import Similarity, near_in_time

    space = load(Run.start("similar", settings), {}).embedder
    texts = documents(frame.with_columns(pl.col("title", "text").fill_null("")))
    days = frame["created_at"].dt.epoch("ms").to_numpy() / 86_400_000
    try:
        alike = Similarity(texts, beside(space.embedder) if space else None)(texts[:1], texts[1:])
    except ValueError:  # nobody has written a word
        return [0.0] * (len(texts) - 1)
    found: list[float] = np.round(np.where(alike > 0, alike + near_in_time(days[:1], days[1:]), 0.0), 4)[0].tolist()
    return found
