"""Suites as YAML files, and Great Expectations to judge by them. The only importer of Great Expectations.

The import costs 4 to 7 seconds, so it happens inside `Judge`, once a process, and only where there is
something to judge. Its own pandas path does the work: callers hand it chunks, never a whole backfill.

A suite of landed rows, `expectations/raw/<vendor type>/<stream>.yml`:

    name: raw.zendesk.tickets
    times: [created_at, updated_at]        columns that cannot be ahead of the run's clock
    parameters: {max_shrink_share: 0.3}    limits of the batch, defaults in expectations/raw/batch.yml
    columns:
      ticket_id: {path: id, type: integer} path: default the column's name; types: see columns.py
    rules:
      - rule: ticket_has_id                the stable name that people see
        type: expect_column_values_to_not_be_null
        severity: critical                 critical rows go to quarantine, warning and info are reported
        kwargs: {column: ticket_id}
        comment: ...                       what it means, for the people who read of it

A suite of a table that leaves the warehouse, `expectations/published/<model>.yml`, names `table`, the
`columns` it reads, `rules` on rows, and `measures` (name: SQL query with one number) with `measure_rules`.
`type`, `severity` and `kwargs` are Great Expectations' own.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar

import polars as pl
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from flows.core.errors import ConfigError
from flows.validate.columns import AHEAD, MISMATCH, TYPES, Column

Severity = Literal["critical", "warning", "info"]
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where PyYAML was built with it
LANDED = ("id", "version", "pulled_at")  # the store's own columns, there beside the declared ones


class Rule(BaseModel):
    """One expectation with a name of its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rule: str
    type: str
    severity: Severity = "critical"
    kwargs: dict[str, Any] = Field(default_factory=dict)
    comment: str = ""  # what it means that the rule is broken, for people

    @property
    def columns(self) -> list[str]:
        """The columns the expectation looks at."""
        named = [self.kwargs[key] for key in ("column", "column_A", "column_B") if key in self.kwargs]
        return [*named, *self.kwargs.get("column_list", [])]


class _Field(BaseModel):
    model_config = ConfigDict(extra="forbid")

    path: str | None = None  # default: the column's name
    type: str


class Suite(BaseModel):
    """A suite of landed rows, or of the measures of a whole batch."""

    model_config = ConfigDict(extra="forbid")

    name: str
    description: str = ""
    times: list[str] = Field(default_factory=list)
    parameters: dict[str, float] = Field(default_factory=dict)
    columns: dict[str, _Field]
    rules: list[Rule]

    def declared(self) -> list[Column]:
        return [Column(name, field.path or name, field.type) for name, field in self.columns.items()]

    def mistakes(self) -> list[str]:
        """What is wrong beyond the form of the file."""
        own = (*LANDED, MISMATCH, AHEAD)
        return [
            *(f"column {n} has the unknown type {f.type}" for n, f in self.columns.items() if f.type not in TYPES),
            *(f"column {n} has a name of the store's own" for n in self.columns if n in own),
            *(f"times names {t}, which is not declared" for t in self.times if t not in self.columns),
            *_undeclared(self.rules, {*self.columns, *LANDED}),
            *_repeated(self.rules),
        ]


class PublishedSuite(BaseModel):
    """A suite of one table of the warehouse."""

    model_config = ConfigDict(extra="forbid")

    name: str
    table: str  # schema.table
    description: str = ""
    columns: list[str]
    rules: list[Rule] = Field(default_factory=list)
    measures: dict[str, str] = Field(default_factory=dict)
    measure_rules: list[Rule] = Field(default_factory=list)

    def mistakes(self) -> list[str]:
        return [
            *_undeclared(self.rules, set(self.columns)),
            *_undeclared(self.measure_rules, set(self.measures)),
            *_repeated([*self.rules, *self.measure_rules]),
        ]


# Part of every suite of landed rows, and first: a value of the wrong type is null in its own column.
DECLARED_TYPES = Rule(
    rule="declared_types", type="expect_column_values_to_be_null", kwargs={"column": MISMATCH}
)  # fmt: skip
# Part of every suite that names `times`. A row that breaks it is looked at again when its time has come.
NOT_AHEAD = Rule(
    rule="not_ahead_of_clock", type="expect_column_values_to_be_null", kwargs={"column": AHEAD}
)  # fmt: skip


def load(path: Path) -> Suite:
    """A suite of landed rows. Raises ConfigError with one line a mistake."""
    return _read(path, Suite)


def load_published(path: Path) -> PublishedSuite:
    """A suite of a table that leaves the warehouse. Raises ConfigError with one line a mistake."""
    return _read(path, PublishedSuite)


_AnySuite = TypeVar("_AnySuite", Suite, PublishedSuite)


def _read(path: Path, kind: type[_AnySuite]) -> _AnySuite:
    try:
        suite = kind.model_validate(yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER))
    except (yaml.YAMLError, ValidationError) as error:
        raise ConfigError(f"the suite {path} is not usable: {error}") from error
    if mistakes := suite.mistakes():
        raise ConfigError(f"the suite {path} is not usable:\n" + "\n".join(f"  {m}" for m in mistakes))
    return suite


def _undeclared(rules: list[Rule], known: set[str]) -> list[str]:
    return [f"rule {r.rule} names {c}, which is not declared" for r in rules for c in r.columns if c not in known]


def _repeated(rules: list[Rule]) -> list[str]:
    names = [rule.rule for rule in rules]
    return [f"rule {name} is there twice" for name in sorted(set(names)) if names.count(name) > 1]


@dataclass(frozen=True)
class Failure:
    """A rule that did not hold: its columns' first, and the numbers of the rows that break it."""

    rule: str
    severity: Severity
    column: str
    rows: list[int]


@dataclass(frozen=True)
class Verdict:
    """What a frame breaks, and the rules that could not be judged, with suite and reason."""

    failures: list[Failure]
    problems: list[str]  # rules that are not critical
    unjudged: list[str]  # critical rules: what they guard must not go on


class Judge:
    """Great Expectations in an ephemeral context. Making the first one imports the library."""

    def __init__(self) -> None:
        self._gx, context = _library()
        source = context.data_sources.add_or_update_pandas("frames")
        self._batches = source.add_dataframe_asset("frame").add_batch_definition_whole_dataframe("whole")

    def judge(
        self, name: str, rules: list[Rule], frame: pl.DataFrame, parameters: dict[str, float] | None = None
    ) -> Verdict:
        """Hold a frame against rules. Never raises for data; ConfigError for an expectation that is unknown.

        A first pass only asks whether each rule holds; the rows are asked for where one does not.
        """
        try:
            batch = self._batches.get_batch({"dataframe": frame.to_pandas()})
            broken = self._run(batch, name, rules, "BOOLEAN_ONLY", parameters)
            again = [rule for rule in rules if rule.rule in broken]
            detail = {"result_format": "COMPLETE", "return_unexpected_index_query": False}
            results = self._run(batch, name, again, detail, parameters) if again else {}
        except ConfigError:
            raise
        except Exception as error:  # the library met something it cannot work with: ask for each rule apart
            if len(rules) > 1:
                apart = [self.judge(name, [rule], frame, parameters) for rule in rules]
                return Verdict(
                    [f for v in apart for f in v.failures],
                    [p for v in apart for p in v.problems],
                    [u for v in apart for u in v.unjudged],
                )
            return _verdict(name, [], [(rules[0], _first_line(error))])
        failures: list[Failure] = []
        reasons: list[tuple[Rule, str]] = []
        for rule in rules:
            if (result := results.get(rule.rule)) is None:
                continue
            if reason := _exception(result.exception_info):
                reasons.append((rule, reason))
                continue
            rows = [int(row) for row in result.result.get("unexpected_index_list") or []]
            failures.append(Failure(rule.rule, rule.severity, (rule.columns or [""])[0], rows))
        return _verdict(name, failures, reasons)

    def _run(
        self, batch: Any, name: str, rules: list[Rule], result_format: Any, parameters: dict[str, float] | None
    ) -> dict[str, Any]:
        """Results of the rules that do not hold, by the rule's name."""
        suite = _gx_suite(self._gx, name, rules)
        answer = batch.validate(suite, result_format=result_format, expectation_parameters=parameters)
        return {r.expectation_config.meta["rule"]: r for r in answer.results if not r.success}


def _verdict(name: str, failures: list[Failure], reasons: list[tuple[Rule, str]]) -> Verdict:
    """The verdict, with the rules that could not be judged told apart by how much hangs on them."""
    texts = [(rule.severity, f"{name}: rule {rule.rule} could not be judged: {why}") for rule, why in reasons]
    return Verdict(
        failures,
        problems=[text for severity, text in texts if severity != "critical"],
        unjudged=[text for severity, text in texts if severity == "critical"],
    )


def _gx_suite(gx: Any, name: str, rules: list[Rule]) -> Any:
    """The rules as the library's suite. An expectation it does not know is only logged there: refuse it."""
    made = gx.ExpectationSuite(
        name=name,
        expectations=[
            {"type": r.type, "severity": r.severity, "kwargs": r.kwargs, "meta": {"rule": r.rule}} for r in rules
        ],
    )
    lost = {r.rule for r in rules} - {e.meta["rule"] for e in made.expectations}
    if lost:
        raise ConfigError(f"no expectation has the type that is named by: {', '.join(sorted(lost))}")
    return made


@cache
def judge() -> Judge:
    """The one Judge of this process."""
    return Judge()


@cache
def _library() -> tuple[Any, Any]:
    """The module and an ephemeral context, with progress bars and analytics off."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    import great_expectations as gx

    logging.getLogger("great_expectations.data_context.types.base").setLevel(logging.WARNING)  # it sets its own level

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    return gx, context


def _exception(info: dict[str, Any]) -> str | None:
    """What the library caught while judging: in one entry for the rule, or one for each metric of it."""
    entries = [info, *(entry for entry in info.values() if isinstance(entry, dict))]
    return next((_first_line(e.get("exception_message")) for e in entries if e.get("raised_exception")), None)


def _first_line(error: object) -> str:
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0][:200]


def render_docs(folder: Path, checks: list[tuple[str, list[Rule], pl.DataFrame]]) -> Path:
    """Validate each (name, rules, frame) and render the library's Data Docs into `folder`. The index page.

    Counts and shares of what breaks a rule are shown, values are not.
    """
    gx, _ = _library()
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    store = {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder.resolve())}
    context.add_data_docs_site(
        site_name="local",
        site_config={
            "class_name": "SiteBuilder",
            "store_backend": store,
            "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
        },
    )
    source = context.data_sources.add_pandas("landed")
    for name, rules, frame in checks:
        suite = context.suites.add(_gx_suite(gx, name, rules))
        batches = source.add_dataframe_asset(name).add_batch_definition_whole_dataframe("newest")
        definition = context.validation_definitions.add(gx.ValidationDefinition(name=name, data=batches, suite=suite))
        checkpoint = gx.Checkpoint(
            name=name,
            validation_definitions=[definition],
            result_format={"result_format": "SUMMARY", "exclude_unexpected_values": True},
        )
        checkpoint.run(batch_parameters={"dataframe": frame.to_pandas()})
    context.build_data_docs()
    return folder / "index.html"
