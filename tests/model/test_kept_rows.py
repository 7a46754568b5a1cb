"""Models that keep their rows from run to run hold what they would hold if they were built from nothing."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

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

from flows.model.built import note_built
from flows.model.dbt import invoke
from flows.warehouse.duck import writer

KEPT = (
    "staging.stg_zendesk__tickets", "staging.stg_zendesk__ticket_events", "staging.stg_zendesk__users",
    "staging.stg_zendesk__organizations", "staging.stg_zendesk__ticket_metrics",
    "staging.stg_zendesk__satisfaction_ratings", "staging.stg_files__tickets", "staging.stg_files__messages",
    "intermediate.int_tickets", "intermediate.int_messages", "intermediate.int_ticket_events",
)  # fmt: skip
MODELS = ["path:models/staging/zendesk", "path:models/staging/files", "int_users", *(k.split(".")[1] for k in KEPT[8:])]


class Helpdesk(House):
    """A house whose kept models are built in two ways."""

    def follow(self, *, full: bool = False, came_through: bool = True) -> dict[str, list[Any]]:
        """Build the kept models; their rows by model. came_through: the run went on to its end."""
        with writer(self.run()) as con:
            if full:
                con.execute("delete from control.tickets_built")
            result = invoke(
                self.settings, ["run", "--select", *MODELS, "+int_ticket_changes", *(["--full-refresh"] * full)],
                layer="stage",
            )  # fmt: skip
            assert result.failures == []
            if came_through:
                note_built(con, "int_ticket_changes")
            return {name: con.sql(f"select * from {name} order by all").fetchall() for name in KEPT}

    def changed(self) -> set[str]:
        return {row[0] for row in self.rows("select ticket_id from intermediate.int_ticket_changes")}

    def later(self, source: str, stream: str, *payloads: dict[str, Any], version: str | None = None) -> int:
        """Land an hour later, not as history. Returns the sequence number of the first record."""
        self.now += timedelta(hours=1)
        self.land(source, stream, payloads, at=self.now, backfill=False, version=version)
        return int(self.rows(f'select max(seq) from landing."{self._types[source]}__{stream}"')[0][0])

    _types = {"zendesk": "zendesk", "export": "files"}  # noqa: RUF012


def organization(id: int, name: str, updated_at: str = "2026-06-01T10:00:00Z") -> dict[str, Any]:
    return {
        "id": id, "name": name, "domain_names": [], "organization_fields": {}, "external_id": None,
        "created_at": "2025-01-01T00:00:00Z", "updated_at": updated_at,
    }  # fmt: skip


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Helpdesk:
    """Five tickets of a helpdesk and two of an export, built once from nothing."""
    folder: Path = tmp_path_factory.mktemp("desk")
    house = Helpdesk(folder)
    house.land("zendesk", "users", [zendesk_user(900 + n) for n in range(1, 6)] + [zendesk_user(1, role="agent")])
    house.land("zendesk", "organizations", [organization(7, "North")])
    house.land(
        "zendesk",
        "tickets",
        [zendesk_ticket(n, organization_id=7 if n == 4 else None) for n in range(1, 6)],
    )
    events = [
        zendesk_event(100 * n, n, "2026-06-01T10:00:00Z", comment(900 + n, f"Opening of {n}")) for n in range(1, 6)
    ] + [zendesk_event(100 * n + 10, n, "2026-06-01T12:00:00Z", comment(1, "An answer")) for n in range(1, 6)]
    house.land("zendesk", "ticket_events", events)
    house.land("export", "tickets", [files_ticket("a"), files_ticket("b")])
    house.land(
        "export",
        "messages",
        [{"id": "m1", "ticket_id": "a", "author_id": "user-a", "body": "More", "sent_at": "2026-06-01T11:00:00Z"}],
    )
    house.follow()
    return house


def test_without_news_no_ticket_is_made_again(desk: Helpdesk) -> None:
    desk.follow()
    assert desk.changed() == set()


@pytest.mark.parametrize(
    ("news", "tickets"),
    [
        pytest.param(
            [("zendesk", "tickets", zendesk_ticket(1, status="solved", updated_at="2026-06-03T10:00:00Z"))],
            {"zendesk:1"},
            id="a newer version of a ticket",
        ),
        pytest.param(
            [("zendesk", "tickets", zendesk_ticket(2, subject="Old", updated_at="2026-05-01T10:00:00Z"))],
            set(),
            id="an older version of a ticket, landed late",
        ),
        pytest.param(
            [("zendesk", "tickets", zendesk_ticket(6, updated_at="2026-06-03T10:00:00Z"))],
            {"zendesk:6"},
            id="a new ticket",
        ),
        pytest.param(
            [
                ("zendesk", "ticket_events", zendesk_event(
                    240, 2, "2026-06-01T11:00:00Z", comment(902, "Between the two"), change("status", "pending", "open")
                )),
            ],
            {"zendesk:2"},
            id="a comment that comes late and moves the others",
        ),
        pytest.param(
            [("zendesk", "ticket_events", zendesk_event(110, 1, "2026-06-01T12:00:00Z", comment(1, "An answer")))],
            {"zendesk:1"},
            id="an event that is told twice",
        ),
        pytest.param(
            [("zendesk", "users", zendesk_user(903, role="agent", updated_at="2026-06-03T10:00:00Z"))],
            {"zendesk:3"},
            id="a customer who becomes an agent",
        ),
        pytest.param(
            [("zendesk", "organizations", organization(7, "Northern", "2026-06-03T10:00:00Z"))],
            {"zendesk:4"},
            id="an organization with a new name",
        ),
        pytest.param(
            [("zendesk", "ticket_metrics", {
                "id": 55, "ticket_id": 5, "solved_at": "2026-06-03T09:00:00Z", "updated_at": "2026-06-03T10:00:00Z",
            })],
            {"zendesk:5"},
            id="the time a ticket was solved",
        ),
        pytest.param(
            [
                ("export", "messages", {
                    "id": "m2", "ticket_id": "b", "author_id": "someone", "body": "Try this",
                    "sent_at": "2026-06-03T11:00:00Z",
                }),
            ],
            {"export:b"},
            id="a message of an export",
        ),
    ],
)  # fmt: skip
def test_news_has_the_tickets_made_again_that_it_touches(
    desk: Helpdesk, news: list[tuple[str, str, dict[str, Any]]], tickets: set[str]
) -> None:
    for source, stream, payload in news:
        desk.later(source, stream, payload)
    desk.follow()
    assert desk.changed() == tickets


def test_a_run_that_did_not_come_through_leaves_its_tickets_to_the_next(desk: Helpdesk) -> None:
    desk.later("zendesk", "tickets", zendesk_ticket(7, updated_at="2026-06-03T12:00:00Z"))
    kept = desk.follow(came_through=False)
    assert desk.follow() == kept
    assert desk.changed() == {"zendesk:7"}


def test_what_goes_into_quarantine_and_comes_out_is_followed(desk: Helpdesk) -> None:
    newer = desk.later("zendesk", "tickets", zendesk_ticket(5, subject="Bad", updated_at="2026-06-04T10:00:00Z"))
    only = desk.later(
        "zendesk", "ticket_events", zendesk_event(550, 5, "2026-06-04T10:00:00Z", comment(905, "Only here"))
    )
    desk.follow()
    for status, subject, bodies in (("quarantined", "Ticket 5", 0), ("released", "Bad", 1)):
        desk.now += timedelta(hours=1)
        desk.quarantine("zendesk", "tickets", "5", newer, status)
        desk.quarantine("zendesk", "ticket_events", "550", only, status)
        desk.follow()
        assert desk.rows("select subject from intermediate.int_tickets where ticket_id = 'zendesk:5'") == [(subject,)]
        assert desk.rows("select count(*) from intermediate.int_messages where body = 'Only here'") == [(bodies,)]


def test_a_ticket_of_which_nothing_is_left_is_taken_out(desk: Helpdesk) -> None:
    seq = desk.later("zendesk", "tickets", zendesk_ticket(8, updated_at="2026-06-05T10:00:00Z"))
    desk.follow()
    desk.quarantine("zendesk", "tickets", "8", seq)
    desk.follow()
    assert desk.rows("select count(*) from intermediate.int_tickets where ticket_id = 'zendesk:8'") == [(0,)]


def test_after_all_of_this_the_rows_are_those_of_a_build_from_nothing(desk: Helpdesk) -> None:
    kept = desk.follow()
    assert desk.follow(full=True) == kept
