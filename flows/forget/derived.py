"""What was made of the two stores goes, and is made again without them: nothing in it has to be searched.

A database keeps what was deleted in its free blocks, a model its vocabulary and its nearest tickets, a log the texts
of errors. So warehouse, serving copies, models, and what dbt and Great Expectations left behind are deleted as files.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import orjson

from flows.core.locks import hold
from flows.core.run import Run
from flows.landing.forgotten import Forgotten
from flows.rebuild import last_moment
from flows.settings import Settings

Say = Callable[[str], None]


def folders(settings: Settings) -> list[Path]:
    """What can be made again, and may hold them: also what was set aside beside it, as damaged or half done."""
    home = settings.home
    made = [home / name for name in ("models", "vectors", "dbt", "data_docs")]
    return [settings.warehouse_path.parent, settings.serving_dir, settings.replay_dir, *made]


def delete(settings: Settings) -> int:
    """Delete all that is derived. Returns how many files that were. The caller holds the writer's lock."""
    files = 0
    for folder in folders(settings):
        files += sum(path.is_file() for path in folder.rglob("*"))
        shutil.rmtree(folder, ignore_errors=True)
    for left in (path for path in folders(settings) if path.exists()):
        shutil.rmtree(left)  # raises and says why
    return files


def make_again(run: Run, say: Say) -> None:
    """Warehouse, models, topics and the serving copy from the two stores, as of the last completed run.

    Pulls and sends nothing, and journals no decision: what has changed for a finding is decided by the next run.
    """
    from flows.enrich.run import enrich
    from flows.enrich.topics import discover
    from flows.model.dbt import build
    from flows.validate.run import validate_published
    from flows.warehouse.serving import publish_copy

    settings = run.settings
    then = replace(run, now=last_moment(settings) or run.now)
    with hold(settings.lock_dir, "writer", holder=run.run_id, wait_seconds=settings.lock_wait_seconds):
        say("staging what is left")
        build(then, "stage")
        say("fitting models and finding topics")
        discover(then)
        say("reading messages and tickets")
        enrich(then)
        say("judging")
        build(then, "judge")
        validate_published(then)
        publish_copy(then)


def redact_prefect(settings: Settings, forgotten: Forgotten) -> int:
    """Reports and logs in a Prefect database below home, such as the demo's. Returns how many values were changed."""
    changed = 0
    for path in sorted(settings.home.glob("prefect/**/*.db")):
        with closing(sqlite3.connect(path, timeout=60, isolation_level=None)) as con:
            con.execute("pragma secure_delete = on")
            tables = con.execute("select name from sqlite_master where type = 'table'").fetchall()
            before = changed
            for (table,) in tables:
                changed += _redact_table(con, table, forgotten)
            if changed > before:
                con.execute("vacuum")
                con.execute("pragma wal_checkpoint(truncate)")
    return changed


def _redact_table(con: sqlite3.Connection, table: str, forgotten: Forgotten) -> int:
    info = con.execute(f'pragma table_info("{table}")').fetchall()
    names = [name for _, name, *_ in info]
    rows = con.execute(f'select rowid, * from "{table}"').fetchall()
    changed = 0
    for rowid, *values in rows:
        for name, value in zip(names, values, strict=True):
            if isinstance(value, str) and (left := _redacted(value, forgotten)) != value:
                con.execute(f'update "{table}" set "{name}" = ? where rowid = ?', (left, rowid))
                changed += 1
    return changed


def _redacted(text: str, forgotten: Forgotten) -> str:
    """The text without them, also where it is JSON with escapes."""
    if text[:1] in ("{", "["):
        try:
            plain = orjson.dumps(orjson.loads(text)).decode()
        except ValueError:
            return forgotten.text(text)
        left = forgotten.text(plain)
        return text if left == plain else left
    return forgotten.text(text)
