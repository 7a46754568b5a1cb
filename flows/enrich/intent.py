"""What the customer wants: a linear model over words and character n-grams, with calibrated confidence.

Fitted on (text, intent) pairs from the helpdesk's own categories and the seed examples. One support vector
machine an intent; the margins become probabilities by a softmax whose temperature (Guo et al., ICML 2017) and
share of wrong labels are fitted on held-out tickets, the newest ones where times are known. Below `threshold`
the model abstains.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from flows.core.keys import digest
from flows.enrich import characters
from flows.enrich.calibration import Calibration, calibration_error, choose_threshold, fit_calibration
from flows.enrich.protocols import Prediction

VERSION = 2
PARAMETERS = {"C": 0.5, "word_weight": 0.7, "held_out": 0.2, "target_precision": 0.8, "code": VERSION}
MIN_HELD_OUT = 40
CHANGED_SHARE = 0.4  # total variation between two periods from which a helpdesk uses other categories
CHARACTERS = 250  # how much of a text the character n-grams look at: they cost the most and tell the least
WORDS = 6
BATCH = 5_000

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Example:
    """One labelled text. `ticket_id` is None for a seed example, `weight` says how much it counts."""

    text: str
    intent: str
    weight: float = 1.0
    ticket_id: str | None = None


class _Features:
    """Words and word pairs, and character n-grams within words, side by side."""

    def __init__(self, documents: int) -> None:
        large = documents > 3_000
        self.words = TfidfVectorizer(
            token_pattern=r"(?u)\b\w+\b", ngram_range=(1, 2), sublinear_tf=True, dtype=np.float32,
            min_df=2 if large else 1, max_features=120_000,
        )  # fmt: skip
        self.characters = TfidfVectorizer(
            analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, dtype=np.float32,
            min_df=3 if large else 1, max_features=150_000,
        )  # fmt: skip

    def fit_transform(self, texts: list[str]) -> csr_matrix:
        return self._join(self.words.fit_transform(texts), self.characters.fit_transform(_heads(texts)))

    def __call__(self, texts: list[str]) -> csr_matrix:
        return self._join(self.words.transform(texts), characters.transform(self.characters, _heads(texts)))

    @staticmethod
    def _join(words: csr_matrix, characters: csr_matrix) -> csr_matrix:
        return hstack([words * PARAMETERS["word_weight"], characters]).tocsr()


def _heads(texts: list[str]) -> list[str]:
    return [text[:CHARACTERS] for text in texts]


class LinearIntentModel:
    """See the module. Fit with `fit_intents`, kept by `models`."""

    def __init__(
        self,
        model_id: str,
        features: _Features,
        classes: list[str],
        weights: Floats,
        offsets: Floats,
        calibration: Calibration,
        threshold: float,
        bug_like: Mapping[str, bool] | None,
    ) -> None:
        self.model_id = model_id
        self.features = features
        self.classes = classes
        self.weights = weights
        self.offsets = offsets
        self.calibration = calibration
        self.threshold = threshold
        self.bug_like = dict(bug_like) if bug_like is not None else None

    def probabilities(self, texts: list[str]) -> Floats:
        """Texts by classes, rows sum to 1."""
        margins = self.features(texts) @ self.weights.T + self.offsets
        return self.calibration(margins)

    def predict(self, texts: list[str]) -> list[Prediction]:
        """See `IntentModel.predict`."""
        out: list[Prediction] = []
        for start in range(0, len(texts), BATCH):
            out += self._predict(texts[start : start + BATCH])
        return out

    def _predict(self, texts: list[str]) -> list[Prediction]:
        rows = self.features(texts)
        chances = self.calibration(rows @ self.weights.T + self.offsets)
        order = np.argsort(-chances, axis=1, kind="stable")
        bugs = None if self.bug_like is None else np.array([self.bug_like.get(name, False) for name in self.classes])
        names = self.features.words.get_feature_names_out()
        out = []
        for row, (chance, best) in enumerate(zip(chances, order, strict=True)):
            top = int(best[0])
            out.append(
                Prediction(
                    intent=self.classes[top],
                    confidence=round(float(chance[top]), 4),
                    threshold=self.threshold,
                    second=self.classes[int(best[1])] if len(best) > 1 else None,
                    words=self._reasons(rows, row, top, names),
                    bug_share=None if bugs is None else round(float(chance[bugs].sum()), 4),
                )
            )
        return out

    def _reasons(self, rows: csr_matrix, row: int, top: int, names: NDArray[Any]) -> tuple[tuple[str, float], ...]:
        """The words of the text that speak most for the class `top`."""
        found = rows.indices[rows.indptr[row] : rows.indptr[row + 1]]
        values = rows.data[rows.indptr[row] : rows.indptr[row + 1]]
        is_word = found < len(names)
        pull = values[is_word] * self.weights[top][found[is_word]]
        best = np.argsort(-pull, kind="stable")[:WORDS]
        return tuple((str(names[found[is_word][i]]), round(float(pull[i]), 3)) for i in best if pull[i] > 0)


def model_id_of(name: str, examples: Sequence[Example]) -> str:
    """The id of the model that these examples give: hash of data, code version and parameters."""
    rows = sorted(digest(e.text, e.intent, str(e.weight), e.ticket_id or "") for e in examples)
    return f"intent-{digest(name, repr(sorted(PARAMETERS.items())), *rows)[:12]}"


def fit_intents(
    name: str, examples: Sequence[Example], *, bug_like: Mapping[str, bool] | None = None
) -> tuple[LinearIntentModel, dict[str, float]]:
    """Fit on examples in order of time (seed examples first), with held-out metrics.

    The newest share of the tickets is held out to fit calibration and threshold and to measure; then the model
    is fitted again on everything. Held-out texts add to the vocabulary only. With too few tickets, or
    where the newest use other categories than the rest, a spread-out share is held out instead.
    Needs at least two intents.
    """
    features = _Features(len(examples))
    rows = features.fit_transform([e.text for e in examples])
    labels = np.array([e.intent for e in examples])
    weight = np.array([e.weight for e in examples])
    held = np.array(_held_out(examples))
    classes, weights, offsets = _fit(rows[~held], labels[~held], weight[~held])
    test = held & np.isin(labels, classes)
    truth = np.array([classes.index(label) for label in labels[test]], dtype=np.int64)
    margins = rows[test] @ weights.T + offsets
    calibration = fit_calibration(margins, truth)
    chances = calibration(margins)
    threshold = choose_threshold(
        chances.max(axis=1), chances.argmax(axis=1) == truth, float(PARAMETERS["target_precision"])
    )
    metrics = _metrics(chances, truth, threshold, labels[~held].tolist(), labels[test].tolist())
    classes, weights, offsets = _fit(rows, labels, weight)
    model = LinearIntentModel(
        model_id_of(name, examples), features, classes, weights, offsets, calibration, threshold, bug_like
    )
    return model, metrics


def total_variation(one: Sequence[str], other: Sequence[str]) -> float:
    """How differently two lists use their labels: 0 for equal shares, 1 for nothing in common."""
    left, right = Counter(one), Counter(other)
    names = left.keys() | right.keys()
    return sum(abs(left[n] / max(len(one), 1) - right[n] / max(len(other), 1)) for n in names) / 2


def _held_out(examples: Sequence[Example]) -> list[bool]:
    """The newest tickets; a spread-out share where there are few, or where the newest use other categories."""
    tickets = sum(e.ticket_id is not None for e in examples)
    share = float(PARAMETERS["held_out"])
    if tickets * share >= MIN_HELD_OUT:
        labels = [e.intent for e in examples if e.ticket_id is not None]
        first = tickets - int(tickets * share)
        if total_variation(labels[:first], labels[first:]) <= CHANGED_SHARE:
            place, held = 0, []
            for example in examples:
                place += example.ticket_id is not None
                held.append(example.ticket_id is not None and place > first)
            return held
    every = round(1 / share)
    seen: dict[str, int] = {}
    held = []
    for example in examples:
        seen[example.intent] = seen.get(example.intent, 0) + 1
        held.append(seen[example.intent] % every == 0)
    return held


def _fit(rows: csr_matrix, labels: NDArray[Any], weight: Floats) -> tuple[list[str], Floats, Floats]:
    """Classes, weights (classes by features) and offsets of one support vector machine a class."""
    svm = LinearSVC(C=PARAMETERS["C"], random_state=0).fit(rows, labels, sample_weight=weight)
    classes = [str(name) for name in svm.classes_]
    if len(classes) == 2:  # scikit-learn keeps one row for two classes
        weights, offsets = np.vstack([-svm.coef_, svm.coef_]), np.concatenate([-svm.intercept_, svm.intercept_])
        return classes, weights.astype(np.float32), offsets
    return classes, svm.coef_.astype(np.float32), svm.intercept_


def _metrics(
    chances: Floats, truth: NDArray[np.int64], threshold: float, train: list[str], test: list[str]
) -> dict[str, float]:
    """What the held-out tickets say: rounded, so that a model's entry in the journal is reproducible."""
    if not len(truth):
        return {"held_out": 0.0, "trained_on": float(len(train))}
    confidence, hit = chances.max(axis=1), chances.argmax(axis=1) == truth
    majority = max(sorted(set(train)), key=train.count)
    kept = confidence >= threshold
    values = {
        "held_out": len(truth),
        "trained_on": len(train),
        "accuracy": hit.mean(),
        "majority_baseline": np.mean([label == majority for label in test]),
        "ece": calibration_error(confidence, hit),
        "threshold": threshold,
        "coverage": kept.mean(),
        "precision_when_kept": hit[kept].mean() if kept.any() else 0.0,
    }
    return {name: round(float(value), 4) for name, value in values.items()}
