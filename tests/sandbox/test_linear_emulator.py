"""The Linear emulator, driven by gql, a GraphQL client that we did not write."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from gql import Client, gql
from gql.transport.exceptions import TransportQueryError
from gql.transport.httpx import HTTPXTransport

from flows.core.keys import uuid4_from
from flows.sandbox.limits import RateLimits
from flows.sandbox.linear import API_KEY
from flows.sandbox.server import SandboxServer

TEAM = "{ teams(first: 1) { nodes { id } } }"
CREATE = """mutation C($input: IssueCreateInput!) {
  issueCreate(input: $input) { success issue { id identifier url state { type } } }
}"""


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxServer]:
    with SandboxServer(tmp_path_factory.mktemp("sandbox"), rate_limits=RateLimits(speed=0)) as server:
        yield server


@pytest.fixture(scope="module")
def linear(sandbox: SandboxServer) -> Client:
    return connect(sandbox.url)


def connect(url: str, key: str = API_KEY) -> Client:
    transport = HTTPXTransport(url=f"{url}/linear/graphql", headers={"Authorization": key})
    return Client(transport=transport, fetch_schema_from_transport=False)


def ask(client: Client, document: str, **variables: Any) -> dict[str, Any]:
    request = gql(document)
    request.variable_values = variables
    return client.execute(request)


def new_issue(client: Client, key: str, **fields: Any) -> dict[str, Any]:
    team = ask(client, TEAM)["teams"]["nodes"][0]["id"]
    data = {"id": uuid4_from("test", key), "teamId": team, "title": f"Issue {key}", **fields}
    return ask(client, CREATE, input=data)["issueCreate"]["issue"]


def refusal(client: Client, document: str, **variables: Any) -> dict[str, Any]:
    with pytest.raises(TransportQueryError) as caught:
        ask(client, document, **variables)
    return caught.value.errors[0]


def test_an_issue_is_created_in_triage_with_the_id_we_chose(linear: Client, sandbox: SandboxServer) -> None:
    issue = new_issue(linear, "chosen")
    assert issue["id"] == uuid4_from("test", "chosen")
    assert issue["url"] == f"{sandbox.url}/board/issue/{issue['identifier']}"
    assert issue["state"] == {"type": "triage"}


def test_a_repeated_id_is_refused_and_creates_nothing(linear: Client) -> None:
    first = new_issue(linear, "once")
    team = ask(linear, TEAM)["teams"]["nodes"][0]["id"]
    error = refusal(linear, CREATE, input={"id": first["id"], "teamId": team, "title": "Again"})
    assert error["extensions"]["userError"] is True
    titles = [n["title"] for n in ask(linear, "{ issues(first: 100) { nodes { title } } }")["issues"]["nodes"]]
    assert "Again" not in titles


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "not-a-uuid"},
        {"id": "00000000-0000-1000-8000-000000000000"},
        {"teamId": uuid4_from("no", "team")},
        {"stateId": uuid4_from("no", "state")},
        {"labelIds": [uuid4_from("no", "label")]},
        {"title": "  "},
        {"title": "x" * 256},
        {"priority": 7},
    ],
    ids=["id no uuid", "id not version 4", "team", "state", "label", "title empty", "title long", "priority"],
)
def test_what_linear_would_not_take_is_refused(linear: Client, wrong: dict[str, Any]) -> None:
    team = ask(linear, TEAM)["teams"]["nodes"][0]["id"]
    error = refusal(linear, CREATE, input={"teamId": team, "title": "Fine", **wrong})
    assert error["extensions"]["type"] == "invalid input"


def test_updates_move_states_and_set_their_times(linear: Client) -> None:
    issue = new_issue(linear, "moving")
    states = ask(linear, "{ workflowStates(first: 20) { nodes { id type name } } }")["workflowStates"]["nodes"]
    by_type = {s["type"]: s["id"] for s in states}
    update = """mutation U($id: String!, $input: IssueUpdateInput!) {
      issueUpdate(id: $id, input: $input) { issue { startedAt completedAt canceledAt triagedAt } }
    }"""
    times = ask(linear, update, id=issue["id"], input={"stateId": by_type["completed"]})["issueUpdate"]["issue"]
    assert times["completedAt"] and times["triagedAt"] and not times["canceledAt"]
    times = ask(linear, update, id=issue["id"], input={"stateId": by_type["canceled"]})["issueUpdate"]["issue"]
    assert times["canceledAt"] and not times["completedAt"]


def test_marking_a_duplicate_relates_and_closes(linear: Client) -> None:
    original, copy = new_issue(linear, "original"), new_issue(linear, "copy")
    relate = """mutation R($input: IssueRelationCreateInput!) {
      issueRelationCreate(input: $input) { issueRelation { type } }
    }"""
    ask(linear, relate, input={"issueId": copy["id"], "relatedIssueId": original["id"], "type": "duplicate"})
    read = """query($id: String!) {
      issue(id: $id) { state { type name } relations { nodes { type relatedIssue { id } } } }
    }"""
    found = ask(linear, read, id=copy["id"])["issue"]
    assert found["state"] == {"type": "duplicate", "name": "Duplicate"}
    assert found["relations"]["nodes"] == [{"type": "duplicate", "relatedIssue": {"id": original["id"]}}]


def test_an_attachment_with_the_same_url_is_updated(linear: Client, sandbox: SandboxServer) -> None:
    issue = new_issue(linear, "attached")
    attach = "mutation A($input: AttachmentCreateInput!) { attachmentCreate(input: $input) { attachment { id } } }"
    data = {"issueId": issue["id"], "url": "https://example.test/t/1", "title": "Ticket 1"}
    one = ask(linear, attach, input=data)["attachmentCreate"]["attachment"]["id"]
    two = ask(linear, attach, input=data | {"title": "Ticket one"})["attachmentCreate"]["attachment"]["id"]
    assert one == two
    by_url = "query($url: String!) { attachmentsForURL(url: $url) { nodes { title issue { identifier } } } }"
    found = ask(linear, by_url, url=data["url"])["attachmentsForURL"]["nodes"]
    assert found == [{"title": "Ticket one", "issue": {"identifier": issue["identifier"]}}]


def test_customers_are_upserted_by_external_id_and_their_needs_listed(linear: Client) -> None:
    issue = new_issue(linear, "needed")
    upsert = """mutation U($input: CustomerUpsertInput!) {
      customerUpsert(input: $input) { customer { id name externalIds } }
    }"""
    one = ask(linear, upsert, input={"name": "Acme", "externalId": "zendesk:7", "domains": ["acme.test"]})
    two = ask(linear, upsert, input={"name": "Acme Ltd", "externalId": "zendesk:7"})
    assert one["customerUpsert"]["customer"]["id"] == two["customerUpsert"]["customer"]["id"]
    need = "mutation N($input: CustomerNeedCreateInput!) { customerNeedCreate(input: $input) { need { priority } } }"
    data = {"issueId": issue["id"], "customerExternalId": "zendesk:7", "body": "It hurts", "priority": 1}
    ask(linear, need, input=data | {"attachmentUrl": "https://example.test/t/2"})
    read = "query($id: String!) { issue(id: $id) { needs { nodes { body customer { name } attachment { url } } } } }"
    assert ask(linear, read, id=issue["id"])["issue"]["needs"]["nodes"] == [
        {"body": "It hurts", "customer": {"name": "Acme Ltd"}, "attachment": {"url": "https://example.test/t/2"}}
    ]


def test_a_customer_has_its_tier_and_its_own_domains(linear: Client) -> None:
    upsert = """mutation U($input: CustomerUpsertInput!) {
      customerUpsert(input: $input) { customer { id name revenue tier { name } } }
    }"""
    given = {"name": "Tiered", "externalId": "crm:1", "domains": ["tiered.test"], "tierName": "Gold", "revenue": 5}
    made = ask(linear, upsert, input=given)["customerUpsert"]["customer"]
    by_domain = {"externalId": "crm:2", "domains": ["tiered.test"]}
    assert ask(linear, upsert, input=by_domain)["customerUpsert"]["customer"] == made  # what is absent stays
    ask(linear, upsert, input={"name": "Other", "externalId": "crm:3", "tierName": "Gold"})
    assert len(ask(linear, "{ customerTiers { nodes { name position } } }")["customerTiers"]["nodes"]) == 1
    taken = refusal(linear, upsert, input={"externalId": "crm:3", "domains": ["tiered.test"]})
    public = refusal(linear, upsert, input={"name": "Public", "domains": ["gmail.com"]})
    assert "already exists" in taken["extensions"]["userPresentableMessage"]
    assert "public email domains" in public["extensions"]["userPresentableMessage"]


def test_a_plan_without_customers_refuses_them(linear: Client, sandbox: SandboxServer) -> None:
    switch = f"{sandbox.url}/control/linear"
    upsert = "mutation U($input: CustomerUpsertInput!) { customerUpsert(input: $input) { success } }"
    assert httpx.post(switch, json={"customers": "no"}).status_code == 400
    try:
        httpx.post(switch, json={"customers": False}).raise_for_status()
        assert ask(linear, "{ organization { customersEnabled } }") == {"organization": {"customersEnabled": False}}
        assert refusal(linear, upsert, input={"name": "A"})["extensions"]["code"] == "FEATURE_NOT_ACCESSIBLE"
    finally:
        httpx.post(switch, json={"customers": True}).raise_for_status()


def test_labels_can_be_created_once(linear: Client) -> None:
    create = "mutation L($input: IssueLabelCreateInput!) { issueLabelCreate(input: $input) { issueLabel { id name } } }"
    label = ask(linear, create, input={"name": "severity-high"})["issueLabelCreate"]["issueLabel"]
    assert refusal(linear, create, input={"name": "Severity-High"})["extensions"]["userError"]
    issue = new_issue(linear, "labelled", labelIds=[label["id"]])
    only = "query($name: String!) { issues(filter: { labels: { name: { eq: $name } } }) { nodes { id } } }"
    assert ask(linear, only, name="severity-high")["issues"]["nodes"] == [{"id": issue["id"]}]


def test_pages_cover_every_issue_once(linear: Client) -> None:
    for n in range(7):
        new_issue(linear, f"page {n}")
    page = """query P($after: String) {
      issues(first: 3, after: $after, orderBy: updatedAt) { nodes { id } pageInfo { hasNextPage endCursor } }
    }"""
    seen, after = [], None
    while True:
        answer = ask(linear, page, after=after)["issues"]
        seen += [node["id"] for node in answer["nodes"]]
        after = answer["pageInfo"]["endCursor"]
        if not answer["pageInfo"]["hasNextPage"]:
            break
    everything = ask(linear, "{ issues(first: 250) { nodes { id } } }")["issues"]["nodes"]
    assert sorted(seen) == sorted(node["id"] for node in everything)
    assert len(seen) == len(set(seen))


def test_filters_take_times_durations_and_alternatives(linear: Client) -> None:
    issue = new_issue(linear, "filtered", description="needle in a haystack", priority=2)
    query = """query Q($filter: IssueFilter) { issues(filter: $filter) { nodes { identifier } } }"""

    def found(**filter: Any) -> bool:
        nodes = ask(linear, query, filter=filter)["issues"]["nodes"]
        return {"identifier": issue["identifier"]} in nodes

    assert found(updatedAt={"gte": "2026-06-30T23:00:00Z"}) and not found(updatedAt={"gte": "2027"})
    assert found(createdAt={"gt": "-P1D"}) and not found(createdAt={"lt": "-P1D"})
    assert found(state={"type": {"in": ["triage"]}}) and not found(state={"type": {"nin": ["triage"]}})
    assert found(**{"or": [{"priority": {"eq": 4}}, {"description": {"containsIgnoreCase": "NEEDLE"}}]})
    assert not found(completedAt={"null": False})


def test_search_finds_words_and_counts(linear: Client) -> None:
    issue = new_issue(linear, "search", description="the export stalls at 99 percent")
    search = "query S($term: String!) { searchIssues(term: $term) { totalCount nodes { id state { type } } } }"
    found = ask(linear, search, term="export stalls")["searchIssues"]
    assert found["totalCount"] == 1 and found["nodes"][0]["id"] == issue["id"]


def test_every_other_query_answers(linear: Client) -> None:
    issue = new_issue(linear, "looked at")
    comment = """mutation C($input: CommentCreateInput!) {
      commentCreate(input: $input) { comment { url user { displayName isMe } } }
    }"""
    made = ask(linear, comment, input={"issueId": issue["identifier"], "body": "Seen"})["commentCreate"]["comment"]
    assert made["user"] == {"displayName": "groundswell", "isMe": True}
    assert made["url"].startswith(issue["url"])
    everything = """query Q($id: ID!) {
      viewer { id name }
      organization { urlKey customersEnabled createdIssueCount }
      rateLimitStatus { kind limits { type allowedAmount remainingAmount reset period requestedAmount } }
      users { nodes { name isMe url } }
      teams { nodes { key issueCount triageIssueState { name } states { nodes { name } } labels { nodes { name } } } }
      workflowStates(filter: { type: { eq: "triage" } }) { nodes { team { key } issues { nodes { id } } } }
      issueLabels { nodes { name isGroup team { id } parent { id } } }
      comments(filter: { issue: { id: { eq: $id } } }) { edges { cursor node { body issue { identifier } } } }
      issueSearch(query: "looked") { nodes { identifier } }
      attachments { nodes { url issue { id } } }
      customers { nodes { name url approximateNeedCount needs { body } } }
      customerNeeds { nodes { body customer { name } issue { identifier } attachment { url } creator { name } } }
      issueRelations { nodes { type issue { id } relatedIssue { id } } }
    }"""
    answer = ask(linear, everything, id=issue["id"])
    assert answer["workflowStates"]["nodes"][0]["team"] == {"key": "ENG"}
    assert [edge["node"]["body"] for edge in answer["comments"]["edges"]] == ["Seen"]
    assert answer["issueSearch"]["nodes"] == [{"identifier": issue["identifier"]}]
    assert answer["rateLimitStatus"]["kind"] == "apiKey"


def test_without_the_key_nothing_is_answered(sandbox: SandboxServer) -> None:
    answer = httpx.post(f"{sandbox.url}/linear/graphql", json={"query": TEAM}, headers={"Authorization": "wrong"})
    assert answer.status_code == 401
    assert answer.json()["errors"][0]["extensions"]["code"] == "AUTHENTICATION_ERROR"


def test_an_invalid_document_and_an_oversized_query_are_refused(sandbox: SandboxServer) -> None:
    def send(query: str) -> httpx.Response:
        return httpx.post(f"{sandbox.url}/linear/graphql", json={"query": query}, headers={"Authorization": API_KEY})

    assert send("{ nothingOfTheKind }").status_code == 400
    assert send("{ not graphql").status_code == 400
    heavy = "{ issues(first: 250) { nodes { comments(first: 250) { nodes { id } } } } }"
    answer = send(heavy)
    assert answer.status_code == 400 and "complexity" in answer.text.lower()
    assert int(answer.headers["x-complexity"]) > 10_000


def test_the_rate_limit_is_http_400_with_code_and_headers(tmp_path: Path) -> None:
    limits = RateLimits(speed=1, linear_per_hour=2)
    with SandboxServer(tmp_path, rate_limits=limits) as server:
        answers = [
            httpx.post(f"{server.url}/linear/graphql", json={"query": TEAM}, headers={"Authorization": API_KEY})
            for _ in range(3)
        ]
    assert [answer.status_code for answer in answers] == [200, 200, 400]
    assert answers[2].json()["errors"][0]["extensions"]["code"] == "RATELIMITED"
    assert answers[0].headers["x-ratelimit-requests-limit"] == "2"
    assert answers[1].headers["x-ratelimit-requests-remaining"] == "0"


def test_issues_survive_a_restart(tmp_path: Path) -> None:
    with SandboxServer(tmp_path) as server:
        issue = new_issue(connect(server.url), "lasting")
        httpx.post(f"{server.url}/control/clock", json={"advance_hours": 5})
    with SandboxServer(tmp_path) as server:
        client = connect(server.url)
        found = ask(client, "query($id: String!) { issue(id: $id) { identifier } }", id=issue["id"])
        assert found["issue"]["identifier"] == issue["identifier"]
        assert httpx.get(f"{server.url}/control/clock").json() == {"now": "2026-07-01T05:00:00Z"}
        assert new_issue(client, "next")["identifier"] == "ENG-2"
        assert json.dumps(refusal(client, CREATE, input={"id": issue["id"], "teamId": "x", "title": "y"}))


def test_what_was_answered_survives_a_kill(tmp_path: Path) -> None:
    script = f"from pathlib import Path; from flows.sandbox.server import serve; serve(Path({str(tmp_path)!r}), 0)"
    server = subprocess.Popen([sys.executable, "-u", "-c", script], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        url = server.stdout.readline().split()[4].rstrip(":")
        issue = new_issue(connect(url), "killed")
    finally:
        server.send_signal(signal.SIGKILL)
        server.wait()
    with SandboxServer(tmp_path) as restarted:
        found = ask(connect(restarted.url), "query($id: String!) { issue(id: $id) { id } }", id=issue["id"])
        assert found["issue"]["id"] == issue["id"]
