"""One landed stream: its new rows against its suite, then the batch as a whole, then what follows from it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta

import polars as pl

from flows.core.clock import iso
from flows.core.errors import ConfigError
from flows.core.keys import digest
from flows.core.redaction import redact
from flows.core.run import Run
from flows.landing.store import while_compacted
from flows.validate.batch import Accepted, Batch, Limits, chunks, snapshot_sizes
from flows.validate.columns import Mismatch, as_text, extract, shorten
from flows.validate.quarantine import Entry, Quarantine
from flows.validate.suites import DECLARED_TYPES, Suite, judge, load

READBACK_BAD_SHARE = 0.2


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
    again = quarantine.open_entries(source, stream) if since.suite not in ("", mark) else []
    if not new and not again:
        if passed != since:
            quarantine.note(source, stream, passed)
        return

    suite = load(path)
    rows = while_compacted(lambda: _look_at_rows(run, suite, source, stream, since, again))
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
    reasons = [*rows.unjudged, *_look_at_batch(run, suite, source, stream, rows, snapshot, before)]
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


def _look_at_rows(run: Run, suite: Suite, source: str, stream: str, since: Accepted, again: list[Entry]) -> _Rows:
    rows = _Rows()
    rules = [DECLARED_TYPES, *suite.rules]
    latest = pl.max_horizontal(*suite.times) if suite.times else pl.lit(None, pl.Datetime("us"))
    for chunk in chunks(run.landing, source, stream, since, also=[entry.seq for entry in again]):
        typed, mismatches = extract(chunk["payload"], suite.declared())
        frame = pl.concat([chunk.select("id", "version", "pulled_at"), typed], how="horizontal")
        verdict = judge().judge(suite.name, rules, frame)
        rows.problems |= dict.fromkeys(verdict.problems)
        rows.unjudged |= dict.fromkeys(verdict.unjudged)
        broken: dict[int, Entry] = {}
        for failure in verdict.failures:
            if not failure.rows:
                text = f"{suite.name}: rule {failure.rule} is broken and does not say by which rows"
                (rows.unjudged if failure.severity == "critical" else rows.problems)[text] = None
            for row in failure.rows:
                column, value = _culprit(failure.column, row, frame, mismatches)
                if failure.severity != "critical":
                    rows.noted[failure.rule, failure.severity] += 1
                    rows.examples.setdefault(failure.rule, value or "nothing")
                elif row in broken:
                    broken[row] = replace(broken[row], also=(*broken[row].also, failure.rule))
                else:
                    id, version, seq = chunk.select("id", "version", "seq").row(row)
                    broken[row] = Entry(
                        source=source, stream=stream, id=id, seq=seq, record_version=version, suite=suite.name,
                        rule=failure.rule, column=column, value=value, severity=failure.severity,
                    )  # fmt: skip
        rows.entries += [broken[row] for row in sorted(broken)]
        rows.batch.add(chunk, frame.with_columns(latest.alias("latest_at"))["latest_at"], set(broken), since)
        rows.seen += chunk.height
        rows.newest_seq = max(rows.newest_seq, *chunk["seq"])
    return rows


def _culprit(column: str, row: int, frame: pl.DataFrame, mismatches: dict[int, Mismatch]) -> tuple[str, str | None]:
    """The column that breaks a rule in a row, and its value as text."""
    mismatch = mismatches.get(row)
    if column == DECLARED_TYPES.columns[0] and mismatch:
        return mismatch.column, mismatch.value
    if mismatch and mismatch.column == column:
        return column, mismatch.value
    value = frame[row, column]
    return column, None if value is None else as_text(value)


def _look_at_batch(
    run: Run, suite: Suite, source: str, stream: str, rows: _Rows, snapshot: int | None, before: int | None
) -> list[str]:
    """Why the batch is bad, one text a critical rule; nothing for one that may go on."""
    whole = load(run.settings.expectations_dir / "raw" / "batch.yml")
    if unknown := set(suite.parameters) - set(whole.parameters):
        raise ConfigError(f"the suite {suite.name} sets {min(unknown)}, which batch.yml does not have")
    configured = run.settings.sources.get(source)
    parameters = {
        **whole.parameters,
        **suite.parameters,
        "max_bad_share": configured.max_bad_share if configured else READBACK_BAD_SHARE,
    }
    # What was made while a long pull was under way is not ahead of the clock.
    pulled_until = run.now + timedelta(seconds=run.report.seconds.get("pull", 0.0))
    measures = rows.batch.measures(Limits(pulled_until, int(parameters["min_rows_for_share"])), snapshot, before)
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
    mended = [e.released() for e in still_open if passing.get(e.id, ("", -1)) >= (e.record_version, e.seq)]
    quarantine.note(source, stream, accepted, [*bad, *mended])
    run.report.count("validated", rows.seen)
    run.report.count("quarantined", len(bad))
    run.report.count("released", len(mended))
    if bad:
        rules = ", ".join(f"{rule} ({n})" for rule, n in Counter(entry.rule for entry in bad).most_common(3))
        run.report.problems.append(f"{source}/{stream}: {len(bad)} of {rows.seen} rows are in quarantine: {rules}")
