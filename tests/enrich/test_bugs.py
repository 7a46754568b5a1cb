"""The likelihood that agents call a ticket a bug: learned from what they did, and absent where they never do."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from enrich_world import add_message, add_ticket, make_run, make_warehouse

from flows.enrich import bugs
from flows.enrich.bugs import MIN_BUGS, fit_bugs, refresh_bug_scores, train_bugs
from flows.enrich.models import current, load
from flows.enrich.run import enrich_connection
from flows.enrich.train import train_connection

BROKEN = ("the export crashes at once", "the window freezes after the upgrade", "the import shows a blank page")
ASKED = ("where do I find the invoice", "how do I invite a colleague", "can I pay by card next month")


def world(called: int = 80):
    con = make_warehouse(0)
    chosen = random.Random(0)
    for number in range(3 * called):
        is_bug = number % 3 == 0
        text = f"{chosen.choice(BROKEN if is_bug else ASKED)} {chosen.choice(('today', 'again', 'please'))}"
        add_ticket(con, f"z:{number}", "Question", text, minute=number)
        answer = "This is a known bug, it is tracked." if is_bug else "You find it below the menu."
        add_message(con, f"z:{number}", 2, answer, role="agent", minute=1_000 + number)
    return con


def scores(con) -> dict[str, float]:
    return dict(con.sql("select ticket_id, likeness from enrich.bug_scores").fetchall())


def test_what_agents_call_a_bug_is_learned_and_stored_with_its_words(tmp_path: Path) -> None:
    con = world()
    add_ticket(con, "z:new", "Question", "the export freezes", minute=5_000)
    train_connection(con, make_run(tmp_path))
    enrich_connection(con, make_run(tmp_path))
    found = scores(con)
    assert len(found) == 241
    assert found["z:new"] > 0.6 > 0.2 > found["z:1"]
    words = con.sql("select words from enrich.bug_scores where ticket_id = 'z:new'").fetchall()[0][0]
    assert {"export", "freezes"} & set(words) and "the" not in words
    entry = current(make_run(tmp_path))["bugs"]
    assert entry["metrics"]["auc"] > 0.9 and entry["trained_on"] == 240


def test_no_model_and_no_score_where_agents_name_no_bugs(tmp_path: Path) -> None:
    con = world(MIN_BUGS - 1)
    train_connection(con, make_run(tmp_path))
    enrich_connection(con, make_run(tmp_path))
    assert "bugs" not in current(make_run(tmp_path)) and scores(con) == {}


def test_only_what_changed_is_scored_again_and_what_is_gone_goes(tmp_path: Path) -> None:
    con = world()
    train_connection(con, make_run(tmp_path))
    enrich_connection(con, make_run(tmp_path))
    con.execute("update intermediate.int_messages set body = 'the export crashes' where message_id = 'z:1/1'")
    con.execute("delete from intermediate.int_tickets where ticket_id = 'z:2'")
    con.execute("delete from intermediate.int_messages where ticket_id = 'z:2'")
    before = scores(con)["z:1"]
    run = make_run(tmp_path, hours=1)
    enrich_connection(con, run)
    assert run.report.counts["enrich.bug_scores"] == 1
    assert scores(con)["z:1"] > before and "z:2" not in scores(con)


def test_once_all_are_scored_only_tickets_that_were_read_are_looked_at(tmp_path: Path) -> None:
    con = world()
    train_connection(con, make_run(tmp_path))
    enrich_connection(con, make_run(tmp_path))
    con.execute("update enrich.bug_scores set content_hash = null, likeness = 2 where ticket_id in ('z:1', 'z:2')")
    con.execute("update intermediate.int_messages set body = 'the export crashes' where message_id = 'z:1/1'")
    run = make_run(tmp_path, hours=1)
    enrich_connection(con, run)
    assert run.report.counts["enrich.bug_scores"] == 1
    assert scores(con)["z:1"] <= 1 and scores(con)["z:2"] == 2
    assert con.sql("from enrich.fresh_tickets").fetchall() == []


def test_an_older_model_s_scores_are_made_again_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bugs, "_UNSCORED", bugs._UNSCORED.replace(str(bugs.REREAD), "100"))
    con = world()
    train_connection(con, make_run(tmp_path))
    enrich_connection(con, make_run(tmp_path))
    con.execute("update enrich.bug_scores set model_id = 'older'; delete from enrich.read_with where part = 'bugs'")
    counts = []
    for hour in range(1, 5):
        run = make_run(tmp_path, hours=hour)
        enrich_connection(con, run)
        counts.append(run.report.counts["enrich.bug_scores"])
    assert counts == [100, 100, 40, 0]


def test_what_a_run_that_was_stopped_has_read_is_scored_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    con = world()
    train_connection(con, make_run(tmp_path))
    enrich_connection(con, make_run(tmp_path))
    con.execute("update intermediate.int_messages set body = 'the export crashes' where message_id = 'z:1/1'")
    before = scores(con)["z:1"]
    with monkeypatch.context() as stopped:
        stopped.setattr("flows.enrich.run.refresh_matches", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            enrich_connection(con, make_run(tmp_path, hours=1))
    assert scores(con)["z:1"] == before
    enrich_connection(con, make_run(tmp_path, hours=2))
    assert scores(con)["z:1"] > before


def test_a_model_of_the_same_tickets_is_the_same_and_is_kept(tmp_path: Path) -> None:
    con = world()
    run = make_run(tmp_path)
    train_connection(con, run)
    first = current(run)["bugs"]["model_id"]
    train_bugs(con, load(run, {}))
    assert current(run)["bugs"]["model_id"] == first
    enrich_connection(con, run)
    known = scores(con)
    con.execute("delete from enrich.bug_scores; delete from enrich.read_with")
    refresh_bug_scores(con, run, load(run, {}))
    assert scores(con) == known


def test_more_tickets_than_are_read_do_not_end_the_fitting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    con = world(80)
    monkeypatch.setattr(bugs, "_ANSWERED", bugs._ANSWERED.replace(f"limit {bugs.MAX_EXAMPLES}", "limit 200"))
    train_connection(con, make_run(tmp_path))
    first = current(make_run(tmp_path))["bugs"]
    assert (first["trained_on"], first["parameters"]["bugs"]) == (200, 80)
    for number in range(9):
        add_ticket(con, f"z:n{number}", "Question", "the export crashes", minute=5_000)
        add_message(con, f"z:n{number}", 2, "This is a known bug, it is tracked.", role="agent", minute=5_100)
    enrich_connection(con, make_run(tmp_path))
    train_bugs(con, load(make_run(tmp_path), {}))
    assert current(make_run(tmp_path))["bugs"]["parameters"]["bugs"] == 89


def test_texts_of_any_kind_have_a_probability() -> None:
    texts = [*BROKEN, *ASKED] * 20
    model, _ = fit_bugs(texts, ([True] * 3 + [False] * 3) * 20)
    odd = ["", " \n", "🙂" * 50, "مرحبا", "x" * 3_000_000]
    assert ((model.probabilities(odd) >= 0) & (model.probabilities(odd) <= 1)).all()
    assert model.probabilities(odd + texts)[5:].tolist() == model.probabilities(texts).tolist()


def test_one_kind_of_ticket_teaches_nothing() -> None:
    with pytest.raises(ValueError, match="class"):
        fit_bugs(["the export crashes"] * 40, [True] * 20 + [False] * 20)
