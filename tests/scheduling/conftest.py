"""The tests of scheduling use the tiny company of the tests of faults and the search of those of security."""

from __future__ import annotations

import sys
from pathlib import Path

for folder in ("faults", "security"):
    sys.path.append(str(Path(__file__).parents[1] / folder))
