"""How likely it is that agents will call a ticket a bug: a linear model over the words of its own text.

The labels are what agents did: a ticket is a bug where one of their messages links an issue tracker or speaks of a bug
(`actions`: tracker, bug_noted). A company whose agents never do has no model, and its tickets no such score: the rules
of `symptoms` speak for them alone. The probability is calibrated on the newest tickets (Platt, 1999) and stands beside
`is_bug_like`, which says whether a problem is described.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from flows.core.keys import digest
from flows.core.run import Run
from flows.enrich import characters
from flows.enrich.batches import count, insert, read_table
from flows.enrich.calibration import calibration_error
from flows.enrich.conversations import documents, read_conversations
from flows.enrich.models import Models
from flows.enrich.scope import FRESH, note, to_follow
from flows.enrich.words import common_words

VERSION = 2
NAME = "bugs"
PARAMETERS: dict[str, Any] = {"C": 0.1, "held_out": 0.2, "characters": 600, "code": VERSION}
MIN_BUGS = 60  # tickets that agents called bugs, before anything is learned from them
MAX_EXAMPLES = 20_000  # the newest answered tickets
GROWTH = 0.1  # of tickets that are called bugs, from which the model is fitted again
REASONS = 5
BATCH = 1_000
CHUNK = 20_000
REREAD = 20_000  # tickets of an older model that a run reads again

Floats = NDArray[np.float64]

_ANSWERED = f"""
    select ticket_id, bool_or(list_has_any(actions, ['tracker', 'bug_noted'])) as is_bug,
        count_if(is_bug) over () as bugs_in_all
    from enrich.messages
    inner join intermediate.int_tickets using (ticket_id)
    where actions is not null and not coalesce(is_deleted, false) and not coalesce(is_spam, false)
    group by ticket_id, created_at
    order by created_at desc, ticket_id limit {MAX_EXAMPLES}
"""
# Tickets without a score of their text as it is, and REREAD of those whose score is an older model's.
_UNSCORED = f"""
    create or replace temp table unscored_tickets as
    with stale as (
        select read.ticket_id, scored.content_hash is not distinct from read.content_hash as is_older
        from (select ticket_id, content_hash from enrich.tickets where ticket_id in ({{which}})) as read
        left join (select * from enrich.bug_scores where ticket_id in ({{which}})) as scored
            on scored.ticket_id = read.ticket_id
        where scored.content_hash is distinct from read.content_hash or scored.model_id is distinct from $model_id
    ),
    wanted as (
        select ticket_id
        from stale
        qualify not is_older or row_number() over (partition by is_older order by ticket_id) <= {REREAD}
    )
    select row_number() over () as n, read.ticket_id, read.title, read.clean_text as text, read.content_hash
    from enrich.tickets as read
    inner join wanted on wanted.ticket_id = read.ticket_id
"""
_ORPHANS = """
    delete from enrich.bug_scores where ticket_id in (
        ({which}) except select ticket_id from enrich.tickets where ticket_id in ({which})
    )
"""


@dataclass(frozen=True)
class BugModel:
    """Texts to probabilities of being called a bug. Fit with `fit_bugs`."""

    model_id: str
    words: TfidfVectorizer
    characters: TfidfVectorizer
    weights: Floats
    offset: float
    slope: float  # of the calibration: probability = 1 / (1 + exp(-(slope * margin + base)))
    base: float
    tells: NDArray[np.bool_]  # of each of the words: whether it may be shown as a reason

    def probabilities(self, texts: list[str]) -> Floats:
        """One probability a text, rounded to four digits."""
        rows = _features(self.words, self.characters, texts)
        return _rounded(rows @ self.weights + self.offset, self.slope, self.base)

    def __call__(self, tickets: pl.DataFrame) -> pl.DataFrame:
        """Rows of enrich.bug_scores for tickets (ticket_id, title, text, content_hash), with the words that weighed
        most for a bug."""
        texts = documents(tickets)
        rows = _features(self.words, self.characters, texts)
        likeness = _rounded(rows @ self.weights + self.offset, self.slope, self.base)
        names = self.words.get_feature_names_out()
        reasons = []
        for row in range(len(texts)):
            columns = rows.indices[rows.indptr[row] : rows.indptr[row + 1]]
            values = rows.data[rows.indptr[row] : rows.indptr[row + 1]]
            is_word = columns < len(names)
            is_word[is_word] &= self.tells[columns[is_word]]
            pull = np.round(values[is_word] * self.weights[columns[is_word]], 6)
            best = np.lexsort((columns[is_word], -pull))[:REASONS]
            reasons.append([str(names[columns[is_word][place]]) for place in best if pull[place] > 0])
        return tickets.select("ticket_id", "content_hash").with_columns(
            likeness=pl.Series(likeness, dtype=pl.Float64),
            words=pl.Series(reasons, dtype=pl.List(pl.String)),
            model_id=pl.lit(self.model_id),
        )


def fit_bugs(
    texts: list[str], is_bug: list[bool], languages: list[str | None] | None = None
) -> tuple[BugModel, dict[str, float]]:
    """Fit on tickets in order of time, with metrics on the newest share, which also calibrates; then on all of them.
    Words that are common in a language, by `languages` or else in English, weigh like others and are no reason.

    Raises ValueError where the newest or the older ones are all of one kind.
    """
    truth = np.array(is_bug)
    words = TfidfVectorizer(
        token_pattern=r"(?u)\b\w\w+\b", ngram_range=(1, 2), sublinear_tf=True, min_df=3, max_features=200_000,
        dtype=np.float32,
    )  # fmt: skip
    grams = TfidfVectorizer(
        analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, min_df=5, max_features=150_000, dtype=np.float32
    )
    rows = hstack([words.fit_transform(texts), grams.fit_transform(_heads(texts))]).tocsr()
    first = len(texts) - int(len(texts) * PARAMETERS["held_out"])
    weights, offset = _fit(rows[:first], truth[:first])
    margins = rows[first:] @ weights + offset
    platt = LogisticRegression(C=1e6).fit(margins.reshape(-1, 1), truth[first:])
    slope, base = round(float(platt.coef_[0, 0]), 6), round(float(platt.intercept_[0]), 6)
    chances = _rounded(margins, slope, base)
    metrics = {
        "held_out": float(len(chances)),
        "auc": round(float(roc_auc_score(truth[first:], margins)), 4),
        "bug_share": round(float(truth.mean()), 4),
        "ece": round(calibration_error(chances, truth[first:]), 4),
    }
    weights, offset = _fit(rows, truth)
    told = sorted(digest(text, str(label)) for text, label in zip(texts, is_bug, strict=True))
    model_id = f"bugs-{digest(repr(sorted(PARAMETERS.items())), *told)[:12]}"
    common = common_words(texts, languages or [None] * len(texts))
    tells = np.array([not common.issuperset(name.split()) for name in words.get_feature_names_out()], dtype=bool)
    return BugModel(model_id, words, grams, weights, offset, slope, base, tells), metrics


def _fit(rows: csr_matrix, truth: NDArray[np.bool_]) -> tuple[Floats, float]:
    fitted = LogisticRegression(C=PARAMETERS["C"], class_weight="balanced", max_iter=300).fit(rows, truth)
    return np.round(fitted.coef_[0].astype(np.float64), 6), round(float(fitted.intercept_[0]), 6)


def _features(words: TfidfVectorizer, grams: TfidfVectorizer, texts: list[str]) -> csr_matrix:
    return hstack([characters.transform_words(words, texts), characters.transform(grams, _heads(texts))]).tocsr()


def _heads(texts: list[str]) -> list[str]:
    return [text[: PARAMETERS["characters"]] for text in texts]


def _rounded(margins: Floats, slope: float, base: float) -> Floats:
    chances: Floats = np.round(1 / (1 + np.exp(-np.clip(slope * margins + base, -30, 30))), 4)
    return chances


def train_bugs(con: duckdb.DuckDBPyConnection, found: Models) -> None:
    """Fit the model when there is none, its code changed, or agents have called GROWTH more tickets bugs."""
    labels = con.sql(_ANSWERED).pl()
    bugs = int(labels["is_bug"].sum() or 0)
    in_all = int(labels["bugs_in_all"].max() or 0)
    parameters = {**PARAMETERS, "bugs": in_all}
    entry = found.entries.get(NAME)
    if entry:
        old = entry["parameters"]
        is_same = all(old.get(name) == value for name, value in PARAMETERS.items())
        if is_same and in_all <= (1 + GROWTH) * old["bugs"]:
            return
    if bugs < MIN_BUGS or bugs == labels.height:
        return
    con.register("answered", labels.to_arrow())
    frame = read_conversations(con, "select ticket_id from answered").join(labels, on="ticket_id")
    con.unregister("answered")
    frame = frame.sort("created_at", "ticket_id")
    try:
        model, metrics = fit_bugs(documents(frame), frame["is_bug"].to_list(), frame["language"].to_list())
    except ValueError:  # bugs are called so by old tickets alone, or by new ones alone
        return
    found.keep(NAME, model.model_id, model, {"trained_on": frame.height, "parameters": parameters, "metrics": metrics})


def refresh_bug_scores(con: duckdb.DuckDBPyConnection, run: Run, found: Models) -> int:
    """Score the tickets that were read since, and REREAD of those that an older model has scored.

    Returns how many. Writes enrich.bug_scores: one row a ticket, none without a model.
    """
    model: BugModel | None = found.artifact(NAME)
    if model is None:
        con.execute("delete from enrich.bug_scores")
        note(con, NAME, None)
        return 0
    which = to_follow(con, NAME, model.model_id)
    con.execute(_ORPHANS.format(which=FRESH if which == FRESH else "select ticket_id from enrich.bug_scores"))
    con.execute(_UNSCORED.format(which=which), {"model_id": model.model_id})
    total = count(con, "unscored_tickets")
    con.execute("delete from enrich.bug_scores where ticket_id in (select ticket_id from unscored_tickets)")
    for rows in read_table(con, run, "unscored_tickets", model, BATCH, CHUNK):
        insert(con, "enrich.bug_scores", rows)
    con.execute("drop table unscored_tickets")
    if which != FRESH:
        older = con.execute("select 1 from enrich.bug_scores where model_id <> ? limit 1", [model.model_id]).fetchall()
        note(con, NAME, None if older else model.model_id)
    return total
