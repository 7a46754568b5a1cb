"""Linear's objects and the rules by which they change. What people do (flows/sandbox/people.py) and what
the API is asked to do (flows/sandbox/linear.py) goes through here alike."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from flows.core.clock import iso
from flows.core.keys import uuid4_from
from flows.sandbox.linear_errors import conflict, invalid_input, not_found
from flows.sandbox.linear_seed import BOT_ID, TEAM_ID, workspace
from flows.sandbox.state import Clock, State

Object = dict[str, Any]

PRIORITIES = ["No priority", "Urgent", "High", "Medium", "Low"]
MAX_TITLE = 255

_UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_KINDS = {
    "User": "linear.user",
    "Team": "linear.team",
    "WorkflowState": "linear.state",
    "IssueLabel": "linear.label",
    "Issue": "linear.issue",
    "IssueRelation": "linear.relation",
    "Attachment": "linear.attachment",
    "Comment": "linear.comment",
    "Customer": "linear.customer",
    "CustomerTier": "linear.tier",
    "CustomerNeed": "linear.need",
}


class LinearStore:
    """One workspace with one team, ENG. Methods that change something raise GraphQLError when refused."""

    def __init__(self, state: State, clock: Clock) -> None:
        self.state = state
        self.clock = clock
        if self.find("Team", TEAM_ID) is None:
            with state.transaction():
                for entity, fields in workspace():
                    self.save(entity, self.new(entity, fields.pop("id"), self.stamp(None), **fields))

    # -- reading

    def all(self, entity: str) -> list[Object]:
        return self.state.all(_KINDS[entity])

    def find(self, entity: str, id: str | None) -> Object | None:
        return self.state.get(_KINDS[entity], id) if id else None

    def get(self, entity: str, id: str) -> Object:
        """An object by its id; an issue also by its identifier. Raises GraphQLError when there is none."""
        found = self.find(entity, id)
        if found is None and entity == "Issue" and re.fullmatch(r"[A-Z]+-\d+", id):
            found = next((issue for issue in self.all("Issue") if issue["identifier"] == id), None)
        if found is None:
            raise not_found(entity, id)
        return found

    def children(self, entity: str, field: str, id: str) -> list[Object]:
        """The objects that point at `id` through `field`, oldest first."""
        return [item for item in self.all(entity) if item.get(field) == id]

    def state_named(self, name: str) -> Object:
        return next(state for state in self.all("WorkflowState") if state["name"] == name)

    # -- issues

    def create_issue(self, data: Object, *, by: str = BOT_ID, at: datetime | None = None) -> Object:
        id = self.new_id("Issue", data.get("id"))
        if self.find("Team", data["teamId"]) is None:
            raise not_found("Team", data["teamId"])
        title = (data.get("title") or "").strip()
        if not title:
            raise invalid_input("title should not be empty.")
        now = self.stamp(at)
        number = self.state.next_number("linear.issue")
        issue = self.new(
            "Issue",
            id,
            now,
            number=number,
            identifier=f"ENG-{number}",
            title="",
            description=None,
            priority=0,
            priorityLabel=PRIORITIES[0],
            sortOrder=-float(number),
            trashed=None,
            teamId=data["teamId"],
            stateId=self.state_named("Triage")["id"],
            labelIds=[],
            assigneeId=None,
            creatorId=by,
            parentId=None,
            startedTriageAt=now,
            triagedAt=None,
            startedAt=None,
            completedAt=None,
            canceledAt=None,
        )
        return self._apply(issue, {k: v for k, v in data.items() if k not in ("id", "teamId", "createdAt")}, now)

    def update_issue(self, id: str, data: Object, *, at: datetime | None = None) -> Object:
        return self._apply(self.get("Issue", id), data, self.stamp(at))

    def archive_issue(self, id: str, *, archived: bool, trash: bool | None = None) -> Object:
        issue, now = self.get("Issue", id), self.stamp(None)
        issue |= {"archivedAt": now if archived else None, "trashed": trash or None, "updatedAt": now}
        return self.save("Issue", issue)

    def _apply(self, issue: Object, data: Object, now: str) -> Object:
        """Check and set what was given. A null clears; what is absent stays."""
        if "title" in data:
            if not (data["title"] or "").strip():
                raise invalid_input("title should not be empty.")
            if len(data["title"]) > MAX_TITLE:
                raise invalid_input(f"title must be shorter than or equal to {MAX_TITLE} characters.")
            issue["title"] = data["title"]
        if data.get("priority") is not None:
            if not 0 <= data["priority"] <= 4:
                raise invalid_input("priority must be between 0 and 4.")
            issue |= {"priority": data["priority"], "priorityLabel": PRIORITIES[data["priority"]]}
        if "description" in data:
            issue["description"] = data["description"]
        for field, entity in (("teamId", "Team"), ("assigneeId", "User"), ("parentId", "Issue")):
            if field in data:
                if data[field] is not None and self.find(entity, data[field]) is None:
                    raise not_found(entity, data[field])
                issue[field] = data[field]
        if data.get("labelIds") is not None:
            issue["labelIds"] = list(dict.fromkeys(data["labelIds"]))
        added, removed = data.get("addedLabelIds") or [], data.get("removedLabelIds") or []
        issue["labelIds"] = [i for i in dict.fromkeys(issue["labelIds"] + added) if i not in removed]
        for label in issue["labelIds"]:
            if self.find("IssueLabel", label) is None:
                raise not_found("IssueLabel", label)
        if data.get("stateId"):
            self._enter(issue, self.get("WorkflowState", data["stateId"]), now)
        issue["updatedAt"] = now
        return self.save("Issue", issue)

    def _enter(self, issue: Object, state: Object, now: str) -> None:
        if state["id"] == issue["stateId"]:
            return
        kind = state["type"]
        issue["stateId"] = state["id"]
        issue["completedAt"] = now if kind == "completed" else None
        issue["canceledAt"] = now if kind in ("canceled", "duplicate") else None
        if kind == "started":
            issue["startedAt"] = issue["startedAt"] or now
        if kind != "triage":
            issue["triagedAt"] = issue["triagedAt"] or now

    def relate(self, data: Object, *, at: datetime | None = None) -> Object:
        issue, other = self.get("Issue", data["issueId"]), self.get("Issue", data["relatedIssueId"])
        if issue["id"] == other["id"]:
            raise invalid_input("An issue cannot be related to itself.")
        for existing in self.all("IssueRelation"):
            if (existing["issueId"], existing["relatedIssueId"], existing["type"]) == (
                issue["id"], other["id"], data["type"],
            ):  # fmt: skip
                return existing
        now = self.stamp(at)
        if data["type"] == "duplicate":  # Linear closes the duplicate by itself
            self._enter(issue, self.state_named("Duplicate"), now)
        issue["updatedAt"] = now
        self.save("Issue", issue)
        id = self.new_id("IssueRelation", data.get("id"))
        relation = self.new(
            "IssueRelation", id, now, type=data["type"], issueId=issue["id"], relatedIssueId=other["id"]
        )
        return self.save("IssueRelation", relation)

    # -- what hangs on an issue

    def create_label(self, data: Object) -> Object:
        name = data["name"].strip()
        if not name:
            raise invalid_input("name should not be empty.")
        for label in self.all("IssueLabel"):
            if label["name"].casefold() == name.casefold():
                raise conflict("IssueLabel", name)
        if data.get("teamId"):
            self.get("Team", data["teamId"])
        label = self.new(
            "IssueLabel",
            self.new_id("IssueLabel", data.get("id")),
            self.stamp(None),
            name=name,
            color=data.get("color") or "#bec2c8",
            description=data.get("description"),
            isGroup=bool(data.get("isGroup")),
            teamId=data.get("teamId"),
            parentId=data.get("parentId"),
            creatorId=BOT_ID,
        )
        return self.save("IssueLabel", label)

    def attach(self, data: Object, *, by: str = BOT_ID) -> Object:
        """Create an attachment, or update the one of this issue that has the same URL."""
        issue = self.get("Issue", data["issueId"])
        if urlsplit(data["url"]).scheme not in ("http", "https"):
            raise invalid_input("url must be a URL address.")
        now = self.stamp(None)
        fields = {
            "title": data["title"],
            "subtitle": data.get("subtitle"),
            "url": data["url"],
            "metadata": data.get("metadata") or {},
            "groupBySource": bool(data.get("groupBySource")),
        }
        for existing in self.children("Attachment", "issueId", issue["id"]):
            if existing["url"] == data["url"]:
                return self.save("Attachment", existing | fields | {"updatedAt": now})
        id = self.new_id("Attachment", data.get("id"))
        attachment = self.new("Attachment", id, now, issueId=issue["id"], sourceType="api", creatorId=by, **fields)
        self.save("Issue", issue | {"updatedAt": now})
        if data.get("commentBody"):
            self.comment({"issueId": issue["id"], "body": data["commentBody"]}, by=by)
        return self.save("Attachment", attachment)

    def comment(self, data: Object, *, by: str = BOT_ID, at: datetime | None = None) -> Object:
        parent = self.get("Comment", data["parentId"]) if data.get("parentId") else None
        issue_id = data.get("issueId") or (parent or {}).get("issueId")
        if not issue_id:
            raise invalid_input("Either issueId or parentId must be given.")
        if not (data.get("body") or "").strip():
            raise invalid_input("body should not be empty.")
        issue, now = self.get("Issue", issue_id), self.stamp(at)
        comment = self.new(
            "Comment",
            self.new_id("Comment", data.get("id")),
            now,
            body=data["body"],
            issueId=issue["id"],
            parentId=parent and parent["id"],
            userId=by,
            editedAt=None,
        )
        self.save("Issue", issue | {"updatedAt": now})
        return self.save("Comment", comment)

    # -- how objects are made; flows/sandbox/linear_customers.py makes its own with it

    def stamp(self, at: datetime | None) -> str:
        return iso(at or self.clock.now()).replace("Z", ".000Z")

    def new_id(self, entity: str, chosen: str | None) -> str:
        if chosen is None:
            return uuid4_from("linear", entity, str(self.state.next_number("linear.id")))
        if not _UUID4.fullmatch(chosen):
            raise invalid_input("id must be a UUID.")
        if self.find(entity, chosen) is not None:
            raise conflict(entity, chosen)
        return chosen

    def new(self, entity: str, id: str, now: str, **fields: Any) -> Object:
        return {
            "__typename": entity, "id": id, "createdAt": now, "updatedAt": now, "archivedAt": None, **fields,
        }  # fmt: skip

    def delete(self, entity: str, id: str) -> None:
        self.state.delete(_KINDS[entity], id)

    def save(self, entity: str, item: Object) -> Object:
        return self.state.put(_KINDS[entity], item["id"], item)
