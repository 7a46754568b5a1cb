"""Customers who left, against the warnings about them.

A churner is caught when a churn finding about it was open at any time in the `HORIZON` before its last subscription
ended; the lead time runs from the beginning of that open spell. A warning, the beginning of an open spell, came true
when the account left within the `HORIZON` after it; warnings younger than that are too early to judge unless the
account has left already. Beside both stands the base rate: the share of paying accounts that leave within a
`HORIZON`, whatever anybody says about them.

Warnings of the history are those of the backfill's weekly look back.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flows.core.clock import iso, parse
from flows.landing.journal import Journal
from flows.learn.score_links import planted_records
from flows.settings import Settings

HORIZON = timedelta(days=90)
OPEN = ("open", "escalating", "regressed")
PREFIX = "churn:"  # begins the candidate key of a churn finding; an account's key follows

Spell = tuple[datetime, datetime | None]  # from, until (None: still open)


@dataclass
class Churner:
    """An account that left, and whether it was warned about."""

    account: str
    name: str
    churned_at: str
    signs: list[str]
    lead_days: float | None = None

    @property
    def caught(self) -> bool:
        return self.lead_days is not None


@dataclass
class ChurnScore:
    churners: list[Churner]
    warnings: int
    """Warnings old enough to judge."""
    came_true: int
    too_early: int
    accounts: int
    """Paying accounts."""
    days: float
    """Length of the judged time, the base of the base rate."""
    horizon_days: int = HORIZON.days
    wrong: list[str] = field(default_factory=list)
    """Accounts that were warned about and stayed."""

    @property
    def precision(self) -> float | None:
        return round(self.came_true / self.warnings, 3) if self.warnings else None

    @property
    def base_rate(self) -> float | None:
        spans = self.accounts * self.days / self.horizon_days
        return round(len(self.churners) / spans, 3) if spans else None

    def as_dict(self) -> dict[str, Any]:
        return {
            **{key: value for key, value in self.__dict__.items() if key != "churners"},
            "churners": [{**c.__dict__, "caught": c.caught} for c in self.churners],
            "precision": self.precision,
            "base_rate": self.base_rate,
        }


def score_churn(settings: Settings, truth: dict[str, Any], journal: Journal) -> ChurnScore:
    """Read the warnings from the journal. It needs at least one run."""
    last = max(parse(body["at"]) for body in journal.latest("run").values())
    spells = _spells(journal)
    began = min((begin for of_one in spells.values() for begin, _ in of_one), default=last)
    names = {account["id"]: account["name"] for account in truth["accounts"]}
    left = {row["account"]: parse(row["churned_at"]) for row in truth["churn"] if row["churned_at"]}
    signs = {row["account"]: row["signs"] for row in truth["churn"]}

    churners, came_true, warnings, too_early, wrong = [], 0, 0, 0, []
    for account, records in planted_records(settings, truth).items():
        mine = sorted({spell for _, record in records for spell in spells.get(record, [])}, key=lambda spell: spell[0])
        churned = left.get(account)
        if churned is not None and began < churned <= last:
            before = [begin for begin, end in mine if begin < churned and (end is None or end > churned - HORIZON)]
            lead = round((churned - min(before)).total_seconds() / 86400, 1) if before else None
            churners.append(Churner(account, names[account], iso(churned), list(signs.get(account, [])), lead))
        for begin, _ in mine:
            if churned is not None and begin < churned <= min(begin + HORIZON, last):
                came_true, warnings = came_true + 1, warnings + 1
            elif begin + HORIZON <= last:
                warnings += 1
                wrong.append(names[account])
            else:
                too_early += 1
    churners.sort(key=lambda churner: churner.churned_at)
    days = round((last - began).total_seconds() / 86400, 1)
    paying = truth["churn_base"]["accounts"]
    return ChurnScore(churners, warnings, came_true, too_early, paying, days, wrong=sorted(wrong))


def _spells(journal: Journal) -> dict[str, list[Spell]]:
    """When a churn finding about an account was open, by the record the account was known as."""
    known_as: dict[str, list[str]] = defaultdict(list)
    for candidate, body in journal.latest("finding_alias").items():
        if candidate.startswith(PREFIX):
            known_as[body["finding_key"]].append(candidate.removeprefix(PREFIX))
    changes: dict[str, list[tuple[datetime, bool]]] = defaultdict(list)
    for row in journal.read("finding_state").iter_rows(named=True):
        if row["id"] in known_as:
            body = json.loads(row["payload"])
            changes[row["id"]].append((parse(body["at"]), body["state"] in OPEN))
    spells: dict[str, list[Spell]] = defaultdict(list)
    for key, states in changes.items():
        begin: datetime | None = None
        found: list[Spell] = []
        for at, is_open in sorted(states):
            if is_open and begin is None:
                begin = at
            elif not is_open and begin is not None:
                found.append((begin, at))
                begin = None
        if begin is not None:
            found.append((begin, None))
        for record in known_as[key]:
            spells[record] += found
    return spells


def render(result: ChurnScore) -> Any:
    """The churners as a rich table and two lines below it."""
    from rich.console import Group
    from rich.table import Column, Table

    narrow = [Column(name, no_wrap=True) for name in ("left on", "caught", "days before")]
    table = Table(Column("left", no_wrap=True, overflow="ellipsis"), *narrow, Column("planted signs"), expand=True)
    for churner in result.churners:
        lead = "" if churner.lead_days is None else f"{churner.lead_days:.0f}"
        signs = ", ".join(churner.signs).replace("_", " ") or "none"
        table.add_row(churner.name, churner.churned_at[:10], "yes" if churner.caught else "missed", lead, signs)
    caught = [churner for churner in result.churners if churner.caught]
    leads = sorted(churner.lead_days or 0.0 for churner in caught)
    with_signs = [churner for churner in result.churners if churner.signs]
    first = f"{len(caught)} of {len(result.churners)} customers who left were warned about"
    if with_signs:
        first += f" ({sum(c.caught for c in with_signs)} of {len(with_signs)} of those with planted signs)"
    if leads:
        first += f", {leads[len(leads) // 2]:.0f} days before in the median"
    precision = "unknown" if result.precision is None else f"{result.precision:.0%}"
    base = "unknown" if result.base_rate is None else f"{result.base_rate:.1%}"
    second = (
        f"{result.came_true} of {result.warnings} warnings came true within {result.horizon_days} days ({precision}); "
        f"of all {result.accounts} paying accounts {base} leave in as many days; "
        f"{result.too_early} warnings are too young to judge"
    )
    return Group(table, first, second)
