"""How topics live on: planted groups of points that divide, join, come back, or lie elsewhere in a new space."""

from __future__ import annotations

import numpy as np

from flows.enrich.assignment import Topic, attractors, nearest_topics, stands_for
from flows.enrich.lineage import Lineage
from flows.enrich.protocols import Matrix


def group(axis: int, size: int = 30, *, toward: int | None = None, dimensions: int = 16) -> Matrix:
    """Points round an axis, or half way between two."""
    centre = np.eye(dimensions)[axis] + (np.eye(dimensions)[toward] if toward is not None else 0)
    rows = centre + np.random.default_rng(axis).normal(0, 0.04, (size, dimensions))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def lineage(*centres: Matrix, size: int = 30, edited: bool = False, model_id: str = "new") -> Lineage:
    """Topics t0, t1, ... of the embedder `old`."""
    topics = {}
    for k, centre in enumerate(centres):
        born_at = f"2026-01-0{k + 1}"
        named = (f"t{k}", f"label {k}", [f"word{k}"], centre.tolist())
        topics[f"t{k}"] = Topic(*named, size, "live", "old", born_at, edited=edited)
    return Lineage(topics, model_id)


def rows(found: Lineage) -> list[tuple[str, str, str | None]]:
    return [(change.topic_id, change.change, change.related) for change in found.changes]


AXES = np.eye(16, dtype=np.float32)


def test_a_topic_goes_where_its_tickets_lie_in_a_new_space() -> None:
    found = lineage(AXES[0], AXES[1])
    points = np.vstack([group(7), group(8)])
    found.reanchor(points, np.array(["t0"] * 30 + ["t1"] * 30, dtype=object), lambda _words: AXES[15:])
    assert rows(found) == []
    assert nearest_topics(points, found.attractors())[0] == ["t0"] * 30 + ["t1"] * 30
    assert {topic.version for topic in found.topics.values()} == {"new"}


def test_a_topic_without_tickets_goes_where_its_words_lie_or_is_retired() -> None:
    found = lineage(AXES[0], AXES[1])
    nowhere = np.zeros((1, 16), dtype=np.float32)
    found.reanchor(group(3)[:0], np.array([], dtype=object), lambda words: AXES[9:10] if words == "word0" else nowhere)
    assert found.topics["t0"].centroid == AXES[9].tolist()
    assert rows(found) == [("t1", "retired", None)]


def test_where_all_is_forgotten_words_find_the_tickets_again() -> None:
    found = lineage(AXES[0], AXES[1])
    points = np.vstack([group(7, toward=9), group(8, toward=10)])
    words = {"word0": AXES[7:8], "word1": AXES[8:9]}
    found.reanchor(points, np.array([""] * 60, dtype=object), lambda text: words[text])
    assert np.dot(found.topics["t0"].centroid, points[0]) > 0.95
    assert nearest_topics(points, found.attractors())[0] == ["t0"] * 30 + ["t1"] * 30


def test_a_topic_whose_tickets_lie_apart_is_split_and_the_larger_part_keeps_the_id() -> None:
    found = lineage(AXES[0], model_id="old")
    points = np.vstack([group(2, 20), group(3, 40)])
    place = np.array(["t0"] * 60, dtype=object)
    found.split(points, place, ["t0"], 6)
    assert [(change, related) for _, change, related in rows(found)] == [("split", "t0")]
    child = rows(found)[0][0]
    assert nearest_topics(points, found.attractors())[0] == [child] * 20 + ["t0"] * 40


def test_a_topic_is_not_split_for_few_tickets_nor_against_peoples_will() -> None:
    points, place = np.vstack([group(2, 4), group(3, 56)]), np.array(["t0"] * 60, dtype=object)
    found = lineage(AXES[0], model_id="old")
    found.split(points, place, ["t0"], 6)
    assert rows(found) == []
    found = lineage(AXES[0], model_id="old", edited=True)
    found.split(np.vstack([group(2, 20), group(3, 40)]), place, ["t0"], 6)
    assert rows(found) == []


def test_topics_that_became_one_are_merged_into_the_larger_and_both_go_on_attracting() -> None:
    near = (AXES[0] + 0.3 * AXES[1]) / np.linalg.norm(AXES[0] + 0.3 * AXES[1])
    found = lineage(AXES[0], near, AXES[5], model_id="old")
    found.merge({"t0": 10, "t1": 40, "t2": 20})
    assert rows(found) == [("t0", "merged", "t1")]
    assert found.topics["t0"].status == "retired"
    assert [topic.topic_id for topic in found.attractors()] == ["t1", "t1", "t2"]
    assert nearest_topics(AXES[:1], found.attractors())[0] == ["t1"]
    found = lineage(AXES[0], near, model_id="old", edited=True)
    found.merge({"t0": 10, "t1": 40})
    assert rows(found) == []


def test_the_centroids_of_a_merged_topic_share_its_tickets_in_a_new_space() -> None:
    found = lineage(AXES[0], AXES[1])
    found.join("t1", "t0", 30)
    points = np.vstack([group(7), group(8)])
    words = {"word0": AXES[7:8], "word1": AXES[8:9]}
    found.reanchor(points, np.array(["t0"] * 60, dtype=object), lambda text: words[text])
    assert nearest_topics(points, found.attractors())[0] == ["t0"] * 60


def test_what_is_new_is_born_what_was_retired_comes_back_and_what_is_there_stays() -> None:
    found = lineage(AXES[0], AXES[1], model_id="old")
    found.count({"t0": 30, "t1": 2}, [])
    assert rows(found) == [("t1", "retired", None)]
    found.bear(AXES[[0, 1, 5]], [10, 11, 12])
    assert rows(found)[1] == ("t1", "revived", None)
    assert rows(found)[2][1:] == ("born", None)
    assert len(found.changes) == 3


def test_a_topic_has_grown_when_it_is_half_as_large_again() -> None:
    found = lineage(AXES[0], AXES[1], AXES[2], model_id="old")
    found.count({"t0": 45, "t1": 44, "t2": 90}, ["t0", "t1"])
    assert rows(found) == [("t0", "grown", None)]
    assert found.topics["t0"].size == 45
    assert found.topics["t2"].size == 30  # not looked at


def test_a_chain_of_merges_ends_in_the_topic_that_lives_and_a_circle_in_none() -> None:
    found = lineage(AXES[0], AXES[1], AXES[2], model_id="old")
    found.join("t0", "t1", 1)
    found.join("t1", "t2", 1)
    assert stands_for(found.topics, "t0") == "t2"
    found.join("t2", "t0", 1)
    assert stands_for(found.topics, "t0") is None
    assert attractors(found.topics, "old") == []
