"""Tickets with the text of their conversation, as a frame: what every step after the messages reads."""

from __future__ import annotations

from functools import partial

import duckdb
import polars as pl

from flows.core.redaction import kinds_only, redact
from flows.enrich.clean import clean, redacted
from flows.enrich.messages import attempt
from flows.enrich.quotes import title_of

TEXT = 1_500  # characters of the opening message that models read

# The opening message is the customer's first; a ticket opened by an agent on behalf of somebody has none,
# and then the first message speaks for it. Texts are joined last, so that only those of openings are moved;
# they are chosen by their ticket before, so that those of all messages are not.
_CONVERSATIONS = """
    create or replace temp table conversations as
    with chosen as not materialized (
        select * from enrich.messages where ticket_id in ({which})
    ),
    by_ticket as (
        select said.ticket_id,
            arg_min(said.message_id, said.position + case
                when said.author_role = 'customer' and said.is_public is not false then 0 else 1000000000 end
            ) as opening_id,
            arg_min(read.sentiment, said.position) filter (read.sentiment is not null) as sentiment_first,
            arg_max(read.sentiment, said.position) filter (read.sentiment is not null) as sentiment_last,
            list(read.sentiment order by said.position, said.message_id)
                filter (read.sentiment is not null) as sentiments,
            arg_max(read.churn_kind, said.position) filter (read.churn_kind is not null) as churn_kind,
            arg_max(read.churn_span, said.position) filter (read.churn_kind is not null) as churn_span
        from intermediate.int_messages as said
        inner join chosen as read on read.message_id = said.message_id
        where said.ticket_id in ({which})
        group by said.ticket_id
    )
    select row_number() over () as n, t.ticket_id, t.source, t.created_at, t.subject, t.category, t.locale,
        t.app_version_field, t.is_spam, t.is_deleted, opening.clean_text as text, opening.code_text as code,
        opening.language, opening.is_automatic, opening.extractor_error as message_error,
        by_ticket.* exclude (ticket_id, opening_id),
        case when coalesce(opening.clean_text, '') = '' and opening.code_text is null then t.description
        end as description
    from intermediate.int_tickets as t
    left join by_ticket on by_ticket.ticket_id = t.ticket_id
    left join chosen as opening on opening.message_id = by_ticket.opening_id
    where t.ticket_id in ({which})
"""


def prepare_conversations(con: duckdb.DuckDBPyConnection, which: str) -> None:
    """Make the temporary table `conversations`: one row a ticket, numbered by `n` from 1.

    `which` is SQL of this package that gives the ids of tickets.
    """
    con.execute(_CONVERSATIONS.format(which=which))


def read_conversations(con: duckdb.DuckDBPyConnection, which: str) -> pl.DataFrame:
    """The conversations of some tickets, as `with_texts` gives them, in order of their ids."""
    prepare_conversations(con, which)
    frame = con.sql("select * exclude (n) from conversations order by ticket_id").pl()
    con.execute("drop table conversations")
    return with_texts(frame)


def with_texts(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows of `conversations` with `title` (redacted) and `text`, `code` (cleaned, redacted, not null).

    Where no message holds the text, the ticket's description does; one that cannot be read is named in `message_error`.
    """
    texts, codes, titles, errors = [], [], [], []
    columns = ("subject", "text", "code", "description", "message_error")
    for subject, text, code, description, error in frame.select(columns).iter_rows():
        failed = [error] if error else []
        if not text and description:
            text, code = attempt("description", failed, partial(_cleaned, description)) or ("", "")
        errors.append("; ".join(failed) or None)
        texts.append(text or "")
        codes.append(code or "")
        titles.append(title_of(redact(subject or ""), text or code or ""))
    filled: pl.DataFrame = frame.with_columns(
        title=pl.Series(titles, dtype=pl.String),
        text=pl.Series(texts, dtype=pl.String),
        code=pl.Series(codes, dtype=pl.String),
        message_error=pl.Series(errors, dtype=pl.String),
    )
    return filled


def _cleaned(description: str) -> tuple[str, str]:
    said = redacted(clean(description))
    return said.text, said.code


def documents(frame: pl.DataFrame) -> list[str]:
    """What the models read of each ticket: the title and the beginning of the text."""
    return [kinds_only(f"{title}\n{text[:TEXT]}") for title, text in frame.select("title", "text").iter_rows()]
