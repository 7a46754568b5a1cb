"""Bug reports in Linear: one issue per finding and episode, with ids of our own making.

Linear refuses a second issue with an id that exists, and we look the issue up before every write, so the
same delivery can be applied any number of times.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from flows.core.errors import ConfigError, UnknownOutcome, VendorError
from flows.core.keys import uuid4_from
from flows.push import linear_documents as documents
from flows.push import linear_text
from flows.push.deliver import Delivery, Entry, Gone, Receipt, may_succeed
from flows.push.linear_client import VENDOR, Client, NotFound
from flows.push.linear_customers import Customers
from flows.push.words import Body
from flows.settings import Linear

LABELS = ("groundswell",)


@dataclass(frozen=True, kw_only=True)
class Issue(Delivery):
    """An issue as it should be. `issue_id` is ours, a version-4 shaped UUID derived from the finding's key."""

    issue_id: str
    body: Body
    priority: int | None = None  # 1 urgent .. 4 low
    labels: tuple[str, ...] = LABELS
    related: tuple[str, ...] = field(default=())

    @property
    def place(self) -> Entry:
        return {"issue_id": self.issue_id}


def issue_id(finding_key: str, episode: int) -> str:
    """The id of the one issue of a finding's episode."""
    return uuid4_from(f"linear:{finding_key}:{episode}")


class Tracker:
    """The destination: one Linear team."""

    name = VENDOR
    repeat_is_safe = True

    def __init__(self, client: Client, team_key: str) -> None:
        self._client = client
        self._team_key = team_key
        self._label_ids: dict[str, str] = {}
        self._customers = Customers(client.execute_graphql)

    def apply(self, delivery: Issue, *, maybe_sent: bool) -> Receipt:  # noqa: ARG002 - we always look first
        issue = self._issue(delivery.issue_id)
        if (issue is None and (delivery.arrived or delivery.operation == "comment")) or (issue or {}).get("trashed"):
            raise _gone(delivery)
        notes: list[str] = []
        told = list((delivery.arrived or {}).get("customers") or [])
        if issue is not None and delivery.operation == "comment":
            self._comment(delivery)
        else:
            if issue is None:
                issue = self._create(delivery)
            else:
                self._update(issue, delivery)
            notes = self._attach(issue, delivery)  # first: a need points at the link to its ticket
            told, more = self._customers.tell(issue, delivery.body.get("customers") or [], told)
            notes += [*more, *self._relate(issue, delivery)]
        kept = {
            "identifier": issue["identifier"], "title": delivery.title, "priority": delivery.priority,
            "customers": told,  # a need is made once: where people took it away, it stays away
        }  # fmt: skip
        return Receipt(issue["id"], issue["url"], kept, tuple(notes))

    def find(self, key: str, entry: Entry) -> Receipt | None:
        finding, episode = entry.get("finding_key"), entry.get("episode")
        if finding is None or episode is None:
            return None
        wanted = issue_id(finding, int(episode))
        issue = self._issue(wanted)
        if issue and entry.get("operation") == "comment":
            found = self._commented(wanted, _comment_id(key, entry["content_hash"]))
            return Receipt(issue["id"], issue["url"]) if found else None
        # Of an update nobody can tell; dbt compares contents again, and applying it twice changes nothing.
        return Receipt(issue["id"], issue["url"]) if issue and entry.get("operation") == "create" else None

    # -- steps; each looks before it writes

    def _issue(self, id: str) -> dict[str, Any] | None:
        try:
            return dict(self._client.execute_graphql(documents.ISSUE, {"id": id})["issue"])
        except NotFound:
            return None

    def _create(self, delivery: Issue) -> dict[str, Any]:
        given = {
            "id": delivery.issue_id,
            "teamId": self._team["id"],
            "stateId": (self._team.get("triageIssueState") or {}).get("id"),
            "title": delivery.title,
            "description": linear_text.description(delivery.body),
            "priority": delivery.priority,
            "labelIds": [self._label(name) for name in delivery.labels],
        }
        given = {key: value for key, value in given.items() if value is not None}
        try:
            return dict(self._client.execute_graphql(documents.CREATE_ISSUE, {"input": given})["issueCreate"]["issue"])
        except UnknownOutcome:
            raise
        except VendorError:
            issue = self._issue(delivery.issue_id)  # refused because it exists?
            if issue is None:
                raise
            return issue

    def _update(self, issue: dict[str, Any], delivery: Issue) -> None:
        """The live block always; title and priority only while they are what we made them."""
        before = delivery.arrived or {}
        description = linear_text.merged(issue.get("description") or "", delivery.body)
        given: dict[str, Any] = {}
        if description is not None and description != issue.get("description"):
            given["description"] = description
        if issue["title"] == before.get("title") != delivery.title:
            given["title"] = delivery.title
        if delivery.priority and issue.get("priority") == before.get("priority") != delivery.priority:
            given["priority"] = delivery.priority
        if given:
            self._client.execute_graphql(documents.UPDATE_ISSUE, {"id": issue["id"], "input": given})

    def _comment(self, delivery: Issue) -> None:
        comment_id = _comment_id(delivery.key, delivery.content_hash)
        if self._commented(delivery.issue_id, comment_id):
            return
        given = {"id": comment_id, "issueId": delivery.issue_id, "body": linear_text.comment(delivery.body)}
        try:
            self._client.execute_graphql(documents.CREATE_COMMENT, {"input": given})
        except UnknownOutcome:
            raise
        except VendorError:
            if not self._commented(delivery.issue_id, comment_id):
                raise

    def _commented(self, issue: str, comment: str) -> bool:
        found = self._client.execute_graphql(documents.COMMENT, {"issue": issue, "comment": comment})
        return any(node["id"] == comment for node in found["issue"]["comments"]["nodes"])

    def _attach(self, issue: dict[str, Any], delivery: Issue) -> list[str]:
        """Links to the tickets, kept in `issue`. Linear keeps one attachment for an address on an issue."""
        nodes = issue.setdefault("attachments", {"nodes": []})["nodes"]
        there = {node["url"] for node in nodes}
        notes = []
        for title, url in linear_text.ticket_links(delivery.body):
            if url in there:
                continue
            given = {"issueId": delivery.issue_id, "title": title, "url": url}
            made, refused = self._extra(documents.ATTACH, given, f"the link to {url}")
            nodes += [data["attachment"] | {"url": url} for data in made]
            notes += refused
        return notes

    def _relate(self, issue: dict[str, Any], delivery: Issue) -> list[str]:
        there = {node["relatedIssue"]["id"] for node in (issue.get("relations") or {}).get("nodes", [])}
        notes = []
        for other in sorted({*delivery.related} - there - {delivery.issue_id}):
            given = {
                "id": uuid4_from("relation", delivery.issue_id, other),
                "issueId": delivery.issue_id, "relatedIssueId": other, "type": "related",
            }  # fmt: skip
            notes += self._extra(documents.RELATE, given, f"the relation to {other}")[1]
        return notes

    def _extra(self, document: str, given: dict[str, Any], what: str) -> tuple[list[dict[str, Any]], list[str]]:
        """A write that the issue can do without: what was made, or a note that it is refused."""
        try:
            return list(self._client.execute_graphql(document, {"input": given}).values()), []
        except VendorError as error:
            if may_succeed(error):
                raise
            return [], [f"the issue is filed without {what}: {error}"]

    # -- the team

    @cached_property
    def _team(self) -> dict[str, Any]:
        teams = self._client.execute_graphql(documents.TEAM, {"key": self._team_key})["teams"]["nodes"]
        if not teams:
            raise VendorError(
                VENDOR, f"there is no team with key {self._team_key}", "Correct destinations.linear.team.", status=404
            )
        return dict(teams[0])

    def _label(self, name: str) -> str:
        """The id of a label of the team or the workspace, created in the team when there is none."""
        if name not in self._label_ids:
            label_id = uuid4_from("label", self._team["id"], name.lower())
            found = self._find_label(name)
            if found is None:
                given = {"id": label_id, "name": name, "teamId": self._team["id"]}
                try:
                    self._client.execute_graphql(documents.CREATE_LABEL, {"input": given})
                    found = label_id
                except UnknownOutcome:
                    raise
                except VendorError:
                    found = self._find_label(name)
                    if found is None:
                        raise
            self._label_ids[name] = found
        return self._label_ids[name]

    def _find_label(self, name: str) -> str | None:
        after, names = None, sorted({name, name.lower(), name.capitalize()})
        while True:
            page = self._client.execute_graphql(documents.LABELS, {"names": names, "after": after})["issueLabels"]
            for node in page["nodes"]:
                is_it = node["name"] in names  # not so where another list came again
                if is_it and not node["isGroup"] and (node["team"] or self._team)["id"] == self._team["id"]:
                    return str(node["id"])
            if not page["pageInfo"]["hasNextPage"]:
                return None
            after = page["pageInfo"]["endCursor"]


def open_tracker(settings: Linear, api_key: str, *, timeout: float, backoff: float) -> Tracker:
    """The tracker of the configured team. `timeout` and `backoff` in seconds: see `flows.core.http.Client`."""
    if not settings.team:
        raise ConfigError("destinations.linear names no team", "Set team to a key such as ENG.")
    return Tracker(Client(api_key, settings, timeout=timeout, backoff=backoff), settings.team)


def _comment_id(key: str, content_hash: str) -> str:
    return uuid4_from("comment", key, content_hash)


def _gone(delivery: Issue) -> Gone:
    name = (delivery.arrived or {}).get("identifier") or delivery.issue_id
    return Gone(
        VENDOR, f"issue {name} is deleted and is not filed again",
        f"Restore it in Linear to have it kept up to date, or run: groundswell mute {delivery.finding_key}",
        status=404,
    )  # fmt: skip
