"""Quality: what is late, what is kept back and why, and for how many tickets we know what."""

from __future__ import annotations

import polars as pl
import streamlit as st
from board import charts, show
from board.data import FAILURES, one, query, stop_without_data

from flows.core.neutralise import link


def page() -> None:
    status = one("status") or {}
    st.title("Quality of the data")
    show.data_status(status)
    st.header("Sources", anchor=False)
    st.dataframe(
        query("freshness"), hide_index=True, key="freshness",
        column_order=["source", "type", "state", "last_ok_at", "newest_ticket_at", "tickets", "reason"],
        column_config={
            "source": "Source", "type": "Type", "state": "State", "tickets": "Tickets", "reason": "Reason",
            "last_ok_at": st.column_config.DatetimeColumn("Last complete pull", format="D MMM YYYY, HH:mm"),
            "newest_ticket_at": st.column_config.DatetimeColumn("Newest ticket", format="D MMM YYYY, HH:mm"),
        },
    )  # fmt: skip
    left, right = st.columns([3, 2], gap="large")
    with left:
        records = query("quarantine")
        st.header(f"Quarantine: {show.plural(records.height, 'record')}", anchor=False)
        st.caption("Kept out of every number until they are mended at their source; they come back by themselves.")
        if records.height:
            st.dataframe(
                query("quarantine_rules"), hide_index=True, key="rules",
                column_config={"newest_at": st.column_config.DatetimeColumn("newest", format="D MMM YYYY, HH:mm")},
            )  # fmt: skip
            st.dataframe(
                records, hide_index=True, key="records",
                column_config={"quarantined_at": st.column_config.DatetimeColumn("since", format="D MMM YYYY, HH:mm")},
            )  # fmt: skip
    with right:
        st.header("What we know of tickets", anchor=False)
        rows = query("coverage")
        week = f"the week from {rows['week'][0]:%-d %B}" if rows.height else "the newest week"
        st.caption(f"Of the tickets of {week}. What is unknown is shown as unknown, never guessed.")
        st.dataframe(
            rows, hide_index=True, key="coverage", column_order=["context", "share", "known", "tickets"],
            column_config={
                "context": "Context",
                "share": st.column_config.ProgressColumn("Known", format="percent", min_value=0, max_value=1),
                "known": "Tickets with it", "tickets": "Tickets",
            },
        )  # fmt: skip
    edge_cases()


def edge_cases() -> None:
    """The tickets the intent model kept its guess of to itself, and how many that is by week."""
    rows = query("edge_cases")
    waiting = rows["waiting"][0] if rows.height else 0
    st.header(f"Edge cases: {show.plural(waiting, 'ticket')} without a category", anchor=False)
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.caption("By week, the share of tickets to which no intent was given.")
        st.altair_chart(charts.unassigned(query("unassigned_weeks")), key="unassigned")
    with right:
        st.caption(
            "Oldest first. A category given at the helpdesk can teach the next model. An empty “given from”: never yet."
        )
        st.dataframe(
            rows.drop("waiting").with_columns(pl.col("url").map_elements(link, return_dtype=pl.String)),
            hide_index=True, key="edge_cases", height=240,
            column_config={
                "created_at": st.column_config.DatetimeColumn("Created", format="D MMM YYYY, HH:mm"),
                "ticket_id": "Ticket", "title": "Title", "guess": "Guess", "why": "Why it was not given",
                "url": st.column_config.LinkColumn("Helpdesk", display_text="open", width="small"),
                "confidence": st.column_config.ProgressColumn("Confidence", format="percent", min_value=0, max_value=1),
                "threshold": st.column_config.NumberColumn("Given from", format="percent"),
            },
        )  # fmt: skip


try:
    page()
except FAILURES as error:
    stop_without_data(error)
