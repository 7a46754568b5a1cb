"""The gate before the landing zone: what people who were forgotten left at the vendors does not come in again."""

from __future__ import annotations

from typing import Any

from flows.core.run import Run
from flows.landing.forgotten import Forgotten
from flows.landing.store import Record
from flows.landing.tombstones import read_marks, write_marks

MET = "met"  # the tombstone of what was met while landing: tickets they wrote since, accounts they opened


class Gate:
    """Judges the records of one source before they are landed. Open it with the source's lock held.

    Where nobody was forgotten everything passes untouched. Raises GroundswellError when the tombstones cannot be read.
    """

    def __init__(self, run: Run, source: str) -> None:
        self._run = run
        self._source = source
        configured = run.settings.sources.get(source)
        self._kind = configured.type if configured else source
        self._marks = read_marks(run)
        self._forgotten = Forgotten(self._marks, learns=True) if self._marks else None
        if self._marks and self._marks.unfinished:
            problem = "An erasure was begun and not completed: run `groundswell forget`."
            if problem not in run.report.problems:
                run.report.problems.append(problem)

    def passes(self, stream: str, records: list[Record]) -> list[Record]:
        """What may be landed, without what names them. Counts the rest in the run's report: `forgotten.<stream>`."""
        if self._forgotten is None or self._marks is None:
            return records
        kept: list[Record] = []
        for record in records:
            payload = self._forgotten.remains(self._kind, self._source, stream, record["payload"])
            if payload is not None:
                kept.append(record if payload == record["payload"] else Record(**{**record, "payload": payload}))
        if self._forgotten.learned:  # before the cursor moves on: what belongs to them must not come after it
            write_marks(self._run, self._marks, MET, self._forgotten.learned, "met")
            self._forgotten.learned = set()
        if len(kept) < len(records):
            self._run.report.count(f"forgotten.{stream}", len(records) - len(kept))
        return kept

    def cursor(self, cursor: dict[str, Any] | None) -> dict[str, Any] | None:
        """The cursor without the ids of theirs that it remembers."""
        if self._forgotten is None or cursor is None:
            return cursor
        left: dict[str, Any] = self._forgotten.cursor(self._source, cursor)
        return left
