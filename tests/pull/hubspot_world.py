"""A small CRM in the emulated HubSpot, and a home that pulls from it.

shop = Shop()
with SandboxServer(folder, company=shop) as sandbox:
    Crm(sandbox, shop, home, source).pull()
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import polars as pl

from flows.core.clock import iso
from flows.core.run import Run
from flows.pull.run import pull
from flows.sandbox.commerce import Change, Commerce, CrmCompany, CrmContact, CrmDeal, Owner
from flows.sandbox.hubspot_objects import Portal
from flows.sandbox.server import SandboxServer
from flows.settings import HubspotSource, Settings

START = datetime(2026, 1, 1, tzinfo=UTC)
BEGIN = START + timedelta(days=30)  # of the pulls
STREAMS = ("owners", "companies", "contacts", "deals", "associations")
OBJECTS = ("companies", "contacts", "deals")
IMPORTED = 130  # companies that came in at one moment: more than one search can give


def at(**since: float) -> int:
    return int((START + timedelta(**since)).timestamp())


def company(n: int, created: int, *later: Change, **more: Any) -> CrmCompany:
    facts = {"name": f"Company {n}", "domain": f"c{n}.example", "tier": "gold", "hubspot_owner_id": "7"}
    changes = (*(Change(created, name, value) for name, value in facts.items()), *later)
    return CrmCompany(str(n), created, changes, **more)


def contact(n: int, *companies: int, **more: Any) -> CrmContact:
    created = at(days=1, minutes=n)
    changes = (Change(created, "email", f"p{n}@c{companies[0]}.example"), Change(created, "firstname", f"P{n}"))
    return CrmContact(str(n), created, changes, tuple(map(str, companies)), **more)


def deal(n: int, *companies: int) -> CrmDeal:
    created = at(days=2, minutes=n)
    facts = {"dealname": f"Deal {n}", "dealstage": "contractsent", "amount": "1200.50", "closedate": "2026-03-01"}
    changes = (
        *(Change(created, name, value) for name, value in facts.items()),
        Change(at(days=33, minutes=n), "dealstage", "closedwon"),
    )
    return CrmDeal(str(n), created, changes, tuple(map(str, companies)))


def commerce() -> Commerce:
    """A CRM in which something goes on before and after the pulls begin."""
    companies = [
        company(
            1000 + n, at(hours=n),
            *([Change(at(days=5, hours=n), "tier", "silver")] if n % 4 == 0 else []),
            *([Change(at(days=30, hours=3, minutes=n), "hubspot_owner_id", "8")] if n % 5 == 0 else []),
        )
        for n in range(40)
    ]  # fmt: skip
    companies += [company(2000 + n, at(days=10)) for n in range(IMPORTED)]
    companies += [
        company(3000, at(days=11), archived_at=at(days=12)),
        company(3001, at(days=11), archived_at=at(days=30, hours=2)),
        company(3002, at(days=11), merged=(at(days=30, hours=2), "1001")),
        company(3003, at(days=31)),
    ]
    contacts = [contact(1 + n, 1000 + n % 40, *([1001] if n % 10 == 0 else [])) for n in range(60)]
    contacts.append(contact(99, 1002, archived_at=at(days=30, hours=2)))
    deals = [deal(500 + n, 1000 + n) for n in range(25)]
    owners = [Owner("7", "Ada Park", "ada@us.example"), Owner("8", "Bo Lind", "bo@us.example")]
    return Commerce(
        plans={}, accounts=[], customers={}, subscriptions={}, invoices={}, owners={o.id: o for o in owners},
        companies={c.id: c for c in companies}, contacts={c.id: c for c in contacts}, deals={d.id: d for d in deals},
    )  # fmt: skip


@dataclass
class Shop:
    """A company of which only the CRM is known."""

    commerce: Commerce = field(default_factory=commerce)
    history_end: datetime = BEGIN
    arguments: dict[str, Any] = field(default_factory=lambda: {"start": START})

    def write_exports(self, folder: Path, now: datetime) -> None:
        pass

    def truth(self) -> dict[str, Any]:
        return {"events": [], "incidents": [], "churn": []}


@dataclass
class Crm:
    """The emulated CRM, and a home that pulls from it."""

    sandbox: SandboxServer
    shop: Shop
    home: Path
    source: HubspotSource
    now: datetime = BEGIN

    def run(self, **more: Any) -> Run:
        settings = Settings(home=self.home, sources={"hubspot": self.source})
        return Run.start("hourly", settings, now=self.now, **more)

    def pull(self, **more: Any) -> Run:
        run = self.run(**more)
        pull(run, "hubspot")
        return run

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)
        httpx.post(f"{self.sandbox.url}/control/clock", json={"now": iso(self.now)}).raise_for_status()

    def fault(self, kind: str, match: str, times: int = 1) -> None:
        fault = {"vendor": "hubspot", "kind": kind, "match": match, "times": times}
        httpx.post(f"{self.sandbox.url}/control/faults", json=fault).raise_for_status()

    def landed(self, stream: str) -> pl.DataFrame:
        return self.run().landing.read("hubspot", stream).sort("seq")

    def heights(self) -> dict[str, int]:
        return {stream: self.landed(stream).height for stream in STREAMS}

    def newest(self, stream: str) -> dict[str, dict[str, Any]]:
        frame = self.landed(stream).sort("version", "pulled_at", "seq")
        return {row["id"]: json.loads(row["payload"]) for row in frame.iter_rows(named=True)}

    def companies_of(self, name: str) -> list[str]:
        return [to["id"] for to in self.newest("associations")[name]["to"]]

    def assert_complete(self) -> None:
        """What the newest records say is what the CRM holds, but for what the index does not know yet."""
        portal, until = Portal(self.shop.commerce), int(self.now.timestamp()) - 30
        for stream in OBJECTS:
            newest = self.newest(stream)
            live = {id: record for id, record in portal.records[stream].items() if record.exists(until)}
            gone = {id for id, record in portal.records[stream].items() if record.exists(until, archived=True)}
            merged = {
                id for id, record in portal.records[stream].items() if record.merged and record.merged[0] <= until
            }
            assert {id for id, item in newest.items() if not item["archived"]} - merged == set(live), stream
            assert {id for id, item in newest.items() if item["archived"]} == gone, stream
            for id, record in live.items():
                told = newest[id]["properties"]
                assert told == {name: record.shown(name, until) for name in told}, (stream, id)
                for name, history in newest[id].get("propertiesWithHistory", {}).items():
                    assert history == record.history(name, until), (stream, id, name)
        for name, link in self.newest("associations").items():
            kind, _, id = name.partition(":")
            if portal.records[kind][id].exists(until):
                held = {id for id, _ in portal.associated(kind, id, "companies", until)}
                assert {to["id"] for to in link["to"]} == held, name

    def assert_nothing_twice(self) -> None:
        for stream in STREAMS:
            repeats = Counter(self.landed(stream).select("id", "payload").iter_rows())
            assert max(repeats.values()) == 1, stream
