"""The marts of support on a small company: every number leads to its tickets."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from warehouse_fixture import (
    House,
    change,
    comment,
    zendesk_event,
    zendesk_ticket,
    zendesk_user,
)


@pytest.fixture
def house(tmp_path):
    return House.fresh(tmp_path, now=datetime(2026, 6, 4, 12))


def test_a_small_company_from_landing_to_dashboard(house):
    house.land("zendesk", "users", [zendesk_user(901), zendesk_user(902), zendesk_user(50, "agent")])
    house.land(
        "zendesk",
        "tickets",
        [
            zendesk_ticket(1, created_at="2026-06-01T22:00:00Z", organization_id=7, status="solved"),
            zendesk_ticket(2, created_at="2026-06-01T09:00:00Z", organization_id=7, status="solved"),
            zendesk_ticket(3, created_at="2026-06-03T09:00:00Z", status="open"),
            zendesk_ticket(4, created_at="2026-06-03T09:30:00Z", status="deleted"),
        ],
    )
    house.land(
        "zendesk",
        "ticket_events",
        [
            zendesk_event(100, 1, "2026-06-01T22:00:00Z", comment(901, "help"), change("status", "new")),
            zendesk_event(200, 1, "2026-06-01T22:01:00Z", comment(-1, "we got it")),
            zendesk_event(300, 1, "2026-06-01T23:00:00Z", comment(50, "note", public=False)),
            zendesk_event(400, 1, "2026-06-02T08:00:00Z", comment(50, "try this"), change("status", "solved", "new")),
            zendesk_event(500, 1, "2026-06-03T08:00:00Z", comment(901, "no"), change("status", "open", "solved")),
            zendesk_event(600, 1, "2026-06-04T10:00:00Z", comment(50, "fixed"), change("status", "solved", "open")),
            zendesk_event(700, 2, "2026-06-01T09:00:00Z", comment(902, "hm"), change("status", "new")),
            zendesk_event(800, 2, "2026-06-02T11:00:00Z", comment(50, "so"), change("status", "solved", "new")),
        ],
    )
    house.land(
        "zendesk",
        "satisfaction_ratings",
        [
            {"id": 1, "ticket_id": 1, "score": "good", "updated_at": "2026-06-04T11:00:00Z"},
            {"id": 2, "ticket_id": 2, "score": "bad_with_comment", "updated_at": "2026-06-04T11:00:00Z"},
            {"id": 3, "ticket_id": 3, "score": "offered", "updated_at": "2026-06-04T11:00:00Z"},
        ],
    )
    house.land("export", "releases", [{"id": "r", "product": "app", "version": "4.1", "released_at": "2026-06-02"}])
    house.quarantine("zendesk", "users", "999", 1)
    house.enrich_ticket("zendesk:3", intent="bug", topic_id="t1", is_bug_like=True, title="It breaks")
    house.enrich_ticket("zendesk:4")
    with_topic = "insert into enrich.topics (topic_id, label, words, status) values ('t1', 'Breaks', ['break'], 'live')"
    house.build("stage")
    house.execute(with_topic)
    house.execute(
        "insert into enrich.signals select message_id, ticket_id, 'marker', 'urgency', 'now', 0, 3"
        " from intermediate.int_messages where author_role = 'customer' and ticket_id in ('zendesk:1', 'zendesk:2')"
    )
    house.execute("insert into enrich.signals values ('zendesk:9', 'zendesk:4', 'tone', 'angry', 'argh', 0, 4)")
    house.build_support()

    # the example of DECISIONLOG.md
    rows = house.rows(
        "select day, tickets_created, first_replies, first_reply_hours_median, tickets_resolved,"
        " resolution_hours_median, reopens, backlog, ratings, csat from marts.fct_ticket_kpis_daily order by day"
    )
    assert rows == [
        (date(2026, 6, 1), 2, 0, None, 0, None, 0, 2, 0, None),
        (date(2026, 6, 2), 0, 2, 18.0, 1, 26.0, 0, 0, 0, None),
        (date(2026, 6, 3), 1, 0, None, 0, None, 1, 2, 0, None),
        (date(2026, 6, 4), 0, 0, None, 1, 60.0, 0, 1, 2, 0.5),
    ]
    rows = house.rows(
        "select ticket_id, release, release_source, reporter_key, resolved_at is null, reopens"
        " from marts.fct_tickets order by 1"
    )
    assert rows == [
        ("zendesk:1", None, None, "zendesk:7", False, 1),
        ("zendesk:2", None, None, "zendesk:7", False, 0),
        ("zendesk:3", "4.1", "by_date", "zendesk:903", True, 0),
    ]
    rows = house.rows(
        "select value, sum(tickets), max(reporters), count(*) from marts.fct_ticket_volume_daily"
        " where dimension = 'intent' group by 1 order by 1"
    )
    assert rows == [("bug", 1, 1, 2), ("unknown", 2, 1, 4)]
    assert house.rows("select topic_id, label, tickets from marts.dim_topics") == [("t1", "Breaks", 1)]
    assert house.rows("select version, tickets, bug_like_tickets from marts.dim_releases") == [("4.1", 1, 1)]
    rows = house.rows(
        "select ticket_id, account_key, kind, name, span, sent_at from marts.fct_message_signals order by sent_at"
    )
    assert rows == [
        ("zendesk:2", "zendesk:7", "marker", "urgency", "now", datetime(2026, 6, 1, 9)),
        ("zendesk:1", "zendesk:7", "marker", "urgency", "now", datetime(2026, 6, 1, 22)),
        ("zendesk:1", "zendesk:7", "marker", "urgency", "now", datetime(2026, 6, 3, 8)),
    ]
    assert house.rows("select stream, record_id, rule from marts.fct_quarantine") == [("users", "999", "r")]
    rows = house.rows("select source, tickets from marts.fct_source_freshness order by 1")
    assert rows == [("export", 0), ("zendesk", 4)]
    rows = house.rows("select context, tickets, known from marts.fct_context_coverage where known > 0 order by 1")
    assert rows == [("account", 3, 2), ("intent", 3, 1), ("release", 3, 1), ("topic", 3, 1)]


def test_an_empty_warehouse_builds(house):
    house.build("stage")
    house.build_support()
    assert house.rows("select count(*) from marts.fct_ticket_kpis_daily") == [(0,)]
