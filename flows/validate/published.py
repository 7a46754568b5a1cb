"""Tables that leave the warehouse against `expectations/published/<model>.yml`.

A row that has passed a suite passes it again as long as neither has changed: it is not judged twice. What has
passed is kept in the warehouse as hashes (`checks.passed`), so an hour judges what the hour has brought, however
long the history is, and Great Expectations is imported only where there is something to judge.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import polars as pl
from polars import selectors as cs

from flows.core.errors import BadBatch
from flows.core.keys import digest
from flows.core.redaction import redact
from flows.core.run import Run
from flows.validate.columns import as_text, shorten
from flows.validate.suites import PublishedSuite, Rule, Verdict, judge, load_published

if TYPE_CHECKING:
    import duckdb

CHUNK_ROWS = 50_000  # bounds memory; published columns are narrow


def check_tables(run: Run, con: duckdb.DuckDBPyConnection) -> None:
    """Judge every table that has a suite. Warnings are problems of the run; a critical failure raises BadBatch,
    and so does a critical rule that cannot be judged.

    All tables are looked at before it is raised, so that one message names everything.
    """
    critical: list[str] = []
    con.execute("create schema if not exists checks")
    con.execute("create table if not exists checks.passed (suite varchar, edition varchar, mark ubigint)")
    columns = _columns(con)
    for path in sorted((run.settings.expectations_dir / "published").glob("*.yml")):
        suite = load_published(path)
        missing = _missing(columns, suite)
        if missing:
            critical.append(missing)
            continue
        _check_table(run, con, suite, digest(path.read_text(encoding="utf-8")), critical)
    if critical:
        raise BadBatch(
            f"what is to be published breaks its expectations: {'; '.join(critical)}",
            "Nothing was pushed. The suites are in expectations/published.",
        )


def _columns(con: duckdb.DuckDBPyConnection) -> dict[str, set[str]]:
    """Names of the columns of each table and view, by schema.name."""
    rows = con.execute(
        "select table_schema || '.' || table_name, list(column_name) from information_schema.columns group by all"
    ).fetchall()
    return {table: set(names) for table, names in rows}


def _missing(columns: dict[str, set[str]], suite: PublishedSuite) -> str:
    """That the table, or the first column that it lacks, is not there; empty when all is."""
    there = columns.get(suite.table)
    if there is None:
        return f"{suite.table} is not there"
    return next((f"{suite.table} has no column {column}" for column in suite.columns if column not in there), "")


def _check_table(
    run: Run, con: duckdb.DuckDBPyConnection, suite: PublishedSuite, edition: str, critical: list[str]
) -> None:
    broken: dict[str, tuple[Rule, int, str]] = {}  # rule -> (rule, rows, an example)
    problems: dict[str, None] = {}
    unjudged: dict[str, None] = {}  # critical rules that could not be judged
    rules = {rule.rule: rule for rule in (*suite.rules, *suite.measure_rules)}
    passed: list[pl.Series] = []
    con.execute("delete from checks.passed where suite = ? and edition <> ?", [suite.name, edition])
    for wanted, marks, frame in _frames(con, suite):
        if frame.is_empty():
            continue
        verdict = judge().judge(suite.name, wanted, frame)
        passed.append(marks.filter(~_bad(verdict, frame.height)))
        problems |= dict.fromkeys(verdict.problems)
        unjudged |= dict.fromkeys(verdict.unjudged)
        for failure in verdict.failures:
            first = frame[failure.rows[0], failure.column] if failure.rows else None
            example = "nothing" if first is None else shorten(redact(as_text(first)))
            _, n, earlier = broken.get(failure.rule, (None, 0, example))
            broken[failure.rule] = (rules[failure.rule], n + len(failure.rows), earlier)
    _remember(con, suite, edition, passed)
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


def _bad(verdict: Verdict, rows: int) -> pl.Series:
    """Which rows break a rule, of whatever severity: all of them where it is not known which."""
    if verdict.problems or verdict.unjudged or any(not failure.rows for failure in verdict.failures):
        return pl.repeat(True, rows, eager=True)
    bad = {row for failure in verdict.failures for row in failure.rows}
    return pl.Series([row in bad for row in range(rows)], dtype=pl.Boolean)


def _frames(
    con: duckdb.DuckDBPyConnection, suite: PublishedSuite
) -> Iterator[tuple[list[Rule], pl.Series, pl.DataFrame]]:
    """Rows that have not passed yet, in chunks with the rules for them and a mark each; then the measures likewise."""
    if suite.rules:
        columns = ", ".join(f'"{column}"' for column in suite.columns)
        new = con.execute(
            f"select {columns}, mark from (select {columns}, hash({columns}) as mark from {suite.table}) as rows"
            " anti join (select mark from checks.passed where suite = ?) as passed using (mark)",
            [suite.name],
        )
        for piece in new.to_arrow_reader(CHUNK_ROWS):
            frame = pl.DataFrame(pl.from_arrow(piece)).with_columns(cs.decimal().cast(pl.Float64))
            yield suite.rules, frame["mark"], frame.drop("mark")
    if suite.measure_rules:
        frame = _measures(con, suite)
        mark = int(digest("measures", *(str(value) for value in frame.row(0)))[:16], 16)
        known = con.execute("select count(*) from checks.passed where suite = ? and mark = ?", [suite.name, mark])
        if known.fetchall() == [(0,)]:
            yield suite.measure_rules, pl.Series([mark], dtype=pl.UInt64), frame


def _remember(con: duckdb.DuckDBPyConnection, suite: PublishedSuite, edition: str, passed: list[pl.Series]) -> None:
    """Note what has passed; forget what is gone from the table once it is the most of what is known."""
    if not passed:
        return
    marks = pl.concat(passed).unique()
    con.register("new_marks", pl.DataFrame({"mark": marks}).to_arrow())
    con.execute("insert into checks.passed select ?, ?, mark from new_marks", [suite.name, edition])
    con.unregister("new_marks")
    columns = ", ".join(f'"{column}"' for column in suite.columns)
    con.execute(
        f"delete from checks.passed where suite = ? and mark not in (select hash({columns}) from {suite.table})"
        f" and (select count(*) from checks.passed where suite = ?) > 1000 + 2 * (select count(*) from {suite.table})",
        [suite.name, suite.name],
    )


def _measures(con: duckdb.DuckDBPyConnection, suite: PublishedSuite) -> pl.DataFrame:
    """One row with the answer of each measure."""
    found = {}
    for name, query in suite.measures.items():
        row = con.execute(query).fetchone()
        found[name] = [None if row is None or row[0] is None else float(row[0])]
    return pl.DataFrame(found, schema={name: pl.Float64() for name in suite.measures})
