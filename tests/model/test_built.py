"""What the warehouse was last built from: nothing that changes while a run is under way, or goes with it, is missed."""

from __future__ import annotations

from pathlib import Path

import pytest
from warehouse_fixture import House, files_ticket, zendesk_ticket

from flows.core.errors import GroundswellError
from flows.model import built, dbt
from flows.warehouse.duck import writer


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House.built(tmp_path)


def test_a_ticket_that_came_with_a_stopped_run_and_is_gone_stays_nowhere(house: House) -> None:
    house.land("export", "tickets", [files_ticket("a")])
    house.build("stage", "judge")
    house.land("export", "tickets", [files_ticket("b")])
    house.build("stage")  # and nothing is judged
    house.quarantine("export", "tickets", "b", 20_000_000)
    house.build("stage", "judge", "stage")
    assert house.rows("select ticket_id from intermediate.int_tickets") == [("export:a",)]
    assert house.rows("select * from intermediate.int_ticket_changes") == []


def organization(id: int) -> dict[str, object]:
    return {
        "id": id, "name": f"Organization {id}", "domain_names": [], "organization_fields": {}, "external_id": None,
        "created_at": "2025-01-01T00:00:00Z", "updated_at": "2025-01-01T00:00:00Z",
    }  # fmt: skip


def test_an_account_that_only_a_stopped_run_saw_keeps_no_rows_of_its_ticket(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stops(con: object) -> None:
        raise GroundswellError("stopped")

    def ticket(id: int, organization_id: int, updated_at: str) -> dict[str, object]:
        at = f"2026-06-0{id}T10:00:00Z"
        return zendesk_ticket(id, organization_id=organization_id, created_at=at, updated_at=updated_at)

    house.land("zendesk", "organizations", [organization(7), organization(8)])
    house.land("zendesk", "tickets", [ticket(1, 7, "2026-06-01T10:00:00Z")])
    house.enrich_ticket("zendesk:1", error_signature="E-1", content_hash="h")
    house.build("stage", "judge")
    house.land("zendesk", "tickets", [ticket(2, 7, "2026-06-02T10:00:00Z")])
    house.enrich_ticket("zendesk:2", error_signature="E-1", content_hash="h")
    house.build("stage")
    with monkeypatch.context() as patched, pytest.raises(GroundswellError, match="stopped"):
        patched.setattr(built, "note_built", stops)
        house.build("judge")
    alike = "select account_key, ticket_id from intermediate.int_churn_alike_tickets"
    assert house.rows(alike) == [("zendesk:7", "zendesk:2")]
    house.land("zendesk", "tickets", [ticket(2, 8, "2026-06-03T10:00:00Z")])
    house.build("stage", "judge")
    assert house.rows(alike) == []


def changed(house: House, layer: str) -> set[str]:
    run = house.run()
    with writer(run) as con:
        return set(built.changes(run, con, layer))


def test_what_is_judged_follows_what_staging_has_built_not_what_its_files_have_become(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.build("stage", "judge")
    digest_of = built.files_digest

    def edited(root: Path, *parts: str) -> str:
        return digest_of(root, *parts) + ("edited" if "seeds" in parts or "models/staging" in parts else "")

    with monkeypatch.context() as patched:
        patched.setattr(built, "files_digest", edited)
        assert changed(house, "stage") >= {"seeds", "models"}
        assert changed(house, "judge") == set()
        house.execute("update control.built set digest = 'as edited' where part = 'seeds'")  # staging has built them
        assert changed(house, "judge") == {"judged"}


def test_what_lands_while_the_warehouse_is_open_is_for_the_next_run(house: House) -> None:
    house.build("stage", "judge", "stage")
    run = house.run()
    with writer(run) as con:
        house.land("export", "tickets", [files_ticket("a")])
        assert built.changes(run, con, "stage") == {}
    assert changed(house, "stage") == {"landing.files__tickets"}


def test_after_pushing_nothing_is_built_from_nothing(house: House) -> None:
    house.land("export", "tickets", [files_ticket("a")])
    house.build("stage", "judge")
    house.execute("update control.built set digest = 'of other models' where part = 'judged'")
    dbt.build(house.run(), "settle")
    assert house.rows("select ticket_id from control.facts_built") == [("export:a",)]
    assert changed(house, "judge") == {"judged"}


def test_a_replay_tries_seeds_and_rules_as_their_files_are(house: House) -> None:
    moment = house.now.replace(hour=1)
    [as_built] = house.build("replay", moments=[moment])
    house.execute("update control.built set digest = 'of other seeds' where part = 'seeds'")
    house.execute("update seeds.detection_policy set value = 99 where name = 'min_reporters'")
    [tried] = house.build("replay", moments=[moment])
    assert tried.models > as_built.models + 20 and tried.tests == as_built.tests == 0
    assert house.rows("select min_reporters from intermediate.int_detection_policy") == [(2.0,)]


def test_a_seed_that_has_a_new_column_is_made_anew(house: House) -> None:
    house.execute("alter table seeds.detection_windows drop column budget_share")
    house.execute("update control.built set digest = 'of an older version' where part = 'seeds'")
    house.build("stage", "judge")
    assert house.rows("select count(budget_share) > 0 from seeds.detection_windows") == [(True,)]
