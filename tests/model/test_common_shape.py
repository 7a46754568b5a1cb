"""The common shape: tickets, messages and events of Zendesk and of exports, side by side."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from warehouse_fixture import (
    House,
    change,
    comment,
    files_ticket,
    zendesk_event,
    zendesk_ticket,
    zendesk_user,
)

FIELDS = [{"id": 71, "title": "Category"}, {"id": 72, "title": "App version"}, {"id": 73, "title": "Other"}]


@pytest.fixture
def house(tmp_path):
    return House.fresh(tmp_path)


def test_zendesk_tickets_in_the_common_shape(house):
    custom = [{"id": 71, "value": "billing"}, {"id": 72, "value": "v4.2.0"}, {"id": 73, "value": "x"}]
    house.land("zendesk", "ticket_fields", FIELDS)
    house.land("zendesk", "groups", [{"id": 5, "name": "Tier 1"}])
    house.land("zendesk", "users", [zendesk_user(901, locale="de")])
    house.land(
        "zendesk",
        "organizations",
        [{"id": 7, "name": "Acme", "domain_names": ["acme.test"], "organization_fields": {"tier": "gold"}}],
    )
    house.land("zendesk", "ticket_metrics", [{"id": 61, "ticket_id": 1, "solved_at": "2026-06-03T00:00:00Z"}])
    house.land(
        "zendesk",
        "tickets",
        [
            zendesk_ticket(1, custom_fields=custom, group_id=5, organization_id=7, assignee_id=50, tags=["vip"]),
            zendesk_ticket(2, custom_fields=[{"id": 71, "value": ""}, {"id": 72, "value": None}]),
            zendesk_ticket(3, status="deleted"),
            zendesk_ticket(4, tags=["closed_by_merge"], status="closed"),
            zendesk_ticket(5, tags=["spam"], requester_id=None),
        ],
    )
    merged = comment(50, "Request #4 was closed and merged into request #1. Last comment: hi", public=False)
    house.land("zendesk", "ticket_events", [zendesk_event(100, 4, "2026-06-01T11:00:00Z", merged, updater_id=50)])
    house.build("stage")

    first = house.row("select * from intermediate.int_tickets where ticket_id = 'zendesk:1'")
    expected = {
        "source": "zendesk", "source_ticket_id": "1", "category": "billing", "app_version_field": "v4.2.0",
        "group_name": "Tier 1", "organization_id": "zendesk:7", "organization_name": "Acme", "locale": "de",
        "requester_id": "zendesk:901",
        "assignee_id": "zendesk:50", "tags": ["vip"], "solved_at": datetime(2026, 6, 3),
        "url": "https://example.zendesk.com/agent/tickets/1", "merged_into_ticket_id": None,
        "known_at": datetime(2026, 6, 1, 10),
    }  # fmt: skip
    assert {name: first[name] for name in expected} == expected
    rows = house.rows(
        "select source_ticket_id, category, requester_id, is_deleted, merged_into_ticket_id, is_merged, is_spam"
        " from intermediate.int_tickets order by 1"
    )
    assert rows[1:] == [
        ("2", None, "zendesk:902", False, None, False, False),
        ("3", None, "zendesk:903", True, None, False, False),
        ("4", None, "zendesk:904", False, "zendesk:1", True, False),
        ("5", None, None, False, None, False, True),
    ]
    assert house.rows("select name, domains, tier from intermediate.int_organizations") == [
        ("Acme", ["acme.test"], "gold")
    ]


def test_zendesk_messages_say_who_speaks_and_begin_with_the_opening_one(house):
    house.land("zendesk", "users", [zendesk_user(901), zendesk_user(50, "agent"), zendesk_user(51, "admin")])
    house.land("zendesk", "tickets", [zendesk_ticket(1), zendesk_ticket(2)])
    house.land(
        "zendesk",
        "ticket_events",
        [
            zendesk_event(100, 1, "2026-06-01T10:00:00Z", comment(901, "help", html_body="<p>help</p>")),
            zendesk_event(200, 1, "2026-06-01T10:01:00Z", comment(-1, "we got it", via="Rule")),
            zendesk_event(300, 1, "2026-06-01T10:02:00Z", comment(50, "auto", via="Rule")),
            zendesk_event(400, 1, "2026-06-01T11:00:00Z", comment(50, "a note", public=False)),
            zendesk_event(500, 1, "2026-06-01T12:00:00Z", comment(51, "answer"), change("status", "solved", "open")),
            zendesk_event(600, 1, "2026-06-01T13:00:00Z", comment(777, "me too")),
            zendesk_event(700, 2, "2026-06-05T10:00:00Z", comment(50, "the pull began after the opening")),
        ],
    )
    house.build("stage")
    rows = house.rows(
        "select position, author_role, is_public, body, body_format from intermediate.int_messages"
        " where ticket_id = 'zendesk:1' order by position"
    )
    assert rows == [
        (1, "customer", True, "<p>help</p>", "html"),
        (2, "system", True, "we got it", "text"),
        (3, "bot", True, "auto", "text"),
        (4, "agent", False, "a note", "text"),
        (5, "agent", True, "answer", "text"),
        (6, "customer", True, "me too", "text"),
    ]
    rows = house.rows(
        "select message_id, position, author_id, author_role, body from intermediate.int_messages"
        " where ticket_id = 'zendesk:2' order by position"
    )
    assert rows == [
        ("zendesk:ticket-2", 1, "zendesk:902", "customer", "Text of ticket 2"),
        ("zendesk:701", 2, "zendesk:50", "agent", "the pull began after the opening"),
    ]


def test_zendesk_events_are_typed_and_say_who_acted(house):
    house.land("zendesk", "ticket_fields", FIELDS)
    house.land("zendesk", "users", [zendesk_user(901), zendesk_user(50, "agent")])
    house.land("zendesk", "tickets", [zendesk_ticket(1)])
    category = {"event_type": "Change", "custom_ticket_fields": {"71": "bug"}, "previous_value": "billing"}
    house.land(
        "zendesk",
        "ticket_events",
        [
            zendesk_event(
                100, 1, "2026-06-01T10:00:00Z", comment(901, "help"),
                {"event_type": "Create", "status": "new"}, updater_id=901,
            ),
            zendesk_event(200, 1, "2026-06-01T11:00:00Z", change("status", "open", "new"), category, updater_id=50),
            zendesk_event(300, 1, "2026-06-02T11:00:00Z", change("satisfaction_score", "good"), updater_id=-1),
        ],
        backfill=False,
        at=datetime(2026, 6, 2, 12, tzinfo=UTC),
    )  # fmt: skip
    house.build("stage")
    rows = house.rows(
        "select event_type, previous_value, new_value, actor_role, occurred_at, known_at"
        " from intermediate.int_ticket_events order by occurred_at, event_type"
    )
    ten, eleven = datetime(2026, 6, 1, 10), datetime(2026, 6, 1, 11)
    pulled = datetime(2026, 6, 2, 12)
    assert rows == [
        ("created", None, None, "customer", ten, ten),
        ("status", None, "new", "customer", ten, pulled),
        ("category", "billing", "bug", "agent", eleven, pulled),
        ("status", "new", "open", "agent", eleven, pulled),
        ("satisfaction", None, "good", "system", datetime(2026, 6, 2, 11), pulled),
    ]


def test_exports_in_the_common_shape(house):
    reply = {"ticket_id": "a", "created_at": "2026-06-01T11:00:00Z", "author_role": None, "is_public": None}
    house.land(
        "export",
        "tickets",
        [
            files_ticket("a", description="<p>it broke</p>", tags="one; two,three", status="Resolved", version="4.1"),
            files_ticket("b", solved_at="2026-06-04T00:00:00Z", is_spam=True, organization_id="o1"),
            files_ticket("c", description=None, status="Waiting", tags=["x"]),
            files_ticket("d", description=None),
        ],
    )
    house.land(
        "export",
        "messages",
        [
            {**reply, "id": "m1", "body": "have you tried?", "author_id": "helper"},
            {**reply, "id": "m2", "body": "yes", "author_id": "user-a", "created_at": "2026-06-01T12:00:00Z"},
            {**reply, "id": "m3", "body": "only", "ticket_id": "c", "author_id": "user-c", "author_role": "customer"},
        ],
    )
    house.land("export", "articles", [{"id": "k1", "title": "How", "updated_at": "2026-01-01T00:00:00Z"}])
    house.land("export", "releases", [{"id": "r1", "product": "app", "version": "4.1", "released_at": "2026-05-01"}])
    house.build("stage")
    rows = house.rows(
        "select source_ticket_id, status, tags, is_spam, coalesce(organization_id, requester_id), app_version_field"
        " from intermediate.int_tickets order by 1"
    )
    assert rows == [
        ("a", "solved", ["one", "two", "three"], False, "export:user-a", "4.1"),
        ("b", "solved", [], True, "export:o1", None),
        ("c", "pending", ["x"], False, "export:user-c", None),
        ("d", None, [], False, "export:user-d", None),
    ]
    rows = house.rows(
        "select message_id, position, author_role, body_format from intermediate.int_messages order by ticket_id, 2"
    )
    assert rows == [
        ("export:ticket-a", 1, "customer", "html"),
        ("export:m1", 2, "agent", "text"),
        ("export:m2", 3, "customer", "text"),
        ("export:ticket-b", 1, "customer", "text"),
        ("export:m3", 1, "customer", "text"),
    ]
    assert house.rows("select article_id from intermediate.int_articles") == [("export:k1",)]
    assert house.rows("select version, known_at from intermediate.int_releases") == [("4.1", datetime(2026, 5, 1))]


def test_what_people_did_with_findings_is_read_back(house):
    issue = {
        "id": "u1", "identifier": "ENG-1", "url": "https://linear.test/ENG-1", "title": "It breaks",
        "priority": 2, "state": {"id": "s", "name": "Done", "type": "completed"},
        "labels": {"nodes": [{"id": "l", "name": "bug"}]},
        "relations": {"nodes": [{"id": "r", "type": "duplicate", "relatedIssue": {"id": "u9"}}]},
        "createdAt": "2026-06-01T10:00:00Z", "updatedAt": "2026-06-02T10:00:00Z", "completedAt": None,
    }  # fmt: skip
    message = {
        "channel": "C1", "ts": "1.5", "text": "t",
        "metadata": {"event_type": "x", "event_payload": {"finding_key": "f1", "delivery_key": "slack:f1:1"}},
        "reactions": [{"name": "eyes", "users": ["U1", "U2"], "count": 2}, {"name": "x", "users": ["U1"], "count": 1}],
    }  # fmt: skip
    house.land("linear", "issues", [issue])
    house.land("slack", "messages", [message])
    house.build("stage")
    found = house.row("select * from intermediate.int_tracker_issues")
    assert (found["state_type"], found["is_duplicate"], found["duplicate_of_issue_id"]) == ("completed", True, "u9")
    assert (found["label_names"], found["priority"]) == (["bug"], 2)
    rows = house.rows("select finding_key, reaction, user_id from intermediate.int_slack_reactions order by all")
    assert rows == [("f1", "eyes", "U1"), ("f1", "eyes", "U2"), ("f1", "x", "U1")]
