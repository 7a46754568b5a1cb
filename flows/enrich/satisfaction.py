"""How likely a customer is to rate a ticket as good, learned from the ratings that the company has.

A logistic regression over what the conversation shows (FEATURES), so that each feature's part in a prediction can be
told. It is fitted on the older ratings and measured on the newest ones; its probabilities are calibrated on ratings
that are later than those that each was predicted from (Platt scaling: Platt 1999). A model comes into force only where
it tells the newest ratings better than the share of good ones does: a lower log loss, by more than chance (SURE
standard errors of the difference, rating by rating).

MIN_RARER and MIN_RATINGS: about ten ratings of the rarer kind for each feature are needed before weights mean anything
(Peduzzi et al., Journal of Clinical Epidemiology 1996), and some of them are held out.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import orjson
import polars as pl
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import TimeSeriesSplit

from flows.core.keys import digest
from flows.core.run import Run
from flows.enrich import sentiment
from flows.enrich.batches import count
from flows.enrich.calibration import calibration_error
from flows.enrich.models import Models
from flows.enrich.scope import note, to_follow

log = logging.getLogger("groundswell")

VERSION = 1
NAME = "satisfaction"
MIN_RATINGS = 300
MIN_RARER = 100
MAX_RATINGS = 20_000  # the newest
HELD_OUT = 0.2
FOLDS = 5
REFIT_GROWTH = 0.1
C = 0.1
REASONS = 3
SURE = 1.645  # 95%, one-sided

Floats = NDArray[np.float64]

FEATURES = (
    "sentiment_first", "sentiment_last", "sentiment_lowest", "sentiment_slope", "markers", "sour_tone",
    "customer_messages", "agent_messages", "reopened", "first_reply_hours", "longest_wait_hours",
)  # fmt: skip
_COUNTS = ("markers", "customer_messages", "agent_messages", "first_reply_hours", "longest_wait_hours")  # logarithms

# What a conversation had shown by a moment: one row a ticket of `asked` (ticket_id, until) that an agent has answered.
_SHOWN = """
    with asked as ({asked}),
    said as (
        select m.ticket_id, m.message_id, m.author_role, m.sent_at, m.position, read.sentiment,
            lag(m.author_role) over (partition by m.ticket_id order by m.position) as before_role,
            lag(m.sent_at) over (partition by m.ticket_id order by m.position) as before_at
        from intermediate.int_messages as m
        inner join asked on asked.ticket_id = m.ticket_id and m.sent_at <= asked.until
        left join (select * from enrich.messages where ticket_id in (select ticket_id from asked)) as read
            on read.message_id = m.message_id
        where m.is_public is not false and m.author_role in ('customer', 'agent')
            and not coalesce(read.is_automatic, false)
    ),
    spoken as (
        select ticket_id,
            list(sentiment order by position, message_id) filter (sentiment is not null) as sentiments,
            count(*) filter (author_role = 'customer') as customer_messages,
            count(*) filter (author_role = 'agent') as agent_messages,
            date_diff('second', min(sent_at), min(sent_at) filter (author_role = 'agent')) / 3600 as first_reply_hours,
            max(date_diff('second', before_at, sent_at) / 3600)
                filter (author_role = 'agent' and before_role = 'customer') as longest_wait_hours
        from said
        group by ticket_id
    ),
    shown as (
        select said.ticket_id,
            count(distinct signals.name) filter (signals.kind = 'marker') as markers,
            max((signals.kind = 'tone' and signals.name in ('angry', 'frustrated'))::integer) as sour_tone
        from said
        inner join enrich.signals as signals on signals.message_id = said.message_id
        group by said.ticket_id
    ),
    reopened as (
        select events.ticket_id, 1 as reopened
        from intermediate.int_ticket_events as events
        inner join asked on asked.ticket_id = events.ticket_id and events.occurred_at <= asked.until
        where events.event_type = 'status' and events.previous_value in ('solved', 'closed')
            and events.new_value not in ('solved', 'closed')
        group by events.ticket_id
    )
    select asked.ticket_id, spoken.* exclude (ticket_id), coalesce(shown.markers, 0) as markers,
        coalesce(shown.sour_tone, 0) as sour_tone, coalesce(reopened.reopened, 0) as reopened
    from asked
    inner join spoken on spoken.ticket_id = asked.ticket_id
    left join shown on shown.ticket_id = asked.ticket_id
    left join reopened on reopened.ticket_id = asked.ticket_id
    where spoken.agent_messages > 0 and spoken.customer_messages > 0
    order by asked.ticket_id
"""
# The newest rating of a ticket, and of what was said until then.
_RATED = f"""
    select ticket_id, max(rated_at) as until, arg_max(score = 'good', (rated_at, rating_id)) as is_good,
        count(*) over () as in_all
    from intermediate.int_satisfaction_ratings
    group by ticket_id
    order by until desc, ticket_id
    limit {MAX_RATINGS}
"""
_UNJUDGED = """
    create or replace temp table unjudged_tickets as
    select ticket_id, 'infinity'::timestamp as until from enrich.tickets
    where satisfaction_model is distinct from $model_id and ticket_id in ({which})
"""
_EXPECT = """
    update enrich.tickets as ticket set satisfaction_expected = asked.expected,
        satisfaction_reasons = asked.reasons, satisfaction_model = $model_id
    from (
        select unjudged_tickets.ticket_id, judged.expected, judged.reasons
        from unjudged_tickets
        left join judged on judged.ticket_id = unjudged_tickets.ticket_id
    ) as asked
    where asked.ticket_id = ticket.ticket_id
"""


@dataclass(frozen=True)
class SatisfactionModel:
    """Rows of FEATURES to probabilities of a good rating. Missing values count as the mean."""

    model_id: str
    mean: Floats
    scale: Floats
    weights: Floats
    offset: float

    def margins(self, rows: Floats) -> Floats:
        margins: Floats = self._parts(rows).sum(axis=1) + self.offset
        return margins

    def expected(self, rows: Floats) -> list[float]:
        """A probability a row, rounded to 4 places."""
        return [round(float(chance), 4) for chance in expit(self.margins(rows))]

    def reasons(self, rows: Floats) -> list[str]:
        """JSON a row: the features that weigh most, with their part in the log odds."""
        out = []
        for parts in self._parts(rows):
            order = np.argsort(-np.abs(parts), kind="stable")[:REASONS]
            out.append(orjson.dumps([[FEATURES[k], round(float(parts[k]), 3)] for k in order if parts[k]]).decode())
        return out

    def _parts(self, rows: Floats) -> Floats:
        parts: Floats = np.nan_to_num((rows - self.mean) / self.scale) * self.weights
        return parts


def fit(rows: Floats, is_good: NDArray[np.bool_]) -> tuple[SatisfactionModel, dict[str, float]] | None:
    """The model of ratings in order of time, and how it did on the newest; None where there are too few of a kind, or
    where it tells the newest no better than the base rate, but for chance."""
    if not is_enough(len(is_good), int(is_good.sum())):
        return None
    first = len(is_good) - int(len(is_good) * HELD_OUT)
    older, newest = is_good[:first], is_good[first:]
    if older.all() or not older.any():
        return None
    chances = expit(_fitted("", rows[:first], older).margins(rows[first:]))
    losses, base = _losses(chances, newest), _losses(np.full(len(newest), older.mean()), newest)
    metrics = {
        "held_out": len(newest),
        "log_loss": losses.mean(),
        "log_loss_baseline": base.mean(),
        "accuracy": ((chances >= 0.5) == newest).mean(),
        "majority_baseline": (newest == (older.mean() >= 0.5)).mean(),
        "auc": roc_auc_score(newest, chances) if 0 < newest.sum() < len(newest) else 0.5,
        "ece": calibration_error(np.maximum(chances, 1 - chances), (chances >= 0.5) == newest),
        "share_good": is_good.mean(),
    }
    gain = base - losses
    if gain.mean() <= SURE * gain.std(ddof=1) / np.sqrt(len(gain)):
        return None
    model_id = f"satisfaction-{digest(str(VERSION), str(C), rows.tobytes().hex(), is_good.tobytes().hex())[:12]}"
    return _fitted(model_id, rows, is_good), {name: round(float(value), 4) for name, value in metrics.items()}


def _losses(chances: Floats, is_good: NDArray[np.bool_]) -> Floats:
    losses: Floats = -np.log(np.clip(np.where(is_good, chances, 1 - chances), 1e-12, None))
    return losses


def is_enough(ratings: int, good: int) -> bool:
    return ratings >= MIN_RATINGS and min(good, ratings - good) >= MIN_RARER


def _fitted(model_id: str, rows: Floats, is_good: NDArray[np.bool_]) -> SatisfactionModel:
    """Fitted on all rows, with margins scaled by those of each part of time under a model of the parts before it."""
    late: list[tuple[Floats, NDArray[np.bool_]]] = []
    for before, after in TimeSeriesSplit(FOLDS).split(rows):
        if 0 < is_good[before].sum() < len(before):
            late.append((_linear("", rows[before], is_good[before]).margins(rows[after]), is_good[after]))
    plain = _linear(model_id, rows, is_good)
    slope, offset = (
        _platt(np.concatenate([m for m, _ in late]), np.concatenate([y for _, y in late])) if late else (1, 0)
    )
    return SatisfactionModel(model_id, plain.mean, plain.scale, plain.weights * slope, plain.offset * slope + offset)


def _linear(model_id: str, rows: Floats, is_good: NDArray[np.bool_]) -> SatisfactionModel:
    known = ~np.isnan(rows)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, rows, 0).sum(axis=0) / count
    scale = np.sqrt(np.where(known, (rows - mean) ** 2, 0).sum(axis=0) / count)
    scale[scale < 1e-9] = 1.0
    found = LogisticRegression(C=C, max_iter=1_000).fit(np.nan_to_num((rows - mean) / scale), is_good)
    return SatisfactionModel(model_id, mean, scale, np.round(found.coef_[0], 6), round(float(found.intercept_[0]), 6))


def _platt(margins: Floats, is_good: NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and offset under which the ratings are likeliest; as it is where a slope would turn it round."""
    if is_good.all() or not is_good.any():
        return 1.0, 0.0
    found = LogisticRegression(C=1e3).fit(margins[:, None], is_good)
    slope, offset = round(float(found.coef_[0][0]), 6), round(float(found.intercept_[0]), 6)
    return (slope, offset) if slope > 0 else (1.0, 0.0)


def rows_of(shown: pl.DataFrame) -> Floats:
    """Rows of FEATURES for rows of conversations, NaN where unknown."""
    scores: list[list[float]] = [found or [] for found in shown["sentiments"].to_list()]
    columns: dict[str, Sequence[float | None]] = {
        "sentiment_first": [found[0] if found else None for found in scores],
        "sentiment_last": [found[-1] if found else None for found in scores],
        "sentiment_lowest": [min(found, default=None) for found in scores],
        "sentiment_slope": [sentiment.slope(found) for found in scores],
    }
    for name in FEATURES[len(columns) :]:
        values = shown[name].cast(pl.Float64)
        columns[name] = (values.clip(0).log1p() if name in _COUNTS else values).to_list()
    return np.array([columns[name] for name in FEATURES], dtype=np.float64).T


def fit_satisfaction(con: duckdb.DuckDBPyConnection, found: Models) -> None:
    """Fit the model when there are enough ratings and none is in force, its code changed, or ratings outgrew it.

    One that knew no more than their average is tried again when they have outgrown that trial.
    """
    rated = con.sql(_RATED).pl()
    if not is_enough(rated.height, int(rated["is_good"].sum())):
        return
    ratings = int(rated["in_all"][0])
    entry = found.entries.get(NAME, {})
    known = entry.get("parameters", {})
    then = known.get("ratings", entry["trained_on"]) if known.get("code") == VERSION else 0
    if ratings <= (1 + REFIT_GROWTH) * max(then, _tried(con)):
        return
    con.register("rated", rated.to_arrow())
    shown = con.sql(_SHOWN.format(asked="select ticket_id, until from rated")).pl()
    con.unregister("rated")
    shown = shown.join(rated, on="ticket_id").sort("until", "ticket_id")
    fitted = fit(rows_of(shown), shown["is_good"].to_numpy())
    if fitted is None:
        note(con, f"{NAME} tried", f"{VERSION} {ratings}")
        log.info("satisfaction: %s ratings tell no more than how many are good", f"{rated.height:,}")
        return
    model, metrics = fitted
    body = {"trained_on": rated.height, "metrics": metrics}
    body["parameters"] = {"code": VERSION, "C": C, "ratings": ratings}
    found.keep(NAME, model.model_id, model, body)
    log.info("satisfaction model: %s", metrics)


def _tried(con: duckdb.DuckDBPyConnection) -> int:
    """How many ratings there were when a model of them was last found to know nothing; 0 where none was."""
    found = con.execute("select rules from enrich.read_with where part = ?", [f"{NAME} tried"]).fetchall()
    code, _, ratings = (found[0][0] if found else "").partition(" ")
    return int(ratings) if code == str(VERSION) else 0


def expect_satisfaction(con: duckdb.DuckDBPyConnection, run: Run, found: Models) -> None:
    """Fill the columns of satisfaction of tickets that the model in force has not judged as they are now.

    Null where there is no model, and where no agent has answered: what such a customer would rate is not known.
    """
    model: SatisfactionModel | None = found.artifact(NAME)
    if model is None:
        return
    con.execute(_UNJUDGED.format(which=to_follow(con, NAME, model.model_id)), {"model_id": model.model_id})
    if count(con, "unjudged_tickets"):
        _judge(con, run, model)
    con.execute("drop table unjudged_tickets")
    note(con, NAME, model.model_id)


def _judge(con: duckdb.DuckDBPyConnection, run: Run, model: SatisfactionModel) -> None:
    """Write what is expected of unjudged_tickets."""
    shown = con.sql(_SHOWN.format(asked="select ticket_id, until from unjudged_tickets")).pl()
    rows: Any = rows_of(shown) if shown.height else np.zeros((0, len(FEATURES)))
    judged = shown.select("ticket_id").with_columns(
        expected=pl.Series(model.expected(rows), dtype=pl.Float64),
        reasons=pl.Series(model.reasons(rows), dtype=pl.String),
    )
    con.register("judged", judged.to_arrow())
    con.execute(_EXPECT, {"model_id": model.model_id})
    con.unregister("judged")
    run.report.count("enrich.satisfaction", judged.height)
