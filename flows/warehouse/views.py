"""The warehouse's view of the two stores, and what a run tells the models about itself.

| schema | what |
| --- | --- |
| `landing` | `<type>__<stream>`: committed rows of all sources of a type; `quarantine__records` |
| `journal` | one view a kind: `seq, key, at, run_id, body` (JSON text) |
| `control` | `as_of`: the moments to judge; `sources`: one row a configured source; `*_built`, `accounts_pending` |
| `enrich` | tables that the enrichment fills, empty until it has run |

The views name committed files, so they are looked at whenever the warehouse is opened for writing. Views and tables
carry a comment that says what they were made of: those of which it is still true are left as they are.
Times are naive timestamps in UTC.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import duckdb
import orjson

from flows.core.clock import parse, utc
from flows.core.errors import GroundswellError
from flows.core.keys import digest
from flows.core.run import Run
from flows.landing.journal import KINDS
from flows.landing.journal import SOURCE as JOURNAL
from flows.landing.store import Store

# What each type of source can land. A stream that has not landed yet is an empty view.
STREAMS: dict[str, tuple[str, ...]] = {
    "zendesk": (
        "tickets", "ticket_events", "users", "organizations", "satisfaction_ratings", "ticket_metrics",
        "articles", "ticket_fields", "groups",
    ),
    "files": ("tickets", "messages", "articles", "releases", "users", "organizations"),
    "hubspot": ("owners", "companies", "contacts", "deals", "associations"),
    "stripe": ("products", "prices", "customers", "subscriptions", "invoices", "events"),
    "linear": ("issues", "workflow_states", "comments"),
    "slack": ("messages",),
    "quarantine": ("records",),
}  # fmt: skip
NOT_CONFIGURED = {"linear": "linear", "slack": "slack", "quarantine": "quarantine"}  # source -> type

VERSION = 1  # of the layout of control, which every program that opens a warehouse must understand

# What all models were last built with, ticket by ticket (model.built).
BUILT = {
    "tickets_built": ("ticket_id varchar", "fingerprint bigint"),
    "facts_built": ("ticket_id varchar", "fingerprint bigint", "account_key varchar"),
    # accounts that a run which was stopped may have built
    "accounts_pending": ("account_key varchar",),
}

# Settings that say under which name a vendor's account holds what we look for.
NAMED_FIELDS = ("category_field", "version_field", "account_field", "tier_field", "segment_field", "renewal_field")
_SOURCES = (
    "source varchar primary key, type varchar not null, last_pulled_at timestamp, last_ok_at timestamp,"
    " is_late boolean not null, is_bad boolean not null, reason varchar, "
) + ", ".join(f"{name} varchar" for name in NAMED_FIELDS)

# timestamptz to naive UTC without asking for the session's time zone
_AT = "make_timestamp(epoch_us(pulled_at))"
_LANDED = f"select source, stream, id, version, {_AT} as pulled_at, run_id, backfill, seq, payload from {{rows}}"
_JOURNALLED = f"select seq, id as key, {_AT} as at, run_id, payload as body from {{rows}}"
_NOTHING = (
    "(select '' as source, '' as stream, '' as id, '' as version, timestamptz 'epoch' as pulled_at,"
    " '' as run_id, false as backfill, 0::bigint as seq, '' as payload where false)"
)


def prepare(con: duckdb.DuckDBPyConnection, run: Run, *, moments: Sequence[datetime] | None = None) -> None:
    """Make the schemas `landing`, `journal`, `control` and `enrich` say what is committed now.

    moments: the times to judge, in any zone; default the run's own clock.
    """
    for schema in ("landing", "journal", "control", "enrich"):
        con.execute(f"create schema if not exists {schema}")
    _version(con)
    # What the layers of dbt were built from (model.built); without these columns it cannot be said.
    con.execute("create table if not exists control.built (part varchar primary key, digest varchar)")
    con.execute("select part, digest from control.built limit 0")
    made = _made(con)
    for (kind, stream), parts in streams_by_type(run).items():
        rows = _rows(con, run.landing, parts)
        _view(con, made, f"landing.{kind}__{stream}", _LANDED.format(rows=rows))
    for kind in KINDS:
        rows = _rows(con, run.journal.store, [(JOURNAL, kind)])
        _view(con, made, f"journal.{kind}", _JOURNALLED.format(rows=rows))
    for table, columns in BUILT.items():
        con.execute(f"create table if not exists control.{table} ({', '.join(columns)})")
        con.execute(f"select {', '.join(column.split()[0] for column in columns)} from control.{table} limit 0")
    judged = [[_naive(moment)] for moment in sorted(set(moments or [run.now]))]
    _table(con, made, "control.as_of", "as_of timestamp primary key", judged)
    _table(con, made, "control.sources", _SOURCES, _sources(run))
    _enrich(con)


def streams_by_type(run: Run) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """What has landed for each view of schema `landing`: (type, stream) -> (source, stream) of all its sources."""
    types = {name: source.type for name, source in run.settings.sources.items()} | NOT_CONFIGURED
    landed: dict[tuple[str, str], list[tuple[str, str]]] = {
        (kind, stream): [] for kind, streams in STREAMS.items() for stream in streams
    }
    for source, stream in run.landing.streams():
        if source in types:
            landed.setdefault((types[source], stream), []).append((source, stream))
    return landed


def _made(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """What each view and table says it was made of: schema.name -> digest."""
    return dict(
        con.execute(
            "select schema_name || '.' || view_name, comment from duckdb_views() where comment is not null"
            " union all select schema_name || '.' || table_name, comment from duckdb_tables() where comment is not null"
        ).fetchall()
    )


def _view(con: duckdb.DuckDBPyConnection, made: dict[str, str], name: str, sql: str) -> None:
    told = digest(sql)
    if made.get(name) != told:
        quoted = '"' + name.replace(".", '"."', 1) + '"'
        con.execute(f"create or replace view {quoted} as {sql}; comment on view {quoted} is '{told}'")


def _table(con: duckdb.DuckDBPyConnection, made: dict[str, str], name: str, columns: str, rows: list[Any]) -> None:
    told = digest(columns, repr(rows))
    if made.get(name) != told:
        con.execute(f"create or replace table {name} ({columns})")
        if rows:
            con.executemany(f"insert into {name} values ({', '.join('?' * len(rows[0]))})", rows)
        con.execute(f"comment on table {name} is '{told}'")


def _rows(con: duckdb.DuckDBPyConnection, store: Store, parts: list[tuple[str, str]]) -> str:
    """SQL for the committed rows of some streams of a store."""
    paths = [path for source, stream in parts for path in store.files(source, stream)]
    if not paths:
        return _NOTHING
    protocol, found, _ = paths[0].partition("://")
    if found and not con.filesystem_is_registered(protocol):
        con.register_filesystem(store.fs)
    return f"read_parquet({[path.replace(chr(39), chr(39) * 2) for path in paths]!r})"


def _sources(run: Run) -> list[list[Any]]:
    """Rows of `control.sources`: when each was pulled, whether it can be relied on, and its field titles."""
    history: dict[str, list[dict[str, Any]]] = {}
    for row in run.journal.read("source_state").iter_rows(named=True):
        history.setdefault(row["id"], []).append(orjson.loads(row["payload"]))
    streams = run.landing.streams()
    rows: list[list[Any]] = []
    for name, source in run.settings.sources.items():
        said = history.get(name, [])
        newest = said[-1] if said else {}
        last_ok = next((s["last_ok_at"] for s in reversed(said) if s.get("last_ok_at")), None)
        pulled = [
            commit.at
            for owner, stream in streams
            if owner == name
            for commit in run.landing.commits(owner, stream)[-1:]
        ]
        overdue = last_ok is not None and ((run.now - parse(last_ok)).total_seconds() > source.late_after_hours * 3600)
        bad = run.report.bad_sources.get(name)
        if bad is None and newest.get("status") == "bad_batch":
            bad = newest.get("reason") or "the last batch failed a critical check"
        late = run.report.late_sources.get(name) or (f"last complete pull {last_ok}" if overdue else None)
        rows.append(
            [
                name, source.type, _naive(parse(max(pulled))) if pulled else None,
                _naive(parse(last_ok)) if last_ok else None, late is not None, bad is not None, bad or late,
                *(getattr(source, name, None) for name in NAMED_FIELDS),
            ]
        )  # fmt: skip
    return rows


def _version(con: duckdb.DuckDBPyConnection) -> None:
    """`control.version`: the layout of what dbt does not build. Refuse one of a newer program."""
    con.execute("create table if not exists control.version (version integer)")
    (found,) = con.execute("select max(version) from control.version").fetchone() or (None,)
    if found is None:
        con.execute("insert into control.version values (?)", [VERSION])
    elif found > VERSION:
        raise GroundswellError(
            f"the warehouse was written by a newer version of Groundswell (layout {found}, this one knows {VERSION})",
            "Use that version, or have this one build its own: groundswell rebuild",
        )


def _enrich(con: duckdb.DuckDBPyConnection) -> None:
    """Empty enrichment tables where there are none of this shape: models can be built before the first enrichment.

    A table whose columns have changed since it was made is emptied; the next enrichment fills it again.
    """
    from flows.enrich.tables import FILLED_WITH, TABLES

    made = {
        table: (shape, columns)
        for table, shape, columns in con.execute(
            "select t.table_name, any_value(t.comment), list(c.column_name order by c.column_index)"
            " from duckdb_tables() as t inner join duckdb_columns() as c using (database_oid, table_oid)"
            " where t.schema_name = 'enrich' group by all"
        ).fetchall()
    }
    anew = set()
    for table, columns in TABLES.items():
        shape = digest(columns)[:16]
        names = [column.split()[0].strip('"') for column in columns.split(",")]
        if made.get(table) != (shape, names):
            con.execute(f"create or replace table enrich.{table} ({columns})")
            con.execute(f"comment on table enrich.{table} is '{shape}'")
            anew.add(table)
    for table in {FILLED_WITH[table] for table in anew & FILLED_WITH.keys()}:
        con.execute(f"delete from enrich.{table}")
    if anew:  # what was read is gone, so it counts as read with no rules at all
        con.execute("delete from enrich.read_with")


def _naive(moment: datetime) -> datetime:
    return utc(moment).replace(tzinfo=None)
