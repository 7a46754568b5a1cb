"""A tiny company that lives through hourly runs, with or without a bad network, and what each run leaves behind.

A run takes seconds, so the company is as small as it can be with something to find: it begins on a Monday morning,
after a release that broke the dashboards, and in the seventh hour nobody can sign in.
"""

from __future__ import annotations

import os
import pickle
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from end_state import Parts, end_state
from simulated import configure, one_worker

from flows.core.clock import iso
from flows.core.run import Run
from flows.demo import SECRETS
from flows.landing.store import Store
from flows.sandbox.company import Company
from flows.sandbox.limits import RateLimits
from flows.sandbox.server import SandboxServer
from flows.settings import load_settings
from flows.stages import Direct, execute, execute_stage

BEGIN_HOURS = 54  # after the end of the company's history, which ends on a Saturday
NIGHTLY_HOUR = 3  # UTC
RUNS, QUIET = 20, 2  # of the day that is lived in peace and on a bad network
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
    rows: int  # of landing zone and journal
    disk: dict[str, float]  # by folder of the home

    def row(self) -> str:
        disk = "  ".join(f"{name} {size:7.2f}" for name, size in sorted(self.disk.items()))
        return (
            f"{iso(self.at)}  {self.flow:8}  {self.seconds:5.1f} s  {self.sent:2} sent  {self.problems:2} problems"
            f"  {self.memory:6.0f} MB  {self.handles:3} handles  {self.files:5} files  {self.rows:6} rows  {disk}"
        )


class TinyCompany:
    """The company at `url` with its `home`; each `run` is made in this process."""

    def __init__(self, home: Path, url: str, company: Company) -> None:
        self.home, self.url, self.company, self.now = home, url, company, company.history_end
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

    def hits(self) -> dict[str, int]:
        """How many requests of each vendor the waiting faults have spoilt."""
        return {fault["vendor"]: fault["hits"] for fault in httpx.get(f"{self.url}/control/faults").json()["faults"]}

    def slack(self, channel: str) -> list[dict[str, Any]]:
        """The messages of a channel, without those of their threads."""
        answer = httpx.get(
            f"{self.url}/slack/api/conversations.history",
            params={"channel": channel, "limit": 200, "include_all_metadata": "true"},
            headers={"Authorization": f"Bearer {SECRETS['GROUNDSWELL_SLACK_BOT_TOKEN']}"}, timeout=60,
        ).json()  # fmt: skip
        messages: list[dict[str, Any]] = answer["messages"]
        return messages

    def issue_titles(self) -> list[str]:
        """Titles of the issues on the board."""
        query = "{ issues(first: 200, includeArchived: true) { nodes { title } } }"
        answer = httpx.post(
            f"{self.url}/linear/graphql", json={"query": query},
            headers={"Authorization": SECRETS["GROUNDSWELL_LINEAR_API_KEY"]}, timeout=60,
        ).json()  # fmt: skip
        return [issue["title"] for issue in answer["data"]["issues"]["nodes"]]

    def told(self) -> Counter[str]:
        """How often each message of ours stands in Slack and each issue of ours on the board, by delivery key."""
        keys = [
            message["metadata"]["event_payload"]["delivery_key"]
            for channel in ("C0ALERTS", "C0DIGEST", "C0OPS")
            for message in self.slack(channel)
            if message.get("metadata")
        ]
        return Counter([*keys, *self.issue_titles()])

    def assert_complete(self) -> None:
        """Every ticket of the helpdesk is landed as it is now."""
        landed = set(Store(load_settings().landing).read("zendesk", "tickets")["id"])
        assert landed == {str(ticket["id"]) for ticket in self.company.all("tickets", self.now)}

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
            rows=sum(_rows(store) for store in (run.landing, run.journal.store)),
            disk={name: size / 2**20 for name, size in disk.items() if name in kept},
        )  # fmt: skip


@dataclass(frozen=True)
class Lived:
    """What a company's runs have been like and what they have led to."""

    hours: list[Hour]
    end: Parts
    thrown: Counter[str]


def live(tiny: TinyCompany, hours: int, *, storm: int | None = None, quiet: int = 2) -> Lived:
    """Backfill, then so many hours, with the bad network of seed `storm`, then quiet ones."""
    if storm is not None:
        tiny.fault(**STORM, seed=storm)
    tiny.backfill()
    lived = list(tiny.hours(hours))
    tiny.clear_faults()
    lived += tiny.hours(quiet)
    return Lived(lived, end_state(tiny.url), tiny.thrown)


def first_of_all(shared: Path, live: Callable[[], Lived], *, again: bool = False) -> Lived:
    """What the first of all workers lives through, kept at `shared` for the others, which wait for it. again: live
    through it even where another worker has."""
    with one_worker(shared):
        if shared.exists() and not again:
            lived: Lived = pickle.loads(shared.read_bytes())
            return lived
        lived = live()
        shared.write_bytes(pickle.dumps(lived))
        return lived


def growth(early: Sequence[Hour], late: Sequence[Hour]) -> list[str]:
    """What has grown between two stretches of a life beyond what the data explains. Nothing: all is flat.

    Memory and handles at their highest; files at their fewest, which is after compaction; what is derived from the
    data at its largest, in proportion to the rows that really came; the two stores by the row, after compaction.
    """

    def stores(hour: Hour) -> float:
        return (hour.disk["landing"] + hour.disk["journal"]) / hour.rows

    more = max(h.rows for h in late) / max(h.rows for h in early)
    limits = {
        "memory": (1.1 * max(h.memory for h in early) + 30, max(h.memory for h in late)),
        "handles": (max(h.handles for h in early) + 2, max(h.handles for h in late)),
        "files": (min(h.files for h in early) + 40, min(h.files for h in late)),
        "stores by the row": (1.1 * min(map(stores, early)), min(map(stores, late))),
    }
    for folder in ("warehouse", "serving", "dbt", "models"):
        largest = max(h.disk[folder] for h in early), max(h.disk[folder] for h in late)
        limits[folder] = (1.2 * more * largest[0] + 1, largest[1])
    return [f"{name}: {now:.3f}, at most {most:.3f}" for name, (most, now) in limits.items() if now > most]


def _rows(store: Store) -> int:
    return sum(commit.rows for source, stream in store.streams() for commit in store.commits(source, stream))


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
            tiny = TinyCompany(home, sandbox.url, company)
            tiny.set_clock(company.history_end + timedelta(hours=BEGIN_HOURS))
            yield tiny
    finally:
        os.environ.clear()
        os.environ.update(before)
