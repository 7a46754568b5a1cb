"""The simulated company that a sandbox serves: remembered by its sizes, simulated when first needed."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from flows.core.clock import iso, parse
from flows.sandbox.state import State

if TYPE_CHECKING:
    from flows.sandbox.company import Company

DEFAULT_END = datetime(2026, 7, 1, tzinfo=UTC)  # where the default company's history ends


class Premises:
    """A company that is given is remembered; otherwise the remembered one comes back, or the default one.

    Keeps `truth.json` and `exports/releases.csv` in the state's folder.
    """

    def __init__(self, state: State, company: Company | None) -> None:
        self._state = state
        self._company: Company | None = None
        self._lock = threading.Lock()
        if company is not None:
            arguments: dict[str, Any] = company.arguments
            state.set_setting("company", arguments | {"start": iso(arguments["start"])})
            state.set_setting("history_end", iso(company.history_end))
            self._open(company)

    @property
    def history_end(self) -> datetime:
        known = self._state.setting("history_end")
        return parse(known) if known else DEFAULT_END

    @property
    def known(self) -> bool:
        """A company was given, now or before a restart, or has been asked for."""
        return self._company is not None or self._state.setting("company") is not None

    @property
    def company(self) -> Company:
        with self._lock:
            if self._company is None:
                from flows.sandbox.company import Company  # takes a second to import and more to simulate

                arguments = self._state.setting("company") or {}
                if arguments:
                    arguments["start"] = parse(arguments["start"])
                self._open(Company.simulate(**arguments))
            assert self._company is not None
            return self._company

    def export(self, now: datetime) -> None:
        """Write the company's files as they stand at `now`."""
        self.company.write_exports(self._state.folder / "exports", now)

    def _open(self, company: Company) -> None:
        self._company = company
        now = self._state.setting("clock")
        company.write_exports(self._state.folder / "exports", parse(now) if now else company.history_end)
        (self._state.folder / "truth.json").write_text(json.dumps(company.truth(), indent=1))
