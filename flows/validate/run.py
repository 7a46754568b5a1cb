"""Validate: what was landed, before staging reads it; what is to be published, before it is pushed.

A row that breaks a critical rule goes to quarantine and everything else goes on. A batch that breaks a
critical rule of `expectations/raw/batch.yml`, or that cannot be judged, stops its source's findings until
it passes; nothing of it is lost, and it passes by itself once it is mended upstream. Run alone:
`groundswell run validate`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from flows.core import locks
from flows.core.clock import iso
from flows.core.run import Run
from flows.validate.landed import validate_stream
from flows.validate.published import check_tables
from flows.validate.quarantine import Quarantine

if TYPE_CHECKING:
    import duckdb

READBACK = ("linear", "slack")  # destinations that are read back, sources of their own


def validate_landed(run: Run, source_names: Sequence[str]) -> None:
    """Look at what these sources landed since they were last accepted. Never raises for bad data.

    Writes quarantine entries, journals `source_state` where it changes, and fills `run.report`: counts
    validated, quarantined, released, warned; problems; bad_sources. Where nothing was landed there is no
    import of Great Expectations and no commit.
    """
    settings = run.settings
    # The lock of the stream that is written, which compaction takes as well.
    with locks.hold(settings.lock_dir, "source-quarantine", holder=run.run_id, wait_seconds=settings.lock_wait_seconds):
        quarantine = Quarantine(run.landing)
        for source, stream in run.landing.streams():
            if source not in source_names:
                continue
            try:
                validate_stream(run, quarantine, source, stream)
            except Exception as error:  # a stream that cannot be read or judged stops its source and no other
                reason = f"{stream} could not be validated: {error or type(error).__name__}"
                run.report.problems.append(f"{source}/{reason}")
                quarantine.hold(source, stream, reason, iso(run.now))
        quarantine.save(run)
        _announce(run, quarantine)


def validate_published(run: Run, con: duckdb.DuckDBPyConnection | None = None) -> None:
    """Look at every table that leaves the warehouse. Raises BadBatch naming the table and the rule.

    con: an open connection to the warehouse; default the run's own writer.
    """
    if con is not None:
        check_tables(run, con)
        return
    from flows.warehouse.duck import writer

    with writer(run) as opened:
        check_tables(run, opened)


def _announce(run: Run, quarantine: Quarantine) -> None:
    """Bad sources into the report; into the journal when a source becomes bad, or passes again.

    A bad read-back stops no findings: it is a problem of the run.
    """
    bad: dict[str, tuple[str, str]] = {}
    for key, position in sorted(quarantine.accepted.items()):
        source = key.split("/", 1)[0]
        if position.bad_reason and (source in run.settings.sources or source in READBACK):
            reason, since = bad.get(source, ("", position.bad_since or iso(run.now)))
            reasons = f"{reason}; {position.bad_reason}" if reason else position.bad_reason
            bad[source] = (reasons, min(since, position.bad_since or since))
    for source, (reason, _) in bad.items():
        if source in run.settings.sources:
            run.report.bad_sources[source] = reason
        else:  # nobody's findings come from what is read back
            run.report.problems.append(f"what was read back from {source} breaks its expectations: {reason}")

    before = run.journal.latest("source_state")
    entries: list[tuple[str, dict[str, Any]]] = []
    for source, (reason, since) in bad.items():
        state = {**before.get(source, {}), "status": "bad_batch", "reason": reason, "since": since}
        if state != before.get(source):
            entries.append((source, state))
    for source, state in before.items():
        if state.get("status") == "bad_batch" and source not in bad:
            entries.append((source, {**state, "status": "ok", "reason": None, "since": iso(run.now)}))
    run.journal.write("source_state", entries, run_id=run.run_id, at=run.now)
