"""The Linear workspace that a sandbox begins with: one team, its workflow, its people, a few labels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flows.core.keys import uuid4_from

TEAM_ID = uuid4_from("linear", "team", "ENG")
BOT_ID = uuid4_from("linear", "user", "groundswell")
PEOPLE = {  # display name -> name; the engineers of flows/sandbox/people.py
    "mira": "Mira Okafor",
    "jonas": "Jonas Lindqvist",
    "priya": "Priya Raman",
    "teo": "Teo Marchetti",
}
STATES = [  # name, type, colour
    ("Triage", "triage", "#fc7840"),
    ("Backlog", "backlog", "#95a2b3"),
    ("Todo", "unstarted", "#8a8f98"),
    ("In Progress", "started", "#f2c94c"),
    ("In Review", "started", "#4cb782"),
    ("Done", "completed", "#5e6ad2"),
    ("Canceled", "canceled", "#95a2b3"),
    ("Duplicate", "duplicate", "#95a2b3"),
]
LABELS = [("bug", "#eb5757"), ("groundswell", "#26b5ce"), ("regression", "#f2994a"), ("customer", "#bb87fc")]


def workspace() -> Iterator[tuple[str, dict[str, Any]]]:
    """(type, fields with the id) of every object."""
    for display, name in {"groundswell": "Groundswell", **PEOPLE}.items():
        yield (
            "User",
            {
                "id": uuid4_from("linear", "user", display),
                "name": name,
                "displayName": display,
                "email": f"{display}@example.test",
                "active": True,
                "app": display == "groundswell",
            },
        )
    team = {"id": TEAM_ID, "key": "ENG", "name": "Engineering", "displayName": "Engineering"}
    yield "Team", team | {"description": None, "triageEnabled": True}
    for position, (name, type, color) in enumerate(STATES):
        state = {"id": uuid4_from("linear", "state", name), "name": name, "type": type, "color": color}
        yield "WorkflowState", state | {"position": float(position), "description": None, "teamId": TEAM_ID}
    for name, color in LABELS:
        label = {"id": uuid4_from("linear", "label", name), "name": name, "color": color, "description": None}
        yield "IssueLabel", label | {"isGroup": False, "teamId": None, "parentId": None, "creatorId": None}
