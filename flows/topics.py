"""Topics as people ask for them: listed, and edited. Reads the serving copy, writes only edits (kind `topic_edit`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flows.core.clock import iso
from flows.core.errors import ConfigError, GroundswellError, nearest
from flows.core.keys import digest
from flows.core.run import Run
from flows.findings import missing_tables_explained, plain_row, rows_of
from flows.settings import Settings
from flows.warehouse.duck import reader

# action -> how it is written, and how many topics and tickets it takes at least and at most
EDITS = {
    "merge": ("merge INTO OTHER", (2, 2), (0, 0)),
    "rename": ("rename TOPIC LABEL", (1, 1), (0, 0)),
    "split": ("split TICKET ...", (0, 0), (1, 200)),
    "together": ("together TICKET TICKET ...", (0, 0), (2, 200)),
    "apart": ("apart TICKET TICKET", (0, 0), (2, 2)),
}
MAX_LABEL = 120

_LIST = """
    select topics.topic_id, topics.label, topics.words, topics.tickets, topics.status, topics.born_at,
        last.change as last_change, last.related_topic_id, last.at as changed_at
    from enrich.topics as topics
    left join (
        select topic_id, arg_max(change, "at") as change, arg_max(related_topic_id, "at") as related_topic_id,
            max("at") as at
        from enrich.topic_lineage group by topic_id
    ) as last on last.topic_id = topics.topic_id
    order by topics.status, topics.tickets desc, topics.topic_id
"""


def list_topics(settings: Settings) -> list[dict[str, Any]]:
    """Topics of the last run, live ones first, each with the newest row of its lineage."""
    with missing_tables_explained(), reader(settings) as con:
        return [plain_row(row) for row in rows_of(con.execute(_LIST))]


def edit_topics(settings: Settings, action: str, arguments: Sequence[str]) -> str:
    """Journal what a person says of topics or tickets; the next nightly run does it. Returns what will be done.

    Raises GroundswellError where the action or what it speaks of is unknown.
    """
    if action not in EDITS:
        raise GroundswellError(f"topics cannot be edited by {action!r}", f"Say one of: {', '.join(EDITS)}.")
    usage, (fewest_topics, topics), (fewest, most) = EDITS[action]
    is_about = list(dict.fromkeys(arguments[:1] if action == "rename" else arguments))
    label = " ".join(" ".join(arguments[1:]).split()) if action == "rename" else ""
    if not max(fewest_topics, fewest) <= len(is_about) <= max(topics, most) or (action == "rename") != bool(label):
        raise ConfigError(f"{action} takes other arguments", f"groundswell topics {usage}")
    if len(label) > MAX_LABEL:
        raise ConfigError(f"a label has at most {MAX_LABEL} characters", "Shorten it.")
    column, table = ("topic_id", "topics") if topics else ("ticket_id", "tickets")
    where = "and status = 'live'" if topics else ""
    with missing_tables_explained(), reader(settings) as con:
        for name in is_about:
            if not con.execute(f"select 1 from enrich.{table} where {column} = ? {where} limit 1", [name]).fetchall():
                known = [row[0] for row in con.execute(f"select {column} from enrich.{table} limit 10000").fetchall()]
                kind = "live topic" if topics else "ticket"
                close = nearest(name, known)
                raise GroundswellError(
                    f"no {kind} is known as {name!r}",
                    f"Did you mean {close}?" if close else "See `groundswell topics`.",
                )
    run = Run.start("topics", settings)
    body = {
        "action": action,
        "topics": is_about if topics else [],
        "tickets": [] if topics else is_about,
        "label": label,
    }
    run.journal.write("topic_edit", [(digest(iso(run.now), str(body))[:16], body)], run_id=run.run_id, at=run.now)
    return f"{action} {' '.join(is_about)}"
