"""Everything known about one finding or one ticket, with the reasons: as data, and as it is printed.

What is shown of a ticket is a list of parts, a query each: another table of the enrichment is one more Part.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flows.core.errors import GroundswellError
from flows.core.neutralise import plain
from flows.findings import missing_tables_explained, near, plain_row, rows_of
from flows.settings import Settings
from flows.warehouse.duck import reader

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

ARTICLE_SHOWN = 0.4  # similarity from which the nearest article is worth a look: see the decision log


@dataclass(frozen=True)
class Part:
    """Rows of one table about a key ($key; in a finding's also $as_of). `one`: there is one row, or none."""

    name: str
    title: str
    sql: str
    one: bool = False


_JUDGED = "finding_key = $key and as_of = $as_of"
FINDING = (
    Part("finding", "Finding", f"select * from marts.fct_findings where {_JUDGED}", one=True),
    Part(
        "accounts", "Accounts",
        "select account_key, name, tickets, tier, segment, plan, arr, currency, arr_reporting, owner_name"
        f" from marts.fct_finding_accounts where {_JUDGED}"
        " order by arr_reporting desc nulls last, tickets desc, account_key",
    ),
    Part(
        "signals", "Signals",
        f"select * exclude (as_of, finding_key, account_key) from marts.fct_churn_signals where {_JUDGED}"
        " order by weight desc, rule_id",
    ),
    Part(
        "evidence", "Evidence",
        f"select * exclude (as_of, finding_key) from marts.fct_finding_evidence where {_JUDGED}"
        " order by strength desc, created_at, ticket_id",
    ),
)  # fmt: skip
TICKET = (
    Part("ticket", "Ticket", "select * from enrich.tickets where ticket_id = $key", one=True),
    Part(
        "asks", "Asks for several things",
        "select * exclude (ticket_id) from enrich.asks where ticket_id = $key order by position",
    ),
    Part(
        "topic", "Topic",
        "select topics.*, tickets.topic_similarity as similarity from enrich.topics as topics"
        " inner join enrich.tickets as tickets on tickets.topic_id = topics.topic_id where tickets.ticket_id = $key",
        one=True,
    ),
    Part(
        "topic_moves", "Moved between topics",
        'select * exclude (ticket_id) from enrich.topic_moves where ticket_id = $key order by "at", to_topic_id',
    ),
    Part(
        "article", "Nearest article",
        "select article_id, similarity from enrich.article_matches"
        f" where ticket_id = $key and article_id is not null and similarity >= {ARTICLE_SHOWN}",
        one=True,
    ),
    Part(
        "messages", "Messages",
        # An export's opening message stands in the ticket itself, and bears its id.
        "select message_id, case when actions is not null then 'agent' end as said_by,"
        " * exclude (message_id, ticket_id, content_hash, reply_key, enriched_at)"
        " from enrich.messages where ticket_id = $key"
        " order by message_id like '%:ticket-%' desc, length(message_id), message_id",
    ),
    Part(
        "signals", "What messages show, and in which words",
        "select * exclude (ticket_id) from enrich.signals where ticket_id = $key"
        " order by length(message_id), message_id, starts, kind, name",
    ),
    Part(
        "entities", "What messages name",
        "select * exclude (ticket_id) from enrich.entities where ticket_id = $key"
        " order by length(message_id), message_id, kind, value",
    ),
    Part(
        "steps", "What was tried",
        "select * exclude (ticket_id) from enrich.steps where ticket_id = $key"
        " order by length(message_id), message_id, step",
    ),
    Part(
        "bug", "Do agents call such tickets bugs?",
        "select likeness, words, model_id from enrich.bug_scores where ticket_id = $key",
        one=True,
    ),
    Part(
        "resolution", "What was done about it",
        "select * exclude (ticket_id) from marts.fct_resolution_paths where ticket_id = $key",
        one=True,
    ),
    Part(
        "context", "Account at the time",
        "select * exclude (ticket_id) from marts.fct_ticket_context where ticket_id = $key",
        one=True,
    ),
    Part(
        "billing_events", "Billing around it",
        "select * exclude (ticket_id) from marts.fct_ticket_billing_events where ticket_id = $key"
        " order by occurred_at, event_id",
    ),
)  # fmt: skip
# The columns of a ticket as they are printed; those of no group come last.
GROUPS = {
    "What it says": ("title", "clean_text", "quote", "language", "is_spam"),
    "Intent": (
        "intent", "intent_confidence", "intent_status", "intent_second", "intent_novelty", "intent_reasons",
        "product_area", "is_bug_like", "symptom",
    ),
    "Sentiment": (
        "sentiment_first", "sentiment_last", "sentiment_slope", "sentiment_messages", "satisfaction_expected",
        "satisfaction_reasons", "satisfaction_model",
    ),
    "What is broken, and where": (
        "error_signature", "error_code", "app_version", "page_route", "browser", "os",
    ),
    "Steps, in the customer's words": ("steps",),
    "Commercial": ("churn_kind", "churn_span"),
    "Read with": ("model_id", "error_signature_version", "content_hash", "enriched_at", "extractor_error"),
}  # fmt: skip
_ELSEWHERE = {"ticket_id", "topic_id", "topic_similarity"}  # stand in a title, or in a part of their own


def explain(settings: Settings, key: str) -> dict[str, Any]:
    """Everything known about one finding or one ticket, by part. Raises GroundswellError when it is unknown."""
    with missing_tables_explained(), reader(settings) as con:

        def rows(part: Part, **values: Any) -> Any:
            found = [plain_row(row) for row in rows_of(con.execute(part.sql, values))]
            return (found[0] if found else None) if part.one else found

        judged = con.execute("select max(as_of) from marts.fct_findings where finding_key = ?", [key]).fetchall()
        if judged[0][0]:
            return {part.name: rows(part, key=key, as_of=judged[0][0]) for part in FINDING}
        if con.execute("select 1 from enrich.tickets where ticket_id = ?", [key]).fetchall():
            return {part.name: rows(part, key=key) for part in TICKET}
        keys = [row[0] for row in con.execute("select distinct finding_key from marts.fct_findings").fetchall()]
    todo = "`groundswell findings` lists finding keys; ticket ids carry their source, such as zendesk:123."
    raise GroundswellError(f"nothing is known as {key!r}", near(key, keys, todo))


def render(key: str, known: dict[str, Any]) -> RenderableType:
    """The same for a terminal. What is unknown or empty is left out."""
    from rich.console import Group
    from rich.text import Text

    blocks: list[RenderableType] = [Text(plain(key), "bold")]
    for title, rows in _sections(known):
        filled = [row for row in rows if any(_is_said(value) for value in row.values())]
        if filled:
            blocks += ["", Text(title, "bold cyan"), *(_fields(row) for row in filled)]
    return Group(*blocks)


def _sections(known: dict[str, Any]) -> Iterable[tuple[str, list[dict[str, Any]]]]:
    """Titles and the rows below each."""
    for part in TICKET if "ticket" in known else FINDING:
        value = known.get(part.name)
        if part.name != "ticket":
            yield part.title, ([value] if value else []) if part.one else value or []
            continue
        left = {name: text for name, text in (value or {}).items() if name not in _ELSEWHERE}
        for title, names in GROUPS.items():
            yield title, [{name: left.pop(name, None) for name in names}]
        yield "Besides", [left]


def _fields(row: dict[str, Any]) -> Table:
    """Names and values, below each other."""
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in row.items():
        if _is_said(value):
            inner = isinstance(value, dict) and name != "tiers"
            table.add_row(Text(f"  {plain(name)}"), _fields(value) if inner else Text(_says(value)))
    return table


def _is_said(value: Any) -> bool:
    return value is not None and value != "" and value != [] and value != {}


def _says(value: Any) -> str:
    """A value as text that does nothing to a terminal; lists of rows a line each, lists of words side by side."""
    if isinstance(value, dict):
        return " · ".join(f"{plain(str(name))} {_says(inner)}" for name, inner in value.items() if _is_said(inner))
    if isinstance(value, list | tuple):
        pair = len(value) == 2 and isinstance(value[0], str) and isinstance(value[1], float)
        apart = "\n" if any(isinstance(inner, dict) for inner in value) else " " if pair else ", "
        return apart.join(_says(inner) for inner in value)
    return "\n".join(plain(line) for line in str(value).splitlines())
