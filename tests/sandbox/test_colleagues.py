"""The simulated engineers answer what is filed and posted, as the clock moves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from flows.core.clock import iso, parse
from flows.sandbox.company import Company
from flows.sandbox.limits import RateLimits
from flows.sandbox.linear import API_KEY
from flows.sandbox.linear_seed import TEAM_ID
from flows.sandbox.server import SandboxServer
from flows.sandbox.slack import TOKEN

CREATE = "mutation C($input: IssueCreateInput!) { issueCreate(input: $input) { issue { id identifier } } }"
READ = """query I($id: String!) { issue(id: $id) {
  state { name type } assignee { name } completedAt updatedAt
  comments { nodes { body user { name } } } relations { nodes { type relatedIssue { identifier } } }
} }"""


@pytest.fixture(scope="module")
def company() -> Company:
    return Company.simulate(seed=7, months=6, tickets_per_month=120)


class Office:
    def __init__(self, server: SandboxServer) -> None:
        self.url = server.url

    def linear(self, query: str, **variables: Any) -> dict[str, Any]:
        answer = httpx.post(
            f"{self.url}/linear/graphql",
            json={"query": query, "variables": variables},
            headers={"Authorization": API_KEY},
        ).json()
        return answer["data"]

    def file(self, title: str, tickets: list[str]) -> dict[str, str]:
        links = "\n".join(f"- {self.url}/zendesk/agent/tickets/{id}" for id in tickets)
        data = {"teamId": TEAM_ID, "title": title, "description": links}
        return self.linear(CREATE, input=data)["issueCreate"]["issue"]

    def read(self, issue: dict[str, str]) -> dict[str, Any]:
        return self.linear(READ, id=issue["id"])["issue"]

    def slack(self, method: str, **arguments: Any) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        return httpx.post(f"{self.url}/slack/api/{method}", json=arguments, headers=headers).json()

    def advance(self, hours: float) -> None:
        httpx.post(f"{self.url}/control/clock", json={"advance_hours": hours}).raise_for_status()

    def until(self, moment: str) -> None:
        httpx.post(f"{self.url}/control/clock", json={"now": moment}).raise_for_status()


@pytest.fixture
def office(tmp_path: Path, company: Company) -> Any:
    with SandboxServer(tmp_path, company=company, rate_limits=RateLimits(speed=0)) as server:
        yield Office(server)


def live_bug(company: Company) -> dict[str, Any]:
    end = iso(company.history_end)
    return next(e for e in company.truth()["events"] if e["kind"] == "bug" and (e["ended_at"] or "") > end)


def unrelated(company: Company) -> list[str]:
    planted = {t for e in company.truth()["events"] for t in e["ticket_ids"]}
    return [t for t in company.truth()["intents"] if t not in planted][:5]


def test_a_right_issue_is_triaged_started_and_done_when_the_fix_is_out(office: Office, company: Company) -> None:
    bug = live_bug(company)
    issue = office.file("Something broke", bug["ticket_ids"][:6])
    office.advance(1)
    assert office.read(issue)["state"]["type"] == "triage"
    office.advance(9)
    started = office.read(issue)
    assert started["state"]["type"] == "started" and started["assignee"]["name"]
    office.until(iso(parse(bug["ended_at"]) - (parse(bug["ended_at"]) - parse(iso(company.history_end))) / 100))
    assert office.read(issue)["state"]["type"] == "started"
    office.until(bug["ended_at"])
    office.advance(12)
    done = office.read(issue)
    assert done["state"]["type"] == "completed"
    assert any(bug["fix_release"] in comment["body"] for comment in done["comments"]["nodes"])
    assert done["completedAt"] >= bug["ended_at"]


def test_a_second_report_of_the_same_event_is_marked_as_duplicate(office: Office, company: Company) -> None:
    bug = live_bug(company)
    first = office.file("Something broke", bug["ticket_ids"][:4])
    second = office.file("Something else broke", bug["ticket_ids"][4:8])
    office.advance(8)
    found = office.read(second)
    assert found["state"] == {"name": "Duplicate", "type": "duplicate"}
    assert found["relations"]["nodes"] == [{"type": "duplicate", "relatedIssue": {"identifier": first["identifier"]}}]
    assert office.read(first)["state"]["type"] == "started"


def test_an_issue_of_unrelated_tickets_is_canceled(office: Office, company: Company) -> None:
    issue = office.file("Everything at once", unrelated(company))
    office.advance(12)
    assert office.read(issue)["state"]["type"] == "triage"
    office.advance(14)
    found = office.read(issue)
    assert found["state"]["type"] == "canceled" and found["comments"]["nodes"]


def test_alerts_get_reactions_by_whether_they_are_right(office: Office, company: Company) -> None:
    bug = live_bug(company)
    issue = office.file("Something broke", bug["ticket_ids"][:6])
    right = f"<{office.url}/board/issue/{issue['identifier']}|{issue['identifier']}> broke"
    wrong = " ".join(f"<{office.url}/zendesk/agent/tickets/{id}|ticket>" for id in unrelated(company))
    sent = [office.slack("chat.postMessage", channel="C0ALERTS", text=text)["ts"] for text in (right, wrong)]
    office.advance(12)
    names = [
        {r["name"] for r in office.slack("reactions.get", channel="C0ALERTS", timestamp=ts)["message"]["reactions"]}
        for ts in sent
    ]
    assert names == [{"eyes", "white_check_mark"}, {"-1"}]


def test_steps_of_any_size_end_the_same(tmp_path: Path, company: Company) -> None:
    def ends(folder: Path, steps: list[float]) -> list[Any]:
        with SandboxServer(folder, company=company, rate_limits=RateLimits(speed=0)) as server:
            office = Office(server)
            issues = [office.file("Broken", live_bug(company)["ticket_ids"][:4])]
            issues.append(office.file("Mixed", unrelated(company)))
            for hours in steps:
                office.advance(hours)
            return [office.read(issue) for issue in issues]

    assert ends(tmp_path / "one", [48]) == ends(tmp_path / "many", [3] * 16)


def test_a_churn_warning_is_right_about_an_account_with_planted_signs(office: Office, company: Company) -> None:
    planted = [one for one in company.truth()["churn"] if one["ticket_ids"]]
    assert planted
    tickets = [f"zendesk:{id}" for id in planted[0]["ticket_ids"][:3]]
    right = office.slack("chat.postMessage", channel="C0ALERTS", text=f"🟠 Churn risk: Ember {' '.join(tickets)}")
    wrong = office.slack("chat.postMessage", channel="C0ALERTS", text="Churn risk: Lund zendesk:1001")
    silent = office.slack("chat.postMessage", channel="C0ALERTS", text="Churn risk: Vela (1 signal)")
    office.advance(24)

    def reactions(posted: dict[str, Any]) -> list[str]:
        message = office.slack("reactions.get", channel="C0ALERTS", timestamp=posted["ts"])["message"]
        return sorted(one["name"] for one in message.get("reactions", []))

    assert reactions(right) == ["eyes", "white_check_mark"]
    assert reactions(wrong) == ["-1"]
    assert reactions(silent) == []
