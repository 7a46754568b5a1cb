"""The Zendesk emulator over a small company, read with plain HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from flows.sandbox.company import Company
from flows.sandbox.limits import RateLimits
from flows.sandbox.server import SandboxServer
from flows.sandbox.zendesk import EMAIL, LIGHT_EMAIL, TOKEN


@pytest.fixture(scope="module")
def company() -> Company:
    return Company.simulate(seed=3, months=3, tickets_per_month=120)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory, company: Company) -> Iterator[SandboxServer]:
    folder = tmp_path_factory.mktemp("sandbox")
    with SandboxServer(folder, company=company, rate_limits=RateLimits(speed=0)) as server:
        yield server


@pytest.fixture(scope="module")
def zendesk(sandbox: SandboxServer) -> Iterator[httpx.Client]:
    with connect(sandbox.url) as client:
        yield client


def connect(url: str, email: str = EMAIL, token: str = TOKEN) -> httpx.Client:
    return httpx.Client(base_url=f"{url}/zendesk/api/v2/", auth=(f"{email}/token", token), timeout=30)


def export(client: httpx.Client, stream: str, **params: Any) -> tuple[list[dict[str, Any]], str]:
    """Everything a cursor export gives, and the cursor to go on with."""
    found, query = [], {"start_time": 0, **params}
    while True:
        page = client.get(f"incremental/{stream}/cursor.json", params=query).raise_for_status().json()
        found += page[stream]
        query = {**params, "cursor": page["after_cursor"]}
        if page["end_of_stream"]:
            return found, page["after_cursor"]


def test_the_cursor_export_gives_every_ticket_once_in_order_of_change(zendesk: httpx.Client, company: Company) -> None:
    tickets, _ = export(zendesk, "tickets", per_page=100)
    assert len(tickets) > 300
    assert len({t["id"] for t in tickets}) == len(tickets)
    stamps = [t["generated_timestamp"] for t in tickets]
    assert stamps == sorted(stamps)
    settled = company.history_end - timedelta(minutes=1)
    assert {t["id"] for t in tickets} == {t["id"] for t in company.all("tickets", settled)}


def test_deleted_tickets_are_exported_as_deleted_and_gone_elsewhere(zendesk: httpx.Client) -> None:
    tickets, _ = export(zendesk, "tickets")
    deleted = next(t for t in tickets if t["status"] == "deleted")
    assert zendesk.get(f"tickets/{deleted['id']}").status_code == 404
    assert zendesk.get(f"tickets/{deleted['id']}").json()["error"] == "RecordNotFound"


def test_the_cursor_goes_on_where_it_stopped_when_the_clock_moved(tmp_path: Path, company: Company) -> None:
    with SandboxServer(tmp_path, company=company, rate_limits=RateLimits(speed=0)) as server:
        with connect(server.url) as client:
            before, cursor = export(client, "tickets")
            again = client.get("incremental/tickets/cursor", params={"cursor": cursor}).json()
            assert again["tickets"] == [] and again["end_of_stream"] and again["after_cursor"] == cursor
            httpx.post(f"{server.url}/control/clock", json={"advance_hours": 24}).raise_for_status()
            later = client.get("incremental/tickets/cursor", params={"cursor": cursor}).json()["tickets"]
        assert later and min(t["generated_timestamp"] for t in later) > max(t["generated_timestamp"] for t in before)


def test_metric_sets_and_users_are_sideloaded(zendesk: httpx.Client) -> None:
    params = {"start_time": 0, "per_page": 5, "include": "metric_sets,users"}
    page = zendesk.get("incremental/tickets/cursor.json", params=params).json()
    assert all(t["metric_set"]["ticket_id"] == t["id"] for t in page["tickets"])
    assert {t["requester_id"] for t in page["tickets"]} <= {u["id"] for u in page["users"]}


def test_a_start_time_of_the_last_minute_is_refused(zendesk: httpx.Client, company: Company) -> None:
    recent = int(company.history_end.timestamp()) - 30
    answer = zendesk.get("incremental/tickets/cursor.json", params={"start_time": recent})
    assert answer.status_code == 422 and answer.json()["error"] == "StartTimeTooRecent"
    assert zendesk.get("incremental/tickets/cursor.json").status_code == 400
    assert zendesk.get("incremental/tickets/cursor.json", params={"cursor": "nonsense"}).status_code == 400


def test_ticket_events_overlap_at_the_boundary_and_bring_comments_when_asked(zendesk: httpx.Client) -> None:
    start, seen, repeats = 0, {}, 0
    while True:
        params = {"start_time": start, "include": "comment_events", "per_page": 300}
        page = zendesk.get("incremental/ticket_events.json", params=params).json()
        assert page["count"] == len(page["ticket_events"])
        repeats += sum(event["id"] in seen for event in page["ticket_events"])
        seen |= {event["id"]: event for event in page["ticket_events"]}
        start = page["end_time"]
        if page["end_of_stream"]:
            break
    assert repeats >= 1
    comments = [c for e in seen.values() for c in e["child_events"] if c["event_type"] == "Comment"]
    tickets, _ = export(zendesk, "tickets")
    assert len(comments) >= len(tickets)
    bare = zendesk.get("incremental/ticket_events.json", params={"start_time": 0}).json()["ticket_events"]
    assert not any(c["event_type"] == "Comment" for e in bare for c in e["child_events"])


def test_users_and_organizations_are_exported(zendesk: httpx.Client, company: Company) -> None:
    users, _ = export(zendesk, "users")
    assert {"admin", "agent", "end-user"} & {u["role"] for u in users}
    page = zendesk.get("incremental/organizations.json", params={"start_time": 0}).json()
    assert page["end_of_stream"] and page["organizations"]
    assert {u["organization_id"] for u in users} - {None} <= {o["id"] for o in page["organizations"]}


def test_ratings_are_paged_by_cursor_and_begin_at_start_time(zendesk: httpx.Client, company: Company) -> None:
    def ratings(**params: Any) -> list[dict[str, Any]]:
        found, query = [], {"page[size]": 40, **params}
        while True:
            page = zendesk.get("satisfaction_ratings.json", params=query).json()
            found += page["satisfaction_ratings"]
            if not page["meta"]["has_more"]:
                return found
            query["page[after]"] = page["meta"]["after_cursor"]

    everything = ratings()
    assert len({r["id"] for r in everything}) == len(everything) > 50
    since = company.start + timedelta(days=45)
    recent = ratings(start_time=int(since.timestamp()))
    assert 0 < len(recent) < len(everything)
    assert all(r["created_at"] >= since.isoformat()[:19] for r in recent)


def test_lists_single_objects_and_counts(zendesk: httpx.Client, company: Company) -> None:
    assert {"Category", "App version"} <= {f["title"] for f in zendesk.get("ticket_fields").json()["ticket_fields"]}
    assert zendesk.get("groups.json").json()["groups"]
    assert zendesk.get("ticket_metrics", params={"page[size]": 3}).json()["meta"]["has_more"]
    articles = zendesk.get("help_center/en-us/articles.json", params={"per_page": 5}).json()
    assert len(articles["articles"]) == 5 and articles["next_page"]
    changed = zendesk.get("help_center/incremental/articles.json", params={"start_time": 0}).json()
    assert len(changed["articles"]) == articles["count"]
    ticket = next(t for t in company.all("tickets", company.history_end) if t["status"] == "closed")
    assert zendesk.get(f"tickets/{ticket['id']}.json").json()["ticket"]["subject"] == ticket["subject"]
    comments = zendesk.get(f"tickets/{ticket['id']}/comments").json()["comments"]
    assert comments[0]["author_id"] == ticket["requester_id"]
    assert zendesk.get("users/me").json()["user"]["role"] == "admin"
    total = company.count("tickets", company.history_end)
    assert zendesk.get("tickets/count").json()["count"]["value"] == total
    dated = sum(t["created_at"] is not None for t in company.all("tickets", company.history_end))
    assert zendesk.get("search/count", params={"query": "type:ticket created>=2025-01-01"}).json()["count"] == dated
    assert zendesk.get("nothing/here").status_code == 404


def test_links_lead_back_to_this_server(zendesk: httpx.Client, sandbox: SandboxServer) -> None:
    tickets, _ = export(zendesk, "tickets")
    ticket = next(t for t in tickets if t["status"] == "closed")
    assert ticket["url"] == f"{sandbox.url}/zendesk/api/v2/tickets/{ticket['id']}.json"
    assert zendesk.get(ticket["url"]).json()["ticket"]["id"] == ticket["id"]


def test_wrong_credentials_and_missing_rights_are_refused(sandbox: SandboxServer) -> None:
    wrong = connect(sandbox.url, token="wrong").get("users/me")
    assert wrong.status_code == 401 and wrong.json() == {"error": "Couldn't authenticate you"}
    light = connect(sandbox.url, email=LIGHT_EMAIL)
    assert light.get("users/me").status_code == 200
    assert light.get("incremental/tickets/cursor", params={"start_time": 0}).status_code == 403


def test_incremental_exports_have_their_own_limit(tmp_path: Path, company: Company) -> None:
    limits = RateLimits(speed=1, zendesk_incremental_per_minute=2)
    with SandboxServer(tmp_path, company=company, rate_limits=limits) as server, connect(server.url) as client:
        query = {"start_time": 0, "per_page": 1}
        answers = [client.get("incremental/tickets/cursor", params=query) for _ in range(3)]
        assert [a.status_code for a in answers] == [200, 200, 429]
        assert int(answers[2].headers["retry-after"]) >= 1
        assert client.get("ticket_fields").status_code == 200


def test_the_company_comes_back_after_a_restart(tmp_path: Path, company: Company) -> None:
    with SandboxServer(tmp_path, company=company) as server, connect(server.url) as client:
        before = client.get("tickets/count").json()
        assert "4." in (tmp_path / "exports" / "releases.csv").read_text()
    with SandboxServer(tmp_path) as server, connect(server.url) as client:
        assert client.get("tickets/count").json() == before
    assert (tmp_path / "truth.json").is_file()
