"""Tickets as no helpdesk should send them: in the marts or kept apart, and counted against what was sent."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest
from cases import Case, words
from cases_tickets import AT, CASES, GENERATED, Sent
from warehouse_fixture import House

from flows.core.clock import iso
from flows.demo import SECRETS
from flows.sandbox.company import Company
from flows.sandbox.server import SandboxServer
from flows.settings import ZendeskSource
from flows.stages import Direct, Stages

FIRST = 9_000_001


def _id(case: Case) -> Any:
    sent: Sent = case.given
    return sent.values.get("id", FIRST + CASES.index(case))


def _ticket(case: Case, values: dict[str, Any], version: int = 0) -> Any:
    sent: Sent = case.given
    if sent.raw != "-":
        return sent.raw
    ticket = {
        "id": _id(case), "url": f"https://odd.zendesk.com/api/v2/tickets/{_id(case)}.json", "subject": case.name,
        "description": "It does not work", "status": "open", "priority": "normal", "via": {"channel": "email"},
        "tags": [], "custom_fields": [], "requester_id": 1, "assignee_id": None, "group_id": None,
        "organization_id": None, "created_at": AT, "updated_at": AT, "generated_timestamp": GENERATED + 3600 * version,
        **values,
    }  # fmt: skip
    return {name: value for name, value in ticket.items() if name not in sent.without}


def _tickets(case: Case) -> list[Any]:
    sent: Sent = case.given
    first = _ticket(case, sent.values)
    return [first] if sent.then is None else [first, _ticket(case, {**sent.values, **sent.then}, 1)]


def _event(case: Case) -> dict[str, Any] | None:
    sent: Sent = case.given
    if sent.comments is None or sent.raw != "-":
        return None
    id = 500_000_000 + 20_000 * CASES.index(case)
    children = [
        {"id": id + n, "event_type": "Comment", "author_id": 1, "public": True, "via": "Mail", **child}
        if isinstance(child, dict) else child
        for n, child in enumerate(sent.comments, start=1)
    ]  # fmt: skip
    return {
        "id": id, "ticket_id": _id(case), "timestamp": GENERATED, "created_at": AT, "updater_id": 1, "via": "Mail",
        "event_type": "Audit", "child_events": children, **sent.event,
    }  # fmt: skip


@dataclass
class Outcome:
    """What the helpdesk sent, what the report said, and where it all ended."""

    house: House
    company: Company
    problems: str
    bad_sources: dict[str, str]
    late: dict[str, str]
    counts: dict[str, float]
    apart: dict[tuple[str, str], list[str]]  # (stream, id) -> rule, column and value of each version kept apart
    tickets: dict[str, dict[str, Any]]  # int_tickets
    counted: set[str]  # fct_tickets


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    """One run of the pipeline over a helpdesk that sends every ticket of the table."""
    folder = tmp_path_factory.mktemp("tickets")
    company = Company.simulate(months=1, tickets_per_month=30)
    before = dict(os.environ)
    os.environ.update(SECRETS)
    try:
        with SandboxServer(folder / "sandbox", company=company) as sandbox:
            for stream, objects in {
                "tickets": [ticket for case in CASES for ticket in _tickets(case)],
                "ticket_events": [event for case in CASES if (event := _event(case))],
            }.items():
                planted = httpx.post(f"{sandbox.url}/control/zendesk/{stream}", content=json.dumps(objects), timeout=60)
                assert planted.json() == {"planted": len(objects)}
            moment = company.history_end + timedelta(minutes=5)
            httpx.post(f"{sandbox.url}/control/clock", json={"now": iso(moment)}).raise_for_status()
            house = House(folder / "house", moment)
            desk = ZendeskSource(
                type="zendesk", base_url=f"{sandbox.url}/zendesk", requests_per_minute=60_000, max_bad_share=1,
                incremental_requests_per_minute=600,
            )  # fmt: skip
            house.settings.sources = {"zendesk": desk}
            run = house.run()
            stages = Stages(run, Direct())
            stages.pull()
            stages.validate()
        with stages.writing():
            stages.stage()
            stages.enrich()
        house.build_support()
        apart: dict[tuple[str, str], list[str]] = {}
        for stream, id, rule, column, value in house.rows(
            "select stream, record_id, rule, column_name, value from marts.fct_quarantine"
        ):
            apart.setdefault((stream, id), []).append(f"{rule} {column} {value}")
        found = house.rows("select source_ticket_id, to_json(t) from intermediate.int_tickets as t")
        yield Outcome(
            house, company, words(" ".join(run.report.problems)), run.report.bad_sources, run.report.late_sources,
            run.report.counts, apart, {id: json.loads(row) for id, row in found},
            {id.removeprefix("zendesk:") for (id,) in house.rows("select ticket_id from marts.fct_tickets")},
        )  # fmt: skip
    finally:
        os.environ.clear()
        os.environ.update(before)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_ticket_is_in_the_marts_as_good_as_it_can_be_or_kept_apart(case: Case, outcome: Outcome) -> None:
    sent: Sent = case.given
    if case.ends == "quarantine":
        assert any(words(case.says) in entry for (stream, _), found in outcome.apart.items() for entry in found
                   if stream == "tickets")  # fmt: skip
        if sent.raw == "-" and _id(case) is not None:
            assert str(_id(case)) not in outcome.tickets
        return
    id = str(_id(case))
    assert ("tickets", id) not in outcome.apart
    assert {name: outcome.tickets[id][name] for name in sent.expect} == sent.expect
    assert (id in outcome.counted) is sent.counts
    assert case.says in outcome.problems


def test_what_the_helpdesk_sent_is_in_the_warehouse_or_in_quarantine_to_the_last_ticket(outcome: Outcome) -> None:
    real = outcome.company.count("tickets", outcome.company.history_end)
    sent = real + sum(len(_tickets(case)) for case in CASES)
    landed = outcome.house.run().landing.read("zendesk", "tickets")
    assert landed.height == sent
    apart = sum(len(found) for (stream, _), found in outcome.apart.items() if stream == "tickets")
    superseded = sum(case.given.then is not None for case in CASES)
    assert len(outcome.tickets) + superseded + apart == sent
    assert apart == sum(case.ends == "quarantine" for case in CASES)


def test_what_was_said_in_tickets_is_in_the_warehouse_or_in_quarantine_to_the_last_comment(outcome: Outcome) -> None:
    events = [(case, event) for case in CASES if (event := _event(case))]
    # An event that names its ticket by no number is kept apart like that ticket.
    bad = [case for case, _ in events if case.given.events_apart or type(_id(case)) is not int]
    assert len([id for stream, id in outcome.apart if stream == "ticket_events"]) == len(bad)
    said = sum(
        isinstance(child, dict) and child["event_type"] == "Comment"
        for case, event in events
        if case not in bad
        for child in event["child_events"]
    )
    found = outcome.house.rows(
        "select count(*) from intermediate.int_messages where not contains(message_id, ':ticket-')"
        f" and (ticket_id in ('zendesk:0', 'zendesk:-5') or cast(split_part(ticket_id, ':', 2) as bigint) >= {FIRST})"
    )
    assert found == [(said,)]


def test_one_odd_ticket_stops_neither_its_source_nor_a_reader(outcome: Outcome) -> None:
    assert (outcome.bad_sources, outcome.late) == ({}, {})
    assert outcome.counts["sources.ok"] == 1
    assert "enrich.extractor_errors" not in outcome.counts
    assert (
        outcome.house.rows("select ticket_id, extractor_error from enrich.tickets where extractor_error is not null")
        == []
    )
