"""The stage over a warehouse: what it writes, and that it reads only what is new."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from enrich_world import add_message, add_ticket, make_run, make_warehouse

from flows.enrich import messages, sentiment, train
from flows.enrich.models import current
from flows.enrich.run import enrich_connection
from flows.enrich.train import train_connection


def ticket(con, ticket_id: str) -> dict:
    return con.sql(f"select * from enrich.tickets where ticket_id = '{ticket_id}'").pl().to_dicts()[0]


def test_a_bug_report_is_read_whole(tmp_path: Path) -> None:
    con = make_warehouse()
    run = make_run(tmp_path)
    enrich_connection(con, run)
    assert run.report.counts["enrich.tickets"] == 90
    got = ticket(con, "z:0")
    expected = {
        "intent": "bug_report", "intent_status": "predicted", "product_area": "product", "is_bug_like": True,
        "error_signature": "code:err-4012", "error_code": "ERR-4012", "app_version": "3.12.0", "browser": "Chrome 120",
        "page_route": "/reports/:id/export", "symptom": "cannot_export", "title": "Export fails with ERR-4012",
        "language": "en", "is_spam": False, "extractor_error": None,
    }  # fmt: skip
    assert {name: got[name] for name in expected} == expected
    assert "Ann Smith" not in got["clean_text"]
    assert got["quote"].startswith("Since Larkspan 3.12.0 the CSV export fails with ERR-4012")
    assert got["steps"].startswith("I pressed export")
    reasons = orjson.loads(got["intent_reasons"])
    assert [near["intent"] for near in reasons["nearest"]] == ["bug_report"] * 3
    assert "z:0" not in {near["ticket_id"] for near in reasons["nearest"]}
    assert "export_1" in reasons["symptom_rules"]
    assert ticket(con, "z:1")["intent"] == "login_problem"
    assert ticket(con, "z:2")["is_bug_like"] is False


def test_only_new_and_changed_conversations_are_read_again(tmp_path: Path) -> None:
    con = make_warehouse()
    enrich_connection(con, make_run(tmp_path))
    second = make_run(tmp_path, hours=1)
    enrich_connection(con, second)
    assert (second.report.counts["enrich.messages"], second.report.counts["enrich.tickets"]) == (0, 0)
    add_message(con, "z:4", 2, "This is useless, I am very disappointed!!", minute=500)
    add_message(con, "z:5", 2, "We will look at it", role="agent", minute=500)
    con.execute("delete from intermediate.int_tickets where ticket_id = 'z:7'")
    con.execute("delete from intermediate.int_messages where ticket_id = 'z:7'")
    third = make_run(tmp_path, hours=2)
    enrich_connection(con, third)
    assert (third.report.counts["enrich.messages"], third.report.counts["enrich.tickets"]) == (2, 2)
    got = ticket(con, "z:4")
    assert got["sentiment_last"] < -0.3 <= got["sentiment_first"] + 0.3
    assert got["enriched_at"].hour == 2
    assert con.sql("select sentiment, tone from enrich.messages where message_id = 'z:5/2'").fetchall() == [
        (None, None)
    ]
    said = con.sql(
        "select message_id, kind, name, span from enrich.signals where ticket_id in ('z:4', 'z:5') order by all"
    )
    assert said.fetchall() == [
        ("z:4/2", "marker", "disappointment", "This is useless"),
        ("z:4/2", "marker", "exclamation", "This is useless, I am very disappointed!!"),
    ]
    assert con.sql("select count(*) from enrich.tickets where ticket_id = 'z:7'").fetchall() == [(0,)]


def test_only_tickets_that_dbt_names_are_looked_at_until_rules_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    con = make_warehouse()
    enrich_connection(con, make_run(tmp_path))
    con.execute("drop view intermediate.int_ticket_changes")
    con.execute("create table intermediate.int_ticket_changes as select 'z:4' as ticket_id")
    for ticket_id in ("z:4", "z:5"):
        add_message(con, ticket_id, 2, "It still does not work", minute=500)
    second = make_run(tmp_path, hours=1)
    enrich_connection(con, second)
    assert (second.report.counts["enrich.messages"], second.report.counts["enrich.tickets"]) == (1, 1)
    monkeypatch.setattr(messages, "RULES", messages.RULES + ".1")
    third = make_run(tmp_path, hours=2)
    enrich_connection(con, third)
    assert (third.report.counts["enrich.messages"], third.report.counts["enrich.tickets"]) == (92, 90)


def test_each_ask_of_a_ticket_is_read_on_its_own(tmp_path: Path) -> None:
    con = make_warehouse()
    body = "The CSV export fails with ERR-4012. Also, please refund the money of invoice number 12, I want a refund."
    add_ticket(con, "z:two", "Export fails", body, minute=999)
    enrich_connection(con, make_run(tmp_path))
    asks = con.sql("select * from enrich.asks order by position").pl().to_dicts()
    assert [(ask["ticket_id"], ask["position"], ask["intent"]) for ask in asks] == [
        ("z:two", 1, "bug_report"), ("z:two", 2, "refund_request"),
    ]  # fmt: skip
    assert asks[0]["text"] == "The CSV export fails with ERR-4012."
    reasons = orjson.loads(asks[1]["intent_reasons"])
    assert "refund" in dict(reasons["words"]) and len(reasons["nearest"]) == 3
    con.execute("update intermediate.int_messages set body = 'The export fails.' where ticket_id = 'z:two'")
    enrich_connection(con, make_run(tmp_path, hours=1))
    assert con.sql("select count(*) from enrich.asks").fetchall() == [(0,)]


def test_asks_of_a_run_that_was_stopped_before_its_tickets_are_not_doubled(tmp_path: Path) -> None:
    con = make_warehouse(30)
    add_ticket(con, "z:two", "Export", "The export fails. Another question: how do I leave?", minute=999)
    con.execute("insert into enrich.asks by name select 'z:two' as ticket_id, 1 as position")
    enrich_connection(con, make_run(tmp_path))
    assert con.sql("select position from enrich.asks order by 1").fetchall() == [(1,), (2,)]


def test_a_reply_changes_no_words_of_the_opening_message(tmp_path: Path) -> None:
    con = make_warehouse(30)
    add_message(con, "z:0", 2, "By the way, HTTP 500 on /billing too", minute=400)
    enrich_connection(con, make_run(tmp_path))
    assert ticket(con, "z:0")["error_code"] == "ERR-4012"


@pytest.mark.parametrize(
    "body",
    [None, "", "   ", "🎉🎉", "<p></p>", "\u202eevil\u202c", "مرحبا لا يعمل التصدير", "x" * 1_000_000, "<div>" * 5_000],
    ids=["null", "empty", "spaces", "emoji", "tags", "direction", "arabic", "megabyte", "nested"],
)
def test_odd_tickets_pass_and_abstain_or_not_without_an_error(tmp_path: Path, body: str | None) -> None:
    con = make_warehouse(30)
    add_ticket(con, "z:odd", None, body, minute=999)
    enrich_connection(con, make_run(tmp_path))
    got = ticket(con, "z:odd")
    assert got["extractor_error"] is None
    assert got["intent_status"] in {"predicted", "abstained"}
    if not (body or "").strip(" <>p/🎉div"):
        assert (got["intent"], got["intent_status"]) == (None, "abstained")


def test_a_message_that_breaks_an_extractor_is_recorded_and_the_rest_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = sentiment.score

    def breaks(text: str, strains: int) -> float | None:
        if "invoice number 2," in text:
            raise ValueError("too odd")
        return plain(text, strains)

    monkeypatch.setattr(messages.sentiment, "score", breaks)
    con = make_warehouse(30)
    run = make_run(tmp_path)
    enrich_connection(con, run)
    errors = con.sql(
        "select message_id, extractor_error from enrich.messages where extractor_error is not null"
    ).fetchall()
    assert errors == [("z:2/1", "sentiment: ValueError: too odd")]
    assert run.report.counts["enrich.extractor_errors"] == 1
    assert ticket(con, "z:2")["extractor_error"] == "sentiment: ValueError: too odd"
    assert ticket(con, "z:2")["intent"] == "refund_request"


def test_personal_data_does_not_reach_the_tables(tmp_path: Path) -> None:
    con = make_warehouse(30)
    add_ticket(con, "z:p", "jane@acme.example cannot log in", "<p>Call +44 20 7946 0958, card 4111 1111 1111 1111</p>")
    enrich_connection(con, make_run(tmp_path))
    said = con.sql("select * from enrich.messages where ticket_id = 'z:p'").fetchall()
    everything = str(ticket(con, "z:p")) + str(said)
    assert not any(secret in everything for secret in ("jane@", "7946", "4111"))


def test_two_runs_in_another_order_give_the_same_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    con, other = make_warehouse(60), make_warehouse(60)
    enrich_connection(con, make_run(tmp_path / "a"))
    monkeypatch.setattr(messages, "BATCH", 7)
    monkeypatch.setattr("flows.enrich.tickets.BATCH", 11)
    enrich_connection(other, make_run(tmp_path / "b"))
    for table in ("messages", "signals", "tickets", "asks"):
        rows = f"select * from enrich.{table} order by all"
        assert con.sql(rows).fetchall() == other.sql(rows).fetchall()


def test_models_are_registered_and_fitted_again_only_when_outgrown(tmp_path: Path) -> None:
    con = make_warehouse(300)
    run = make_run(tmp_path)
    train_connection(con, run)
    registry = run.journal.latest("model")
    (entry,) = [body for body in registry.values() if body["name"] == "intent:intents"]
    assert entry["metrics"]["accuracy"] > 0.9 > entry["metrics"]["majority_baseline"]
    assert {"ece", "threshold", "coverage"} <= set(entry["metrics"])
    again = make_run(tmp_path, hours=1)
    train_connection(con, again)
    assert "enrich.models_fitted" not in again.report.counts
    for number in range(60):
        add_ticket(con, f"z:n{number}", "Refund", f"refund me {number}", category="refund", minute=1000 + number)
    grown = make_run(tmp_path, hours=2)
    train_connection(con, grown)
    assert grown.report.counts["enrich.models_fitted"] == 1
    in_force = {entry["model_id"] for entry in current(grown).values()}
    assert {path.name for path in (tmp_path / "models").iterdir()} == in_force
    assert in_force.isdisjoint(registry)


def test_more_labels_than_are_read_do_not_end_the_fitting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train, "MAX_EXAMPLES", 45)
    monkeypatch.setattr(train, "MAX_DOCUMENTS", 45)
    con = make_warehouse(60)
    train_connection(con, make_run(tmp_path))
    for number in range(9):
        add_ticket(con, f"z:n{number}", "Refund", f"refund me {number}", category="refund", minute=1000 + number)
    grown = make_run(tmp_path, hours=1)
    assert train_connection(con, grown).intents("intents").ticket_ids[-1] == "z:n8"
    assert grown.report.counts["enrich.models_fitted"] == 1, "an embedder is fitted when tickets are a half more"
    for number in range(9, 35):
        add_ticket(con, f"z:n{number}", "Hello", f"refund me {number}", minute=1000 + number)
    train_connection(con, make_run(tmp_path, hours=2))
    assert current(grown)["embedder"]["parameters"]["tickets"] == 95


def test_a_lost_artifact_is_fitted_again(tmp_path: Path) -> None:
    con = make_warehouse(60)
    enrich_connection(con, make_run(tmp_path))
    for path in tmp_path.glob("models/*/*.pickle"):
        path.unlink()
    con.execute("delete from enrich.tickets")
    enrich_connection(con, make_run(tmp_path, hours=1))
    assert ticket(con, "z:0")["intent"] == "bug_report"


def test_categories_nobody_mapped_become_the_intents(tmp_path: Path) -> None:
    con = make_warehouse(0)
    for number in range(200):
        subject, body = [("Print", "print paper printer"), ("Colour", "theme colour dark")][number % 2]
        add_ticket(con, f"z:{number}", subject, body, category=["Printing!", "Looks"][number % 2], minute=number)
    add_ticket(con, "z:rare", "Sound", "the beep", category="Sounds", minute=300)
    run = make_run(tmp_path)
    enrich_connection(con, run)
    assert "intent:zendesk" in {body["name"] for body in run.journal.latest("model").values()}
    assert {ticket(con, "z:0")["intent"], ticket(con, "z:1")["intent"]} == {"printing", "looks"}


def test_who_says_that_they_may_leave_is_the_customer_and_their_newest_words_count(tmp_path: Path) -> None:
    con = make_warehouse(30)
    add_message(con, "z:0", 2, "You can cancel your subscription, or cancel our contract.", role="agent", minute=400)
    add_message(con, "z:1", 2, "We are looking for alternatives.", minute=400)
    add_message(con, "z:1", 3, "If this is not solved by Friday we cancel!", minute=500)
    add_message(con, "z:1", 4, "Any news?", minute=600)
    add_message(con, "z:3", 2, "Auto-reply: I am out of office. Please cancel our subscription.", minute=400)
    add_ticket(con, "z:subject", "Cancel our subscription", "Please confirm by mail.", minute=700)
    enrich_connection(con, make_run(tmp_path))
    found = con.sql(
        "select ticket_id, churn_kind, churn_span from enrich.tickets where churn_kind is not null"
    ).fetchall()
    assert sorted(found) == [("z:1", "cancel", "we cancel"), ("z:subject", "cancel", "Cancel our subscription")]
    said = con.sql(
        "select message_id, churn_kind from enrich.messages where churn_kind is not null order by 1"
    ).fetchall()
    assert said == [("z:1/2", "switch"), ("z:1/3", "cancel"), ("z:subject/1", "cancel")]


def test_exactly_the_conversations_that_say_something_else_are_read_again(tmp_path: Path) -> None:
    con = make_warehouse(30)
    for number in range(4):
        add_message(con, f"z:{number}", 2, "Any news?", minute=400)
    enrich_connection(con, make_run(tmp_path))
    con.execute("update intermediate.int_tickets set category = 'other' where ticket_id = 'z:9'")  # not what was said
    con.execute("update intermediate.int_messages set is_public = false where message_id = 'z:0/2'")
    con.execute("update intermediate.int_messages set author_role = 'agent' where message_id = 'z:1/2'")
    con.execute("delete from intermediate.int_messages where message_id = 'z:2/2'")
    con.execute("update intermediate.int_messages set ticket_id = 'z:5' where message_id = 'z:3/2'")
    con.execute("update intermediate.int_tickets set is_spam = true where ticket_id = 'z:6'")
    run = make_run(tmp_path, hours=1)
    enrich_connection(con, run)
    assert run.report.counts["enrich.messages"] == 3
    again = con.sql("select ticket_id from enrich.tickets where hour(enriched_at) = 1 order by 1").fetchall()
    assert [ticket_id for (ticket_id,) in again] == ["z:0", "z:1", "z:2", "z:3", "z:5", "z:6"]
    assert con.sql("select count(*) from enrich.messages where message_id = 'z:2/2'").fetchall() == [(0,)]


def test_what_a_ticket_is_told_by_changes_with_its_messages(tmp_path: Path) -> None:
    """Two runs can have the same clock: then only the hash tells readers that a ticket was read again."""
    con = make_warehouse(30)
    enrich_connection(con, make_run(tmp_path))
    before = ticket(con, "z:4")
    add_message(con, "z:4", 2, "This is useless, I am very disappointed!!", minute=500)
    enrich_connection(con, make_run(tmp_path))
    assert ticket(con, "z:4")["content_hash"] != before["content_hash"]


def test_a_run_that_is_stopped_between_messages_and_tickets_is_made_up_for(tmp_path: Path) -> None:
    con = make_warehouse(30)
    enrich_connection(con, make_run(tmp_path))
    add_message(con, "z:4", 2, "This is useless, I am very disappointed!!", minute=500)
    assert messages.refresh_messages(con, make_run(tmp_path, hours=1)) == 1
    run = make_run(tmp_path, hours=2)
    enrich_connection(con, run)
    assert (run.report.counts["enrich.messages"], run.report.counts["enrich.tickets"]) == (0, 1)
    assert ticket(con, "z:4")["sentiment_last"] < -0.3


def test_signals_follow_their_messages(tmp_path: Path) -> None:
    con = make_warehouse(30)
    add_message(con, "z:0", 2, "This is urgent.", minute=400)
    add_message(con, "z:1", 2, "I am furious.", minute=400)
    add_message(con, "z:2", 2, "I am very disappointed.", minute=400)
    add_message(con, "z:3", 2, "I am very disappointed.", role="agent", minute=400)
    add_ticket(con, "z:subject", "Cancel our subscription", "Please confirm by mail.", minute=700)
    enrich_connection(con, make_run(tmp_path))
    shown = "select message_id, kind, name, span, starts, ends from enrich.signals order by all"
    assert con.sql(shown).fetchall() == [
        ("z:0/2", "marker", "urgency", "urgent", 8, 14),
        ("z:1/2", "tone", "angry", "I am furious", 0, 12),
        ("z:2/2", "marker", "disappointment", "I am very disappointed", 0, 22),
        ("z:subject/1", "churn", "cancel", "Cancel our subscription", None, None),
    ]
    assert con.sql("select message_id, tone from enrich.messages where tone is not null").fetchall() == [
        ("z:1/2", "angry")
    ]
    con.execute("update intermediate.int_messages set body = 'No hurry.' where message_id = 'z:0/2'")
    con.execute("update intermediate.int_messages set is_public = false where message_id = 'z:1/2'")
    con.execute("delete from intermediate.int_messages where message_id = 'z:2/2'")
    enrich_connection(con, make_run(tmp_path, hours=1))
    assert con.sql("select message_id from enrich.signals").fetchall() == [("z:subject/1",)]


def test_the_slope_stands_with_its_ticket(tmp_path: Path) -> None:
    con = make_warehouse(30)
    for position, words in enumerate(
        ("It works great, thanks.", "It is useless.", "I hate it, it is garbage."), start=2
    ):
        add_message(con, "z:0", position, words, minute=400 + position)
    enrich_connection(con, make_run(tmp_path))
    got = ticket(con, "z:0")
    assert got["sentiment_messages"] == 4
    assert got["sentiment_slope"] < -0.1
    assert (ticket(con, "z:1")["sentiment_slope"], ticket(con, "z:1")["sentiment_messages"]) == (None, 1)
