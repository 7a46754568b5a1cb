"""Messages in, `enrich.messages` and the rows of their facts out: only those that are new, or whose text or rules have
changed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import duckdb
import polars as pl

from flows.core import redaction
from flows.core.run import Run
from flows.enrich import actions, clean, commercial, facts, feedback, language, markers, sentiment, spans, tone
from flows.enrich.batches import count, insert, read_table
from flows.enrich.facts import FactRules
from flows.enrich.models import load
from flows.enrich.polarity import NAME as POLARITY
from flows.enrich.polarity import PolarityModel
from flows.enrich.scope import look_at, looked_at
from flows.enrich.seeds import read_steps
from flows.enrich.spans import Signal

T = TypeVar("T")

BATCH = 2_500  # messages that are read together
CHUNK = 50_000  # messages that are taken from the warehouse, and written to it, at once
RULES = ".".join(
    str(part.VERSION) for part in (clean, redaction, language, sentiment, commercial, spans, markers, tone, feedback)
)
SENTIMENT_LANGUAGES = ("en", None)  # a text too short to show its language is scored as English

# What tells that a message says something else than before.
CONTENT = "m.body"

# The subject belongs to the opening message. A condition on `position` in the join itself would be no join by hash.
_SUBJECT = "case when m.position = 1 then opened.subject end"

# One row a message that is new, changed or gone (without a hash): whose hash is not the one that is known.
_CHANGED = f"""
    create or replace temp table changed_messages as
    with hashed as (
        select m.message_id, m.ticket_id,
            left(md5(concat_ws(
                '|', $rules, m.ticket_id, m.author_role, m.position, m.is_public, m.body_format, {_SUBJECT},
                {CONTENT}
            )), 16) as content_hash
        from intermediate.int_messages as m
        left join intermediate.int_tickets as opened on opened.ticket_id = m.ticket_id
        where m.ticket_id in (select ticket_id from tickets_in_scope)
    ),
    known as (
        select * from enrich.messages where ticket_id in (select ticket_id from tickets_in_scope)
    )
    select coalesce(hashed.message_id, known.message_id) as message_id, hashed.ticket_id, hashed.content_hash,
        known.ticket_id as known_ticket_id
    from hashed
    full join known on known.message_id = hashed.message_id
    where known.content_hash is distinct from hashed.content_hash
"""
# A ticket without a hash is read again by refresh_tickets. Written first, so that a run which is stopped on the way
# forgets none.
_UNREAD_TICKETS = """
    update enrich.tickets set content_hash = null
    where ticket_id in (
        select ticket_id from changed_messages
        union
        select known_ticket_id from changed_messages
    )
"""
# Rows of facts are written before their message: one that is not known may have some.
_GONE = ";".join(
    f"delete from enrich.{table} where message_id in (select message_id from changed_messages{which})"
    for table, which in (*((part, "") for part in facts.ROWS), ("messages", " where known_ticket_id is not null"))
)
# Bodies are cut to what is parsed, so that one of a hundred megabytes is not read into memory.
_UNREAD = f"""
    create or replace temp table unread_messages as
    select row_number() over () as n, m.message_id, m.ticket_id, changed.content_hash, m.author_role, m.position,
        m.is_public, m.body_format, {_SUBJECT} as subject, left(coalesce(m.body, ''), {clean.MAX_BODY + 1}) as body
    from intermediate.int_messages as m
    inner join changed_messages as changed on changed.message_id = m.message_id
    left join intermediate.int_tickets as opened on opened.ticket_id = m.ticket_id
"""


def refresh_messages(con: duckdb.DuckDBPyConnection, run: Run) -> int:
    """Read what changed in intermediate.int_messages into enrich.messages. Returns how many messages were read."""
    fact_rules = facts.rules_in_force(con, read_steps(run.settings.dbt_dir))
    polarity: PolarityModel | None = load(run, {}).artifact(POLARITY)
    rules = ".".join((RULES, redaction.fingerprint(), fact_rules.digest, ""))
    articles = facts.article_keys(con)
    facts.link_articles(con, articles)
    look_at(con, "messages", rules)
    con.execute(_CHANGED, {"rules": rules})
    if count(con, "changed_messages"):
        con.execute(_UNREAD_TICKETS)
        con.execute(_GONE)
        con.execute(_UNREAD)
        total = count(con, "unread_messages")
        at = pl.lit(run.now.replace(tzinfo=None))
        read = partial(read_messages, rules=fact_rules, polarity=polarity)
        for frame in read_table(con, run, "unread_messages", read, BATCH, CHUNK):
            for table in facts.ROWS:
                rows = facts.rows_of(frame, table)
                if table == "steps":
                    rows = rows.join(articles, on="article", how="left")
                insert(con, f"enrich.{table}", rows)
            insert(con, "enrich.messages", frame.drop(facts.ROWS).with_columns(enriched_at=at))
            failed = frame.filter(pl.col("extractor_error").is_not_null()).height
            if failed:
                run.report.count("enrich.extractor_errors", failed)
        con.execute("drop table unread_messages")
    else:
        total = 0
    con.execute("drop table changed_messages")
    looked_at(con, "messages", rules)
    return total


_SCHEMA: dict[str, Any] = {
    "message_id": pl.String, "ticket_id": pl.String, "content_hash": pl.String, "clean_text": pl.String,
    "code_text": pl.String, "language": pl.String, "sentiment": pl.Float64, "churn_kind": pl.String,
    "churn_span": pl.String, "is_automatic": pl.Boolean, "extractor_error": pl.String, "tone": pl.String,
    "polarity_model": pl.String,
    **facts.SCHEMA,
}  # fmt: skip


def read_messages(
    frame: pl.DataFrame, rules: FactRules = facts.NO_RULES, polarity: PolarityModel | None = None
) -> pl.DataFrame:
    """Rows of enrich.messages for rows of unread_messages, each with the rows of its facts (`facts.ROWS`). An extractor
    that fails leaves its columns empty and its name in `extractor_error`; the others go on. `polarity` scores in place
    of the lexicon."""
    rows = frame.to_dicts()
    failed: list[list[str]] = [[] for _ in rows]
    cleaned = [_cleaned(row, names) for row, names in zip(rows, failed, strict=True)]
    texts = [text for text, _, _ in cleaned]
    languages = _languages(texts, failed)
    read = [
        _read(row, *parts, spoken, rules, names)
        for row, parts, spoken, names in zip(rows, cleaned, languages, failed, strict=True)
    ]
    scored = [row for row in read if row["sentiment"] is not None]
    if polarity and scored:
        values = attempt("polarity", [], lambda: polarity.scores([row["clean_text"] for row in scored]))
        for row, value in zip(scored, values or (), strict=values is not None):
            row["sentiment"], row["polarity_model"] = value, polarity.model_id
    second = attempt("language", [], lambda: language.detect_second(texts, languages)) or [None] * len(rows)
    return pl.DataFrame(read, schema=_SCHEMA).with_columns(second_language=pl.Series(second, dtype=pl.String))


def _cleaned(row: dict[str, Any], failed: list[str]) -> tuple[str, str, bool]:
    """Text and code, redacted, and whether nobody wrote them."""
    cleaned = attempt("clean", failed, lambda: clean.clean(row["body"], row["body_format"], row["subject"]))
    if cleaned is None:
        return "", "", False
    kept = attempt("redaction", failed, lambda: clean.redacted(cleaned))
    return (kept.text, kept.code, kept.is_automatic) if kept else ("", "", cleaned.is_automatic)


def _languages(texts: list[str], failed: list[list[str]]) -> list[str | None]:
    found = attempt("language", [], lambda: language.detect_all(texts))
    if found is not None:
        return found
    alone = partial(attempt, "language")  # one of them is too odd for all
    return [alone(names, partial(language.detect, text)) for text, names in zip(texts, failed, strict=True)]


def _read(
    row: dict[str, Any],
    text: str,
    code: str,
    is_automatic: bool,
    spoken: str | None,
    rules: FactRules,
    failed: list[str],
) -> dict[str, Any]:
    is_customer = row["author_role"] == "customer"
    is_read = is_customer and spoken in SENTIMENT_LANGUAGES
    is_public = is_customer and row["is_public"] is not False and not is_automatic
    found = (attempt("signals", failed, lambda: _signals(text)) or []) if is_read and is_public else []
    strains = sum(one.kind == markers.KIND for one in found)
    score = attempt("sentiment", failed, lambda: sentiment.score(text, strains)) if is_read else None
    subject = attempt("redaction", failed, lambda: redaction.redact(row["subject"] or "")) or ""
    said = None
    if is_public:
        said = attempt("commercial", failed, lambda: commercial.leaving(text, subject))
    if said:
        found.append(commercial.signal(text, said))
    return {
        "message_id": row["message_id"],
        "ticket_id": row["ticket_id"],
        "content_hash": row["content_hash"],
        "clean_text": text,
        "code_text": code or None,
        "language": spoken,
        "sentiment": score,
        "churn_kind": said.kind if said else None,
        "churn_span": said.span if said else None,
        "is_automatic": is_automatic,
        **({} if is_automatic else _facts(row, subject, text, code, spoken, rules, failed)),
        "extractor_error": "; ".join(failed) or None,
        "tone": next((one.name for one in found if one.kind == tone.KIND), None),
        "signals": [one._asdict() for one in found],
    }


def _facts(
    row: dict[str, Any], subject: str, text: str, code: str, spoken: str | None, rules: FactRules, failed: list[str]
) -> dict[str, Any]:
    """What a message names, what its customer tried, what its agent did. A subject such as `Reset password` asks."""
    role = row["author_role"]
    whole = f"{subject}\n{text}" if subject else text
    found: dict[str, Any] = {
        "entities": attempt("entities", failed, lambda: facts.named(whole, code, role, rules)),
    }
    if role == "customer":
        found["steps"] = attempt("steps", failed, lambda: facts.tried(text, spoken, rules))
    elif role == "agent":
        is_public = row["is_public"] is not False
        found["actions"] = attempt("actions", failed, lambda: actions.actions_of(text, is_public=is_public))
        found["reply_key"] = attempt("actions", failed, lambda: actions.reply_key(text)) if is_public else None
    return found


def _signals(text: str) -> list[Signal]:
    said = spans.spoken(text)
    return [part for read in (markers, tone, feedback) for part in read.find(text, said)]


def attempt(name: str, failed: list[str], extract: Callable[[], T]) -> T | None:
    """What `extract` gives; None, with the extractor's name and error appended to `failed`, when it raises.

    An error may quote what it was given, so it is told redacted.
    """
    try:
        return extract()
    except Exception as error:  # whatever a hostile text makes of an extractor, the others must go on
        failed.append(redaction.redact(f"{name}: {type(error).__name__}: {error}"[:200]))
        return None
