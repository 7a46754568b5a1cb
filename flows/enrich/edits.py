"""What people say of topics, and where it puts tickets: must-link and cannot-link pairs that are respected.

Said by `groundswell topics` (journal kind `topic_edit`), and by marking an issue in Linear as the duplicate of
another (kind `label`): the tickets of both findings belong together. Pairs as in Wagstaff et al., 2001 ("Constrained
k-means clustering with background knowledge"): together is transitive, apart holds between whole groups. Where two
edits contradict each other the newer one holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import orjson
from numpy.typing import NDArray

from flows.core.keys import digest
from flows.core.run import Run
from flows.enrich.clusters import MIN_SIMILARITY

MAX_DUPLICATES = 200  # tickets of a finding, the first by id, that a duplicate mark binds together
MAX_EDITS = 2_000  # the newest edits that are looked at


@dataclass(frozen=True)
class Edit:
    """One thing somebody said. `action`: together | apart | split (tickets), merge (two topics) | rename (one)."""

    action: str
    tickets: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    label: str = ""
    key: str = ""  # of its entry in the journal, for it may lose tickets that are forgotten

    @property
    def topic_id(self) -> str:
        """The id of the topic that a split makes."""
        return f"topic-{digest('split', self.key)[:8]}"


def read_edits(run: Run) -> list[Edit]:
    """What was said, oldest first."""
    rows = run.journal.read("topic_edit").select("pulled_at", "id", "payload").iter_rows()
    found = [(at, _edit(key, orjson.loads(payload))) for at, key, payload in rows]
    labels = run.journal.read("label").select("pulled_at", "payload").iter_rows()
    marks = [(at, body) for at, body in ((at, orjson.loads(text)) for at, text in labels) if body.get("duplicate_of")]
    states = run.journal.latest("finding_state") if marks else {}
    for at, body in marks:
        tickets: list[str] = []
        for finding in (body["finding_key"], body["duplicate_of"]):
            tickets += sorted(states.get(finding, {}).get("tickets") or [])[:MAX_DUPLICATES]
        found.append((at, Edit("together", tuple(dict.fromkeys(tickets)))))
    found.sort(key=lambda row: row[0])
    return [edit for _, edit in found][-MAX_EDITS:]


def _edit(key: str, body: dict[str, object]) -> Edit:
    def ids(name: str) -> tuple[str, ...]:
        value = body.get(name)
        return tuple(str(item) for item in value) if isinstance(value, list) else ()

    return Edit(str(body["action"]), ids("tickets"), ids("topics"), str(body.get("label") or ""), key)


def constrained_tickets(edits: Iterable[Edit]) -> list[str]:
    """Every ticket whose place people have said something about, in order of id."""
    return sorted({ticket for edit in edits for ticket in edit.tickets})


def constrain(
    edits: list[Edit], near: Mapping[str, NDArray[np.float64]], columns: list[str]
) -> dict[str, tuple[str | None, float | None]]:
    """Topic and similarity of every constrained ticket that is known, None for those that stay outside.

    `near` holds the similarity of each such ticket to the topics `columns`. A group that belongs together goes where
    a split has put it, else where most of its tickets would be alone, else to the topic nearest to it; one that is
    set apart from another in the same topic goes to its next best, or stays outside.
    """
    together, apart = _groups(edits, sorted(near))
    members: dict[str, list[str]] = {}
    for ticket in sorted(near):
        members.setdefault(together[ticket], []).append(ticket)
    homes: dict[str, str] = {}
    for edit in edits:
        if edit.action == "split" and edit.topic_id in columns:
            homes |= {together[ticket]: edit.topic_id for ticket in edit.tickets if ticket in together}
    ranked = {group: _ranking(np.vstack([near[t] for t in ids]), columns) for group, ids in members.items()}
    order = sorted(members, key=lambda g: (g not in homes, -max((value for _, value in ranked[g]), default=0.0), g))
    chosen: dict[str, str | None] = {}
    for group in order:
        taken = {chosen.get(other) for other in apart.get(group, ())}
        wanted = [homes[group]] if group in homes else [name for name, _ in ranked[group]]
        chosen[group] = next((name for name in wanted if name not in taken), None)
    return {
        ticket: (name, round(float(near[ticket][columns.index(name)]), 4)) if name else (None, None)
        for group, name in chosen.items()
        for ticket in members[group]
    }


def _ranking(near: NDArray[np.float64], columns: list[str]) -> list[tuple[str, float]]:
    """The topics a group (rows) can go to, best first: by how many of it are nearest to one, then by mean."""
    if not columns:
        return []
    votes = np.bincount(near.argmax(axis=1)[near.max(axis=1) >= MIN_SIMILARITY], minlength=len(columns))
    mean = near.mean(axis=0).round(4)
    fitting = [k for k in range(len(columns)) if votes[k] or mean[k] >= MIN_SIMILARITY]
    fitting.sort(key=lambda k: (-votes[k], -mean[k], columns[k]))
    return [(columns[k], float(mean[k])) for k in fitting]


def _groups(edits: list[Edit], known: list[str]) -> tuple[dict[str, str], dict[str, set[str]]]:
    """Ticket -> its group (named by one of it), and group -> the groups set apart from it.

    The newest edit goes first, and none undoes what a newer one says.
    """
    leader = {ticket: ticket for ticket in known}
    foes: dict[str, set[str]] = {}

    def lead(ticket: str) -> str:
        while leader[ticket] != ticket:
            leader[ticket] = leader[leader[ticket]]
            ticket = leader[ticket]
        return ticket

    for edit in reversed(edits):
        tickets = [ticket for ticket in edit.tickets if ticket in leader]
        for one, other in pairwise(tickets):
            kept, gone = sorted((lead(one), lead(other)))
            if kept == gone:
                continue
            if edit.action == "apart":
                foes.setdefault(kept, set()).add(gone)
                foes.setdefault(gone, set()).add(kept)
            elif gone not in foes.get(kept, ()):
                leader[gone] = kept
                for foe in foes.pop(gone, set()):
                    foes[foe] = (foes[foe] - {gone}) | {kept}
                    foes.setdefault(kept, set()).add(foe)
    return {ticket: lead(ticket) for ticket in known}, foes
