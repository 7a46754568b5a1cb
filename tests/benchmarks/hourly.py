"""The hourly flow over a history of any size: with nothing to do, and with a thousand changed tickets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks.measure import Cost, measured

ROUNDS = 3
CHANGED = 1_000  # tickets
# What an hourly run loads, in the order it does; each is timed with those before it already loaded.
IMPORTS = {
    "Python and the stages": ("flows.stages", "flows.core.run"),
    "polars and DuckDB": ("polars", "duckdb"),
    "dbt": ("dbt.cli.main", "dbt.adapters.duckdb"),
    "scikit-learn": ("flows.enrich.run",),
    "Great Expectations": ("great_expectations",),
}


def run(home: Path, change: Callable[[int, int], str]) -> dict[str, Any]:
    """Medians of ROUNDS runs each, in turn. The first run over a history is not counted: it is still the backfill's.

    `change` moves the clock to the end of the hour of a number, in which so many tickets have changed.
    """
    measured("hourly", str(home))
    nothing, changed = [], []
    for hour in range(1, 2 * ROUNDS, 2):
        change(hour, 0)
        nothing.append(measured("hourly", str(home)))
        change(hour + 1, CHANGED)
        changed.append(measured("hourly", str(home)))
        print(f"{home.name} hour {hour}: {nothing[-1].seconds} s, changed {changed[-1].seconds} s", flush=True)
    return {"nothing": _middle(nothing), "changed": _middle(changed)}


def _middle(costs: list[Cost]) -> dict[str, Any]:
    parts = [cost.answer["seconds"] for cost in costs]
    return {
        "seconds": median(cost.seconds for cost in costs),
        "cpu": median(cost.cpu for cost in costs),
        "peak_mb": max(cost.peak_mb for cost in costs),
        "parts": {name: median(part.get(name, 0.0) for part in parts) for name in parts[0]},
    }


def pieces(home: Path) -> dict[str, float]:
    """What the floor is made of, in seconds: imports, then an hourly flow with nothing to do, stage by stage."""
    found: dict[str, float] = {}
    loaded: list[str] = []
    before = measured("imports").seconds
    found["an empty process"] = before
    for name, modules in IMPORTS.items():
        loaded += modules
        now = measured("imports", *loaded).seconds
        found[f"import {name}"] = round(max(0.0, now - before), 2)
        before = now
    prefect = measured("imports", "flows.stages", "flows.hourly").seconds
    found["import Prefect (only under its server)"] = round(
        max(0.0, prefect - found["an empty process"] - found["import Python and the stages"]), 2
    )
    for name, seconds in measured("hourly", str(home)).answer["seconds"].items():
        found[f"run: {name}"] = seconds
    return found
