"""Overview: the week in numbers, what is open, how the volume moves, and how far the data can be trusted."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import streamlit as st
from board import charts, show
from board.data import FAILURES, one, query, stop_without_data

VIEWS = Path(__file__).resolve().parent
KPIS = {  # kpi: (label, how a change is coloured, its quality in words, the same of the week before)
    "created": ("New tickets", "off", lambda v: f"{v or 0:,.0f} reporters", lambda v: f"{v or 0:,.0f}"),
    "replied": ("First replies", "off", lambda v: f"{show.hours(v)} median", show.hours),
    "resolved": ("Resolved", "normal", lambda v: f"{show.hours(v)} median", show.hours),
    "reopened": ("Reopened", "inverse", lambda v: f"{show.percent(v)} of solved", show.percent),
    "rated": ("Ratings", "off", lambda v: f"{show.percent(v)} good", show.percent),
    "open": ("Open now", "inverse", lambda v: f"{show.days(v)} median age", show.days),
}
PERIODS = {"4 weeks": (28, "day"), "12 weeks": (84, "day"), "1 year": (365, "week")}


def page() -> None:
    status = one("status") or {}
    st.title("Support this week")
    show.data_status(status)
    kpis()
    findings(status["as_of"])
    volume()
    trust(status["as_of"])


def kpis() -> None:
    days = {row["kpi"]: row["days"] for row in query("kpis_daily").to_dicts()}
    rows = {row["kpi"]: row for row in query("kpis_week").to_dicts()}
    for column, (kpi, (label, color, quality, before)) in zip(st.columns(len(KPIS)), KPIS.items(), strict=True):
        row = rows.get(kpi)
        if row is None:
            continue
        with column.container(border=True, height="stretch"):
            change = None if row["volume_change"] is None else f"{row['volume_change']:+,}"
            st.metric(
                label, f"{row['volume']:,}", change, delta_color=color, chart_data=days.get(kpi),
                help=f"{show.moment(row['from_at'])} to {show.moment(row['to_at'])}, against the week before.",
            )  # fmt: skip
            st.markdown(f"**{quality(row['quality'])}**")
            st.caption(f"{before(row['quality_before'])} the week before")
            to_tickets(f"See all {row['volume']:,}", kpi, row["from_at"], row["to_at"])


def findings(now: datetime) -> None:
    rows = query("findings", which="live").to_dicts()
    st.header(f"Open findings ({len(rows)})", anchor=False)
    if not rows:
        st.info("Nothing needs attention: no finding is open.", icon=":material/check_circle:")
    for row in rows[:8]:
        with st.container(border=True):
            left, right = st.columns([5, 1], vertical_alignment="center")
            with left:
                with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                    st.page_link(
                        VIEWS / "findings.py",
                        label=f"**{show.inert(row['title'], 120)}**",
                        query_params={"finding": row["finding_key"]},
                    )
                    show.badges(row)
                st.caption(
                    f"{show.counted(row)} · first seen {show.ago(row['first_seen_at'], now)}"
                    f" · last seen {show.ago(row['last_seen_at'], now)} · {show.confident(row['confidence'])} confident"
                )
            with right, st.container(horizontal=True, horizontal_alignment="right"):
                show.tracker_button(row, key=f"tracker-{row['finding_key']}")
    more = len(rows) - 8
    st.page_link(
        VIEWS / "findings.py",
        label="All findings" if more <= 0 else f"{more} more findings",
        icon=":material/arrow_forward:",
    )


def volume() -> None:
    st.header("Volume", anchor=False)
    choice = st.segmented_control(
        "Period",
        list(PERIODS),
        default="4 weeks",
        required=True,
        label_visibility="collapsed",
        key="period",
        bind="query-params",
    )
    days, grain = PERIODS[choice or "4 weeks"]
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("By intent", anchor=False)
        rows = query("volume_by_intent", days=days, grain=grain)
        chart(rows, charts.volume, "intent", "members")
    with right:
        st.subheader("By topic", anchor=False)
        rows = query("volume_by_topic", days=days, grain=grain)
        chart(rows, charts.topics, "topic", "topic_id")


def chart(rows: Any, draw: Any, dimension: str, values: str) -> None:
    """A chart whose bars lead to their tickets."""
    if rows.is_empty():
        st.caption("No tickets in this period.")
        return
    event = st.altair_chart(draw(rows), on_select="rerun", key=f"chart-{dimension}", alt=f"Tickets by {dimension}")
    picked = (event.selection.get(charts.PICK) or [{}])[0] if event else {}
    if picked.get("from"):
        label = f"See the tickets: {show.inert(picked['name'], 60)}, from {picked['from']}"
        start, end = datetime.fromisoformat(picked["from"]), datetime.fromisoformat(picked["to"])
        to_tickets(label, "created", start, end, **{dimension: picked[values]})
    else:
        st.caption("Click a mark for its tickets.")


def trust(now: datetime) -> None:
    st.header("Can these numbers be trusted?", anchor=False)
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Data freshness", anchor=False)
        for row in query("freshness").to_dicts():
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                color = {"fresh": "green", "late": "orange", "stopped": "red"}[row["state"]]
                st.badge(row["state"], color=color)
                st.markdown(f"**{show.inert(row['source'])}**")
                st.caption(
                    f"last complete pull {show.ago(row['last_ok_at'], now)}"
                    + (f" · {show.inert(row['reason'])}" if row["reason"] else "")
                )
    with right:
        st.subheader("Quarantine", anchor=False)
        rules = query("quarantine_rules").to_dicts()
        if not rules:
            st.caption("No record is in quarantine.")
        for row in rules[:5]:
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.badge(show.plural(row["records"], "record"), color="gray")
                st.caption(
                    show.inert(f"{row['source']}, {row['stream']}: {row['column_name'] or 'row'} fails {row['rule']}")
                )
        st.page_link(VIEWS / "quality.py", label="Every record and reason", icon=":material/arrow_forward:")
    coverage()


def coverage() -> None:
    """For how many of the tickets we know whose they are and where in the product they arose, week by week."""
    rows = query("coverage_weeks")
    if rows.is_empty():
        return
    st.subheader("What we know of tickets", anchor=False)
    st.caption(f"Of the week from {rows['week'][0]:%-d %B}, and of the weeks up to it. Unknown is never guessed.")
    st.dataframe(
        rows, hide_index=True, key="coverage-weeks", column_order=["context", "share", "weeks", "known", "tickets"],
        column_config={
            "context": "Known at the time of the ticket",
            "share": st.column_config.ProgressColumn("Share", format="percent", min_value=0, max_value=1),
            "weeks": st.column_config.LineChartColumn("By week", y_min=0, y_max=1),
            "known": "Tickets with it", "tickets": "Tickets",
        },
    )  # fmt: skip


def to_tickets(label: str, kind: str, start: datetime, end: datetime, **filters: str) -> None:
    """A link to the tickets behind a number."""
    params = {"set": kind, "from": start.isoformat(), "to": end.isoformat(), **filters}
    st.page_link(VIEWS / "tickets.py", label=label, query_params=params)


try:
    page()
except FAILURES as error:
    stop_without_data(error)
