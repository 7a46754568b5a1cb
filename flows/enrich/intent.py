"""What the customer wants: a linear model over words, pairs of words and character n-grams, with calibrated confidence.

Fitted on (text, intent) pairs from the helpdesk's own categories and the seed examples; what an intent is called is
an example of it, too. One support vector machine an intent, and its centroid (Rocchio, 1971), which is better where
there are few examples: both are linear, so that their sum is one matrix of weights, and the words that weighed most
are what was computed. Where texts have sentence embeddings, their similarity to the labelled texts of each intent is
added (`neighbours`). Held-out tickets, the newest where times are known, choose what the model is made of (by macro
F1, since a rare intent matters as much as a frequent one), make probabilities of its margins (`calibration`) and give
each intent the threshold below which the model abstains (`thresholds`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.metrics import f1_score
from sklearn.preprocessing import normalize
from sklearn.svm import LinearSVC

from flows.core.keys import digest
from flows.enrich import features
from flows.enrich.calibration import Calibration, Floats, Places, calibration_error, fit_calibration
from flows.enrich.features import Features
from flows.enrich.neighbours import Neighbours, held_out
from flows.enrich.protocols import Embedder, Prediction
from flows.enrich.reliability import Bins, bins_of
from flows.enrich.thresholds import choose_thresholds

VERSION = 5
PARAMETERS = {"target_precision": 0.8, "held_out": 0.2, "name_weight": 2.0, "code": VERSION}
# What the held-out tickets choose from: C of the support vector machines; how far large intents count less (an example
# weighs the size of its intent to the power of minus this); how much a centroid counts beside its machine, and how much
# the similarity to labelled texts, where there are sentence embeddings.
PENALTIES = (0.2, 1.0)
BALANCES = (0.0, 0.5)
CENTROIDS = (0.0, 1.0, 3.0)
NEIGHBOURS = (0.0, 2.0)
MIN_SCORED = 5  # held-out examples before an intent is counted in that choice: fewer say little
MIN_HELD_OUT = 40
CHANGED_SHARE = 0.4  # total variation between two periods from which a helpdesk uses other categories
TOLERANCE = 0.03  # of the solver; a smaller one takes longer and changes no prediction to speak of
WORDS = 6
BATCH = 5_000


@dataclass(frozen=True)
class Example:
    """One labelled text. `ticket_id` is None for a seed example, `weight` says how much it counts."""

    text: str
    intent: str
    weight: float = 1.0
    ticket_id: str | None = None


class LinearIntentModel:
    """See the module. Fit with `fit_intents`, kept by `models`. `weights` are features by classes."""

    def __init__(
        self,
        model_id: str,
        features: Features,
        classes: list[str],
        weights: NDArray[np.float32],
        offsets: Floats,
        calibration: Calibration,
        thresholds: tuple[float, ...],
        bug_like: Mapping[str, bool] | None,
        near: tuple[float, Neighbours] | None = None,
    ) -> None:
        self.model_id = model_id
        self.features = features
        self.classes = classes
        self.weights = weights
        self.offsets = offsets
        self.calibration = calibration
        self.thresholds = thresholds
        self.bug_like = dict(bug_like) if bug_like is not None else None
        self.near = near  # how much they count, and the labelled texts
        self.held_out: Bins = []  # how it did on the tickets that were held out
        self.held_out_fit: dict[str, float] = {}  # how well each of these fits its best intent, by ticket

    def probabilities(self, texts: list[str]) -> Floats:
        """Texts by classes, rows sum to 1."""
        return self.calibration(self._margins(self.features(texts)))

    def _margins(self, rows: csr_matrix) -> Floats:
        margins: Floats = rows @ self.weights + self.offsets
        if self.near:
            share, neighbours = self.near
            margins += share * neighbours(self.features.points_of(rows))
        return margins

    def predict(self, texts: list[str]) -> list[Prediction]:
        """See `IntentModel.predict`."""
        out: list[Prediction] = []
        for start in range(0, len(texts), BATCH):
            out += self._predict(texts[start : start + BATCH])
        return out

    def _predict(self, texts: list[str]) -> list[Prediction]:
        rows = self.features(texts)
        margins = self._margins(rows)
        chances = self.calibration(margins)
        order = np.argsort(-chances, axis=1, kind="stable")
        bugs = None if self.bug_like is None else np.array([self.bug_like.get(name, False) for name in self.classes])
        out = []
        for row, (chance, best) in enumerate(zip(chances, order, strict=True)):
            top = int(best[0])
            out.append(
                Prediction(
                    intent=self.classes[top],
                    confidence=round(float(chance[top]), 4),
                    threshold=self.thresholds[top],
                    second=self.classes[int(best[1])],
                    words=self._reasons(rows, row, top),
                    bug_share=None if bugs is None else round(float(chance[bugs].sum()), 4),
                    fit=round(float(margins[row, top]), 4),
                )
            )
        return out

    def _reasons(self, rows: csr_matrix, row: int, top: int) -> tuple[tuple[str, float], ...]:
        """The words and pairs of words of the text that speak most for the class `top`."""
        names = self.features.readable
        found = rows.indices[rows.indptr[row] : rows.indptr[row + 1]]
        values = rows.data[rows.indptr[row] : rows.indptr[row + 1]]
        can_be_read = found < len(names)
        found, values = found[can_be_read], values[can_be_read]
        pull = values * self.weights[found, top]
        best = np.argsort(-pull, kind="stable")[:WORDS]
        return tuple((str(names[found[i]]), round(float(pull[i]), 3)) for i in best if pull[i] > 0)


def model_id_of(name: str, examples: Sequence[Example], targets: Mapping[str, float] | None = None) -> str:
    """The id of the model that these examples give: hash of data, code version and parameters."""
    rows = sorted(digest(e.text, e.intent, str(e.weight), e.ticket_id or "") for e in examples)
    parameters = [*PARAMETERS.items(), *features.WEIGHTS.items(), *(targets or {}).items()]
    return f"intent-{digest(name, repr(sorted(parameters)), *rows)[:12]}"


def fit_intents(
    name: str,
    examples: Sequence[Example],
    *,
    called: Mapping[str, str] | None = None,
    targets: Mapping[str, float] | None = None,
    bug_like: Mapping[str, bool] | None = None,
    embedder: Embedder | None = None,
) -> tuple[LinearIntentModel, dict[str, float]]:
    """Fit on examples in order of time (seed examples first), with held-out metrics.

    `called` says what an intent is called in words, where its id does not; `targets` the precision that each intent
    must reach, PARAMETERS["target_precision"] where nothing is said; `bug_like` which intents are about bugs;
    `embedder` what texts are read with beside their words: its id is to be part of `name`.

    The newest share of the tickets is held out to fit the calibration and the thresholds and to measure; then the
    model is fitted again on everything. Held-out texts add to the vocabulary only. With too few tickets, or where the
    newest use other categories than the rest, every part of them is held out in turn (see `_folds`).
    Needs at least two intents.
    """
    classes = sorted({str(e.intent) for e in examples})
    titles = [Example((called or {}).get(c, c.replace("_", " ")), c, float(PARAMETERS["name_weight"])) for c in classes]
    folds = np.array([-1] * len(classes) + _folds(examples))
    examples = [*titles, *examples]
    read = Features(len(examples), embedder)
    rows = read.fit_transform([e.text for e in examples])
    labels = np.searchsorted(classes, [e.intent for e in examples])
    weight = np.array([e.weight for e in examples])
    held = folds >= 0
    truth = labels[held]
    sizes = np.bincount(truth, minlength=len(classes))
    counted = np.flatnonzero(sizes >= min(MIN_SCORED, max(sizes.max(), 1)))
    best = _Choice(PENALTIES[0], BALANCES[0], CENTROIDS[0], NEIGHBOURS[0], -1.0, np.zeros((0, len(classes))))
    points = read.points_of(rows) if embedder else None
    near = np.zeros((len(truth), len(classes))) if points is None else held_out(points, labels, weight, folds)
    for penalty, balance in product(PENALTIES, BALANCES) if len(counted) else ():
        machine, centroid = _held_out_margins(rows, labels, _balanced(weight, labels, balance), folds, penalty)
        for share, nearness in product(CENTROIDS, NEIGHBOURS if embedder else NEIGHBOURS[:1]):
            margins = machine + share * centroid + nearness * near
            said = margins.argmax(axis=1)
            score = round(f1_score(truth, said, labels=counted, average="macro", zero_division=0.0), 4)
            if score > best.score:
                best = _Choice(penalty, balance, share, nearness, score, margins)
    calibration = fit_calibration(best.margins, truth, np.bincount(labels))
    chances = calibration(best.margins)
    confidence, predicted = chances.max(axis=1), chances.argmax(axis=1)
    wanted = [(targets or {}).get(c, float(PARAMETERS["target_precision"])) for c in classes]
    thresholds = choose_thresholds(confidence, predicted, predicted == truth, wanted)
    metrics = _metrics(confidence, predicted, truth, np.array(thresholds), labels)
    machine, centroid, offsets = _fit(rows, labels, _balanced(weight, labels, best.balance), best.penalty)
    model = LinearIntentModel(
        model_id_of(name, examples, targets), read, classes, (machine + best.centroid * centroid).astype(np.float32),
        offsets, calibration, thresholds, bug_like,
        (best.near, Neighbours(points, labels, weight)) if points is not None and best.near else None,
    )  # fmt: skip
    model.held_out = bins_of(confidence, predicted == truth)
    asked = [example.ticket_id for example, is_held in zip(examples, held, strict=True) if is_held]
    fits = best.margins.max(axis=1).round(4).tolist()
    model.held_out_fit = {ticket_id: fit for ticket_id, fit in zip(asked, fits, strict=True) if ticket_id is not None}
    return model, metrics


class _Choice(NamedTuple):
    """What a model is made of, its macro F1 on the held-out examples, and its margins of them."""

    penalty: float
    balance: float
    centroid: float
    near: float
    score: float
    margins: Floats


def total_variation(one: Sequence[str], other: Sequence[str]) -> float:
    """How differently two lists use their labels: 0 for equal shares, 1 for nothing in common."""
    left, right = Counter(one), Counter(other)
    names = left.keys() | right.keys()
    return sum(abs(left[n] / max(len(one), 1) - right[n] / max(len(other), 1)) for n in names) / 2


def _folds(examples: Sequence[Example]) -> list[int]:
    """Which part each example is held out with, from 0 on; -1 for those that are never held out.

    The newest tickets are the only part, where there are enough of them and they use the categories of the rest.
    Else the examples of each intent are dealt out in turn: to all parts where there are few examples, so that each
    speaks once (cross-fitting); of many, one part says enough.
    """
    tickets = sum(e.ticket_id is not None for e in examples)
    held = float(PARAMETERS["held_out"])
    if tickets * held >= MIN_HELD_OUT:
        labels = [e.intent for e in examples if e.ticket_id is not None]
        first = tickets - int(tickets * held)
        if total_variation(labels[:first], labels[first:]) <= CHANGED_SHARE:
            place, folds = 0, []
            for example in examples:
                place += example.ticket_id is not None
                folds.append(0 if example.ticket_id is not None and place > first else -1)
            return folds
    parts = round(1 / held)
    is_large = len(examples) > features.LARGE
    seen: Counter[str] = Counter()
    folds = []
    for example in examples:
        part = seen[example.intent] % parts
        is_weak = example.weight < 1  # said by nobody whom calibration may believe
        folds.append(-1 if is_weak or (is_large and part) else part)
        seen[example.intent] += not is_weak
    return folds


def _balanced(weight: Floats, labels: Places, balance: float) -> Floats:
    """Weights of examples that count less in large intents, the same in sum."""
    balanced: Floats = weight * np.bincount(labels)[labels] ** -balance
    balanced *= weight.sum() / balanced.sum()
    return balanced


def _held_out_margins(
    rows: csr_matrix, labels: Places, weight: Floats, folds: Places, penalty: float
) -> tuple[Floats, Floats]:
    """Margins of the machines and similarities to the centroids, each for the held-out rows in order, by classes."""
    shape = (len(labels), labels.max() + 1)
    machines, centroids = np.zeros(shape), np.zeros(shape)
    for fold in range(folds.max() + 1):
        out = folds == fold
        machine, centroid, offsets = _fit(rows[~out], labels[~out], weight[~out], penalty)
        machines[out] = rows[out] @ machine + offsets
        centroids[out] = rows[out] @ centroid
    return machines[folds >= 0], centroids[folds >= 0]


def _fit(rows: csr_matrix, labels: Places, weight: Floats, penalty: float) -> tuple[Floats, Floats, Floats]:
    """Weights of one support vector machine a class, centroids of the classes (features by classes), and offsets.

    Labels are places of classes, each of which occurs.
    """
    svm = LinearSVC(C=penalty, tol=TOLERANCE, random_state=0).fit(rows, labels, sample_weight=weight)
    machine, offsets = svm.coef_, svm.intercept_
    if len(machine) == 1:  # scikit-learn keeps one row for two classes
        machine, offsets = np.vstack([-machine, machine]), np.concatenate([-offsets, offsets])
    members = csr_matrix((weight, (labels, np.arange(len(labels)))))
    return np.ascontiguousarray(machine.T), normalize(members @ rows).toarray().T, offsets


def _metrics(
    confidence: Floats, predicted: Places, truth: Places, thresholds: Floats, labels: Places
) -> dict[str, float]:
    """What the held-out tickets say: rounded, so that a model's entry in the journal is reproducible."""
    if not len(truth):
        return {"held_out": 0.0, "trained_on": float(len(labels))}
    hit = predicted == truth
    kept = confidence >= thresholds[predicted]
    values = {
        "held_out": len(truth),
        "trained_on": len(labels),
        "accuracy": hit.mean(),
        "majority_baseline": np.mean(truth == np.bincount(labels).argmax()),
        "ece": calibration_error(confidence, hit),
        "threshold": np.median(thresholds),
        "coverage": kept.mean(),
        "precision_when_kept": hit[kept].mean() if kept.any() else 0.0,
    }
    return {name: round(float(value), 4) for name, value in values.items()}
