"""Intents by the product's own `fit_intents`: accuracy, calibration, abstaining, and telling the new from the unseen.

Banking77 (published split), also with ten examples an intent; turns of the MultiDoGO software chats (published split);
the topics that people chose on Firefox's support site, 2019 to 2020, also by locale: the other sets are in English
alone. Baselines are fitted on the same texts.
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
from sklearn.metrics import f1_score, log_loss, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline, make_pipeline, make_union
from sklearn.svm import LinearSVC

from flows.enrich.calibration import calibration_error
from flows.enrich.clean import clean
from flows.enrich.conversations import TEXT
from flows.enrich.embedding import TfidfSvdEmbedder
from flows.enrich.intent import Example, LinearIntentModel, fit_intents
from flows.enrich.models import IntentArtifact
from flows.enrich.novelty import UNSEEN, familiarity, novelty
from flows.enrich.protocols import Embedder, Prediction
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
    train, test = banking(data / "banking77")
    return [
        *_whole_banking(train, test),
        _few(train, test),
        *_unseen(train, test),
        *_multidogo(data / "multidogo_software"),
        *_firefox(data / "firefox" / "questions.parquet"),
    ]


def _whole_banking(train: Labelled, test: Labelled) -> list[Figure]:
    said = fit(train).predict(test[0])
    hit, confidence = hits(said, test[1]), np.array([p.confidence for p in said])
    regression = _regression(train)
    chances = regression.predict_proba(test[0])
    plain_hit = regression.classes_[chances.argmax(axis=1)] == np.array(test[1])
    sure = np.array([p.is_sure for p in said])
    return [
        Figure(
            "Banking77: accuracy", hit.mean(), 0.92,
            (("majority", _majority(train, test)), ("TF-IDF + SVM", _share(_plain(train, test[0]), test[1])),
             ("logistic regression", plain_hit.mean())),
        ),
        Figure(
            "Banking77: expected calibration error, 15 bins", calibration_error(confidence, hit), 0.02,
            (("logistic regression", calibration_error(chances.max(axis=1), plain_hit)),), at_most=True,
        ),
        Figure(
            "Banking77: accuracy on the surest 80%", surest(confidence, hit), 0.98,
            (("majority", _majority(train, test)), ("logistic regression", surest(chances.max(axis=1), plain_hit))),
        ),
        Figure("Banking77: share of texts whose intent is claimed", sure.mean()),
        Figure("Banking77: precision where an intent is claimed", hit[sure].mean(), None, (("all", hit.mean()),)),
    ]  # fmt: skip


def _few(train: Labelled, test: Labelled) -> Figure:
    """The mean over seeded draws of FEW examples an intent."""
    values, plain = [], []
    for seed in range(DRAWS):
        drawn = draw(train, seed)
        values.append(hits(fit(drawn).predict(test[0]), test[1]).mean())
        plain.append(_share(_plain(drawn, test[0]), test[1]))
    baselines = (("majority", _majority(train, test)), ("TF-IDF + SVM", float(np.mean(plain))))
    return Figure(
        f"Banking77: accuracy, {FEW} examples an intent, {DRAWS} draws", float(np.mean(values)), 0.79, baselines
    )


def draw(train: Labelled, seed: int) -> Labelled:
    """A seeded draw of FEW examples an intent."""
    taken: Counter[str] = Counter()
    drawn: Labelled = ([], [])
    for place in np.random.default_rng(seed).permutation(len(train[0])):
        text, label = train[0][place], train[1][place]
        if taken[label] < FEW:
            taken[label] += 1
            drawn[0].append(text)
            drawn[1].append(label)
    return drawn


def _unseen(train: Labelled, test: Labelled) -> list[Figure]:
    """Of what is abstained from: are intents that nobody labelled less familiar than those known? How familiarity is
    told was chosen on other intents left out, and on texts of the training part."""
    names = sorted(set(train[1]))
    left_out = set(np.random.default_rng(0).permutation(names)[:LEFT_OUT].tolist())
    known = [(text, label) for text, label in zip(*train, strict=True) if label not in left_out]
    texts, labels = [text for text, _ in known], [label for _, label in known]
    ids = list(map(str, range(len(texts))))
    model = fit((texts, labels), is_in_time=True)  # so that each text has its id; by time they hold other intents
    embedder = TfidfSvdEmbedder.fit(texts, common_words(texts, ["en"] * len(texts)))
    artifact = IntentArtifact(model, ids, labels, embedder.encode(texts), "")
    said = model.predict(test[0])
    rejected = [place for place, prediction in enumerate(said) if not prediction.is_sure]
    near = artifact.nearest([""] * len(rejected), embedder.encode([test[0][place] for place in rejected]))
    likeness = [tickets[0]["similarity"] if tickets else 0.0 for tickets in near]
    familiar = [familiarity(said[place].fit, tickets) for place, tickets in zip(rejected, near, strict=True)]
    is_unseen = np.array([test[1][place] in left_out for place in rejected])
    confidence = [said[place].confidence for place in rejected]
    called = np.array([novelty(value, artifact.least_familiarity) == UNSEEN for value in familiar])
    what = f"Banking77 without {LEFT_OUT} intents, {len(rejected)} abstained"
    baselines = [
        (name, _auc(is_unseen, values)) for name, values in (("confidence", confidence), ("likeness", likeness))
    ]
    return [
        Figure(f"{what}: AUROC of unseen, by familiarity", _auc(is_unseen, familiar), None,
               (("chance", 0.5), *baselines)),
        Figure(f"{what}: precision of unseen", is_unseen[called].mean(), None, (("all", is_unseen.mean()),)),
        Figure(f"{what}: recall of unseen", called[is_unseen].mean(), None,
               (("of the known", called[~is_unseen].mean()),)),
    ]  # fmt: skip


def _auc(is_unseen: NDArray[np.bool_], familiar: list[float]) -> float:
    return float(roc_auc_score(is_unseen, -np.array(familiar)))


def _multidogo(folder: Path) -> list[Figure]:
    train, test = multidogo(folder)
    return _macro("MultiDoGO software", train, test[1], fit(train).predict(test[0]), _plain(train, test[0]), 0.72)


def multidogo(folder: Path) -> tuple[Labelled, Labelled]:
    """The published training and test parts: turns and their intents."""

    def read(part: str) -> Labelled:
        rows = [line.split("\t") for line in (folder / f"{part}.tsv").read_text().splitlines()[1:]]
        rows = [row for row in rows if len(row) == 6]
        return [row[3] for row in rows], [row[5] for row in rows]

    return read("train"), read("test")


def _firefox(path: Path) -> list[Figure]:
    """Of all questions and of those of each language: people of the whole world are helped with one taxonomy."""
    train, test, locales = firefox(path)
    said = fit(train, is_in_time=True).predict(test[0])
    plain = _plain(train, test[0])
    found = _macro("Firefox topics, 2019 to 2020", train, test[1], said, plain, 0.55)
    sizes = Counter(locales)
    named = np.array([name if sizes[name] >= MIN_LANGUAGE else "other locales" for name in locales])
    for locale in sorted(set(named)):
        here = np.flatnonzero(named == locale)
        truth, own, simple = ([labels[place] for place in here] for labels in (test[1], _intents(said), plain))
        baselines = (("majority", f1(truth, _commonest(train, truth))), ("TF-IDF + SVM", f1(truth, simple)))
        what = f"Firefox topics: macro F1, {locale}, {len(here)} questions"
        found.append(Figure(what, f1(truth, own), None, baselines))
    return found


def firefox(path: Path) -> tuple[Labelled, Labelled, list[str]]:
    """Questions of 2019 and of 2020 with the topic chosen by the user, and the locales of the latter."""
    rows = pl.read_parquet(path).filter(pl.col("topic") != "other").sort("created", "id")
    rows = rows.with_columns(year=pl.col("created").dt.year())
    first = rows.filter(pl.col("year") == 2019)
    topics = first["topic"].value_counts().sort("count", "topic", descending=[True, False])["topic"][:FIREFOX_TOPICS]
    rows = rows.filter(pl.col("topic").is_in(topics.to_list()))

    def read(part: pl.DataFrame) -> Labelled:
        texts = [f"{title}\n{clean(body).text[:TEXT]}" for title, body in part.select("title", "body").iter_rows()]
        return texts, part["topic"].to_list()

    later = rows.filter(pl.col("year") == 2020)
    return read(rows.filter(pl.col("year") == 2019)), read(later), later["locale"].to_list()


def fit(train: Labelled, *, is_in_time: bool = False, embedder: Embedder | None = None) -> LinearIntentModel:
    """The product's model. Texts without times are given as seed examples."""
    ids = [str(place) if is_in_time else None for place in range(len(train[0]))]
    rows = zip(*train, ids, strict=True)
    examples = [Example(text, label, ticket_id=ticket_id) for text, label, ticket_id in rows]
    return fit_intents("benchmark", examples, embedder=embedder)[0]


def _macro(
    what: str, train: Labelled, truth: list[str], predictions: list[Prediction], plain: list[str], target: float
) -> list[Figure]:
    """Macro F1, and the accuracy beside it."""
    said, simpler = _intents(predictions), (("majority", _commonest(train, truth)), ("TF-IDF + SVM", plain))
    return [
        Figure(f"{what}: macro F1", f1(truth, said), target, tuple((name, f1(truth, own)) for name, own in simpler)),
        Figure(
            f"{what}: accuracy", _share(said, truth), None, tuple((name, _share(own, truth)) for name, own in simpler)
        ),
    ]


def _intents(said: list[Prediction]) -> list[str]:
    return [prediction.intent for prediction in said]


def _commonest(train: Labelled, truth: list[str]) -> list[str]:
    return [Counter(train[1]).most_common(1)[0][0]] * len(truth)


def f1(truth: list[str], said: list[str]) -> float:
    return float(f1_score(truth, said, average="macro", zero_division=0.0))


def _regression(train: Labelled) -> Pipeline:
    """Logistic regression on TF-IDF, its C the one under which a held-out fifth of the training part is likeliest."""

    def fitted(texts: list[str], labels: list[str], penalty: float) -> Pipeline:
        regression = LogisticRegression(C=penalty, max_iter=200, tol=1e-3)
        return make_pipeline(TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True), regression).fit(
            texts, labels
        )

    texts, other, labels, truth = train_test_split(*train, test_size=0.2, stratify=train[1], random_state=0)
    losses = {}
    for penalty in (1.0, 10.0, 100.0, 1000.0):
        regression = fitted(texts, labels, penalty)
        losses[penalty] = log_loss(truth, regression.predict_proba(other), labels=regression.classes_)
    return fitted(*train, min(losses, key=lambda penalty: losses[penalty]))


def _plain(train: Labelled, texts: list[str]) -> list[str]:
    """What the simplest classifier says: a support vector machine on TF-IDF of words and characters."""
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    both = make_union(words, TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True))
    guess: list[str] = make_pipeline(both, LinearSVC(random_state=0)).fit(*train).predict(texts).tolist()
    return guess


def _share(said: list[str], truth: list[str]) -> float:
    return float(np.mean([one == other for one, other in zip(said, truth, strict=True)]))


def hits(said: list[Prediction], truth: list[str]) -> NDArray[np.bool_]:
    return np.array([prediction.intent for prediction in said]) == np.array(truth)


def _majority(train: Labelled, test: Labelled) -> float:
    common = Counter(train[1]).most_common(1)[0][0]
    return float(np.mean([label == common for label in test[1]]))


def surest(confidence: NDArray[np.float64], hit: NDArray[np.bool_]) -> float:
    """Accuracy on the CONFIDENT share of the texts."""
    first = np.argsort(-confidence, kind="stable")[: int(CONFIDENT * len(hit))]
    return float(hit[first].mean())


def banking(folder: Path) -> tuple[Labelled, Labelled]:
    """The published training and test parts."""

    def read(part: str) -> Labelled:
        rows = list(csv.DictReader((folder / f"{part}.csv").open()))
        return [row["text"] for row in rows], [row["category"] for row in rows]

    return read("train"), read("test")
