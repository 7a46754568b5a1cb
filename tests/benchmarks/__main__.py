"""What it costs: `make bench`, or `python -m tests.benchmarks --sizes 10000,100000`.

Writes results.json and results.md into --out (homes of the sizes lie beside them and are reused with --keep), prints
the tables, and ends with 1 where a target was missed, naming it. Targets are for two cores with nothing else to do.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from tests.benchmarks import backfill, hourly, report
from tests.benchmarks.measure import measured
from tests.benchmarks.world import change, make

PARTS = ("landing", "backfill", "hourly")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="10000,100000,1000000", help="tickets, smallest first")
    parser.add_argument("--only", default=",".join(PARTS), help="parts: landing, backfill, hourly")
    parser.add_argument("--out", type=Path, default=Path(".groundswell/bench"))
    parser.add_argument("--keep", action="store_true", help="go on with the homes that are there")
    arguments = parser.parse_args()
    parts = arguments.only.split(",")
    sizes = [int(size) for size in arguments.sizes.split(",")]
    out = arguments.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    results: dict[str, Any] = {"machine": report.machine(), "backfill": {}, "hourly": {}}
    if "landing" in parts:
        with tempfile.TemporaryDirectory(dir=out) as folder:
            results["landing"] = measured("landing", folder).answer
            _told(out, results)
    for size in sizes:
        home = out / str(size)
        if not (arguments.keep and home.exists()):
            shutil.rmtree(home, ignore_errors=True)
            make(home, size)
        if "backfill" in parts:
            results["backfill"][size] = backfill.run(home)
            _told(out, results)
        if "hourly" in parts and size in (sizes[0], sizes[-1]):
            results["hourly"][size] = hourly.run(home, partial(_change, home, size))
            _told(out, results)
    if "hourly" in parts:
        results["floor"] = hourly.pieces(out / str(sizes[0]))
        _told(out, results)
    text = report.markdown(results)
    (out / "results.md").write_text(text)
    print(text)
    missed = report.missed(results)
    for line in missed:
        print(f"missed: {line}")
    sys.exit(1 if missed else 0)


def _change(home: Path, size: int, hour: int, changed: int) -> str:
    return change(home, size, hour, changed=changed)


def _told(out: Path, results: dict[str, Any]) -> None:
    """What is known so far is kept: the last size takes an hour."""
    (out / "results.json").write_text(json.dumps(results, indent=2, default=str))


if __name__ == "__main__":
    main()
