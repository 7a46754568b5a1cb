"""What a language model is asked about uncertain tickets, and what becomes of its answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest
from enrich_world import add_ticket, make_run, make_warehouse
from openai_emulator import OpenAIEmulator, Reply, completion, failing

from flows.core.run import Run
from flows.enrich.protocols import A, Task
from flows.enrich.run import enrich_connection
from flows.enrich.text_model import text_model
from flows.enrich.train import train_connection
from flows.enrich.uncertain import KIND, NONE, Taxonomy, ask_uncertain, labels_to_learn, measure
from flows.settings import Settings

INTENTS = {"refund_request": "Refund", "access_problem": "Access", "bug_report": "Bug"}


class Says:
    """A model that answers by a function of what is quoted."""

    model_id = "says"

    def __init__(self, intent: Callable[[Mapping[str, Any]], str | None], *, is_clear: bool = True) -> None:
        self.intent, self.is_clear = intent, is_clear
        self.asked: list[str] = []

    def ask(self, task: Task[A], quoted: Mapping[str, Any]) -> A | None:
        self.asked.append(quoted["title"])
        intent = self.intent(quoted)
        return None if intent is None else task.answer.model_validate({"intent": intent, "is_clear": self.is_clear})

    def has_settled(self, task: Task[A], quoted: Mapping[str, Any]) -> bool:
        return self.intent(quoted) is not None


def world(home: Path) -> tuple[duckdb.DuckDBPyConnection, Run]:
    """Nine tickets that nobody is sure of: z:u0, z:u1, ... in order of confidence; the helpdesk knows z:u7 and z:u8."""
    con = make_warehouse(60)
    for number in range(9):
        category = "refund" if number > 6 else None
        add_ticket(con, f"z:u{number}", f"Odd {number}", f"Something odd {number}", category=category, minute=500)
    run = make_run(home)
    enrich_connection(con, run)
    con.execute(
        "update enrich.tickets set intent_status = 'abstained', intent = null,"
        ' intent_reasons = \'{"guess": "bug_report"}\', intent_confidence = (right(ticket_id, 1)::integer + 1) / 50'
        " where ticket_id like 'z:u%'"
    )
    con.execute("update enrich.tickets set intent_status = 'predicted' where ticket_id not like 'z:u%'")
    return con, run


def taxonomy(**known: str) -> Taxonomy:
    return Taxonomy("intents", ["zendesk"], INTENTS, {f"z:{name}": label for name, label in known.items()})


KNOWN = {"u7": "refund_request", "u8": "refund_request"}


def test_the_least_certain_are_asked_about_and_some_whose_label_is_known(tmp_path: Path) -> None:
    con, run = world(tmp_path)
    model = Says(lambda _: "refund_request")
    ask_uncertain(con, run, model, taxonomy(**KNOWN), 4)
    assert model.asked == ["Odd 7", "Odd 0", "Odd 1", "Odd 2"]
    ask_uncertain(con, run, model, taxonomy(**KNOWN), 4)
    assert model.asked[4:] == ["Odd 8", "Odd 3", "Odd 4", "Odd 5"], "nobody is asked about twice"
    assert run.journal.latest(KIND)["intents:z:u0"] == {
        "tickets": ["z:u0"], "taxonomy": "intents", "intent": "refund_request", "guess": "bug_report",
        "source": "model", "at": "2026-03-01T00:00:00Z",
    }  # fmt: skip


def test_nothing_is_asked_about_spam_deleted_tickets_and_other_sources(tmp_path: Path) -> None:
    con, run = world(tmp_path)
    con.execute("update enrich.tickets set is_spam = true where ticket_id = 'z:u0'")
    con.execute("update intermediate.int_tickets set is_deleted = true where ticket_id = 'z:u1'")
    con.execute("update intermediate.int_tickets set source = 'other' where ticket_id = 'z:u2'")
    model = Says(lambda _: "refund_request")
    ask_uncertain(con, run, model, taxonomy(**KNOWN), 1)
    assert model.asked == ["Odd 3"]


def test_a_label_never_stands_against_what_people_say(tmp_path: Path) -> None:
    con, run = world(tmp_path)
    ask_uncertain(con, run, Says(lambda _: "bug_report"), taxonomy(**KNOWN), 20)
    learnt = labels_to_learn(run, "intents", {"z:u0", "z:u7", "z:u8"}, set(INTENTS))
    assert learnt == {f"z:u{number}": "bug_report" for number in range(1, 7)}
    assert labels_to_learn(run, "intents", set(), {"refund_request"}) == {}, "an intent that is gone is not learnt"


@pytest.mark.parametrize(("intent", "is_clear"), [(NONE, True), ("bug_report", False), (None, True)])
def test_what_the_model_is_not_sure_of_is_no_label(tmp_path: Path, intent: str | None, is_clear: bool) -> None:
    con, run = world(tmp_path)
    ask_uncertain(con, run, Says(lambda _: intent, is_clear=is_clear), taxonomy(), 5)
    assert labels_to_learn(run, "intents", set(), set(INTENTS)) == {}
    assert len(run.journal.latest(KIND)) == (0 if intent is None else 5), "what was not answered is asked again"


def refuses(body: dict[str, Any]) -> str | Reply:
    """Nothing about the two least certain: one is refused, for the other no intent comes back."""
    asked = body["messages"][1]["content"]
    if "Odd 0" in asked:
        return completion(None, refusal="I cannot help with that.")
    return "no idea" if "Odd 1" in asked else '{"intent": "refund_request", "is_clear": true}'


def test_what_is_refused_takes_no_place_the_next_night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-0123456789")
    con, _ = world(tmp_path)
    with OpenAIEmulator(refuses) as service:
        for night in range(3):
            plain = make_run(tmp_path, hours=24 * night)
            settings = {**plain.settings.model_dump(), "models": {"text": {"base_url": service.url, "model": "m"}}}
            run = Run.start("nightly", Settings.model_validate(settings), now=plain.now)
            model = text_model(run)
            assert model is not None
            if night == 1:  # a service that is down has settled nothing
                service.chat = lambda _: failing(503)
            ask_uncertain(con, run, model, taxonomy(), 2)
            assert run.report.counts["text_model.intents_answered"] == (0, 0, 2)[night]
            service.chat = refuses
    assert labels_to_learn(run, "intents", set(), set(INTENTS)) == dict.fromkeys(("z:u2", "z:u3"), "refund_request")


def test_it_is_measured_against_the_guess_it_stands_beside(tmp_path: Path) -> None:
    con, run = world(tmp_path)
    ask_uncertain(con, run, Says(lambda quoted: "refund_request" if "7" in quoted["title"] else "bug_report"),
                  taxonomy(**KNOWN), 20)  # fmt: skip
    later = taxonomy(**KNOWN, u0="bug_report", u1="access_problem")
    measure(run, later)
    counts = run.report.counts
    assert (counts["text_model.compared"], counts["text_model.agreed"], counts["text_model.guess_agreed"]) == (4, 2, 1)


def test_its_labels_teach_the_intent_model(tmp_path: Path) -> None:
    con, run = world(tmp_path)
    before = train_connection(con, run).model_id_for("zendesk")
    for number in range(9, 40):
        add_ticket(con, f"z:u{number}", "Odd", f"Something odd happened here {number}", minute=600)
    enrich_connection(con, run)
    con.execute(
        "update enrich.tickets set intent_status = 'abstained', intent = null, intent_confidence = 0.1,"
        " intent_reasons = '{}' where ticket_id like 'z:u%'"
    )
    ask_uncertain(con, run, Says(lambda _: "refund_request"), taxonomy(**KNOWN), 100)
    models = train_connection(con, run)
    assert models.model_id_for("zendesk") != before
    artifact = models.intents("intents")
    assert artifact is not None
    (prediction,) = artifact.model.predict(["Odd\nSomething odd happened here"])
    assert prediction.intent == "refund_request"
    assert "z:u20" not in artifact.ticket_ids, "what is shown as the nearest labelled tickets was labelled by people"
