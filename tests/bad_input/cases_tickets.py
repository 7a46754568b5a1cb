# ruff: noqa: E501  (one case a line)
"""Tickets as no helpdesk should send them, sent by the emulated one among those of its company.

`given` is a Sent; the test gives it an id. A ticket reaches the marts as good as it can be, or is kept apart with
the reason; a deleted, merged or spam ticket is in the warehouse and flagged, and counts nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from cases import Case, End

AT = "2025-01-20T10:00:00Z"
GENERATED = 1_737_367_200  # that moment


@dataclass(frozen=True)
class Sent:
    """One ticket: what differs from a plain one, and the events with its comments."""

    values: dict[str, Any] = field(default_factory=dict)
    without: tuple[str, ...] = ()  # fields that are not there at all
    then: dict[str, Any] | None = None  # what differs in a second version, sent an hour later
    comments: tuple[dict[str, Any], ...] | None = ({"body": "It does not work"},)  # None: no event at all
    event: dict[str, Any] = field(default_factory=dict)  # what differs in the event that carries them
    raw: Any = "-"  # sent instead of a ticket
    expect: dict[str, Any] = field(default_factory=dict)  # columns of int_tickets
    counts: bool = True  # whether it is in marts.fct_tickets
    events_apart: int = 0


def _sent(name: str, ends: End, says: str, values: dict[str, Any] | None = None, **more: Any) -> Case:
    return Case(name, Sent(values or {}, **more), says, ends)


def _fine(name: str, values: dict[str, Any] | None = None, **more: Any) -> Case:
    return _sent(name, "marts", "", values, **more)


def _apart(name: str, says: str, values: dict[str, Any] | None = None, **more: Any) -> Case:
    return _sent(name, "quarantine", says, values, **more)


def _body(name: str, text: str, **more: Any) -> Case:
    """The text as the description, and as the body and the HTML of the first comment."""
    return _fine(name, {"description": text}, comments=({"body": text, "html_body": text},), **more)


_NESTED: list[Any] = []
for _ in range(60):
    _NESTED = [_NESTED]

NULLABLE = ("url", "external_id", "via", "updated_at", "type", "subject", "raw_subject", "description", "priority",
            "recipient", "requester_id", "submitter_id", "assignee_id", "organization_id", "group_id", "tags",
            "custom_fields", "fields", "satisfaction_rating", "brand_id", "generated_timestamp")  # fmt: skip

NULLS = [
    _fine("every nullable field is null", dict.fromkeys(NULLABLE)),
    _fine("every nullable field is missing", without=NULLABLE),
    *(_fine(f"{name} is null", {name: None}) for name in NULLABLE),
    _apart("status is null", "ticket_has_status", {"status": None}),
    _apart("status is missing", "ticket_has_status", without=("status",)),
    _apart("created_at is null", "ticket_has_created_at", {"created_at": None}),
    _apart("created_at is missing", "ticket_has_created_at", without=("created_at",)),
]  # fmt: skip

TYPES = [
    *(_apart(f"{name} is {words}", f"declared_types {column} {shown}", {name: value})
      for name, words, value, column, shown in (
        ("subject", "a number", 5, "subject", "5"), ("subject", "an object", {"en": "x"}, "subject", '{"en":"x"}'),
        ("description", "a list", ["x"], "description", '["x"]'), ("status", "a number", 3, "status", "3"),
        ("priority", "true", True, "priority", "true"), ("tags", "text", "a b", "tags", "a b"),
        ("custom_fields", "an object", {"1": 2}, "custom_fields", '{"1":2}'),
        ("requester_id", "a word", "nobody", "requester_id", "nobody"), ("requester_id", "a fraction", 1.5, "requester_id", "1.5"),
        ("organization_id", "a list", [1], "organization_id", "[1]"), ("assignee_id", "an object", {"id": 1}, "assignee_id", '{"id":1}'),
        ("created_at", "a number", 1737367200, "created_at", "1737367200"), ("created_at", "a word", "yesterday", "created_at", "yesterday"),
        ("updated_at", "day first", "31/12/2024", "updated_at", "31/12/2024"), ("url", "a number", 1, "url", "1"),
        ("generated_timestamp", "a word", "soon", "generated_at", "soon"), ("generated_timestamp", "a list", [1], "generated_at", "[1]"),
        ("generated_timestamp", "beyond the calendar", 10**18, "generated_at", "1000000000000000000"),
        ("requester_id", "beyond 64 bits", 2**64 - 1, "requester_id", ""),
    )),
    _fine("via is text", {"via": "email"}, expect={"channel": None}),
    _fine("custom fields without ids", {"custom_fields": [{}, None, 7, "x", {"value": 1}, {"id": None, "value": None}]}),
    _fine("custom fields nested in lists", {"custom_fields": [{"id": 1, "value": [[["a"]], {"b": None}]}]}),
    _fine("tags that are no texts", {"tags": [None, 5, True, {"a": 1}, ["b"], ""]}),
    _fine("a field nested sixty deep", {"metadata": _NESTED}),
]  # fmt: skip

IDS = [
    _apart("no id", "ticket_has_id", {"id": None}),
    _apart("an id that is text", "declared_types ticket_id A-1", {"id": "A-1"}),
    _apart("an id that is empty text", "declared_types ticket_id", {"id": ""}),
    _apart("an id that is a fraction", "declared_types ticket_id 1.5", {"id": 1.5}),
    _apart("an id that is a list", "declared_types ticket_id [1]", {"id": [1]}),
    _apart("an id that is an object", 'declared_types ticket_id {"a":1}', {"id": {"a": 1}}),
    _apart("an id that is true", "declared_types ticket_id true", {"id": True}),
    _fine("an id of zero", {"id": 0}),
    _fine("a negative id", {"id": -5}),
    _fine("an id of sixty bits", {"id": 2**60}),
    _apart("text instead of a ticket", "declared_types payload", raw="a ticket"),
    _apart("a list instead of a ticket", "declared_types payload", raw=[1, 2]),
    _apart("a number instead of a ticket", "declared_types payload", raw=7),
    _apart("null instead of a ticket", "declared_types payload", raw=None),
    _apart("an empty object instead of a ticket", "ticket_has_id", raw={}),
    _fine("an id that is used again after its ticket was deleted", {"status": "deleted", "subject": "the old one"}, then={"status": "new", "subject": "another"}, expect={"subject": "another", "is_deleted": False}),
    _fine("a ticket that is deleted", {"status": "open"}, then={"status": "deleted", "subject": "SCRUBBED", "description": "SCRUBBED"}, expect={"is_deleted": True}, counts=False),
    _fine("a ticket that comes back from the deleted", {"status": "deleted"}, then={"status": "open"}, expect={"is_deleted": False}),
]  # fmt: skip

VALUES = [
    _sent("a status nobody has heard of", "marts", "status_is_known (warning)", {"status": "escalated"}, expect={"status": "escalated"}),
    _sent("a status in capitals", "marts", "status_is_known (warning)", {"status": "OPEN"}),
    _sent("a status of nothing", "marts", "status_is_known (warning)", {"status": ""}),
    _sent("a priority nobody has heard of", "marts", "priority_is_known (warning)", {"priority": "blocker"}, expect={"priority": "blocker"}),
    _fine("a type nobody has heard of", {"type": "wish"}),
    _fine("a channel nobody has heard of", {"via": {"channel": "pigeon"}}, expect={"channel": "pigeon"}),
    _fine("a channel that is an object", {"via": {"channel": None, "source": None}}),
    _fine("five hundred tags", {"tags": [f"tag_{n}" for n in range(500)]}),
    _fine("a tag of a thousand letters", {"tags": ["t" * 1000]}),
    _fine("a tag that says spam", {"tags": ["spam"]}, expect={"is_spam": True}, counts=False),
    _fine("a tag that says merged", {"tags": ["closed_by_merge"], "status": "closed"}, comments=({"body": "This request was closed and merged into request #77"},), expect={"is_merged": True, "merged_into_ticket_id": "zendesk:77"}, counts=False),
    _fine("a merge into a ticket that does not exist", {"tags": ["closed_by_merge"], "status": "closed"}, comments=({"body": "merged into request #99999999999999999999"},), expect={"is_merged": True}, counts=False),
    _fine("a requester nobody knows", {"requester_id": 123456789}),
    _fine("an organization that was deleted", {"organization_id": 987654321}, expect={"organization_name": None}),
    _fine("a group that was deleted", {"group_id": 5555}, expect={"group_name": None}),
    _fine("ids of minus one", {"requester_id": -1, "assignee_id": -1, "organization_id": -1, "group_id": -1}),
    _fine("a subject of spaces", {"subject": "   "}),
    _sent("a subject of five thousand letters", "marts", "subject_length (warning)", {"subject": "long " * 1000}),
    _sent("a change that is older than the ticket", "marts", "updated_after_created (warning)", {"updated_at": "2024-01-01T00:00:00Z"}),
    _fine("an address that is none", {"url": "javascript:alert(1)"}, expect={"url": None}),
    _fine("a custom field that is text and then a number", {"custom_fields": [{"id": 1, "value": "a"}]}, then={"custom_fields": [{"id": 1, "value": 5}]}),
    _fine("a custom field that is one value and then many", {"custom_fields": [{"id": 1, "value": "a"}]}, then={"custom_fields": [{"id": 1, "value": ["a", "b"]}]}),
    _fine("a custom field that is true and then an object", {"custom_fields": [{"id": 1, "value": True}]}, then={"custom_fields": [{"id": 1, "value": {"a": 1}}]}),
    _fine("a custom field that is removed", {"custom_fields": [{"id": 1, "value": "a"}]}, then={"custom_fields": []}),
    _fine("fields that nobody knows", {"new_field": {"a": [1, 2]}, "": "", "a.b": 1, "$[*]": 2, 'q"uote': 3}),
    _fine("a rating that is text", {"satisfaction_rating": "good"}),
]  # fmt: skip

TIMES = [
    _apart("a ticket of 1970", "created_at_is_plausible created_at 1970-01-01T00:00:00", {"created_at": "1970-01-01T00:00:00Z"}),
    _apart("a ticket of the year 1", "created_at_is_plausible created_at 0001-01-01T00:00:00", {"created_at": "0001-01-01T00:00:00Z"}),
    _apart("a ticket of next year", "not_ahead_of_clock created_at 2026-01-20T10:00:00", {"created_at": "2026-01-20T10:00:00Z"}),
    _apart("a ticket of the year 9999", "not_ahead_of_clock created_at 9999-12-31T23:59:59", {"created_at": "9999-12-31T23:59:59Z"}),
    _apart("a ticket changed in the future", "not_ahead_of_clock updated_at 2099-01-01T00:00:00", {"updated_at": "2099-01-01T00:00:00Z"}),
    _fine("a time in another zone", {"created_at": "2025-01-20T12:00:00+02:00"}),
    _fine("a time with fractions of a second", {"created_at": "2025-01-20T10:00:00.123456Z"}),
    _fine("a time without a zone", {"created_at": "2025-01-20T10:00:00"}),
    _fine("a generated timestamp of zero", {"generated_timestamp": 0}),
    _fine("a generated timestamp before 1970", {"generated_timestamp": -5}),
    _fine("a generated timestamp with fractions", {"generated_timestamp": GENERATED + 0.5}),
]  # fmt: skip

TEXTS = [
    _body("a body of three megabytes", "The export fails. " * 170_000),
    _body("three megabytes without a space", "x" * 3_000_000),
    _body("HTML of three megabytes", "<p>The <b>export</b> fails.</p>" * 100_000),
    _body("HTML nested twenty thousand deep", "<div>" * 20_000 + "deep" + "</div>" * 20_000),
    _body("HTML that is never closed", "<p><b><i><table><tr><td>" * 2_000),
    _body("HTML of scripts and styles alone", "<script>alert(1)</script><style>p{}</style><noscript>x</noscript>"),
    _body("HTML of an image alone", '<img src="https://x.example/pixel.gif" onerror="alert(1)">'),
    _body("HTML of entities", "&lt;script&gt;&#0;&#x110000;&nbsp;&bogus;&#55357;"),
    _body("HTML with a processing instruction and CDATA", "<?php echo 1 ?><![CDATA[ x ]]><!-- - -- ---><o:p>x</o:p>"),
    _body("XML with an entity of its own", '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>'),
    _body("control characters", "".join(map(chr, range(32))) + "\x7f\x80\x9f"),
    _body("a NUL", "before\0after"),
    _body("half a surrogate pair", "broken \ud83d emoji \udc00"),
    _body("marks that turn the line around", "\u202eevil\u202c \u2066hidden\u2069 \u200f"),
    _body("emoji alone", "🎉🔥👨‍👩‍👧‍👦🏳️‍🌈"),
    _body("text of zero width", "\u200b\u200c\u200d\ufeff\u2060"),
    _body("a mark on a mark on a mark", "a" + "\u0301" * 5000),
    _body("spaces alone", " \t\r\n\u00a0\u3000"),
    _body("no body", ""),
    _body("a hundred thousand line ends", "\n" * 100_000),
    _body("a body of quoted lines alone", "> quoted\n" * 2_000),
    _body("a body that looks like SQL", "'; drop table tickets; -- {{ 1/0 }} ${x} %s {0}"),
    _body("a body that looks like JSON", '{"id": null, "payload": "}"}'),
    _body("a key as long as a chapter", "-----BEGIN PRIVATE KEY-----" + "A" * 100_000),
    _body("a megabyte of digits", "4111 1111 " * 100_000),
    _body("a megabyte of at signs", "@" * 1_000_000),
    _body("a megabyte of open brackets", "<[({" * 250_000),
    _body("a megabyte of errors", "Error: " * 150_000),
    _body("Arabic, Hebrew, Thai and Chinese", "لا يعمل التصدير. הייצוא נכשל. การส่งออกล้มเหลว 导出失败。"),
]  # fmt: skip

COMMENTS = [
    _fine("no event at all", comments=None),
    _fine("an event without a comment", comments=()),
    _fine("ten thousand comments", comments=tuple({"body": f"comment {n}"} for n in range(10_000))),
    _fine("a comment without an author", comments=({"author_id": None},)),
    _fine("a comment of an author nobody knows", comments=({"author_id": 424242},)),
    _fine("a comment of the system", comments=({"author_id": -1},)),
    _fine("a comment without a body", comments=({"body": None, "html_body": None, "plain_body": None},)),
    _fine("a comment of attachments alone", comments=({"body": "", "html_body": "", "attachments": [{"id": 1, "file_name": "x.png", "size": -1}]},)),
    _fine("a comment whose body is an object", comments=({"body": {"a": 1}, "html_body": [1]},)),
    _fine("a comment that says neither public nor private", comments=({"public": None},)),
    _fine("child events that are no objects", comments=("text", 7, None, ["x"])),
    _fine("an event of a kind nobody has heard of", comments=({"event_type": "Levitation"},)),
    _fine("an event without a timestamp", event={"timestamp": None}),
    _fine("an event whose timestamp is a word", event={"timestamp": "soon"}, events_apart=1),
    _fine("an event without a time", event={"timestamp": None, "created_at": None}, events_apart=1),
    _fine("an event of 1970", event={"created_at": "1970-01-01T00:00:00Z"}, events_apart=1),
    _fine("an event of the future", event={"created_at": "2099-01-01T00:00:00Z"}, events_apart=1),
    _fine("an event without its ticket", event={"ticket_id": None}, events_apart=1),
    _fine("an event without children", event={"child_events": None}, events_apart=1),
    _fine("an event without an id", event={"id": None}, events_apart=1),
    _fine("a change of a status to a number", comments=({"event_type": "Change", "status": 5, "previous_value": ["x"]},)),
    _fine("a change of tags to an object", comments=({"event_type": "Change", "tags": {"a": 1}},)),
    _fine("a change of a custom field nobody knows", comments=({"event_type": "Change", "custom_ticket_fields": {'we"ird': None}},)),
]  # fmt: skip

CASES = [*NULLS, *TYPES, *IDS, *VALUES, *TIMES, *TEXTS, *COMMENTS]
