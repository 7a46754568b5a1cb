"""Runs that are killed with SIGKILL at a moment that is named, and a company that can be put back to before them.

Every run is a process of its own, forked from one that has imported what takes long. To die at a moment, the
process itself replaces the function at which that moment lies; the product has no hooks for it.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import shutil
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial, wraps
from pathlib import Path
from typing import Any, Literal

import httpx
from simulated import configure, one_worker

from flows.core.clock import iso
from flows.sandbox.company import Company
from flows.sandbox.server import SandboxServer

PATIENCE = 1800  # seconds; a run that takes longer hangs

# What takes long to import. Polars and DuckDB start threads when they are imported and must not be forked.
_HEAVY = ["dbt.cli.main", "dbt.task.build", "great_expectations", "sklearn.linear_model"]
_nursery = multiprocessing.get_context("forkserver")


@dataclass(frozen=True)
class Moment:
    """Where a run dies: at the nth call of `where` (module:path) with `call` in its arguments, before or after it."""

    name: str
    where: str
    when: Literal["before", "after"]
    call: str = ""
    nth: int = 1
    flow: str = "hourly"

    def arm(self) -> None:
        """Make this process die there."""
        die = partial(os.kill, os.getpid(), signal.SIGKILL)
        at_call(self.where, self.call, self.nth, **{self.when: die})


def at_call(
    where: str, call: str = "", nth: int = 1, *, before: Callable[[], None] | None = None,
    after: Callable[[], None] | None = None,
) -> None:  # fmt: skip
    """Do something before or after the nth call of `where` (module:path) that has `call` in its arguments."""
    module, _, path = where.partition(":")
    owner: Any = importlib.import_module(module)
    *parents, name = path.split(".")
    for parent in parents:
        owner = getattr(owner, parent)
    real = getattr(owner, name)
    left = nth

    @wraps(real)
    def replaced(*args: Any, **kwargs: Any) -> Any:
        nonlocal left
        is_it = call in repr((args, kwargs))
        left -= is_it
        if before and is_it and not left:
            before()
        answer = real(*args, **kwargs)
        if after and is_it and not left:
            after()
        return answer

    setattr(owner, name, replaced)


@dataclass(frozen=True)
class Delay:
    """A run dies so many seconds after its start, wherever it is then."""

    seconds: float

    def arm(self) -> None:
        timer = threading.Timer(self.seconds, os.kill, (os.getpid(), signal.SIGKILL))
        timer.daemon = True
        timer.start()


def start(flow: str, death: Moment | Delay | None = None) -> multiprocessing.process.BaseProcess:
    """A run of a flow or of a single stage, started in a process of its own, configured like this one."""
    _nursery.set_forkserver_preload(_HEAVY)
    process = _nursery.Process(target=_live, args=(flow, death, dict(os.environ)))
    process.start()
    return process


def ends(process: multiprocessing.process.BaseProcess) -> int:
    """The exit code of a run: 0, or minus the signal that killed it."""
    process.join(PATIENCE)
    if process.exitcode is None:
        process.kill()
        raise AssertionError(f"the run did not end in {PATIENCE} seconds")
    return process.exitcode


def run(flow: str) -> None:
    """A run that must come to its end."""
    assert ends(start(flow)) == 0, f"the {flow} run failed; its traceback is above"


def run_and_die(death: Moment) -> None:
    """A run that must be killed at its moment."""
    assert ends(start(death.flow, death)) == -signal.SIGKILL, f"the run never came to the moment: {death.name}"


def _live(flow: str, death: Moment | Delay | None, environment: dict[str, str]) -> None:
    """In the child: the run, as the command line or Prefect starts it."""
    os.environ.clear()
    os.environ.update(environment)
    if death:
        death.arm()
    if flow.startswith("prefect "):
        getattr(importlib.import_module(f"flows.{flow.split()[1]}"), flow.split()[1])()
        return
    from flows.core.run import Run
    from flows.settings import load_settings
    from flows.stages import FLOWS, Direct, execute, execute_stage

    if flow in FLOWS:
        execute(Run.start(flow, load_settings(), backfill=flow == "backfill"), Direct())
    else:
        execute_stage(Run.start("stage", load_settings()), Direct(), flow)


@dataclass
class SavedCompany:
    """A small company just before an hourly run that files an issue, changes one, posts, edits and replies.

    `restored` puts it back as often as it is asked for, at the same place and address: what a run leaves does not
    differ by where it ran.
    """

    home: Path
    saved: Path
    company: Company
    port: int

    @classmethod
    @contextmanager
    def prepared(cls, folder: Path, shared: Path | None = None) -> Iterator[SavedCompany]:
        """Simulate, configure as a user would, and run up to that hour. The environment is put back afterwards.

        shared: where the first of several workers leaves it for the others, which wait for it.
        """
        before = dict(os.environ)
        company = Company.simulate(seed=7, months=3, tickets_per_month=60)
        place = cls(folder / "home", folder / "saved", company, free_port())
        shared = shared or place.saved
        try:
            with one_worker(shared):
                if not shared.exists():
                    place.live()
                    replace(place, saved=shared).save()
            yield replace(place, saved=shared)
        finally:
            os.environ.clear()
            os.environ.update(before)

    def live(self) -> None:
        """The company's history, until a day after its end."""
        self.home.mkdir()
        with SandboxServer(self.home / "sandbox", port=self.port, company=self.company) as sandbox:
            configure(self.home, sandbox.url)
            run("backfill")
            later = {"now": iso(self.company.history_end + timedelta(days=1))}
            httpx.post(f"{sandbox.url}/control/clock", json=later, timeout=60).raise_for_status()

    def save(self) -> None:
        """Keep what is there now. The emulators must not be running."""
        shutil.rmtree(self.saved, ignore_errors=True)
        shutil.copytree(self.home, self.saved, symlinks=True)

    @contextmanager
    def restored(self) -> Iterator[str]:
        """The company as it was saved, with its emulators running. Yields their address."""
        shutil.rmtree(self.home, ignore_errors=True)
        shutil.copytree(self.saved, self.home, symlinks=True)
        with SandboxServer(self.home / "sandbox", port=self.port, company=self.company) as sandbox:
            configure(self.home, sandbox.url)  # it may have been another worker's
            yield sandbox.url


def told_at_once(line: str) -> str | None:
    """Leaves out what the run after a killed one knows at once of what that one sent, and an undisturbed run would be
    followed by an hour later: what was read back from Linear and Slack, and that accounts were told about.

    What was sent is compared as it is: in Linear, in Slack and in the journal.
    """
    is_story = line.startswith("fct_account_timeline") and '"system": "groundswell"' in line
    return None if is_story or line.startswith(("linear.", "slack.")) else line


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
