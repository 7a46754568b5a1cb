"""Questions that many ask and no article answers."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from findings_world import START, World

NOW = START + timedelta(days=60)
BEFORE = START + timedelta(days=20)


def ask(world: World, topic: str, similarity: float | None, *, reporters: int = 14, intent: str = "how_to") -> None:
    """Two weeks of one topic's questions, the last five days ago, all as near to their best article.

    None: there is no article to compare them with.
    """
    for n in range(reporters):
        at = NOW - timedelta(days=5) - timedelta(hours=23 * n)
        ticket_id = world.ticket(at, topic_id=topic, topic_label=topic, intent=intent)
        article = None if similarity is None else "desk:article"
        world.rows["enrich.article_matches"].append(
            {"ticket_id": ticket_id, "article_id": article, "similarity": similarity}
        )


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = World(tmp_path_factory.mktemp("knowledge"))
    world.background(60, 6, intent=lambda r: "billing_question")
    ask(world, "undocumented", 0.2)
    ask(world, "documented", 0.6)
    ask(world, "other language", None)
    ask(world, "asked by few", 0.2, reporters=6)
    ask(world, "no question", 0.2, intent="bug_report")
    world.judge(BEFORE, NOW)
    return world


def test_only_the_often_asked_question_that_no_article_answers_is_a_finding(world: World) -> None:
    [found] = world.findings(NOW, "knowledge")
    assert (found["candidate_key"], found["state"], found["tickets"]) == ("knowledge:undocumented", "open", 14)
    assert found["title"] == "No article answers: undocumented"
    assert world.findings(BEFORE, "knowledge") == []


def test_without_articles_nothing_is_claimed(world: World, tmp_path: Path) -> None:
    other = world.copy(tmp_path)
    other.rows["enrich.article_matches"] = []
    other.judge(NOW)
    assert other.findings(NOW, "knowledge") == []
