"""A home with two helpdesks, and a way to land rows and look at them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from flows.core.run import Run
from flows.landing.store import Record
from flows.settings import FilesSource, FilesStream, Settings, ZendeskSource
from flows.validate.run import validate_landed

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


class Landing:
    """Lands payloads and validates them; every `validate` is a run of its own, an hour after the one before."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(
            home=folder / "home",
            sources={
                "helpdesk": ZendeskSource(type="zendesk", base_url="https://example.test"),
                "second": ZendeskSource(type="zendesk", base_url="https://second.test", max_bad_share=0.5),
                "export": FilesSource(type="files", streams={"tickets": FilesStream(path="tickets.csv")}),
            },
        )
        self.now = NOW

    def run(self) -> Run:
        return Run.start("hourly", self.settings, now=self.now)

    def land(
        self,
        stream: str,
        payloads: Iterable[dict[str, Any] | str],
        *,
        source: str = "helpdesk",
        snapshot: int | None = None,
        run: Run | None = None,
    ) -> None:
        """One commit. A text is landed as it is. `snapshot`: the rows of the full list that this is."""
        run = run or self.run()
        records = []
        for payload in payloads:
            body = payload if isinstance(payload, dict) else {"id": 1}
            text = payload if isinstance(payload, str) else json.dumps(payload)
            version = str(body.get("updated_at") or body.get("created_at") or "")
            records.append(Record(id=str(body.get("id")), version=version, payload=text))
        run.landing.append(
            source, stream, records, run_id=run.run_id, pulled_at=run.now,
            cursor={"at": run.run_id},
            extra={} if snapshot is None else {"snapshot": True, "rows": snapshot},
        )  # fmt: skip

    def validate(self, *sources: str) -> Run:
        run = self.run()
        validate_landed(run, sources or tuple(self.settings.sources))
        self.now += timedelta(hours=1)
        return run

    def quarantine(self) -> dict[str, dict[str, Any]]:
        """The newest entry of each landed version that was ever in quarantine, by its key."""
        frame = self.run().landing.read("quarantine", "records").sort("seq")
        return {row["id"]: orjson.loads(row["payload"]) for row in frame.select("id", "payload").to_dicts()}

    def kept(self) -> list[dict[str, Any]]:
        """What is in quarantine now."""
        return [entry for entry in self.quarantine().values() if entry["status"] == "quarantined"]

    def entries_written(self) -> int:
        return self.run().landing.read("quarantine", "records").select(pl.len()).item()

    def source_states(self, source: str = "helpdesk") -> list[str]:
        frame = self.run().journal.read("source_state").filter(pl.col("id") == source)
        return [orjson.loads(text)["status"] for text in frame["payload"]]


def ticket(id: int, **values: Any) -> dict[str, Any]:
    """A ticket as the incremental export gives it."""
    return {
        "id": id,
        "status": "open",
        "priority": "normal",
        "subject": f"Ticket {id}",
        "description": "It does not work",
        "via": {"channel": "email"},
        "tags": ["a"],
        "requester_id": 900 + id,
        "created_at": "2026-06-01T10:00:00Z",
        "updated_at": "2026-06-01T11:00:00Z",
        **values,
    }


def exported(id: int, **values: Any) -> dict[str, Any]:
    """A ticket of an export under our own names."""
    return {"id": str(id), "subject": f"Ticket {id}", "created_at": "2026-06-01T10:00:00Z", **values}
