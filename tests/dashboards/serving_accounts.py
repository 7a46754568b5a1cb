"""The accounts of the serving copy for the dashboards' tests: a large one, one with a story, one without billing."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import duckdb

SCHEMA = """
create table marts.dim_accounts (
    account_key varchar, name varchar, tier varchar, segment varchar, country varchar, plan varchar,
    arr decimal(18, 2), currency varchar, arr_reporting decimal(18, 2), reporting_currency varchar, owner_name varchar,
    owner_email varchar, is_trial boolean, is_past_due boolean, has_churned boolean, customer_since timestamp,
    renewal_at timestamp, domains varchar[], organizations bigint, billing_customers bigint, crm_accounts bigint,
    tickets bigint, last_ticket_at timestamp, url varchar);
create table marts.fct_account_links (
    record_id varchar, system varchar, source varchar, name varchar, account_key varchar, method varchar,
    confidence decimal(3, 2), status varchar, detail varchar, is_duplicate boolean);
create table marts.fct_account_timeline (
    account_key varchar, "at" timestamp, what varchar, text varchar, amount decimal(18, 2), currency varchar,
    record_id varchar, url varchar, system varchar, place integer);
create table intermediate.int_account_plans (
    account_key varchar, valid_from timestamp, valid_to timestamp, plan varchar, arr decimal(18, 2), currency varchar,
    arr_reporting decimal(18, 2), is_trial boolean, record_id varchar);
"""


def fill(con: duckdb.DuckDBPyConnection, now: datetime, evil: str) -> None:
    """Three accounts and a prospect, with records and stories. `evil` is a hostile text."""
    day = timedelta(days=1)
    common = {"reporting_currency": "usd", "domains": [], "organizations": 1, "crm_accounts": 1, "billing_customers": 1}
    arr = {"currency": "usd", "is_trial": False}
    accounts = [
        {"account_key": "org:1", "name": "Large", "plan": "Business", "arr": 90000, "arr_reporting": 90000,
         "has_churned": False, "is_past_due": False, "tickets": 9, **arr},
        {"account_key": "org:2", "name": evil, "plan": "Starter", "arr": 600, "arr_reporting": 600, "tickets": 3,
         "has_churned": False, "is_past_due": True, "renewal_at": now + 20 * day, "owner_name": evil, **arr},
        {"account_key": "org:3", "name": None, "tickets": 1, "billing_customers": 0},
        {"account_key": "org:4", "name": "Prospect", "tickets": 0, "billing_customers": 0},
    ]  # fmt: skip
    for row in accounts:
        _insert(con, "marts.dim_accounts", common | row)
    for record, system, method, detail in (
        ("org:2", "helpdesk", "domain", None),
        ("crm:2", "crm", "explicit id", evil),
        ("cus:2", "billing", "name", None),
    ):
        link = {"record_id": record, "system": system, "method": method, "detail": detail, "name": evil}
        _insert(con, "marts.fct_account_links", link | {"account_key": "org:2", "confidence": Decimal("0.95")})
    for days, plan, pays, record in ((90, "Business", 2400, "in_1"), (60, "Business", 2400, "in_2"),
                                     (30, "Starter", 600, "in_3"), (-300, None, 0, "in_3")):  # fmt: skip
        row = {"valid_from": now - days * day, "plan": plan, "arr": pays, "record_id": record, **arr}
        _insert(con, "intermediate.int_account_plans", row | {"account_key": "org:2"})
    for place, days, what, text, system, url in (
        (1, 60, "invoice_paid", "Invoice paid", "billing", "https://billing.example/in_2"),
        (2, 9, "payment_failed", "Payment failed", "billing", "javascript:alert(1)"),
        (3, 8, "ticket", f"Ticket: {evil}", "helpdesk", None),
    ):
        row = {
            "at": now - days * day,
            "what": what,
            "text": text,
            "system": system,
            "url": url,
            "record_id": f"r{days}",
            "place": place,
        }
        _insert(con, "marts.fct_account_timeline", row | {"account_key": "org:2", "amount": 50, "currency": "usd"})


def _insert(con: duckdb.DuckDBPyConnection, table: str, row: dict[str, object]) -> None:
    names = ", ".join(f'"{name}"' for name in row)
    con.execute(f"insert into {table} ({names}) values ({', '.join('?' * len(row))})", list(row.values()))
