"""Intents by the product's own `fit_intents`: accuracy, calibration, abstaining, and telling the new from the unseen.

Banking77 (published split), also with ten examples an intent; turns of the MultiDoGO software chats (published split);
the topics that people chose on Firefox's support site, 2019 to 2020. Baselines are fitted on the same texts.
"""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, roc_auc_score
from sklearn.pipeline import make_pipeline, make_union
from sklearn.svm import LinearSVC

from flows.enrich.calibration import calibration_error
from flows.enrich.clean import clean
from flows.enrich.conversations import TEXT
from flows.enrich.embedding import TfidfSvdEmbedder
from flows.enrich.intent import Example, LinearIntentModel, fit_intents
from flows.enrich.models import IntentArtifact
from flows.enrich.protocols import Prediction
from flows.enrich.words import common_words
from tests.benchmarks.quality.figure import Figure

SETS = ("banking77", "multidogo_software", "firefox")
FEW = 10  # examples an intent
DRAWS = 3
CONFIDENT = 0.8  # the share of the texts that the model is most sure of
LEFT_OUT = 17  # intents of Banking77 that nobody has labelled
FIREFOX_TOPICS = 10
MIN_LANGUAGE = 100  # texts of a language before it has a figure of its own

Labelled = tuple[list[str], list[str]]


def figures(data: Path) -> list[Figure]:
    train, test = (_banking(data / "banking77" / f"{part}.csv") for part in ("train", "test"))
    return [
        *_whole_banking(train, test),
        _few(train, test),
        _unseen(train, test),
        *_multidogo(data / "multidogo_software"),
        *_firefox(data / "firefox" / "questions.parquet"),
    ]


def _whole_banking(train: Labelled, test: Labelled) -> list[Figure]:
    said = fit(train).predict(test[0])
    hit, confidence = _hits(said, test[1]), np.array([p.confidence for p in said])
    regression = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), min_df=2), LogisticRegression(max_iter=200)).fit(
        *train
    )
    chances = regression.predict_proba(test[0])
    plain_hit = regression.classes_[chances.argmax(axis=1)] == np.array(test[1])
    sure = np.array([p.is_sure for p in said])
    return [
        Figure(
            "Banking77: accuracy", hit.mean(), 0.92,
            (("majority", _majority(train, test)), ("TF-IDF + SVM", _share(_plain(train, test[0]), test[1]))),
        ),
        Figure(
            "Banking77: expected calibration error, 15 bins", calibration_error(confidence, hit), 0.02,
            (("logistic regression", calibration_error(chances.max(axis=1), plain_hit)),), at_most=True,
        ),
        Figure(
            "Banking77: accuracy on the surest 80%", _surest(confidence, hit), 0.98,
            (("logistic regression", _surest(chances.max(axis=1), plain_hit)),),
        ),
        Figure("Banking77: share of texts whose intent is claimed", sure.mean()),
        Figure("Banking77: precision where an intent is claimed", hit[sure].mean(), None, (("all", hit.mean()),)),
    ]  # fmt: skip


def _few(train: Labelled, test: Labelled) -> Figure:
    """The mean over seeded draws of FEW examples an intent."""
    values, plain = [], []
    for seed in range(DRAWS):
        order = np.random.default_rng(seed).permutation(len(train[0]))
        taken: Counter[str] = Counter()
        drawn: Labelled = ([], [])
        for place in order:
            text, label = train[0][place], train[1][place]
            if taken[label] < FEW:
                taken[label] += 1
                drawn[0].append(text)
                drawn[1].append(label)
        values.append(_hits(fit(drawn).predict(test[0]), test[1]).mean())
        plain.append(_share(_plain(drawn, test[0]), test[1]))
    baselines = (("majority", _majority(train, test)), ("TF-IDF + SVM", float(np.mean(plain))))
    return Figure(
        f"Banking77: accuracy, {FEW} examples an intent, {DRAWS} draws", float(np.mean(values)), 0.79, baselines
    )


def _unseen(train: Labelled, test: Labelled) -> Figure:
    """Of what is abstained from: are intents that nobody labelled less like the labelled tickets than those known?"""
    names = sorted(set(train[1]))
    left_out = set(np.random.default_rng(0).permutation(names)[:LEFT_OUT].tolist())
    known = [(text, label) for text, label in zip(*train, strict=True) if label not in left_out]
    texts, labels = [text for text, _ in known], [label for _, label in known]
    model = fit((texts, labels))
    embedder = TfidfSvdEmbedder.fit(texts, common_words(texts, ["en"] * len(texts)))
    artifact = IntentArtifact(model, list(map(str, range(len(texts)))), labels, embedder.encode(texts), "")
    said = model.predict(test[0])
    rejected = [place for place, prediction in enumerate(said) if not prediction.is_sure]
    near = artifact.nearest([""] * len(rejected), embedder.encode([test[0][place] for place in rejected]))
    likeness = [tickets[0]["similarity"] if tickets else 0.0 for tickets in near]
    is_unseen = [test[1][place] in left_out for place in rejected]
    confidence = [said[place].confidence for place in rejected]
    return Figure(
        f"Banking77 without {LEFT_OUT} intents: AUROC of unseen among {len(rejected)} abstained, by likeness",
        float(roc_auc_score(is_unseen, -np.array(likeness))), None,
        (("chance", 0.5), ("by confidence", float(roc_auc_score(is_unseen, -np.array(confidence))))),
    )  # fmt: skip


def _multidogo(folder: Path) -> list[Figure]:
    def read(part: str) -> Labelled:
        rows = [line.split("\t") for line in (folder / f"{part}.tsv").read_text().splitlines()[1:]]
        rows = [row for row in rows if len(row) == 6]
        return [row[3] for row in rows], [row[5] for row in rows]

    train, test = read("train"), read("test")
    said = [prediction.intent for prediction in fit(train).predict(test[0])]
    return [_macro("MultiDoGO software: macro F1", test[1], said, _plain(train, test[0]), train, 0.72)]


def _firefox(path: Path) -> list[Figure]:
    """Of all questions and of those of each language: people of the whole world are helped with one taxonomy."""
    rows = pl.read_parquet(path).filter(pl.col("topic") != "other").sort("created", "id")
    rows = rows.with_columns(year=pl.col("created").dt.year())
    first = rows.filter(pl.col("year") == 2019)
    topics = first["topic"].value_counts().sort("count", "topic", descending=[True, False])["topic"][:FIREFOX_TOPICS]
    rows = rows.filter(pl.col("topic").is_in(topics.to_list()))

    def read(part: pl.DataFrame) -> Labelled:
        texts = [f"{title}\n{clean(body).text[:TEXT]}" for title, body in part.select("title", "body").iter_rows()]
        return texts, part["topic"].to_list()

    train, later = read(rows.filter(pl.col("year") == 2019)), rows.filter(pl.col("year") == 2020)
    texts, truth = read(later)
    said = [prediction.intent for prediction in fit(train, is_in_time=True).predict(texts)]
    plain = _plain(train, texts)
    found = [_macro("Firefox topics, 2019 to 2020: macro F1", truth, said, plain, train, 0.55)]
    for locale in sorted(set(later["locale"])):
        here = [place for place, name in enumerate(later["locale"]) if name == locale]
        if len(here) >= MIN_LANGUAGE:
            own = [[labels[place] for place in here] for labels in (truth, said, plain)]
            found.append(_macro(f"Firefox topics: macro F1, {locale}, {len(here)} questions", *own, train, None))
    return found


def fit(train: Labelled, *, is_in_time: bool = False) -> LinearIntentModel:
    """The product's model. Texts without times are given as seed examples."""
    ids = [str(place) if is_in_time else None for place in range(len(train[0]))]
    rows = zip(*train, ids, strict=True)
    return fit_intents("benchmark", [Example(text, label, ticket_id=ticket_id) for text, label, ticket_id in rows])[0]


def _macro(
    what: str, truth: list[str], said: list[str], plain: list[str], train: Labelled, target: float | None
) -> Figure:
    common = [Counter(train[1]).most_common(1)[0][0]] * len(truth)
    return Figure(
        what, _f1(truth, said), target, (("majority", _f1(truth, common)), ("TF-IDF + SVM", _f1(truth, plain)))
    )


def _f1(truth: list[str], said: list[str]) -> float:
    return float(f1_score(truth, said, average="macro", zero_division=0.0))


def _plain(train: Labelled, texts: list[str]) -> list[str]:
    """What the simplest classifier says: a support vector machine on TF-IDF of words and characters."""
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    both = make_union(words, TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True))
    guess: list[str] = make_pipeline(both, LinearSVC(random_state=0)).fit(*train).predict(texts).tolist()
    return guess


def _share(said: list[str], truth: list[str]) -> float:
    return float(np.mean([one == other for one, other in zip(said, truth, strict=True)]))


def _hits(said: list[Prediction], truth: list[str]) -> NDArray[np.bool_]:
    return np.array([prediction.intent for prediction in said]) == np.array(truth)


def _majority(train: Labelled, test: Labelled) -> float:
    common = Counter(train[1]).most_common(1)[0][0]
    return float(np.mean([label == common for label in test[1]]))


def _surest(confidence: NDArray[np.float64], hit: NDArray[np.bool_]) -> float:
    """Accuracy on the CONFIDENT share of the texts."""
    first = np.argsort(-confidence, kind="stable")[: int(CONFIDENT * len(hit))]
    return float(hit[first].mean())


def _banking(path: Path) -> Labelled:
    rows = list(csv.DictReader(path.open()))
    return [row["text"] for row in rows], [row["category"] for row in rows]
