"""The stages of a backfill, each in a process of its own, and what the machine could do at best for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.benchmarks.floors import WHAT
from tests.benchmarks.measure import measured

# `read` is the beginning of `learn`, which reads the messages before it fits models: enriching is the two of it.
STAGES = ("validate", "stage", "read", "learn", "enrich", "judge_history", "judge", "push", "show")


def run(home: Path) -> dict[str, dict[str, Any]]:
    """By stage: wall and CPU seconds, peak memory in MiB, the floor's seconds and how many times it took."""
    found: dict[str, dict[str, Any]] = {}
    for stage in STAGES:
        cost = measured("stage", str(home), stage)
        row = {"seconds": cost.seconds, "cpu": cost.cpu, "peak_mb": cost.peak_mb, "parts": cost.answer["seconds"]}
        print(f"{home.name} {stage}: {cost.seconds} s, {cost.cpu} s of CPU, {cost.peak_mb:.0f} MiB", flush=True)
        found[stage] = row
    for stage in WHAT:  # when all tables are there
        floor = measured("floor", str(home), stage).answer["seconds"]
        found[stage] |= {"floor": floor, "ratio": round(found[stage]["seconds"] / max(floor, 0.001), 1)}
    return found
