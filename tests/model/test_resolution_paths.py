"""Paths from landed tickets: the texts read by the enrichment, the turns told by the helpdesk."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from warehouse_fixture import House, change, comment, zendesk_event, zendesk_ticket, zendesk_user

from flows.enrich.messages import refresh_messages
from flows.model import dbt
from flows.model.built import note_built
from flows.warehouse.duck import writer

PATHS = "select ticket_id, path, outcome from marts.fct_resolution_paths order by 1"
REPLY = (
    "Hello, thank you for writing to us about the export. Which version of the program do you use, and in which browser"
    " does it happen?"
)


@pytest.fixture
def house(tmp_path):
    return House.fresh(tmp_path, now=datetime(2026, 6, 20, 12))


def talk(number: int, hour: int, *done: object) -> dict[str, object]:
    at = datetime(2026, 6, number, 8) + timedelta(hours=hour)
    return zendesk_event(number * 1000 + hour * 10, number, f"{at.isoformat()}Z", *done, updater_id=50)


def follow(house: House, *, full: bool = False) -> list[tuple]:
    house.build("stage")
    with writer(house.run()) as con:
        refresh_messages(con, house.run())
        if full:
            con.execute("delete from control.facts_built")
        result = dbt.invoke(
            house.settings,
            ["run", "--select", "path:models/intermediate/accounts", "path:models/intermediate/signals",
             "fct_resolution_paths", "fct_resolution_map", *(["--full-refresh"] * full)],
            layer="some models",
        )  # fmt: skip
        assert result.failures == []
        note_built(con)
        return con.sql(PATHS).fetchall()


def test_paths_follow_their_tickets_and_are_those_of_a_build_from_nothing(house):
    house.land("zendesk", "users", [zendesk_user(n) for n in (901, 902, 903)] + [zendesk_user(50, "agent")])
    tickets = [
        zendesk_ticket(n, created_at=f"2026-06-0{n}T08:00:00Z", status="solved", description="The export fails.")
        for n in (1, 2, 3)
    ]
    house.land("zendesk", "tickets", tickets)
    said = [talk(n, 0, comment(900 + n, "The export fails."), change("status", "new")) for n in (1, 2, 3)]
    said += [talk(n, 1, comment(50, REPLY)) for n in (1, 2, 3)]
    said += [talk(1, 2, comment(901, "Version 3, in Chrome.")), talk(1, 3, comment(50, "We have fixed it now."))]
    said += [talk(n, 4, comment(50, "Done."), change("status", "solved", "new")) for n in (1, 2, 3)]
    house.land("zendesk", "ticket_events", said)
    first = follow(house)
    assert first == [
        ("zendesk:1", "question > fix > reply > solved", "assumed"),
        ("zendesk:2", "question > reply > solved", "assumed"),
        ("zendesk:3", "question > reply > solved", "assumed"),
    ]
    house.now += timedelta(hours=1)
    house.land(
        "zendesk", "ticket_events",
        [talk(2, 30, comment(902, "It came back."), change("status", "open", "solved")),
         talk(2, 31, comment(50, "I escalated it to our engineering team."))],
        at=house.now, backfill=False,
    )  # fmt: skip
    kept = follow(house)
    assert kept == [first[0], ("zendesk:2", "question > reply > solved > reopened > escalation", "reopened"), first[2]]
    assert follow(house, full=True) == kept
    counted = house.rows("select approach, tickets, durable from marts.fct_resolution_map order by 1")
    assert counted == [
        ("question > fix > reply", 1, 1), ("question > reply", 2, 1),
    ]  # fmt: skip
