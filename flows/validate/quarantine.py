"""Quarantine: which landed versions staging leaves out, and why. And how far each stream has been accepted.

Both live in one stream of the landing zone (source `quarantine`, stream `records`) and are committed
together, so a crash can neither lose an entry nor skip rows. An entry's id is
`<source>/<stream>/<id>/<seq>`; the newest entry of an id counts: status `quarantined` or `released`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

import orjson
import polars as pl

from flows.core.redaction import redact
from flows.core.run import Run
from flows.landing.store import Record, Store
from flows.validate.batch import Accepted
from flows.validate.columns import shorten

SOURCE = "quarantine"
STREAM = "records"


@dataclass(frozen=True)
class Entry:
    """One landed version of a record, with the first critical rule that it breaks and the value that breaks it."""

    source: str
    stream: str
    id: str
    seq: int
    suite: str
    rule: str
    column: str
    value: str | None
    severity: str
    record_version: str = ""
    also: tuple[str, ...] = ()  # further rules that it breaks
    status: str = "quarantined"

    @property
    def key(self) -> str:
        return f"{self.source}/{self.stream}/{self.id}/{self.seq}"

    def record(self) -> Record:
        """As landed, the value redacted and shortened: it goes to dashboards and into messages."""
        value = None if self.value is None else shorten(redact(self.value))
        payload = orjson.dumps(asdict(self) | {"value": value}, option=orjson.OPT_SORT_KEYS).decode()
        return Record(id=self.key, version=str(self.seq), payload=payload)

    def released(self) -> Entry:
        return replace(self, status="released")


class Quarantine:
    """Reads and writes the entries and the positions of all streams."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._open: dict[tuple[str, str], list[Entry]] | None = None
        saved = (store.cursor(SOURCE, STREAM) or {}).get("streams", {})
        self.accepted = {key: Accepted(**position) for key, position in saved.items()}
        self._entries: list[Entry] = []

    def position(self, source: str, stream: str) -> Accepted:
        """How far the stream has been accepted; the beginning when it was never looked at."""
        return self.accepted.get(f"{source}/{stream}", Accepted())

    def open_entries(self, source: str, stream: str) -> list[Entry]:
        """What is in quarantine now, of one stream, in order of arrival."""
        if self._open is None:
            self._open = _open(self._store)
        return self._open.get((source, stream), [])

    def note(self, source: str, stream: str, position: Accepted, entries: Iterable[Entry] = ()) -> None:
        """Take note of a stream's new position and entries; `save` makes it durable."""
        self.accepted[f"{source}/{stream}"] = position
        self._entries += entries

    def hold(self, source: str, stream: str, reason: str, now: str) -> None:
        """Take note that what the stream landed is not accepted, and why."""
        position = self.position(source, stream)
        self.note(source, stream, replace(position, bad_reason=reason, bad_since=position.bad_since or now))

    def save(self, run: Run) -> None:
        """Commit everything noted, in one commit. Nothing noted: no commit."""
        positions = {key: asdict(position) for key, position in sorted(self.accepted.items())}
        cursor = {"streams": positions} if positions else None
        records = [entry.record() for entry in self._entries]
        self._store.append(SOURCE, STREAM, records, run_id=run.run_id, pulled_at=run.now, cursor=cursor)
        self._entries, self._open = [], None


def _open(store: Store) -> dict[tuple[str, str], list[Entry]]:
    frame = store.read(SOURCE, STREAM).sort("seq").unique("id", keep="last", maintain_order=True)
    found: dict[tuple[str, str], list[Entry]] = {}
    for text in frame.select(pl.col("payload")).to_series():
        body: dict[str, Any] = orjson.loads(text)
        if body["status"] == "quarantined":
            entry = Entry(**{**body, "also": tuple(body.get("also", ()))})
            found.setdefault((entry.source, entry.stream), []).append(entry)
    return found
