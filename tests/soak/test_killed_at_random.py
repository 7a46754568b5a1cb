"""An hourly run that is killed fifty times, at any moments, ends where an undisturbed one does.

GROUNDSWELL_SOAK_KILLS says how often, GROUNDSWELL_SOAK_SEED repeats the dice of an earlier test. A moment is a time
after the start, so the same dice need not hit the same statement again: what is left then is told by the differences.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "faults"))

from end_state import differences, end_state
from killed_runs import Delay, SavedCompany, ends, run, start, told_at_once

KILLS = int(os.environ.get("GROUNDSWELL_SOAK_KILLS", "50"))
SEED = int(os.environ.get("GROUNDSWELL_SOAK_SEED", time.time_ns() % 1_000_000))
IN_A_ROW = 5  # kills of one world before a run is left alone


@pytest.mark.timeout(12 * 3600)
def test_kills_at_random_moments_change_nothing(
    tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    def say(text: str) -> None:
        with capsys.disabled():
            print(text, flush=True)

    say(f"\n{KILLS} kills, seed {SEED}")
    with SavedCompany.prepared(tmp_path_factory.mktemp("killed")) as place:
        kill_all(place, Random(SEED), say)


def kill_all(place: SavedCompany, dice: Random, say: Callable[[str], None]) -> None:
    with place.restored() as url:
        began = time.monotonic()
        run("hourly")
        seconds = time.monotonic() - began
        undisturbed = end_state(url)
    killed = survived = 0
    while killed < KILLS:
        with place.restored() as url:
            for _ in range(min(IN_A_ROW, KILLS - killed)):
                flow = dice.choice(["hourly", "hourly", "hourly", "compact"])
                delay = dice.uniform(0, seconds if flow == "hourly" else seconds / 5)
                code = ends(start(flow, Delay(delay)))
                assert code in (0, -signal.SIGKILL), f"the {flow} run failed by itself: exit code {code}"
                killed += code != 0
                survived += code == 0
                told = "killed" if code else "was done"
                say(f"  {killed} of {KILLS}: the {flow} run {told} after {delay:.1f} of about {seconds:.1f} s")
            run("hourly")
            assert differences(undisturbed, end_state(url), told_at_once) == [], f"seed {SEED}, after {killed} kills"
        assert survived < 10 * KILLS, "runs are always done before they are killed"
