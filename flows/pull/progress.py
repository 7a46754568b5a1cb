"""Progress of a pull: log lines with counts and rate, and a live line when a person is looking."""

from __future__ import annotations

import logging
import sys
import threading
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Live

log = logging.getLogger(__name__)
_one_live = threading.Lock()  # sources are pulled side by side, but a terminal has one live display


class Progress:
    """Counts what a stream has landed. Use as a context manager around one stream."""

    def __init__(self, source: str, stream: str) -> None:
        self._name = f"{source} {stream}"
        self._started = time.monotonic()
        self._live: Live | None = None
        self.landed = 0

    def __enter__(self) -> Self:
        if sys.stderr.isatty() and _one_live.acquire(blocking=False):
            columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
            console = Console(stderr=True)
            self._live = Live(*columns, TimeElapsedColumn(), console=console, transient=True)
            self._live.start()
            self._task = self._live.add_task(self._name, total=None)
        return self

    def seen(self, records: int, total: int | None) -> None:
        """So many records have come from the vendor, landed or about to be."""
        if self._live:
            self._live.update(self._task, completed=records, total=total)

    def committed(self, records: int, total: int | None) -> None:
        """So many more records are durable."""
        self.landed += records
        if not self.landed:
            return
        minutes = max(time.monotonic() - self._started, 0.001) / 60
        of = f" of about {total:,}" if total else ""
        log.info("%s: %s%s landed, %s a minute", self._name, f"{self.landed:,}", of, f"{self.landed / minutes:,.0f}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()
            _one_live.release()
