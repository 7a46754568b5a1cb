"""How well tickets are understood: `python -m tests.benchmarks.quality --data DIR [--only intents,topics]`.

--data is a folder of public labelled sets (the README says which and where they come from); a part whose set is not
there is named and left out. Prints a table and ends with 1 where a target was missed, naming it. Test parts are read
by these benchmarks alone: nothing is tuned on them.
"""

from __future__ import annotations

import argparse
import sys
import time
from importlib import import_module
from pathlib import Path

from tests.benchmarks.quality.figure import Figure, markdown

# A module a part, each with `SETS`, the folders or files of --data that it reads, and `figures(data)`.
PARTS = tuple(sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*.py") if path.stem != "figure"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the labelled sets")
    parser.add_argument("--only", default=",".join(PARTS), help=f"parts: {', '.join(PARTS)}")
    arguments = parser.parse_args()
    found: list[Figure] = []
    for part in arguments.only.split(","):
        module = import_module(f"tests.benchmarks.quality.{part}")
        absent = [name for name in module.SETS if not (arguments.data / name).exists()]
        if absent:
            print(f"{part}: left out, {arguments.data / absent[0]} is not there", file=sys.stderr)
            continue
        start = time.perf_counter()
        found += module.figures(arguments.data)
        print(f"{part}: {time.perf_counter() - start:.0f} s", file=sys.stderr)
    print(markdown(found))
    missed = [figure for figure in found if figure.missed]
    for figure in missed:
        print(f"missed: {figure.what}: {figure.value:.3f}, not {figure.target}")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
