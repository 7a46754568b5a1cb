"""The stages of a run and the order they go in. No Prefect here.

`hourly`, `nightly` and `backfill` read like the list of stages in the README. Each stage is executed
through an `Executor`: directly, or as a Prefect task (`flows.orchestration`), so that the same wiring
runs with and without a server, and one stage can be run alone.
"""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict
from datetime import datetime
from math import inf
from typing import TYPE_CHECKING, Any, Protocol

from flows.core import locks
from flows.core.clock import iso, parse
from flows.core.errors import DiskFull, GroundswellError, VendorError, meant
from flows.core.neutralise import clip
from flows.core.run import Run
from flows.core.secrets import without_secrets
from flows.landing.damaged import set_aside_all
from flows.warehouse.duck import explained, writer

if TYPE_CHECKING:
    from flows.model.selection import Layer

log = logging.getLogger("groundswell")

READBACK = ("linear", "slack")


class Executor(Protocol):
    """Runs stage functions. `timeout` in seconds bounds one try; `retries` are tries after the first."""

    def one(self, name: str, fn: Callable[[], Any], *, retries: int = 0, timeout: float | None = None) -> Any: ...

    def side_by_side(
        self, jobs: Sequence[tuple[str, Callable[[], Any]]], *, retries: int = 0, timeout: float | None = None
    ) -> list[Exception | None]: ...


def may_pass(error: object) -> bool:
    """Whether another try at once may help: not with a full disk, nor a vendor that is down and was waited for."""
    return not isinstance(error, DiskFull) and not (isinstance(error, VendorError) and error.is_down)


class Direct:
    """Runs stages in this process, without a server.

    Retries are tried at once, since the HTTP client has waited already; timeouts need a server.
    """

    def one(self, name: str, fn: Callable[[], Any], *, retries: int = 0, timeout: float | None = None) -> Any:  # noqa: ARG002
        for left in range(retries, -1, -1):
            try:
                return fn()
            except GroundswellError as error:
                if not left or not may_pass(error):
                    raise
                log.warning("%s failed, trying again: %s", name, error)
        return None

    def side_by_side(
        self, jobs: Sequence[tuple[str, Callable[[], Any]]], *, retries: int = 0, timeout: float | None = None
    ) -> list[Exception | None]:
        def attempt(job: tuple[str, Callable[[], Any]]) -> Exception | None:
            try:
                self.one(job[0], job[1], retries=retries, timeout=timeout)
            except Exception as error:  # one failing source does not stop the others
                return error
            return None

        with ThreadPoolExecutor(max_workers=max(1, len(jobs))) as pool:
            return list(pool.map(attempt, jobs))


class Stages:
    """The stages of one run, in the words of the design. Each records its seconds in the run's report."""

    def __init__(self, run: Run, do: Executor) -> None:
        self.run = run
        self.do = do

    # -- pull, land

    def pull(self, only: Sequence[str] | None = None) -> None:
        """Pull every source, and what people did at the destinations, side by side. A failure is reported as such."""
        from flows.pull.run import pull, pull_readback

        run = self.run
        known = run.settings.sources
        unknown = [name for name in only or [] if name not in known]
        if unknown:
            raise GroundswellError(f"no source is called {unknown[0]!r}", meant(unknown[0], known))
        names = list(only or known)
        readback = [] if only else [d for d in READBACK if getattr(run.settings.destinations, d) is not None]
        # Both tries of a source share its time. A backfill takes the time it takes.
        until = inf if run.backfill else time.monotonic() + run.settings.pull_limit_seconds
        jobs = [(f"pull {name}", (lambda name=name: pull(run, name, until=until))) for name in names]
        jobs += [(f"read back {name}", (lambda name=name: pull_readback(run, name, until=until))) for name in readback]
        with run.report.timed("pull"):
            errors = self.do.side_by_side(jobs, retries=1)
        for error in errors:
            if isinstance(error, DiskFull):  # of all sources alike
                raise error
        for name, error in zip([*names, *readback], errors, strict=True):
            self._note_pull(name, error)

    def _note_pull(self, name: str, error: Exception | None) -> None:
        """Journal how the pull of one source went; report it as late when it has failed for too long."""
        run = self.run
        before = run.journal.latest("source_state").get(name, {})
        if error is None:
            run.report.count("sources.ok")
            state = {"status": "ok", "reason": None, "last_ok_at": iso(run.now)}
        else:
            run.report.problems.append(f"pull {name}: {_one_line(error)}")
            state = {"status": "failed", "reason": _one_line(error), "last_ok_at": before.get("last_ok_at")}
            last_ok = before.get("last_ok_at")
            source = run.settings.sources.get(name)
            limit = source.late_after_hours if source else 6.0
            if last_ok is None or (run.now - parse(last_ok)).total_seconds() > limit * 3600:
                run.report.late_sources[name] = f"last complete pull {last_ok or 'never'}"
        state["since"] = before.get("since") if before.get("status") == state["status"] else iso(run.now)
        run.journal.write("source_state", [(name, state)], run_id=run.run_id, at=run.now)

    # -- validate

    def validate(self) -> None:
        from flows.validate.run import validate_landed

        with self.run.report.timed("validate"):
            self.do.one(
                "validate",
                lambda: validate_landed(self.run, [*self.run.settings.sources, *READBACK]),
                timeout=3600,
            )

    # -- the warehouse: from here to `show` under one lock

    @contextmanager
    def writing(self, *, kept_open: bool = False) -> Iterator[None]:
        """kept_open: the warehouse stays open from stage to stage. That spares a short run a tenth of its time; a long
        one would leave each stage with the memory of those before it."""
        run, settings = self.run, self.run.settings
        with (
            writer(run)
            if kept_open
            else locks.hold(settings.lock_dir, "writer", holder=run.run_id, wait_seconds=settings.lock_wait_seconds)
        ):
            yield

    def stage(self) -> None:
        try:
            self._dbt("stage")
        except GroundswellError:
            # A file of the landing zone may have gone bad without a trace that the look before the run could see.
            if not set_aside_all(self.run, thorough=True):
                raise
            self._dbt("stage")

    def learn(self) -> None:
        """Labels from what people did; models and topics fitted again (nightly, and once after a backfill)."""
        from flows.enrich.topics import discover
        from flows.enrich.train import train
        from flows.learn.labels import collect_labels

        with self.run.report.timed("learn"):
            self.do.one("collect labels", lambda: collect_labels(self.run), timeout=600)
            self.do.one("train", lambda: train(self.run), timeout=3600)
        with self.run.report.timed("topics"):
            self.do.one("discover topics", lambda: discover(self.run), timeout=3600)

    def enrich(self) -> None:
        from flows.enrich.run import enrich

        with self.run.report.timed("enrich"):
            self.do.one("enrich", lambda: enrich(self.run), timeout=6 * 3600)

    def judge(self) -> None:
        """Marts and findings, the keys they are known by, then what is to be published."""
        from flows.model.decisions import record_decisions
        from flows.model.unknowns import record_unknowns
        from flows.validate.run import validate_published

        self._dbt("judge")
        with self.run.report.timed("validate"):
            self.do.one("validate published", lambda: validate_published(self.run), timeout=600)
        self.do.one("journal decisions", lambda: record_decisions(self.run))
        record_unknowns(self.run)

    def judge_history(self) -> None:
        """What would have been found week by week, knowing what was known then. Journalled, never pushed."""
        from flows.model.decisions import history_moments, record_decisions

        moments = history_moments(self.run)
        if moments:
            self._dbt("history", moments)
            self.do.one("journal history", lambda: record_decisions(self.run))

    def push(self) -> None:
        from flows.push.run import push

        with self.run.report.timed("push"):
            self.do.one("push", lambda: push(self.run), timeout=1800)
        if any(sent.get("destination") == "linear" for sent in self.run.report.sent):
            self._dbt("settle")  # so that the published copy carries the links of what was just filed

    def show(self) -> None:
        from flows.warehouse.serving import publish_copy

        with self.run.report.timed("show"):
            self.do.one("publish copy", lambda: publish_copy(self.run), retries=1, timeout=600)

    def compact(self) -> None:
        from flows.landing.compact import compact_all

        with self.run.report.timed("compact"):
            self.do.one("compact", lambda: compact_all(self.run), timeout=3600)

    def _dbt(self, layer: Layer, moments: Sequence[datetime] | None = None) -> None:
        from flows.model.dbt import build

        name = f"dbt {layer}"
        with self.run.report.timed(name):
            self.do.one(name, lambda: build(self.run, layer, moments=moments), timeout=3600)


def hourly(stages: Stages, sources: Sequence[str] | None = None) -> None:
    """What is new, judged and told."""
    stages.pull(sources)
    stages.validate()
    with stages.writing(kept_open=True):
        stages.stage()
        stages.enrich()
        stages.judge()
        stages.push()
        stages.show()


def nightly(stages: Stages, sources: Sequence[str] | None = None) -> None:
    """The hourly run, with models and topics fitted again, the stores compacted and every test run."""
    stages.pull(sources)
    stages.validate()
    with stages.writing():
        stages.stage()
        stages.learn()
        stages.enrich()
        stages.judge()
        stages.push()
        stages.show()
        stages.compact()


def backfill(stages: Stages, sources: Sequence[str] | None = None) -> None:
    """A source's whole history: files only what is still open at its end."""
    stages.pull(sources)
    stages.validate()
    with stages.writing():
        stages.stage()
        stages.learn()
        stages.enrich()
        stages.judge_history()
        stages.judge()
        stages.push()
        stages.show()


FLOWS: dict[str, Callable[[Stages, Sequence[str] | None], None]] = {
    "hourly": hourly,
    "nightly": nightly,
    "backfill": backfill,
}


@contextmanager
def seldom_collecting() -> Iterator[None]:
    """Look for cycles of garbage more seldom than Python does: what a run makes, of dbt's parsed project above all, is
    mostly kept, and looking through it again and again takes a tenth of an hourly run's CPU."""
    before = gc.get_threshold()
    gc.set_threshold(50_000, 20, 10)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def execute(
    run: Run, do: Executor, sources: Sequence[str] | None = None, *, alone: AbstractContextManager[None] | None = None
) -> None:
    """Run a flow to its end, within `alone`. What made it fail is told in Slack and the journal, then raised."""
    from flows.push.ops import announce

    status, failure = "completed", None
    try:
        with alone or nullcontext(), seldom_collecting():
            set_aside_all(run, thorough=run.flow != "hourly")
            FLOWS[run.flow](Stages(run, do), sources)
    except Exception as error:
        failure = explained(run, error)
        status = "failed"
        run.report.problems.append(f"{run.flow} failed: {_one_line(failure)}")
        announce(run, f"The {run.flow} run failed: {_one_line(failure)}", key=f"failed:{run.flow}:{iso(run.now)}")
    day = iso(run.now)[:10]
    for name, reason in run.report.late_sources.items():
        announce(run, f"Source {name} is late: {reason}. The other sources went on.", key=f"late:{name}:{day}")
    for name, reason in run.report.bad_sources.items():
        announce(run, f"Findings from {name} are stopped: {reason}", key=f"bad:{name}:{day}")
    body = {"flow": run.flow, "status": status, "at": iso(run.now), "report": asdict(run.report)}
    try:
        run.journal.write("run", [(run.run_id, body)], run_id=run.run_id, at=run.now)
    except (DiskFull, OSError) as error:  # it must not hide what failed before
        failure = failure or explained(run, error)
    if failure is not None:
        raise failure


STAGES = ("pull", "validate", "stage", "learn", "enrich", "judge", "push", "show", "compact")


def execute_stage(run: Run, do: Executor, stage: str, sources: Sequence[str] | None = None) -> None:
    """Run one stage alone. Raises GroundswellError when there is no such stage."""
    if stage not in STAGES:
        raise GroundswellError(f"no stage is called {stage!r}", meant(stage, STAGES))
    stages = Stages(run, do)
    try:
        set_aside_all(run, thorough=False)
        if stage == "pull":
            stages.pull(sources)
        elif stage == "validate":
            stages.validate()
        else:
            with stages.writing():
                getattr(stages, stage)()
    except Exception as error:
        failure = explained(run, error)
        if failure is error:
            raise
        raise failure from error


def _one_line(error: Exception) -> str:
    """What failed, as much of it as a line holds, and all of what to do about it."""
    if isinstance(error, GroundswellError) and error.todo:
        return f"{clip(' '.join(error.what.split()), 500)}. {error.todo}"
    return clip(without_secrets(" ".join(str(error).split())), 500) or type(error).__name__
