"""The simulation's tickets in the shapes of Zendesk's API: tickets, audits with comments, metric sets, ratings.

Every function gives the object as it stood at `until` (unix seconds).
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from flows.sandbox.arrivals import HOUR
from flows.sandbox.lives import Life
from flows.sandbox.people import BOT_ID
from flows.sandbox.product import DOMAIN
from flows.sandbox.texts import letters

Object = dict[str, Any]

API = f"https://larkspan.{DOMAIN}/api/v2"
CATEGORY_FIELD = 36001001
VERSION_FIELD = 36001002
BRAND_ID = 7001
FORM_ID = 7101
RATING_IDS = 8_000_000
METRIC_IDS = 6_000_000
EVENT_IDS = 700_000_000
EVENT_STEP = 20
"""Ids between two audits: the children of an audit take the ids behind it."""

_CHANNEL_NAMES = {"email": "Mail", "web": "Web form", "api": "Web service", "rule": "Rule", "chat": "Chat"}


def iso(at: int) -> str:
    """Unix seconds as Zendesk writes times."""
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")


def ticket(life: Life, until: int) -> Object:
    """A ticket as the incremental export gives it."""
    values = life.state(until)
    seen = [step for step in life.steps if step.at <= until]
    letter = letters.comment(life, 0)
    # Surveys are sent and answered without touching updated_at; generated_timestamp moves all the same.
    touched = [step.at for step in seen if not any(name == "satisfaction" for name, _ in step.changes)]
    custom = [
        {"id": CATEGORY_FIELD, "value": values.get("category")},
        {"id": VERSION_FIELD, "value": values.get("app_version")},
    ]
    organization = life.requester.organization
    return {
        "url": f"{API}/tickets/{life.id}.json",
        "id": life.id,
        "external_id": None,
        "via": _via(life.channel, life),
        "created_at": None if life.oddity == "undated" else iso(life.created),
        "updated_at": iso(touched[-1]),
        "generated_timestamp": seen[-1].at,
        "type": values.get("type"),
        "subject": letter.subject,
        "raw_subject": letter.subject,
        "description": letter.plain,
        "priority": values.get("priority"),
        "status": values["status"],
        "recipient": f"support@{DOMAIN}" if life.channel == "email" else None,
        "requester_id": life.requester.id,
        "submitter_id": life.requester.id,
        "assignee_id": values.get("assignee_id"),
        "organization_id": organization.id if organization else None,
        "group_id": values.get("group_id"),
        "collaborator_ids": [],
        "follower_ids": [],
        "email_cc_ids": [],
        "forum_topic_id": None,
        "problem_id": None,
        "has_incidents": False,
        "is_public": True,
        "due_at": None,
        "tags": list(values.get("tags", ())),
        "custom_fields": custom,
        "fields": custom,
        "satisfaction_rating": _ticket_rating(life, values.get("satisfaction")),
        "sharing_agreement_ids": [],
        "followup_ids": [],
        "ticket_form_id": FORM_ID,
        "brand_id": BRAND_ID,
        "allow_channelback": False,
        "allow_attachments": True,
        "from_messaging_channel": life.channel == "chat",
    }


def ticket_event(life: Life, n: int) -> Object:
    """The audit of step `n`, with its comment and changes as child events."""
    step, event_id = life.steps[n], life.event_ids[n]
    via = _CHANNEL_NAMES[step.via]
    children: list[Object] = []
    if step.says:
        children.append({**comment(life, n), "event_type": "Comment", "via": via, "via_reference_id": None})
    before = life.state(step.at - 1)
    for field, value in step.changes:
        child = _change(field, value, before.get(field), "Create" if n == 0 else "Change")
        children.append({"id": event_id + 1 + len(children), "via": via, "via_reference_id": None, **child})
    return {
        "id": event_id,
        "ticket_id": life.id,
        "timestamp": step.at,
        "created_at": iso(step.at),
        "updater_id": step.actor,
        "via": via,
        "system": {"client": "Mail" if step.via == "email" else "Browser", "location": None},
        "metadata": {},
        "event_type": "Audit",
        "child_events": children,
    }


def comment(life: Life, n: int) -> Object:
    """The comment of step `n`, as the ticket's comment list gives it."""
    step = life.steps[n]
    letter = letters.comment(life, n)
    return {
        "id": life.event_ids[n] + 1,
        "type": "Comment",
        "author_id": step.actor,
        "body": letter.plain,
        "html_body": letter.html,
        "plain_body": letter.plain,
        "public": step.public,
        "attachments": [],
        "audit_id": life.event_ids[n],
        "via": _via(step.via, life),
        "created_at": iso(step.at),
        "metadata": {},
    }


def metric_set(life: Life, until: int) -> Object:
    """Reply and resolution times in minutes; business hours are weekdays 9 to 17 UTC.

    Times spent waiting run to the ticket's last change, as a set is only written anew then.
    """
    seen = [step for step in life.steps if step.at <= until]
    requester = life.requester.id
    answers = [s.at for s in seen if s.says and s.public and s.actor not in (requester, BOT_ID)]
    statuses = [(s.at, v) for s in seen for name, v in s.changes if name == "status"]
    solved = [at for at, status in statuses if status in ("solved", "closed")]
    assigned = [s.at for s in seen for name, _ in s.changes if name == "assignee_id"]
    groups = [v for s in seen for name, v in s.changes if name == "group_id"]
    done = statuses[-1][1] in ("solved", "closed", "deleted")
    pairs = pairwise(statuses)
    reopens = sum(a == "solved" and b == "open" for (_, a), (_, b) in pairs)
    ends = [at for at, _ in statuses[1:]] + [seen[-1].at]

    def spent(wanted: set[str]) -> Object:
        spans = [(a, b) for (a, status), b in zip(statuses, ends, strict=True) if status in wanted]
        return {
            "calendar": sum((b - a) // 60 for a, b in spans),
            "business": sum(_business(a, b) for a, b in spans),
        }

    return {
        "url": f"{API}/ticket_metrics/{METRIC_IDS + life.id}.json",
        "id": METRIC_IDS + life.id,
        "ticket_id": life.id,
        "created_at": iso(life.created),
        "updated_at": iso(seen[-1].at),
        "group_stations": len(dict.fromkeys(groups)),
        "assignee_stations": len(assigned),
        "reopens": reopens,
        "replies": len(answers),
        "assignee_updated_at": _iso_or_none([s.at for s in seen if s.actor not in (requester, BOT_ID)]),
        "requester_updated_at": _iso_or_none([s.at for s in seen if s.actor == requester]),
        "status_updated_at": iso(statuses[-1][0]),
        "initially_assigned_at": _iso_or_none(assigned[:1]),
        "assigned_at": _iso_or_none(assigned),
        "solved_at": _iso_or_none(solved if done else []),
        "latest_comment_added_at": _iso_or_none([s.at for s in seen if s.says]),
        "reply_time_in_minutes": _span(life.created, answers[:1]),
        "first_resolution_time_in_minutes": _span(life.created, solved[:1]),
        "full_resolution_time_in_minutes": _span(life.created, solved[-1:] if done else []),
        "agent_wait_time_in_minutes": spent({"pending"}),
        "requester_wait_time_in_minutes": spent({"new", "open", "hold"}),
        "on_hold_time_in_minutes": spent({"hold"}),
    }


def rating(life: Life, until: int) -> Object:
    """A satisfaction rating: offered at first, good or bad when the customer answered."""
    steps = [s for s in life.steps if s.at <= until and dict(s.changes).get("satisfaction")]
    score = dict(steps[-1].changes)["satisfaction"]
    values = life.state(steps[-1].at)
    return {
        "url": f"{API}/satisfaction_ratings/{RATING_IDS + life.id}.json",
        "id": RATING_IDS + life.id,
        "ticket_id": life.id,
        "requester_id": life.requester.id,
        "assignee_id": values.get("assignee_id"),
        "group_id": values.get("group_id"),
        "score": score,
        "comment": letters.rating_comment(life) if score != "offered" else None,
        "reason": None,
        "reason_id": 0,
        "created_at": iso(steps[0].at),
        "updated_at": iso(steps[-1].at),
    }


def rating_changes(life: Life) -> list[int]:
    """When the ticket's rating was offered and answered."""
    return [step.at for step in life.steps if "satisfaction" in dict(step.changes)]


def _ticket_rating(life: Life, score: str | None) -> Object:
    if score is None:
        return {"score": "unoffered"}
    if score == "offered":
        return {"score": "offered"}
    return {"score": score, "id": RATING_IDS + life.id, "comment": letters.rating_comment(life)}


def _via(channel: str, life: Life) -> Object:
    if channel == "rule":
        return {"channel": "rule", "source": {"to": {}, "from": {"title": "Auto-reply"}, "rel": "trigger"}}
    if channel == "email":
        sender = {"address": life.requester.email, "name": life.requester.name}
        return {"channel": "email", "source": {"from": sender, "to": {"address": f"support@{DOMAIN}"}, "rel": None}}
    return {"channel": channel, "source": {"from": {}, "to": {}, "rel": None}}


def _change(field: str, value: Any, previous: Any, event_type: str) -> Object:
    base: Object = {"event_type": event_type}
    if event_type == "Change":
        base["previous_value"] = list(previous or ()) if field == "tags" else previous
    if field in ("category", "app_version"):
        field_id = CATEGORY_FIELD if field == "category" else VERSION_FIELD
        return base | {"custom_ticket_fields": {str(field_id): value}}
    if field == "tags":
        old, new = set(previous or ()), set(value)
        return base | {"tags": list(value), "added_tags": sorted(new - old), "removed_tags": sorted(old - new)}
    return base | {"satisfaction_score" if field == "satisfaction" else field: value}


def _iso_or_none(moments: list[int]) -> str | None:
    return iso(moments[-1]) if moments else None


def _span(begins: int, ends: list[int]) -> Object:
    if not ends:
        return {"calendar": None, "business": None}
    return {"calendar": (ends[0] - begins) // 60, "business": _business(begins, ends[0])}


def _business(begins: int, ends: int) -> int:
    """Minutes between two moments that fall on a weekday between 9 and 17 UTC."""
    return (_business_seconds(ends) - _business_seconds(begins)) // 60


def _business_seconds(at: int) -> int:
    """Business seconds since Monday, 5 January 1970."""
    since = at - 4 * 24 * HOUR
    weeks, rest = divmod(since, 7 * 24 * HOUR)
    days, second = divmod(rest, 24 * HOUR)
    today = min(max(second - 9 * HOUR, 0), 8 * HOUR) if days < 5 else 0
    return weeks * 40 * HOUR + min(days, 5) * 8 * HOUR + today
