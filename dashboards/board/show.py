"""Words and small parts of the pages. Ticket text is foreign: `inert` it wherever Markdown is understood."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import streamlit as st

from flows.core.neutralise import JOINER, clip, for_markdown, link

_DIRECTIVE = re.compile(r":(?=[a-z])", re.IGNORECASE)

SEVERITY_COLOR = {"critical": "red", "high": "orange", "medium": "yellow", "low": "gray"}
STATE_COLOR = {
    "emerging": "blue", "open": "violet", "escalating": "red", "regressed": "red", "resolved": "green",
    "archived": "gray",
}  # fmt: skip
KIND_ICON = {
    "bug": ":material/bug_report:", "volume": ":material/trending_up:", "topic": ":material/forum:",
    "churn": ":material/logout:", "knowledge": ":material/menu_book:", "quality": ":material/verified:",
}  # fmt: skip


def inert(text: Any, limit: int = 300) -> str:
    """Foreign text for Streamlit's Markdown, which also knows `:red[..]` and `:material/..:`."""
    return _DIRECTIVE.sub(f":{JOINER}", for_markdown(clip(str(text or ""), limit)))


def moment(at: datetime | None) -> str:
    return f"{at.day} {at:%b %Y, %H:%M} UTC" if at else "never"


def ago(at: datetime | None, now: datetime) -> str:
    """How long before `now`, in the largest fitting unit."""
    if at is None:
        return "never"
    gap = max(now - at, timedelta(0))
    for unit, size in (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1))):
        count = gap // size
        if count:
            return plural(count, unit) + " ago"
    return "just now"


def plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def percent(share: float | None) -> str:
    return "unknown" if share is None else f"{share:.0%}"


def confident(share: float | None) -> str:
    """A confidence; nothing is certain."""
    return "over 99%" if share is not None and share > 0.99 else percent(share)


def hours(value: float | None) -> str:
    if value is None:
        return "unknown"
    return f"{value * 60:.0f} min" if value < 1 else f"{value:.1f} h" if value < 48 else f"{value / 24:.1f} days"


def days(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.1f} d"


def money(value: Decimal | None, currency: str | None) -> str:
    """Money in whole units; unknown is not zero."""
    return "unknown" if value is None else f"{value:,.0f} {(currency or '').upper()}".rstrip()


def revenue(row: dict[str, Any]) -> str:
    """ARR of a finding, and for how many of its accounts it is unknown."""
    known = money(row["arr"], row["currency"])
    missing = row["accounts_without_arr"]
    return f"{known}, {missing:,} unknown" if missing and row["arr"] is not None else known


def tiers(text: str | None) -> str:
    """Accounts by tier, the commonest first: 3 enterprise, 2 business."""
    found = json.loads(text or "{}")
    named = sorted(found.items(), key=lambda item: (item[0] == "unknown", -item[1], item[0]))
    return ", ".join(f"{count:,} {tier}" for tier, count in named)


def badges(row: dict[str, Any]) -> None:
    """Severity, state and kind of a finding."""
    st.badge(str(row["severity"]), color=SEVERITY_COLOR.get(row["severity"], "gray"))
    st.badge(str(row["state"]), color=STATE_COLOR.get(row["state"], "gray"))
    st.badge(str(row["kind"]), icon=KIND_ICON.get(row["kind"]), color="gray")


def tracker_button(row: dict[str, Any], key: str) -> None:
    """The finding's Linear issue, where it has one."""
    url = link(row["tracker_url"])
    if url:
        name = re.search(r"\b[A-Z][A-Z0-9]*-\d+\b", url)
        st.link_button(name[0] if name else "Linear", url, icon=":material/open_in_new:", key=key)


def counted(row: dict[str, Any]) -> str:
    """Accounts and what they pay first. Where no account is known, reporters stand in."""
    who = [plural(row["accounts"], "account")] if row["accounts"] else []
    if row["arr"] is not None:
        who.append(f"ARR {revenue(row)}")
    if row["reporters"] and row["reporters"] != row["accounts"]:
        who.append(plural(row["reporters"], "reporter"))
    return " · ".join([*who, plural(row["tickets"], "ticket")])


def data_status(status: dict[str, Any]) -> None:
    """One line under a title: of when the page speaks, and what it cannot vouch for."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(f"As of {moment(status['as_of'])}", width="content")
        if status["stopped_sources"]:
            st.badge(f"{plural(status['stopped_sources'], 'source')} stopped", icon=":material/block:", color="red")
        if status["late_sources"]:
            st.badge(f"{plural(status['late_sources'], 'source')} late", icon=":material/schedule:", color="orange")
        if not status["stopped_sources"] and not status["late_sources"]:
            st.badge("all sources fresh", icon=":material/check:", color="green")
        if status["quarantined"]:
            st.badge(f"{plural(status['quarantined'], 'record')} in quarantine", icon=":material/shield:", color="gray")
