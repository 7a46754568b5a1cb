"""A tiny company that lives through hourly runs, with or without a bad network, and what each run leaves behind.

A run takes seconds, so the company is as small as it can be with something to find: it begins on a Monday morning,
after a release that broke the dashboards, and in the seventh hour nobody can sign in.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from flows.core.clock import iso
from flows.core.run import Run
from flows.demo import configure
from flows.sandbox.company import Company
from flows.sandbox.limits import RateLimits
from flows.sandbox.server import SandboxServer
from flows.settings import load_settings
from flows.stages import Direct, execute, execute_stage

BEGIN_HOURS = 54  # after the end of the company's history, which ends on a Saturday
NIGHTLY_HOUR = 3  # UTC
PATIENCE = 3.0  # seconds that a vendor may be silent; pages of a whole history may take longer
STORM = {"vendor": "any", "kind": "any", "share": 0.1, "times": 10**9, "seconds": PATIENCE + 0.5}


@dataclass(frozen=True)
class Hour:
    """What the process and its home are like after a run. Megabytes, but for the counts."""

    at: datetime
    flow: str
    seconds: float
    problems: int
    sent: int
    memory: float
    handles: int
    files: int
    disk: dict[str, float]  # by folder of the home

    def row(self) -> str:
        disk = "  ".join(f"{name} {size:7.2f}" for name, size in sorted(self.disk.items()))
        return (
            f"{iso(self.at)}  {self.flow:8}  {self.seconds:5.1f} s  {self.sent:2} sent  {self.problems:2} problems"
            f"  {self.memory:6.0f} MB  {self.handles:3} handles  {self.files:5} files  {disk}"
        )


class TinyCompany:
    """The company at `url` with its `home`; each `run` is made in this process."""

    def __init__(self, home: Path, url: str, begin: datetime) -> None:
        self.home, self.url, self.now = home, url, begin
        self.thrown: Counter[str] = Counter()

    def set_clock(self, moment: datetime) -> None:
        httpx.post(f"{self.url}/control/clock", json={"now": iso(moment)}, timeout=60).raise_for_status()
        self.now = moment

    def fault(self, **fault: Any) -> None:
        httpx.post(f"{self.url}/control/faults", json=fault).raise_for_status()

    def clear_faults(self) -> None:
        for fault in httpx.get(f"{self.url}/control/faults").json()["faults"]:
            self.thrown.update(fault["thrown"])
        httpx.delete(f"{self.url}/control/faults").raise_for_status()

    def run(self, flow: str, **settings: Any) -> Run:
        run = Run.start(flow, load_settings(**settings), backfill=flow == "backfill")
        execute(run, Direct())
        return run

    def backfill(self) -> None:
        """The history: pulled until all of it is there, as one would, then judged."""
        for _ in range(20):
            pull = Run.start("backfill", load_settings(timeout_seconds=30), backfill=True)
            execute_stage(pull, Direct(), "pull")
            if pull.report.counts.get("sources.ok") == 6:
                break
        self.run("backfill", timeout_seconds=30)

    def hours(self, count: int) -> Iterator[Hour]:
        """Live through so many hours, with a run at each."""
        for _ in range(count):
            self.set_clock(self.now + timedelta(hours=1))
            flow = "nightly" if self.now.hour == NIGHTLY_HOUR else "hourly"
            run = self.run(flow)
            yield self._measured(flow, run)

    def _measured(self, flow: str, run: Run) -> Hour:
        found = [path for path in self.home.rglob("*") if path.is_file() and not path.is_symlink()]
        disk: Counter[str] = Counter()
        for path in found:
            disk[path.relative_to(self.home).parts[0]] += path.stat().st_size
        kept = ("landing", "journal", "warehouse", "serving", "dbt", "models")
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return Hour(
            at=run.now, flow=flow, seconds=sum(run.report.seconds.values()), problems=len(run.report.problems),
            sent=len(run.report.sent), memory=pages * os.sysconf("SC_PAGE_SIZE") / 2**20,
            handles=len(list(Path("/proc/self/fd").iterdir())),
            files=sum(path.relative_to(self.home).parts[0] in kept for path in found),
            disk={name: size / 2**20 for name, size in disk.items() if name in kept},
        )  # fmt: skip


@contextmanager
def tiny_company(home: Path) -> Iterator[TinyCompany]:
    """Simulate, serve and configure; undo the environment afterwards."""
    before = dict(os.environ)
    company = Company.simulate(seed=7, months=1, tickets_per_month=30)
    home.mkdir(parents=True, exist_ok=True)
    try:
        with SandboxServer(home / "sandbox", company=company, rate_limits=RateLimits(speed=0)) as sandbox:
            configure(home, sandbox.url)
            os.environ["GROUNDSWELL_TIMEOUT_SECONDS"] = str(PATIENCE)
            os.environ["GROUNDSWELL_RETRY_SECONDS"] = "0.02"
            tiny = TinyCompany(home, sandbox.url, company.history_end)
            tiny.set_clock(company.history_end + timedelta(hours=BEGIN_HOURS))
            yield tiny
    finally:
        os.environ.clear()
        os.environ.update(before)
