"""Which help article comes nearest to what a ticket asks: cosine similarity under the fitted embedder, 0 to 1.

A ticket is compared with the articles in its own language, because words are compared and not meanings: an
English article is never near an Italian question, which says nothing about the article.

The nearest is kept however far it is: that no article is near is what findings about missing articles are made of.
`groundswell explain` shows it from a floor on, `explain.ARTICLE_SHOWN`.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import polars as pl

from flows.core.keys import digest
from flows.core.run import Run
from flows.enrich import clean, language
from flows.enrich.batches import count, insert, read_table
from flows.enrich.conversations import documents
from flows.enrich.embedders import is_alone, lacks
from flows.enrich.models import EMBEDDER, Models
from flows.enrich.protocols import Embedder, Matrix
from flows.enrich.scope import FRESH, note, to_follow
from flows.enrich.space import TicketSpace

VERSION = 1
PART = "articles"  # of what is read
TITLE_WEIGHT = 2  # a title's words count as often as if the article began with it this many times
DECIMALS = 4

BATCH = 2_500  # tickets that are matched together
CHUNK = 50_000

# Tickets that were read again have no row here: refresh_tickets takes it away.
_UNMATCHED = """
    create or replace temp table unmatched_tickets as
    select row_number() over () as n, ticket_id, title, clean_text as text, language
    from enrich.tickets
    where ticket_id in ({which}) and ticket_id not in (
        select ticket_id from enrich.article_matches where content_hash = $articles and ticket_id in ({which})
    )
"""
_GONE = """
    delete from enrich.article_matches
    where content_hash <> $articles or ticket_id not in (select ticket_id from enrich.tickets)
"""


def refresh_matches(con: duckdb.DuckDBPyConnection, run: Run, models: Models) -> int:
    """Match tickets that were read since, and all when articles or the embedder have changed.

    Returns how many were matched. Reads enrich.tickets and intermediate.int_articles, writes
    enrich.article_matches: one row a ticket, with article and similarity null where there is nothing to compare;
    no rows at all without articles.
    """
    articles = con.sql(
        "select article_id, coalesce(title, '') as title, coalesce(body, '') as body, locale"
        " from intermediate.int_articles order by article_id"
    ).pl()
    if articles.is_empty() or EMBEDDER not in models.entries:
        con.execute("delete from enrich.article_matches")
        note(con, PART, None)
        return 0
    parts = [str(value) for row in articles.iter_rows() for value in row]
    versions = [str(VERSION), str(clean.VERSION), str(language.VERSION), models.entries[EMBEDDER]["model_id"]]
    matcher = None
    if run.settings.models.embedder == "openai" and models.embedder:
        matcher = Matcher.of(articles, models.embedder)
        versions += [] if matcher.is_whole else ["waiting"]  # all are matched again when it is
    compared = {"articles": digest(*versions, *parts)[:16]}
    which = to_follow(con, PART, compared["articles"])
    if which != FRESH:
        con.execute(_GONE, compared)
    con.execute(_UNMATCHED.format(which=which), compared)
    total = count(con, "unmatched_tickets")
    if total and models.embedder:
        matcher = matcher or Matcher.of(articles, models.embedder)
        for rows in read_table(
            con, run, "unmatched_tickets", matcher, BATCH, CHUNK, alone=is_alone(models.embedder.embedder)
        ):
            insert(con, "enrich.article_matches", rows.with_columns(content_hash=pl.lit(compared["articles"])))
    con.execute("drop table unmatched_tickets")
    note(con, PART, compared["articles"] if not total or models.embedder else None)
    return total


@dataclass(frozen=True)
class Matcher:
    """Tickets (ticket_id, title, text, language) to their nearest articles: ticket_id, article_id, similarity.

    Not `is_whole` while a service has not given the vectors of all articles.
    """

    embedder: Embedder
    ids: list[str]
    points: Matrix
    spoken: list[str | None]
    is_whole: bool

    @classmethod
    def of(cls, articles: pl.DataFrame, space: TicketSpace) -> Matcher:
        bodies = [clean.clean(body).text for body in articles["body"]]
        titles = articles["title"].to_list()
        texts = ["\n".join([title] * TITLE_WEIGHT + [body]) for title, body in zip(titles, bodies, strict=True)]
        points = space.encode(texts)
        spoken = [
            locale[:2].lower() if locale else language.detect(f"{title}\n{body}")
            for locale, title, body in zip(articles["locale"], titles, bodies, strict=True)
        ]
        is_whole = not any(lacks(space.embedder, texts))
        return cls(space, articles["article_id"].to_list(), points, spoken, is_whole)

    def __call__(self, tickets: pl.DataFrame) -> pl.DataFrame:
        asked = self.embedder.encode(documents(tickets))
        best, similarity = nearest(asked, tickets["language"].to_list(), self.points, self.spoken)
        return tickets.select("ticket_id").with_columns(
            article_id=pl.Series([None if place is None else self.ids[place] for place in best], dtype=pl.String),
            similarity=pl.Series(similarity, dtype=pl.Float64),
        )


def nearest(
    asked: Matrix, asked_in: list[str | None], known: Matrix, known_in: list[str | None]
) -> tuple[list[int | None], list[float | None]]:
    """For each row of `asked` the row of `known` that is most similar in the same language, and how similar.

    An unknown language fits every other. None where no row fits, or where a text has no word the model knows.
    """
    best: list[int | None] = [None] * len(asked)
    similarity: list[float | None] = [None] * len(asked)
    languages = np.array([name or "" for name in asked_in])
    for name in sorted(set(languages.tolist())):
        columns = np.array([place for place, other in enumerate(known_in) if not name or other in (None, name)])
        rows = np.flatnonzero((languages == name) & asked.any(axis=1))
        if not len(columns) or not len(rows):
            continue
        near = asked[rows].astype(np.float64) @ known[columns].astype(np.float64).T
        near = np.round(np.clip(near, 0.0, 1.0), DECIMALS)
        places = near.argmax(axis=1)
        for row, place, value in zip(rows.tolist(), places.tolist(), near.max(axis=1).tolist(), strict=True):
            best[row], similarity[row] = int(columns[place]), value
    return best, similarity
