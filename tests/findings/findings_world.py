"""A small warehouse below the findings: tickets as the layers before leave them, then the real models on top."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import polars as pl

from flows.model.dbt import invoke
from flows.settings import Settings

START = datetime(2026, 1, 5)  # a Monday
AREAS = ("billing", "export", "import", "sign_in", "dashboards", "mobile")
MODELS = (
    "path:models/intermediate/detect", "path:models/intermediate/churn", "path:models/intermediate/findings",
    "path:models/marts/findings", "path:models/marts/accounts/fct_churn_signals.sql", "path:models/publish",
)  # fmt: skip

TABLES = {
    "intermediate.int_ticket_facts": """ticket_id varchar, source varchar, created_at timestamp, known_at timestamp,
        reporter_key varchar, account_key varchar, url varchar, title varchar, language varchar, intent varchar,
        product_area varchar, is_bug_like boolean, error_signature varchar, error_code varchar, page_route varchar,
        browser varchar, os varchar, symptom varchar, topic_id varchar, topic_label varchar, quote varchar,
        steps varchar, release varchar, release_source varchar, source_ticket_id varchar, clean_text varchar""",
    "intermediate.int_tickets": "ticket_id varchar, tags varchar[], created_at timestamp, known_at timestamp",
    "intermediate.int_messages": """ticket_id varchar, body varchar, known_at timestamp, message_id varchar,
        author_role varchar, is_public boolean, sent_at timestamp""",
    "intermediate.int_ticket_turns": "ticket_id varchar, occurred_at timestamp, turn varchar",
    "intermediate.int_account_records": """record_id varchar, system varchar, source varchar, name varchar,
        account_key varchar, created_at timestamp""",
    "intermediate.int_account_evidence": "record_id varchar, kind varchar, value varchar, is_shared boolean",
    "intermediate.int_account_facts_at": """as_of timestamp, account_key varchar, name varchar, tier varchar,
        segment varchar, plan varchar, arr decimal(18, 2), currency varchar, arr_reporting decimal(18, 2),
        owner_id varchar, owner_name varchar, is_trial boolean, is_past_due boolean, has_open_failed_payment boolean,
        downgraded_at timestamp, renewal_at timestamp, days_to_renewal integer, customer_since timestamp,
        has_churned boolean, is_known_to_crm boolean, is_known_to_billing boolean""",
    "intermediate.int_account_events": """account_key varchar, event_id varchar, source varchar, invoice_id varchar,
        subscription_id varchar, kind varchar, plan_before varchar, plan_after varchar, amount decimal(18, 2),
        currency varchar, occurred_at timestamp, known_at timestamp, record_id varchar""",
    "intermediate.int_owners": "owner_id varchar, name varchar, email varchar",
    "enrich.messages": """message_id varchar, sentiment double, churn_kind varchar, churn_span varchar,
        is_automatic boolean""",
    "enrich.signals": "message_id varchar, ticket_id varchar, kind varchar, name varchar",
    "intermediate.int_releases": "release_id varchar, version varchar, released_at timestamp, known_at timestamp",
    "intermediate.int_tracker_issues": """issue_id varchar, identifier varchar, url varchar, title varchar,
        state_name varchar, is_duplicate boolean,
        created_at timestamp, completed_at timestamp, canceled_at timestamp, known_at timestamp""",
    "enrich.tickets": "ticket_id varchar, title varchar, error_signature_version integer",
    "enrich.topics": "topic_id varchar, label varchar, status varchar, model_id varchar",
    "enrich.article_matches": "ticket_id varchar, article_id varchar, similarity double",
    "control.as_of": "as_of timestamp",
    "control.sources": """source varchar, is_late boolean, is_bad boolean, reason varchar, type varchar,
        last_ok_at timestamp""",
    "landing.quarantine__records": "source varchar, id varchar, pulled_at timestamp, seq bigint, payload varchar",
    **{
        f"journal.{kind}": 'seq bigint, key varchar, "at" timestamp, run_id varchar, body varchar'
        for kind in ("finding", "finding_alias", "finding_state", "delivery", "mute")
    },
}


class World:
    """Tickets, releases, issues and journal entries, then `judge` at any moments."""

    def __init__(self, home: Path) -> None:
        self.settings = Settings(home=home, sources={})
        self.rows: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
        self.rows["control.sources"].append({"source": "desk", "is_late": False, "is_bad": False, "reason": None})
        self.accounts: list[dict[str, Any]] = []  # facts of accounts, the same at every moment from `known_from` on
        self._seeded = False

    def copy(self, home: Path) -> World:
        """The same world in another folder, built as far as this one; what dbt has parsed there is kept."""
        parsed = shutil.ignore_patterns("dbt") if (home / "dbt").exists() else None
        shutil.copytree(self.settings.home, home, dirs_exist_ok=True, ignore=parsed)
        other = World(home)
        other.rows = {name: [dict(row) for row in rows] for name, rows in self.rows.items()}
        other.accounts = [dict(account) for account in self.accounts]
        other._seeded = self._seeded
        return other

    def ticket(self, at: datetime, **values: Any) -> str:
        """One ticket; its own reporter unless one is named. Returns its id."""
        ticket_id = f"desk:{len(self.rows['intermediate.int_ticket_facts']) + 1}"
        tags, body = values.pop("tags", []), values.pop("body", None)
        row = {
            "ticket_id": ticket_id, "source": "desk", "created_at": at, "known_at": at,
            "reporter_key": f"reporter-{ticket_id}", "account_key": None, "is_bug_like": False,
            "url": f"https://desk.example/{ticket_id}", "title": "Something is the matter", "language": "en",
            "quote": "It does not work.", "release_source": None,
        } | values  # fmt: skip
        self.rows["intermediate.int_ticket_facts"].append(row)
        self.rows["intermediate.int_tickets"].append(
            {"ticket_id": ticket_id, "tags": tags, "created_at": at, "known_at": row["known_at"]}
        )
        self.rows["enrich.tickets"].append(
            {"ticket_id": ticket_id, "title": row["title"], "error_signature_version": 1}
        )
        if body:
            self.rows["intermediate.int_messages"].append(
                {"ticket_id": ticket_id, "body": body, "known_at": row["known_at"]}
            )
        return ticket_id

    def said(self, ticket_id: str, at: datetime, *, sentiment: float | None = None, **values: Any) -> None:
        """A message in a ticket, by the customer unless a role is named: what the enrichment found in it."""
        message_id = f"{ticket_id}/{len(self.rows['intermediate.int_messages']) + 1}"
        role, span = values.pop("role", "customer"), values.pop("span", None)
        self.rows["intermediate.int_messages"].append(
            {"ticket_id": ticket_id, "message_id": message_id, "author_role": role, "is_public": True, "sent_at": at,
             "known_at": values.pop("known_at", at)}
        )  # fmt: skip
        self.rows["enrich.messages"].append(
            {"message_id": message_id, "sentiment": sentiment, "is_automatic": False,
             "churn_kind": "cancel" if span else None, "churn_span": span} | values
        )  # fmt: skip

    def account(self, key: str, **facts: Any) -> None:
        """A customer that CRM and billing know, unless the facts say otherwise, with one record of its own key.

        The last call for an account whose `known_from` has come counts. `domains` are its mail domains.
        """
        self.rows["intermediate.int_account_evidence"] += [
            {"record_id": key, "kind": "domain", "value": domain, "is_shared": False}
            for domain in facts.pop("domains", [])
        ]
        self.accounts.append(
            {"account_key": key, "name": key, "customer_since": datetime(2020, 1, 1), "has_churned": False,
             "is_known_to_crm": True, "is_known_to_billing": True} | facts
        )  # fmt: skip
        if key not in {row["record_id"] for row in self.rows["intermediate.int_account_records"]}:
            self.record(key, key)

    def record(self, record_id: str, account_key: str) -> None:
        self.rows["intermediate.int_account_records"].append(
            {"record_id": record_id, "system": "helpdesk", "source": "desk", "name": account_key,
             "account_key": account_key, "created_at": datetime(2020, 1, 1)}
        )  # fmt: skip

    def billing(self, account_key: str, kind: str, at: datetime, **values: Any) -> None:
        """Something that happened to an account in billing."""
        rows = self.rows["intermediate.int_account_events"]
        rows.append(
            {"account_key": account_key, "event_id": f"stripe:ev_{len(rows)}", "source": "stripe", "kind": kind,
             "occurred_at": at, "known_at": at, "record_id": f"stripe:in_{len(rows)}", "currency": "usd"} | values
        )  # fmt: skip

    def background(self, days: int, per_day: float, *, seed: int = 1, **values: Any) -> None:
        """Tickets of no interest, spread over days from START, fewer on weekends."""
        random = Random(seed)
        for day in range(days):
            rate = per_day * (0.4 if (START + timedelta(days=day)).weekday() >= 5 else 1.2)
            for _ in range(_poisson(random, rate)):
                at = START + timedelta(days=day, hours=random.triangular(7, 21, 13))
                own = {key: value(random) if callable(value) else value for key, value in values.items()}
                self.ticket(at.replace(microsecond=0), **own)

    def release(self, version: str, at: datetime) -> None:
        self.rows["intermediate.int_releases"].append(
            {"release_id": version, "version": version, "released_at": at, "known_at": at}
        )

    def issue(self, issue_id: str, **values: Any) -> None:
        row = {
            "issue_id": issue_id, "identifier": f"ENG-{issue_id}", "url": f"https://linear.app/x/issue/ENG-{issue_id}",
            "title": "An issue", "state_name": "Triage", "is_duplicate": False, "known_at": START, "created_at": START,
        } | values  # fmt: skip
        self.rows["intermediate.int_tracker_issues"].append(row)

    def journal(self, kind: str, key: str, at: datetime, **body: Any) -> None:
        rows = self.rows[f"journal.{kind}"]
        rows.append({"seq": len(rows) + 1, "key": key, "at": at, "run_id": "r", "body": json.dumps(body, default=str)})

    def sent(self, delivery_key: str, at: datetime, *, content_hash: str = "x", external_id: str = "i1") -> None:
        """A delivery that arrived, under a key such as linear:<finding>:<episode>."""
        destination, finding, *rest = delivery_key.split(":")
        self.journal(
            "delivery", delivery_key, at, status="sent", destination=destination, operation="create",
            finding_key=finding, episode=int(rest[0]) if rest and rest[0].isdigit() else 1,
            content_hash=content_hash, external_id=external_id, external_url=f"https://linear.app/x/issue/{external_id}",
        )  # fmt: skip

    def remember(self, at: datetime) -> None:
        """Journal the findings of a moment as a run does: keys, aliases, states."""
        for row in self.findings(at):
            key = row["finding_key"]
            known = {entry["key"] for entry in self.rows["journal.finding"]}
            if key not in known:
                self.journal("finding", key, at, candidate_key=row["candidate_key"], title=row["title"])
            if row["candidate_key"] not in {entry["key"] for entry in self.rows["journal.finding_alias"]}:
                self.journal("finding_alias", row["candidate_key"], at, finding_key=key)
            self.journal("finding_state", key, at, state=row["state"], previous=None, episode=row["episode"])

    def judge(self, *moments: datetime, only: Sequence[str] = ()) -> None:
        """Write the tables and build the models, or `only` some; with the models' own tests the first time."""
        self.rows["control.as_of"] = [{"as_of": moment} for moment in moments]
        known = {
            (moment, account["account_key"]): account for moment in moments for account in self.accounts
            if account.get("known_from", moment) <= moment
        }  # fmt: skip
        self.rows["intermediate.int_account_facts_at"] = [
            {"as_of": moment} | account for (moment, _), account in known.items()
        ]
        path = self.settings.warehouse_path
        path.parent.mkdir(parents=True, exist_ok=True)
        with duckdb.connect(str(path)) as con:
            for schema in {name.split(".")[0] for name in TABLES}:
                con.execute(f"create schema if not exists {schema}")
            for name, columns in TABLES.items():
                con.execute(f"create or replace table {name} ({columns})")
                _insert(con, name, self.rows[name])
        everything = ["build", "--select", *MODELS, "resource_type:seed", "--exclude", "test_type:unit"]
        again = ["run", "--full-refresh", "--select", *(only or MODELS)]
        command = again if self._seeded else [*everything, "--indirect-selection", "buildable"]
        result = invoke(self.settings, command, layer="judge")
        assert result.failures == [], result.failures
        self._seeded = True

    def query(self, sql: str, *parameters: Any) -> list[dict[str, Any]]:
        with duckdb.connect(str(self.settings.warehouse_path), read_only=True) as con:
            cursor = con.execute(sql, list(parameters))
            names = [column[0] for column in cursor.description or []]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def findings(self, at: datetime, kind: str | None = None) -> list[dict[str, Any]]:
        """Findings of a moment, highest score first."""
        rows = self.query("select * from marts.fct_findings where as_of = ? order by score desc, finding_key", at)
        return [row for row in rows if kind in (None, row["kind"])]

    def evidence(self, at: datetime, finding_key: str) -> set[str]:
        rows = self.query(
            "select ticket_id from marts.fct_finding_evidence where as_of = ? and finding_key = ?", at, finding_key
        )
        return {row["ticket_id"] for row in rows}

    def published(self, model: str) -> list[dict[str, Any]]:
        return self.query(f"select * from publish.{model} order by rank, delivery_key")


def _insert(con: duckdb.DuckDBPyConnection, table: str, rows: Sequence[dict[str, Any]]) -> None:
    """As a frame: row by row it takes longer than the models."""
    if rows:
        names = [row[0] for row in con.execute(f"describe {table}").fetchall()]
        con.register("given", pl.DataFrame(rows, schema=names, infer_schema_length=None).to_arrow())
        con.execute(f"insert into {table} from given")
        con.unregister("given")


def _poisson(random: Random, mean: float) -> int:
    count, left = 0, random.expovariate(1)
    while left < mean:
        count += 1
        left += random.expovariate(1)
    return count
