"""What shows only beside the customer's earlier messages in a ticket: replies that have become clipped, and questions
that are asked again.

A reply is clipped when it has at most MAX_CLIPPED words, at most CLIPPED_SHARE of the median of the earlier ones, no
number, no word of thanks or assent, and when it follows somebody who asked nothing that it may answer. A question is
repeated when it shares enough content words with one in an earlier message: at least MIN_SHARED, and SAME of both
together (Jaccard).
"""

from __future__ import annotations

import logging
import re
from functools import partial
from statistics import median
from typing import NamedTuple

import duckdb
import polars as pl

from flows.core.run import Run
from flows.enrich.batches import insert, read_table
from flows.enrich.markers import KIND, PLEASED
from flows.enrich.messages import attempt
from flows.enrich.sentences import sentences
from flows.enrich.spans import Signal, signal, unquoted

log = logging.getLogger("groundswell")

VERSION = 1
CLIPPED, REPEATED = "clipped_reply", "repeated_question"
MAX_CLIPPED = 6
CLIPPED_SHARE = 0.25
MIN_SHARED = 3
SAME = 0.5
MAX_QUESTIONS = 8  # of a message
SAMPLE = 1_500  # characters of a message that are looked at
MAX_MESSAGES = 30  # the newest of a ticket that are compared

_SCHEMA = {
    "message_id": pl.String, "ticket_id": pl.String, "kind": pl.String, "name": pl.String, "span": pl.String,
    "starts": pl.Int32, "ends": pl.Int32,
}  # fmt: skip
_WORD = re.compile(r"[^\W\d_]{2,}")
_ASSENT = re.compile(
    r"\b(?:yes|yep|yeah|yup|sure|sorry|oops|whoops|good|understood|agreed|correct|right|will do"
    r"|edit(?:ed)?|attach\w*|screen ?shots?|images?|provided|sent|here it is)\b|[:;]-?\)",
    re.I,
)
_STOP = frozenset((
    "the", "and", "for", "but", "not", "are", "was", "were", "has", "have", "had", "you", "your", "this", "that",
    "with", "from", "they", "them", "there", "then", "than", "what", "when", "where", "why", "who", "how", "which",
    "can", "could", "would", "should", "will", "does", "did", "doing", "done", "any", "some", "just", "also",
    "please", "know", "help", "about", "into", "out", "all", "its", "it's", "is", "it", "to", "in", "on", "of",
    "at", "an", "or", "if", "so", "my", "me", "we", "our", "us", "be", "been", "do", "get", "got", "there's",
    "anyone", "someone", "way", "again", "still", "tell", "question",
))  # fmt: skip
_ENDING = re.compile(r"(?:ing|ed|es|s|ly)$")


# Texts are chosen by their ticket before they are joined: else those of all messages are moved.
# Tickets with several messages of a customer in English. The replies between them count as a question or none.
_FOLLOWUPS = f"""
    create or replace temp table followups as
    with said as (
        select m.ticket_id, m.message_id, m.position,
            regexp_matches(read.clean_text, '(?i)[?]|please|could you|can you') as asks,
            case when m.author_role = 'customer' and coalesce(read.language, 'en') = 'en'
                then left(read.clean_text, {SAMPLE}) end as text
        from intermediate.int_messages as m
        inner join (select * from enrich.messages where ticket_id in ({{which}})) as read
            on read.message_id = m.message_id
        where m.ticket_id in ({{which}}) and m.is_public is not false and not read.is_automatic
    ),
    listed as (
        select ticket_id, list(struct_pack(message_id, text, asks) order by position, message_id) as messages
        from said
        group by ticket_id
        having count(text) > 1
    )
    select row_number() over () as n, * from listed
"""
_BATCH = 1_000  # tickets that are read together
_CHUNK = 20_000


def refresh_followups(con: duckdb.DuckDBPyConnection, run: Run, which: str) -> None:
    """Write the signals of this module again for some tickets. `which` is SQL of this package that gives their ids."""
    con.execute(f"delete from enrich.signals where name in ('{CLIPPED}', '{REPEATED}') and ticket_id in ({which})")
    con.execute(_FOLLOWUPS.format(which=which))
    for rows in read_table(con, run, "followups", read_followups, _BATCH, _CHUNK):
        insert(con, "enrich.signals", rows)
    con.execute("drop table followups")


def read_followups(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows of enrich.signals for tickets with the list of their messages: message_id, text (null where another than the
    customer wrote it), asks."""
    rows = []
    for ticket_id, messages in frame.select("ticket_id", "messages").iter_rows():
        said: list[Said] = []
        asked: list[bool] = []  # by those who wrote since the customer's message before
        for message in messages:
            if message["text"] is None:
                asked.append(bool(message["asks"]))
            else:
                said.append(Said(message["message_id"], message["text"], bool(asked) and not any(asked)))
                asked = []
        failed: list[str] = []
        found = attempt("followups", failed, partial(find, said)) or []
        if failed:
            log.warning("ticket %s: %s", ticket_id, failed[0])
        rows += [(message_id, ticket_id, *one) for message_id, one in found]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


class Said(NamedTuple):
    """One message of a customer. `is_reply`: somebody wrote to them since their message before, and asked nothing."""

    message_id: str
    text: str
    is_reply: bool


def find(messages: list[Said]) -> list[tuple[str, Signal]]:
    """Message ids with their markers, of one ticket's customer messages in order. The first message has none."""
    found: list[tuple[str, Signal]] = []
    lengths: list[int] = []
    asked: list[frozenset[str]] = []
    for message in messages[-MAX_MESSAGES:]:
        text = message.text[:SAMPLE]
        words = len(_WORD.findall(text))
        if lengths and _is_clipped(message, text, words, lengths):
            found.append((message.message_id, signal(KIND, CLIPPED, text, 0, len(text))))
        questions = _questions(text)
        again = next((place for place, words in questions if any(_is_same(words, one) for one in asked)), None)
        if again:
            found.append((message.message_id, signal(KIND, REPEATED, text, *again)))
        asked += [words for _, words in questions]
        lengths.append(words)
    return found


def _is_clipped(message: Said, text: str, words: int, earlier: list[int]) -> bool:
    if not message.is_reply or not 0 < words <= MAX_CLIPPED or words > CLIPPED_SHARE * median(earlier):
        return False
    return not (_ASSENT.search(text) or PLEASED.search(text.lower()) or any(map(str.isdigit, text)))


def _questions(text: str) -> list[tuple[tuple[int, int], frozenset[str]]]:
    """Places and content words of the questions in a text that have enough words to be told apart."""
    if "?" not in text:
        return []
    said, at, found = unquoted(text), 0, []
    for sentence in sentences(said):
        place = said.find(sentence, at)
        if place < 0 or "?" not in sentence[-3:]:
            continue
        at = place + len(sentence)
        words = frozenset(
            _stem(word) for word in _WORD.findall(sentence.lower()) if word not in _STOP and len(word) > 2
        )
        if len(words) >= MIN_SHARED:
            found.append(((place, at), words))
    return found[:MAX_QUESTIONS]


def _stem(word: str) -> str:
    return _ENDING.sub("", word) if len(word) > 4 else word


def _is_same(one: frozenset[str], other: frozenset[str]) -> bool:
    shared = len(one & other)
    return shared >= MIN_SHARED and shared >= SAME * len(one | other)
