"""What was planted in the simulated company. Only the sandbox and the scorer read this."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flows.core.clock import iso
from flows.sandbox.incidents import Incident
from flows.sandbox.lives import Life
from flows.sandbox.zendesk_tickets import iso as iso_seconds


def document(seed: int, history_end: datetime, incidents: list[Incident], lives: list[Life]) -> dict[str, Any]:
    """The truth as JSON: planted events with every ticket they caused, and the true intent of each ticket.

    `ended_at` is the moment of the fix, or of the last ticket where nothing was fixed, or null while it lasts
    at the end of the simulation. `live` events reach into the time after `history_end`.
    """
    return {
        "seed": seed,
        "history_end": iso(history_end),
        "events": [_event(incident, int(history_end.timestamp()), lives) for incident in incidents],
        "intents": {str(life.id): life.intent for life in lives if life.oddity != "spam"},
        "spam": [str(life.id) for life in lives if life.oddity == "spam"],
    }


def _event(incident: Incident, history_end: int, lives: list[Life]) -> dict[str, Any]:
    plan = incident.plan
    first_id = lives[0].id
    moments = sorted(lives[key - first_id].created for key in incident.ticket_ids)
    lasting = plan.kind in ("bug", "regression", "documentation_gap")
    ended = incident.fixed or (None if lasting or not moments else moments[-1])
    return {
        "id": plan.id,
        "kind": plan.kind,
        "loudness": plan.loudness,
        "title": plan.title,
        "area": plan.area,
        "started_at": iso_seconds(incident.begins),
        "ended_at": iso_seconds(ended) if ended else None,
        "first_ticket_at": iso_seconds(moments[0]) if moments else None,
        "release": incident.release,
        "fix_release": incident.fix_release,
        "regression_of": plan.of or None,
        "error_text": plan.error or None,
        "expected_kinds": list(plan.expected),
        "ticket_ids": [str(key) for key in sorted(incident.ticket_ids)],
        "live": ended is None or ended >= history_end,
    }
