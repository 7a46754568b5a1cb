"""The expected rating: learned where there are enough ratings that the conversations tell something about."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import orjson
import pytest
from enrich_world import add_message, add_ticket, make_run, make_warehouse

from flows.enrich import satisfaction
from flows.enrich.models import load
from flows.enrich.run import enrich_connection
from flows.enrich.satisfaction import FEATURES, MAX_RATINGS, MIN_RARER, MIN_RATINGS, fit, fit_satisfaction, is_enough
from flows.enrich.train import train_connection

SOUR = "This is useless, I am very disappointed and fed up with it!!"
PLEASED = "Perfect, it works great now, I love it."


def rows(count: int, *, told: bool, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Conversations and ratings; where `told`, the last sentiment tells most of the rating."""
    rng = np.random.default_rng(seed)
    found = rng.normal(size=(count, len(FEATURES)))
    found[rng.random(found.shape) < 0.1] = np.nan
    last = np.nan_to_num(found[:, FEATURES.index("sentiment_last")])
    return found, rng.random(count) < (1 / (1 + np.exp(-2 * last)) if told else 0.6)


def test_enough_is_a_number_of_each_kind() -> None:
    assert is_enough(MIN_RATINGS, MIN_RARER)
    assert not is_enough(MIN_RATINGS - 1, MIN_RARER)
    assert not is_enough(10 * MIN_RATINGS, MIN_RARER - 1)
    assert not is_enough(10 * MIN_RATINGS, 10 * MIN_RATINGS - MIN_RARER + 1)
    assert fit(*rows(MIN_RATINGS - 1, told=True)) is None


def test_what_tells_the_rating_is_learned_and_its_probabilities_hold() -> None:
    fitted = fit(*rows(2_000, told=True))
    assert fitted is not None
    model, metrics = fitted
    assert metrics["log_loss"] < metrics["log_loss_baseline"] - 0.1
    assert metrics["accuracy"] > metrics["majority_baseline"] + 0.1
    later, is_good = rows(5_000, told=True, seed=1)
    expected = np.array(model.expected(later))
    for low in (0.0, 0.2, 0.4, 0.6, 0.8):
        among = (expected >= low) & (expected < low + 0.2)
        assert abs(expected[among].mean() - is_good[among].mean()) < 0.07
    first = orjson.loads(model.reasons(later)[0])
    assert first[0][0] == "sentiment_last"
    assert (first[0][1] > 0) == (later[0][FEATURES.index("sentiment_last")] > model.mean[1])


def test_ratings_that_nothing_tells_make_no_model() -> None:
    """But for chance: one of twenty may."""
    assert sum(fit(*rows(600, told=False, seed=seed)) is not None for seed in range(20)) <= 2


def test_the_same_ratings_give_the_same_model() -> None:
    (one, _), (other, _) = fit(*rows(600, told=True)), fit(*rows(600, told=True))  # type: ignore[misc]
    assert one.model_id == other.model_id
    assert one.expected(rows(9, told=True)[0]) == other.expected(rows(9, told=True)[0])
    changed = rows(600, told=True)
    changed[1][0] = not changed[1][0]
    assert fit(*changed)[0].model_id != one.model_id  # type: ignore[index]


def test_what_was_said_after_a_rating_does_not_teach(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ratings are drawn by lot; only what comes after them tells them."""
    monkeypatch.setattr(satisfaction, "MIN_RATINGS", 60)
    monkeypatch.setattr(satisfaction, "MIN_RARER", 20)
    con = make_warehouse(120)
    draw = random.Random(4)
    for number in range(120):
        is_good = draw.random() < 0.5
        add_message(con, f"z:{number}", 2, "Done.", role="agent", minute=1_000 + number)
        rate(con, f"z:{number}", is_good, minute=2_000 + number)
        add_message(con, f"z:{number}", 3, PLEASED if is_good else SOUR, minute=3_000 + number)
    run = make_run(tmp_path)
    train_connection(con, run)
    assert satisfaction.NAME not in {body["name"] for body in run.journal.latest("model").values()}
    tries: list[int] = []
    monkeypatch.setattr(satisfaction, "fit", lambda _, is_good: tries.append(len(is_good)))
    fit_satisfaction(con, load(run, {}))
    assert tries == [], "the same ratings are not tried twice"
    for number in range(13):
        rate(con, f"z:r{number}", is_good=True, minute=9_000 + number)
    fit_satisfaction(con, load(run, {}))
    assert len(tries) == 1


def test_more_ratings_than_are_read_do_not_end_the_fitting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(satisfaction, "MIN_RATINGS", 40)
    monkeypatch.setattr(satisfaction, "MIN_RARER", 10)
    monkeypatch.setattr(satisfaction, "_RATED", satisfaction._RATED.replace(f"limit {MAX_RATINGS}", "limit 40"))
    con, run = make_warehouse(0), make_run(tmp_path)
    body = {"name": satisfaction.NAME, "trained_on": 40, "parameters": {"code": satisfaction.VERSION, "ratings": 100}}
    found = load(run, {})
    found.entries[satisfaction.NAME] = body
    tries: list[int] = []
    monkeypatch.setattr(satisfaction, "fit", lambda _, is_good: tries.append(len(is_good)))
    for number in range(115):
        rate(con, f"z:{number}", is_good=number % 2 == 0, minute=number)
        if number == 109:
            fit_satisfaction(con, found)
            assert tries == []
    fit_satisfaction(con, found)
    assert len(tries) == 1


def test_open_tickets_are_judged_once_by_the_model_in_force(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(satisfaction, "MIN_RATINGS", 60)
    monkeypatch.setattr(satisfaction, "MIN_RARER", 20)
    con = make_warehouse(180)
    for number in range(180):
        is_good = number % 2 == 0
        add_message(con, f"z:{number}", 2, "We look into it.", role="agent", minute=1_000 + number)
        add_message(con, f"z:{number}", 3, PLEASED if is_good else SOUR, minute=2_000 + number)
        rate(con, f"z:{number}", is_good if number % 9 else not is_good, minute=3_000 + number)
    for ticket_id, words in (("z:sour", SOUR), ("z:pleased", PLEASED)):
        add_ticket(con, ticket_id, "Export", "The export fails.", minute=5_000)
        add_message(con, ticket_id, 2, "We look into it.", role="agent", minute=5_100)
        add_message(con, ticket_id, 3, words, minute=5_200)
    add_ticket(con, "z:unanswered", "Export", SOUR, minute=5_000)
    run = make_run(tmp_path)
    enrich_connection(con, run)
    (entry,) = [body for body in run.journal.latest("model").values() if body["name"] == satisfaction.NAME]
    assert entry["metrics"]["log_loss"] < entry["metrics"]["log_loss_baseline"]
    assert "majority_baseline" in entry["metrics"]
    judged = dict(con.sql("select ticket_id, satisfaction_expected from enrich.tickets").fetchall())
    assert judged["z:sour"] < 0.4 < 0.6 < judged["z:pleased"]
    assert judged["z:unanswered"] is None
    models = con.sql("select distinct satisfaction_model from enrich.tickets").fetchall()
    assert len(models) == 1 and models[0][0].startswith("satisfaction-")
    assert run.report.counts["enrich.satisfaction"] == 182
    again = make_run(tmp_path, hours=1)
    enrich_connection(con, again)
    assert again.report.counts.get("enrich.satisfaction", 0) == 0
    add_message(con, "z:pleased", 4, SOUR, minute=6_000)
    third = make_run(tmp_path, hours=2)
    enrich_connection(con, third)
    assert third.report.counts["enrich.satisfaction"] == 1
    now = con.sql("select satisfaction_expected from enrich.tickets where ticket_id = 'z:pleased'").fetchall()[0][0]
    assert now < judged["z:pleased"]
    # Once all are judged, only tickets that were read are looked at.
    con.execute("update enrich.tickets set satisfaction_model = null where ticket_id = 'z:sour'")
    add_message(con, "z:pleased", 5, PLEASED, minute=7_000)
    fourth = make_run(tmp_path, hours=3)
    enrich_connection(con, fourth)
    assert fourth.report.counts["enrich.satisfaction"] == 1


def rate(con, ticket_id: str, is_good: bool, *, minute: int) -> None:
    con.execute(
        "insert into intermediate.int_satisfaction_ratings"
        " values (?, ?, ?, timestamp '2026-01-01' + ? * interval 1 minute)",
        [f"{ticket_id}/r", ticket_id, "good" if is_good else "bad", minute],
    )
