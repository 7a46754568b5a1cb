"""HubSpot's CRM: owners, companies, contacts, deals, and which company a contact or a deal belongs to.

Streams and how they are read:

    owners                      the whole list with the archived ones, landed when it differs from the last one
    companies, contacts, deals  a search by the time of change; every `archived_every_hours` the list of the archived
                                ones too, which never appear in a search
    associations                one record a contact or deal, with all its companies: of those that were landed since,
                                and of all of them every `archived_every_hours`, because an association can change
                                without its record changing

Companies and deals are read once more by their ids, with the history of the properties whose past matters. Searches
run on an index that lags behind, so each pull goes back a little and leaves out what it has landed. A company that was
merged into another disappears without a trace; the survivor's `hs_merged_object_ids` names it.
The private app needs the scopes of SCOPES. Run alone: `groundswell run pull --source <name>`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flows.core.clock import epoch_ms, from_epoch_ms, iso
from flows.core.errors import VendorError, nearest
from flows.core.http import Client, RateLimit
from flows.core.keys import digest
from flows.core.run import Run
from flows.landing.store import Record
from flows.pull.boundary import Boundary, chunks, record, records, snapshot, sweep
from flows.pull.hubspot_links import Links, is_due
from flows.pull.paginators import Batch, Fetch, HubspotList, HubspotSearch, Json, Page
from flows.settings import HubspotSource, Settings

OVERLAP = timedelta(minutes=5)  # how far the search's index may lag behind; HubSpot says "a few moments"
OVERLAP_MS = OVERLAP // timedelta(milliseconds=1)
SEARCH_PAGE = 200  # at most
HISTORY_PAGE = 50  # records that can be read with their history at once
SCOPES = {
    "owners": "crm.objects.owners.read",
    "companies": "crm.objects.companies.read",
    "contacts": "crm.objects.contacts.read",
    "deals": "crm.objects.deals.read",
    "associations": "crm.objects.contacts.read, crm.objects.companies.read and crm.objects.deals.read",
}


@dataclass(frozen=True)
class Kind:
    """A type of object: the property with the time of change, what is asked for, and what with its history."""

    changed: str
    properties: tuple[str, ...]
    history: tuple[str, ...] = ()


_KINDS = {
    "companies": Kind(
        "hs_lastmodifieddate",
        (
            "name", "domain", "hs_additional_domains", "country", "lifecyclestage", "hubspot_owner_id", "createdate",
            "hs_merged_object_ids", "stripe_customer_id",
        ),
        ("lifecyclestage", "hubspot_owner_id"),
    ),
    "contacts": Kind(
        "lastmodifieddate", ("email", "firstname", "lastname", "jobtitle", "createdate", "hs_merged_object_ids")
    ),
    "deals": Kind(
        "hs_lastmodifieddate",
        (
            "dealname", "dealtype", "dealstage", "pipeline", "amount", "deal_currency_code", "closedate",
            "hubspot_owner_id", "hs_is_closed", "hs_is_closed_won", "createdate", "hs_merged_object_ids",
        ),
        ("dealstage", "closedate"),
    ),
}  # fmt: skip
_WITH_PAST = ("tier_field", "segment_field", "renewal_field")  # settings that name properties of companies
_NAMED = ("account_field", *_WITH_PAST)


class Hubspot:
    """The connector of one HubSpot account (see `Connector`)."""

    streams: tuple[str, ...] = ("owners", "companies", "contacts", "deals", "associations")
    optional: tuple[str, ...] = ()

    def __init__(self, run: Run, name: str, source: HubspotSource) -> None:
        self._now = run.now
        self._name = name
        self._source = source
        self._landing = run.landing
        self._variable = run.settings.secret_name(name, "access_token")
        self.client = client(run.settings, name, source)
        self._burst = RateLimit(source.requests_per_minute / 6, seconds=10)  # HubSpot counts ten seconds
        self._searches = RateLimit(source.search_requests_per_second, seconds=1)

    def close(self) -> None:
        self.client.close()

    def pages(self, stream: str, cursor: Json | None) -> Iterator[Page]:
        try:
            if stream == "owners":
                yield from snapshot(self._owners(), cursor)
            elif stream == "associations":
                links = Links(self._landing, self._name, self._now, self._source.archived_every_hours, self._post)
                yield from links.pages(cursor)
            elif stream in _KINDS:
                yield from self._objects(stream, cursor or {})
            else:
                raise ValueError(f"HubSpot has no stream {stream!r}")
        except VendorError as error:
            if error.status != 403:
                raise
            what = error.what.removeprefix(f"{self._name}: ")
            todo = f"Give the private app of {self._variable} {SCOPES[stream]}."
            raise VendorError(self._name, what, todo, status=403) from error

    # -- companies, contacts, deals

    def _objects(self, stream: str, cursor: Json) -> Iterator[Page]:
        """Cursor: {"asked": digest of the properties, "position": see HubspotSearch, "boundary": see Boundary,
        "archived": cursor of the sweep, "swept_at": when it was last through}."""
        kind, problems = self._kind(stream)
        if problems:
            yield Page([], None, problems=problems)
        asked = digest(*kind.properties, *kind.history)[:12]
        if cursor.get("asked") != asked:
            cursor = {"asked": asked}  # what was landed lacks a property: read everything again
        for page in self._changes(stream, kind, cursor):
            cursor = cursor | (page.cursor or {})
            yield Page(page.records, cursor, total=page.total)
        if is_due(cursor.get("swept_at"), self._now, self._source.archived_every_hours):
            archived = self._archived(stream, kind)
            for page in sweep(cursor.get("archived"), archived, _to_record(kind), OVERLAP, self._now):
                cursor = cursor | {"archived": page.cursor}
                yield Page(page.records, cursor)
            yield Page([], cursor | {"swept_at": iso(self._now)})

    def _changes(self, stream: str, kind: Kind, cursor: Json) -> Iterator[Page]:
        """What was changed since the last pull, a little overlap included; cursor: {"position", "boundary"}."""
        reached = cursor.get("position") or [0, 0]
        boundary = Boundary(cursor.get("boundary"))
        back = [max(0, reached[0] - OVERLAP_MS), 0]
        # Stopped among the many records of one time: those are gone on with, after a look at the time before.
        walks: list[tuple[list[int], int | None]]
        walks = [(back, reached[0]), (reached, None)] if reached[1] else [(back, None)]
        search = HubspotSearch(kind.changed, SEARCH_PAGE)
        seen = 0
        for position, until in walks:
            for batch in search.batches(self._search(stream, kind), position, until):
                reached = max(reached, batch.position)
                fresh = [item for item in batch.items if not boundary.knows(item["id"], _version(kind, item))]
                records = boundary.fresh(map(_to_record(kind), self._in_full(stream, kind, fresh)))
                kept = boundary.since(from_epoch_ms(reached[0] - OVERLAP_MS))
                total = seen + int(batch.body.get("total") or 0)
                seen += len(fresh)
                yield Page(records, {"position": reached, "boundary": kept}, total=total)

    def _in_full(self, stream: str, kind: Kind, items: list[Json]) -> Iterator[Json]:
        """The records with the history of their properties. One that is gone meanwhile comes among the archived."""
        if not kind.history:
            yield from items
            return
        asked = {"properties": list(kind.properties), "propertiesWithHistory": list(kind.history)}
        for some in chunks(items, HISTORY_PAGE):
            inputs = [{"id": item["id"]} for item in some]
            yield from self._post(f"crm/v3/objects/{stream}/batch/read", {**asked, "inputs": inputs})["results"]

    def _search(self, stream: str, kind: Kind) -> Fetch:
        def fetch(body: Json) -> Json:
            body = {**body, "properties": list(kind.properties)}
            path = f"crm/v3/objects/{stream}/search"
            answer: Json = self.client.request("POST", path, body=body, limit=self._searches)
            return answer

        return fetch

    def _archived(self, stream: str, kind: Kind) -> Callable[[str | None, Any], Iterator[Batch]]:
        params = {"archived": "true", "properties": ",".join(kind.properties)}
        params |= {"propertiesWithHistory": ",".join(kind.history)} if kind.history else {}

        def batches(start: str | None, after: Any) -> Iterator[Batch]:
            """Those archived since `start`. The list has no filter and comes whole."""
            for batch in HubspotList(HISTORY_PAGE).batches(self._get(f"crm/v3/objects/{stream}", **params), after):
                new = [item for item in batch.items if _version(kind, item) >= (start or "")]
                yield Batch(batch.body, new, batch.position, batch.is_last)

        return batches

    def _kind(self, stream: str) -> tuple[Kind, tuple[str, ...]]:
        """What is asked for, and which settings name a property that the account does not have."""
        kind = _KINDS[stream]
        properties, history = set(kind.properties) | {kind.changed, "hs_object_id"}, set(kind.history)
        existing = property_names(self.client, stream, self._burst)
        for setting in _NAMED if stream == "companies" else ():
            name = getattr(self._source, setting)
            if name is not None:
                properties.add(name)
                history |= {name} if setting in _WITH_PAST else set()
        problems = misnamed(self._source, existing) if stream == "companies" else []
        known = existing or properties
        return Kind(kind.changed, tuple(sorted(properties & known)), tuple(sorted(history & known))), tuple(problems)

    # -- the rest

    def _owners(self) -> list[Record]:
        owners = [
            owner
            for archived in ("false", "true")
            for batch in HubspotList().batches(self._get("crm/v3/owners", archived=archived))
            for owner in batch.items
        ]
        return records(owners, lambda owner: record(owner.get("id"), moment(owner.get("updatedAt")), owner))

    def _get(self, path: str, **fixed: str) -> Fetch:
        def fetch(params: Json) -> Json:
            answer: Json = self.client.get_json(path, {**fixed, **params}, limit=self._burst)
            return answer

        return fetch

    def _post(self, path: str, body: Json) -> Json:
        """A read that is sent as a POST."""
        answer: Json = self.client.request("POST", path, body=body, limit=self._burst)
        return answer


def client(settings: Settings, name: str, source: HubspotSource) -> Client:
    """The HTTP client of a HubSpot source. Raises ConfigError when its secret is not set."""
    variable = settings.secret_name(name, "access_token")
    return Client(
        vendor=name,
        base_url=source.base_url,
        requests_per_minute=source.requests_per_minute,
        timeout=settings.timeout_seconds,
        backoff=settings.retry_seconds,
        headers={"Authorization": f"Bearer {settings.secret(name, 'access_token')}"},
        hints={
            401: f"Check {variable}: the access token of a private app (Settings, Integrations, Private Apps).",
            403: f"Give the private app of {variable} {', '.join(SCOPES[s] for s in ('owners', *_KINDS))}.",
            404: f"Check base_url of {name} in groundswell.toml: https://api.hubapi.com",
        },
    )


def moment(text: str | None) -> str:
    """A time of HubSpot's, which may come without its fraction of a second, so that it sorts as text."""
    try:
        return from_epoch_ms(epoch_ms(text)) if text else ""
    except ValueError:  # what is no time is no version
        return ""


def _version(kind: Kind, item: Json) -> str:
    """When a record was changed or archived, whichever was later."""
    changed = moment((item.get("properties") or {}).get(kind.changed) or item.get("updatedAt"))
    return max(changed, moment(item.get("archivedAt")))


def _to_record(kind: Kind) -> Callable[[Json], Record]:
    return lambda item: record(item.get("id"), _version(kind, item), item)


def property_names(client: Client, stream: str, limit: RateLimit | None = None) -> set[str]:
    """Names of the properties that a type of object has; empty where they may not be read."""
    try:
        answer = client.get_json(f"crm/v3/properties/{stream}", limit=limit)
    except VendorError as error:
        if error.status in (403, 404):
            return set()
        raise
    return {str(found["name"]) for found in answer["results"]}


def misnamed(source: HubspotSource, existing: set[str]) -> list[str]:
    """The settings that name a property companies do not have, with the nearest that they have."""
    problems = []
    for setting in _NAMED if existing else ():
        name = getattr(source, setting)
        if name is not None and name not in existing:
            near = nearest(name, existing, cutoff=0.7)
            hint = f"; the nearest is {near!r}" if near else ""
            problems.append(f"{setting} in groundswell.toml is {name!r}, a property companies do not have{hint}")
    return problems
