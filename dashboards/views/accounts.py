"""Accounts: who may leave, and the story of one of them, every row with its source. `?account=KEY` leads to one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import streamlit as st
from board import show
from board.data import FAILURES, one, query, stop_without_data

from flows.core.neutralise import link

VIEWS = Path(__file__).resolve().parent


def page() -> None:
    status = one("status") or {}
    key = st.query_params.get("account")
    if key:
        account(key)
    else:
        listing(status)


def listing(status: dict[str, Any]) -> None:
    st.title("Accounts")
    show.data_status(status)
    # rounded here: the column would cut what is behind the point
    rows = query("accounts").with_columns(pl.col("arr_reporting").round())
    if rows.is_empty():
        st.info("No account is known yet.", icon=":material/domain:")
        return
    at_risk = rows["is_at_risk"].sum()
    st.caption(f"{show.plural(at_risk, 'account')} with an open warning; they stand first. Unknown is left empty.")
    reporting = (rows["reporting_currency"][0] or "").upper()
    event = st.dataframe(
        rows, hide_index=True, on_select="rerun", selection_mode="single-row", key="accounts", row_height=40,
        column_order=["is_at_risk", "name", "tier", "plan", "arr_reporting", "is_trial", "is_past_due", "has_churned",
                      "renewal_at", "owner_name", "tickets", "last_ticket_at"],
        column_config={
            "is_at_risk": st.column_config.CheckboxColumn("May leave", width="small"),
            "name": st.column_config.TextColumn("Account", width="medium"), "tier": "Tier", "plan": "Plan",
            "arr_reporting": st.column_config.NumberColumn(f"ARR {reporting}", format="localized", step=1),
            "is_trial": "Trial", "is_past_due": "Past due", "has_churned": "Left",
            "renewal_at": st.column_config.DateColumn("Renewal", format="D MMM YYYY"), "owner_name": "Owner",
            "tickets": st.column_config.NumberColumn("Tickets"),
            "last_ticket_at": st.column_config.DatetimeColumn("Newest ticket", format="D MMM YYYY, HH:mm"),
        },
    )  # fmt: skip
    st.caption("Choose a row for its story.")
    chosen = event.selection.rows if event else []
    if chosen:
        row = rows.row(chosen[0], named=True)
        to_account(f"Open: {show.inert(row['name'] or row['account_key'], 120)}", row["account_key"])
        if row["finding_key"]:
            st.page_link(
                VIEWS / "findings.py", label="Why it may leave", icon=":material/logout:",
                query_params={"finding": row["finding_key"]},
            )  # fmt: skip


def account(key: str) -> None:
    st.page_link(VIEWS / "accounts.py", label="All accounts", icon=":material/arrow_back:", query_params={})
    row = one("account", account=key)
    if row is None:
        st.warning("No account has this key. It may be known by another of its records now.")
        st.text(key[:200])
        return
    st.title(show.inert(row["name"] or key, 240), anchor=False)
    facts(row)
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Known as", anchor=False)
        st.dataframe(
            query("account_records", account=key), hide_index=True, key="records",
            column_config={
                "system": "System", "record_id": "Record", "name": "Name", "method": "Found by",
                "confidence": st.column_config.NumberColumn("Confidence", format="percent"), "detail": "Remark",
            },
        )  # fmt: skip
    with right:
        st.subheader("Plan and ARR", anchor=False)
        plans = query("account_plans", account=key)
        if plans.is_empty():
            st.caption("Billing has never billed it: what it pays is unknown.")
        else:
            st.dataframe(
                plans, hide_index=True, key="plans",
                column_order=["valid_from", "plan", "arr", "currency", "record_id"],
                column_config={
                    "valid_from": st.column_config.DatetimeColumn("From", format="D MMM YYYY"), "plan": "Plan",
                    "arr": st.column_config.NumberColumn("ARR", format="localized"), "currency": "Currency",
                    "record_id": "Read from",
                },
            )  # fmt: skip
    story(query("account_story", account=key))


def facts(row: dict[str, Any]) -> None:
    yes_or_no = {True: "yes", False: "no", None: "unknown"}
    with st.container(horizontal=True, gap="medium"):
        for label, value in (
            ("ARR", show.money(row["arr_reporting"], row["reporting_currency"])),
            ("Plan", row["plan"] or ("none" if row["has_churned"] else "unknown")),
            ("Tier", row["tier"] or "unknown"),
            ("Trial", yes_or_no[row["is_trial"]]),
            ("Past due", yes_or_no[row["is_past_due"]]),
            ("Left", yes_or_no[row["has_churned"]]),
            ("Renewal", f"{row['renewal_at']:%-d %b %Y}" if row["renewal_at"] else "unknown"),
            ("Owner", row["owner_name"] or "unknown"),
            ("Tickets", f"{row['tickets']:,}"),
        ):
            st.metric(label, value, width="content")


def story(rows: pl.DataFrame) -> None:
    st.subheader(f"Story: {show.plural(rows.height, 'event')}", anchor=False)
    st.dataframe(
        rows.with_columns(pl.col("url").map_elements(link, return_dtype=pl.String)),
        hide_index=True, key="story", column_order=["at", "text", "amount", "currency", "system", "record_id", "url"],
        column_config={
            "at": st.column_config.DatetimeColumn("When", format="D MMM YYYY, HH:mm"),
            "text": st.column_config.TextColumn("What", width="large"),
            "amount": st.column_config.NumberColumn("Amount", format="localized", width=110), "currency": "Currency",
            "system": "Told by", "record_id": "Read from",
            "url": st.column_config.LinkColumn("Source", display_text="open", width="small"),
        },
    )  # fmt: skip


def to_account(label: str, key: str) -> None:
    st.page_link(
        VIEWS / "accounts.py", label=label, icon=":material/arrow_forward:", query_params={"account": key}
    )  # fmt: skip


try:
    page()
except FAILURES as error:
    stop_without_data(error)
