"""Which tickets are looked at: those that dbt says have changed, or all where the rules have.

What follows from a ticket's row (article, bug score, expected rating) looks at the tickets that were read since it was
made: `fresh`, which a run that was stopped on the way leaves to the next one.
"""

from __future__ import annotations

import duckdb

CHANGES = "intermediate.int_ticket_changes"
FRESH = "select ticket_id from enrich.fresh_tickets"

_SCOPE = f"""
    create or replace temp table tickets_in_scope as
    select ticket_id from {CHANGES}
    union
    select ticket_id from enrich.tickets where content_hash is null
    union
    -- taken away to be read again by a run that was stopped
    select ticket_id from intermediate.int_tickets where ticket_id not in (select ticket_id from enrich.tickets)
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
    con.execute(_SCOPE if is_read_with(con, part, rules) else _ALL)


def looked_at(con: duckdb.DuckDBPyConnection, part: str, rules: str) -> None:
    """Note that all tickets have been read with these rules."""
    note(con, part, rules)
    con.execute("drop table tickets_in_scope")


def to_follow(con: duckdb.DuckDBPyConnection, part: str, rules: str) -> str:
    """SQL of the ids of tickets for which a part has something to do: all, where it was last made with other rules."""
    return FRESH if is_read_with(con, part, rules) else "select ticket_id from enrich.tickets"


def are_fresh(con: duckdb.DuckDBPyConnection, tickets: str) -> None:
    """Note that tickets (SQL that gives their ids) are about to be read."""
    con.execute(f"insert into enrich.fresh_tickets {tickets}")


def all_followed(con: duckdb.DuckDBPyConnection) -> None:
    """Note that every part has been made for the tickets that were read."""
    con.execute("delete from enrich.fresh_tickets")


def is_read_with(con: duckdb.DuckDBPyConnection, part: str, rules: str) -> bool:
    """Whether everything was last read with these rules."""
    found = con.execute("select rules from enrich.read_with where part = ?", [part]).fetchall()
    return bool(found == [(rules,)])


def note(con: duckdb.DuckDBPyConnection, part: str, rules: str | None) -> None:
    """Note what everything has been read with; None while some of it was read with something else."""
    con.execute("delete from enrich.read_with where part = ?", [part])
    if rules is not None:
        con.execute("insert into enrich.read_with values (?, ?)", [part, rules])
