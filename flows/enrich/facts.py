"""What one message states, in rows: what it names, what its customer tried, what its agent did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb
import polars as pl

from flows.core.keys import digest
from flows.enrich import actions, entities, help_links, mentions, signatures, steps, versions
from flows.enrich.scope import is_read_with, note
from flows.enrich.seeds import StepSeed
from flows.enrich.versions import Product, known_products

LINKS = "step_articles"  # part of what is read

# Columns of enrich.messages, then lists that become rows of the tables named like them.
COLUMNS: dict[str, Any] = {"actions": pl.List(pl.String), "reply_key": pl.String}
ROWS: dict[str, dict[str, Any]] = {
    "entities": {"said_by": pl.String, "kind": pl.String, "value": pl.String, "span": pl.String},
    "steps": {
        "step": pl.String, "is_tried": pl.Boolean, "outcome": pl.String, "span": pl.String, "article": pl.String,
    },
    "signals": {"kind": pl.String, "name": pl.String, "span": pl.String, "starts": pl.Int32, "ends": pl.Int32},
}  # fmt: skip
SCHEMA: dict[str, Any] = {**COLUMNS, **{name: pl.List(pl.Struct(columns)) for name, columns in ROWS.items()}}
_VERSIONS = ".".join(
    str(part.VERSION) for part in (actions, entities, help_links, mentions, signatures, steps, versions)
)


@dataclass(frozen=True)
class FactRules:
    """The rules of the seed and the names of the products."""

    steps: tuple[steps.Rule, ...]
    product: Product | None
    digest: str


NO_RULES = FactRules((), None, "")


def rules_in_force(con: duckdb.DuckDBPyConnection, seed: StepSeed) -> FactRules:
    """What messages are read with now. Of the releases only the products' names matter."""
    names = [
        name for (name,) in con.sql("select distinct product from intermediate.int_releases order by 1").fetchall()
    ]
    product = known_products([(name, "") for name in names if name])
    known = product.names if product else ""
    return FactRules(steps.rules_of(seed.steps), product, digest(_VERSIONS, seed.digest, known)[:16])


def named(text: str, code: str, said_by: str, rules: FactRules) -> list[dict[str, Any]]:
    """Rows of enrich.entities, but for the ids."""
    return [{"said_by": said_by, **found._asdict()} for found in mentions.mentions(text, code, rules.product)]


def tried(text: str, language: str | None, rules: FactRules) -> list[dict[str, Any]]:
    """Rows of enrich.steps, but for the ids."""
    return [step._asdict() for step in steps.find_steps(text, rules.steps, language)]


def rows_of(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """The rows of a table of ROWS out of a frame of messages."""
    listed = frame.select("ticket_id", "message_id", name).filter(pl.col(name).list.len() > 0)
    rows: pl.DataFrame = listed.explode(name).unnest(name)
    return rows


def article_keys(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """How the articles there are now can be named: `article`, as in enrich.steps, and `article_id`."""
    found: dict[str, str] = {}
    articles = con.sql(
        "select article_id, url, title from intermediate.int_articles order by article_id desc"
    ).fetchall()
    for article_id, _, title in articles:  # of two articles with one title the first
        if title:
            found[help_links.title_key(title)] = article_id
    found |= {help_links.article_key(url): article_id for article_id, url, _ in articles if url}
    return pl.DataFrame({"article": list(found), "article_id": list(found.values())}, schema=_ARTICLES)


def link_articles(con: duckdb.DuckDBPyConnection, keys: pl.DataFrame) -> None:
    """Which article each step of enrich.steps is about, where `article_keys` are others than before: steps that are
    read now are inserted with theirs."""
    made_with = digest(*keys["article"], "", *keys["article_id"])[:16]
    if is_read_with(con, LINKS, made_with):
        return
    con.register("article_keys", keys.to_arrow())
    con.execute(
        "update enrich.steps set article_id = wanted.article_id from (select s.rowid as place, keys.article_id"
        " from enrich.steps as s left join article_keys as keys on keys.article = s.article where s.article is not null"
        " and s.article_id is distinct from keys.article_id) as wanted where steps.rowid = wanted.place"
    )
    con.unregister("article_keys")
    note(con, LINKS, made_with)


_ARTICLES: dict[str, Any] = {"article": pl.String, "article_id": pl.String}
