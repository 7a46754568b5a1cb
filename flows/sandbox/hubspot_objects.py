"""The CRM's companies, contacts and deals in the shapes of HubSpot's API, as they stood at a moment.

Every property is a row of versions in time, so that a value, its history and the time of a record's last change are
the same question: what had been written by then. A merged company is gone, neither live nor archived; its id leads to
the company it was merged into. Times are unix seconds.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from flows.core.clock import parse
from flows.sandbox.commerce import Change, Commerce, CrmCompany, CrmContact, CrmDeal, Owner
from flows.sandbox.hubspot_properties import DEFAULTS, MODIFIED, PROPERTIES, SINGULAR, TYPE_IDS, always

PORTAL_ID = 48_150_162
APP = "https://app.hubspot.com"
_REVISIONS = {"contacts": 45, "companies": 20, "deals": 20}  # how much of a property's history HubSpot tells

Object = dict[str, Any]


class LinkTypes(NamedTuple):
    """The ids of the two types an association has: that of the primary company, and the plain one."""

    primary: int
    label: str
    plain: int


LINKS = {
    ("contacts", "companies"): LinkTypes(1, "Primary", 279),
    ("companies", "contacts"): LinkTypes(2, "Contact with Primary Company", 280),
    ("deals", "companies"): LinkTypes(5, "Primary", 341),
    ("companies", "deals"): LinkTypes(6, "Deal with Primary Company", 342),
}


class Version(NamedTuple):
    """From `at` on a property has this value; `source` is how it came about, in HubSpot's words."""

    at: int
    value: str | None
    source: str


class Asked(NamedTuple):
    """What a reader wants to see of a record; no properties: the default ones."""

    properties: tuple[str, ...] = ()
    histories: tuple[str, ...] = ()
    associations: tuple[str, ...] = ()


class Record:
    """One company, contact or deal through time."""

    def __init__(self, kind: str, facts: CrmCompany | CrmContact | CrmDeal, computed: Iterable[tuple[str, Version]]):
        self.kind = kind
        self.id = facts.id
        self.created = facts.created
        self.archived_at = facts.archived_at
        self.merged = facts.merged if isinstance(facts, CrmCompany) else None
        self.versions: dict[str, list[Version]] = {}
        for change in facts.changes:
            self._write(change.field, Version(*_spelled(kind, change), _source(kind, change.field)))
        for name, version in computed:
            self._write(name, version)
        self._write("hs_object_id", Version(self.created, self.id, "CALCULATED"))
        self._write("createdate", Version(self.created, iso(self.created), "CALCULATED"))
        moments = sorted({self.created, *(v.at for versions in self.versions.values() for v in versions)})
        self.versions[MODIFIED[kind]] = [Version(at, iso(at), "CALCULATED") for at in moments]
        for versions in self.versions.values():
            versions.sort(key=lambda version: version.at)
        self._moments = {name: [v.at for v in versions] for name, versions in self.versions.items()}

    def _write(self, name: str, version: Version) -> None:
        self.versions.setdefault(name, []).append(version)

    def exists(self, until: int, archived: bool = False) -> bool:
        """Whether it is there at a moment: among the live records, or else among the archived ones."""
        if self.created > until or (self.merged and self.merged[0] <= until):
            return False
        return (self.archived_at is not None and self.archived_at <= until) == archived

    def value(self, name: str, until: int) -> str | None:
        count = bisect_right(self._moments.get(name, ()), until)
        return self.versions[name][count - 1].value if count else None

    def shown(self, name: str, until: int) -> str | None:
        """The value as the API gives it: an emptied one is an empty text, one that never was is null."""
        return (self.value(name, until) or "") if self._moments.get(name, [until + 1])[0] <= until else None

    def title(self, until: int) -> str:
        """What people call it."""
        names = ("name", "dealname", "firstname", "lastname")
        return " ".join(value for name in names if (value := self.value(name, until))) or self.id

    def history(self, name: str, until: int) -> list[Object]:
        """The property's versions, newest first. An emptied value is an empty text."""
        versions = self.versions.get(name, [])[: bisect_right(self._moments.get(name, ()), until)]
        return [
            {"value": v.value or "", "timestamp": iso(v.at), "sourceType": v.source, "sourceId": _SOURCE_IDS[v.source]}
            for v in reversed(versions[-_REVISIONS[self.kind] :])
        ]


class Portal:
    """One HubSpot account: its records by type and id, and what is associated with what."""

    def __init__(self, commerce: Commerce) -> None:
        self.owners = [_owner(owner, commerce) for owner in commerce.owners.values()]
        self._companies_of = {
            "contacts": {contact.id: contact.company_ids for contact in commerce.contacts.values()},
            "deals": {deal.id: deal.company_ids for deal in commerce.deals.values()},
        }
        merges = _merges(commerce.companies)
        self.records: dict[str, dict[str, Record]] = {
            "companies": {
                id: Record("companies", company, (("hs_merged_object_ids", v) for v in merges[id]))
                for id, company in _by_number(commerce.companies)
            }
        }
        self._members: dict[tuple[str, str], list[str]] = defaultdict(list)  # (type, company) -> who may belong to it
        for kind, companies_of in self._companies_of.items():
            for id, company_ids in companies_of.items():
                for company_id in dict.fromkeys(i for start in company_ids for i in self._chain(start)):
                    self._members[kind, company_id].append(id)
        self.records["contacts"] = {
            id: Record("contacts", contact, self._primary_companies(contact))
            for id, contact in _by_number(commerce.contacts)
        }
        self.records["deals"] = {id: Record("deals", deal, _closings(deal)) for id, deal in _by_number(commerce.deals)}

    def find(self, kind: str, id: str, until: int, archived: bool = False) -> Record | None:
        """A record by its id, or by the id of a company that was merged into it."""
        record = self.records[kind].get(self._survivor(id, until) if kind == "companies" else id)
        return record if record and record.exists(until, archived) else None

    def associated(self, kind: str, id: str, to: str, until: int) -> list[tuple[str, bool]]:
        """(id, whether it is the primary one) of the live records that a live record is associated with."""
        if (kind, to) not in LINKS:
            return []
        if to == "companies":
            survivors = dict.fromkeys(self._survivor(start, until) for start in self._companies_of[kind].get(id, ()))
            companies = self.records["companies"]
            live = [other for other in survivors if other in companies and companies[other].exists(until)]
            return [(other, n == 0) for n, other in enumerate(live)]
        return [
            (other, is_primary)
            for other in self._members[to, id]
            if self.records[to][other].exists(until)
            for company_id, is_primary in self.associated(to, other, "companies", until)
            if company_id == id
        ]

    def values(self, kind: str, name: str) -> list[str]:
        """Every value that a property ever has."""
        return sorted({v.value for r in self.records[kind].values() for v in r.versions.get(name, ()) if v.value})

    def render(self, record: Record, until: int, asked: Asked) -> Object:
        """A record as the API gives it."""
        kind = record.kind
        names = {*always(kind), *(asked.properties or DEFAULTS[kind]), *asked.histories} & PROPERTIES[kind].keys()
        answer: Object = {
            "id": record.id,
            "properties": {name: record.shown(name, until) for name in sorted(names)},
            "createdAt": iso(record.created),
            "updatedAt": record.value(MODIFIED[kind], until),
            "archived": not record.exists(until),
            "url": f"{APP}/contacts/{PORTAL_ID}/record/{TYPE_IDS[kind]}/{record.id}",
        }
        if asked.histories:
            known = [name for name in asked.histories if name in PROPERTIES[kind]]
            answer["propertiesWithHistory"] = {name: record.history(name, until) for name in known}
        if answer["archived"] and record.archived_at is not None:
            answer["archivedAt"] = iso(record.archived_at)
        elif found := {to: links for to in asked.associations if (links := self._links(record, to, until))}:
            answer["associations"] = {to: {"results": links} for to, links in found.items()}
        return answer

    def _links(self, record: Record, to: str, until: int) -> list[Object]:
        """Associations inside a record: a primary one comes twice, once for each of its types."""
        name = f"{SINGULAR[record.kind]}_to_{SINGULAR[to]}"
        return [
            {"id": other, "type": type}
            for other, is_primary in self.associated(record.kind, record.id, to, until)
            for type in ([name] if is_primary else []) + [f"{name}_unlabeled"]
        ]

    def _survivor(self, id: str, until: int) -> str:
        company = self.records["companies"].get(id)
        while company and company.merged and company.merged[0] <= until:
            id = company.merged[1]
            company = self.records["companies"].get(id)
        return id

    def _chain(self, id: str) -> list[str]:
        """A company and all those it will be merged into."""
        chain = [id]
        while (company := self.records["companies"].get(chain[-1])) and company.merged:
            chain.append(company.merged[1])
        return chain

    def _primary_companies(self, contact: CrmContact) -> Iterable[tuple[str, Version]]:
        """The property that holds a contact's primary company, and so changes when that is merged or archived."""
        companies = [self.records["companies"].get(id) for start in contact.company_ids for id in self._chain(start)]
        turns = [
            at
            for company in companies
            if company
            for at in (company.created, company.archived_at, company.merged and company.merged[0])
            if at is not None and at > contact.created
        ]
        before = None
        for at in sorted({contact.created, *turns}):
            now = next((id for id, _ in self.associated("contacts", contact.id, "companies", at)), None)
            if now != before:
                yield "associatedcompanyid", Version(at, now, "CALCULATED")
            before = now


def iso(at: int) -> str:
    """Unix seconds as HubSpot writes times."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


_SOURCE_IDS = {
    "CRM_UI": "userId:5501",
    "INTEGRATION": "1203344",
    "MERGE_OBJECTS": "userId:5501",
    "CALCULATED": None,
}


def _source(kind: str, name: str) -> str:
    """Who writes a property: our own ones are kept by an integration."""
    known = PROPERTIES[kind].get(name)
    return "INTEGRATION" if known and known.is_custom else "CRM_UI"


def _spelled(kind: str, change: Change) -> tuple[int, str | None]:
    """A change's time and value; a moment is written out to the millisecond, a date stays a date."""
    known = PROPERTIES[kind].get(change.field)
    if change.value and known and known.type == "datetime":
        return change.at, iso(int(parse(change.value).timestamp()))
    return change.at, change.value or None


def _merges(companies: dict[str, CrmCompany]) -> dict[str, list[Version]]:
    """For each company, the ids of those merged into it so far; one that had swallowed others brings theirs along."""
    merges: dict[str, list[Version]] = defaultdict(list)
    swallowed: dict[str, list[str]] = defaultdict(list)
    for (at, into), id in sorted((company.merged, company.id) for company in companies.values() if company.merged):
        swallowed[into] += [*swallowed[id], id]
        merges[into].append(Version(at, ";".join(swallowed[into]), "MERGE_OBJECTS"))
    return merges


def _closings(deal: CrmDeal) -> Iterable[tuple[str, Version]]:
    """What HubSpot works out from a deal's stage."""
    yield "pipeline", Version(deal.created, "default", "CRM_UI")
    for change in deal.changes:
        if change.field == "dealstage":
            stage = change.value or ""
            yield "hs_is_closed", Version(change.at, str(stage.startswith("closed")).lower(), "CALCULATED")
            yield "hs_is_closed_won", Version(change.at, str(stage == "closedwon").lower(), "CALCULATED")


def _by_number(facts: dict[str, Any]) -> Sequence[tuple[str, Any]]:
    return sorted(facts.items(), key=lambda item: int(item[0]))


def _owner(owner: Owner, commerce: Commerce) -> Object:
    first, _, last = owner.name.partition(" ")
    begin = min((company.created for company in commerce.companies.values()), default=0)
    return {
        "id": owner.id,
        "email": owner.email,
        "type": "PERSON",
        "firstName": first,
        "lastName": last,
        "userId": int(owner.id) + 50_000_000,
        "userIdIncludingInactive": int(owner.id) + 50_000_000,
        "createdAt": iso(begin),
        "updatedAt": iso(begin),
        "archived": False,
    }
