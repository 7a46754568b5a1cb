"""What the helpdesk says its tickets want: its categories and tags, which a mapping makes intents of.

The category comes before tags. Of several tags the one that stands first in the mapping counts, so that the order of
its rows is the order in which they are believed.
"""

from __future__ import annotations

from collections import Counter

import duckdb
import polars as pl

from flows.core.run import Run
from flows.enrich import intent
from flows.enrich.models import SEEDED
from flows.enrich.seeds import Seeds, slug

MIN_CATEGORY = 50  # labelled tickets before a source's own category is an intent of its own
BLOCKS = 20
MIN_BLOCK = 100
NO_CATEGORY = {"", "other", "undefined", "general", "misc", "none", "unknown", "n_a"}

_TICKETS = """
    with tags as (
        select ticket_id, source, lower(trim(unnest(tags))) as tag
        from intermediate.int_tickets
        where list_contains($sources, source)
    ),
    tagged as (
        select tags.ticket_id, arg_min(tag_map.intent, tag_map.place) as by_tag
        from tags
        inner join tag_map on tag_map.source = tags.source and tag_map.tag = tags.tag
        group by tags.ticket_id
    )
    select t.ticket_id, t.source, t.category, tagged.by_tag
    from intermediate.int_tickets as t
    left join tagged on tagged.ticket_id = t.ticket_id
    where list_contains($sources, t.source) and not coalesce(t.is_deleted, false)
        and (t.category is not null or tagged.by_tag is not null)
    order by t.created_at, t.ticket_id
"""


def taxonomies_of(con: duckdb.DuckDBPyConnection, run: Run, seeds: Seeds) -> dict[str, str]:
    """Source -> taxonomy: its own name where it has categories and the mapping knows none of them."""
    mapped = set(seeds.category_map.select("source_type", "category").iter_rows())
    found: dict[str, str] = {}
    rows = con.sql("select source, category from intermediate.int_tickets group by all order by all").fetchall()
    for source in sorted({source for source, _ in rows}):
        own = {slug(category) for name, category in rows if name == source and category} - NO_CATEGORY
        kind = source_type(run, source)
        is_own = bool(own) and not any((kind, category) in mapped for category in own)
        found[source] = source if is_own else SEEDED
    return found


def source_type(run: Run, source: str) -> str:
    configured = run.settings.sources.get(source)
    return configured.type if configured else source


def helpdesk_labels(
    con: duckdb.DuckDBPyConnection, run: Run, seeds: Seeds, taxonomy: str, sources: list[str]
) -> pl.DataFrame:
    """The tickets of the sources whose category or tags say what they want: ticket_id, label, oldest first.

    The intents of the seeds are found by the mapping; in a source's own taxonomy its categories are the labels.
    """
    by_type = seeds.tag_map.with_row_index("place")
    tag_map = [
        by_type.filter(source_type=source_type(run, source)).with_columns(source=pl.lit(source))
        for source in (sources if taxonomy == SEEDED else [])
    ]
    con.register("tag_map", pl.concat([by_type.clear().with_columns(source=pl.lit("")), *tag_map]).to_arrow())
    tickets = con.execute(_TICKETS, {"sources": sources}).pl()
    con.unregister("tag_map")
    mapping = {(kind, name): label for kind, name, label in seeds.category_map.iter_rows()}
    used = tickets.select("source", "category").unique(maintain_order=True)
    labels = [
        None if category is None
        else mapping.get((source_type(run, source), slug(category))) if taxonomy == SEEDED
        else slug(category)
        for source, category in used.iter_rows()
    ]  # fmt: skip
    used = used.with_columns(by_category=pl.Series(labels, dtype=pl.String))
    tickets = tickets.join(used, on=["source", "category"], how="left", nulls_equal=True, maintain_order="left")
    tickets = tickets.with_columns(label=pl.coalesce("by_category", "by_tag")).drop_nulls("label")
    if taxonomy != SEEDED:
        tickets = tickets.filter(~pl.col("label").is_in(sorted(NO_CATEGORY)))
        tickets = tickets.slice(last_change(tickets["label"].to_list()))
        rare = [label for label, count in Counter(tickets["label"].to_list()).items() if count < MIN_CATEGORY]
        tickets = tickets.with_columns(
            label=pl.when(pl.col("label").is_in(rare)).then(pl.lit("other")).otherwise("label")
        )
    labelled: pl.DataFrame = tickets.select("ticket_id", "label")
    return labelled


def last_change(labels: list[str]) -> int:
    """Where the categories in use last changed (an index into labels in order of time), 0 where they never did.

    A helpdesk that renames its categories teaches nothing about the new ones with its old tickets. Blocks of
    equal size are compared with their neighbours by total variation.
    """
    size = max(MIN_BLOCK, len(labels) // BLOCKS)
    blocks = [labels[start : start + size] for start in range(len(labels) % size, len(labels), size)]
    for place in range(len(blocks) - 2, 0, -1):  # at least two blocks must follow
        if intent.total_variation(blocks[place - 1], blocks[place]) > intent.CHANGED_SHARE:
            return len(labels) - (len(blocks) - place) * size
    return 0
