"""The targets that results are held against."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))  # the benchmarks are a program of their own, run from the checkout

from tests.benchmarks.report import markdown, missed


def results(large: float = 1_000, peak: float = 4_000, changed: float = 20) -> dict[str, Any]:
    def stage(seconds: float, peak_mb: float) -> dict[str, Any]:
        return {"stage": {"seconds": seconds, "cpu": seconds, "peak_mb": peak_mb, "floor": 1.0, "ratio": seconds}}

    def hour(seconds: float) -> dict[str, Any]:
        return {"seconds": seconds, "cpu": seconds, "peak_mb": 500}

    return {
        "machine": "2 cores",
        "backfill": {10_000: stage(100, 500), 100_000: stage(200, 900), 1_000_000: stage(large, peak)},
        "hourly": {
            10_000: {"nothing": hour(15), "changed": hour(18)},
            1_000_000: {"nothing": hour(15), "changed": hour(changed)},
        },
        "landing": {"seconds": 1.5, "bare": 1.4, "ratio": 1.1, "bytes": 10_000_000},
        "floor": {"import dbt": 1.5},
    }


def test_nothing_is_missed_where_all_targets_are_met() -> None:
    assert missed(results()) == []


def test_each_target_that_is_missed_is_named_with_its_figure() -> None:
    assert missed(results(large=2_500, peak=9_000, changed=40)) == [
        "backfill of 1,000,000: 2500 s, not 2400",
        "backfill of 1,000,000: 9000 MiB, not 8192",
        "1,000,000 tickets cost 12.5 times 100,000, not 10.5 a tenfold",
        "hourly over 1,000,000: 2.67 times nothing to do, not 2.0",
        "hourly over the largest history: 2.22 times the smallest's, not 1.5",
    ]


def test_the_tables_say_stage_size_and_the_whole() -> None:
    text = markdown(results())
    assert "Backfill of 1,000,000 tickets" in text and "| stage | 1,000 | 1,000 | 4,000 | 1.0 | 1,000.0 |" in text
    assert "1,000,000 cost 5.0 times 100,000" in text and "| 1,000,000 | 15.0 | 20.0 | 1.33 | 500 |" in text


def test_reading_is_held_against_messages_a_second_and_against_its_memory() -> None:
    slow = results()
    for size, stages in slow["backfill"].items():
        stages["read"] = {"seconds": size / 1_000, "cpu": size / 1_000, "peak_mb": 5_000}
        stages["enrich"] = {"seconds": size / 1_000, "cpu": size / 1_000, "peak_mb": 3_000}
    assert (
        "Enriching 40,000 messages, training apart: 2,000 a second (4,000 by the seconds of CPU, were both cores free),"
        " at most 5,000 MiB." in markdown(slow)
    )
    assert [line for line in missed(slow) if line.startswith("reading of 1,000,000")] == [
        "reading of 1,000,000 tickets: 2000 messages a second, not 3000",
        "reading of 1,000,000 tickets: 5000 MiB, not 4096",
    ]
