"""One account a customer, against the truth: precision and recall of the links between systems.

Two records of different systems (helpdesk, CRM, billing) are linked when they have the same account. Precision is
the share of the links made that are true, recall the share of the true links that were made. Records that the truth
leaves out, such as prospects nobody sold to, are accounts of their own: a link to one of them is wrong.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from flows.settings import Settings
from flows.warehouse.duck import reader

SYSTEMS = {"helpdesk": "zendesk", "crm": "hubspot", "billing": "stripe"}  # a system -> the type of its source

Record = tuple[str, str]  # system, record id with its source
Link = frozenset[Record]


@dataclass
class LinksScore:
    """How many links there are, were made and were made rightly; wrong and missed ones as pairs of record ids."""

    true: int
    made: int
    right: int
    wrong: list[list[str]]
    missed: list[list[str]]

    @property
    def precision(self) -> float | None:
        return round(self.right / self.made, 4) if self.made else None

    @property
    def recall(self) -> float | None:
        return round(self.right / self.true, 4) if self.true else None

    def as_dict(self) -> dict[str, Any]:
        return {**self.__dict__, "precision": self.precision, "recall": self.recall}


def planted_records(settings: Settings, truth: dict[str, Any]) -> dict[str, set[Record]]:
    """The records of each account of the truth, by the account's id, in the systems that are configured."""
    sources: dict[str, str] = {source.type: name for name, source in settings.sources.items()}
    return {
        account["id"]: {
            (system, f"{sources[kind]}:{record}")
            for system, kind in SYSTEMS.items()
            if kind in sources
            for record in account["records"].get(system, [])
        }
        for account in truth["accounts"]
    }


def score_links(settings: Settings, truth: dict[str, Any]) -> LinksScore:
    """Compare the published links with the truth's accounts."""
    planted = planted_records(settings, truth)
    found: dict[str, set[Record]] = defaultdict(set)
    with reader(settings) as con:
        rows = con.sql("select account_key, system, record_id from marts.fct_account_links").fetchall()
    for account, system, record in rows:
        found[account].add((system, record))
    true, made = _links(planted.values()), _links(found.values())
    return LinksScore(len(true), len(made), len(true & made), _listed(made - true), _listed(true - made))


def _links(accounts: Iterable[set[Record]]) -> set[Link]:
    return {frozenset(pair) for records in accounts for pair in combinations(records, 2) if pair[0][0] != pair[1][0]}


def _listed(links: set[Link]) -> list[list[str]]:
    return sorted(sorted(record for _, record in link) for link in links)


def render(result: LinksScore) -> str:
    """One line."""

    def share(value: float | None) -> str:
        return "unknown" if value is None else f"{value:.3f}"

    return (
        f"Accounts: {result.made} links between helpdesk, CRM and billing, {result.true} planted; "
        f"precision {share(result.precision)}, recall {share(result.recall)}"
    )
