"""Clustering: groups are found, noise stays outside, words and labels name them."""

from __future__ import annotations

import numpy as np

from flows.enrich.clusters import assign, find_centroids, readable_label, topic_words


def points(groups: int = 4, size: int = 30, noise: int = 40) -> np.ndarray:
    chance = np.random.default_rng(3)
    centres = np.eye(64)[:groups]
    rows = [centre + chance.normal(0, 0.05, 64) for centre in centres for _ in range(size)]
    rows += list(chance.normal(0, 1, (noise, 64)))
    matrix = np.array(rows)
    return (matrix / np.linalg.norm(matrix, axis=1, keepdims=True)).astype(np.float32)


def test_groups_are_found_and_noise_stays_outside() -> None:
    found = points()
    centroids = find_centroids(found, smallest=8)
    place, similarity = assign(found, centroids)
    assert len(centroids) == 4
    assert [len(set(place[start : start + 30])) for start in (0, 30, 60, 90)] == [1, 1, 1, 1]
    assert (place[120:] == -1).mean() > 0.9
    assert similarity[:120].min() > 0.55


def test_clustering_repeats_itself_and_handles_nothing() -> None:
    assert np.array_equal(find_centroids(points(), 8), find_centroids(points(), 8))
    nothing = np.zeros((5, 64), dtype=np.float32)
    assert len(find_centroids(nothing, 6)) == 0
    assert assign(nothing, find_centroids(nothing, 6))[0].tolist() == [-1] * 5


def test_words_are_those_of_one_topic_and_not_of_all() -> None:
    texts = ["the invoice", "the late invoice", "please login", "login, please"]
    words = topic_words(texts, np.array([0, 0, 1, 1]), 2, frozenset({"the"}))
    assert [row[0] for row in words] == ["invoice", "login"] or [row[0] for row in words] == ["invoice", "please"]
    assert topic_words(["...", ""], np.array([0, 0]), 1, frozenset()) == [[]]


def test_a_label_is_a_short_title_with_a_topic_word() -> None:
    titles = [
        "Help",
        "EXPORT FAILS WITH ERROR",
        "https://x.example/export is down",
        "Why, oh why does my export fail?!",
    ]
    assert readable_label(titles, [0.9, 0.8, 0.95, 0.7], ["export", "csv"]) == "Export fails with error"
    broken = ['Export "CSV fails', "Export | CSV", "Export as a table"]
    assert readable_label(broken, [0.9, 0.9, 0.5], ["export", "csv"]) == "Export as a table"
    assert readable_label(["Help"], [0.9], ["export", "csv file"]) == "Export, csv file"
