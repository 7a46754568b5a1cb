"""One customer across helpdesk, CRM and billing, as people ask for it: how records were linked, and an account's story.

Reads the serving copy alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Column, Table

from flows.core.errors import GroundswellError
from flows.core.neutralise import plain
from flows.findings import missing_tables_explained, plain_row, rows_of
from flows.settings import Settings
from flows.warehouse.duck import reader

SYSTEMS = {"crm": ("hubspot",), "billing": ("stripe",)}  # system beside the helpdesk -> types of source
SHOWN = 40  # rows of a list for people; programs get all

_COUNTS = """
    select system, method, any_value(confidence) as confidence, count(*) as records,
        count(distinct account_key) as accounts
    from marts.fct_account_links
    group by system, method
    order by case system when 'helpdesk' then 1 when 'crm' then 2 else 3 end, 3 desc nulls last, method
"""
_LINKS = """
    select record_id, system, name, account_key, method, detail
    from marts.fct_account_links
    where {where}
    order by case system when 'helpdesk' then 1 when 'billing' then 2 else 3 end, name, record_id
"""
_FIND = """
    select distinct accounts.account_key, accounts.name
    from marts.dim_accounts as accounts
    left join marts.fct_account_links as links on accounts.account_key = links.account_key
    where {where}
    order by accounts.name, accounts.account_key
"""
_LISTS = {  # a list of the report: which records, and what people call it
    "conflicts": ("status = 'conflict'", "Conflicts"),
    "duplicates": ("is_duplicate", "Twice in the CRM"),
    "unmatched": ("status = 'unmatched'", "Records that no other system knows"),
}
_MEANT = (  # the first that fits an account decides
    "? in (accounts.account_key, links.record_id)",
    "lower(accounts.name) = lower(?)",
    "contains(lower(concat_ws(' ', accounts.name, links.name, array_to_string(accounts.domains, ' '))), lower(?))",
)
_RECORDS = """
    select record_id, system, name, method, confidence, status, detail
    from marts.fct_account_links
    where account_key = ?
    order by case system when 'helpdesk' then 1 when 'crm' then 2 else 3 end, record_id
"""
_PLANS = """
    with plans as (
        select *, (plan, arr, currency, is_trial) is distinct from
            lag((plan, arr, currency, is_trial)) over (order by valid_from) as is_new
        from intermediate.int_account_plans
        where account_key = ?)
    select valid_from, lead(valid_from) over (order by valid_from) as valid_to, plan, arr, currency, arr_reporting,
        is_trial, record_id
    from plans
    where is_new and valid_from <= (select max(as_of) from control.as_of)
    order by valid_from
"""
_STORY = """
    select "at", what, text, amount, currency, record_id, url, system
    from marts.fct_account_timeline
    where account_key = ?
    order by place
"""


def report(settings: Settings) -> dict[str, Any]:
    """How records became accounts: `counts` by system and method; `conflicts`, `duplicates` and `unmatched` records.

    `unknown` says which systems are not configured. Confidences are texts, as decimals are.
    """
    types = {source.type for source in settings.sources.values()}
    with missing_tables_explained(), reader(settings) as con:
        return {
            "counts": [plain_row(row) for row in rows_of(con.execute(_COUNTS))],
            **{
                name: [plain_row(row) for row in rows_of(con.execute(_LINKS.format(where=where)))]
                for name, (where, _) in _LISTS.items()
            },
            "unknown": [system for system, known in SYSTEMS.items() if not types.intersection(known)],
        }


def account(settings: Settings, key: str) -> dict[str, Any]:
    """One account: its `facts` at the last run, its `records`, its `plans` with their ARR and the invoice that says so,
    and its `story`, both in order of time.

    `key` is an account key, the id of any of its records, or its name (a part of it will do, where that is one
    account's alone). Raises GroundswellError when it is none or several.
    """
    with missing_tables_explained(), reader(settings) as con:
        found: list[dict[str, Any]] = []
        for where in _MEANT:
            found = found or rows_of(con.execute(_FIND.format(where=where), [key]))
        if len(found) != 1:
            raise _which(key, found)
        named = [found[0]["account_key"]]
        [facts] = rows_of(con.execute("select * from marts.dim_accounts where account_key = ?", named))
        records = con.execute(_RECORDS, named)
        return {
            "facts": plain_row(facts),
            "records": [plain_row(row) for row in rows_of(records)],
            "plans": [plain_row(row) for row in rows_of(con.execute(_PLANS, named))],
            "story": [plain_row(row) for row in rows_of(con.execute(_STORY, named))],
        }


def _which(key: str, found: Sequence[dict[str, Any]]) -> GroundswellError:
    if not found:
        return GroundswellError(
            f"no account is known as {key!r}",
            "Name its key, the id of one of its records (zendesk:12, stripe:cus_5), or its name.",
        )
    names = ", ".join(f"{row['name'] or 'without a name'} ({row['account_key']})" for row in found[:5])
    return GroundswellError(f"{key!r} is {len(found)} accounts: {names}", "Name the key of one of them.")


# -- for people


def render_report(result: dict[str, Any]) -> RenderableType:
    """The report as tables."""
    parts: list[RenderableType] = []
    for system in result["unknown"]:
        word = {"crm": "CRM", "billing": "billing"}[system]
        parts.append(f"No {word} source is configured: what it would say of accounts is unknown.")
    counts = Table("system", "found by", "confidence", "records", "accounts", title="Records and their accounts")
    for row in result["counts"]:
        counts.add_row(*(_cell(row[name]) for name in ("system", "method", "confidence", "records", "accounts")))
    parts.append(counts if result["counts"] else "No customer is known in any system.")
    for name, (_, title) in _LISTS.items():
        rows = result[name]
        if name == "unmatched" and len(result["unknown"]) == 2:
            continue  # nothing there could know them
        if rows:  # lines, not a table: ids stay whole on a narrow screen
            parts.append(f"[bold]{title}: {len(rows)}[/bold]")
            parts += [_listed(row) for row in rows[:SHOWN]]
            if len(rows) > SHOWN:
                parts.append(f"{len(rows) - SHOWN} more: --format json lists all.")
        elif result["counts"]:
            parts.append(f"{title}: none.")
    return Group(*parts)


def _listed(row: dict[str, Any]) -> str:
    """A record of a list: its id and name, the account it went to where that has another name, and why it is listed."""
    account = "" if row["account_key"] == row["record_id"] else f", account {row['account_key']}"
    detail = f": {row['detail']}" if row["detail"] else ""
    return _cell(f"  {row['record_id']} {row['name'] or 'without a name'}{account}{detail}")


def render_account(result: dict[str, Any]) -> RenderableType:
    """An account's facts, the records it is known by, what it had and paid, and its story."""
    facts = Table("fact", _folded("value"), title=_cell(result["facts"]["name"] or result["facts"]["account_key"]))
    for name, value in result["facts"].items():
        ended = name == "plan" and result["facts"]["has_churned"]
        facts.add_row(name.replace("_", " "), ("none" if ended else "unknown") if value is None else _cell(value))
    records = Table("system", _folded("record"), "name", "found by", "detail", title="Known as")
    for row in result["records"]:
        records.add_row(*(_cell(row[name]) for name in ("system", "record_id", "name", "method", "detail")))
    plans = Table("from", "plan", "ARR", _folded("record"), title="Plan and ARR")
    for row in result["plans"]:
        plan = f"{row['plan']} (trial)" if row["is_trial"] else row["plan"] or "none"
        plans.add_row(
            _minute(row["valid_from"]), _cell(plan), _money(row["arr"], row["currency"]), _cell(row["record_id"])
        )
    story = Table("when", "what", "amount", _folded("record"), title="Story")
    for row in result["story"]:
        story.add_row(
            _minute(row["at"]), _cell(row["text"]), _money(row["amount"], row["currency"]), _cell(row["record_id"])
        )
    return Group(
        facts,
        records,
        plans if result["plans"] else "No plan of it is known.",
        story if result["story"] else "Nothing has happened to it yet.",
    )


def _folded(name: str) -> Column:
    """A column of ids and addresses: they go on in the next line rather than being cut."""
    return Column(name, overflow="fold")


def _minute(moment: str) -> str:
    return moment[:16].replace("T", " ")


def _money(amount: str | None, currency: str | None) -> str:
    return "" if amount is None else f"{amount} {(currency or '').upper()}".strip()


def _cell(value: Any) -> str:
    """Vendors' texts without what a terminal or rich would obey."""
    if isinstance(value, list):
        value = ", ".join(str(item) for item in value)
    return escape(plain("" if value is None else str(value)))
