"""What people say a ticket wants (`groundswell correct`, journal kind `intent_correction`).

It stands against everything else: the ticket has that intent from the next run on, and teaches it from the next fit
on. A correction is in force as long as its taxonomy is, and in it the intent.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import duckdb
import polars as pl

from flows.core.run import Run

KIND = "intent_correction"


@dataclass(frozen=True)
class Correction:
    """Who said when (ISO 8601, UTC) that a ticket has an intent."""

    ticket_id: str
    intent: str
    by: str
    at: str


def corrections(run: Run, taxonomy: str, intents: Collection[str] | None = None) -> dict[str, Correction]:
    """The newest correction of each ticket of a taxonomy, but for those taken back; only to `intents`, if given."""
    return {
        ticket_id: Correction(ticket_id, body["intent"], body["by"], body["at"])
        for body in run.journal.latest(KIND).values()
        for ticket_id in body["tickets"]
        if body["taxonomy"] == taxonomy and body["intent"] and (intents is None or body["intent"] in intents)
    }


def corrected(labels: pl.DataFrame, said: dict[str, Correction]) -> pl.DataFrame:
    """Labels (ticket_id, label) with what people say in place of what the helpdesk does."""
    by_people = {ticket_id: correction.intent for ticket_id, correction in said.items()}
    return labels.with_columns(label=pl.col("ticket_id").replace_strict(by_people, default=pl.col("label")))


def look_at_corrected(con: duckdb.DuckDBPyConnection, said: dict[str, Correction]) -> None:
    """Make the temporary table `corrected` (ticket_id, correction), and add to `tickets_in_scope` what people have
    said something about, or had."""
    rows = [(ticket_id, f"{found.intent} {found.by} {found.at}") for ticket_id, found in said.items()]
    schema = {"ticket_id": pl.String, "correction": pl.String}
    con.register("said_by_people", pl.DataFrame(rows, schema, orient="row").to_arrow())
    con.execute("create or replace temp table corrected as select * from said_by_people")
    con.unregister("said_by_people")
    con.execute(
        "insert into tickets_in_scope select ticket_id from corrected"
        " union select ticket_id from enrich.tickets where intent_status = 'corrected'"
    )
