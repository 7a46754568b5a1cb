"""`groundswell rebuild`: the warehouse made anew from landing zone and journal.

Everything in a warehouse follows from the two stores, so it can be lost. It is judged as of the last completed run:
the same findings under the same keys. Nothing is pulled, sent or journalled as a finding; tickets are read again with
the models in force. The old file stays until the new one is complete, readers keep their copy until the new one is
published.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import duckdb

from flows.core import locks
from flows.core.clock import parse
from flows.core.run import Run
from flows.landing.damaged import set_aside_all
from flows.landing.journal import Journal
from flows.landing.store import Store
from flows.settings import Settings
from flows.warehouse.duck import explained


def rebuild(settings: Settings, say: Callable[[str], None]) -> Run:
    """Make the warehouse anew and publish it. `say` is told each step. Returns the run with its report.

    Raises Busy when another run writes, DiskFull when the new file does not fit beside the old one, and what a
    stage raises; the old file is as it was then.
    """
    run = Run.start("rebuild", settings, now=last_moment(settings))
    try:
        with locks.hold(settings.lock_dir, "writer", holder=run.run_id, wait_seconds=settings.lock_wait_seconds):
            say("Looking at every file of landing zone and journal")
            set_aside_all(run, thorough=True)
            _make(run, say)
            say("Publishing the copy that readers open")
            _publish(run)
    except Exception as error:
        failure = explained(run, error)
        if failure is error:
            raise
        raise failure from error
    return run


def last_moment(settings: Settings) -> datetime | None:
    """The moment the last completed run judged from; None before the first."""
    runs = Journal(Store(settings.journal)).latest("run").values()
    return max((parse(body["at"]) for body in runs if body["status"] == "completed"), default=None)


def _make(run: Run, say: Callable[[str], None]) -> None:
    """Build the new file in a folder of its own, and put it in the old one's place once it is complete."""
    from flows.enrich.run import enrich
    from flows.model.dbt import build
    from flows.validate.run import validate_published

    old = run.settings.warehouse_path.resolve()
    folder = old.parent / "rebuilding"
    shutil.rmtree(folder, ignore_errors=True)  # of one that was stopped
    # The same file name: dbt's views name the database they are in, and that is called like its file.
    new = folder / old.name
    there = replace(run, settings=run.settings.with_warehouse(new))
    try:
        say("Staging what was landed")
        build(there, "stage")
        say("Reading messages and tickets with the models in force")
        enrich(there)
        say("Judging as of the last completed run")
        build(there, "judge")
        validate_published(there)
        with duckdb.connect(str(new)) as con:
            con.execute("checkpoint")
        old.with_name(f"{old.name}.wal").unlink(missing_ok=True)
        new.replace(old)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _publish(run: Run) -> None:
    from flows.warehouse.serving import publish_copy

    publish_copy(run)
