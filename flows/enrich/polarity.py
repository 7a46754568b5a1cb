"""How a message feels, by a linear model of a company's own labelled messages, for those who have them.

Words and word pairs (emoticons and runs of marks are words), character n-grams, and what the lexicon of `sentiment`
says of the sentences, with negation, emphasis and marks: one support vector machine a class, whose margins become
probabilities (`calibration`). The features follow Senti4SD (Calefato et al., Empirical Software Engineering 2018),
without its word vectors. Without labels the lexicon alone scores messages.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.svm import LinearSVC

from flows.core import redaction
from flows.core.errors import ConfigError
from flows.core.keys import digest
from flows.core.run import Run
from flows.enrich import characters, sentiment
from flows.enrich.calibration import Calibration, fit_calibration
from flows.enrich.models import Models
from flows.enrich.scope import is_read_with, note
from flows.enrich.sentences import sentences

VERSION = 2
NAME = "polarity"
LABELS = "sentiment_labels.csv"  # in dbt_project/seeds: message_id, polarity (one of CLASSES)
# From here on the model was ahead of the lexicon in each of several draws of labels, by more than their chance: 0.06
# of macro F1 or more, where the standard error is 0.025.
MIN_LABELS = 300
MIN_OF_A_CLASS = 30
CLASSES = ("negative", "neutral", "positive")
C = 0.15
FOLDS = 5
SAMPLE = 2_000  # characters that are looked at

Floats = NDArray[np.float64]

_EMOTICON = r"[:;=x8][-o'^]?[)\](\[dpo/|\\*3]+(?!\w)|<3"
_TOKEN = rf"(?u)https?://\S+|@\w+|{_EMOTICON}|\w+(?:'\w+)?|[!?]+|\.\.+"
_HAPPY, _SAD = re.compile(r"[:;=]-?[)\]dp](?!\w)|<3"), re.compile(r"[:;=]'?-?[(\[/|]")
_NEGATION = re.compile(r"\b(?:not|no|never|none|nothing|nobody|neither|nor|cannot|without|hardly|barely)\b|n't\b")
_WORD = re.compile(r"[^\W\d_]{2,}")


class PolarityModel:
    """See the module. Fitted by `fit_polarity`."""

    def __init__(self, texts: Sequence[str], labels: Sequence[str]) -> None:
        self.model_id = model_id_of(texts, labels)
        self._words = TfidfVectorizer(
            token_pattern=_TOKEN, ngram_range=(1, 2), min_df=2, sublinear_tf=True, dtype=np.float32
        )
        self._characters = TfidfVectorizer(
            analyzer="char_wb", ngram_range=(2, 5), min_df=3, sublinear_tf=True, dtype=np.float32
        )
        samples = [redaction.kinds_only(text[:SAMPLE]) for text in texts]
        shown = np.array([_shown(text) for text in samples])
        self._mean, self._scale = shown.mean(axis=0), np.maximum(shown.std(axis=0), 1e-9) * np.sqrt(shown.shape[1])
        grams = self._characters.fit_transform(samples)
        joined = self._join(self._words.fit_transform(samples), grams, shown)
        truth = np.array([CLASSES.index(label) for label in labels])
        svm = LinearSVC(C=C, random_state=0)
        folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
        margins = cross_val_predict(svm, joined, truth, cv=folds, method="decision_function")
        self._calibration: Calibration = fit_calibration(margins, truth, np.bincount(truth))
        self.macro_f1 = round(float(f1_score(truth, margins.argmax(axis=1), average="macro")), 4)  # cross-validated
        svm.fit(joined, truth)
        self._weights, self._offsets = svm.coef_.astype(np.float32), svm.intercept_

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """Texts by CLASSES, rows sum to 1."""
        samples = [redaction.kinds_only(text[:SAMPLE]) for text in texts]
        shown = np.array([_shown(text) for text in samples])
        parts = self._words.transform(samples), characters.transform(self._characters, samples)
        return self._calibration(self._join(*parts, shown) @ self._weights.T + self._offsets)

    def scores(self, texts: Sequence[str]) -> list[float]:
        """-1 to 1: how much likelier a text is positive than negative, rounded to 4 places."""
        chances = self.probabilities(texts)
        return [round(float(value), 4) for value in chances[:, 2] - chances[:, 0]]

    def _join(self, words: csr_matrix, grams: csr_matrix, shown: Floats) -> csr_matrix:
        return hstack([words, grams, csr_matrix((shown - self._mean) / self._scale)]).tocsr()


def model_id_of(texts: Sequence[str], labels: Sequence[str]) -> str:
    """The id of the model that these labels give, in any order."""
    rows = sorted(digest(text, label) for text, label in zip(texts, labels, strict=True))
    return f"polarity-{digest(str(VERSION), str(sentiment.VERSION), str(C), *rows)[:12]}"


def fit_polarity(con: duckdb.DuckDBPyConnection, run: Run, found: Models) -> None:
    """Fit the model where enough messages are labelled, and those labels have not been fitted yet. It comes into force
    where it agrees with labels it has not seen better than the lexicon does."""
    labels = read_labels(run.settings.dbt_dir)
    con.register("labels", labels.to_arrow())
    rows = con.sql(
        "select read.clean_text, labels.polarity from enrich.messages as read"
        " inner join labels on labels.message_id = read.message_id"
        " where coalesce(read.language, 'en') = 'en' and read.clean_text <> '' order by read.message_id"
    ).fetchall()
    con.unregister("labels")
    if not is_enough([label for _, label in rows]):
        return
    texts, truth = [text for text, _ in rows], [label for _, label in rows]
    model_id = model_id_of(texts, truth)
    if found.entries.get(NAME, {}).get("model_id") == model_id or is_read_with(con, f"{NAME} tried", model_id):
        return
    model = PolarityModel(texts, truth)
    lexicon = [polarity_of(sentiment.score(text) or 0.0) for text in texts]
    metrics = {
        "macro_f1": model.macro_f1,
        "lexicon_baseline": round(float(f1_score(truth, lexicon, average="macro")), 4),
        "majority_baseline": round(max(Counter(truth).values()) / len(truth), 4),
    }
    if metrics["macro_f1"] <= metrics["lexicon_baseline"]:
        note(con, f"{NAME} tried", model_id)  # so that it is not fitted again to be found no better
    else:
        found.keep(NAME, model.model_id, model, {"trained_on": len(rows), "parameters": {"C": C}, "metrics": metrics})


def is_enough(labels: Sequence[str]) -> bool:
    counts = Counter(labels)
    return len(labels) >= MIN_LABELS and min(counts[name] for name in CLASSES) >= MIN_OF_A_CLASS


def read_labels(dbt_dir: Path) -> pl.DataFrame:
    """Messages that people have labelled: message_id, polarity. Raises ConfigError where the file is not right."""
    path = dbt_dir / "seeds" / LABELS
    schema = {"message_id": pl.String, "polarity": pl.String}
    if not path.exists():
        return pl.DataFrame(schema=schema)
    try:
        labels = pl.read_csv(path, infer_schema=False).select(*schema)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise ConfigError(f"{path} cannot be read ({error})", "Its columns are message_id and polarity.") from error
    unknown = set(labels["polarity"]) - set(CLASSES)
    if unknown:
        named = ", ".join(sorted(repr(name) for name in unknown))
        raise ConfigError(f"{path} holds {named}", f"A polarity is one of {', '.join(CLASSES)}.")
    return labels.unique("message_id", keep="last", maintain_order=True)


def polarity_of(score: float) -> str:
    """The class of a score, by the thresholds of VADER's authors."""
    return "positive" if score >= 0.05 else "negative" if score <= -0.05 else "neutral"


def _shown(text: str) -> list[float]:
    """What lexicon, negation, emphasis and marks show in a text: counts are logarithms, or shares of its words."""
    analyzer = sentiment.analyzer()
    spoken = sentences(text)[:30] or [""]
    scores = [analyzer.polarity_scores(sentence) for sentence in spoken]
    compound = [score["compound"] for score in scores]
    words = _WORD.findall(text)
    lowered = text.lower()
    felt = [value for word in lowered.split() if (value := analyzer.lexicon.get(word.strip(".,!?;:()\"'")))]
    above, below = [value for value in felt if value > 0], [-value for value in felt if value < 0]
    count = len(words) + 1
    return [
        sum(score["pos"] for score in scores) / len(scores),
        sum(score["neg"] for score in scores) / len(scores),
        sum(compound) / len(compound), max(compound), min(compound), compound[0], compound[-1],
        float(max(compound) > 0.05), float(min(compound) < -0.05), float(not any(compound)),
        max(above, default=0.0), max(below, default=0.0), np.log1p(len(above)), np.log1p(len(below)),
        sum(above) / count, sum(below) / count,
        np.log1p(len(_NEGATION.findall(lowered))), np.log1p(text.count("!")), np.log1p(text.count("?")),
        float("?!" in text or "!?" in text), float("..." in text),
        sum(len(word) > 2 and word.isupper() for word in words) / count,
        np.log1p(len(words)), np.log1p(len(_HAPPY.findall(lowered))), np.log1p(len(_SAD.findall(lowered))),
        float("http" in text), float("@" in text),
    ]  # fmt: skip
