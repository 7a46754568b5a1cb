"""Pull: read one source from where it was left, and land what comes, with the cursor, page by page.

Run alone: `groundswell run pull --source <name>`.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from typing import Any, Literal

from flows.core.errors import ConfigError, DiskFull, GroundswellError, NoAnswer, VendorError, meant, several
from flows.core.locks import hold
from flows.core.run import Run
from flows.landing.gate import Gate
from flows.landing.store import Record
from flows.pull.boundary import NAMELESS
from flows.pull.files import Files
from flows.pull.hubspot import Hubspot
from flows.pull.linear import LinearReadback
from flows.pull.paginators import Connector, Json, Page
from flows.pull.progress import Progress
from flows.pull.slack import SlackReadback
from flows.pull.stripe import Stripe
from flows.pull.zendesk import Zendesk

log = logging.getLogger(__name__)

COMMIT_ROWS = 5000  # pages are gathered up to this many records a commit: few files, little to repeat

# The type of a source in groundswell.toml -> its connector, made of (run, name, source).
SOURCES: dict[str, Callable[[Run, str, Any], Connector]] = {
    "zendesk": Zendesk,
    "hubspot": Hubspot,
    "stripe": Stripe,
    "files": Files,
}

# What our own reading raises over an answer of an unexpected shape.
_ODD = (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError)


class OutOfTime(VendorError):
    """The time that a run has for a source is over. What came is landed."""


@dataclass
class PullResult:
    """What one pull landed: records by stream."""

    source: str
    counts: dict[str, int] = field(default_factory=dict)


def pull(run: Run, source_name: str, *, until: float = inf) -> PullResult:
    """Pull one source of groundswell.toml. What came before a failure is landed, then it is raised.

    `until` is the moment of `time.monotonic()` at which it ends as well, to be gone on with by the next run.
    """
    source = run.settings.sources.get(source_name)
    if source is None:
        raise ConfigError(f"no source is called {source_name!r}", meant(source_name, run.settings.sources))
    return _pull(run, source_name, lambda: SOURCES[source.type](run, source_name, source), until)


def pull_readback(run: Run, destination: Literal["linear", "slack"], *, until: float = inf) -> PullResult:
    """Pull what people did with our issues or messages, into the source of the destination's name."""
    linear, slack = run.settings.destinations.linear, run.settings.destinations.slack
    if destination == "linear" and linear:
        return _pull(run, destination, lambda: LinearReadback(run, linear), until)
    if destination == "slack" and slack:
        return _pull(run, destination, lambda: SlackReadback(run, slack), until)
    raise ConfigError(f"{destination} is not configured", f"Add [destinations.{destination}] to groundswell.toml.")


def _pull(run: Run, name: str, connect: Callable[[], Connector], until: float) -> PullResult:
    result = PullResult(name)
    failures: list[GroundswellError] = []
    wait = run.settings.lock_wait_seconds
    with hold(run.settings.lock_dir, f"source-{name}", holder=run.run_id, wait_seconds=wait):
        gate = Gate(run, name)
        connector = connect()
        try:
            for stream in connector.streams:
                try:
                    _pull_stream(run, name, connector, stream, gate, result, until)
                except DiskFull:
                    raise
                except GroundswellError as error:
                    status = error.status if isinstance(error, VendorError) else None
                    if stream in connector.optional and status in (403, 404):
                        log.info("%s %s: not available on this account", name, stream)
                        continue
                    failures.append(error)
                    # Refused, silent or out of time: so it would be with the other streams.
                    if status == 401 or isinstance(error, NoAnswer | OutOfTime):
                        break
        finally:
            connector.close()
            for stream, n in result.counts.items():
                run.report.count(f"pulled.{name}.{stream}", n)
    if failures:
        raise several(name, failures)
    return result


def _pull_stream(
    run: Run, source: str, connector: Connector, stream: str, gate: Gate, result: PullResult, until: float
) -> None:
    cursor = run.landing.cursor(source, stream)
    result.counts.setdefault(stream, 0)
    pending = _Pending(run, source, stream, cursor, gate, result)
    with Progress(source, stream) as progress:
        try:
            for page in connector.pages(stream, cursor):
                if pending.is_full:
                    progress.committed(pending.commit(done=False), page.total)
                pending.add(page)
                progress.seen(pending.seen, page.total)
                if time.monotonic() > until:
                    raise OutOfTime(
                        source, f"{stream} was still being read when the time of this run was over",
                        "The next run goes on from there; pull_limit_seconds in groundswell.toml allows for more.",
                    )  # fmt: skip
        except BaseException as error:
            pending.commit(done=False)  # what came is kept, and the next run goes on after it
            if isinstance(error, GroundswellError) or not isinstance(error, _ODD):
                raise
            log.debug("%s %s", source, stream, exc_info=error)
            raise VendorError(
                source, f"{stream}: an answer has not the shape we know ({type(error).__name__}: {error})",
                "Probably a change of the vendor's API. The other streams go on; this one tries again next time.",
            ) from error  # fmt: skip
        finally:
            pending.tell_nameless()
        progress.committed(pending.commit(done=True), None)


class _Pending:
    """Pages that wait for their commit."""

    def __init__(self, run: Run, source: str, stream: str, cursor: Json | None, gate: Gate, result: PullResult) -> None:
        self._run, self._source, self._stream = run, source, stream
        self._gate = gate
        # Until a first pass is through, what comes is history, also when that takes several runs.
        self._backfill = run.backfill or cursor is None or bool(cursor.get("backfill"))
        self._cursor = cursor
        self._result = result
        self._records: list[Record] = []
        self._side: dict[str, list[Record]] = {}
        self._extra: Json = {}
        self._nameless: Counter[str] = Counter()  # stream -> records that came without an id
        self.seen = 0

    @property
    def is_full(self) -> bool:
        return len(self._records) >= COMMIT_ROWS

    def add(self, page: Page) -> None:
        self._records += self._gate.passes(self._stream, page.records)
        for stream, records in [(self._stream, page.records), *page.side.items()]:
            self._nameless[stream] += sum(r["id"].startswith(NAMELESS) for r in records)
        for stream, records in page.side.items():
            self._side.setdefault(stream, []).extend(self._gate.passes(stream, records))
        self._extra |= page.extra
        self._cursor = self._cursor if page.cursor is None else self._gate.cursor(page.cursor)
        self.seen += len(page.records)
        self._run.report.problems.extend(f"{self._source} {self._stream}: {p}" for p in page.problems)

    def tell_nameless(self) -> None:
        """Report what came without an id: it is landed, and validation keeps it apart."""
        self._run.report.problems.extend(
            f"{self._source} {stream}: {n} row{'s have' if n > 1 else ' has'} no id"
            for stream, n in self._nameless.items()
            if n
        )

    def commit(self, *, done: bool) -> int:
        """Make what was added durable; `done`: the stream has been read up to now. Returns the rows."""
        # Records that came along first: a crash in between repeats them, the other order could lose them.
        for stream, records in self._side.items():
            if records:
                self._append(stream, records, None, {})
        cursor = self._cursor
        if cursor is not None:
            still = {"backfill": True} if self._backfill and not done else {}
            cursor = {key: value for key, value in cursor.items() if key != "backfill"} | still
        self._append(self._stream, self._records, cursor, self._extra)
        rows = len(self._records)
        self._records, self._side, self._extra = [], {}, {}
        return rows

    def _append(self, stream: str, records: list[Record], cursor: Json | None, extra: Json) -> None:
        self._run.landing.append(
            self._source, stream, records, run_id=self._run.run_id, pulled_at=self._run.now, cursor=cursor,
            backfill=self._backfill, extra=extra,
        )  # fmt: skip
        self._result.counts[stream] = self._result.counts.get(stream, 0) + len(records)
