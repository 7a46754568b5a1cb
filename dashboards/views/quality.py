"""Quality: what is late, what is kept back and why, and for how many tickets we know what."""

from __future__ import annotations

import streamlit as st
from board import show
from board.data import FAILURES, one, query, stop_without_data


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


try:
    page()
except FAILURES as error:
    stop_without_data(error)
