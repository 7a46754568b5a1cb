"""The dbt runner: results, failures with a name, seeds and incremental models built anew when they must be."""

from __future__ import annotations

import os
import subprocess
import sys

import duckdb
import pytest
from warehouse_fixture import House, files_ticket

from flows.core.errors import GroundswellError
from flows.model import built, dbt
from flows.model.selection import models_of, readers
from flows.warehouse.duck import writer


@pytest.fixture
def fresh(tmp_path):
    return House.fresh(tmp_path)


@pytest.fixture
def house(tmp_path):
    return House.built(tmp_path)


def test_a_layer_says_how_many_models_and_tests_it_ran(fresh):
    (result,) = fresh.build("stage")
    assert (result.layer, result.failures, result.warnings) == ("stage", [], [])
    assert result.models > 20 and result.tests > 10 and result.seconds > 0


def test_nothing_is_printed_and_the_file_is_let_go_for_other_processes(house, capfd):
    house.build("stage")
    assert capfd.readouterr() == ("", "")
    program = f"import duckdb; duckdb.connect({str(house.settings.warehouse_path)!r}).execute('create table x (a int)')"
    subprocess.run([sys.executable, "-c", program], check=True)
    assert "GROUNDSWELL_WAREHOUSE" not in os.environ


def test_our_own_connection_may_stay_open_beside_dbt(house):
    house.land("export", "tickets", [files_ticket("a")])
    run = house.run()
    with writer(run) as con:
        dbt.build(run, "stage")
        assert con.sql("select ticket_id from intermediate.int_tickets").fetchall() == [("export:a",)]


def test_a_failing_model_is_named_with_its_message_and_compiled_file(house):
    house.build("stage")
    with writer(house.run()) as con:
        con.execute("drop schema intermediate cascade")
    with pytest.raises(GroundswellError, match=r"dbt judge: model \w+: .*does not exist.*compiled") as failure:
        house.build("judge")
    assert str(house.settings.home) in str(failure.value)
    with duckdb.connect(str(house.settings.warehouse_path)) as con:  # and the file is let go
        assert con.sql("select count(*) from staging.stg_files__tickets").fetchall() == [(0,)]


def test_a_failing_test_is_named_and_a_warning_is_reported_without_stopping(fresh):
    fresh.land("export", "tickets", [files_ticket("a", status="in limbo")])
    run = fresh.run()
    result = dbt.build(run, "stage")
    assert len(result.warnings) == 1 and "int_tickets_status" in result.warnings[0]
    assert run.report.problems == [f"dbt stage: {result.warnings[0]}"]
    with writer(fresh.run()) as con:
        con.execute("insert into intermediate.int_tickets select * from intermediate.int_tickets")
        failed = dbt.invoke(fresh.settings, ["test", "--select", "int_tickets,test_name:is_key"], layer="stage")
    assert len(failed.failures) == 1 and failed.failures[0].startswith(
        "test is_key_int_tickets_ticket_id: Got 1 result"
    )


def test_the_tests_inside_are_left_to_the_night(house):
    house.land("export", "tickets", [files_ticket("a")])
    house.build("stage", "judge")
    house.land("export", "tickets", [files_ticket("b", status="in limbo")])
    hour = dbt.build(house.run(), "stage")
    assert hour.models > 0 and hour.warnings == []
    night = dbt.build(house.run("nightly"), "stage")  # nothing has changed since
    assert night.models > 50 and len(night.warnings) == 1 and "int_tickets_status" in night.warnings[0]


def test_what_the_night_found_broken_is_not_let_through_by_the_hours_after_it(house):
    house.land("export", "tickets", [files_ticket("a")])
    house.build("stage", "judge")
    with writer(house.run()) as con:
        con.execute("insert into intermediate.int_tickets from intermediate.int_tickets")
    dbt.build(house.run(), "stage")  # an hour does not see it
    for flow in ("nightly", "hourly", "hourly"):
        with pytest.raises(GroundswellError, match="is_key_int_tickets_ticket_id"):
            dbt.build(house.run(flow), "stage")
    with writer(house.run()) as con:
        con.execute("delete from intermediate.int_tickets")
        con.execute("delete from control.tickets_built")
    whole = dbt.build(house.run(), "stage")
    assert whole.models > 50 and whole.tests > 50
    assert dbt.build(house.run(), "stage").models < 50  # and the hours are short again


def test_models_that_keep_rows_are_built_from_nothing_when_their_sql_changed(house):
    house.land("export", "tickets", [files_ticket("a")])
    house.build("stage")
    with writer(house.run()) as con:
        con.execute("update staging.stg_files__tickets set subject = 'by an older model'")
        con.execute("update control.built set digest = 'of other models' where part = 'models'")
    house.build("stage")
    assert house.rows("select subject from staging.stg_files__tickets") == [("Ticket a",)]
    with writer(house.run()) as con:  # an older version had a view
        con.execute("drop table staging.stg_files__tickets")
        con.execute("create view staging.stg_files__tickets as select 'of a view' as subject")
        con.execute("update control.built set digest = 'of other models' where part = 'models'")
    house.build("stage")
    assert house.rows("select subject from staging.stg_files__tickets") == [("Ticket a",)]


def staged(house):
    """Models that a run of staging builds, and names of those that read what has changed."""
    run = house.run()
    with writer(run) as con:
        manifest = dbt._parsed(run.settings)
        due = readers(manifest, models_of(manifest, "stage"), built.changes(run, con, "stage"), built.relations(con))
        return dbt.build(run, "stage").models, sorted(manifest.nodes[key].name for key in due)


def test_what_reads_nothing_that_has_changed_is_not_built_again(fresh):
    fresh.land("export", "tickets", [files_ticket("a")])
    everything, _ = staged(fresh)
    assert everything > 50
    _, pending = staged(fresh)  # the tickets of the first run are not judged yet
    assert "int_ticket_changes" in pending and not any(name.startswith("stg_") for name in pending)
    fresh.build("judge")
    staged(fresh)
    assert staged(fresh) == (0, [])
    fresh.land("export", "tickets", [files_ticket("b")])
    count, named = staged(fresh)
    assert count == len(named) < 10 and {"stg_files__tickets", "int_tickets", "int_messages"} <= set(named)
    assert fresh.rows("select ticket_id from intermediate.int_tickets order by 1") == [("export:a",), ("export:b",)]


def test_what_is_said_of_a_record_in_quarantine_builds_its_stream(house):
    house.land("export", "tickets", [files_ticket("a")])
    house.build("stage", "judge", "stage")
    assert staged(house) == (0, [])
    house.quarantine("export", "tickets", "a", 10_000_000)
    _, named = staged(house)
    assert {"stg_files__tickets", "stg_zendesk__tickets"} <= set(named) and "stg_files__messages" not in named
    assert house.rows("select * from intermediate.int_tickets") == []


def test_a_setting_that_names_a_field_builds_what_reads_it(house):
    house.build("stage")
    house.settings.sources["export"] = house.settings.sources["export"].model_copy(update={"type": "files"})
    assert staged(house) == (0, [])
    with writer(house.run()) as con:
        con.execute("update control.built set digest = 'of other settings' where part = 'control.sources'")
    _, named = staged(house)
    assert {"int_billing_customers", "int_crm_accounts", "int_tickets"} <= set(named)
    assert not any(name.startswith("stg_") for name in named)


def test_a_model_that_somebody_dropped_is_built_again(house):
    house.build("stage")
    with writer(house.run()) as con:
        con.execute("drop table intermediate.int_users")
    assert staged(house) == (1, ["int_users"])
    assert house.rows("select count(*) from intermediate.int_users") == [(0,)]


def test_a_build_that_failed_is_made_again(house, monkeypatch):
    house.land("export", "tickets", [files_ticket("a")])
    house.build("stage")
    house.land("export", "tickets", [files_ticket("b")])
    with writer(house.run()) as con:
        con.execute("create or replace table intermediate.int_tickets as select 'of nobody' as ticket_id")
    with pytest.raises(GroundswellError, match="dbt stage: "):
        house.build("stage")
    with writer(house.run()) as con:
        con.execute("drop table intermediate.int_tickets")
    house.build("stage")
    assert house.rows("select count(*) from intermediate.int_tickets") == [(2,)]


def test_unit_tests_pass(house):
    house.build("stage")
    house.build_support()
    result = dbt.unit_tests(house.run(), "path:models/staging", "path:models/intermediate/common",
                            "path:models/intermediate/accounts", "path:models/intermediate/signals",
                            "path:models/marts/support")  # fmt: skip
    assert result.failures == [] and result.tests >= 9


def test_the_documentation_is_one_file_that_loads_nothing_from_elsewhere(house):
    house.build("stage")
    path = dbt.docs(house.run())
    text = path.read_text()
    assert "int_ticket_facts" in text and "Zendesk tickets, newest version" in text
    assert 'src="http' not in text and "cdn." not in text
