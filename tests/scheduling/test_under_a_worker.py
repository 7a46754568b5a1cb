"""Runs as a Prefect server and a process worker make them: by the schedule, by hand, failing, cancelled, and while
the server or the whole machine goes away. One after the other: each is also the next run of the one before.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from echo import all_vendors_at, echoing_vendors
from prefect_world import PrefectWorld, eventually, kill_run, prefect_world
from search_everything import search_everything

from flows.core import locks
from flows.core.clock import iso
from flows.demo import SECRETS
from flows.landing.journal import Journal
from flows.landing.store import Store
from flows.settings import Settings, load_settings

pytestmark = pytest.mark.timeout(7200)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectWorld]:
    with prefect_world(tmp_path_factory.mktemp("scheduling")) as world:
        for name in ("hourly", "nightly"):  # whatever the time is now, no other run comes between
            deployment = world.deployment(name)
            assert [s["active"] for s in deployment["schedules"]] == [True], name
            world.pause(deployment)
        yield world


def settings() -> Settings:
    return load_settings(lock_wait_seconds=120)


def runs_in_the_journal() -> dict[str, dict[str, object]]:
    return Journal(Store(load_settings().journal)).latest("run")


def test_the_schedule_starts_a_run_that_leaves_its_tasks_and_its_report(world: PrefectWorld) -> None:
    hourly = world.deployment("hourly")["id"]
    begin = datetime.now(UTC)
    every_minute = {"interval": 60, "anchor_date": begin.isoformat(), "timezone": "UTC"}
    [schedule] = world.post(f"/deployments/{hourly}/schedules", [{"active": True, "schedule": every_minute}])

    def started() -> str | None:
        return next((run["id"] for run in world.flow_runs() if run["auto_scheduled"] and run["start_time"]), None)

    run = eventually("the schedule starts a run", started)
    world.delete(f"/deployments/{hourly}/schedules/{schedule['id']}")
    for waiting in world.flow_runs(flow_runs={"state": {"type": {"any_": ["SCHEDULED"]}}}):
        world.delete(f"/flow_runs/{waiting['id']}")
    state = world.state_of(run)
    assert state["type"] == "COMPLETED", state["message"]
    due = datetime.fromisoformat(world.flow_run(run)["expected_start_time"]) - begin
    assert due.total_seconds() % 60 == pytest.approx(0, abs=0.01) and due.total_seconds() > 0
    stages = {"pull zendesk", "read back linear", "validate", "dbt stage", "enrich", "dbt judge", "push"}
    assert stages <= world.tasks(run).keys()
    assert {task["state_type"] for task in world.tasks(run).values()} == {"COMPLETED"}
    [report] = world.reports(run)
    assert "Seconds per stage" in report and "pulled.zendesk.tickets" in report
    world.company.assert_complete()
    assert [body["status"] for body in runs_in_the_journal().values()] == ["completed"]


def test_a_failing_run_is_failed_in_prefect_and_told_in_slack(world: PrefectWorld) -> None:
    run = world.order(sources=["zendsk"])
    state = world.state_of(run)
    assert state["type"] == "FAILED"
    assert "Did you mean 'zendesk'?" in state["message"]
    assert any("zendsk" in report for report in world.reports(run))
    assert any("The hourly run failed" in message["text"] for message in world.company.slack("C0OPS"))


def test_a_cancelled_run_leaves_no_lock_and_no_slot(world: PrefectWorld) -> None:
    world.company.fault(vendor="zendesk", kind="slow", times=99, seconds=3600)
    run = world.order(sources=["zendesk"])
    eventually("it pulls", lambda: world.tasks(run).get("pull zendesk", {}).get("state_type") == "RUNNING")
    assert world.taken_slots() == 1
    world.cli("flow-run", "cancel", run)
    assert world.state_of(run)["type"] == "CANCELLED"
    eventually("the slot is free", lambda: world.taken_slots() == 0)
    for lock in ("flow", "writer", "source-zendesk"):
        with locks.hold(settings().lock_dir, lock, holder="the test", wait_seconds=300):
            pass
    world.company.clear_faults()


def test_a_run_by_hand_takes_its_parameters_is_tried_again_and_outlives_a_restart_of_the_server(
    world: PrefectWorld,
) -> None:
    """It is also the run after the cancelled one. It waits for a lock while the server is away."""
    before = runs_in_the_journal()
    given = {"now": iso(world.company.now + timedelta(hours=1)), "sources": ["zendesk"], "dry_run": True}
    flags = [arg for name, value in given.items() for arg in ("--param", f"{name}={json.dumps(value)}")]
    world.company.fault(vendor="zendesk", kind="unauthorized", times=1)
    with locks.hold(settings().lock_dir, "writer", holder="the test"):
        world.cli("deployment", "run", "hourly/hourly", *flags)
        [run] = [run["id"] for run in world.flow_runs() if run["parameters"] == given]
        eventually("it has pulled", lambda: world.has_done(run, "validate"))
        world.kill("server")
        world.start_server()
    state = world.state_of(run)
    assert state["type"] == "COMPLETED", state["message"]
    tasks = world.tasks(run)
    assert tasks["pull zendesk"]["run_count"] == 2
    assert {name for name in tasks if name.startswith(("pull", "read back"))} == {"pull zendesk"}
    assert world.has_done(run, "publish copy")
    [report] = world.reports(run)
    assert "(dry run)" in report
    [body] = [body for key, body in runs_in_the_journal().items() if key not in before]
    assert body["at"] == given["now"]
    eventually("the slot is free", lambda: world.taken_slots() == 0)


def test_after_the_machine_went_down_the_next_run_goes_on(world: PrefectWorld) -> None:
    """Server, worker and run are killed together; what the server believes of the dead run stops nobody."""
    flow_lock: Path = settings().lock_dir / "flow.lock"
    with locks.hold(settings().lock_dir, "writer", holder="the test"):
        dead = world.order(sources=["zendesk"])
        eventually("it has pulled", lambda: world.has_done(dead, "validate"))
        world.kill("worker")
        world.kill("server")
        kill_run(flow_lock)
    world.start_server()
    world.start_worker()
    with echoing_vendors() as echo:
        run = world.order(all_vendors_at(f"{echo}/401"))
        state = world.state_of(run)
    assert state["type"] == "COMPLETED", state["message"]
    assert world.taken_slots() == 0
    [report] = world.reports(run)
    assert "\\*\\*\\*" in report, "the vendors quoted secrets, which are masked"


def test_no_secret_is_in_what_server_worker_and_runs_have_written(world: PrefectWorld) -> None:
    home = world.folder / "home"
    found = search_everything(world.folder, SECRETS.values(), skip=[home / "env", home / "sandbox"])
    assert [str(hit) for hit in found.hits] == []
    assert {"SQLite", "Parquet", "DuckDB"} <= found.decoded.keys()
