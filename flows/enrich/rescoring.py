"""A new model of polarity, in the background: it scores again what another one, or the lexicon, has scored.

The tickets of the newest first, and no more of them a run than tickets are read again because of a new intent model;
the others keep their scores until their turn comes. A ticket whose messages have new scores is read again, too.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import polars as pl

from flows.core.run import Run
from flows.enrich.batches import count, read_table
from flows.enrich.models import load
from flows.enrich.polarity import NAME, PolarityModel
from flows.enrich.scope import is_read_with, note
from flows.enrich.tickets import reread_limit

BATCH = 2_500  # messages that are scored together
CHUNK = 50_000

# The scored messages of other models, of the newest tickets that have any.
_UNSCORED = """
    create or replace temp table unscored_messages as
    with other as (
        select ticket_id, message_id, clean_text as text
        from enrich.messages
        where sentiment is not null and polarity_model is distinct from $model_id
    ),
    newest as (
        select t.ticket_id
        from intermediate.int_tickets as t
        where t.ticket_id in (select ticket_id from other)
        order by t.created_at desc nulls last, t.ticket_id
        limit $number
    )
    select row_number() over () as n, other.*
    from other
    inner join newest on newest.ticket_id = other.ticket_id
"""
# Written first, so that a run which is stopped on the way forgets none: a ticket without a hash is read again.
_UNREAD_TICKETS = """
    update enrich.tickets set content_hash = null where ticket_id in (select ticket_id from unscored_messages)
"""
_SCORE = """
    update enrich.messages as message set sentiment = scored.sentiment, polarity_model = $model_id
    from scored where scored.message_id = message.message_id
"""
_LEFT = """
    select count(*) from enrich.messages
    where sentiment is not null and polarity_model is distinct from $model_id
        and ticket_id in (select ticket_id from intermediate.int_tickets)
"""


@dataclass(frozen=True)
class _Scorer:
    model: PolarityModel

    def __call__(self, frame: pl.DataFrame) -> pl.DataFrame:
        scores = self.model.scores(frame["text"].to_list())
        return frame.select("message_id").with_columns(sentiment=pl.Series(scores, dtype=pl.Float64))


def score_again(con: duckdb.DuckDBPyConnection, run: Run) -> int:
    """Score messages of other models with the one in force. Returns how many; those left for the next runs are counted
    as `enrich.messages_left`. Without a model nothing is done: what one has said stays."""
    model: PolarityModel | None = load(run, {}).artifact(NAME)
    if model is None:
        note(con, NAME, None)  # what is read meanwhile has the lexicon's scores
        return 0
    if is_read_with(con, NAME, model.model_id):
        return 0
    con.execute(_UNSCORED, {"model_id": model.model_id, "number": reread_limit(run)})
    total = count(con, "unscored_messages")
    con.execute(_UNREAD_TICKETS)
    for rows in read_table(con, run, "unscored_messages", _Scorer(model), BATCH, CHUNK):
        con.register("scored", rows.to_arrow())
        con.execute(_SCORE, {"model_id": model.model_id})
        con.unregister("scored")
    con.execute("drop table unscored_messages")
    left = int(con.execute(_LEFT, {"model_id": model.model_id}).fetchall()[0][0])
    run.report.count("enrich.messages_left", left)
    note(con, NAME, None if left else model.model_id)
    return total
