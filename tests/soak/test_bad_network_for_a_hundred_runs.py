"""A hundred hourly runs on a bad network end where the same hundred in peace do.

GROUNDSWELL_SOAK_RUNS says how many runs, GROUNDSWELL_SOAK_SEED repeats the dice of an earlier test.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "faults"))

from end_state import differences
from hourly_runs import live, tiny_company
from same_end import may_differ

RUNS = int(os.environ.get("GROUNDSWELL_SOAK_RUNS", "100"))
SEED = int(os.environ.get("GROUNDSWELL_SOAK_SEED", time.time_ns() % 1_000_000))


@pytest.mark.timeout(24 * 3600)
def test_a_bad_network_changes_nothing_in_the_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with tiny_company(tmp_path / "peace") as tiny:
        peace = live(tiny, RUNS)
    with tiny_company(tmp_path / "storm") as tiny:
        storm = live(tiny, RUNS, storm=SEED)
    with capsys.disabled():
        problems = sum(hour.problems for hour in storm.hours)
        print(f"\n{RUNS} runs, seed {SEED}: {sum(storm.thrown.values())} faults, {problems} problems told", flush=True)
        for name, times in sorted(storm.thrown.items()):
            print(f"  {name:28} {times}", flush=True)
    found = differences(peace.end, storm.end, may_differ)
    assert not found, "\n".join(line[:4_000] for line in found[:40])
