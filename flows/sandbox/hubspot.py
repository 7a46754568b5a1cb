"""HubSpot's CRM API over the simulated company, as it stands at the sandbox's clock.

    GET /hubspot/crm/v3/objects/companies   Authorization: Bearer sandbox-hubspot-token

`limited-hubspot-token` may read companies only, `expired-hubspot-token` has expired. Lists and single records show what
is; a search shows what its index knew half a minute before, never an archived record, and no more than 10,000 results.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from flows.core.clock import utc
from flows.sandbox import hubspot_errors as errors
from flows.sandbox import hubspot_search as searching
from flows.sandbox.commerce import Commerce
from flows.sandbox.hubspot_call import Call, authenticate, ids, names
from flows.sandbox.hubspot_errors import Refusal, invalid
from flows.sandbox.hubspot_objects import APP, LINKS, PORTAL_ID, Asked, Portal, iso
from flows.sandbox.hubspot_properties import PROPERTIES, SINGULAR, described
from flows.sandbox.limits import RateLimits, bucket
from flows.sandbox.premises import Premises
from flows.sandbox.state import Clock

API = "https://api.hubapi.com"
LIST_PAGE = 100
LIST_PAGE_WITH_HISTORY = 50
OWNERS_PAGE = 500
BATCH = 100
BATCH_WITH_HISTORY = 50
ASSOCIATIONS_BATCH = 1000
ASSOCIATIONS_PAGE = 500  # of one record

Json = dict[str, Any]


class Hubspot:
    def __init__(self, premises: Premises, clock: Clock, limits: RateLimits, base_url: Callable[[], str]) -> None:
        self.premises = premises
        self.clock = clock
        self.base_url = base_url
        self._known: tuple[Commerce, Portal] | None = None
        self._all = bucket(limits.hubspot_per_ten_seconds, 10, limits)
        self._searches = bucket(limits.hubspot_searches_per_second, 1, limits)
        self._paths: dict[tuple[str, str], Callable[..., tuple[int, Json]]] = {
            ("GET", r"crm/v3/objects/([^/]+)"): self._list,
            ("GET", r"crm/v3/objects/([^/]+)/([^/]+)"): self._one,
            ("POST", r"crm/v3/objects/([^/]+)/batch/read"): self._batch,
            ("POST", r"crm/v3/objects/([^/]+)/search"): self._search,
            ("POST", r"crm/v4/associations/([^/]+)/([^/]+)/batch/read"): self._associations,
            ("GET", r"crm/v3/owners"): self._owners,
            ("GET", r"crm/v3/properties/([^/]+)"): self._properties,
            ("GET", r"account-info/v3/details"): self._details,
        }
        self.routes = [
            Route(f"/hubspot/{api}/{{path:path}}", self.handle, methods=["GET", "POST"])
            for api in ("crm", "account-info")
        ]

    @property
    def portal(self) -> Portal:
        commerce = self.premises.company.commerce
        if self._known is None or self._known[0] is not commerce:
            self._known = commerce, Portal(commerce)
        return self._known[1]

    # -- HTTP

    async def handle(self, request: Request) -> Response:
        body = (await request.body()).decode(errors="replace")
        return await run_in_threadpool(self._respond, request, body)  # a large page takes a while

    def _respond(self, request: Request, body: str) -> Response:
        path = request.url.path.removeprefix("/hubspot/").rstrip("/")
        headers: dict[str, str] = {}
        try:
            token = authenticate(request.headers.get("authorization", ""))
            self._admit(token, path.endswith("/search"), headers)
            call = Call(token, request.query_params, body, self.clock.now())
            status, answer = self._answer(request.method, path, call)
        except Refusal as refusal:
            status, answer = refusal.status, refusal.body
        return Response(self._localise(json.dumps(answer)), status, headers, "application/json")

    def _localise(self, text: str) -> str:
        """HubSpot's addresses as those of this server, so that links can be opened."""
        return text.replace(APP, f"{self.base_url()}/hubspot").replace(API, f"{self.base_url()}/hubspot")

    def _admit(self, token: str, is_search: bool, headers: dict[str, str]) -> None:
        """Counts the request; the answers to searches do not tell what is left. Raises Refusal."""
        allowance = self._all.take(token)
        if not is_search:
            headers["x-hubspot-ratelimit-max"] = str(allowance.limit)
            headers["x-hubspot-ratelimit-remaining"] = str(allowance.remaining)
            headers["x-hubspot-ratelimit-interval-milliseconds"] = "10000"
        if allowance.refused:
            raise Refusal(429, errors.rate_limited("TEN_SECONDLY_ROLLING"))
        if is_search and self._searches.take(token).refused:
            raise Refusal(429, errors.rate_limited("SECONDLY"))

    def _answer(self, method: str, path: str, call: Call) -> tuple[int, Json]:
        verbs = []
        for (verb, pattern), answer in self._paths.items():
            if match := re.fullmatch(pattern, path):
                if verb == method:
                    return answer(call, *match.groups())
                verbs.append(verb)
        raise errors.method_not_allowed() if verbs else errors.not_found()

    # -- records

    def _list(self, call: Call, name: str) -> tuple[int, Json]:
        kind = call.kind(name)
        asked = call.asked()
        limit = call.limit(10, LIST_PAGE_WITH_HISTORY if asked.histories else LIST_PAGE)
        portal, until, after = self.portal, call.until, call.after
        found = (r for r in portal.records[kind].values() if int(r.id) > after and r.exists(until, call.archived))
        page = [record for record, _ in zip(found, range(limit + 1), strict=False)]
        answer: Json = {"results": [portal.render(record, until, asked) for record in page[:limit]]}
        if len(page) > limit:
            last = page[limit - 1].id
            link = f"{API}/crm/v3/objects/{kind}?after={last}&limit={limit}"
            answer["paging"] = {"next": {"after": last, "link": link}}
        return 200, answer

    def _one(self, call: Call, name: str, id: str) -> tuple[int, Json]:
        kind = call.kind(name)
        asked = call.asked()
        record = self.portal.find(kind, id, call.until, call.archived)
        if record is None:
            raise errors.not_found()
        return 200, self.portal.render(record, call.until, asked)

    def _batch(self, call: Call, name: str) -> tuple[int, Json]:
        kind = call.kind(name)
        wish = call.batch()
        asked = Asked(names(wish, "properties"), names(wish, "propertiesWithHistory"))
        wanted = ids(wish, BATCH_WITH_HISTORY if asked.histories else BATCH)
        found = {id: self.portal.find(kind, id, call.until, call.archived) for id in wanted}
        results = dict.fromkeys(record for record in found.values() if record)
        missing = [id for id, record in found.items() if record is None]
        text = (
            f"Could not get some {SINGULAR[kind].upper()} objects, they may be deleted or not exist. "
            "Check that ids are valid."
        )
        problem = {"status": "error", "category": "OBJECT_NOT_FOUND", "message": text, "context": {"ids": missing}}
        rendered = [self.portal.render(record, call.until, asked) for record in results]
        return _batch_answer(call, rendered, [problem] if missing else [])

    def _search(self, call: Call, name: str) -> tuple[int, Json]:
        kind = call.kind(name)
        search = searching.read(kind, call.body)
        indexed = int(utc(call.now - searching.INDEX_LAG).timestamp())
        portal = self.portal
        total, page = search.run(portal.records[kind].values(), indexed)
        asked = Asked(search.properties)
        answer: Json = {"total": total, "results": [portal.render(record, indexed, asked) for record in page]}
        if total > (end := search.after + search.limit):
            answer["paging"] = {"next": {"after": str(end)}}
        return 200, answer

    # -- associations

    def _associations(self, call: Call, from_name: str, to_name: str) -> tuple[int, Json]:
        kind, to = call.kind(from_name), call.kind(to_name)
        wish = call.batch()
        begins = {str(item["id"]): str(item.get("after") or "0") for item in wish["inputs"]}
        results, problems = [], []
        for id in ids(wish, ASSOCIATIONS_BATCH):
            record = self.portal.find(kind, id, call.until)
            links = self.portal.associated(kind, id, to, call.until) if record else []
            if links:
                results.append(_association_page(kind, to, id, links, begins[id]))
            else:
                problems.append(_no_associations(kind, to, id))
        return _batch_answer(call, results, problems)

    # -- the rest

    def _owners(self, call: Call) -> tuple[int, Json]:
        call.require("crm.objects.owners.read")
        limit = call.limit(100, OWNERS_PAGE)
        owners = [owner for owner in self.portal.owners if owner["archived"] == call.archived]
        end = call.after + limit
        answer: Json = {"results": owners[call.after : end]}
        if end < len(owners):
            answer["paging"] = {"next": {"after": str(end)}}
        return 200, answer

    def _properties(self, call: Call, name: str) -> tuple[int, Json]:
        kind = call.kind(name)
        names = [] if call.archived else PROPERTIES[kind]
        return 200, {"results": [described(kind, name, self.portal.values(kind, name)) for name in names]}

    def _details(self, _call: Call) -> tuple[int, Json]:
        return 200, {
            "portalId": PORTAL_ID,
            "accountType": "STANDARD",
            "timeZone": "UTC",
            "companyCurrency": "USD",
            "additionalCurrencies": [],
            "utcOffset": "+00:00",
            "utcOffsetMilliseconds": 0,
            "uiDomain": APP.removeprefix("https://"),
            "dataHostingLocation": "na1",
        }


def _batch_answer(call: Call, results: list[Json], problems: list[Json]) -> tuple[int, Json]:
    """What could be found, and 207 with the reasons where something could not."""
    moment = iso(call.until)
    answer: Json = {"status": "COMPLETE", "results": results, "startedAt": moment, "completedAt": moment}
    if problems:
        return 207, answer | {"numErrors": len(problems), "errors": problems}
    return 200, answer


def _association_page(kind: str, to: str, id: str, links: list[tuple[str, bool]], after: str) -> Json:
    """What one record is associated with; its id is a text, theirs are numbers."""
    if not after.isdecimal():
        raise invalid(f"after {after!r} is not valid.")
    types, begin = LINKS[kind, to], int(after)
    end = begin + ASSOCIATIONS_PAGE
    plain = {"category": "HUBSPOT_DEFINED", "typeId": types.plain, "label": None}
    primary = {"category": "HUBSPOT_DEFINED", "typeId": types.primary, "label": types.label}
    page: Json = {
        "from": {"id": id},
        "to": [
            {"toObjectId": int(other), "associationTypes": [plain, primary] if is_primary else [plain]}
            for other, is_primary in links[begin:end]
        ],
    }
    if end < len(links):
        page["paging"] = {"next": {"after": str(end)}}
    return page


def _no_associations(kind: str, to: str, id: str) -> Json:
    return {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
        "message": f"No {SINGULAR[to]} is associated with {SINGULAR[kind]} {id}.",
        "context": {"fromObjectId": [id], "fromObjectType": [SINGULAR[kind]], "toObjectType": [SINGULAR[to]]},
    }
