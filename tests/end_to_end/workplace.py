"""A small simulated company with its emulators, configured as a user would, for tests of whole runs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import httpx
from simulated import configure

from flows.core.clock import iso, parse
from flows.core.run import Run
from flows.sandbox.company import Company
from flows.sandbox.server import SandboxServer
from flows.settings import load_settings
from flows.stages import Direct, execute


@dataclass
class Workplace:
    """A running company: its address, its folder, and the runs made for it."""

    url: str
    home: Path
    company: Company

    def set_clock(self, moment: datetime) -> None:
        httpx.post(f"{self.url}/control/clock", json={"now": iso(moment)}, timeout=60).raise_for_status()

    def now(self) -> datetime:
        return parse(httpx.get(f"{self.url}/control/clock").json()["now"])

    def advance(self, hours: float) -> None:
        self.set_clock(self.now() + timedelta(hours=hours))

    def fault(self, **fault: object) -> None:
        httpx.post(f"{self.url}/control/faults", json=fault).raise_for_status()

    def clear_faults(self) -> None:
        httpx.delete(f"{self.url}/control/faults").raise_for_status()

    def run(self, flow: str) -> Run:
        run = Run.start(flow, load_settings(), backfill=flow == "backfill")
        execute(run, Direct())
        return run

    def linear_titles(self) -> list[str]:
        """Titles of every issue on the board, in order of creation."""
        query = "{ issues(first: 200, includeArchived: true) { nodes { title createdAt } } }"
        answer = httpx.post(
            f"{self.url}/linear/graphql", json={"query": query},
            headers={"Authorization": os.environ["GROUNDSWELL_LINEAR_API_KEY"]}, timeout=60,
        ).json()  # fmt: skip
        return [node["title"] for node in sorted(answer["data"]["issues"]["nodes"], key=lambda n: n["createdAt"])]

    def slack_messages(self, channel: str) -> list[dict[str, object]]:
        answer = httpx.get(
            f"{self.url}/slack/api/conversations.history",
            params={"channel": channel, "limit": 200, "include_all_metadata": "true"},
            headers={"Authorization": f"Bearer {os.environ['GROUNDSWELL_SLACK_BOT_TOKEN']}"}, timeout=60,
        ).json()  # fmt: skip
        messages: list[dict[str, object]] = answer["messages"]
        return messages


@contextmanager
def workplace(home: Path, *, months: int, tickets_per_month: int, seed: int = 7) -> Iterator[Workplace]:
    """Simulate, serve and configure; undo the environment afterwards."""
    before = dict(os.environ)
    company = Company.simulate(seed=seed, months=months, tickets_per_month=tickets_per_month)
    try:
        with SandboxServer(home / "sandbox", company=company) as sandbox:
            configure(home, sandbox.url)
            yield Workplace(sandbox.url, home, company)
    finally:
        os.environ.clear()
        os.environ.update(before)
