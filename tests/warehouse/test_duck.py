"""The warehouse: one writer, readers on a copy, made again when it is lost."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
import warehouse_fixture
from warehouse_fixture import NOW, House, files_ticket, zendesk_ticket

from flows.core.errors import Busy, ConfigError, GroundswellError
from flows.warehouse.duck import reader, writer
from flows.warehouse.serving import publish_copy


@pytest.fixture
def house(tmp_path):
    return House.fresh(tmp_path)


def test_landing_views_show_what_is_committed_in_utc(house):
    house.land("zendesk", "tickets", [zendesk_ticket(1), zendesk_ticket(2)], backfill=False)
    rows = house.rows("select source, id, backfill, pulled_at from landing.zendesk__tickets order by id")
    assert rows == [
        ("zendesk", "1", False, datetime(2026, 7, 1, 12)),
        ("zendesk", "2", False, datetime(2026, 7, 1, 12)),
    ]


def test_a_stream_that_has_not_landed_is_an_empty_view_of_the_same_shape(house):
    house.land("zendesk", "tickets", [zendesk_ticket(1)])
    shape = "select column_name, data_type from information_schema.columns where table_name = '{}' order by all"
    assert house.rows("select count(*) from landing.zendesk__users") == [(0,)]
    assert house.rows(shape.format("zendesk__users")) == house.rows(shape.format("zendesk__tickets"))


def test_a_source_that_is_not_configured_is_not_shown(house):
    house.land("another", "tickets", [zendesk_ticket(1)])
    assert house.rows("select count(*) from landing.zendesk__tickets") == [(0,)]


def test_journal_entries_are_seen_as_soon_as_they_are_written(house):
    run = house.run()
    with writer(run) as con:
        assert con.sql("select count(*) from journal.mute").fetchall() == [(0,)]
    run.journal.write("mute", [("f1", {"muted": True})], run_id=run.run_id, at=run.now)
    assert house.rows("select key, body from journal.mute") == [("f1", '{"muted":true}')]


def test_a_store_under_another_url_is_read_through_fsspec(house, tmp_path):
    house.settings.landing_url = f"memory://{tmp_path.name}/landing"
    house.land("zendesk", "tickets", [zendesk_ticket(1)])
    house.build_only("stg_zendesk__tickets")
    assert house.rows("select ticket_id from staging.stg_zendesk__tickets") == [("zendesk:1",)]


def test_as_of_holds_the_moments_to_judge(house):
    moments = [datetime(2026, 6, 2), datetime(2026, 6, 1)]
    with writer(house.run(), moments=moments) as con:
        assert con.sql("select as_of from control.as_of order by 1").fetchall() == [
            (datetime(2026, 6, 1),),
            (datetime(2026, 6, 2),),
        ]
    assert house.rows("select as_of from control.as_of") == [(NOW.replace(tzinfo=None),)]


def test_sources_say_when_they_were_pulled_and_whether_they_are_late_or_bad(house):
    house.land("zendesk", "tickets", [zendesk_ticket(1)], at=datetime(2026, 7, 1, 1))
    run = house.run()
    states = [
        ("zendesk", {"status": "ok", "last_ok_at": "2026-07-01T01:00:00Z"}),
        ("export", {"status": "ok", "last_ok_at": "2026-07-01T11:00:00Z"}),
    ]
    run.journal.write("source_state", states, run_id=run.run_id, at=run.now)
    run.journal.write(
        "source_state", [("export", {"status": "bad_batch", "reason": "shrunk"})], run_id=run.run_id, at=run.now
    )
    rows = house.rows(
        "select source, last_pulled_at, last_ok_at, is_late, is_bad, reason from control.sources order by source desc"
    )
    one, eleven = datetime(2026, 7, 1, 1), datetime(2026, 7, 1, 11)
    assert rows == [
        ("zendesk", one, one, True, False, "last complete pull 2026-07-01T01:00:00Z"),
        ("export", None, eleven, False, True, "shrunk"),
    ]


def test_enrichment_tables_are_kept_and_made_again_only_when_their_columns_change(house, monkeypatch):
    house.enrich_ticket("zendesk:1", intent="bug")
    house.execute("insert into enrich.read_with values ('tickets', 'rules')")
    assert house.rows("select ticket_id from enrich.tickets") == [("zendesk:1",)]
    assert house.rows("select part from enrich.read_with") == [("tickets",)]
    monkeypatch.setattr("flows.enrich.tables.TABLES", {"tickets": "ticket_id VARCHAR, more VARCHAR"})
    assert house.rows("select ticket_id, more from enrich.tickets") == []
    assert house.rows("select part from enrich.read_with") == [], "else its history would never be read again"


def test_a_second_process_waits_for_the_writer_and_says_who_holds_it(house):
    house.settings.lock_wait_seconds = 0.3
    program = (
        f"import sys, time; sys.path.insert(0, {str(Path(warehouse_fixture.__file__).parent)!r})\n"
        "from pathlib import Path; from warehouse_fixture import House; from flows.warehouse.duck import writer\n"
        f"house = House(Path({str(house.settings.home.parent)!r}))\n"
        "with writer(house.run('nightly')): print('held', flush=True); time.sleep(30)\n"
    )
    other = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(Busy, match="nightly"), writer(house.run()):
            pass
    finally:
        other.kill()
        other.wait()
    with writer(house.run()) as con:
        assert con.sql("select 1").fetchall() == [(1,)]


def test_a_file_that_another_program_has_open_is_never_set_aside(house):
    house.rows("select 1")
    path = house.settings.warehouse_path
    program = f"import duckdb, time; c = duckdb.connect({str(path)!r}); print('open', flush=True); time.sleep(30)"
    other = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout.readline() == "open\n"
        with pytest.raises(Busy, match="another program"):
            house.rows("select 1")
    finally:
        other.kill()
        other.wait()
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_a_file_that_may_not_be_opened_is_never_set_aside(house):
    path = house.settings.warehouse_path
    path.parent.mkdir(parents=True)
    path.symlink_to(path.parent / "a disk that is not mounted" / path.name)
    with pytest.raises(GroundswellError, match="cannot be opened"):
        house.rows("select 1")
    assert [p.name for p in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("damage", [b"", b"this is no database", "truncated"])
def test_a_damaged_warehouse_is_set_aside_and_built_again(house, damage):
    house.land("export", "tickets", [files_ticket("a")])
    house.build_only("stg_files__tickets")
    path = house.settings.warehouse_path
    if damage == "truncated":
        path.write_bytes(path.read_bytes()[:5000])
    else:
        path.write_bytes(damage)
    house.build_only("stg_files__tickets")
    assert house.rows("select ticket_id from staging.stg_files__tickets") == [("export:a",)]


def test_a_missing_warehouse_is_built_again(house):
    house.land("export", "tickets", [files_ticket("a")])
    house.build_only("stg_files__tickets")
    house.settings.warehouse_path.unlink()
    house.build_only("stg_files__tickets")
    assert house.rows("select ticket_id from staging.stg_files__tickets") == [("export:a",)]


def test_reading_before_anything_is_published_says_what_to_do(house):
    with pytest.raises(ConfigError, match="groundswell backfill"), reader(house.settings):
        pass


def test_readers_see_the_published_copy_without_raw_text_and_keep_theirs_when_a_new_one_comes(house):
    house.land("export", "tickets", [files_ticket("a")])
    house.build("stage")
    house.build_support()
    first = publish_copy(house.run())
    with reader(house.settings) as old:
        assert old.sql("select ticket_id from marts.fct_tickets").fetchall() == [("export:a",)]
        names = {name for (name,) in old.sql("select table_name from information_schema.tables").fetchall()}
        assert {"fct_tickets", "int_ticket_turns", "as_of"} <= names
        assert not names & {"int_messages", "int_tickets", "int_users", "stg_files__tickets"}
        house.land("export", "tickets", [files_ticket("b")])
        house.build("stage")
        house.build_support()
        second = publish_copy(house.run())
        assert second != first
        with reader(house.settings) as new:
            assert new.sql("select count(*) from marts.fct_tickets").fetchall() == [(2,)]
        assert old.sql("select count(*) from marts.fct_tickets").fetchall() == [(1,)]


def published(house, table="enrich.tickets", columns="ticket_id, topic_id, clean_text"):
    with reader(house.settings) as con:
        return con.sql(f"select {columns} from {table} order by all").fetchall()


def read_tickets(house, *statements):
    with writer(house.run()) as con:
        for statement in statements:
            con.execute(statement)


INSERT = "insert into enrich.tickets (ticket_id, content_hash, clean_text) values"


def test_a_copy_follows_rows_that_are_new_changed_or_gone(house):
    read_tickets(
        house, f"{INSERT} ('a', 'h1', 'stays'), ('b', 'h2', 'is read again'), ('c', 'h3', 'goes'), ('d', 'h4', 'moves')"
    )
    publish_copy(house.run())
    read_tickets(
        house,
        "delete from enrich.tickets where ticket_id in ('b', 'c')",
        f"{INSERT} ('b', 'h5', 'was read again'), ('e', 'h6', 'comes')",
        "update enrich.tickets set topic_id = 'topic-1' where ticket_id = 'd'",
    )
    publish_copy(house.run())
    assert published(house) == [
        ("a", None, "stays"), ("b", None, "was read again"), ("d", "topic-1", "moves"), ("e", None, "comes"),
    ]  # fmt: skip


def test_rows_that_stay_are_not_written_again(house):
    """Seen by a text that no run wrote: the copy keeps what it was given with the copy before it."""
    read_tickets(house, f"{INSERT} ('a', 'h1', 'as it was')")
    first = publish_copy(house.run())
    with duckdb.connect(str(first)) as con:
        con.execute("update enrich.tickets set clean_text = 'marked'")
    publish_copy(house.run())
    assert published(house) == [("a", None, "marked")]


def test_a_table_of_another_shape_is_copied_in_whole_and_one_that_is_gone_goes(house):
    read_tickets(house, f"{INSERT} ('a', 'h1', 'text')")
    first = publish_copy(house.run())
    with duckdb.connect(str(first)) as con:
        con.execute("alter table enrich.tickets drop column topic_id")
        con.execute("create table enrich.of_an_earlier_version (x int)")
        con.execute("create schema intermediate; create table intermediate.of_an_earlier_version (x int)")
    publish_copy(house.run())
    assert published(house) == [("a", None, "text")]
    with reader(house.settings) as con:
        assert con.sql("select * from information_schema.tables where table_name like 'of_an%'").fetchall() == []


@pytest.mark.parametrize("flow", ["nightly", "rebuild"])
def test_only_an_hourly_copy_begins_as_the_one_before_it(house, flow):
    read_tickets(house, f"{INSERT} ('a', 'h1', 'as it was')")
    first = publish_copy(house.run())
    with duckdb.connect(str(first)) as con:
        con.execute("update enrich.tickets set clean_text = 'damaged where nobody looks'")
    publish_copy(house.run(flow))
    assert published(house) == [("a", None, "as it was")]


def test_a_damaged_copy_is_followed_by_one_made_from_nothing(house):
    read_tickets(house, f"{INSERT} ('a', 'h1', 'text')")
    first = publish_copy(house.run())
    first.write_bytes(b"not a database" * 1000)
    publish_copy(house.run())
    assert published(house) == [("a", None, "text")]


def test_a_reader_cannot_write(house):
    publish_copy(house.run())
    with reader(house.settings) as con, pytest.raises(duckdb.InvalidInputException, match="read-only"):
        con.execute("create table x (a int)")


def test_old_copies_are_pruned_and_half_written_ones_removed(house):
    house.settings.keep_serving_copies = 2
    (house.settings.serving_dir).mkdir(parents=True)
    (house.settings.serving_dir / "groundswell-stopped.tmp").write_text("half")
    paths = [publish_copy(house.run()) for _ in range(4)]
    left = sorted(p.name for p in house.settings.serving_dir.iterdir())
    assert left == sorted(["current.duckdb", paths[2].name, paths[3].name])


@pytest.mark.parametrize("threads", [1, 3])
def test_the_warehouse_has_the_threads_of_the_settings(house, threads):
    house.settings.threads = threads
    assert house.rows("select current_setting('threads')") == [(threads,)]
