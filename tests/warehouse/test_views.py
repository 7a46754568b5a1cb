"""What a warehouse is told when it is opened: what has changed since, and nothing that is still true."""

from __future__ import annotations

from datetime import datetime

import duckdb
import pytest
from warehouse_fixture import NOW, House, files_ticket, zendesk_ticket

from flows.warehouse.duck import writer


@pytest.fixture
def house(tmp_path):
    house = House.fresh(tmp_path)
    house.land("zendesk", "tickets", [zendesk_ticket(1)])
    return house


def made(house, moments=None) -> set[str]:
    """Names of what opening the warehouse makes, seen by its number in the catalogue."""
    numbers = (
        "select schema_name || '.' || view_name, view_oid from duckdb_views() where not internal"
        " union all select schema_name || '.' || table_name, table_oid from duckdb_tables() where not internal"
    )
    with duckdb.connect(str(house.settings.warehouse_path)) as con:
        before = set(con.execute(numbers).fetchall())
    with writer(house.run(), moments=moments) as con:
        return {name for name, _ in set(con.execute(numbers).fetchall()) - before}


def test_only_what_names_other_files_is_made_again(house):
    house.rows("select 1")
    assert made(house) == set()
    house.land("export", "tickets", [files_ticket("a")])
    assert made(house) == {"landing.files__tickets", "control.sources"}
    run = house.run()
    run.journal.write("mute", [("f1", {"muted": True})], run_id=run.run_id, at=run.now)
    assert made(house) == {"journal.mute"}
    assert house.rows("select id from landing.files__tickets") == [("a",)]
    assert house.rows("select key from journal.mute") == [("f1",)]


def test_other_moments_and_other_news_of_a_source_are_told(house):
    house.rows("select 1")
    assert made(house, [datetime(2026, 6, 1)]) == {"control.as_of"}
    assert made(house) == {"control.as_of"}
    assert house.rows("select as_of from control.as_of") == [(NOW.replace(tzinfo=None),)]
    run = house.run()
    run.report.bad_sources["zendesk"] = "shrunk"
    with writer(run) as con:
        assert con.sql("select source, reason from control.sources where is_bad").fetchall() == [("zendesk", "shrunk")]
    assert house.rows("select source from control.sources where is_bad") == []


@pytest.mark.parametrize("dropped", ["view landing.zendesk__tickets", "view journal.mute", "table control.as_of"])
def test_what_somebody_dropped_is_made_again(house, dropped):
    house.execute(f"drop {dropped}")
    assert made(house) == {dropped.split()[1]}
    assert house.rows("select id from landing.zendesk__tickets") == [("1",)]


def test_files_that_were_put_into_one_are_followed(house):
    from flows.landing.compact import compact_all

    house.land("zendesk", "tickets", [zendesk_ticket(2)])
    assert house.rows("select count(*) from landing.zendesk__tickets") == [(2,)]
    compact_all(house.run())
    assert len(house.run().landing.files("zendesk", "tickets")) == 1
    assert made(house) >= {"landing.zendesk__tickets"}
    assert house.rows("select id from landing.zendesk__tickets order by 1") == [("1",), ("2",)]
