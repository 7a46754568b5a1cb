"""What both destinations say about a finding, in words. Texts here need no escape, or are not escaped yet.

A body is a dict as the publish models build it: structured, redacted, not neutralised. Nothing reads a clock:
one body gives one text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import quote as percent

from flows.core.clock import parse
from flows.core.neutralise import clip, for_title

Body = dict[str, Any]

MAX_TITLE = 240


def title(body: Body) -> str:
    """The title of an issue or a message: one plain line."""
    return clip(for_title(str(body.get("title") or "")), MAX_TITLE) or "Untitled finding"


def evidence_url(body: Body, finding_key: str | None, dashboard_url: str) -> str | None:
    """The address of a finding's evidence on the dashboard; what the body says wins where it is complete."""
    stated = body.get("evidence_url")
    base = dashboard_url.rstrip("/")
    if stated:
        return str(stated) if "://" in str(stated) else f"{base}/{str(stated).lstrip('/')}"
    return f"{base}/findings?finding={percent(finding_key, safe='')}" if finding_key else None


def confidence(body: Body, write: Callable[[Any, int], str]) -> str:
    if body.get("confidence") is None:
        return ""
    why = write(body.get("why_confident"), 600)
    if body.get("kind") == "churn":  # a sum of weights, and no probability
        return f"Weight {float(body['confidence']):.2f} of at most 1{f': {why}' if why else ''}"
    sure = "over 99%" if float(body["confidence"]) > 0.99 else share(body["confidence"])  # nothing is certain
    return f"Confidence {sure}{f': {why}' if why else ''}"


def evidence_label(body: Body) -> str:
    total = body.get("evidence_total") or body.get("tickets")
    return f"Evidence: {plural(int(total), 'ticket')}" if total else "Evidence"


def counted(body: Body) -> str:
    """Accounts first, tickets last. Reporters stand in where no account is known."""
    accounts, reporters, tickets = (body.get(k) for k in ("accounts", "reporters", "tickets"))
    parts = []
    if accounts:
        parts.append(plural(int(accounts), "account"))
    if reporters and reporters != accounts:
        parts.append(plural(int(reporters), "reporter"))
    if tickets is not None:
        parts.append(plural(int(tickets), "ticket"))
    return ", ".join(parts)


def stake(body: Body) -> str:
    """Who is affected and what they pay a year, not escaped: "5 (ARR 48,200 USD, 2 unknown): 3 enterprise, 2 business",
    and after them the segment that most are in."""
    accounts = int(body.get("accounts") or 0)
    if not accounts:
        return ""
    missing = body.get("accounts_without_arr")
    money = [f"ARR {amount(body.get('arr'), body.get('currency'))}"]
    if missing and body.get("arr") is not None:
        money.append(f"{int(missing):,} unknown")
    tiers = sorted((body.get("tiers") or {}).items(), key=lambda item: (item[0] == "unknown", -item[1], item[0]))
    named = ", ".join(f"{count:,} {tier}" for tier, count in tiers)
    segment = f"; most in {body['segment']}" if body.get("segment") else ""
    return f"{accounts:,} ({', '.join(money)}){f': {named}' if named else ''}{segment}"


def amount(value: Any, currency: Any) -> str:
    """Money in whole units; unknown is not zero."""
    return "unknown" if value is None else f"{round(Decimal(str(value))):,} {str(currency or '').upper()}".rstrip()


def revenue(account: dict[str, Any]) -> str:
    """What an account pays a year, as billed and in the reporting currency where that is another."""
    billed = amount(account.get("arr"), account.get("currency"))
    reported = amount(account.get("arr_reporting"), account.get("reporting_currency"))
    return billed if reported in (billed, "unknown") else f"{billed} ({reported})"


def renewal(account: dict[str, Any]) -> str:
    """When the contract renews, and in how many days."""
    at, days = day(account.get("renewal_at")), account.get("days_to_renewal")
    return f"{at}, in {plural(int(days), 'day')}" if at and days is not None and int(days) >= 0 else at or "unknown"


def last_seen(body: Body) -> str:
    last = moment(body.get("last_seen_at"))
    return f"last seen {last}" if last else ""


def volume(window: dict[str, Any]) -> str:
    """Reporters in the window against what was to be expected; empty where nothing was counted."""
    if window.get("observed") is None:
        return ""
    expected = window.get("expected")
    return plural(int(window["observed"]), "reporter") + (
        f", {float(expected):.1f} expected" if expected is not None else ""
    )


def between(window: dict[str, Any]) -> str:
    start, end = moment(window.get("start")), moment(window.get("end"))
    return f", {start} to {end}" if start and end else ""


def plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def share(value: Any) -> str:
    return "unknown" if value is None else f"{float(value):.0%}"


def shares(item: dict[str, Any]) -> str:
    return f"{share(item.get('share'))} (usually {share(item.get('usual_share'))})"


def word(text: Any) -> str:
    """A state or severity: letters only, so that it needs no escape anywhere."""
    return re.sub(r"[^a-z ]", "", str(text or "unknown").lower())[:40].strip().capitalize() or "Unknown"


def moment(value: Any) -> str:
    try:
        at = parse(str(value))
    except ValueError:
        return ""
    return f"{at.day} {at:%b %Y, %H:%M} UTC"


def day(value: Any) -> str:
    return moment(value).rsplit(",", 1)[0]
