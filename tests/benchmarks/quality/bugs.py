"""Thunderbird: is a ticket about a bug? It is where a helper links Bugzilla, which about 3% of them show: a weak label.

Trained on the tickets of 2023-01 to 2024-06 with what helpers had written by then, tested on those from 2024-07 on.
Texts go through the product's own cleaning, redaction, actions and model. The baseline is a logistic regression over
TF-IDF of words and word pairs on the link alone (with characters beside them it does worse). Spam is left out.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score

from flows.core.redaction import redact
from flows.enrich import signatures, symptoms
from flows.enrich.actions import actions_of
from flows.enrich.bugs import fit_bugs
from flows.enrich.clean import clean
from flows.enrich.conversations import documents
from flows.enrich.quotes import title_of
from flows.enrich.seeds import read_seeds
from tests.benchmarks.quality.figure import Figure

SETS = ("thunderbird/questions.parquet", "thunderbird/answers.parquet")
SPLIT = datetime(2024, 7, 1, tzinfo=UTC)
GAIN = 0.03  # over the baseline, on the same tickets
GAIN_WITH_SENTENCES = 0.04


def figures(data: Path) -> list[Figure]:
    tickets = read_tickets(data, datetime(2030, 1, 1, tzinfo=UTC))
    linked = dict(read_tickets(data, SPLIT, texts=False).select("id", "is_linked").iter_rows())  # as it was known
    before = (tickets["created"] < SPLIT).to_numpy()
    texts = np.array(documents(tickets), dtype=object)
    truth = tickets["is_linked"].to_numpy()[~before]
    known = np.array([linked[ticket] for ticket in tickets["id"].to_list()])[before]

    learned = tickets.filter(before & tickets["is_answered"].to_numpy())
    model, _ = fit_bugs(documents(learned), learned["is_called_bug"].to_list())
    chances = model.probabilities(texts[~before].tolist())
    rules = rule_scores(tickets.filter(~before))

    words = TfidfVectorizer(ngram_range=(1, 2), min_df=3, sublinear_tf=True)
    plain = LogisticRegression(class_weight="balanced", max_iter=300).fit(words.fit_transform(texts[before]), known)
    base = plain.decision_function(words.transform(texts[~before]))
    auc = float(roc_auc_score(truth, base))
    on_links, _ = fit_bugs(texts[before].tolist(), known.tolist())
    narrow = float(roc_auc_score(truth, on_links.probabilities(texts[~before].tolist())))
    share = float(truth.mean())
    ours = float(roc_auc_score(truth, chances))
    baselines = (
        ("TF-IDF + logistic regression", auc),
        ("our model on links alone", narrow),
        ("rules alone", float(roc_auc_score(truth, rules))),
        ("none", 0.5),
    )
    return [
        Figure("Thunderbird, is it a bug: AUC", ours, round(auc + GAIN, 3), baselines),
        # The model reads words alone, whatever embedder is configured.
        Figure(
            "Thunderbird, is it a bug: AUC, the same where a sentence embedder is configured",
            ours,
            round(auc + GAIN_WITH_SENTENCES, 3),
            baselines,
        ),
        Figure(
            "Thunderbird, is it a bug: average precision",
            float(average_precision_score(truth, chances)),
            None,
            (("TF-IDF + logistic regression", float(average_precision_score(truth, base))), ("none", share)),
        ),
    ]


def read_tickets(data: Path, until: datetime, *, texts: bool = True) -> pl.DataFrame:
    """Tickets in order of time, with what helpers had written by `until`: is_linked, is_called_bug, is_answered; with
    `title`, `text` and `signature` where texts are asked for."""
    questions = pl.read_parquet(data / SETS[0]).filter(pl.col("is_spam").fill_null("false") != "true")
    answers = pl.read_parquet(data / SETS[1]).filter(~pl.col("by_asker") & (pl.col("created") < until))
    linked = set(answers.filter(pl.col("bug_links") != "")["question_id"].to_list())
    tickets = questions.sort("created", "id").with_columns(is_linked=pl.col("id").is_in(list(linked)))
    if not texts:
        return tickets
    early = answers.filter(pl.col("created") < SPLIT)
    called = {
        ticket
        for ticket, body in early.select("question_id", "body").iter_rows()
        if {"tracker", "bug_noted"} & set(actions_of(redact(clean(body, "html").text)))
    }
    rows = []
    for subject, body in tickets.select("title", "body").iter_rows():
        cleaned = clean(body, "html")
        text = redact(cleaned.text)
        title = title_of(redact(subject or ""), text)
        rows.append((title, text, signatures.find_signature(f"{title}\n{text}", redact(cleaned.code)).signature))
    read = pl.DataFrame(rows, schema={"title": pl.String, "text": pl.String, "signature": pl.String}, orient="row")
    return (
        tickets.drop("title")
        .hstack(read)
        .with_columns(
            is_called_bug=pl.col("id").is_in(list(called)),
            is_answered=pl.col("id").is_in(early["question_id"].unique().to_list()),
        )
    )


def rule_scores(tickets: pl.DataFrame) -> np.ndarray:
    """What the rules say without a model: how far the evidence of a problem exceeds that of a question."""
    seeds = read_seeds(Path(__file__).parents[3] / "dbt_project")
    found = symptoms.score_symptoms(tickets["title"], tickets["text"], seeds.symptoms)
    evidence = found["problem"].to_numpy() + 2.0 * tickets["signature"].is_not_null().to_numpy()
    return np.asarray(evidence - found["question"].to_numpy())
