"""Tickets: the rows behind a number. The address says which: `?set=replied&from=..&to=..&intent=..&topic=..`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import polars as pl
import streamlit as st
from board import show
from board.data import FAILURES, one, query, stop_without_data

from flows.core.neutralise import link

SETS = {
    "created": "created", "replied": "first replied to", "resolved": "resolved", "reopened": "reopened",
    "rated": "rated", "open": "open",
}  # fmt: skip
ANY = "any"


def page() -> None:
    status = one("status") or {}
    st.title("Tickets")
    show.data_status(status)
    wanted = asked(status["as_of"])
    rows = query("tickets", **wanted)
    where = "" if wanted["set"] == "open" else f" from {show.moment(wanted['from_at'])}"
    st.header(
        f"{show.plural(rows.height, 'ticket')} {SETS[wanted['set']]}{where} to {show.moment(wanted['to_at'])}",
        anchor=False,
    )
    listing(rows)


def asked(now: datetime) -> dict[str, Any]:
    """The filters: what the address asks for, changed by what the reader chooses."""
    params = st.query_params
    kind = params.get("set") if params.get("set") in SETS else "created"
    start = _moment(params.get("from")) or now - timedelta(days=7)
    end = _moment(params.get("to")) or now
    choices = query("choices")
    with st.container(border=True):
        one_, two, three, four = st.columns(4)
        intent = choose(one_, "Intent", choices, "intent", params.get("intent"))
        topic = choose(two, "Topic", choices, "topic", params.get("topic"))
        release = choose(three, "Release", choices, "release", params.get("release"))
        words = four.text_input("Words", placeholder="in title, quote, id or error code", key="words")
        if set(params) and st.button(
            "Clear what the link asked for", icon=":material/filter_alt_off:", type="tertiary"
        ):
            params.clear()
            st.rerun()
    return {
        "set": kind, "from_at": start, "to_at": end, "intent": intent, "topic": topic, "release": release,
        "words": words.strip() or None,
    }  # fmt: skip


def choose(place: Any, label: str, choices: pl.DataFrame, dimension: str, asked_for: str | None) -> str | None:
    """A filter. A link may ask for several values at once, separated by commas."""
    names = dict(choices.filter(pl.col("dimension") == dimension).select("value", "name").iter_rows())
    options = [ANY, *names]
    if asked_for and asked_for not in names:
        options.insert(1, asked_for)
    several = asked_for.count(",") + 1 if asked_for else 0
    value = place.selectbox(
        label, options, index=options.index(asked_for) if asked_for else 0, key=f"{dimension}-{asked_for}",
        format_func=lambda v: "Any" if v == ANY else names.get(v, f"{several} smaller ones" if several > 1 else v),
    )  # fmt: skip
    return None if value == ANY else value


def listing(rows: pl.DataFrame) -> None:
    table = rows.select(
        "created_at", "ticket_id", pl.col("url").map_elements(link, return_dtype=pl.String), "title", "quote",
        pl.coalesce("intent_name", "intent").alias("intent"), "intent_confidence", "topic_label", "release",
        "organization_name", "status", "first_reply_hours", "resolution_hours", "satisfaction",
    )  # fmt: skip
    st.dataframe(
        table, hide_index=True, height=620, key="tickets",
        column_config={
            "created_at": st.column_config.DatetimeColumn("Created", format="D MMM YYYY, HH:mm"),
            "ticket_id": "Ticket",
            "url": st.column_config.LinkColumn("Helpdesk", display_text="open", width="small"),
            "title": st.column_config.TextColumn("Title", width="medium"),
            "quote": st.column_config.TextColumn("In their words", width="large"),
            "intent": "Intent",
            "intent_confidence": st.column_config.ProgressColumn("Confidence", format="percent"),
            "topic_label": "Topic",
            "release": "Release",
            "organization_name": "Account",
            "status": "Status",
            "first_reply_hours": st.column_config.NumberColumn("First reply", format="%.1f h"),
            "resolution_hours": st.column_config.NumberColumn("Resolution", format="%.1f h"),
            "satisfaction": "Rating",
        },
    )  # fmt: skip


def _moment(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None) if text else None
    except ValueError:
        return None


try:
    page()
except FAILURES as error:
    stop_without_data(error)
