"""A small company in three systems: records as the layers before leave them, then the real models on top."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from flows.model.dbt import invoke
from flows.settings import Settings

START = datetime(2026, 1, 1)
NOW = datetime(2026, 7, 1, 12)
ACCOUNTS = "path:models/intermediate/accounts"
MARTS = (
    "dim_accounts", "fct_account_links", "fct_account_timeline", "fct_ticket_billing_events", "fct_ticket_context",
    "fct_context_coverage",
)  # fmt: skip
_MONEY = "decimal(18, 2)"

TABLES = {
    "intermediate.int_organizations": """organization_id varchar, source varchar, name varchar, domains varchar[],
        tier varchar, external_id varchar, created_at timestamp""",
    "intermediate.int_users": "user_id varchar, source varchar, email varchar, organization_id varchar",
    "intermediate.int_tickets": """ticket_id varchar, source varchar, organization_id varchar, requester_id varchar,
        created_at timestamp, known_at timestamp""",
    "intermediate.int_ticket_facts": """ticket_id varchar, account_key varchar, title varchar, quote varchar,
        url varchar, intent varchar, topic_id varchar, language varchar, error_signature varchar, release varchar,
        release_source varchar, page_route varchar, created_at timestamp, known_at timestamp""",
    "intermediate.int_crm_accounts": """crm_account_id varchar, source varchar, source_id varchar, name varchar,
        domains varchar[], external_id varchar, billing_ids varchar[], tier varchar, segment varchar, country varchar,
        owner_id varchar, lifecycle_stage varchar, renewal_at timestamp, merged_ids varchar[], is_archived boolean,
        url varchar, created_at timestamp, updated_at timestamp, known_at timestamp""",
    "intermediate.int_crm_account_history": """crm_account_id varchar, field varchar, value varchar,
        valid_from timestamp, known_at timestamp""",
    "intermediate.int_contacts": "contact_id varchar, source varchar, email varchar, crm_account_id varchar",
    "intermediate.int_deals": f"""deal_id varchar, source varchar, crm_account_id varchar, name varchar, kind varchar,
        stage varchar, is_closed boolean, is_won boolean, amount {_MONEY}, currency varchar, closes_at timestamp,
        closed_at timestamp, owner_id varchar, created_at timestamp, updated_at timestamp, known_at timestamp,
        is_archived boolean, url varchar""",
    "intermediate.int_owners": "owner_id varchar, source varchar, name varchar, email varchar, is_archived boolean",
    "intermediate.int_billing_customers": """billing_customer_id varchar, source varchar, source_id varchar,
        name varchar, email varchar, email_domain varchar, country varchar, currency varchar, external_id varchar,
        is_delinquent boolean, is_deleted boolean, created_at timestamp, known_at timestamp""",
    "intermediate.int_subscriptions": """subscription_id varchar, source varchar, billing_customer_id varchar,
        status varchar, plan varchar, plan_rank integer, "interval" varchar, quantity integer, currency varchar,
        started_at timestamp, trial_start_at timestamp, trial_end_at timestamp, current_period_end_at timestamp,
        canceled_at timestamp, ended_at timestamp, created_at timestamp, known_at timestamp""",
    "intermediate.int_invoices": f"""invoice_id varchar, source varchar, number varchar, billing_customer_id varchar,
        subscription_id varchar, status varchar, currency varchar, total {_MONEY}, created_at timestamp,
        finalized_at timestamp, due_at timestamp, paid_at timestamp, closed_at timestamp, url varchar,
        known_at timestamp""",
    "intermediate.int_invoice_lines": f"""line_id varchar, source varchar, invoice_id varchar,
        billing_customer_id varchar, subscription_id varchar, plan varchar, price_id varchar, "interval" varchar,
        quantity integer, amount {_MONEY}, currency varchar, is_proration boolean, period_start_at timestamp,
        period_end_at timestamp, created_at timestamp, known_at timestamp""",
    "intermediate.int_billing_events": f"""event_id varchar, source varchar, billing_customer_id varchar,
        subscription_id varchar, invoice_id varchar, kind varchar, plan_before varchar, plan_after varchar,
        amount {_MONEY}, currency varchar, occurred_at timestamp, known_at timestamp, record_id varchar, url varchar""",
    "control.as_of": "as_of timestamp",
    "control.sources": "source varchar, type varchar, last_ok_at timestamp",
    "marts.fct_findings": """as_of timestamp, finding_key varchar, candidate_key varchar, kind varchar,
        title varchar, tracker_url varchar""",
    "marts.fct_churn_signals": """as_of timestamp, finding_key varchar, account_key varchar, rule_name varchar,
        fired_at timestamp, text varchar""",
    "marts.fct_finding_evidence": "as_of timestamp, finding_key varchar, ticket_id varchar",
    "journal.delivery": 'seq bigint, key varchar, "at" timestamp, run_id varchar, body varchar',
}


class World:
    """Records of customers, then `build` at any moments."""

    def __init__(self, home: Path) -> None:
        self.settings = Settings(home=home, sources={})
        self.rows: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
        self.put("control.sources", source="bill", type="stripe", last_ok_at=NOW)
        self._seeded = False

    @classmethod
    def fresh(cls, tmp_path: Path) -> World:
        """A world in a folder that shares what dbt has parsed with the tests before it. One at a time."""
        home = tmp_path.parent / "accounts"
        shutil.rmtree(home / "warehouse", ignore_errors=True)
        return cls(home)

    # -- records

    def organization(self, id: str, name: str | None = None, *domains: str, **values: Any) -> str:
        row = {"source": "desk", "name": name, "domains": list(domains), "created_at": START} | values
        return self._add("organizations", "organization_id", f"desk:{id}", **row)

    def company(self, id: str, name: str | None = None, *domains: str, **values: Any) -> str:
        row = {
            "source": "crm", "source_id": id, "name": name, "domains": list(domains), "created_at": START,
            "known_at": START, "is_archived": False, "url": f"https://crm.example/{id}",
        } | values  # fmt: skip
        return self._add("crm_accounts", "crm_account_id", f"crm:{id}", **row)

    def customer(self, id: str, name: str | None = None, domain: str | None = None, **values: Any) -> str:
        row = {
            "source": "bill", "source_id": id, "name": name, "email_domain": domain, "created_at": START,
            "known_at": START,
        } | values  # fmt: skip
        return self._add("billing_customers", "billing_customer_id", f"bill:{id}", **row)

    def subscription(self, id: str, customer: str, **values: Any) -> str:
        row = {"source": "bill", "billing_customer_id": customer, "created_at": START, "known_at": START} | values
        return self._add("subscriptions", "subscription_id", f"bill:{id}", **row)

    def invoice(self, id: str, subscription: str, at: datetime, *lines: dict[str, Any], **values: Any) -> str:
        """An invoice of a subscription with its lines (see `line`). Paid at once unless said otherwise."""
        customer = next(
            row["billing_customer_id"]
            for row in self.rows["intermediate.int_subscriptions"]
            if row["subscription_id"] == subscription
        )
        invoice = self._add(
            "invoices", "invoice_id", f"bill:{id}", source="bill", number=id, billing_customer_id=customer,
            subscription_id=subscription, **{
                "status": "paid", "created_at": at, "finalized_at": at, "paid_at": at, "known_at": at,
                "currency": lines[0]["currency"], "total": sum(line["amount"] for line in lines),
                "url": f"https://billing.example/{id}",
            } | values,
        )  # fmt: skip
        for n, line in enumerate(lines):
            known = values.get("known_at", at)
            self._add(
                "invoice_lines", "line_id", f"{invoice}:{n}", invoice_id=invoice,
                billing_customer_id=customer, subscription_id=subscription,
                **{"source": "bill", "created_at": at, "known_at": known} | line,
            )  # fmt: skip
        return invoice

    def event(self, kind: str, customer: str, at: datetime, **values: Any) -> str:
        number = len(self.rows["intermediate.int_billing_events"]) + 1
        return self._add(
            "billing_events", "event_id", f"bill:e{number}", source="bill", billing_customer_id=customer, kind=kind,
            occurred_at=at, **{"known_at": at, "record_id": f"bill:e{number}"} | values,
        )  # fmt: skip

    def history(
        self, company: str, field: str, value: str | None, at: datetime, known_at: datetime | None = None
    ) -> None:
        self.rows["intermediate.int_crm_account_history"].append(
            {"crm_account_id": company, "field": field, "value": value, "valid_from": at, "known_at": known_at or at}
        )

    def owner(self, id: str, name: str) -> str:
        return self._add("owners", "owner_id", f"crm:{id}", source="crm", name=name, email=f"{id}@us.example")

    def ticket(self, id: str, at: datetime, organization: str | None = None, **values: Any) -> str:
        facts = {name: values.pop(name) for name in ("account_key", "intent", "title") if name in values}
        row = {"created_at": at, "known_at": at, "url": f"https://desk.example/{id}"}
        ticket = self._add(
            "tickets", "ticket_id", f"desk:{id}", source="desk", organization_id=organization, **row | values
        )
        facts = {"account_key": organization, "title": f"Ticket {id}"} | row | facts
        self._add("ticket_facts", "ticket_id", ticket, **facts)
        return ticket

    def user(self, id: str, email: str) -> str:
        return self._add("users", "user_id", f"desk:{id}", source="desk", email=email)

    def contact(self, email: str, company: str) -> str:
        return self._add("contacts", "contact_id", f"crm:{email}", source="crm", email=email, crm_account_id=company)

    def put(self, table: str, **values: Any) -> None:
        self.rows[table].append(values)

    def _add(self, table: str, key: str, id: str, **values: Any) -> str:
        self.rows[f"intermediate.int_{table}"].append({key: id, **values})
        return id

    # -- the models

    def build(self, *moments: datetime, select: Iterable[str] = (ACCOUNTS,), overrides: str = "") -> None:
        """Write the tables and build the models; with the seeds and the models' own tests the first time.

        overrides: rows of seeds/policy/account_overrides.csv, as texts such as "desk:1>crm:2 bill:cus_3>".
        """
        self.rows["control.as_of"] = [{"as_of": moment} for moment in moments or (NOW,)]
        path = self.settings.warehouse_path
        path.parent.mkdir(parents=True, exist_ok=True)
        with duckdb.connect(str(path)) as con:
            for schema in {name.split(".")[0] for name in TABLES}:
                con.execute(f"create schema if not exists {schema}")
            for name, columns in TABLES.items():
                con.execute(f"create or replace table {name} ({columns})")
                _insert(con, name, self.rows[name])
        if not self._seeded:
            self._dbt("seed", "--select", "path:seeds/policy", "intents")
        with duckdb.connect(str(path)) as con:
            con.execute("delete from seeds.account_overrides")
            for line in overrides.split():
                values = [line, *line.split(">")]
                con.execute("insert into seeds.account_overrides values (?, ?, nullif(?, ''), 1, '')", values)
        self._dbt("build", "--select", *select, "--exclude", "test_type:unit", "--indirect-selection", "cautious")
        self._seeded = True

    def _dbt(self, *command: str) -> None:
        result = invoke(self.settings, list(command), layer="accounts")
        assert result.failures == [], result.failures

    def query(self, sql: str, *parameters: Any) -> list[dict[str, Any]]:
        with duckdb.connect(str(self.settings.warehouse_path), read_only=True) as con:
            cursor = con.execute(sql, list(parameters))
            names = [column[0] for column in cursor.description or []]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def accounts(self) -> dict[str, tuple[str, str]]:
        """Record -> (account, method)."""
        rows = self.query("select record_id, account_key, method from intermediate.int_account_records")
        return {row["record_id"]: (row["account_key"], row["method"]) for row in rows}

    def conflicts(self) -> dict[str, str]:
        rows = self.query("select record_id, conflict from intermediate.int_account_records where conflict is not null")
        return {row["record_id"]: row["conflict"] for row in rows}

    def facts(self, account: str) -> list[dict[str, Any]]:
        """The account at every judged moment."""
        sql = "select * from intermediate.int_account_facts_at where account_key = ? order by as_of"
        return self.query(sql, account)


def line(
    plan: str,
    amount: str | int,
    start: datetime,
    end: datetime | None = None,
    *,
    interval: str = "month",
    quantity: int = 1,
    currency: str = "usd",
    is_proration: bool = False,
    price: str | None = None,
) -> dict[str, Any]:
    """A line of an invoice: a plan from a day to another, by default 30 days or a year later."""
    days = timedelta(days=365 if interval == "year" else 30)
    return {
        "plan": plan, "price_id": price or f"{plan}-{interval}-{currency}", "interval": interval,
        "quantity": quantity, "amount": Decimal(str(amount)), "currency": currency, "is_proration": is_proration,
        "period_start_at": start, "period_end_at": end or start + days,
    }  # fmt: skip


def _insert(con: duckdb.DuckDBPyConnection, table: str, rows: Iterable[dict[str, Any]]) -> None:
    names = [row[0] for row in con.execute(f"describe {table}").fetchall()]
    values = [[row.get(name) for name in names] for row in rows]
    if values:
        con.execute("begin")
        con.executemany(f"insert into {table} values ({', '.join('?' * len(names))})", values)
        con.execute("commit")
