"""What Groundswell found, against the planted truth of the sandbox: events, customers who left, one account a customer.

Each part says in its own module what counts: `score_events`, `score_churn`, `score_links`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from flows.core.errors import ConfigError
from flows.landing.journal import Journal
from flows.landing.store import Store
from flows.learn import score_churn, score_events, score_links
from flows.settings import Settings


@dataclass
class Score:
    """The parts of the score. `churn` and `links` are None where the truth says nothing of accounts."""

    events: score_events.EventsScore
    churn: score_churn.ChurnScore | None
    links: score_links.LinksScore | None

    def as_dict(self) -> dict[str, Any]:
        return {
            **self.events.as_dict(),
            "churn": self.churn.as_dict() if self.churn else None,
            "links": self.links.as_dict() if self.links else None,
        }


def score(settings: Settings) -> Score:
    """Read the journal, the published copy and the sandbox's truth below `settings.home`.

    Raises ConfigError where one of them is missing.
    """
    path = settings.home / "sandbox" / "truth.json"
    if not path.is_file():
        raise ConfigError(
            f"{path} is not there", "Only the simulated company has a known truth: run `make demo` first."
        )
    truth = json.loads(path.read_text())
    journal = Journal(Store(settings.journal))
    if not journal.latest("run"):
        raise ConfigError("no run is in the journal", "Run `groundswell backfill` or `make demo` first.")
    has_accounts = "accounts" in truth
    return Score(
        score_events.score_events(settings, truth, journal),
        score_churn.score_churn(settings, truth, journal) if has_accounts else None,
        score_links.score_links(settings, truth) if has_accounts else None,
    )


def render(result: Score) -> Any:
    """The score as rich tables, each with a line that sums it up."""
    from rich.console import Group

    parts = [score_events.render(result.events)]
    if result.churn:
        parts += ["", score_churn.render(result.churn)]
    if result.links:
        parts += ["", score_links.render(result.links)]
    return Group(*parts)
