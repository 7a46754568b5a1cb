"""A Prefect server and a process worker, each a process of its own, for a tiny company. What people do is done by
Prefect's command line, as the README documents it; what is looked at comes from the server's API.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx
from hourly_runs import TinyCompany, tiny_company

from flows.settings import PROJECT_DIR

Json = dict[str, Any]
T = TypeVar("T")

PATIENCE = 1800.0  # seconds; what takes longer hangs
_IDLE_SERVICES = ("TRIGGERS", "LATE_RUNS", "FOREMAN", "PAUSE_EXPIRATIONS", "DB_VACUUM", "EVENT_LOGGER")  # cost CPU
POOL = "groundswell"
ENDED = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


def eventually(what: str, look: Callable[[], T | None], patience: float = PATIENCE) -> T:
    """What `look` finds, as soon as it finds something. Looks once a second."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        found = look()
        if found:
            return found
        time.sleep(1)
    raise AssertionError(f"{what}: not in {patience:.0f} seconds")


class PrefectWorld:
    """The server at `api` and its worker, which can be killed and started again; `folder` holds what they write."""

    def __init__(self, folder: Path, company: TinyCompany) -> None:
        self.folder, self.company = folder, company
        self._port = _free_port()
        self.api = f"http://127.0.0.1:{self._port}/api"
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._http = httpx.Client(timeout=300)
        os.environ |= {
            "PREFECT_HOME": str(folder / "prefect"),
            "PREFECT_API_URL": self.api,
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_SERVER_UI_ENABLED": "false",
            "PREFECT_SERVER_DATABASE_TIMEOUT": "120",
            "PREFECT_SERVER_DATABASE_CONNECTION_TIMEOUT": "120",
            "PREFECT_WORKER_QUERY_SECONDS": "2",
            "PREFECT_LOGGING_EXTRA_LOGGERS": "groundswell,flows",  # as much as can be is seen by the server
            "DO_NOT_TRACK": "1",
        } | {f"PREFECT_SERVER_SERVICES_{name}_ENABLED": "false" for name in _IDLE_SERVICES}

    # -- processes

    def start(self, name: str, *arguments: str) -> None:
        """A Prefect command that goes on in the background; what it prints is appended to `<name>.log`."""
        with (self.folder / f"{name}.log").open("ab") as out:
            self._processes[name] = subprocess.Popen(
                [_PREFECT, *arguments], cwd=PROJECT_DIR, stdout=out, stderr=out, start_new_session=True
            )

    def start_server(self) -> None:
        self.start("server", "server", "start", "--host", "127.0.0.1", "--port", str(self._port))
        eventually("the server answers", self._is_healthy)

    def start_worker(self) -> None:
        self.start("worker", "worker", "start", "--pool", POOL, "--limit", "1")

    def kill(self, name: str) -> None:
        process = self._processes.pop(name)
        process.kill()
        process.wait()

    def stop(self) -> None:
        for name in list(self._processes):
            self.kill(name)

    def cli(self, *arguments: str) -> str:
        """What a Prefect command prints. It must succeed."""
        done = subprocess.run(
            [_PREFECT, *arguments], cwd=PROJECT_DIR, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        with (self.folder / "cli.log").open("a") as log:
            log.write(done.stdout + done.stderr)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def _is_healthy(self) -> bool:
        try:
            return self._http.get(f"{self.api}/health").status_code == 200
        except httpx.HTTPError:
            return False

    # -- what the server knows

    def get(self, path: str) -> Any:
        return self._call("GET", path).json()

    def post(self, path: str, body: Any) -> Any:
        return self._call("POST", path, body).json()

    def delete(self, path: str) -> None:
        self._call("DELETE", path)

    def _call(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """The server's answer, once it has one: a busy SQLite database is a 503."""

        def answer() -> list[httpx.Response]:
            found = self._http.request(method, f"{self.api}{path}", json=body)
            return [] if found.status_code == 503 else [found.raise_for_status()]

        return eventually(f"an answer to {method} {path}", answer)[0]

    def deployment(self, name: str) -> Json:
        found: Json = self.get(f"/deployments/name/{name}/{name}")
        return found

    def flow_runs(self, **wanted: Any) -> list[Json]:
        found: list[Json] = self.post("/flow_runs/filter", wanted)
        return found

    def order(self, environment: dict[str, str] | None = None, **parameters: Any) -> str:
        """The id of an hourly run that is ordered as the pages of Prefect do it."""
        deployment = self.deployment("hourly")["id"]
        order = {"parameters": parameters, "job_variables": {"env": environment} if environment else {}}
        return str(self.post(f"/deployments/{deployment}/create_flow_run", order)["id"])

    def pause(self, deployment: Json) -> None:
        for schedule in deployment["schedules"]:
            path = f"/deployments/{deployment['id']}/schedules/{schedule['id']}"
            self._call("PATCH", path, {"active": False})

    def flow_run(self, run: str) -> Json:
        found: Json = self.get(f"/flow_runs/{run}")
        return found

    def state_of(self, run: str) -> Json:
        """The run's state, once it has ended: `type` and `message`."""

        def ended() -> Json | None:
            state: Json = self.flow_run(run)["state"]
            return state if state["type"] in ENDED else None

        return eventually(f"the run {run} ends", ended)

    def tasks(self, run: str) -> dict[str, Json]:
        """Task runs by name."""
        rows = self.post("/task_runs/filter", {"flow_runs": {"id": {"any_": [run]}}})
        return {row["name"]: row for row in rows}

    def has_done(self, run: str, task: str) -> bool:
        return self.tasks(run).get(task, {}).get("state_type") == "COMPLETED"

    def reports(self, run: str) -> list[str]:
        """The Markdown of the run's artifacts."""
        return [row["data"] for row in self.post("/artifacts/filter", {"flow_runs": {"id": {"any_": [run]}}})]

    def taken_slots(self) -> int:
        return int(self.get("/v2/concurrency_limits/groundswell-writer")["active_slots"])


@contextmanager
def prefect_world(folder: Path) -> Iterator[PrefectWorld]:
    """Everything set up as the README says, with the schedules paused: the tests set their own."""
    with tiny_company(folder / "home") as company:
        os.environ["GROUNDSWELL_TIMEOUT_SECONDS"] = "600"
        world = PrefectWorld(folder, company)
        try:
            world.start_server()
            world.cli("work-pool", "create", POOL, "--type", "process")
            world.cli("global-concurrency-limit", "create", "groundswell-writer", "--limit", "1")
            world.cli("deploy", "--all", "--no-prompt")
            world.start_worker()
            yield world
        finally:
            world.stop()


def kill_run(lock: Path) -> None:
    """SIGKILL for the run that holds a lock."""
    os.kill(json.loads(lock.read_text())["pid"], signal.SIGKILL)


_PREFECT = str(Path(sys.executable).with_name("prefect"))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
