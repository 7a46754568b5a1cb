"""Tickets in, `enrich.tickets` out: those whose conversation or rules have changed, and by and by all of them where the
models have."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import duckdb
import polars as pl

from flows.core.keys import digest
from flows.core.run import Run
from flows.enrich import asks, entities, followups, quotes, sentiment, signatures, symptoms, versions
from flows.enrich.assignment import live_topics, note_topics
from flows.enrich.batches import count, insert, read_table
from flows.enrich.conversations import documents, prepare_conversations
from flows.enrich.corrections import Correction, corrections, look_at_corrected
from flows.enrich.embedders import can_fill, is_alone, lacks
from flows.enrich.models import SEEDED, Models
from flows.enrich.reader import PARTS, TicketReader
from flows.enrich.scope import are_fresh, is_read_with, look_at, looked_at, note
from flows.enrich.seeds import Seeds

BATCH = 1_000  # tickets that are read together
ALL = 2**60
CHUNK = 20_000  # tickets that are taken from the warehouse, and written to it, at once

# What tells that a ticket says something else than before.
CONTENT = "t.subject, t.app_version_field, t.is_spam, t.is_deleted, t.description, said.messages"

# One row a ticket that is new, changed or gone (without a hash): whose hash is not the one that is known.
# refresh_messages takes the hash from those with a message that has changed.
_CHANGED = f"""
    create or replace temp table changed_tickets as
    with said as (
        select ticket_id, string_agg(content_hash, '' order by message_id) as messages
        from enrich.messages
        where ticket_id in (select ticket_id from tickets_in_scope)
        group by ticket_id
    ),
    hashed as (
        select t.ticket_id, models.model_id,
            left(md5(concat_ws('|', $rules, {CONTENT}, corrected.correction)), 16) as content_hash
        from intermediate.int_tickets as t
        left join corrected on corrected.ticket_id = t.ticket_id
        left join ticket_models as models on models.source = t.source
        left join said on said.ticket_id = t.ticket_id
        where t.ticket_id in (select ticket_id from tickets_in_scope)
    ),
    known as (
        select * from enrich.tickets where ticket_id in (select ticket_id from tickets_in_scope)
    )
    select coalesce(hashed.ticket_id, known.ticket_id) as ticket_id, hashed.content_hash, hashed.model_id,
        known.ticket_id is not null as is_known
    from hashed
    full join known on known.ticket_id = hashed.ticket_id
    where known.content_hash is distinct from hashed.content_hash or hashed.ticket_id is null
"""
# Tickets that were read with another model than the one in force.
_OLDER = """
    from enrich.tickets as known
    inner join intermediate.int_tickets as t on t.ticket_id = known.ticket_id
    inner join ticket_models as models on models.source = t.source
    where known.model_id is distinct from models.model_id
"""
# The newest of them, without those that still wait for a service that gives nothing now.
_AGAIN = f"""
    create or replace temp table changed_tickets as
    select t.ticket_id, known.content_hash, models.model_id, true as is_known
    {_OLDER} and ($can_fill or known.model_id is not null)
    order by t.created_at desc nulls last, t.ticket_id
    limit $number
"""
# A ticket whose text could not be read whole yet: without a model, it is read again like one of an older model.
_INSERT = """
    insert into enrich.tickets by name
    select new_tickets.* exclude (is_waiting), changed.content_hash,
        case when not is_waiting then changed.model_id end as model_id
    from new_tickets
    inner join changed_tickets as changed on changed.ticket_id = new_tickets.ticket_id
"""
# Their article is looked for again, too. Taken away first, so that a run which is stopped on the way forgets none.
# Parts are written before their ticket: one that is not known may have some.
_GONE = ";\n".join(
    f"delete from enrich.{table} where ticket_id in (select ticket_id from changed_tickets{which})"
    for table, which in (
        ("article_matches", " where is_known"), *((part, "") for part in PARTS), ("tickets", " where is_known")
    )
)  # fmt: skip


def refresh_tickets(con: duckdb.DuckDBPyConnection, run: Run, seeds: Seeds, found: Models) -> int:
    """Read what changed into enrich.tickets with the models in force. Returns how many tickets were read.

    What older models have read is read again after that, the newest first, and no more of it than `reread_limit`:
    the rest keeps what the older model said, with its id, and is counted as `enrich.tickets_left`.
    """
    releases = con.sql("select distinct product, version from intermediate.int_releases order by all").fetchall()
    product = versions.known_products([(name, version) for name, version in releases if name and version])
    known = "" if product is None else f"{product.names}{sorted(product.majors)}"
    rules = digest(
        seeds.digest, known,
        *(str(part.VERSION) for part in (asks, entities, followups, quotes, sentiment, signatures, symptoms, versions)),
    )[:16]  # fmt: skip
    sources = [
        row[0] for row in con.sql("select distinct source from intermediate.int_tickets order by all").fetchall()
    ]
    model_ids = {source: found.model_id_for(source) for source in sources}
    models = pl.DataFrame(
        {"source": list(model_ids), "model_id": list(model_ids.values())},
        schema={"source": pl.String, "model_id": pl.String},
    )
    con.register("ticket_models", models.to_arrow())
    said = corrections(run, SEEDED, set(seeds.intents["intent"]))
    for taxonomy in sorted({*found.taxonomies.values()} - {SEEDED}):
        said |= corrections(run, taxonomy)
    look_at(con, "tickets", rules)
    look_at_corrected(con, said)
    con.execute(_CHANGED, {"rules": rules})
    reader = partial(_reader, run, seeds, found, sources, product, said)
    total = _read_changed(con, run, reader)
    looked_at(con, "tickets", rules)
    read_with = digest(*(f"{source}={model_id}" for source, model_id in model_ids.items()))
    if not is_read_with(con, "models", read_with):
        note(con, "models", None)
        read, left = _read_older(con, run, found, reader)
        total += read
        if not left:
            note(con, "models", read_with)
    con.unregister("ticket_models")
    return total


def reread_limit(run: Run) -> int:
    """How many tickets a run reads again because the model is new: all, where nothing waits for the run."""
    models = run.settings.models
    return {"hourly": models.reread_hourly, "nightly": models.reread_nightly}.get(run.flow, ALL)


def _read_older(
    con: duckdb.DuckDBPyConnection, run: Run, found: Models, reader: Callable[[], TicketReader]
) -> tuple[int, int]:
    """How many were read again, and how many are left for the next runs."""
    can_be_filled = found.embedder is None or can_fill(found.embedder.embedder)
    con.execute(_AGAIN, {"can_fill": can_be_filled, "number": reread_limit(run)})
    read = _read_changed(con, run, reader)
    left = int(con.sql(f"select count(*) {_OLDER}").fetchall()[0][0])
    run.report.count("enrich.tickets_read_again", read)
    run.report.count("enrich.tickets_left", left)
    return read, left


def _reader(
    run: Run,
    seeds: Seeds,
    found: Models,
    sources: list[str],
    product: versions.Product | None,
    said: dict[str, Correction],
) -> TicketReader:
    """The rules and models in force. The models' artifacts are read here: only where there is something to read."""
    embedder = found.embedder
    intents = {source: artifact for source in sources if (artifact := found.intent_for(source))}
    topics = live_topics(run, embedder.model_id) if embedder else []
    return TicketReader(seeds, embedder, intents, topics, product, said)


def _read_changed(con: duckdb.DuckDBPyConnection, run: Run, reader: Callable[[], TicketReader]) -> int:
    """Rows of enrich.tickets for those of changed_tickets, which goes. Returns how many were read."""
    total = 0
    if count(con, "changed_tickets"):
        note_topics(con, "select ticket_id from changed_tickets where is_known and content_hash is not null")
        followups.refresh_followups(con, run, "select ticket_id from changed_tickets")
        are_fresh(con, "select ticket_id from changed_tickets")
        con.execute(_GONE)
        prepare_conversations(con, "select ticket_id from changed_tickets where content_hash is not null")
        total = count(con, "conversations")
    if total:
        read = reader()
        embedder = read.embedder.embedder if read.embedder else None
        alone = embedder is not None and is_alone(embedder)
        for rows in read_table(con, run, "conversations", read, BATCH, CHUNK, alone=alone):
            for part in PARTS:
                told = rows.select("ticket_id", part).filter(pl.col(part).list.len() > 0)
                insert(con, f"enrich.{part}", told.explode(part).unnest(part))
            rows = rows.drop(PARTS)
            texts = documents(rows.select("title", text="clean_text"))
            waiting = pl.Series(lacks(embedder, texts) if embedder else [False] * len(texts), dtype=pl.Boolean)
            at = pl.lit(run.now.replace(tzinfo=None))
            con.register("new_tickets", rows.with_columns(enriched_at=at, is_waiting=waiting).to_arrow())
            con.execute(_INSERT)
            con.unregister("new_tickets")
            if waiting.any():
                note(con, "models", None)
    con.execute("drop table changed_tickets")
    con.execute("drop table if exists conversations")
    return total
