"""A small home with landed records, for tests that need a warehouse.

house = House(tmp_path)
house.land("zendesk", "tickets", [zendesk_ticket(1)])
house.build("stage")
house.rows("select * from intermediate.int_tickets")
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

from flows.core.run import Run
from flows.landing.store import Record
from flows.model.dbt import Layer, LayerResult, build, invoke
from flows.settings import FilesSource, FilesStream, Settings, ZendeskSource
from flows.warehouse.duck import writer

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


class House:
    """A home below a temporary folder, with one zendesk source (`zendesk`) and one files source (`export`)."""

    def __init__(self, folder: Path, now: datetime = NOW) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        nothing = folder / "groundswell.toml"
        nothing.touch()
        with patch.dict(os.environ, GROUNDSWELL_CONFIG=str(nothing)):  # not the demo's, where it has been run
            self.settings = Settings(
                home=folder / "home",
                sources={
                    "zendesk": ZendeskSource(
                        type="zendesk", base_url="https://example.test",
                        category_field="Category", version_field="App version",
                    ),
                    "export": FilesSource(type="files", streams={"tickets": FilesStream(path="tickets.csv")}),
                },
            )  # fmt: skip
        self.now = now

    @classmethod
    def fresh(cls, tmp_path: Path, now: datetime = NOW) -> House:
        """An empty home that shares what dbt has parsed with the tests before it: seconds faster than a new folder.

        One at a time: the next call empties it.
        """
        folder = tmp_path.parent / "house"
        for part in (folder / "home").glob("*"):
            if part.is_dir() and part.name != "dbt":
                shutil.rmtree(part)
        return cls(folder, now)

    @classmethod
    def built(cls, tmp_path: Path, now: datetime = NOW) -> House:
        """Like `fresh`, with a warehouse in which everything was built before anything landed: what follows is an hour,
        which takes half as long as a first build, and leaves the tests of single tables to the night."""
        house = cls.fresh(tmp_path, now)
        kept, warehouse = tmp_path.parent / "built.duckdb", house.settings.warehouse_path
        if kept.exists():
            warehouse.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(kept, warehouse)
        else:
            house.build("stage", "judge")
            shutil.copy(warehouse, kept)
        return house

    def run(self, flow: str = "hourly", **values: Any) -> Run:
        return Run.start(flow, self.settings, now=self.now, **values)

    def land(
        self,
        source: str,
        stream: str,
        payloads: Sequence[dict[str, Any]],
        *,
        at: datetime | None = None,
        backfill: bool = True,
        version: str | None = None,
    ) -> None:
        """Land payloads as one commit; the version defaults to the payload's own time of change."""
        run = self.run()
        records = [
            Record(
                id=str(p["id"] if "id" in p else p["ts"]),
                version=version or str(p.get("updated_at") or p.get("created_at") or ""),
                payload=json.dumps(p),
            )
            for p in payloads
        ]
        run.landing.append(source, stream, records, run_id=run.run_id, pulled_at=at or self.now, backfill=backfill)

    def quarantine(self, source: str, stream: str, id: str, seq: int, status: str = "quarantined") -> None:
        """Say that one landed version is bad, or good again."""
        run = self.run()
        body = {"source": source, "stream": stream, "id": id, "seq": seq, "status": status,
                "suite": f"raw/{source}/{stream}", "rule": "r", "column": "c", "value": "v",
                "severity": "critical"}  # fmt: skip
        record = Record(id=f"{source}/{stream}/{id}/{seq}", version=str(seq), payload=json.dumps(body))
        run.landing.append("quarantine", "records", [record], run_id=run.run_id, pulled_at=self.now)

    def enrich_ticket(self, ticket_id: str, **columns: Any) -> None:
        """Put one row into enrich.tickets."""
        columns = {"ticket_id": ticket_id, **columns}
        with writer(self.run()) as con:
            con.execute(
                f"insert into enrich.tickets ({', '.join(columns)}) values ({', '.join('?' * len(columns))})",
                list(columns.values()),
            )

    def execute(self, sql: str) -> None:
        """Change something in the warehouse by hand."""
        with writer(self.run()) as con:
            con.execute(sql)

    def build(self, *layers: Layer, moments: Sequence[datetime] | None = None) -> list[LayerResult]:
        return [build(self.run(), layer, moments=moments) for layer in layers]

    def build_only(self, *select: str) -> LayerResult:
        """Build and test some models alone, in dbt's selection syntax."""
        options = ["--exclude", "test_type:unit", "--indirect-selection", "cautious"]
        with writer(self.run()):
            result = invoke(self.settings, ["build", "--select", *select, *options], layer="some models")
        assert not result.failures, result.failures
        return result

    def build_support(self) -> LayerResult:
        """Build what dashboards show of support, and nothing of the findings."""
        return self.build_only(
            "path:models/intermediate/accounts",
            "path:models/intermediate/signals",
            "path:models/marts/support",
            "fct_ticket_context",
        )

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a query on the warehouse."""
        with writer(self.run()) as con:
            return con.sql(sql).fetchall()

    def row(self, sql: str) -> dict[str, Any]:
        """The one row of a query, by column."""
        with writer(self.run()) as con:
            answer = con.sql(sql)
            (values,) = answer.fetchall()
            return dict(zip(answer.columns, values, strict=True))


def zendesk_ticket(id: int, **values: Any) -> dict[str, Any]:
    """A ticket as Zendesk's incremental export gives it."""
    return {
        "id": id,
        "url": f"https://example.zendesk.com/api/v2/tickets/{id}.json",
        "subject": f"Ticket {id}",
        "description": f"Text of ticket {id}",
        "status": "open",
        "priority": "normal",
        "via": {"channel": "email"},
        "tags": [],
        "custom_fields": [],
        "requester_id": 900 + id,
        "assignee_id": None,
        "group_id": None,
        "organization_id": None,
        "created_at": "2026-06-01T10:00:00Z",
        "updated_at": "2026-06-01T10:00:00Z",
        **values,
    }


def zendesk_event(id: int, ticket_id: int, at: str, *children: dict[str, Any], updater_id: int = 1) -> dict[str, Any]:
    """A ticket event with its child events, as the incremental export gives it."""
    return {
        "id": id,
        "ticket_id": ticket_id,
        "created_at": at,
        "updater_id": updater_id,
        "via": "Web form",
        "event_type": "Audit",
        "child_events": [{"id": id + 1 + n, "via": "Web form", **child} for n, child in enumerate(children)],
    }


def comment(author_id: int | None, body: str, *, public: bool = True, **values: Any) -> dict[str, Any]:
    return {"event_type": "Comment", "author_id": author_id, "body": body, "public": public, **values}


def change(field: str, value: Any, previous: Any = None) -> dict[str, Any]:
    return {"event_type": "Change", field: value, "previous_value": previous}


def zendesk_user(id: int, role: str = "end-user", **values: Any) -> dict[str, Any]:
    return {
        "id": id, "name": f"Person {id}", "email": f"p{id}@example.test", "role": role, "locale": "en-US",
        "organization_id": None, "created_at": "2025-01-01T00:00:00Z", **values,
    }  # fmt: skip


def files_ticket(id: str, **values: Any) -> dict[str, Any]:
    """A ticket of an export, after its columns were mapped."""
    return {
        "id": id, "subject": f"Ticket {id}", "description": f"Text of ticket {id}", "status": None,
        "tags": [], "requester_id": f"user-{id}", "organization_id": None, "version": None,
        "created_at": "2026-06-01T10:00:00Z", "updated_at": "2026-06-01T10:00:00Z", "solved_at": None,
        "is_spam": None, **values,
    }  # fmt: skip
