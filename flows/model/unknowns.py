"""What a run could not say: systems that are missing or silent, and tickets about which too little is known."""

from __future__ import annotations

from flows.core.run import Run
from flows.warehouse.duck import writer

# A type of source -> what it is called, and what only it can tell.
TELLS = {
    "hubspot": ("CRM", "owner, tier and renewal"),
    "stripe": ("billing", "plan, ARR and payments"),
}
CONTEXTS = ("account", "plan", "page", "release")

_SOURCES = "select type, source, last_ok_at from control.sources order by type, source"
_COVERAGE = """
    select context, tickets - known, tickets, week
    from marts.fct_context_coverage
    where week = (select max(week) from marts.fct_context_coverage where is_complete) and known < tickets
"""


def record_unknowns(run: Run) -> None:
    """Say in the run's report what is unknown. Reads the tables that were judged last."""
    with writer(run) as con:
        sources = con.sql(_SOURCES).fetchall()
        missing = {context: rest for context, *rest in con.sql(_COVERAGE).fetchall()}
    now = run.now.replace(tzinfo=None)
    for kind, (name, told) in TELLS.items():
        if not any(type_ == kind for type_, _, _ in sources):
            run.report.unknown.append(f"No {name} is connected: {told} are unknown.")
    for type_, source, last_ok_at in sources:
        if type_ in TELLS and (last_ok_at is None or last_ok_at < now):
            told = TELLS[type_][1]
            run.report.unknown.append(
                f"{source} was never read to its end: {told} are incomplete."
                if last_ok_at is None
                else f"{source} was last read on {last_ok_at:%Y-%m-%d at %H:%M} UTC: {told} may differ now."
            )
    for context in CONTEXTS:
        if context in missing:
            lacking, tickets, week = missing[context]
            run.report.unknown.append(
                f"The {context} of {lacking} of {tickets} tickets in the week from {week} is unknown."
            )
