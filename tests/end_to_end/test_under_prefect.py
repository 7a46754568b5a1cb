"""The flows under a Prefect server: tasks and report can be seen there, and a second run waits for the first."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Prefect server in a thread, and a home with one exported file as its only source."""
    home = tmp_path_factory.mktemp("home")
    (home / "tickets.csv").write_text(
        "id,subject,description,created_at,requester_id\n"
        "1,Export fails,The export fails with ERR-77,2026-06-30T10:00:00Z,u1\n"
        "2,Invoice,Where is my invoice?,2026-06-30T11:00:00Z,u2\n"
    )
    (home / "groundswell.toml").write_text(
        'clock = "2026-07-01T00:00:00Z"\n[sources.export]\ntype = "files"\n'
        f'[sources.export.streams.tickets]\npath = "{home}/tickets.csv"\n'
    )
    before = dict(os.environ)
    os.environ |= {
        "GROUNDSWELL_HOME": str(home),
        "GROUNDSWELL_CONFIG": str(home / "groundswell.toml"),
        "PREFECT_HOME": str(home / "prefect"),
        "PREFECT_LOGGING_LEVEL": "WARNING",
    }
    from flows.orchestration import local_server

    try:
        with local_server(_free_port()) as url:
            yield url
    finally:
        os.environ.clear()
        os.environ.update(before)


def test_the_hourly_flow_leaves_its_tasks_and_its_report(server: str) -> None:
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.sorting import FlowRunSort

    from flows.hourly import hourly

    result = hourly()
    assert result["pulled.export.tickets"] == 2
    with get_client(sync_client=True) as client:
        # other tests of this process may have used Prefect's home before, and left runs that were killed
        flow_run = client.read_flow_runs(sort=FlowRunSort.START_TIME_DESC, limit=1)[0]
        assert flow_run.state is not None and flow_run.state.is_completed()
        names = {task_run.name for task_run in client.read_task_runs()}
        artifacts = [artifact.data for artifact in client.read_artifacts()]
    assert {"pull export", "validate", "dbt stage", "enrich", "dbt judge", "push", "publish copy"} <= names
    assert any("Seconds per stage" in str(data) for data in artifacts)


def test_a_failing_run_is_failed_in_prefect_and_still_reports(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from prefect.client.orchestration import get_client

    from flows.core.errors import GroundswellError
    from flows.hourly import hourly

    def broken(*_: object, **__: object) -> None:
        raise GroundswellError("model fct_tickets failed")

    monkeypatch.setattr("flows.model.dbt.build", broken)
    with pytest.raises(GroundswellError, match="fct_tickets"):
        hourly()
    with get_client(sync_client=True) as client:
        assert any(run.state is not None and run.state.is_failed() for run in client.read_flow_runs())
        assert any("tickets failed" in str(artifact.data) for artifact in client.read_artifacts())


def test_the_writer_slot_is_free_after_a_run(server: str) -> None:
    from prefect.client.orchestration import get_client

    from flows.orchestration import WRITER_LIMIT

    with get_client(sync_client=True) as client:
        assert client.read_global_concurrency_limit_by_name(WRITER_LIMIT).active_slots == 0


def test_the_demos_server_is_for_this_machine_alone(server: str) -> None:
    port = int(server.rsplit(":", 1)[1])
    socket.create_connection(("127.0.0.1", port), timeout=60).close()
    with pytest.raises(ConnectionRefusedError):  # a server for everybody listens at every address of loopback too
        socket.create_connection(("127.0.0.2", port), timeout=60)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
