"""What people say tickets want, as they say it: listed, said, taken back. Writes the journal (`intent_correction`)."""

from __future__ import annotations

import getpass
from typing import Any

from flows.core.clock import iso
from flows.core.errors import ConfigError, GroundswellError, meant, nearest
from flows.core.run import Run
from flows.enrich.corrections import KIND
from flows.findings import missing_tables_explained
from flows.settings import Settings
from flows.warehouse.duck import reader

MAX_NAME = 80


def list_corrections(settings: Settings) -> list[dict[str, Any]]:
    """The corrections in force, newest first: ticket_id, intent, by, at (ISO 8601 UTC)."""
    said = Run.start("correct", settings).journal.latest(KIND)
    rows = [
        {"ticket_id": ticket_id, **{name: body[name] for name in ("intent", "by", "at")}}
        for body in said.values()
        for ticket_id in body["tickets"]
        if body["intent"]
    ]
    return sorted(sorted(rows, key=lambda row: row["ticket_id"]), key=lambda row: row["at"], reverse=True)


def correct(settings: Settings, ticket_id: str, intent: str | None, *, by: str | None = None, off: bool = False) -> str:
    """Journal what a person says a ticket wants, or that the model is to decide again. Returns what will be done.

    Raises GroundswellError where the ticket or the intent is unknown, or nothing is there to be taken back.
    """
    if (intent is None) != off:
        raise ConfigError("a correction names a ticket and its intent", "groundswell correct TICKET INTENT, or --off")
    run = Run.start("correct", settings)
    known = run.journal.latest(KIND).get(ticket_id, {})
    taxonomy = known.get("taxonomy", "")
    if off and not known.get("intent"):
        raise GroundswellError(f"{ticket_id} has no correction", "`groundswell correct` lists them.")
    if intent is not None:
        _look_for(settings, ticket_id)
        taxonomy, intents = _intents(run, ticket_id.split(":", 1)[0])
        if intent not in intents:
            raise GroundswellError(f"no intent is called {intent!r}", meant(intent, intents))
    body = {
        "tickets": [ticket_id], "taxonomy": taxonomy, "intent": intent, "by": _who(by), "at": iso(run.now),
    }  # fmt: skip
    run.journal.write(KIND, [(ticket_id, body)], run_id=run.run_id, at=run.now)
    return f"{ticket_id} is read by the model again" if off else f"{ticket_id} is {intent}"


def _look_for(settings: Settings, ticket_id: str) -> None:
    with missing_tables_explained(), reader(settings) as con:
        if con.execute("select 1 from enrich.tickets where ticket_id = ? limit 1", [ticket_id]).fetchall():
            return
        known = [row[0] for row in con.execute("select ticket_id from enrich.tickets limit 10000").fetchall()]
    close = nearest(ticket_id, known)
    todo = f"Did you mean {close}?" if close else "Ticket ids carry their source, such as zendesk:123."
    raise GroundswellError(f"no ticket is known as {ticket_id!r}", todo)


def _intents(run: Run, source: str) -> tuple[str, list[str]]:
    """The taxonomy that tickets of a source are read with, and its intents."""
    from flows.enrich.models import SEEDED, current, load  # with the libraries of models
    from flows.enrich.seeds import read_seeds

    own = f"intent:{source}"
    if source not in current(run).get(own, {}).get("sources", []):
        return SEEDED, sorted(read_seeds(run.settings.dbt_dir).intents["intent"])
    artifact = load(run, {source: source}).intents(source)
    if artifact is None:
        raise GroundswellError(f"the model of {source} is not there", "The next nightly run fits it: try again then.")
    return source, artifact.model.classes


def _who(by: str | None) -> str:
    """A name in one line. Raises ConfigError where none is given and the system knows none."""
    try:
        name = " ".join((getpass.getuser() if by is None else by).split())
    except (OSError, KeyError):  # no such user, as in some containers
        name = ""
    if not 0 < len(name) <= MAX_NAME:
        raise ConfigError(f"who says so is to have 1 to {MAX_NAME} characters", "Say it with --by NAME.")
    return name
