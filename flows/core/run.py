"""What one run carries from stage to stage: its id, its clock, its stores, and its report."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flows.core import redaction
from flows.core.clock import iso, read_clock, utc
from flows.core.errors import ConfigError
from flows.core.keys import secret_key
from flows.core.places import made_folder
from flows.landing.journal import Journal
from flows.landing.store import Store
from flows.settings import Settings


@dataclass
class Report:
    """What a run has to say: counts by name, seconds by stage, and everything it could not do."""

    counts: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    late_sources: dict[str, str] = field(default_factory=dict)  # source -> reason
    bad_sources: dict[str, str] = field(default_factory=dict)  # source -> reason: its findings stop
    unknown: list[str] = field(default_factory=list)  # what could not be said, in sentences
    sent: list[dict[str, Any]] = field(default_factory=list)
    held_back: list[dict[str, Any]] = field(default_factory=list)

    def count(self, name: str, n: int = 1) -> None:
        self.counts[name] = self.counts.get(name, 0) + n

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] = round(self.seconds.get(stage, 0.0) + time.perf_counter() - start, 2)


@dataclass
class Run:
    """One run of a flow. `now` is the run's only clock; nothing below asks the system for the time."""

    run_id: str
    flow: str
    now: datetime
    settings: Settings
    landing: Store
    journal: Journal
    backfill: bool = False
    report: Report = field(default_factory=Report)

    @classmethod
    def start(cls, flow: str, settings: Settings, *, now: datetime | None = None, backfill: bool = False) -> Run:
        moment = utc(now) if now else read_clock(settings.clock)
        run_id = f"{flow}-{iso(moment).replace(':', '').replace('-', '')}-{secrets.token_hex(3)}"
        made_folder(settings.home)
        redaction.use_key(secret_key(settings.home / "redaction.key"))
        return cls(
            run_id=run_id, flow=flow, now=moment, settings=settings, backfill=backfill,
            landing=_store(settings.landing), journal=Journal(_store(settings.journal)),
        )  # fmt: skip


def _store(url: str) -> Store:
    try:
        return Store(url)
    except OSError as error:
        raise ConfigError(
            f"{url} cannot be used: {error.strerror or error}",
            "Check home, landing_url and journal_url, and who may write there.",
        ) from error
