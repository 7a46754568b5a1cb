"""Any text passes through the whole stage, in any order and size of batches, and breaks no more than itself."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from enrich_world import add_message, add_ticket, make_run, make_warehouse
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.enrich.run import enrich_connection
from flows.enrich.tables import TABLES
from flows.enrich.topics import discover_connection
from flows.enrich.train import train_connection

MEGABYTES = 3 * 1024 * 1024
TEXTS: dict[str, str | None] = {
    "null": None,
    "empty": "",
    "whitespace": " \t\r\n\u00a0\u2003\u3000\u200b ",
    "emoji": "🎉👩‍👩‍👧‍👦🇩🇪✌🏽" * 5,
    "arabic": "مرحبا، لا يعمل التصدير منذ الأمس. كيف يمكنني استرداد المبلغ؟",
    "hebrew and english": "שלום, the export נכשל with ERR-4012. Also, how do I תודה leave?",
    "chinese": "导出功能从昨天开始不能用了。另外，如何退款？",
    "languages": "Hello, the export fails. Der Export ist leer. ¿Cómo puedo pagar? Merci beaucoup. どうもありがとう。",
    "direction": "\u202eevil\u202c \u2066also\u2069 \u200fplease\u200e refund",
    "combining": "Z̷̢̛a̶̧͝l̴̨̛g̵̡̛o̸̡̕ " * 20 + "e" + "\u0301" * 5_000,
    "private and unassigned": "\ue000\uf8ff\U0010ffff\ufffe\uffff\ufeff\u0378 export",
    "control": "a\x00b\x01\x1b[31m\x7f\x85\u2028\u2029 fails",
    "expands": "İıſﬁßﷺ" * 200,
    "looks like markup": "<div>" * 3_000 + "&#x0;&#1114112;&lt;script>" + "<!--" * 500 + "<![CDATA[" * 100,
    "looks like code": "```\n" * 500 + "Traceback (most recent call last):\n" * 100 + '{"a": [' * 500,
    "looks like asks": "1. also 2) another question: " * 500 + "?" * 1_000,
    "looks like data": "a@" * 2_000 + "1" * 2_000 + "4111 1111 1111 1111 " * 200 + "http://" * 500 + "+" * 500,
    "quotes": "> " * 2_000 + "On Monday X wrote:\n" * 300,
}  # fmt: skip
LONG = {
    "3 MB of one letter": "x" * MEGABYTES,
    "3 MB of spaces": " " * MEGABYTES,
    "3 MB of lines": "\n" * MEGABYTES,
    "3 MB of sentences": "Also, the export fails. How do I pay? " * (MEGABYTES // 38),
    "3 MB of brackets": "(<[{" * (MEGABYTES // 4),
    "3 MB of digits": "0123456789-" * (MEGABYTES // 11),
    "3 MB of emoji": "🎉" * (MEGABYTES // 4),
    "3 MB of right to left": "مرحبا " * (MEGABYTES // 11),
}
MARK = "ODD-MARK"
# Extractor, as it is named in extractor_error -> where it stands, and columns of the ticket that it leaves empty.
EXTRACTORS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "clean": (("flows.enrich.messages.clean.clean", "flows.enrich.conversations.clean"), ("error_code",)),
    "redaction": (("flows.enrich.messages.clean.redacted", "flows.enrich.conversations.redacted"), ("error_code",)),
    "environment": (("flows.enrich.reader.entities.find_environment",), ("browser", "app_version", "page_route")),
    "signature": (("flows.enrich.reader.signatures.find_signature",), ("error_signature", "error_code")),
    "quote": (("flows.enrich.reader.quotes.clearest",), ("quote",)),
    "asks": (("flows.enrich.reader.asks.split",), ()),
}
ODD_BODY = (
    f"Since Larkspan 3.12.0 the CSV export fails with ERR-4012 {MARK} on https://app.larkspan.example/reports/1."
    " I pressed export in Chrome 120."
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with fitted models and topics, so that no run below fits any."""
    folder = tmp_path_factory.mktemp("fitted")
    con, run = make_warehouse(60), make_run(folder)
    train_connection(con, run)
    discover_connection(con, run)
    return folder


def test_every_text_passes_through_messages_and_tickets(home: Path) -> None:
    con = make_warehouse(6)
    everything = {**TEXTS, **LONG}
    for number, body in enumerate(everything.values()):
        subject = None if body is None else body[:500]
        add_ticket(con, f"z:odd{number}", subject, body, minute=1_000 + number)
        if number < len(TEXTS):
            add_message(con, f"z:odd{number}", 2, body, minute=2_000 + number)
    enrich_connection(con, make_run(home))
    for table, rows in (("messages", 6 + len(everything) + len(TEXTS)), ("tickets", 6 + len(everything))):
        assert con.sql(f"select count(*) from enrich.{table}").fetchall() == [(rows,)]
        broken = con.sql(f"select * from enrich.{table} where extractor_error is not null").fetchall()
        assert broken == []
    wordless = con.sql(
        "select intent_status, intent from enrich.tickets where ticket_id in ('z:odd0', 'z:odd1', 'z:odd3')"
    )
    assert wordless.fetchall() == [("abstained", None)] * 3


@pytest.fixture(scope="module")
def as_they_come(home: Path) -> dict[str, list[Any]]:
    """Every table of the stage, read in the order of the warehouse and in few batches."""
    return whole_stage(home, None)


@given(seed=st.integers(0, 10_000), messages=st.integers(1, 50), tickets=st.integers(1, 50))
@settings(max_examples=4, deadline=None, derandomize=True, database=None)
def test_order_and_size_of_batches_change_nothing(
    home: Path, as_they_come: dict[str, list[Any]], seed: int, messages: int, tickets: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("flows.enrich.messages.BATCH", messages)
        patch.setattr("flows.enrich.tickets.BATCH", tickets)
        patch.setattr("flows.enrich.batches.processes", lambda _: 1)  # with more it is the same: test_workers.py
        assert whole_stage(home, random.Random(seed)) == as_they_come


def whole_stage(home: Path, shuffled: random.Random | None) -> dict[str, list[Any]]:
    """Every table of the stage, read in the order of the rows of the warehouse or in another one; floats rounded."""
    con = make_warehouse(30)
    for number, body in enumerate(TEXTS.values()):
        add_ticket(con, f"z:odd{number}", "Export", body, minute=1_000 + number)
        add_message(con, f"z:odd{number}", 2, "Still broken!! Any news?", minute=2_000 + number)
    if shuffled:
        for table in ("int_messages", "int_tickets"):
            reorder(con, f"intermediate.{table}", shuffled)
    enrich_connection(con, make_run(home))
    return {
        table: [
            tuple(rounded(value) for value in row) for row in con.sql(f"from enrich.{table} order by all").fetchall()
        ]
        for table in TABLES
    }


def reorder(con: duckdb.DuckDBPyConnection, table: str, shuffled: random.Random) -> None:
    rows = con.sql(f"from {table}").pl()
    order = list(range(rows.height))
    shuffled.shuffle(order)
    con.register("reordered", rows[order].to_arrow())
    con.execute(f"delete from {table}; insert into {table} from reordered")
    con.unregister("reordered")


def rounded(value: Any) -> Any:
    return round(value, 6) if isinstance(value, float) else value


@pytest.mark.parametrize("name", EXTRACTORS)
def test_a_message_that_breaks_one_extractor_names_it_and_the_others_still_speak(
    home: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    places, empty = EXTRACTORS[name]
    con = make_warehouse(6)
    add_ticket(con, "z:odd", "Export", ODD_BODY, minute=999)
    enrich_connection(con, make_run(home))
    whole = con.sql("select * from enrich.tickets where ticket_id = 'z:odd'").pl().to_dicts()[0]
    assert whole["extractor_error"] is None
    for place in places:
        monkeypatch.setattr(place, breaks_on_the_mark(resolve(place)))
    con = make_warehouse(6)
    add_ticket(con, "z:odd", "Export", ODD_BODY, minute=999)
    enrich_connection(con, make_run(home))
    odd = con.sql("select * from enrich.tickets where ticket_id = 'z:odd'").pl().to_dicts()[0]
    assert odd["extractor_error"].startswith(f"{name}: ValueError: too odd")
    assert {column: odd[column] for column in empty} == dict.fromkeys(empty)
    if name not in ("clean", "redaction"):  # without which nothing may be read
        spoken = set(whole) - set(empty) - {"extractor_error"}
        assert {column: odd[column] for column in spoken} == {column: whole[column] for column in spoken}
    others = con.sql("select count(*) from enrich.tickets where ticket_id <> 'z:odd' and error_code is not null")
    assert others.fetchall() == [(2,)]


def resolve(place: str) -> Callable[..., Any]:
    module, owner, name = place.rsplit(".", 2)
    found: Callable[..., Any] = getattr(getattr(__import__(module, fromlist=[owner]), owner), name)
    return found


def breaks_on_the_mark(plain: Callable[..., Any]) -> Callable[..., Any]:
    def broken(*arguments: Any, **named: Any) -> Any:
        if any(MARK in str(argument) for argument in arguments):
            raise ValueError("too odd")
        return plain(*arguments, **named)

    return broken
