"""Whether confidences hold: bins, intervals, and the table of a night."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import orjson
import pytest
from enrich_world import add_ticket, make_run, make_warehouse

from flows.enrich.models import current
from flows.enrich.reliability import bins_of, failed, holds, judged, wilson
from flows.enrich.run import enrich_connection
from flows.enrich.train import count_hits, train_connection


def test_bins_count_tickets_hits_and_the_mean_confidence() -> None:
    bins = bins_of(np.array([0.05, 0.95, 0.91, 1.0]), np.array([True, True, False, True]))
    assert bins == [
        {"bin": 0.0, "tickets": 1, "hits": 1, "confidence": 0.05},
        {"bin": 0.9, "tickets": 3, "hits": 2, "confidence": 0.9533},
    ]
    assert bins_of(np.array([]), np.array([], dtype=bool)) == []


@pytest.mark.parametrize(
    ("hits", "tickets", "expected"),  # at 95%, after the formula by hand
    [(0, 10, (0.0, 0.2775)), (10, 10, (0.7225, 1.0)), (50, 100, (0.4038, 0.5962)), (1, 1, (0.2065, 1.0))],
)
def test_the_score_interval(hits: int, tickets: int, expected: tuple[float, float]) -> None:
    assert wilson(hits, tickets, 1.959964) == pytest.approx(expected, abs=1e-4)


def test_more_bins_have_wider_intervals_and_few_tickets_are_not_judged() -> None:
    row = {"bin": 0.9, "tickets": 100, "hits": 90, "confidence": 0.95}
    (alone,) = judged([row])
    beside = judged([{**row, "bin": n / 10} for n in range(10)])[0]
    assert beside["low"] < alone["low"] < alone["high"] < beside["high"]
    (few,) = judged([{**row, "tickets": 19, "hits": 0}])
    assert (few["low"], few["high"]) == (None, None) and holds(few)


def test_a_calibrated_model_is_seldom_found_wrong_and_a_boastful_one_always() -> None:
    rng = np.random.default_rng(0)
    wrongly = boasts_found = 0
    for _ in range(300):
        confidence = rng.uniform(0.3, 1.0, 1_000)
        wrongly += not all(map(holds, judged(bins_of(confidence, rng.random(1_000) < confidence))))
        boasts_found += not all(map(holds, judged(bins_of(confidence, rng.random(1_000) < confidence - 0.25))))
    assert wrongly <= 9  # 1% of 300, and what chance adds
    assert boasts_found == 300


def test_a_night_counts_held_out_tickets_and_those_that_came_later(tmp_path: Path) -> None:
    con = make_warehouse(300)
    enrich_connection(con, make_run(tmp_path))
    for number in range(30):  # created a day after the fit, all labelled as something else than they are
        add_ticket(
            con, f"z:n{number}", "Refund", f"Please refund {number}", category="bug_report", minute=90_000 + number
        )
        add_ticket(con, f"z:u{number}", "Refund", f"Please refund {number}", category=None, minute=90_000 + number)
    run = make_run(tmp_path, hours=100)
    enrich_connection(con, run)
    count_hits(con, run)
    told = [orjson.loads(payload) for payload in run.journal.read("reliability")["payload"]]
    (model,) = (entry for name, entry in current(run).items() if name == "intent:intents")
    assert {row["model_id"] for row in told} == {model["model_id"]}
    held_out = [row for row in told if row["evidence"] == "held_out"]
    later = [row for row in told if row["evidence"] == "later"]
    assert sum(row["tickets"] for row in held_out) == model["metrics"]["held_out"] > 40
    assert [(row["tickets"], row["hits"]) for row in later] == [(30, 0)]
    assert failed(run) == {model["model_id"]}
    train_connection(con, run)  # the model is fitted again with the tickets it was wrong about
    assert current(run)["intent:intents"]["model_id"] != model["model_id"]
    after = make_run(tmp_path, hours=124)
    count_hits(con, after)
    assert failed(after) == set()
