"""Runs dbt in process, a layer at a time, and says what failed.

dbt opens the warehouse file itself, beside the connection this process holds, and lets go of it
afterwards. What it writes for people (compiled SQL, docs) goes below `<home>/dbt`.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, cast

from flows.core.errors import GroundswellError
from flows.core.run import Run
from flows.model import built, parsed, selection
from flows.model.selection import Layer
from flows.settings import Settings
from flows.warehouse.duck import writer

if TYPE_CHECKING:
    from dbt.artifacts.schemas.run import RunResult
    from dbt.contracts.graph.manifest import Manifest

THREADS = 1
# What `settle` makes was judged a moment ago; what `replay` makes is nobody's warehouse.
UNTESTED = ("settle", "replay")


@dataclass(frozen=True)
class LayerResult:
    """What one invocation of dbt did."""

    layer: str
    models: int
    tests: int
    failures: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    seconds: float = 0.0


def build(run: Run, layer: Layer, *, moments: Sequence[datetime] | None = None) -> LayerResult:
    """Build and test one layer. moments: the times to judge; default the run's clock.

    An hourly run builds of staging only what reads something that has changed since it was last built, and leaves the
    tests of single tables to the night. It is as thorough as the night where a layer is built from nothing, and
    where its last build failed: what the night found broken stays closed until it is whole. Seeds are built when their
    files have changed. Test warnings go into the run's report. Raises GroundswellError naming the first model or test
    that failed, its message and its compiled file.
    """
    with writer(run, moments=moments) as con:
        changed = {} if layer == "settle" else built.changes(run, con, layer)
        thorough = run.flow != "hourly" or built.has_failed(con, layer)
        from_nothing = bool({"models", "judged"} & changed.keys()) or (layer == "replay" and "seeds" in changed)
        arguments = ["run" if layer == "settle" else "build"]
        manifest = _parsed(run.settings)
        if manifest is not None:  # else dbt itself says why it does not parse
            due = selection.models_of(manifest, layer)
            if layer == "stage" and not thorough and not {"models", "seeds"} & changed.keys():
                due = selection.readers(manifest, due, changed, built.relations(con))
            if "seeds" in changed:
                due |= selection.seeds(manifest)
            if layer == "replay" and not from_nothing:
                due = selection.readers(manifest, due, {"control.as_of"}, built.relations(con))
            if not due:
                return LayerResult(layer, models=0, tests=0)
            if layer not in UNTESTED:
                due |= selection.tests_of(manifest, due, nightly=thorough or from_nothing)
            arguments += selection.mark(manifest, due)
        if from_nothing:
            arguments.append("--full-refresh")
            con.execute(f"delete from {'control.tickets_built' if layer == 'stage' else 'control.facts_built'}")
        elif layer not in UNTESTED:
            built.keep_pending(con, layer)
        result = invoke(run.settings, arguments, layer=layer, manifest=manifest)
        built.note_failed(con, layer, failed=bool(result.failures))
        if not result.failures:
            built.remember(con, changed)
            if layer == "judge":
                built.note_built(con)
    run.report.problems.extend(f"dbt {layer}: {text}" for text in result.warnings)
    if result.failures:
        more = f" ({len(result.failures) - 1} more failed)" if len(result.failures) > 1 else ""
        raise GroundswellError(
            f"dbt {layer}: {result.failures[0]}{more}",
            f"The compiled SQL stands below {_target(run.settings)}.",
        )
    return result


def docs(run: Run) -> Path:
    """Write the documentation of the models as one file that needs no network. Returns its path."""
    with writer(run):
        result = invoke(run.settings, ["docs", "generate", "--static"], layer="docs")
    if result.failures:
        raise GroundswellError(f"dbt docs: {result.failures[0]}")
    return _target(run.settings) / "static_index.html"


def unit_tests(run: Run, *select: str) -> LayerResult:
    """Run the models' unit tests, of all models or of those selected.

    They need the relations they stand in for: build the layers before.
    """
    chosen = [f"{models},test_type:unit" for models in select] or ["test_type:unit"]
    with writer(run):
        return invoke(run.settings, ["test", "--select", *chosen], layer="unit tests")


def invoke(settings: Settings, arguments: list[str], *, layer: str, manifest: Manifest | None = None) -> LayerResult:
    """One dbt command in this process, on the configured warehouse. manifest: the project where it is parsed already.
    Failures are returned, not raised."""
    from dbt.cli.main import dbtRunner

    command, *rest = arguments
    options = _options(settings)
    if command != "docs":
        options += ["--threads", str(THREADS), "--no-write-json"]  # the results are read in this process
    start = perf_counter()
    try:
        with _environment(GROUNDSWELL_WAREHOUSE=str(settings.warehouse_path.resolve())):
            if manifest is None and command != "docs":
                manifest = _parsed(settings)
            answer = dbtRunner(manifest).invoke([command, *rest, *options])
    finally:
        _let_go()
    seconds = round(perf_counter() - start, 2)
    results: list[RunResult] = list(getattr(answer.result, "results", None) or [])
    failures = [_say(r) for r in results if r.status in ("error", "fail", "runtime error", "partial success")]
    if answer.exception is not None and not failures:
        failures = [" ".join(str(answer.exception).split())]
    kinds = [str(r.node.resource_type) for r in results if hasattr(r, "node")]
    return LayerResult(
        layer=layer,
        models=sum(kind in ("model", "seed") for kind in kinds),
        tests=sum(kind in ("test", "unit_test") for kind in kinds),
        failures=failures,
        warnings=[_say(r) for r in results if r.status == "warn"],
        seconds=seconds,
    )


def _options(settings: Settings) -> list[str]:
    return [
        "--project-dir", str(settings.dbt_dir), "--profiles-dir", str(settings.dbt_dir),
        "--target-path", str(_target(settings)), "--log-path", str(_target(settings)),
        "--log-level", "none", "--log-level-file", "none", "--no-use-colors", "--no-version-check",
        "--no-send-anonymous-usage-stats",
        # the same order by fewer edges, and a look at those schemas only in which something is built
        "--use-fast-test-edges", "--cache-selected-only",
    ]  # fmt: skip


def _parsed(settings: Settings) -> Manifest | None:
    """The project as dbt parses it. None where it does not parse: the invocation itself will say why."""
    from dbt.cli.main import dbtRunner

    def parse() -> Manifest | None:
        with _environment(GROUNDSWELL_WAREHOUSE=str(settings.warehouse_path.resolve())):
            return cast("Manifest | None", dbtRunner().invoke(["parse", *_options(settings)]).result)

    return parsed.manifest(settings, parse)


def _say(result: RunResult) -> str:
    node = result.node
    kind = {"test": "test", "unit_test": "unit test", "seed": "seed"}.get(str(node.resource_type), "model")
    message = " ".join((result.message or "no message").split())
    compiled = getattr(node, "compiled_path", None)
    return f"{kind} {node.name}: {message}" + (f" [{compiled}]" if compiled else "")


def _target(settings: Settings) -> Path:
    return (settings.home / "dbt" / "target").resolve()


def _let_go() -> None:
    """dbt-duckdb keeps the file open after a run; no other process could open it, even to read."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]


@contextlib.contextmanager
def _environment(**values: str) -> Iterator[None]:
    before: dict[str, Any] = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
