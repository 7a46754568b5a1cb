"""What the emulated vendors remember, in one SQLite file: it survives a restart of the sandbox.

Every object is a JSON document of a `kind` ("linear.issue", "slack.message", ...) with an id. A write
is on disk before the emulator answers, as a vendor's would be. The sandbox's clock lives here too.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flows.core.clock import iso, parse, utc

Document = dict[str, Any]

_TABLES = """
create table if not exists objects (
    seq integer primary key autoincrement,
    kind text not null,
    id text not null,
    body text not null,
    unique (kind, id)
);
create table if not exists settings (name text primary key, value text not null);
"""


class State:
    """Documents by kind and id, in order of creation, plus named settings. Safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._lock = threading.RLock()
        self._db = sqlite3.connect(folder / "sandbox.sqlite", check_same_thread=False, isolation_level=None)
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = normal")
        self._db.executescript(_TABLES)
        self._depth = 0

    def close(self) -> None:
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All writes inside are committed together, or none when an exception leaves the block."""
        with self._lock:
            if self._depth == 0:
                self._db.execute("begin immediate")
            self._depth += 1
            try:
                yield
            except BaseException:
                if self._depth == 1:
                    self._db.execute("rollback")
                raise
            else:
                if self._depth == 1:
                    self._db.execute("commit")
            finally:
                self._depth -= 1

    def get(self, kind: str, id: str) -> Document | None:
        with self._lock:
            row = self._db.execute("select body from objects where kind = ? and id = ?", (kind, id)).fetchone()
        return json.loads(row[0]) if row else None

    def put(self, kind: str, id: str, body: Document) -> Document:
        """Create or replace. A replaced object keeps its place in the order of creation."""
        with self._lock:
            self._db.execute(
                "insert into objects (kind, id, body) values (?, ?, ?) "
                "on conflict (kind, id) do update set body = excluded.body",
                (kind, id, json.dumps(body, ensure_ascii=False)),
            )
        return body

    def delete(self, kind: str, id: str) -> None:
        with self._lock:
            self._db.execute("delete from objects where kind = ? and id = ?", (kind, id))

    def all(self, kind: str) -> list[Document]:
        with self._lock:
            rows = self._db.execute("select body from objects where kind = ? order by seq", (kind,)).fetchall()
        return [json.loads(body) for (body,) in rows]

    def count(self, kind: str) -> int:
        with self._lock:
            return int(self._db.execute("select count(*) from objects where kind = ?", (kind,)).fetchone()[0])

    def setting(self, name: str) -> Any:
        with self._lock:
            row = self._db.execute("select value from settings where name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else None

    def set_setting(self, name: str, value: Any) -> None:
        with self._lock:
            self._db.execute(
                "insert into settings (name, value) values (?, ?) "
                "on conflict (name) do update set value = excluded.value",
                (name, json.dumps(value)),
            )

    def next_number(self, name: str) -> int:
        """1, 2, 3, ...: a counter that is never reused."""
        with self._lock:
            number = int(self.setting(f"counter.{name}") or 0) + 1
            self.set_setting(f"counter.{name}", number)
            return number


class Clock:
    """The sandbox's time. It stands still until somebody moves it, and never goes back."""

    def __init__(self, state: State, start: datetime) -> None:
        self._state = state
        if state.setting("clock") is None:
            state.set_setting("clock", iso(start))

    def now(self) -> datetime:
        return parse(self._state.setting("clock"))

    def move(self, *, to: datetime | None = None, hours: float = 0.0) -> datetime:
        """Advance to a moment, or by hours. Raises ValueError when that would go back."""
        now = self.now()
        then = utc(to) if to is not None else now + timedelta(hours=hours)
        if then < now:
            raise ValueError(f"the clock stands at {iso(now)} and does not go back to {iso(then)}")
        self._state.set_setting("clock", iso(then))
        return then
