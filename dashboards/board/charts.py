"""Altair charts over rows that SQL has already counted."""

from __future__ import annotations

import altair as alt
import polars as pl

PICK = "pick"
GRAY = ["#94a3b8", "#cbd5e1"]
COLORS = ["#0f766e", "#f59e0b", "#3b82f6", "#e11d48", "#8b5cf6", "#84cc16", "#06b6d4"]


def volume(rows: pl.DataFrame) -> alt.Chart:
    """Tickets a bucket, stacked by group. A click picks a bar."""
    groups = rows.select("name", "place").unique().sort("place", "name")
    names = groups["name"].to_list()
    quiet = [name for name in names if name in ("Other", "Not sure")]
    colors = [*COLORS[: len(names) - len(quiet)], *GRAY[: len(quiet)]]
    pick = alt.selection_point(name=PICK, fields=["from", "to", "members", "name"], on="click", empty=True)
    return (
        alt.Chart(_with_text_dates(rows))
        .mark_bar(cornerRadius=1, binSpacing=1)
        .encode(
            x=alt.X("bucket:O", title=None, axis=_days(rows)),
            y=alt.Y("tickets:Q", title="tickets", axis=alt.Axis(tickCount=4, domain=False, ticks=False)),
            color=alt.Color("name:N", title=None, sort=names, scale=alt.Scale(domain=names, range=colors),
                            legend=alt.Legend(orient="top", columns=4, symbolType="circle", labelLimit=130)),
            order=alt.Order("place:Q"),
            opacity=alt.condition(pick, alt.value(1), alt.value(0.35)),
            tooltip=[alt.Tooltip("name:N", title="intent"), alt.Tooltip("from:N", title="from"),
                     alt.Tooltip("tickets:Q", title="tickets")],
        )
        .add_params(pick)
        .properties(height=300)
    )  # fmt: skip


def topics(rows: pl.DataFrame) -> alt.Chart:
    """Tickets a bucket and topic as a heat map: a topic that flares up is a dark end of its line."""
    order = rows.select("name", "total").unique().sort("total", "name", descending=[True, False])["name"].to_list()
    pick = alt.selection_point(name=PICK, fields=["from", "to", "topic_id", "name"], on="click", empty=True)
    return (
        alt.Chart(_with_text_dates(rows))
        .mark_rect(cornerRadius=2, stroke="white", strokeOpacity=0.5, strokeWidth=1)
        .encode(
            x=alt.X("bucket:O", title=None, axis=_days(rows)),
            y=alt.Y("name:N", title=None, sort=order, axis=alt.Axis(labelLimit=210, domain=False, ticks=False)),
            color=alt.Color("tickets:Q", title="tickets", scale=alt.Scale(range=["#eef4f3", "#0f766e"], zero=True),
                            legend=alt.Legend(orient="top", gradientLength=120, gradientThickness=8, tickCount=3)),
            opacity=alt.condition(pick, alt.value(1), alt.value(0.35)),
            tooltip=[alt.Tooltip("name:N", title="topic"), alt.Tooltip("from:N", title="from"),
                     alt.Tooltip("tickets:Q", title="tickets")],
        )
        .add_params(pick)
        .properties(height=alt.Step(22))
    )  # fmt: skip


def finding_days(rows: pl.DataFrame) -> alt.Chart:
    """A finding's tickets a day."""
    rows = rows.with_columns(bucket=pl.col("day"), bucket_end=pl.col("day"))
    return (
        alt.Chart(_with_text_dates(rows))
        .mark_bar(cornerRadius=1, color=COLORS[0])
        .encode(
            x=alt.X("bucket:O", title=None, axis=_days(rows)),
            y=alt.Y("tickets:Q", title="tickets", axis=alt.Axis(tickCount=3, tickMinStep=1, domain=False, ticks=False)),
            tooltip=[alt.Tooltip("from:N", title="day"), alt.Tooltip("tickets:Q")],
        )
        .properties(height=160)
    )


def unassigned(rows: pl.DataFrame) -> alt.Chart:
    """The share of a week's tickets to which no intent was given."""
    return (
        alt.Chart(_with_text_dates(rows))
        .mark_bar(cornerRadius=1, color=COLORS[0])
        .encode(
            x=alt.X("bucket:O", title=None, axis=_days(rows)),
            y=alt.Y("share:Q", title="without an intent", scale=alt.Scale(domainMin=0),
                    axis=alt.Axis(format="%", tickCount=3, domain=False, ticks=False)),
            tooltip=[alt.Tooltip("from:N", title="week from"), alt.Tooltip("share:Q", format=".1%"),
                     alt.Tooltip("unassigned:Q", title="without"), alt.Tooltip("tickets:Q")],
        )
        .properties(height=220)
    )  # fmt: skip


def _with_text_dates(rows: pl.DataFrame) -> pl.DataFrame:
    """Dates as text: Vega would move a date by the reader's time zone."""
    return rows.with_columns(
        **{"bucket": pl.col("bucket").cast(pl.String), "from": pl.col("bucket").cast(pl.String),
           "to": pl.col("bucket_end").cast(pl.String)}
    ).drop([c for c in ("bucket_end", "day") if c in rows.columns])  # fmt: skip


def _days(rows: pl.DataFrame) -> alt.Axis:
    """At most eight labels, such as 3 Jun."""
    buckets = sorted({str(value) for value in rows["bucket"].to_list()})
    every = max(1, -(-len(buckets) // 8))
    label = "utcFormat(toDate(datum.value + 'T00:00:00Z'), '%-d %b')"
    return alt.Axis(values=buckets[::every], labelExpr=label, labelAngle=0, domain=False, ticks=False, grid=False)
