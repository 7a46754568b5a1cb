"""The tests of security use the small companies of the end-to-end tests and of the tests of faults."""

from __future__ import annotations

import sys
from pathlib import Path

for folder in ("end_to_end", "faults"):
    sys.path.append(str(Path(__file__).parents[1] / folder))
