"""What the warehouse was last built from (control.built), so that a run builds only what may differ from it."""

from __future__ import annotations

from pathlib import Path

import duckdb

from flows.core.keys import digest
from flows.core.run import Run
from flows.model import selection
from flows.warehouse.views import BUILT, NAMED_FIELDS

# Models that keep rows between runs come from these files; when one changes they are built from nothing.
STAGED = (*selection.STAGED, "macros")
JUDGED = ("models/intermediate", "models/marts", "macros")
# What they were built with, ticket by ticket: the model that says what has changed since -> its table.
FINGERPRINTS = {"int_ticket_changes": "control.tickets_built", "int_fact_changes": "control.facts_built"}


def changes(run: Run, con: duckdb.DuckDBPyConnection, layer: str) -> dict[str, str]:
    """What a layer is made of that differs from what this warehouse was last built with: part -> new digest.

    Parts are `models` and `seeds` (or `judged`, of all layers but staging), and the sources of dbt that staging reads.
    What is judged is made of the seeds and models that staging has built, whatever their files are by now. A replay
    takes seeds and models that judge as their files are, so that a change of theirs can be tried on the past.
    """
    root = run.settings.dbt_dir
    built = dict(con.execute("select part, digest from control.built").fetchall())
    now = {}
    if layer in ("stage", "replay"):
        now["seeds"] = files_digest(root, "seeds", "dbt_project.yml")
    if layer == "stage":
        now |= {"models": files_digest(root, *STAGED)} | _sources(con)
    else:
        now["judged"] = digest(files_digest(root, *JUDGED), str(built.get("models")), str(built.get("seeds")))
    changed = {part: value for part, value in now.items() if built.get(part) != value}
    if layer == "stage" and _is_pending(con):
        changed["control.tickets_built"] = "pending"
    return changed


def remember(con: duckdb.DuckDBPyConnection, changed: dict[str, str]) -> None:
    """A layer has been built with these."""
    for part, value in changed.items():
        con.execute("insert or replace into control.built values (?, ?)", [part, value])


def has_failed(con: duckdb.DuckDBPyConnection, layer: str) -> bool:
    """Whether the last build of a layer ended with a model or a test that failed."""
    return bool(con.execute("select 1 from control.built where part = ?", [f"{layer} failed"]).fetchall())


def note_failed(con: duckdb.DuckDBPyConnection, layer: str, *, failed: bool) -> None:
    """How the build of a layer ended."""
    if failed:
        remember(con, {f"{layer} failed": "yes"})
    else:
        con.execute("delete from control.built where part = ?", [f"{layer} failed"])


def keep_pending(con: duckdb.DuckDBPyConnection, layer: str) -> None:
    """Before a layer is built again: what a run that was stopped has built of tickets that nobody noted.

    A ticket that came with it and is gone by now would never be found missing otherwise, nor would an account that it
    belonged to only then.
    """
    model = "int_ticket_changes" if layer == "stage" else "int_fact_changes"
    built, rows = FINGERPRINTS[model], f"intermediate.{model}"
    if not _exists(con, "intermediate", model):
        return
    pending = f"{rows} as named left join {built} as noted on noted.ticket_id = named.ticket_id"
    con.execute("begin")
    if layer != "stage":
        con.execute(
            f"insert into control.accounts_pending select distinct named.account_key from {pending}"
            " where named.account_key is not null and named.fingerprint is distinct from noted.fingerprint"
        )
    con.execute(
        f"insert into {built} by name select named.ticket_id from {pending}"
        " where named.fingerprint is not null and noted.ticket_id is null"
    )
    con.execute("commit")


def note_built(con: duckdb.DuckDBPyConnection, *changes: str) -> None:
    """All models have the tickets as they are now: these models say nothing of them until they change again."""
    con.execute("begin")
    for model in changes or FINGERPRINTS:
        built, rows = FINGERPRINTS[model], f"intermediate.{model}"
        con.execute(f"delete from {built} where ticket_id in (select ticket_id from {rows})")
        columns = ", ".join(column.split()[0] for column in BUILT[built.removeprefix("control.")])
        con.execute(f"insert into {built} select {columns} from {rows} where fingerprint is not null")
    con.execute("delete from control.accounts_pending")
    con.execute("commit")


def relations(con: duckdb.DuckDBPyConnection) -> set[tuple[str, str]]:
    """(schema, name) of the tables and views that are there."""
    return set(con.execute("select table_schema, table_name from information_schema.tables").fetchall())


def files_digest(root: Path, *parts: str) -> str:
    """Digest of the files below these parts of a folder."""
    files = [path for part in parts for path in [root / part, *(root / part).rglob("*")] if path.is_file()]
    return digest(*(f"{path.relative_to(root)}\n{path.read_text()}" for path in sorted(files)))


def _sources(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """A digest of each source that staging reads: the files in its view, and what was last said of its records in
    quarantine. What has been landed since the views were made is for the next run."""
    said = dict(con.sql("select payload->>'stream', max(seq) from landing.quarantine__records group by all").fetchall())
    views = con.sql("select view_name, comment from duckdb_views() where schema_name = 'landing'").fetchall()
    found = {
        f"landing.{view}": digest(made_of, str(said.get(view.partition("__")[2])))
        for view, made_of in views
        if view != "quarantine__records"
    }
    fields = ", ".join(NAMED_FIELDS)
    rows = con.sql(f"select source, type, {fields} from control.sources order by source").fetchall()
    found["control.sources"] = digest(repr(rows))
    return found


def _is_pending(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether the last look named tickets: another one names others."""
    if not _exists(con, "intermediate", "int_ticket_changes"):
        return False
    return bool(con.sql("select exists(from intermediate.int_ticket_changes)").fetchall()[0][0])


def _exists(con: duckdb.DuckDBPyConnection, schema: str, table: str) -> bool:
    there = con.execute("select 1 from duckdb_tables() where schema_name = ? and table_name = ?", [schema, table])
    return bool(there.fetchall())
