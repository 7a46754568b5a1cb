"""One landed stream: its new rows against its suite, then the batch as a whole, then what follows from it."""

from __future__ import annotations

import logging
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

import polars as pl

from flows.core.clock import iso, parse
from flows.core.errors import ConfigError, WorkerDied
from flows.core.keys import digest
from flows.core.redaction import redact
from flows.core.run import Run
from flows.core.workers import in_order, processes
from flows.landing.store import while_compacted
from flows.validate.batch import CHUNK_ROWS, Accepted, Batch, chunks, snapshot_sizes
from flows.validate.columns import shorten
from flows.validate.quarantine import Entry, Quarantine
from flows.validate.rows import look_at
from flows.validate.suites import NOT_AHEAD, Suite, judge, load

log = logging.getLogger("groundswell")

READBACK_BAD_SHARE = 0.2
CONTRADICTED = "key_is_unique"  # the rule that a row breaks which came twice with different contents


@dataclass
class _Rows:
    """What the rows of a batch have shown."""

    batch: Batch = field(default_factory=Batch)
    entries: list[Entry] = field(default_factory=list)  # one a row that breaks a critical rule
    noted: Counter[tuple[str, str]] = field(default_factory=Counter)  # (rule, severity) -> rows, not critical
    examples: dict[str, str] = field(default_factory=dict)  # rule -> a value that breaks it
    problems: dict[str, None] = field(default_factory=dict)  # each once, in order
    unjudged: dict[str, None] = field(default_factory=dict)  # critical rules that could not be judged, likewise
    seen: int = 0
    newest_seq: int = -1


def validate_stream(run: Run, quarantine: Quarantine, source: str, stream: str) -> None:
    """Look at what the stream landed since it was last accepted, and note the outcome in `quarantine`.

    Rows that are in quarantine are looked at again when the suite has been changed.
    """
    kind = source_type(run, source)
    path = run.settings.expectations_dir / "raw" / kind / f"{stream}.yml"
    since = quarantine.position(source, stream)
    passed = replace(since, bad_reason=None, bad_since=None)  # where there is nothing left to hold against it
    commits = run.landing.commits(source, stream)
    new = [commit for commit in commits if commit.number > since.commit and (commit.files or commit.extra)]
    if not path.is_file():
        if new:
            run.report.problems.append(f"{source}/{stream}: there is no suite {kind}/{stream}.yml, all of it passes")
            passed = replace(passed, commit=new[-1].number)
        if passed != since:
            quarantine.note(source, stream, passed)
        return
    mark = digest(path.read_text(encoding="utf-8"))
    is_changed = since.suite not in ("", mark)
    entries = quarantine.open_entries(source, stream)
    ahead = [entry for entry in entries if entry.rule == NOT_AHEAD.rule]
    if not new and not is_changed and not ahead:
        if passed != since:
            quarantine.note(source, stream, passed)
        return

    suite = load(path)
    parameters = _parameters(run, suite, source)
    clock = _clock(run, parameters)
    again = [entry for entry in entries if entry.rule != CONTRADICTED] if is_changed else _arrived(ahead, clock)
    if not new and not again:
        if passed != since:
            quarantine.note(source, stream, passed)
        return

    rows = while_compacted(lambda: _look_at_rows(run, suite, source, stream, since, again, clock))
    snapshot, before = snapshot_sizes(new, since)
    if not rows.seen and snapshot is None:
        quarantine.note(source, stream, replace(passed, commit=(new or commits)[-1].number, suite=mark))
        return
    run.report.problems += [f"{source}/{stream}: {problem}" for problem in rows.problems]
    for (rule, severity), n in rows.noted.items():
        run.report.count("warned" if severity == "warning" else "noted", n)
        if severity == "info":
            continue  # counted, and no line in the report
        example = shorten(redact(rows.examples[rule]))
        run.report.problems.append(
            f"{source}/{stream}: {n} of {rows.seen} rows break {rule} ({severity}), for example {example}"
        )
    reasons = [*rows.unjudged, *_look_at_batch(run, parameters, source, stream, rows, snapshot, before)]
    if reasons:
        quarantine.hold(source, stream, "; ".join(reasons), iso(run.now))
        return
    accepted = Accepted(
        commit=new[-1].number if new else since.commit,
        seq=max(since.seq, rows.newest_seq),
        snapshot_rows=since.snapshot_rows if snapshot is None else snapshot,
        suite=mark,
    )
    _accept(run, quarantine, source, stream, accepted, rows)


def source_type(run: Run, source: str) -> str:
    """The connector's type; a destination that is read back is a type of its own."""
    configured = run.settings.sources.get(source)
    return configured.type if configured else source


def _parameters(run: Run, suite: Suite, source: str) -> dict[str, float]:
    """Limits of the stream: those of batch.yml, the suite's own, and the share that the source's settings allow."""
    whole = load(run.settings.expectations_dir / "raw" / "batch.yml")
    if unknown := set(suite.parameters) - set(whole.parameters):
        raise ConfigError(f"the suite {suite.name} sets {min(unknown)}, which batch.yml does not have")
    configured = run.settings.sources.get(source)
    share = configured.max_bad_share if configured else READBACK_BAD_SHARE
    return {**whole.parameters, **suite.parameters, "max_bad_share": share}


def _clock(run: Run, parameters: dict[str, float]) -> datetime:
    """The latest moment, naive UTC, that a record may name. What was made during a long pull is not ahead of it."""
    waited = timedelta(seconds=run.report.seconds.get("pull", 0.0))
    return run.now.replace(tzinfo=None) + waited + timedelta(hours=parameters["max_hours_ahead"])


def _arrived(entries: list[Entry], clock: datetime) -> list[Entry]:
    """Those of the entries, each a row that was ahead of the clock, that are so no more."""

    def has_come(entry: Entry) -> bool:
        try:
            return parse(entry.value or "").replace(tzinfo=None) <= clock
        except ValueError:
            return False

    return [entry for entry in entries if has_come(entry)]


def _look_at_rows(
    run: Run, suite: Suite, source: str, stream: str, since: Accepted, again: list[Entry], clock: datetime
) -> _Rows:
    """Rows in worker processes where there are many; where one dies for its memory, a chunk after the other."""
    try:
        return _seen_by(processes(run.settings.processes), run, suite, source, stream, since, again, clock)
    except WorkerDied as error:
        log.warning("%s/%s: %s, reading it again in this process", source, stream, error.what)
        return _seen_by(1, run, suite, source, stream, since, again, clock)


def _seen_by(
    workers: int, run: Run, suite: Suite, source: str, stream: str, since: Accepted, again: list[Entry], clock: datetime
) -> _Rows:
    rows = _Rows()
    look = partial(look_at, suite, source, stream, clock)
    also = [entry.seq for entry in again]
    new = sum(c.rows for c in run.landing.commits(source, stream) if c.number > since.commit)
    taken: deque[pl.DataFrame] = deque()  # what the workers are at, and perhaps one more

    def batches() -> Iterator[pl.DataFrame]:
        for chunk in chunks(run.landing, source, stream, since, also=also):
            taken.append(chunk)
            yield chunk

    for seen in in_order(look, batches(), new // CHUNK_ROWS, workers):
        chunk = taken.popleft()
        rows.problems |= dict.fromkeys(seen.problems)
        rows.unjudged |= dict.fromkeys(seen.unjudged)
        rows.noted.update(seen.noted)
        rows.examples = {**seen.examples, **rows.examples}
        rows.entries += seen.broken.values()
        rows.batch.add(chunk, set(seen.broken), since)
        rows.seen += chunk.height
        rows.newest_seq = max(rows.newest_seq, *chunk["seq"])
    for id, version, seq in rows.batch.contradicted().select("id", "version", "seq").iter_rows():
        rows.entries.append(
            Entry(
                source=source, stream=stream, id=id, seq=seq, record_version=version, suite=suite.name,
                rule=CONTRADICTED, column="id", value=id, severity="critical",
            )
        )  # fmt: skip
    return rows


def _look_at_batch(
    run: Run, parameters: dict[str, float], source: str, stream: str, rows: _Rows, snapshot: int | None,
    before: int | None,
) -> list[str]:  # fmt: skip
    """Why the batch is bad, one text a critical rule; nothing for one that may go on."""
    whole = load(run.settings.expectations_dir / "raw" / "batch.yml")
    measures = rows.batch.measures(int(parameters["min_rows_for_share"]), snapshot, before)
    verdict = judge().judge(whole.name, whole.rules, measures, parameters)
    run.report.problems += [f"{source}/{stream}: {problem}" for problem in verdict.problems]
    reasons = list(verdict.unjudged)
    for failure in verdict.failures:
        rule = next(rule for rule in whole.rules if rule.rule == failure.rule)
        text = f"{stream}: {rule.comment or rule.rule} ({failure.column} is {measures[0, failure.column]:g})"
        if failure.column == "bad_share":
            common = Counter((entry.rule, entry.column) for entry in rows.entries).most_common(1)
            text += "".join(f", most often {name} on {column}: {n} rows" for (name, column), n in common)
        if failure.severity == "critical":
            reasons.append(text)
        else:
            run.report.problems.append(f"{source}/{text}")
    return reasons


def _accept(run: Run, quarantine: Quarantine, source: str, stream: str, accepted: Accepted, rows: _Rows) -> None:
    before = quarantine.open_entries(source, stream)
    known = {entry.key for entry in before}
    bad = [entry for entry in rows.entries if entry.key not in known]
    still_open = [*before, *bad]
    passing = rows.batch.passing(entry.id for entry in still_open)
    # What a later row of the same pull contradicts stays until another pull brings that id.
    may_leave = [e for e in still_open if e.rule != CONTRADICTED or e.key in known]
    mended = [e.released() for e in may_leave if passing.get(e.id, ("", -1)) >= (e.record_version, e.seq)]
    quarantine.note(source, stream, accepted, [*bad, *mended])
    run.report.count("validated", rows.seen)
    run.report.count("quarantined", len(bad))
    run.report.count("released", len(mended))
    if bad:
        rules = ", ".join(f"{rule} ({n})" for rule, n in Counter(entry.rule for entry in bad).most_common(3))
        run.report.problems.append(f"{source}/{stream}: {len(bad)} of {rows.seen} rows are in quarantine: {rules}")
