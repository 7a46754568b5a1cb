"""Which tickets are looked at: those that dbt says have changed, or all where the rules or models have."""

from __future__ import annotations

import duckdb

CHANGES = "intermediate.int_ticket_changes"

_SCOPE = f"""
    create or replace temp table tickets_in_scope as
    select ticket_id from {CHANGES}
    union
    select ticket_id from enrich.tickets where content_hash is null
"""
_ALL = """
    create or replace temp table tickets_in_scope as
    select ticket_id from intermediate.int_tickets
    union
    select ticket_id from intermediate.int_messages
    union
    select ticket_id from enrich.tickets
    union
    select ticket_id from enrich.messages
"""


def look_at(con: duckdb.DuckDBPyConnection, part: str, rules: str) -> None:
    """Make the temporary table `tickets_in_scope` (ticket_id) for a part of the enrichment.

    dbt names a ticket as changed until a whole run has come through, so that a run which was stopped on the way
    leaves none out.
    """
    read_with = con.execute("select rules from enrich.read_with where part = ?", [part]).fetchall()
    con.execute(_SCOPE if read_with == [(rules,)] else _ALL)


def looked_at(con: duckdb.DuckDBPyConnection, part: str, rules: str) -> None:
    """Note that all tickets have been read with these rules."""
    con.execute("delete from enrich.read_with where part = ?", [part])
    con.execute("insert into enrich.read_with values (?, ?)", [part, rules])
    con.execute("drop table tickets_in_scope")
