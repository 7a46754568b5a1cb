"""A small warehouse of tickets to enrich: three kinds of ticket, in a plain DuckDB."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from flows.core.run import Run
from flows.enrich.tables import TABLES
from flows.settings import Settings

KINDS = {
    "login_problem": ("Cannot log in", "My password is rejected on the login page, I cannot sign in. {n}"),
    "refund": ("Refund please", "Please refund the money of invoice number {n}, I want a refund."),
    "bug_report": (
        "Export fails with ERR-4012",
        "<p>Since Larkspan 3.12.0 the CSV export fails with <b>ERR-4012</b> on"
        " https://app.larkspan.example/reports/{n}/export. I pressed export in Chrome 120.</p>"
        "<p>Best regards,<br>Ann Smith</p>",
    ),
}


def make_run(home: Path, *, hours: int = 0) -> Run:
    """A run whose warehouse and stores lie below `home`; source `zendesk` is a Zendesk account."""
    settings = Settings.model_validate(
        {"home": home, "sources": {"zendesk": {"type": "zendesk", "base_url": "https://x.example"}}}
    )
    home.mkdir(parents=True, exist_ok=True)
    (home / "redaction.key").write_text("5a" * 32)  # homes of one company: their rows are compared
    return Run.start("nightly", settings, now=datetime(2026, 3, 1, tzinfo=UTC) + timedelta(hours=hours))


def make_warehouse(tickets: int = 90) -> duckdb.DuckDBPyConnection:
    """`tickets` tickets z:0, z:1, ... of the three kinds in turn, one customer message each."""
    con = duckdb.connect()
    con.execute("set TimeZone = 'UTC'; create schema intermediate; create schema enrich")
    for name, columns in TABLES.items():
        con.execute(f"create table enrich.{name} ({columns})")
    con.execute("create table intermediate.int_releases (product varchar, version varchar)")
    con.execute("insert into intermediate.int_releases values ('Larkspan', '3.12.0')")
    con.execute(
        "create table intermediate.int_articles (article_id varchar, title varchar, body varchar, locale varchar,"
        " url varchar)"
    )
    con.execute(
        "create table intermediate.int_tickets (ticket_id varchar, source varchar, subject varchar,"
        " description varchar, category varchar, locale varchar, app_version_field varchar, is_spam boolean,"
        " is_deleted boolean, created_at timestamp, tags varchar[])"
    )
    con.execute(
        "create table intermediate.int_messages (message_id varchar, ticket_id varchar, position integer,"
        " author_role varchar, is_public boolean, body varchar, body_format varchar, sent_at timestamp)"
    )
    con.execute(
        "create table intermediate.int_satisfaction_ratings (rating_id varchar, ticket_id varchar, score varchar,"
        " rated_at timestamp)"
    )
    con.execute(
        "create table intermediate.int_ticket_events (ticket_id varchar, event_type varchar, previous_value varchar,"
        " new_value varchar, occurred_at timestamp)"
    )
    # Every ticket counts as changed: what the stage then finds to be the same is not read again.
    con.execute(
        "create view intermediate.int_ticket_changes as select ticket_id from intermediate.int_tickets"
        " union select ticket_id from intermediate.int_messages union select ticket_id from enrich.tickets"
        " union select ticket_id from enrich.messages"
    )
    for number in range(tickets):
        category = sorted(KINDS)[number % 3]
        subject, body = KINDS[category]
        add_ticket(con, f"z:{number}", subject, body.format(n=number), category=category, minute=number)
    return con


def add_ticket(
    con: duckdb.DuckDBPyConnection,
    ticket_id: str,
    subject: str | None,
    body: str | None,
    *,
    category: str | None = None,
    tags: list[str] | None = None,
    minute: int = 0,
) -> None:
    at = datetime(2026, 1, 1) + timedelta(minutes=minute)
    con.execute(
        "insert into intermediate.int_tickets values (?, 'zendesk', ?, ?, ?, 'en', null, false, false, ?, ?)",
        [ticket_id, subject, body, category, at, tags or []],
    )
    add_message(con, ticket_id, 1, body, minute=minute)


def add_message(
    con: duckdb.DuckDBPyConnection,
    ticket_id: str,
    position: int,
    body: str | None,
    *,
    role: str = "customer",
    minute: int = 0,
) -> None:
    at = datetime(2026, 1, 1) + timedelta(minutes=minute)
    con.execute(
        "insert into intermediate.int_messages values (?, ?, ?, ?, true, ?, 'html', ?)",
        [f"{ticket_id}/{position}", ticket_id, position, role, body, at],
    )
