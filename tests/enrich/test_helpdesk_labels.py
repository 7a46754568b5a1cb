"""What a ticket wants, by the helpdesk's categories and tags, and by what people say."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import orjson
import polars as pl
import pytest
from enrich_world import add_ticket, make_run, make_warehouse

from flows.core.run import Run
from flows.enrich import intent
from flows.enrich.corrections import KIND
from flows.enrich.intent import Example
from flows.enrich.labels import helpdesk_labels
from flows.enrich.run import enrich_connection
from flows.enrich.seeds import read_seeds
from flows.enrich.train import count_hits, train_connection


def say(run: Run, ticket_id: str, said: str | None) -> None:
    body = {"tickets": [ticket_id], "taxonomy": "intents", "intent": said, "by": "ann", "at": "2026-03-01T00:00:00Z"}
    run.journal.write(KIND, [(ticket_id, body)], run_id=run.run_id, at=run.now)


def read(con: duckdb.DuckDBPyConnection, ticket_id: str) -> dict[str, Any]:
    (row,) = con.execute("select * from enrich.tickets where ticket_id = ?", [ticket_id]).pl().to_dicts()
    return row | {"reasons": orjson.loads(row["intent_reasons"])}


# -- categories and tags


def test_a_tag_is_a_label_where_the_category_is_none_and_the_first_row_of_the_mapping_wins(tmp_path: Path) -> None:
    con, run = make_warehouse(0), make_run(tmp_path)
    refund_first = ["z", "Bug_Report", " refund "]
    add_ticket(con, "z:1", "a", "a", tags=refund_first)
    add_ticket(con, "z:2", "b", "b", tags=refund_first[::-1], minute=1)
    add_ticket(con, "z:3", "c", "c", tags=["bug_report"], minute=2)
    add_ticket(con, "z:4", "d", "d", tags=["bug_report"], category="How-To", minute=3)
    add_ticket(con, "z:5", "e", "e", tags=["bug_report"], category="of their own", minute=4)
    add_ticket(con, "z:6", "f", "f", tags=["bug reports"], minute=5)
    add_ticket(con, "z:7", "g", "g", tags=["bug_report"], minute=6)
    con.execute("update intermediate.int_tickets set is_deleted = true where ticket_id = 'z:7'")
    seeds = read_seeds(run.settings.dbt_dir)
    assert helpdesk_labels(con, run, seeds, "intents", ["zendesk"]).rows() == [
        ("z:1", "refund_request"), ("z:2", "refund_request"), ("z:3", "bug_report"), ("z:4", "how_to"),
        ("z:5", "bug_report"),
    ]  # fmt: skip
    assert helpdesk_labels(con, run, seeds, "intents", ["other"]).is_empty()


def test_tags_of_other_types_of_sources_and_of_own_taxonomies_say_nothing(tmp_path: Path) -> None:
    con, run = make_warehouse(0), make_run(tmp_path)
    add_ticket(con, "z:1", "a", "a", tags=["bug_report"])
    seeds = read_seeds(run.settings.dbt_dir)
    assert helpdesk_labels(con, run, seeds, "zendesk", ["zendesk"]).is_empty()
    con.execute("update intermediate.int_tickets set source = 'export'")  # a name that is no Zendesk
    assert helpdesk_labels(con, run, seeds, "intents", ["export"]).is_empty()


# -- corrections


@pytest.fixture
def world(tmp_path: Path) -> tuple[duckdb.DuckDBPyConnection, Path]:
    """Sixty labelled tickets that were read, and z:new, which nobody has labelled."""
    con = make_warehouse(60)
    add_ticket(con, "z:new", "Cannot log in", "My password is rejected on the login page.", minute=500)
    enrich_connection(con, make_run(tmp_path))
    return con, tmp_path


def test_a_correction_wins_from_the_next_run_on_until_it_is_taken_back(
    world: tuple[duckdb.DuckDBPyConnection, Path],
) -> None:
    con, home = world
    before = read(con, "z:new")
    assert before["intent"] == "login_problem"
    con.execute("create or replace view intermediate.int_ticket_changes as select 'z:none' as ticket_id")
    run = make_run(home, hours=1)
    say(run, "z:new", "billing_question")
    enrich_connection(con, run)
    got = read(con, "z:new")
    assert (got["intent"], got["intent_status"], got["product_area"]) == ("billing_question", "corrected", "billing")
    assert (got["intent_confidence"], got["is_bug_like"]) == (None, False)
    assert got["reasons"]["corrected"] == {"by": "ann", "at": "2026-03-01T00:00:00Z"}
    assert got["reasons"]["guess"] == "login_problem"
    assert run.report.counts["enrich.tickets"] == 1, "no other ticket is read again"
    again = make_run(home, hours=2)
    enrich_connection(con, again)
    assert again.report.counts["enrich.tickets"] == 0
    say(again, "z:new", None)
    enrich_connection(con, again)
    assert read(con, "z:new") | {"enriched_at": None} == before | {"enriched_at": None}


def test_an_intent_that_the_seeds_do_not_hold_is_not_in_force(world: tuple[duckdb.DuckDBPyConnection, Path]) -> None:
    con, home = world
    run = make_run(home, hours=1)
    say(run, "z:new", "gone_by_now")
    enrich_connection(con, run)
    assert read(con, "z:new")["intent_status"] == "predicted"


def test_corrections_teach_the_next_model_in_place_of_the_helpdesk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    con, run = make_warehouse(30), make_run(tmp_path)
    add_ticket(con, "z:new", "Hello", "My invoice came twice.", minute=500)
    say(run, "z:0", "performance")
    say(run, "z:new", "invoice_discrepancy")
    seen: list[Example] = []

    def fit(_name: str, examples: Sequence[Example], **_: Any) -> None:
        seen.extend(examples)
        raise InterruptedError

    monkeypatch.setattr(intent, "fit_intents", fit)
    with pytest.raises(InterruptedError):
        train_connection(con, run)
    (in_place,) = [example for example in seen if example.ticket_id == "z:0"]
    assert in_place.intent == "performance"
    (said,) = [example for example in seen if "invoice came twice" in example.text]
    assert (said.intent, said.weight, said.ticket_id) == ("invoice_discrepancy", 1.0, None), "and is not held out"


def test_ten_corrections_have_the_model_fitted_again_and_nine_do_not(
    world: tuple[duckdb.DuckDBPyConnection, Path],
) -> None:
    con, home = world
    for number in range(9):
        say(make_run(home), f"z:{number}", "performance")
    night = make_run(home, hours=24)
    train_connection(con, night)
    assert "enrich.models_fitted" not in night.report.counts
    say(night, "z:9", "performance")
    train_connection(con, night)
    assert night.report.counts["enrich.models_fitted"] == 1
    again = make_run(home, hours=48)
    train_connection(con, again)
    assert "enrich.models_fitted" not in again.report.counts


def test_hits_are_counted_by_the_guess_and_not_where_people_alone_have_spoken(
    world: tuple[duckdb.DuckDBPyConnection, Path],
) -> None:
    con, home = world
    add_ticket(con, "z:later", "Cannot log in", "My password is rejected on the page.", category="login_problem")
    con.execute("update intermediate.int_tickets set created_at = '2026-04-01' where ticket_id in ('z:later', 'z:new')")
    for ticket_id in ("z:later", "z:new"):
        say(make_run(home), ticket_id, "billing_question")
    enrich_connection(con, make_run(home, hours=1))
    night = make_run(home, hours=24)
    count_hits(con, night)
    rows = [orjson.loads(row) for row in night.journal.read("reliability").get_column("payload")]
    later = pl.DataFrame(rows).filter(evidence="later")
    assert (later["tickets"].sum(), later["hits"].sum()) == (1, 0)
