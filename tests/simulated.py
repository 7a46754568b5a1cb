"""The configuration of a simulated company, in tests."""

from __future__ import annotations

import os
from pathlib import Path

from flows import demo


def configure(home: Path, url: str) -> None:
    """As the demo does, with one thread for the warehouse: workers share few processors."""
    demo.configure(home, url)
    os.environ["GROUNDSWELL_THREADS"] = "1"
