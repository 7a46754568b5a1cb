"""One thing to measure, in a process of its own: `python -m tests.benchmarks.child ANSWER.json WHAT ...`."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.benchmarks.world import settings_of


def stage(home: str, name: str) -> dict[str, Any]:
    """One stage of a backfill, or the reading of messages (`read`) that learning begins with."""
    from flows.core.run import Run
    from flows.stages import Direct, Stages

    run = Run.start("backfill", settings_of(Path(home)), backfill=True)
    stages = Stages(run, Direct())
    if name == "validate":
        stages.validate()
    elif name == "read":
        from flows.enrich.messages import refresh_messages
        from flows.warehouse.duck import writer

        with stages.writing(), writer(run) as con:
            refresh_messages(con, run)
    else:
        with stages.writing():
            getattr(stages, name)()
    return asdict(run.report)


def hourly(home: str) -> dict[str, Any]:
    """The hourly flow. Of the sources only the file of releases is asked; the rest has been landed already."""
    from flows.core.run import Run
    from flows.stages import Direct, execute

    run = Run.start("hourly", settings_of(Path(home)))
    execute(run, Direct(), ["releases"])
    return asdict(run.report)


def floor(home: str, name: str) -> dict[str, Any]:
    """The least that a stage could cost here: see `floors`."""
    from tests.benchmarks import floors

    return floors.measure(settings_of(Path(home)), name)


def landing(folder: str) -> dict[str, Any]:
    from tests.benchmarks import landing

    return landing.compare(Path(folder))


def imports(*modules: str) -> dict[str, Any]:
    """Nothing but imports."""
    from importlib import import_module

    for module in modules:
        import_module(module)
    return {}


def main() -> None:
    answer, what, *arguments = sys.argv[1:]
    found = {f.__name__: f for f in (stage, hourly, floor, landing, imports)}[what](*arguments)
    Path(answer).write_text(json.dumps(found, default=str))


if __name__ == "__main__":
    main()
