"""What the warehouse was last built from (control.built), so that a run builds only what may differ from it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from flows.core.keys import digest
from flows.core.run import Run
from flows.warehouse.views import BUILT, NAMED_FIELDS, streams_by_type

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

# Models that keep rows between runs come from these files; when one changes they are built from nothing.
STAGED = ("models/staging", "models/intermediate/common", "macros")
JUDGED = ("models/staging", "models/intermediate", "models/marts", "macros", "seeds")
# What they were built with, ticket by ticket: the model that says what has changed since -> its table.
FINGERPRINTS = {"int_ticket_changes": "control.tickets_built", "int_fact_changes": "control.facts_built"}


def changes(run: Run, con: duckdb.DuckDBPyConnection, layer: str) -> dict[str, str]:
    """What a layer is made of that differs from what this warehouse was last built with: part -> new digest.

    Parts are `models` and `seeds` (or `judged`, of all layers but staging), and the sources of dbt that staging reads.
    """
    root = run.settings.dbt_dir
    if layer == "stage":
        now = {"models": files_digest(root, *STAGED), "seeds": files_digest(root, "seeds", "dbt_project.yml")}
        now |= _sources(run, con)
    else:
        now = {"judged": files_digest(root, *JUDGED)}
    built = dict(con.execute("select part, digest from control.built").fetchall())
    changed = {part: value for part, value in now.items() if built.get(part) != value}
    if layer == "stage" and _is_pending(con):
        changed["control.tickets_built"] = "pending"
    return changed


def remember(con: duckdb.DuckDBPyConnection, changed: dict[str, str]) -> None:
    """A layer has been built with these."""
    for part, value in changed.items():
        con.execute("insert or replace into control.built values (?, ?)", [part, value])


def note_built(con: duckdb.DuckDBPyConnection, *changes: str) -> None:
    """All models have the tickets as they are now: these models say nothing of them until they change again."""
    con.execute("begin")
    for model in changes or FINGERPRINTS:
        built, rows = FINGERPRINTS[model], f"intermediate.{model}"
        con.execute(f"delete from {built} where ticket_id in (select ticket_id from {rows})")
        columns = ", ".join(column.split()[0] for column in BUILT[built.removeprefix("control.")])
        con.execute(f"insert into {built} select {columns} from {rows} where fingerprint is not null")
    con.execute("commit")


def models_of(
    manifest: Manifest, con: duckdb.DuckDBPyConnection, sources: Collection[str], folders: Collection[str]
) -> list[str]:
    """Names of the models in these folders that read any of these sources (`landing.zendesk__tickets`), by whatever
    way, or that are not there."""

    @cache
    def reads(key: str) -> bool:
        if key in manifest.sources:
            source = manifest.sources[key]
            return f"{source.source_name}.{source.name}" in sources
        node = manifest.nodes.get(key)
        return node is not None and any(reads(parent) for parent in node.depends_on_nodes)

    there = set(con.execute("select table_schema, table_name from information_schema.tables").fetchall())
    return sorted(
        node.name
        for key, node in manifest.nodes.items()
        if str(node.resource_type) == "model"
        and node.original_file_path.startswith(tuple(f"{folder}/" for folder in folders))
        and node.config.materialized != "ephemeral"
        and (reads(key) or (node.schema, node.name) not in there)
    )


def files_digest(root: Path, *parts: str) -> str:
    """Digest of the files below these parts of a folder."""
    files = [path for part in parts for path in [root / part, *(root / part).rglob("*")] if path.is_file()]
    return digest(*(f"{path.relative_to(root)}\n{path.read_text()}" for path in sorted(files)))


def _sources(run: Run, con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """A digest of each source that staging reads: its files, and what was last said of its records in quarantine."""
    said = dict(con.sql("select payload->>'stream', max(seq) from landing.quarantine__records group by all").fetchall())
    found = {
        f"landing.{kind}__{stream}": digest(*_files(run, parts), str(said.get(stream)))
        for (kind, stream), parts in streams_by_type(run).items()
        if kind != "quarantine"
    }
    fields = ", ".join(NAMED_FIELDS)
    rows = con.sql(f"select source, type, {fields} from control.sources order by source").fetchall()
    found["control.sources"] = digest(repr(rows))
    return found


def _files(run: Run, parts: list[tuple[str, str]]) -> Iterator[str]:
    for source, stream in sorted(parts):
        yield source
        yield from run.landing.files(source, stream)


def _is_pending(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether the last look named tickets: another one names others."""
    there = con.sql(
        "select 1 from duckdb_tables() where schema_name = 'intermediate' and table_name = 'int_ticket_changes'"
    )
    return bool(there.fetchall()) and con.sql("select exists(from intermediate.int_ticket_changes)").fetchall()[0][0]
