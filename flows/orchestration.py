"""The stages as Prefect tasks. Only this module and the flows beside it import Prefect."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from prefect import task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitUpdate
from prefect.concurrency.sync import concurrency
from prefect.logging.handlers import APILogWorker
from prefect.settings import PREFECT_API_URL, PREFECT_UI_API_URL, temporary_settings

from flows.core import locks
from flows.core.clock import parse
from flows.core.errors import GroundswellError
from flows.core.report import markdown
from flows.core.run import Run
from flows.settings import load_settings
from flows.stages import execute, may_pass

log = logging.getLogger("groundswell")

WRITER_LIMIT = "groundswell-writer"
SLOT_SECONDS = 15.0  # how long Prefect may take to give a free slot


class AsTasks:
    """Executes each stage as a Prefect task with its retries and timeout."""

    def one(self, name: str, fn: Callable[[], Any], *, retries: int = 0, timeout: float | None = None) -> Any:
        return _as_task(name, fn, retries, timeout)()

    def side_by_side(
        self, jobs: Sequence[tuple[str, Callable[[], Any]]], *, retries: int = 0, timeout: float | None = None
    ) -> list[Exception | None]:
        futures = [_as_task(name, fn, retries, timeout).submit() for name, fn in jobs]
        outcomes: list[Exception | None] = []
        for future in futures:
            try:
                future.result()
                outcomes.append(None)
            except Exception as error:  # one failing source does not stop the others
                outcomes.append(error)
        return outcomes


def _as_task(name: str, fn: Callable[[], Any], retries: int, timeout: float | None) -> Any:
    def stage() -> None:
        fn()  # results meet in tables, never in Prefect's result store

    return task(
        name=name,
        task_run_name=name,
        retries=retries,
        retry_delay_seconds=5,
        retry_condition_fn=lambda _, __, state: may_pass(state.result(raise_on_failure=False)),
        timeout_seconds=timeout,
        cache_policy=NO_CACHE,
        persist_result=False,
    )(stage)


def run_flow(
    flow: str,
    *,
    now: str | None,
    sources: list[str] | None,
    dry_run: bool | None,
    since: str | None = None,
) -> dict[str, Any]:
    """Run a flow's stages as tasks, leave the Markdown report as an artifact, return what it counted.

    One run at a time: a second one waits up to `lock_wait_seconds`, then fails and says for whom it waited.
    """
    settings = load_settings(**({} if dry_run is None else {"dry_run": dry_run}))
    if since:
        settings = settings.with_since(since)
    run = Run.start(flow, settings, now=parse(now) if now else None, backfill=flow == "backfill")
    try:
        execute(run, AsTasks(), sources, alone=_writer_slot(run))
    finally:
        create_markdown_artifact(f"{markdown(run)}", key=f"{flow}-report", description=f"What the {flow} run did")
    return {"run_id": run.run_id, "sent": run.report.sent, "held_back": run.report.held_back, **run.report.counts}


@contextmanager
def _writer_slot(run: Run) -> Iterator[None]:
    """Prefect's slot for the one run under way, under a lock of the operating system. Raises Busy.

    Prefect gives back the slot of a killed run minutes later, and never when its server was restarted meanwhile: it
    has forgotten then whose it is. Whoever has the lock is the only run alive: a slot that is taken before it or after
    it is nobody's.
    """
    settings = run.settings
    with locks.hold(settings.lock_dir, "flow", holder=run.run_id, wait_seconds=settings.lock_wait_seconds):
        try:
            with ExitStack() as slot:
                for _ in range(2):
                    try:
                        slot.enter_context(concurrency(WRITER_LIMIT, strict=False, timeout_seconds=SLOT_SECONDS))
                        break
                    except TimeoutError:
                        log.warning(
                            "%s: a run that is no more has the slot %s: it is taken away", run.run_id, WRITER_LIMIT
                        )
                        _free_slot()
                yield
        finally:
            with suppress(Exception):  # the server may be gone, and the next run takes it away all the same
                _free_slot()


def _free_slot() -> None:
    with get_client(sync_client=True) as client:
        client.update_global_concurrency_limit(WRITER_LIMIT, GlobalConcurrencyLimitUpdate(active_slots=0))


@contextmanager
def local_server(port: int) -> Iterator[str]:
    """A Prefect server in a thread of this process, for the demo and the tests. Yields its address.

    Its database lies below PREFECT_HOME. Raises GroundswellError when it does not come up in two minutes.
    """
    import uvicorn
    from prefect.server.api.server import create_app

    url = f"http://127.0.0.1:{port}"
    settings = {PREFECT_API_URL: f"{url}/api", PREFECT_UI_API_URL: f"{url}/api"}
    with temporary_settings(settings):
        server = uvicorn.Server(uvicorn.Config(create_app(), host="127.0.0.1", port=port, log_level="error"))
        thread = threading.Thread(target=server.run, name="prefect-server", daemon=True)
        thread.start()
        deadline = time.monotonic() + 120
        while not server.started:
            if time.monotonic() > deadline or not thread.is_alive():
                raise GroundswellError(f"the Prefect server did not come up at {url}", "Is the port taken?")
            time.sleep(0.1)
        with get_client(sync_client=True) as client:
            client.upsert_global_concurrency_limit_by_name(WRITER_LIMIT, 1)
        try:
            yield url
        finally:
            APILogWorker.drain_all(timeout=5)  # else the last lines look for a server that has gone
            server.should_exit = True
            thread.join(timeout=20)
