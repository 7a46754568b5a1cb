"""Tickets with the text of their conversation, as a frame: what every step after the messages reads."""

from __future__ import annotations

import duckdb
import polars as pl

from flows.core.redaction import redact
from flows.enrich.clean import clean
from flows.enrich.quotes import title_of

TEXT = 1_500  # characters of the opening message that models read

# The opening message is the customer's first; a ticket opened by an agent on behalf of somebody has none,
# and then the first message speaks for it.
_CONVERSATIONS = """
    create or replace temp table conversations as
    with said as (
        select m.ticket_id, m.position, m.sent_at, m.author_role, e.*  exclude (ticket_id, enriched_at, content_hash),
            e.content_hash as message_hash,
            row_number() over (
                partition by m.ticket_id
                order by (m.author_role = 'customer' and m.is_public is not false) desc, m.position, m.message_id
            ) as place
        from intermediate.int_messages as m
        inner join enrich.messages as e on e.message_id = m.message_id
    ),
    by_ticket as (
        select ticket_id,
            max(clean_text) filter (place = 1) as text,
            max(code_text) filter (place = 1) as code,
            max(language) filter (place = 1) as language,
            bool_or(is_automatic) filter (place = 1) as is_automatic,
            max(extractor_error) filter (place = 1) as message_error,
            arg_min(sentiment, position) filter (sentiment is not null) as sentiment_first,
            arg_max(sentiment, position) filter (sentiment is not null) as sentiment_last,
            arg_max(churn_kind, position) filter (churn_kind is not null) as churn_kind,
            arg_max(churn_span, position) filter (churn_kind is not null) as churn_span,
            string_agg(message_hash, ',' order by position, message_id) as messages_hash
        from said
        group by ticket_id
    )
    select t.ticket_id, t.source, t.created_at, t.subject, t.category, t.locale, t.app_version_field, t.is_spam,
        t.is_deleted, by_ticket.* exclude (ticket_id),
        case when coalesce(by_ticket.text, '') = '' and by_ticket.code is null then t.description end as description
    from intermediate.int_tickets as t
    left join by_ticket on by_ticket.ticket_id = t.ticket_id
"""


def prepare_conversations(con: duckdb.DuckDBPyConnection) -> None:
    """Make the temporary table `conversations`: one row a ticket."""
    con.execute(_CONVERSATIONS)


def read_conversations(con: duckdb.DuckDBPyConnection, where: str = "true", tail: str = "") -> pl.DataFrame:
    """Rows of `conversations` with `title` (redacted) and `text`, `code` (cleaned, redacted, not null).

    `where` and `tail` (order, limit) are SQL of this package. Where no message holds the text, the ticket's
    description does.
    """
    frame = con.sql(f"select * from conversations where {where} {tail or 'order by ticket_id'}").pl()
    texts, codes, titles = [], [], []
    for subject, text, code, description in frame.select("subject", "text", "code", "description").iter_rows():
        if not text and description:
            cleaned = clean(description)
            text, code = redact(cleaned.text), redact(cleaned.code)
        texts.append(text or "")
        codes.append(code or "")
        titles.append(title_of(redact(subject or ""), text or code or ""))
    read: pl.DataFrame = frame.with_columns(
        title=pl.Series(titles, dtype=pl.String),
        text=pl.Series(texts, dtype=pl.String),
        code=pl.Series(codes, dtype=pl.String),
    )
    return read


def documents(frame: pl.DataFrame) -> list[str]:
    """What the models read of each ticket: the title and the beginning of the text."""
    return [f"{title}\n{text[:TEXT]}" for title, text in frame.select("title", "text").iter_rows()]
