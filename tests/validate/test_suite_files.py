"""The suites that are shipped: all of them load, name what they declare, and cover what they have to."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from flows.core.errors import ConfigError
from flows.pull.run import SOURCES
from flows.settings import PROJECT_DIR
from flows.validate.columns import extract
from flows.validate.suites import DECLARED_TYPES, LANDED, judge, load, load_published
from flows.warehouse.views import STREAMS

EXPECTATIONS = PROJECT_DIR / "expectations"
RAW = sorted(p for p in (EXPECTATIONS / "raw").glob("*/*.yml"))
PUBLISHED = sorted((EXPECTATIONS / "published").glob("*.yml"))
ON_ROWS = ("expect_column_values_", "expect_column_value_lengths_", "expect_column_pair_values_")


def test_every_stream_that_can_land_has_a_suite() -> None:
    wanted = {(kind, stream) for kind, streams in STREAMS.items() for stream in streams if kind != "quarantine"}
    assert set(SOURCES) < {kind for kind, _ in wanted}
    assert {(path.parent.name, path.stem) for path in RAW} == wanted


def test_every_mart_and_everything_that_is_pushed_has_a_suite() -> None:
    marts = {path.stem for path in (PROJECT_DIR / "dbt_project" / "models" / "marts").rglob("*.sql")}
    suites = {load_published(path).table.split(".")[1] for path in PUBLISHED}
    assert marts | {"publish_linear_issues", "publish_slack_messages"} == suites
    assert {path.stem for path in PUBLISHED} == suites


@pytest.mark.parametrize("path", RAW, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_a_landed_suite_loads_and_judges_rows_that_have_nothing(path: Path) -> None:
    suite = load(path)
    assert suite.name == f"raw.{path.parent.name}.{path.stem}"
    assert all(rule.type.startswith(ON_ROWS) for rule in suite.rules)
    assert all("mostly" not in rule.kwargs for rule in suite.rules)
    typed, _ = extract(["{}", "{}"], suite.declared())
    frame = typed.with_columns(*(pl.lit("x").alias(name) for name in LANDED))
    verdict = judge().judge(suite.name, [DECLARED_TYPES, *suite.rules], frame)
    assert verdict.problems == verdict.unjudged == []
    assert any(failure.severity == "critical" for failure in verdict.failures), "nothing at all is not good enough"


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda p: p.stem)
def test_a_published_suite_loads_and_its_expectations_are_known(path: Path) -> None:
    suite = load_published(path)
    assert suite.name == f"published.{path.stem}"
    for rules, columns in ((suite.rules, suite.columns), (suite.measure_rules, suite.measures)):
        frame = pl.DataFrame({c: [None] for c in columns}, schema={c: pl.Float64() for c in columns})
        if rules:
            judge().judge(suite.name, rules, frame)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("name: x\ncolumns: {a: {type: word}}\nrules: []", "unknown type word"),
        ("name: x\ncolumns: {id: {type: string}}\nrules: []", "the store's own"),
        ("name: x\ncolumns: {}\ntimes: [a]\nrules: []", "times names a"),
        ("name: x\ncolumns: {}\nrules: [{rule: r, type: t, kwargs: {column: b}}]", "rule r names b"),
        ("name: x\ncolumns: {}\nrules: [{rule: r, type: t}, {rule: r, type: t}]", "rule r is there twice"),
        ("name: x\ncolumns: {}\nrules: [{rule: r, type: t, severity: dire}]", "severity"),
        ("name: x\nrule: []", "rule"),
        ("{", "not usable"),
    ],
)
def test_a_mistake_in_a_suite_is_refused_with_its_reason(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "s.yml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=complaint) as refused:
        load(path)
    assert str(path) in str(refused.value)
