"""What holds for any text, any bytes and any JSON: of readers, record boundaries, cleaning, redaction and keys."""

from __future__ import annotations

import csv
import io
import re
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.core.clock import iso, parse
from flows.core.errors import GroundswellError
from flows.core.json_text import read_json
from flows.core.keys import digest, uuid4_from
from flows.core.neutralise import for_markdown, for_slack, for_title
from flows.core.redaction import redact
from flows.enrich.clean import MAX_CODE, MAX_TEXT, clean
from flows.enrich.entities import find_environment
from flows.enrich.quotes import title_of
from flows.enrich.sentences import sentences
from flows.enrich.signatures import find_signature
from flows.pull import hubspot, stripe, zendesk
from flows.pull.boundary import records
from flows.pull.files import read_records
from flows.pull.readers import read_table
from flows.settings import FilesSource

few = settings(max_examples=60, deadline=None, derandomize=True, database=None)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=6
)
TICKETS = FilesSource(type="files", streams={"tickets": {"path": "t"}})  # type: ignore[dict-item]


@few
@given(st.lists(st.tuples(TEXT, TEXT, TEXT), max_size=5))
def test_what_a_csv_writer_wrote_is_read_as_it_was(rows: list[tuple[str, str, str]]) -> None:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([("a", "b", "c"), *rows])
    table = read_table("s", "t.csv", out.getvalue().encode(), "csv")
    assert [tuple(value or "" for value in row.values()) for row in table.rows] == rows
    assert table.unreadable == []


@few
@given(st.lists(st.binary(max_size=12).filter(lambda b: not set(b) & set(b'\n\r"'))))
def test_lines_of_anything_between_good_rows_cost_themselves_alone(noise: list[bytes]) -> None:
    good = [b"%d,good" % n for n in range(len(noise) + 1)]
    lines = [line for pair in zip(good, noise, strict=False) for line in pair] + good[-1:]
    table = read_table("s", "t.csv", b"\n".join([b"id,subject", *lines]), "csv")
    assert {row["id"] for row in table.rows if row["subject"] == "good"} >= {str(n) for n in range(len(good))}
    assert len(table.rows) + len(table.unreadable) == sum(line != b"" for line in lines)


@few
@given(st.lists(JSON, max_size=5), st.lists(st.binary(max_size=10), max_size=2))
def test_every_json_line_is_a_row_or_is_named(values: list[Any], noise: list[bytes]) -> None:
    lines = [b'{"id":1}', *(orjson.dumps(value) for value in values), *(n.replace(b"\n", b"") for n in noise)]
    table = read_table("s", "t.jsonl", b"\n".join(lines), "jsonl")
    blank = sum(not line.decode("utf-8", "replace").strip() for line in lines)
    assert len(table.rows) + len(table.unreadable) == len(lines) - blank


@few
@given(st.binary(max_size=200), st.sampled_from(["csv", "jsonl", "parquet"]))
def test_any_bytes_are_read_or_refused_in_words(data: bytes, file_format: str) -> None:
    try:
        read_records("desk", TICKETS, "tickets", f"t.{file_format}", data)
    except GroundswellError as error:
        assert f"t.{file_format}" in str(error)


@few
@given(st.dictionaries(st.sampled_from(["id", "subject", "tags", "created_at", "is_spam", "more"]), JSON))
def test_any_row_becomes_one_record_that_is_json(row: dict[str, Any]) -> None:
    line = orjson.dumps({"id": "1", **row})
    found, _ = read_records("desk", TICKETS, "tickets", "t.jsonl", line)
    assert len(found) == 1 and found[0]["id"] and isinstance(orjson.loads(found[0]["payload"]), dict)


_FIELDS = ("id", "updated_at", "created_at", "generated_timestamp", "timestamp", "ticket_id", "updatedAt", "created")


@few
@given(st.lists(JSON | st.dictionaries(st.sampled_from(_FIELDS), JSON), max_size=4))
def test_whatever_a_vendor_sends_is_a_record_whose_version_is_a_time_or_nothing(items: list[Any]) -> None:
    for to_record in (zendesk._ticket, zendesk._event, zendesk._by_update):
        found = records(items, to_record)
        assert [orjson.loads(one["payload"]) for one in found] == items
        for one in found:
            assert one["id"] and (one["version"] == "" or parse(one["version"]))


@few
@given(st.dictionaries(st.sampled_from(["data", "id"]), st.dictionaries(st.just("object"), st.none() | st.just({}))))
def test_an_event_of_nothing_is_about_nothing(event: dict[str, Any]) -> None:
    assert stripe._about("invoices", event) is None


@few
@given(TEXT | st.datetimes().map(str))
def test_a_time_of_the_crm_is_a_time_or_nothing(text: str) -> None:
    assert hubspot.moment(text) == "" or parse(hubspot.moment(text))


@few
@given(JSON)
def test_json_is_read_as_it_is_also_where_half_a_letter_stands_in_it(value: Any) -> None:
    assert read_json(orjson.dumps(value)) == value
    assert read_json(b'["\\ud83d", ' + orjson.dumps(value) + b"]") == ["?", value]


_TEXT = st.text(max_size=300) | st.lists(
    st.sampled_from(["<p>", "</div>", "> ", "\n", "--\n", "Thanks,", "```", "On x wrote:", "a@b.example", "\u202e",
                     "\0", "Error: x", "@here ", "<!channel>", "https://x.example/a", "| ",
                     "[x](y)", "4111 1111 1111 1111 "])
).map("".join)  # fmt: skip


@few
@given(_TEXT, st.sampled_from(["html", "text", None]))
def test_cleaning_takes_anything_and_keeps_its_bounds(body: str, body_format: str | None) -> None:
    got = clean(body, body_format)
    assert len(got.text) <= MAX_TEXT and len(got.code) <= MAX_CODE
    assert not re.search(r"[\0\u202e]", got.text) and "\n\n\n" not in got.text
    text = redact(got.text)
    assert redact(text) == text
    find_signature(text, got.code), find_environment(text), title_of(None, text), sentences(text)


@few
@given(TEXT, TEXT)
def test_no_address_and_no_card_comes_through_redaction_and_equal_ones_stay_equal(before: str, after: str) -> None:
    text = f"{before} jane.doe@mail.example {after} 4111 1111 1111 1111 {before} jane.doe@mail.example"
    got = redact(text)
    assert "jane.doe" not in got and "1111 1111" not in got
    assert redact(text) == got
    assert got.count(redact("jane.doe@mail.example")) >= 2


@few
@given(_TEXT)
def test_text_of_strangers_does_nothing_where_it_is_shown(text: str) -> None:
    slack = for_slack(text)
    assert not re.search(r"[<>*`~]", slack) and not re.search(r"[@#]\w", slack) and "://" not in slack
    assert "\n" not in slack and "\u202e" not in slack
    markdown = for_markdown(text)
    assert not re.search(r"(?<!\\)[<>\[\]|`*]", markdown) and not re.search(r"@\w", markdown)
    assert not re.search(r"[@#]\w", for_title(text))


@few
@given(st.datetimes(timezones=st.just(UTC)))
def test_a_moment_is_the_same_after_it_was_written_and_sorts_as_text(moment: datetime) -> None:
    assert parse(iso(moment)) == moment.replace(microsecond=0)
    assert (iso(moment) < iso(datetime(2026, 1, 1, tzinfo=UTC))) == (
        moment.replace(microsecond=0) < datetime(2026, 1, 1, tzinfo=UTC)
    )


@few
@given(TEXT)
def test_no_text_is_a_time_and_raises_something_else(text: str) -> None:
    with suppress(ValueError):
        assert parse(text).tzinfo is UTC


@few
@given(st.lists(TEXT, min_size=1, max_size=3), st.lists(TEXT, min_size=1, max_size=3))
def test_keys_are_equal_where_their_parts_are(one: list[str], other: list[str]) -> None:
    plain = all("\x1f" not in part for part in one + other)
    assert not plain or (digest(*one) == digest(*other)) == (one == other)
    assert uuid4_from(*one) == uuid4_from(*one) and uuid4_from(*one)[14] == "4"


READERS = {
    "clean": lambda text: clean(text, "text"),
    "clean as HTML": lambda text: clean(text, "html"),
    "redact": redact,
    "sentences": sentences,
    "signature": lambda text: find_signature(text, text),
    "environment": find_environment,
    "title": lambda text: title_of(text, text),
}
UNITS = ("\n", "a", "a.", "1 ", "(1", "@", "x@", "<", "<div>", "<!--", "> q\n", "--\n", "Thanks,\n", "```", "Error: ",
         "/a", "1.1.", "password: ", "AB12 ", ":a", '"a', "e.g. ", "From: x\n", "\u0301",
         "-----BEGIN PRIVATE KEY-----")  # fmt: skip


@pytest.mark.parametrize("reader", READERS)
def test_twice_the_text_takes_about_twice_the_time(reader: str) -> None:
    def seconds(unit: str, length: int) -> float:
        text = (unit * (length // len(unit) + 1))[:length]
        before = time.process_time()
        READERS[reader](text)
        return time.process_time() - before

    for unit in UNITS:
        whole = seconds(unit, 40_000)
        # What is over in a moment has no ratio worth the name.
        assert whole < 0.25 or whole < 3.5 * min(seconds(unit, 20_000) for _ in range(3)), (unit, whole)
