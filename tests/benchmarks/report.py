"""The results as tables, and the targets they are held against."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import pairwise
from math import log10
from pathlib import Path
from typing import Any

from tests.benchmarks.floors import WHAT

SECONDS = {100_000: 300, 1_000_000: 2_400}  # a backfill's stages in all
PEAK_MB = {1_000_000: 8 * 1024}
TENFOLD = 10.5
CHANGED_OVER_SIZES = 1.5
CHANGED_OVER_NOTHING = 2.0
LANDING = 1.3
MESSAGES = 4  # a ticket
MESSAGES_A_SECOND = 3_000  # that the enrichment reads, training apart
READING_PEAK_MB = {1_000_000: 4 * 1024}


def machine() -> str:
    memory = next(line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal"))
    return f"{os.cpu_count()} cores, {int(memory.split()[1]) / 2**20:.0f} GiB, Python {platform.python_version()}"


def markdown(results: dict[str, Any]) -> str:
    """Everything that was measured, for the README."""
    lines = [f"Measured on {datetime.now(UTC):%Y-%m-%d}, {results['machine']}.", ""]
    for size, stages in results["backfill"].items():
        lines += [f"Backfill of {size:,} tickets, of four messages each", ""]
        rows = [
            (name.replace("_", " "), *(f"{row[key]:,.0f}" for key in ("seconds", "cpu", "peak_mb")),
             f"{row['floor']:,.1f}" if "floor" in row else "", f"{row['ratio']:,.1f}" if "ratio" in row else "")
            for name, row in stages.items()
        ]  # fmt: skip
        rows.append(("all", f"{_total(stages):,.0f}", f"{sum(r['cpu'] for r in stages.values()):,.0f}",
                     f"{max(r['peak_mb'] for r in stages.values()):,.0f}", "", ""))  # fmt: skip
        lines += _table(("stage", "seconds", "CPU", "peak MiB", "at best", "times that"), rows)
    if results["backfill"]:
        lines += [f"- {name} at best: {what}" for name, what in WHAT.items()] + [""]
    for size, stages in results["backfill"].items():
        if "read" in stages:
            pace, free, peak = _reading(size, stages)
            lines += [
                f"Enriching {MESSAGES * size:,} messages, training apart: {pace:,.0f} a second"
                f" ({free:,.0f} by the seconds of CPU, were both cores free), at most {peak:,.0f} MiB.",
                "",
            ]
    for small, large, ratio in _tenfolds(results["backfill"]):
        lines += [
            f"{large:,} cost {ratio:.1f} times {small:,}: {ratio ** (1 / _tens(small, large)):.1f} a tenfold.",
            "",
        ]
    if results["hourly"]:
        rows = [
            (f"{size:,}", f"{one['nothing']['seconds']:.1f}", f"{one['changed']['seconds']:.1f}",
             f"{one['changed']['seconds'] / one['nothing']['seconds']:.2f}", f"{one['changed']['peak_mb']:,.0f}")
            for size, one in results["hourly"].items()
        ]  # fmt: skip
        columns = ("history", "nothing to do, s", "1,000 changed, s", "changed / nothing", "peak MiB")
        lines += ["Hourly run", "", *_table(columns, rows)]
    if "floor" in results:
        lines += ["What an hour with nothing to do is made of", ""]
        lines += _table(("part", "seconds"), [(name, f"{seconds:.2f}") for name, seconds in results["floor"].items()])
    if "landing" in results:
        one = results["landing"]
        lines += [
            f"Landing 20,000 tickets and 60,000 events ({one['bytes'] / 2**20:.0f} MiB of JSON): {one['seconds']} s,"
            f" a bare loop {one['bare']} s, ratio {one['ratio']}.",
            "",
        ]
    return "\n".join(lines)


def missed(results: dict[str, Any]) -> list[str]:
    """Targets that were not met, one line each."""
    found = []
    for size, stages in results["backfill"].items():
        seconds, peak = _total(stages), max(row["peak_mb"] for row in stages.values())
        if seconds > SECONDS.get(size, float("inf")):
            found.append(f"backfill of {size:,}: {seconds:.0f} s, not {SECONDS[size]}")
        if "read" in stages:
            pace, _, peak_reading = _reading(size, stages)
            if pace < MESSAGES_A_SECOND:
                found.append(f"reading of {size:,} tickets: {pace:.0f} messages a second, not {MESSAGES_A_SECOND}")
            if peak_reading > READING_PEAK_MB.get(size, float("inf")):
                found.append(f"reading of {size:,} tickets: {peak_reading:.0f} MiB, not {READING_PEAK_MB[size]}")
        if peak > PEAK_MB.get(size, float("inf")):
            found.append(f"backfill of {size:,}: {peak:.0f} MiB, not {PEAK_MB[size]}")
    for small, large, ratio in _tenfolds(results["backfill"]):
        if ratio ** (1 / _tens(small, large)) > TENFOLD:
            found.append(f"{large:,} tickets cost {ratio:.1f} times {small:,}, not {TENFOLD} a tenfold")
    hourly = results["hourly"]
    for size, one in hourly.items():
        ratio = one["changed"]["seconds"] / one["nothing"]["seconds"]
        if ratio > CHANGED_OVER_NOTHING:
            found.append(f"hourly over {size:,}: {ratio:.2f} times nothing to do, not {CHANGED_OVER_NOTHING}")
    if len(hourly) > 1:
        small, *_, large = (one["changed"]["seconds"] for one in hourly.values())
        if large / small > CHANGED_OVER_SIZES:
            found.append(
                f"hourly over the largest history: {large / small:.2f} times the smallest's, not {CHANGED_OVER_SIZES}"
            )
    if "landing" in results and results["landing"]["ratio"] > LANDING:
        found.append(f"landing: {results['landing']['ratio']} times the bare loop, not {LANDING}")
    return found


def _tenfolds(sizes: dict[int, Any]) -> list[tuple[int, int, float]]:
    """Neighbouring sizes and the ratio of what they cost."""
    known = list(sizes)
    return [(a, b, _total(sizes[b]) / _total(sizes[a])) for a, b in pairwise(known)]


def _tens(small: int, large: int) -> float:
    """How many tenfolds lie between two sizes."""
    return log10(large / small)


def _reading(size: int, stages: dict[str, Any]) -> tuple[float, float, float]:
    """Messages a second in all that enriches them, the same by seconds of CPU on two cores, and its peak in MiB."""
    parts = [stages["read"], stages["enrich"]]
    seconds, cpu = (max(sum(part[key] for part in parts), 0.001) for key in ("seconds", "cpu"))
    return MESSAGES * size / seconds, 2 * MESSAGES * size / cpu, max(part["peak_mb"] for part in parts)


def _total(stages: dict[str, Any]) -> float:
    return float(sum(row["seconds"] for row in stages.values()))


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    names = list(head)
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    return [*lines, *("| " + " | ".join(row) + " |" for row in rows), ""]
