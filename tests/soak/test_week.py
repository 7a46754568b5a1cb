"""A week of hourly runs, nightly at night: memory, open files and disk are flat after compaction.

Day 7 is held against day 3: by then a process has run everything, and both have a compaction. Prints a table with a
line an hour. GROUNDSWELL_SOAK_HOURS makes it shorter, but for three days at least.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "faults"))

from hourly_runs import growth, tiny_company

HOURS = int(os.environ.get("GROUNDSWELL_SOAK_HOURS", "168"))
DAY = 24


@pytest.mark.timeout(24 * 3600)
def test_a_week_leaves_memory_handles_and_disk_flat(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert HOURS >= 3 * DAY, "day 3 is what the last day is held against"
    hours = []
    with tiny_company(tmp_path / "home") as tiny:
        tiny.backfill()
        for hour in tiny.hours(HOURS):
            hours.append(hour)
            with capsys.disabled():
                print(f"\n{hour.row()}" if len(hours) == 1 else hour.row(), flush=True)
        tiny.assert_complete()
    nightly = [hour for hour in hours if hour.flow == "nightly"]
    assert len(nightly) == HOURS // DAY
    assert growth(hours[2 * DAY : 3 * DAY], hours[-DAY:]) == []
