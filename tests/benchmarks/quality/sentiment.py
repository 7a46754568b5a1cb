"""Polarity of developers' posts (Senti4SD: Calefato et al., Empirical Software Engineering 2018), published parts.

The model is the one that a company has fitted on its own labelled messages. Its parameters were chosen by
cross-validation on the training part.
"""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import f1_score
from sklearn.pipeline import make_pipeline, make_union
from sklearn.svm import LinearSVC
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from flows.enrich import sentiment
from flows.enrich.calibration import calibration_error
from flows.enrich.polarity import CLASSES, PolarityModel, polarity_of
from tests.benchmarks.quality.figure import Figure

SETS = ("senti4sd",)


def figures(data: Path) -> list[Figure]:
    texts, labels = _read(data / "senti4sd" / "train3098itemPOLARITY.csv")
    posts, truth = _read(data / "senti4sd" / "test1326itemPOLARITY.csv")
    chances = PolarityModel(texts, labels).probabilities(posts)
    predicted = [CLASSES[place] for place in chances.argmax(axis=1)]
    vader = SentimentIntensityAnalyzer()
    tfidf = make_pipeline(
        make_union(
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
            TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True),
        ),
        LinearSVC(random_state=0),
    )
    majority = Counter(labels).most_common(1)[0][0]
    baselines = {
        "majority": [majority] * len(posts),
        "VADER": [polarity_of(vader.polarity_scores(post)["compound"]) for post in posts],
        "TF-IDF + SVM": tfidf.fit(texts, labels).predict(posts).tolist(),
    }
    shipped = [polarity_of(sentiment.score(post) or 0.0) for post in posts]
    compared = tuple((name, _macro_f1(truth, found)) for name, found in baselines.items())
    confidence, hit = chances.max(axis=1), np.array(predicted) == np.array(truth)
    return [
        Figure("Senti4SD polarity, macro F1", _macro_f1(truth, predicted), 0.86, compared),
        Figure("Senti4SD polarity, expected calibration error", calibration_error(confidence, hit)),
        Figure(
            "Senti4SD polarity, macro F1 of the scorer without labels", _macro_f1(truth, shipped), None, compared[:2]
        ),
    ]


def _read(path: Path) -> tuple[list[str], list[str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        rows = [(row[2], row[1]) for row in csv.reader(lines, delimiter=";")]
    return [text for text, _ in rows], [label for _, label in rows]


def _macro_f1(truth: list[str], found: list[str]) -> float:
    return float(f1_score(truth, found, average="macro", labels=list(CLASSES), zero_division=0))
