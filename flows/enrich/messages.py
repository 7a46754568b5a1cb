"""Messages in, `enrich.messages` out: only those that are new, or whose text or rules have changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import duckdb
import polars as pl

from flows.core import redaction
from flows.core.run import Run
from flows.enrich import clean, commercial, language, sentiment

T = TypeVar("T")

BATCH = 5_000
RULES = f"{clean.VERSION}.{redaction.VERSION}.{language.VERSION}.{sentiment.VERSION}.{commercial.VERSION}"
SENTIMENT_LANGUAGES = ("en", None)  # a text too short to show its language is scored as English

# Bodies are cut to what is parsed, so that one of a hundred megabytes is not read into memory.
_CHANGED = f"""
    create or replace temp table changed_messages as
    with hashed as (
        select m.message_id, m.ticket_id, m.author_role, m.position, m.is_public, m.body_format, opened.subject,
            left(coalesce(m.body, ''), {clean.MAX_BODY + 1}) as body,
            left(md5(concat_ws(
                '|', '{RULES}', m.author_role, m.position, m.is_public, m.body_format, opened.subject, m.body
            )), 16) as content_hash
        from intermediate.int_messages as m
        left join intermediate.int_tickets as opened on opened.ticket_id = m.ticket_id and m.position = 1
    )
    select hashed.* from hashed
    left join enrich.messages as known on known.message_id = hashed.message_id
    where known.content_hash is distinct from hashed.content_hash
    order by hashed.message_id
"""


def refresh_messages(con: duckdb.DuckDBPyConnection, run: Run) -> int:
    """Read what changed in intermediate.int_messages into enrich.messages. Returns how many messages were read."""
    con.execute(_CHANGED)
    con.execute(
        "delete from enrich.messages where message_id in (select message_id from changed_messages)"
        " or message_id not in (select message_id from intermediate.int_messages)"
    )
    total = int(con.sql("select count(*) from changed_messages").fetchall()[0][0])
    for start in range(0, total, BATCH):
        part = con.sql(f"select * from changed_messages order by message_id limit {BATCH} offset {start}").pl()
        rows = [read_message(row) for row in part.iter_rows(named=True)]
        frame = pl.DataFrame(rows, schema=_SCHEMA).with_columns(enriched_at=pl.lit(run.now.replace(tzinfo=None)))
        con.register("message_batch", frame.to_arrow())
        con.execute("insert into enrich.messages by name select * from message_batch")
        con.unregister("message_batch")
        failed = frame.filter(pl.col("extractor_error").is_not_null()).height
        if failed:
            run.report.count("enrich.extractor_errors", failed)
    con.execute("drop table changed_messages")
    return total


_SCHEMA: dict[str, Any] = {
    "message_id": pl.String, "ticket_id": pl.String, "content_hash": pl.String, "clean_text": pl.String,
    "code_text": pl.String, "language": pl.String, "sentiment": pl.Float64, "markers": pl.List(pl.String),
    "churn_kind": pl.String, "churn_span": pl.String, "is_automatic": pl.Boolean, "extractor_error": pl.String,
}  # fmt: skip


def read_message(row: dict[str, Any]) -> dict[str, Any]:
    """One row of enrich.messages. An extractor that fails leaves its columns empty and its name in
    `extractor_error`; the others go on."""
    failed: list[str] = []
    cleaned = attempt("clean", failed, lambda: clean.clean(row["body"], row["body_format"]))
    text = code = ""
    if cleaned is not None:
        text = attempt("redaction", failed, lambda: redaction.redact(cleaned.text)) or ""
        code = attempt("redaction", failed, lambda: redaction.redact(cleaned.code)) or ""
    spoken = attempt("language", failed, lambda: language.detect(text))
    is_customer = row["author_role"] == "customer"
    found: list[str] = []
    score = None
    if is_customer and spoken in SENTIMENT_LANGUAGES:
        is_reply = (row["position"] or 1) > 1
        found = attempt("markers", failed, lambda: sentiment.markers(text, is_reply=is_reply)) or []
        score = attempt("sentiment", failed, lambda: sentiment.score(text, found))
    said = None
    if is_customer and row["is_public"] is not False and not (cleaned and cleaned.is_automatic):
        subject = redaction.redact(row["subject"] or "")  # of the opening message alone
        said = attempt("commercial", failed, lambda: commercial.leaving(text, subject))
    return {
        "message_id": row["message_id"],
        "ticket_id": row["ticket_id"],
        "content_hash": row["content_hash"],
        "clean_text": text,
        "code_text": code or None,
        "language": spoken,
        "sentiment": score,
        "markers": found,
        "churn_kind": said.kind if said else None,
        "churn_span": said.span if said else None,
        "is_automatic": bool(cleaned and cleaned.is_automatic),
        "extractor_error": "; ".join(failed) or None,
    }


def attempt(name: str, failed: list[str], extract: Callable[[], T]) -> T | None:
    """What `extract` gives; None, with the extractor's name and error appended to `failed`, when it raises."""
    try:
        return extract()
    except Exception as error:  # whatever a hostile text makes of an extractor, the others must go on
        failed.append(f"{name}: {type(error).__name__}: {error}"[:200])
        return None
