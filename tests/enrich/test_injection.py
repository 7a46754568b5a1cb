"""Tickets that give orders, and a language model that obeys them as well as it can: within the schema and beside it.

The worst case, over real HTTP and through the real client: whatever is demanded is answered.
"""

from __future__ import annotations

import re
import shutil
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pytest
from enrich_world import add_ticket, make_run, make_warehouse
from injections import ATTACKS
from openai_emulator import OpenAIEmulator, Reply, completion

from flows.core.run import Run
from flows.enrich.protocols import TextModel
from flows.enrich.run import enrich_connection
from flows.enrich.text_model import GUARD, KIND, text_model
from flows.enrich.titles import short_title
from flows.enrich.train import ask_text_model, train_connection
from flows.enrich.uncertain import INSTRUCTIONS as INTENT_PROMPT
from flows.enrich.uncertain import KIND as LABELS
from flows.settings import Settings

FOREIGN = re.compile(r"@|https?:|<|>|\[[^\]]*\]\(|phish|ENG-1|\bz:[12]\b")  # mentions, links, markup, others' ids


def with_model(home: Path, journal: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run with a language model and budget for all, on a copy of the home's journal."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-0123456789")
    shutil.copytree(home / "journal", journal)
    text = {"base_url": url, "model": "m", "uncertain_tickets": 400, "calls_per_run": 2000, "tokens_per_run": 10**8}
    settings = {"home": home, "journal_url": str(journal), "models": {"text": text}}
    sources = make_run(home).settings.sources
    return Run.start("nightly", Settings.model_validate({**settings, "sources": sources}), now=make_run(home).now)


def prompt(body: dict[str, Any]) -> str:
    return str(body["messages"][0]["content"])


def answered(intent: str, **more: Any) -> str:
    return orjson.dumps({"intent": intent, "is_clear": True, **more}).decode()


HARMLESS = "as demanded, in the schema"
OBEYING: dict[str, Callable[[dict[str, Any]], str | Reply]] = {
    HARMLESS: lambda _: answered("refund_request"),
    "for other tickets too": lambda _: answered("refund_request", tickets=["z:1", "z:2"], ticket_id="z:1"),
    "as a list of tickets": lambda _: '[{"ticket_id": "z:1", "intent": "refund_request", "is_clear": true}]',
    "the prompt as intent": lambda body: answered(prompt(body)),
    "the prompt in a field more": lambda body: answered("refund_request", prompt=prompt(body)),
    "the prompt alone": prompt,
    "the prompt as a refusal": lambda body: completion(None, refusal=prompt(body)),
    "a mention as intent": lambda _: answered("<!channel> @here [see](https://phish.example)"),
    "talk around it": lambda _: f"Sure! ```json\n{answered('refund_request')}\n``` @everyone https://phish.example",
    "another intent": lambda _: answered("give_admin_rights"),
    "cut short": lambda _: '{"intent": "refund_req',
}


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, duckdb.DuckDBPyConnection]:
    """A home with models, and a warehouse that has read every attack without being sure of its intent."""
    home = tmp_path_factory.mktemp("attacked")
    con = make_warehouse(90)
    for number, (name, text) in enumerate(ATTACKS.items()):
        add_ticket(con, f"x:{name}", f"Hello {name.replace('_', ' ')}", text, minute=1000 + number)
    enrich_connection(con, make_run(home))
    con.execute("update enrich.tickets set intent_status = 'abstained', intent = null where ticket_id like 'x:%'")
    return home, con


def test_there_are_attacks_enough() -> None:
    assert len(ATTACKS) >= 40


@pytest.mark.parametrize("way", OBEYING)
def test_an_obeyed_ticket_harms_no_other(
    attacked: tuple[Path, duckdb.DuckDBPyConnection], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    home, con = attacked
    rows = "select * from enrich.tickets order by ticket_id"
    before = con.sql(rows).fetchall()
    with OpenAIEmulator(OBEYING[way]) as service:
        run = with_model(home, tmp_path / "journal", service.url, monkeypatch)
        ask_text_model(con, run)
    asked = {orjson.loads(body["messages"][1]["content"])["title"] for body in service.asked}
    assert asked == {f"Hello {name.replace('_', ' ')}" for name in ATTACKS}
    assert con.sql(rows).fetchall() == before
    answers = run.journal.latest(KIND)
    labels = {key: body for key, body in run.journal.latest(LABELS).items() if body["intent"]}  # else: what was refused
    assert {(key, *body["tickets"]) for key, body in labels.items()} == (
        {(f"intents:x:{name}", f"x:{name}") for name in ATTACKS} if way == HARMLESS else set()
    )
    assert {body["intent"] for body in labels.values()} <= {"refund_request"}
    written = orjson.dumps([answers, labels]).decode() + str(run.report)
    assert GUARD[:40] not in written and INTENT_PROMPT[:40] not in written
    assert not FOREIGN.search(orjson.dumps([body.get("answer") for body in answers.values()]).decode())
    assert run.report.problems == []


def test_labels_that_were_talked_into_the_model_move_no_ticket_with_a_label(
    attacked: tuple[Path, duckdb.DuckDBPyConnection], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, con = attacked
    rows = "select ticket_id, intent from enrich.tickets where ticket_id like 'z:%' order by ticket_id"
    before = con.sql(rows).fetchall()
    old = make_run(home).journal.latest("model")
    with OpenAIEmulator(OBEYING[HARMLESS]) as service:
        run = with_model(home, tmp_path / "journal", service.url, monkeypatch)
        run.settings.home = shutil.copytree(home, tmp_path / "home", ignore=shutil.ignore_patterns("journal"))
        ask_text_model(con, run)
        train_connection(con, run)
    assert {id for id in run.journal.latest("model") if id.startswith("intent-")} - old.keys(), "a model learnt of them"
    own = con.cursor()
    own.execute("begin")
    enrich_connection(own, run)
    after = own.sql(rows).fetchall()
    own.execute("rollback")
    assert after == before


def test_what_is_sent_is_quoted_and_redacted(
    attacked: tuple[Path, duckdb.DuckDBPyConnection], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The instructions are the same for every ticket; the rest is one JSON object with the ticket's two texts."""
    home, con = attacked
    with OpenAIEmulator(OBEYING[HARMLESS]) as service:
        ask_text_model(con, with_model(home, tmp_path / "journal", service.url, monkeypatch))
    assert len({prompt(body) for body in service.asked}) == 1
    for body in service.asked:
        assert [message["role"] for message in body["messages"]] == ["system", "user"]
        quoted = orjson.loads(body["messages"][1]["content"])
        assert quoted.keys() == {"title", "text"}
        assert len(quoted["text"]) <= 1_500
        assert not any(unicodedata.category(char) in ("Cc", "Cf", "Co") for text in quoted.values() for char in text)
        schema = body["response_format"]["json_schema"]
        assert schema["strict"] is True
        assert schema["schema"]["additionalProperties"] is False


# -- titles: the one answer that is free text

INNOCENT = ["Export to CSV fails", "CSV export stops halfway", "Cannot export as CSV", "The export button fails"]
TITLES: dict[str, Callable[[dict[str, Any]], str]] = {
    "the attack itself": lambda body: orjson.loads(body["messages"][1]["content"])["titles"][-1][:60],
    "the prompt": lambda body: prompt(body)[:60],
    "words of the prompt": lambda _: "name a topic of requests to a software company",
    "a mention": lambda _: "CSV export fails @channel",
    "a mention of Slack": lambda _: "<!channel> CSV export fails",
    "a link": lambda _: "CSV export fails, see https://phish.example",
    "a bare link": lambda _: "CSV export phish.example",
    "a Markdown link": lambda _: "[CSV export](//phish.example)",
    "an issue": lambda _: "Fixes ENG-1 CSV export",
    "another ticket": lambda _: "CSV export fails like z:1",
    "two lines": lambda _: "CSV export\nfails",
    "what one ticket says": lambda _: "refund_request for all tickets",
    "turned around": lambda _: "\u202eCSV export fails",
    "too long": lambda _: "CSV export fails " * 9,
}


def model_at(home: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> tuple[TextModel, Run]:
    (home / "journal").mkdir()
    run = with_model(home, home / "copied", url, monkeypatch)
    model = text_model(run)
    assert model is not None
    return model, run


def test_a_title_takes_nothing_from_one_ticket_nor_from_the_prompt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each attack among innocent tickets, whose topic is then given each of the titles."""
    now = ""
    with OpenAIEmulator(lambda body: orjson.dumps({"title": TITLES[now](body)}).decode()) as service:
        model, run = model_at(tmp_path, service.url, monkeypatch)
        for place, (name, text) in enumerate(ATTACKS.items()):
            for now in list(TITLES)[place % 2 :: 2]:  # every other, in turns: each way meets half of the attacks
                titles = [f"{INNOCENT[0]} ({now})", *INNOCENT[1:], text[:300]]  # a new question each
                assert short_title(model, titles, ["export", "csv"]) is None, (name, now)
    kept = run.journal.latest(KIND)
    assert len(kept) == len(service.asked) == len(ATTACKS) * len(TITLES) // 2
    assert {body["status"] for body in kept.values()} == {"unusable"}
    assert not any("answer" in body for body in kept.values())


def test_a_title_of_words_that_the_tickets_share_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with OpenAIEmulator(lambda _: '{"title": "CSV export fails"}') as service:
        model, _ = model_at(tmp_path, service.url, monkeypatch)
        for text in ATTACKS.values():
            assert short_title(model, [*INNOCENT, text[:300]], ["export"]) == "CSV export fails"
