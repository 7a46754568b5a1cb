"""What is in quarantine is left out of staging, and comes back once it is mended: validation and models together."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from warehouse_fixture import NOW, House, zendesk_ticket

from flows.validate.run import validate_landed


def test_a_bad_version_is_left_out_of_staging_until_it_is_mended(tmp_path: Path) -> None:
    house = House(tmp_path)
    tickets = "select source_id, subject from staging.stg_zendesk__tickets order by 1"

    def validate() -> None:
        validate_landed(house.run(), ["zendesk"])
        house.now += timedelta(hours=1)
        house.build("stage")

    house.land("zendesk", "tickets", [zendesk_ticket(1), zendesk_ticket(2), zendesk_ticket(3, created_at=None)])
    validate()
    assert house.rows(tickets) == [("1", "Ticket 1"), ("2", "Ticket 2")]

    bad = zendesk_ticket(2, subject="newer", tags="not a list", updated_at="2026-06-02T10:00:00Z")
    house.land("zendesk", "tickets", [bad], at=NOW + timedelta(hours=1), backfill=False)
    validate()
    assert house.rows(tickets) == [("1", "Ticket 1"), ("2", "Ticket 2")], "the last good version stays"

    mended = [
        zendesk_ticket(2, subject="mended", updated_at="2026-06-02T11:00:00Z"),
        zendesk_ticket(3, subject="mended too", updated_at="2026-06-02T11:00:00Z"),
    ]
    house.land("zendesk", "tickets", mended, at=NOW + timedelta(hours=2), backfill=False)
    validate()
    assert house.rows(tickets) == [("1", "Ticket 1"), ("2", "mended"), ("3", "mended too")]
    assert house.rows("select count(*) from landing.quarantine__records") == [(4,)]
