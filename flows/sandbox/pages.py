"""The sandbox for people: the Linear board, the Slack channels, the tickets and the CRM's records as plain pages.

They load nothing from elsewhere and run no script; a Content-Security-Policy holds them to that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from flows.core.clock import parse
from flows.sandbox.faults import Faults
from flows.sandbox.hubspot import Hubspot
from flows.sandbox.hubspot_errors import Refusal
from flows.sandbox.hubspot_properties import KINDS, PROPERTIES, SINGULAR, TYPE_IDS, always, kind_of
from flows.sandbox.linear_seed import BOT_ID
from flows.sandbox.linear_store import LinearStore
from flows.sandbox.markup import emoji, markdown, mrkdwn, plain, safe_url
from flows.sandbox.premises import Premises
from flows.sandbox.slack_store import PEOPLE, SlackError, SlackStore
from flows.sandbox.state import Clock
from flows.sandbox.zendesk import Zendesk

TICKETS_SHOWN = 100
MAX_BODY = 20_000  # characters of a comment shown
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; base-uri 'none'; form-action 'none'"
_RELATIONS = {"duplicate": "duplicate of", "related": "related to", "blocks": "blocks", "similar": "similar to"}
_INVERSE = {"duplicate": "duplicated by", "related": "related to", "blocks": "blocked by", "similar": "similar to"}

Object = dict[str, Any]


class Pages:
    def __init__(
        self, clock: Clock, premises: Premises, zendesk: Zendesk, hubspot: Hubspot, linear: LinearStore,
        slack: SlackStore, faults: Faults, base_url: Callable[[], str],
    ) -> None:  # fmt: skip
        self.clock = clock
        self.premises = premises
        self.zendesk = zendesk
        self.hubspot = hubspot
        self.linear = linear
        self.slack = slack
        self.faults = faults
        self.base_url = base_url
        self._templates = Environment(
            loader=PackageLoader("flows.sandbox"),
            autoescape=select_autoescape(("html",)),
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters |= {
            "markdown": markdown, "mrkdwn": mrkdwn, "emoji": emoji, "plain": plain, "safe_url": safe_url, "when": _when,
            "initials": _initials, "colour": _colour, "shortened": _shortened, "html_text": _html_text,
            "is_local": lambda url: str(url or "").startswith(self.base_url()),
        }  # fmt: skip
        self.routes = [
            Route("/", self.index),
            Route("/board", self.board),
            Route("/board/issue/{identifier}", self.issue),
            Route("/channels", self.channels),
            Route("/channels/{id}", self.channel),
            Route("/zendesk", self.tickets),
            Route("/zendesk/agent/tickets/{id:int}", self.ticket),
            Route("/zendesk/hc/{locale}/articles/{slug}", self.article),
            Route("/hubspot/contacts/{portal}/record/{type}/{id}", self.record),
        ]

    # -- Linear

    def board(self, _request: Request) -> Response:
        issues = [issue for issue in self.linear.all("Issue") if not issue["archivedAt"]]
        labels = {label["id"]: label for label in self.linear.all("IssueLabel")}
        people = {user["id"]: user for user in self.linear.all("User")}
        counts = {
            name: self._by_issue(entity)
            for name, entity in (("tickets", "Attachment"), ("needs", "CustomerNeed"), ("comments", "Comment"))
        }
        cards = [
            issue
            | {name: count.get(issue["id"], 0) for name, count in counts.items()}
            | {
                "labels": [labels[id] for id in issue["labelIds"]],
                "assignee": people.get(issue["assigneeId"]),
                "age": _age(parse(issue["createdAt"]), self.clock.now()),
            }
            for issue in sorted(issues, key=lambda issue: (issue["priority"] or 9, -issue["number"]))
        ]
        columns = [
            {"state": state, "issues": [card for card in cards if card["stateId"] == state["id"]]}
            for state in self.linear.all("WorkflowState")
        ]
        return self._page("board.html", here="/board", columns=columns, any=bool(issues))

    def issue(self, request: Request) -> Response:
        wanted = request.path_params["identifier"]
        issue = next((i for i in self.linear.all("Issue") if wanted in (i["identifier"], i["id"])), None)
        if issue is None:
            return self._missing()
        id, names = issue["id"], {user["id"]: user["name"] for user in self.linear.all("User")}
        issues = {item["id"]: item for item in self.linear.all("Issue")}
        relations = [
            {"how": _RELATIONS[r["type"]], "issue": issues[r["relatedIssueId"]]}
            for r in self.linear.children("IssueRelation", "issueId", id)
        ] + [
            {"how": _INVERSE[r["type"]], "issue": issues[r["issueId"]]}
            for r in self.linear.children("IssueRelation", "relatedIssueId", id)
        ]
        tiers = {tier["id"]: tier["name"] for tier in self.linear.all("CustomerTier")}
        customers = {c["id"]: c | {"tier": tiers.get(c["tierId"])} for c in self.linear.all("Customer")}
        needs = [
            need | {"customer": customers[need["customerId"]]}
            for need in self.linear.children("CustomerNeed", "issueId", id)
            if not need["archivedAt"]
        ]
        comments = [c | {"name": names[c["userId"]]} for c in self.linear.children("Comment", "issueId", id)]
        return self._page(
            "issue.html",
            here="/board",
            issue=issue,
            state=self.linear.get("WorkflowState", issue["stateId"]),
            labels=[self.linear.get("IssueLabel", label) for label in issue["labelIds"]],
            assignee=names.get(issue["assigneeId"]),
            creator=names.get(issue["creatorId"], names[BOT_ID]),
            comments=sorted(comments, key=lambda comment: comment["createdAt"]),
            attachments=self.linear.children("Attachment", "issueId", id),
            relations=relations,
            needs=needs,
        )

    def _by_issue(self, entity: str) -> dict[str, int]:
        counts: dict[str, int] = {}
        for item in self.linear.all(entity):
            if item["archivedAt"]:
                continue
            counts[item["issueId"]] = counts.get(item["issueId"], 0) + 1
        return counts

    # -- Slack

    def channels(self, _request: Request) -> Response:
        return RedirectResponse(f"/channels/{self.slack.channels()[0]['id']}")

    def channel(self, request: Request) -> Response:
        try:
            channel = self.slack.channel(request.path_params["id"])
        except SlackError:
            return self._missing()
        messages = [self._message(channel["id"], m) for m in self.slack.messages(channel["id"])]
        top = [m for m in messages if m["thread_ts"] in (None, m["ts"])]
        threads: list[Object] = [
            {"message": m, "replies": [r for r in messages if r["thread_ts"] == m["ts"] and r is not m]} for m in top
        ]
        days = [
            {"date": date, "messages": list(items)}
            for date, items in groupby(threads, key=lambda thread: thread["message"]["time"].date())
        ]
        channels = [c | {"messages": len(self.slack.messages(c["id"]))} for c in self.slack.channels()]
        return self._page("channel.html", here="/channels", channel=channel, channels=channels, days=days)

    def _message(self, channel: str, message: Object) -> Object:
        reactions = [r | {"names": [PEOPLE.get(user, user) for user in r["users"]]} for r in message["reactions"]]
        return self.slack.with_thread(channel, message) | {
            "name": PEOPLE.get(message["user"], message["user"]),
            "time": datetime.fromtimestamp(float(message["ts"]), UTC),
            "reactions": reactions,
            "thread_ts": message["thread_ts"],
        }

    # -- the helpdesk

    def index(self, _request: Request) -> Response:
        now = self.clock.now()
        tiles = [
            ("/zendesk", "Helpdesk", self.premises.company.count("tickets", now), "tickets"),
            ("/board", "Linear board", len(self.linear.all("Issue")), "issues"),
            ("/channels", "Slack", sum(len(self.slack.messages(c["id"])) for c in self.slack.channels()), "messages"),
        ]
        waiting = sum(fault.times - fault.hits for fault in self.faults.waiting)
        return self._page("index.html", here="/", tiles=tiles, base=self.base_url(), faults=waiting)

    def tickets(self, _request: Request) -> Response:
        company, now = self.premises.company, self.clock.now()
        since = (int(now.timestamp()) - 7 * 86400, 0)
        tickets = company.changes("tickets", after=since, until=now, limit=10_000)[-TICKETS_SHOWN:][::-1]
        return self._page("tickets.html", here="/zendesk", tickets=tickets, total=company.count("tickets", now))

    def ticket(self, request: Request) -> Response:
        company, now, id = self.premises.company, self.clock.now(), request.path_params["id"]
        ticket = company.get("tickets", id, now)
        if ticket is None:
            return self._missing()

        def name(stream: str, key: int | None) -> str | None:
            found = company.get(stream, key, now) if key else None
            return found["name"] if found else None

        titles = {field["id"]: field["title"] for field in company.all("ticket_fields", now)}
        comments = [
            comment | {"author": name("users", comment["author_id"]) or "Automatic"}
            for comment in company.comments(id, now)
        ]
        return self._page(
            "ticket.html",
            here="/zendesk",
            ticket=ticket,
            comments=comments,
            requester=name("users", ticket["requester_id"]),
            organization=name("organizations", ticket["organization_id"]),
            fields=[{"title": titles[f["id"]], "value": f["value"]} for f in ticket["custom_fields"]],
        )

    def article(self, request: Request) -> Response:
        id = request.path_params["slug"].split("-")[0]
        found = self.premises.company.get("articles", int(id), self.clock.now()) if id.isdigit() else None
        return self._page("article.html", here="", article=found) if found else self._missing()

    # -- the CRM

    def record(self, request: Request) -> Response:
        """A company, contact or deal with the history of what is known about it, archived or not."""
        portal, until = self.hubspot.portal, int(self.clock.now().timestamp())
        try:
            kind = kind_of(request.path_params["type"])
        except Refusal:
            return self._missing()
        id = request.path_params["id"]
        found = portal.find(kind, id, until) or portal.find(kind, id, until, archived=True)
        if found is None:
            return self._missing()

        def link(kind: str, id: str) -> Object:
            other = portal.records[kind][id]
            path = f"/hubspot/contacts/{request.path_params['portal']}/record/{TYPE_IDS[kind]}/{id}"
            return {"kind": SINGULAR[kind], "name": other.title(until), "url": path}

        links = [link(to, other) for to in KINDS for other, _ in portal.associated(kind, found.id, to, until)]
        fields = [
            {"label": known.label, "versions": versions}
            for name, known in PROPERTIES[kind].items()
            if name not in always(kind) and (versions := found.history(name, until))
        ]
        return self._page(
            "record.html", here="", record=found, title=found.title(until), kind=SINGULAR[kind], fields=fields,
            links=links, is_archived=not found.exists(until),
        )  # fmt: skip

    # -- plumbing

    def _page(self, template: str, status: int = 200, **values: Any) -> Response:
        html = self._templates.get_template(template).render(now=self.clock.now(), **values)
        return HTMLResponse(self.zendesk.localise(html), status, {"content-security-policy": _POLICY})

    def _missing(self) -> Response:
        return self._page("missing.html", 404, here="")


def _when(moment: str) -> str:
    return f"{parse(moment):%-d %b %Y, %H:%M}"


def _age(then: datetime, now: datetime) -> str:
    hours = int((now - then).total_seconds() // 3600)
    return f"{hours // 24} d" if hours >= 48 else f"{hours} h"


def _initials(name: str) -> str:
    words = [word for word in name.split() if word[0].isalnum()] or ["?"]
    return "".join(word[0] for word in (words[0], *words[1:][-1:])).upper()


def _colour(name: str) -> str:
    hue = int(hashlib.sha256(name.encode()).hexdigest()[:4], 16) % 360
    return f"hsl({hue} 45% 48%)"


def _shortened(text: str) -> str:
    return text if len(text) <= MAX_BODY else f"{text[:MAX_BODY]}\n… {len(text) - MAX_BODY:,} more characters"


def _html_text(body: str) -> Markup:
    """The company's own article HTML, which nobody else can write."""
    return Markup(body)
