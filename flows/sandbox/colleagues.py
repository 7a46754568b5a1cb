"""Engineers and a product manager of the simulated company, who answer what the bot files and posts.

They know the planted truth: an issue is right when most of the tickets that it links belong to one planted
event. When the clock moves they do what has become due, at the time it was due:

- a right issue is triaged after about 3 hours, started after about 6, and done when the fix is released
- one that reports an event of an open issue is marked as its duplicate, after about 4 hours
- a documentation gap or a price change goes to the backlog; an outage is done when it is over
- a wrong issue is canceled after about 20 hours
- an alert gets 👀 and later ✅ when it is right, 👎 when it is wrong; a digest gets 👍 now and then
- a churn warning is right when most of its tickets are those of one account with planted signs; one without
  tickets is left alone

How long things take and who does them is fixed by the id of the issue or message.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flows.core.clock import parse
from flows.core.keys import uuid4_from
from flows.sandbox.linear_seed import BOT_ID, PEOPLE
from flows.sandbox.linear_store import LinearStore
from flows.sandbox.slack_store import BOT_USER, SlackError, SlackStore
from flows.sandbox.state import State

MIN_SHARE = 0.5  # of an issue's tickets that must belong to one event
WARNING = "Churn risk"  # in the text of a warning about an account
_TICKET = re.compile(r"(?:tickets/|zendesk:)(\d+)")
_ISSUE = re.compile(r"/board/issue/(ENG-\d+)")

Object = dict[str, Any]


@dataclass(frozen=True)
class Step:
    """Something a person does, once: `name` tells it from the other steps on the same thing."""

    due: datetime
    name: str
    act: Callable[[datetime], Any]


class Colleagues:
    """Made anew for each move of the clock: the issues are those that are there by then."""

    def __init__(self, state: State, linear: LinearStore, slack: SlackStore, truth: Object) -> None:
        self.state = state
        self.linear = linear
        self.slack = slack
        self._events: dict[str, Object] = {event["id"]: event for event in truth["events"]}
        self._filed = [issue for issue in linear.all("Issue") if issue["creatorId"] == BOT_ID]
        self._event_of = {t: event["id"] for event in truth["events"] for t in event["ticket_ids"]}
        self._at_risk = {t: one["account"] for one in truth["churn"] for t in one["ticket_ids"]}

    def act(self, before: datetime, now: datetime) -> None:
        """Do what became due after `before` and not later than `now`, in order."""
        with self.state.transaction():
            steps = [(step, issue["id"]) for issue in self._filed for step in self._on_issue(issue)]
            for channel in self.slack.channels():
                for message in self.slack.messages(channel["id"]):
                    key = f"{channel['id']}:{message['ts']}"
                    steps += [(step, key) for step in self._on_message(channel, message)]
            for step, key in sorted(steps, key=lambda pair: (pair[0].due, pair[1], pair[0].name)):
                done = f"{key} {step.name}"
                if step.due <= now and self.state.get("colleagues.done", done) is None:
                    step.act(max(step.due, before))
                    self.state.put("colleagues.done", done, {})

    # -- issues

    def _on_issue(self, issue: Object) -> list[Step]:
        event_id = self._judge(issue)
        made = parse(issue["createdAt"])
        if event_id is None:
            words = "I looked at these tickets and they are about different things. Closing this one."
            return [Step(made + _hours(issue, 20), "close", self._set(issue, "Canceled", words))]
        event = self._events[event_id]
        if original := self._original(issue, event_id):
            return [Step(made + _hours(issue, 4), "duplicate", self._duplicate(issue, original))]
        if event["kind"] in ("billing_wave", "documentation_gap"):
            words = "Makes sense. This is for product and docs, I put it on our list."
            return [Step(made + _hours(issue, 6), "plan", self._set(issue, "Backlog", words))]
        start = made + _hours(issue, 6)
        steps = [
            Step(made + _hours(issue, 3), "triage", self._set(issue, "Todo", f"{_WORDS[event['kind']]} Taking it.")),
            Step(start, "start", self._set(issue, "In Progress")),
        ]
        if event["ended_at"]:
            over = max(parse(event["ended_at"]), start) + timedelta(hours=1)
            release = event["fix_release"]
            words = f"Fixed in {release}, which is out." if release else "This is over. Everything is up again."
            steps.append(Step(over, "done", self._set(issue, "Done", words)))
        return steps

    def _judge(self, issue: Object) -> str | None:
        """The planted event that an issue is about, or None. What they thought at first they go on thinking."""
        known = self.state.get("colleagues.verdict", issue["id"])
        if known is None:
            texts = [issue["description"] or ""]
            texts += [item["url"] for item in self.linear.children("Attachment", "issueId", issue["id"])]
            known = {"event": _about(_TICKET.findall(" ".join(texts)), self._event_of)}
            self.state.put("colleagues.verdict", issue["id"], known)
        event: str | None = known["event"]
        return event

    def _original(self, issue: Object, event: str) -> Object | None:
        """An earlier issue about the same event that was open when this one was filed."""
        for other in self._filed:
            closed = other["completedAt"] or other["canceledAt"]
            if (
                other["number"] < issue["number"]
                and self._judge(other) == event
                and not (closed and closed < issue["createdAt"])
            ):
                return other
        return None

    def _set(self, issue: Object, state: str, words: str = "") -> Callable[[datetime], None]:
        def act(at: datetime) -> None:
            person = _person(issue)
            change = {"stateId": self.linear.state_named(state)["id"], "assigneeId": person}
            if state == "Canceled":
                del change["assigneeId"]
            self.linear.update_issue(issue["id"], change, at=at)
            if words:
                self.linear.comment({"issueId": issue["id"], "body": words}, by=person, at=at)

        return act

    def _duplicate(self, issue: Object, original: Object) -> Callable[[datetime], None]:
        def act(at: datetime) -> None:
            pair = {"issueId": issue["id"], "relatedIssueId": original["id"], "type": "duplicate"}
            self.linear.relate(pair, at=at)
            words = f"Same as {original['identifier']}."
            self.linear.comment({"issueId": issue["id"], "body": words}, by=_person(issue), at=at)

        return act

    # -- messages

    def _on_message(self, channel: Object, message: Object) -> list[Step]:
        if message["user"] != BOT_USER or message["thread_ts"] not in (None, message["ts"]):
            return []
        posted = parse(message["at"])
        seed = {"id": f"{channel['id']}:{message['ts']}"}
        if channel["name"] == "support-digest":
            wanted = [Step(posted + _hours(seed, 9), "like", self._react(channel, message, "+1", "U0SOFIA"))]
            return wanted if _number(seed["id"]) % 2 else []
        if channel["name"] != "support-signals":
            return []
        engineers = sorted(user for user in _SLACK_USERS if user != "U0SOFIA")
        first, second = (engineers[(_number(seed["id"]) + n) % len(engineers)] for n in (0, 1))
        if WARNING in message["text"] and not _TICKET.search(_written(message)):
            return []
        if self._judge_message(channel, message) is None:
            return [Step(posted + _hours(seed, 8), "wrong", self._react(channel, message, "-1", first))]
        return [
            Step(posted + _hours(seed, 1), "look", self._react(channel, message, "eyes", first)),
            Step(posted + _hours(seed, 5), "right", self._react(channel, message, "white_check_mark", second)),
        ]

    def _judge_message(self, channel: Object, message: Object) -> str | None:
        """The event of the issue that a message links, else of the tickets that it links; of a warning the account."""
        key = f"{channel['id']}:{message['ts']}"
        known = self.state.get("colleagues.verdict", key)
        if known is None:
            text = _written(message)
            planted = self._at_risk if WARNING in message["text"] else self._event_of
            linked = set(_ISSUE.findall(text))
            verdicts = [self._judge(issue) for issue in self._filed if issue["identifier"] in linked]
            known = {"event": verdicts[0] if verdicts else _about(_TICKET.findall(text), planted)}
            self.state.put("colleagues.verdict", key, known)
        event: str | None = known["event"]
        return event

    def _react(self, channel: Object, message: Object, name: str, user: str) -> Callable[[datetime], None]:
        def act(_at: datetime) -> None:
            try:
                self.slack.react(channel["id"], message["ts"], name, user)
            except SlackError:
                return  # has already reacted this way

        return act


_SLACK_USERS = ("U0MIRA", "U0JONAS", "U0PRIYA", "U0TEO", "U0SOFIA")
_WORDS = {
    "bug": "Reproduced with one of the linked tickets.",
    "regression": "I thought we had fixed this. Reproduced.",
    "outage": "We are on it, see the status page.",
}


def _written(message: Object) -> str:
    return json.dumps(message["blocks"]) + str(message["text"])


def _about(tickets: list[str], planted: dict[str, str]) -> str | None:
    """What was planted in most of the tickets, or None."""
    distinct = set(tickets)
    hits = Counter(planted[ticket] for ticket in distinct if ticket in planted)
    if not hits:
        return None
    what, count = min(hits.items(), key=lambda item: (-item[1], item[0]))
    return what if count >= MIN_SHARE * len(distinct) else None


def _number(seed: str) -> int:
    return int(hashlib.sha256(seed.encode()).hexdigest()[:8], 16)


def _hours(thing: Object, hours: float) -> timedelta:
    """About so many hours: between 75% and 125%, fixed by the thing's id; whole minutes."""
    share = 0.75 + 0.5 * (_number(thing["id"]) % 1000) / 1000
    return timedelta(minutes=round(hours * share * 60))


def _person(issue: Object) -> str:
    """The id of the engineer who takes an issue."""
    names = sorted(PEOPLE)
    return uuid4_from("linear", "user", names[_number(issue["id"]) % len(names)])
