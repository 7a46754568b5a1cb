"""What the workers of `test_workers` do. Imports little, because every worker imports it."""

from __future__ import annotations

import os
import time
from typing import Any

from flows.core.errors import GroundswellError
from flows.core.redaction import redact


def doubled(frame: Any) -> Any:
    return frame * 2


def redacts(frame: Any) -> Any:
    return redact(f"{frame['n'][0]}@x.example")


def dies(frame: Any) -> Any:
    os._exit(9)


def fails(frame: Any) -> Any:
    raise GroundswellError(f"{frame.height} rows are too many", "Take fewer.")


def sleeps(frame: Any) -> Any:
    print(os.getpid(), flush=True)
    time.sleep(600)
    return frame
