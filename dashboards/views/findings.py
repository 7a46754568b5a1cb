"""Findings: the list, and one of them with all of its evidence. `?finding=KEY` leads straight to one."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import streamlit as st
from board import charts, show
from board.data import FAILURES, one, query, stop_without_data

from flows.core.neutralise import link

VIEWS = Path(__file__).resolve().parent


def page() -> None:
    status = one("status") or {}
    key = st.query_params.get("finding")
    if key:
        finding(key, status["as_of"])
    else:
        listing(status)


def listing(status: dict[str, Any]) -> None:
    st.title("Findings")
    show.data_status(status)
    which = st.segmented_control(
        "Which", ["Open", "All"], default="Open", required=True, label_visibility="collapsed", key="which"
    )
    rows = query("findings", which="all" if which == "All" else "live")
    if rows.is_empty():
        st.info("Nothing needs attention: no finding is open.", icon=":material/check_circle:")
        return
    table = rows.select(
        "severity", "state", "kind", "title", pl.col("tracker_url").map_elements(link, return_dtype=pl.String),
        "accounts", pl.col("arr").round(), pl.col("tiers").map_elements(show.tiers, return_dtype=pl.String), "tickets",
        "confidence", "first_seen_at", "last_seen_at", "is_muted",
    )  # fmt: skip
    currency = next((code.upper() for code in rows["currency"] if code), "")
    event = st.dataframe(
        table, hide_index=True, on_select="rerun", selection_mode="single-row", key=f"findings-{which}", row_height=40,
        column_config={
            "severity": st.column_config.TextColumn("Severity", width="small"),
            "state": st.column_config.TextColumn("State", width="small"),
            "kind": st.column_config.TextColumn("Kind", width="small"),
            "title": st.column_config.TextColumn("Title", width="large"),
            "accounts": st.column_config.NumberColumn("Accounts"),
            "arr": st.column_config.NumberColumn(
                f"ARR {currency}".rstrip(), format="localized", step=1,
                help="A year, of the accounts it is known for, each once.",
            ),
            "tiers": st.column_config.TextColumn("Tiers"),
            "tickets": st.column_config.NumberColumn("Tickets"),
            "confidence": st.column_config.ProgressColumn("Confidence", format="percent", min_value=0, max_value=1),
            "first_seen_at": st.column_config.DatetimeColumn("First seen", format="D MMM YYYY, HH:mm"),
            "last_seen_at": st.column_config.DatetimeColumn("Last seen", format="D MMM YYYY, HH:mm"),
            "tracker_url": st.column_config.LinkColumn("Linear", display_text=r"([^/]+)/?$"),
            "is_muted": st.column_config.CheckboxColumn("Muted"),
        },
    )  # fmt: skip
    st.caption("Choose a row for its evidence.")
    chosen = event.selection.rows if event else []
    if chosen:
        row = rows.row(chosen[0], named=True)
        st.page_link(
            VIEWS / "findings.py", label=f"Open: {show.inert(row['title'], 120)}", icon=":material/arrow_forward:",
            query_params={"finding": row["finding_key"]},
        )  # fmt: skip


def finding(key: str, now: datetime) -> None:
    st.page_link(VIEWS / "findings.py", label="All findings", icon=":material/arrow_back:", query_params={})
    row = one("finding", finding=key)
    if row is None:
        st.warning("No finding has this key. It may have been merged into another one.")
        st.text(key[:200])
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        show.badges(row)
        if row["is_muted"]:
            st.badge("muted", icon=":material/notifications_off:", color="gray")
    st.title(show.inert(row["title"], 240), anchor=False)
    if row["is_past"]:
        st.caption(f"Not among the findings of today. This is what was known on {show.moment(row['as_of'])}.")
    st.text(row["summary"] or "")
    facts(row, now)
    evidence = query("finding_evidence", finding=key)
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.subheader("When", anchor=False)
        days = query("finding_days", finding=key)
        if not days.is_empty():
            st.altair_chart(charts.finding_days(days), alt="Tickets a day")
    with right:
        st.subheader("Why", anchor=False)
        for reason in reasons(row) or ["No reason is recorded."]:
            st.text(f"• {reason}")
    accounts(row, query("finding_accounts", finding=key))
    tickets(evidence)


def facts(row: dict[str, Any], now: datetime) -> None:
    missing, arr = row["accounts_without_arr"], show.money(row["arr"], row["currency"]) if row["accounts"] else None
    with st.container(horizontal=True, gap="medium"):
        for label, value in (
            ("Accounts", row["accounts"] or None),
            ("ARR" + (f", {missing:,} unknown" if missing and row["arr"] is not None else ""), arr),
            ("Reporters", row["reporters"]),
            ("Tickets", row["tickets"]),
            ("Confidence", show.confident(row["confidence"])),
            ("First seen", show.ago(row["first_seen_at"], now)),
            ("Last seen", show.ago(row["last_seen_at"], now)),
            ("Suspected release", row["suspected_release"]),
        ):
            if value is not None:
                st.metric(label, value, width="content")
        show.tracker_button(row, key="tracker")


def reasons(row: dict[str, Any]) -> list[str]:
    """Why these tickets belong together; a list of texts or of objects with a text."""
    try:
        found = json.loads(row["reasons"] or "[]")
    except ValueError:
        return []
    if isinstance(found, dict):
        found = [f"{name}: {value}" for name, value in found.items()]
    texts = (item if isinstance(item, str) else str(item.get("text") or item.get("reason") or item) for item in found)
    return [text for text in texts if text]


def accounts(row: dict[str, Any], rows: pl.DataFrame) -> None:
    """The rows behind the number of accounts and the ARR."""
    if rows.is_empty():
        return
    st.subheader(f"Accounts: {rows.height:,}, ARR {show.revenue(row)}", anchor=False)
    told = (show.tiers(row["tiers"]), row["segment"] and f"most in {row['segment']}")
    st.caption(" · ".join(show.inert(text) for text in told if text) or "No CRM tells their tiers.")
    reporting = (row["currency"] or "").upper()
    st.dataframe(
        rows.select(
            "name", "account_key", "tier", "segment", "plan", pl.col("arr_reporting").round(), pl.col("arr").round(),
            "currency", "tickets", "owner_name",
        ),
        hide_index=True, key="accounts",
        column_config={
            "name": st.column_config.TextColumn("Account", width="medium"), "account_key": "Key", "tier": "Tier",
            "segment": "Segment", "plan": "Plan",
            "arr_reporting": st.column_config.NumberColumn(f"ARR {reporting}".rstrip(), format="localized", step=1),
            "arr": st.column_config.NumberColumn("ARR, their own currency", format="localized", step=1),
            "currency": "Currency", "tickets": st.column_config.NumberColumn("Tickets"), "owner_name": "Owner",
        },
    )  # fmt: skip


def tickets(evidence: pl.DataFrame) -> None:
    st.subheader(f"Evidence: {show.plural(evidence.height, 'ticket')}", anchor=False)
    st.dataframe(
        evidence.select(
            "created_at", "ticket_id", pl.col("url").map_elements(link, return_dtype=pl.String), "title", "quote",
            "organization_name", "reason", "strength", "release",
        ),
        hide_index=True, key="evidence",
        column_config={
            "created_at": st.column_config.DatetimeColumn("Created", format="D MMM, HH:mm"),
            "ticket_id": "Ticket",
            "url": st.column_config.LinkColumn("Helpdesk", display_text="open", width="small"),
            "title": st.column_config.TextColumn("Title", width="medium"),
            "quote": st.column_config.TextColumn("In their words", width="large"),
            "organization_name": "Account",
            "reason": "Why it is here",
            "strength": st.column_config.ProgressColumn("Strength", format="percent", min_value=0, max_value=1),
            "release": "Release",
        },
    )  # fmt: skip


try:
    page()
except FAILURES as error:
    stop_without_data(error)
