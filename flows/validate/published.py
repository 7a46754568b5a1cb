"""Tables that leave the warehouse against `expectations/published/<model>.yml`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import polars as pl
from polars import selectors as cs

from flows.core.errors import BadBatch
from flows.core.redaction import redact
from flows.core.run import Run
from flows.validate.columns import as_text, shorten
from flows.validate.suites import PublishedSuite, Rule, judge, load_published

if TYPE_CHECKING:
    import duckdb

CHUNK_ROWS = 50_000  # bounds memory; published columns are narrow


def check_tables(run: Run, con: duckdb.DuckDBPyConnection) -> None:
    """Judge every table that has a suite. Warnings are problems of the run; a critical failure raises BadBatch,
    and so does a critical rule that cannot be judged.

    All tables are looked at before it is raised, so that one message names everything.
    """
    critical: list[str] = []
    for path in sorted((run.settings.expectations_dir / "published").glob("*.yml")):
        suite = load_published(path)
        missing = _missing(con, suite)
        if missing:
            critical.append(missing)
            continue
        _check_table(run, con, suite, critical)
    if critical:
        raise BadBatch(
            f"what is to be published breaks its expectations: {'; '.join(critical)}",
            "Nothing was pushed. The suites are in expectations/published.",
        )


def _missing(con: duckdb.DuckDBPyConnection, suite: PublishedSuite) -> str:
    """That the table, or the first column that it lacks, is not there; empty when all is."""
    schema, name = suite.table.split(".")
    rows = con.execute(
        "select column_name from information_schema.columns where table_schema = ? and table_name = ?", [schema, name]
    ).fetchall()
    if not rows:
        return f"{suite.table} is not there"
    there = {row[0] for row in rows}
    return next((f"{suite.table} has no column {column}" for column in suite.columns if column not in there), "")


def _check_table(run: Run, con: duckdb.DuckDBPyConnection, suite: PublishedSuite, critical: list[str]) -> None:
    broken: dict[str, tuple[Rule, int, str]] = {}  # rule -> (rule, rows, an example)
    problems: dict[str, None] = {}
    unjudged: dict[str, None] = {}  # critical rules that could not be judged
    rules = {rule.rule: rule for rule in (*suite.rules, *suite.measure_rules)}
    for wanted, frame in _frames(con, suite):
        if frame.is_empty():
            continue
        verdict = judge().judge(suite.name, wanted, frame)
        problems |= dict.fromkeys(verdict.problems)
        unjudged |= dict.fromkeys(verdict.unjudged)
        for failure in verdict.failures:
            first = frame[failure.rows[0], failure.column] if failure.rows else None
            example = "nothing" if first is None else shorten(redact(as_text(first)))
            _, n, earlier = broken.get(failure.rule, (None, 0, example))
            broken[failure.rule] = (rules[failure.rule], n + len(failure.rows), earlier)
    run.report.problems += problems
    critical += unjudged
    for rule, n, example in broken.values():
        text = f"{suite.table} breaks {rule.rule} in {n} row{'s' * (n != 1)}"
        text += f" ({rule.comment})" if rule.comment else ""
        text += f", {rule.columns[0]} is {example}" if rule.columns else ""
        if rule.severity == "critical":
            critical.append(text)
        elif rule.severity == "warning":
            run.report.problems.append(f"{text} (warning)")
        else:
            run.report.count("noted", n)


def _frames(con: duckdb.DuckDBPyConnection, suite: PublishedSuite) -> Iterator[tuple[list[Rule], pl.DataFrame]]:
    """The table in chunks with the rules for its rows, then its measures with theirs."""
    if suite.rules:
        columns = ", ".join(f'"{column}"' for column in suite.columns)
        for piece in con.execute(f"select {columns} from {suite.table}").to_arrow_reader(CHUNK_ROWS):
            frame = pl.DataFrame(pl.from_arrow(piece))
            yield suite.rules, frame.with_columns(cs.decimal().cast(pl.Float64))
    if suite.measure_rules:
        yield suite.measure_rules, _measures(con, suite)


def _measures(con: duckdb.DuckDBPyConnection, suite: PublishedSuite) -> pl.DataFrame:
    """One row with the answer of each measure."""
    found = {}
    for name, query in suite.measures.items():
        row = con.execute(query).fetchone()
        found[name] = [None if row is None or row[0] is None else float(row[0])]
    return pl.DataFrame(found, schema={name: pl.Float64() for name in suite.measures})
