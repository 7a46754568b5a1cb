"""The first look at a source, before anything is pulled: who we are, how much there is, how long it takes."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import partial
from pathlib import PurePath
from typing import Any

import orjson

from flows.core.clock import parse
from flows.core.errors import ConfigError, VendorError, meant
from flows.core.http import Client
from flows.core.redaction import redact
from flows.landing.store import Record
from flows.pull import hubspot, linear, slack, stripe, zendesk
from flows.pull.files import locate, read_records
from flows.pull.paginators import Json
from flows.settings import FilesSource, HubspotSource, Linear, Settings, Slack, StripeSource, ZendeskSource

SAMPLE = 3
PATIENCE = 20.0  # seconds of a vendor's silence
_PER_PAGE = 1000  # of Zendesk's incremental exports
_EVENTS_PER_TICKET = 6  # about: opening, replies, status changes; for the estimate alone
_SECONDS_PER_PAGE = 2.0  # a page of 1000 over the internet
_SECONDS_PER_SEARCH = 0.5  # a page of 200 over the internet
_FILE_ROWS_PER_SECOND = 20_000


@dataclass
class Inspection:
    """What a source looks like. `counts` has None where the vendor does not tell."""

    source: str
    who: str
    access: str
    counts: dict[str, int | None] = field(default_factory=dict)
    sample: list[str] = field(default_factory=list)  # redacted subjects
    seconds: float | None = None  # estimate of a first pull
    notes: list[str] = field(default_factory=list)
    will_fail: bool = False  # a permission is missing or a setting is wrong; the notes say which
    todo: str = ""  # what to do about it

    def lines(self) -> list[str]:
        """Printable, the most telling lines first."""
        counts = ", ".join(f"{'?' if n is None else f'{n:,}'} {stream}" for stream, n in self.counts.items())
        lines = [f"{self.source}: {self.who}", f"  access: {self.access}"]
        lines += [f"  note: {note}" for note in self.notes]
        lines += [f"  to do: {self.todo}"] if self.todo else []
        lines += [f"  holds: {counts}"] if counts else []
        lines += [f"  a first pull takes about {_duration(self.seconds)}"] if self.seconds is not None else []
        lines += [f"  sample: {subject}" for subject in self.sample]
        return lines


def inspect(settings: Settings, source_name: str) -> Inspection:
    """Look at a source of groundswell.toml, or at the destination `linear` or `slack`. Lands nothing.

    A vendor that does not answer is soon given up. Raises ConfigError, VendorError.
    """
    settings = settings.model_copy(update={"timeout_seconds": min(settings.timeout_seconds, PATIENCE)})
    source = settings.sources.get(source_name)
    if isinstance(source, ZendeskSource):
        return _zendesk(settings, source_name, source)
    if isinstance(source, HubspotSource):
        return _hubspot(settings, source_name, source)
    if isinstance(source, StripeSource):
        return _stripe(settings, source_name, source)
    if isinstance(source, FilesSource):
        return _files(settings, source_name, source)
    if source_name == "linear" and settings.destinations.linear:
        return _linear(settings, settings.destinations.linear)
    if source_name == "slack" and settings.destinations.slack:
        return _slack(settings, settings.destinations.slack)
    raise ConfigError(f"no source is called {source_name!r}", meant(source_name, settings.sources))


def _zendesk(settings: Settings, name: str, source: ZendeskSource) -> Inspection:
    with zendesk.client(settings, name, source).hurried() as client:
        me = client.get_json("api/v2/users/me").get("user") or {}
        if me.get("id") is None:  # Zendesk answers an anonymous user instead of refusing
            raise VendorError(name, "the credentials are not accepted", client.hints[401], status=401)
        found = Inspection(name, f"{me.get('name')} at {source.base_url}", f"role {me.get('role')}")
        for stream in ("tickets", "users", "organizations"):
            found.counts[stream] = _count(client, stream)
        params = {"start_time": _epoch(source.since), "per_page": SAMPLE}
        sample = _maybe(lambda: client.get_json("api/v2/incremental/tickets/cursor", params))
    if sample is None:
        found.will_fail = True
        found.notes.append("incremental exports need an admin and are refused to this user: a pull will fail")
        found.todo = client.hints[403]
    found.sample = [_subject(ticket) for ticket in (sample or {}).get("tickets", [])[:SAMPLE]]
    if source.since:
        found.notes.append(f"tickets are pulled from {source.since} on; the estimate is for all of them")
    known = {stream: n for stream, n in found.counts.items() if n is not None}
    if "tickets" in known:
        known["ticket_events"] = known["tickets"] * _EVENTS_PER_TICKET
        pages = sum(math.ceil(n / _PER_PAGE) for n in known.values()) + 2
        per_minute = min(source.incremental_requests_per_minute, source.requests_per_minute)
        found.seconds = max(pages * _SECONDS_PER_PAGE, (pages - per_minute) / per_minute * 60)
    return found


def _hubspot(settings: Settings, name: str, source: HubspotSource) -> Inspection:
    with hubspot.client(settings, name, source).hurried() as client:
        account = _maybe(lambda: client.get_json("account-info/v3/details")) or {}
        found = Inspection(name, f"portal {account.get('portalId') or '?'} at {source.base_url}", "")
        answers: dict[str, Json | None] = {
            "owners": _maybe(lambda: client.get_json("crm/v3/owners", {"limit": 1}), (403,)),
            "companies": _search(client, "companies", SAMPLE),
            "contacts": _search(client, "contacts", 1),
            "deals": _search(client, "deals", 1),
        }
        misnamed = hubspot.misnamed(source, hubspot.property_names(client, "companies"))
    found.notes += misnamed
    found.will_fail = bool(misnamed)
    found.access = ", ".join(stream for stream, answer in answers.items() if answer is not None) or "nothing"
    for stream, answer in answers.items():
        if answer is None:
            found.will_fail = True
            found.notes.append(f"{stream} need the scope {hubspot.SCOPES[stream]}: a pull of them will fail")
            found.todo = client.hints[403]
        elif stream != "owners":
            found.counts[stream] = int(answer["total"])
    companies = (answers["companies"] or {}).get("results") or []
    found.sample = [redact(str(c["properties"].get("name") or "(no name)"))[:100] for c in companies]
    pages = sum(math.ceil((n or 0) / hubspot.SEARCH_PAGE) for n in found.counts.values())
    histories = sum(math.ceil((found.counts.get(s) or 0) / hubspot.HISTORY_PAGE) for s in ("companies", "deals"))
    requests = pages + histories
    minutes = max(pages / source.search_requests_per_second / 60, requests / source.requests_per_minute)
    found.seconds = max(requests * _SECONDS_PER_SEARCH, minutes * 60)
    return found


def _search(client: Client, stream: str, limit: int) -> Json | None:
    body = {"filterGroups": [], "sorts": [], "properties": ["name"], "limit": limit, "after": "0"}
    return _maybe(lambda: client.post_json(f"crm/v3/objects/{stream}/search", body, write=False), (403,))


def _stripe(settings: Settings, name: str, source: StripeSource) -> Inspection:
    with stripe.client(settings, name, source).hurried() as client:
        account = _maybe(lambda: client.get_json("v1/account")) or {}
        first = {"limit": SAMPLE}
        pages = {s: _maybe(partial(client.get_json, f"v1/{s}", first), (403,)) for s in stripe.PERMISSIONS}
    shown = ((account.get("settings") or {}).get("dashboard") or {}).get("display_name")
    who = shown or (account.get("business_profile") or {}).get("name") or account.get("id") or "an account"
    readable = [stream for stream, page in pages.items() if page is not None]
    found = Inspection(name, f"{who} at {source.base_url}", f"reads {', '.join(readable) or 'nothing'}")
    found.counts = {s: None if page["has_more"] else len(page["data"]) for s, page in pages.items() if page}
    for stream, permission in stripe.PERMISSIONS.items():
        if pages[stream] is None:
            found.will_fail = True
            found.notes.append(f"{stream} need the permission to read {permission}: a pull of them will fail")
            found.todo = client.hints[403]
    products = (pages["products"] or {}).get("data") or []
    found.sample = [redact(str(product.get("name") or "(no name)"))[:100] for product in products]
    return found


def _epoch(since: str | None) -> int:
    return int(parse(since).timestamp()) if since else 0


def _count(client: Client, stream: str) -> int | None:
    answer = _maybe(lambda: client.get_json(f"api/v2/{stream}/count"))
    value = (answer or {}).get("count")
    value = value.get("value") if isinstance(value, dict) else value
    return int(value) if value is not None else None


def _maybe(call: Callable[[], Any], refusals: Collection[int] = (403, 404)) -> Json | None:
    """The answer, or None where this account or role does not give it. What every account has leaves out the 404."""
    try:
        answer: Json = call()
    except VendorError as error:
        if error.status in refusals:
            return None
        raise
    return answer


def _files(settings: Settings, name: str, source: FilesSource) -> Inspection:
    found = Inspection(name, "exported files", "read")
    for stream, spec in source.streams.items():
        paths = locate(settings, spec)
        found.notes.append(f"{stream} from {', '.join(PurePath(p).name for p in paths[:3])}")
        records: list[Record] = []
        for path in paths:
            rows, problems = read_records(name, source, stream, path)
            records += rows
            found.notes += problems
        found.counts[stream] = len(records)
        if stream == "tickets":
            found.sample = [_subject(orjson.loads(r["payload"])) for r in records[:SAMPLE]]
    found.seconds = sum(n or 0 for n in found.counts.values()) / _FILE_ROWS_PER_SECOND
    return found


def _linear(settings: Settings, destination: Linear) -> Inspection:
    with linear.client(settings, destination).hurried() as client:
        data = linear.query(client, linear.VIEWER, {"team": destination.team})["data"]
    if not data["teams"]["nodes"]:
        raise VendorError("linear", f"there is no team {destination.team!r}", "Check team in groundswell.toml.")
    team = data["teams"]["nodes"][0]
    return Inspection(
        "linear", f"{data['viewer']['name']}, team {team['key']} ({team['name']})", "read, the team is found"
    )


def _slack(settings: Settings, destination: Slack) -> Inspection:
    ours, scopes = slack.identity(settings, destination)
    who = f"{ours.get('user')} in {ours.get('team')}, channels {', '.join(slack.channels(destination))}"
    found = Inspection("slack", who, scopes or "scopes unknown")
    lacking = [scope for scope in slack.SCOPES if scopes and scope not in scopes.split(",")]
    found.notes += [f"the app lacks the scope {scope}, {slack.SCOPES[scope]}" for scope in lacking]
    found.will_fail, found.todo = bool(lacking), slack.ADD_SCOPE if lacking else ""
    client = slack.client(settings, destination)
    for channel in slack.channels(destination):
        try:
            slack.call(client, "conversations_history", hurried=True, channel=channel, limit=1)
        except VendorError as error:
            found.will_fail = True
            found.notes.append(f"channel {channel} cannot be read: {error}")
    return found


def _subject(ticket: Json) -> str:
    return redact(str(ticket.get("subject") or "(no subject)"))[:100]


def _duration(seconds: float) -> str:
    if seconds < 90:
        whole = max(1, round(seconds))
        return f"{whole} second{'s' if whole > 1 else ''}"
    minutes = seconds / 60
    return f"{minutes:.0f} minutes" if minutes < 120 else f"{minutes / 60:.1f} hours"
