"""HubSpot's associations: one record a contact or deal, with all the companies it belongs to.

So one that was removed is gone with the newest record. Payload: {"from_type", "from_id", "to_type": "companies",
"to": [{"id", "type_ids", "labels"}]}; the version is the time of reading, since associations have none, and later
than that of the record before: what changes between two reads of one run are two versions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

import orjson

from flows.core.clock import epoch_ms, from_epoch_ms, iso, parse
from flows.landing.store import ROWS_PER_COMMIT, Record, Store
from flows.pull.boundary import chunks, record
from flows.pull.paginators import Json, Page

READ_PAGE = 1000  # records whose associations can be read at once
ALIVE_PAGE = 100  # records that can be read at once
FROM = ("contacts", "deals")


class Links:
    """Reads the associations of what was landed since, and of everything when that is due.

    `post` sends a path and a body and returns the answer.
    """

    def __init__(
        self, landing: Store, source: str, now: datetime, every_hours: float, post: Callable[[str, Json], Json]
    ) -> None:
        self._landing = landing
        self._source = source
        self._now = now
        self._every_hours = every_hours
        self._post = post

    def pages(self, cursor: Json | None) -> Iterator[Page]:
        """Cursor: {"contacts", "deals": seq of the last row whose associations were read, "swept_at": when all of
        them were last read again, "after": place in a sweep or None}."""
        cursor = cursor or {"contacts": -1, "deals": -1, "swept_at": iso(self._now), "after": None}
        self._known = self._landed()
        for kind in FROM:
            rows = self._landing.read(self._source, kind, after=cursor[kind] // ROWS_PER_COMMIT - 1)
            new = rows.filter(rows["seq"] > cursor[kind]).sort("seq").select("id", "seq")
            for changed in chunks(new.iter_rows(), READ_PAGE):
                cursor = cursor | {kind: changed[-1][1]}
                yield Page(self._read(kind, [id for id, _ in changed]), cursor)
        if is_due(cursor["swept_at"], self._now, self._every_hours):
            names = sorted(name for name in self._known if name > (cursor["after"] or ""))
            for kind in FROM:
                prefix = f"{kind}:"
                for some in chunks((name for name in names if name.startswith(prefix)), READ_PAGE):
                    cursor = cursor | {"after": some[-1]}
                    yield Page(self._read(kind, [name.removeprefix(prefix) for name in some]), cursor)
            yield Page([], cursor | {"swept_at": iso(self._now), "after": None})

    def _landed(self) -> dict[str, Record]:
        """The newest version of each record that was landed."""
        rows = self._landing.read(self._source, "associations").sort("version", "pulled_at", "seq")
        found = rows.select("id", "version", "payload").iter_rows()
        return {id: Record(id=id, version=version, payload=payload) for id, version, payload in found}

    def _read(self, kind: str, ids: Iterable[str]) -> list[Record]:
        """Records of what differs from what was landed last."""
        found = self._companies(kind, [id for id in dict.fromkeys(ids) if id.isdigit()])
        new = [self._record(kind, id, to) for id, to in found.items()]
        new = [r for r in new if r["id"] not in self._known or self._known[r["id"]]["payload"] != r["payload"]]
        # Neither does a record that was archived have associations; it keeps those it had.
        lost = [id for id, to in found.items() if not to and self._had(f"{kind}:{id}")]
        archived = {f"{kind}:{id}" for id in set(lost) - self._alive(kind, lost)}
        new = [r for r in new if r["id"] not in archived]
        self._known |= {r["id"]: r for r in new}
        return new

    def _record(self, kind: str, id: str, to: list[Json]) -> Record:
        name, at = f"{kind}:{id}", epoch_ms(iso(self._now))
        if name in self._known:
            at = max(at, epoch_ms(self._known[name]["version"]) + 1)
        return record(name, from_epoch_ms(at), {"from_type": kind, "from_id": id, "to_type": "companies", "to": to})

    def _had(self, name: str) -> bool:
        return name in self._known and bool(orjson.loads(self._known[name]["payload"])["to"])

    def _companies(self, kind: str, ids: list[str]) -> dict[str, list[Json]]:
        """The companies of each record. An answer leaves out those with none, and goes on where they are many."""
        found: dict[str, list[Json]] = {id: [] for id in ids}
        inputs: list[Json] = [{"id": id} for id in ids]
        while inputs:
            answer = self._post(f"crm/v4/associations/{kind}/companies/batch/read", {"inputs": inputs})
            inputs = []
            for result in answer["results"]:
                id = str(result["from"]["id"])
                if id not in found:  # a survivor may answer for what was merged into it
                    continue
                found[id] += [_link(to) for to in result["to"]]
                if after := ((result.get("paging") or {}).get("next") or {}).get("after"):
                    inputs.append({"id": id, "after": after})
        return {id: sorted(to, key=lambda link: int(link["id"])) for id, to in found.items()}

    def _alive(self, kind: str, ids: list[str]) -> set[str]:
        """Those that are neither archived nor gone."""
        return {
            str(item["id"])
            for some in chunks(ids, ALIVE_PAGE)
            for item in self._post(
                f"crm/v3/objects/{kind}/batch/read",
                {"inputs": [{"id": id} for id in some], "properties": ["hs_object_id"], "propertiesWithHistory": []},
            )["results"]
        }


def is_due(last: str | None, now: datetime, every_hours: float) -> bool:
    """Whether what was last done at a time is to be done again; never done: it is."""
    return last is None or parse(last) + timedelta(hours=every_hours) <= now


def _link(to: Json) -> Json:
    types = to["associationTypes"]
    return {
        "id": str(to["toObjectId"]),
        "type_ids": sorted(type["typeId"] for type in types),
        "labels": sorted(type["label"] for type in types if type.get("label")),
    }
