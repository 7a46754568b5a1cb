"""Symptom rules: each seed rule compiles in both engines, and tickets get the symptom a person would give."""

from __future__ import annotations

import re

import polars as pl
import pytest

from flows.enrich.seeds import Seeds, read_seeds, slug
from flows.enrich.symptoms import is_bug_like, score_symptoms
from flows.settings import PROJECT_DIR


@pytest.fixture(scope="module")
def seeds() -> Seeds:
    return read_seeds(PROJECT_DIR / "dbt_project")


@pytest.mark.parametrize(
    ("title", "text", "symptom"),
    [
        ("App crashes", "It crashes when I open a report", "crash"),
        ("Cannot log in", "The login page rejects my password", "cannot_sign_in"),
        ("Blank page", "After the update the dashboard is blank", "blank_page"),
        ("Export broken", "The CSV export fails with nothing in it", "cannot_export"),
        ("Very slow", "Loading takes forever", "slow"),
        ("Wrong totals", "The totals do not match our books", "wrong_data"),
        ("Emails gone", "All my messages have disappeared", "missing_data"),
        ("Outgoing mail", "I can’t send emails any more", "cannot_send"),
        ("Question", "What does the plan cost?", None),
        ("Board", "The board can't be opened", "cannot_open"),
        ("Board", "The chart is not shown", "cannot_open"),
        ("Mail", "I have not opened it yet, and not yet started the tour", None),
    ],
)
def test_the_strongest_symptom_is_named(seeds: Seeds, title: str, text: str, symptom: str | None) -> None:
    scored = score_symptoms(pl.Series([title]), pl.Series([text]), seeds.symptoms)
    assert scored["symptom"].to_list() == [symptom]
    assert bool(scored["rules"].to_list()[0]) == (symptom is not None) or scored["question"][0] > 0


@pytest.mark.parametrize(
    ("text", "symptom"),
    [
        ("The app loses contacts every week", "missing_data"),
        ("I keep losing rows", "missing_data"),
        ("The Get Messages button is gone", "ui_broken"),
        ("My folder pane has disappeared", "ui_broken"),
        ("I lost the Quick Filter toolbar", "ui_broken"),
        ("Missing message menu", "ui_broken"),
        ("The message list icon is missing", "ui_broken"),
        ("The folders are missing", "missing_data"),
        ("Die Symbolleiste ist seit gestern verschwunden", "ui_broken"),
        ("È sparita la barra dei menu", "ui_broken"),
        ("Es ist dreimal abgestürzt", "crash"),
        ("Encore un plantage ce matin", "crash"),
        ("Se cierra inesperadamente", "crash"),
        ("All'avvio va in crash", "crash"),
        ("O programa fecha sozinho", "crash"),
        ("Het programma is gecrasht", "crash"),
        ("Ich kann seit Montag keine Mails mehr verschicken", "cannot_send"),
        ("Je n'arrive plus à envoyer", "cannot_send"),
        ("No me deja enviar nada", "cannot_send"),
        ("Non posso più spedire la posta", "cannot_send"),
        ("Não consigo enviar mensagens", "cannot_send"),
        ("Ik kan geen berichten meer verzenden", "cannot_send"),
        ("Ich bekomme gar keine neuen Mails", "cannot_receive"),
        ("Je ne peux plus recevoir de courrier", "cannot_receive"),
        ("No me llegan los correos", "cannot_receive"),
        ("Non scarica la posta", "cannot_receive"),
        ("Não recebo mensagens", "cannot_receive"),
        ("Ik krijg sinds gisteren geen mail", "cannot_receive"),
        ("Ich kann mich seit heute nicht mehr anmelden", "cannot_sign_in"),
        ("Je ne peux plus me connecter", "cannot_sign_in"),
        ("No consigo iniciar sesión", "cannot_sign_in"),
        ("Non riesco a fare il login", "cannot_sign_in"),
        ("Não consigo fazer login", "cannot_sign_in"),
        ("Ik kan niet meer inloggen", "cannot_sign_in"),
        ("Das Öffnen dauert ewig", "slow"),
        ("L'application est vraiment lente", "slow"),
        ("Tarda mucho en abrir", "slow"),
        ("È diventato lentissimo", "slow"),
        ("Está muito lento", "slow"),
        ("Alles is erg traag", "slow"),
        ("Alle meine Ordner sind weg", "missing_data"),
        ("J'ai perdu tous mes contacts", "missing_data"),
        ("Perdí todos mis mensajes", "missing_data"),
        ("Ho perso tutta la rubrica", "missing_data"),
        ("Perdi todas as mensagens", "missing_data"),
        ("Mijn mappen zijn verdwenen", "missing_data"),
        ("Ich sende die Mail morgen, die Ordner sind neu", None),
        ("Envío los datos y recibo la factura", None),
        ("The menu shows what I lost weight for", None),
    ],
)
def test_symptoms_of_the_screen_and_of_other_languages(seeds: Seeds, text: str, symptom: str | None) -> None:
    assert score_symptoms(pl.Series([""]), pl.Series([text]), seeds.symptoms)["symptom"].to_list() == [symptom]


def test_the_rules_that_fired_are_kept(seeds: Seeds) -> None:
    scored = score_symptoms(pl.Series(["Crash"]), pl.Series(["it crashed, how do I report it?"]), seeds.symptoms)
    assert scored["rules"].to_list() == [["crash_1", "question_1"]]


def test_every_rule_compiles_in_both_engines_and_has_one_id(seeds: Seeds) -> None:
    assert seeds.symptoms["rule_id"].is_unique().all()
    for pattern in seeds.symptoms["pattern"]:
        re.compile(pattern)
        pl.Series(["x"]).str.contains(pattern)


def test_every_intent_has_a_dozen_examples(seeds: Seeds) -> None:
    counts = dict(seeds.examples.group_by("intent").len().iter_rows())
    assert {intent: counts.get(intent, 0) >= 12 for intent in seeds.intents["intent"]} == dict.fromkeys(
        seeds.intents["intent"], True
    )


def test_a_how_to_is_not_bug_like_and_an_error_is() -> None:
    assert not is_bug_like(problem=0, question=6, has_error=False, bug_share=0.1)
    assert not is_bug_like(problem=2, question=6, has_error=False, bug_share=None)
    assert is_bug_like(problem=2, question=0, has_error=True, bug_share=None)
    assert is_bug_like(problem=1, question=2, has_error=False, bug_share=0.7)
    assert not is_bug_like(problem=4, question=0, has_error=False, bug_share=0.05)


@pytest.mark.parametrize(
    ("text", "is_called_a_bug"),
    [
        ("I feel this is a bug that needs to be fixed", True),
        ("It’s definitely a bug, it comes and goes", True),
        ("To me it looks like a small bug", True),
        ("We found a bug in the importer", True),
        ("Das ist wohl ein Bug", True),
        ("I read the list of fixed bugs", False),
        ("How do I file a bug report?", False),
        ("This is a bugzilla link", False),
    ],
)
def test_what_customers_call_a_bug_is_one_and_no_symptom(seeds: Seeds, text: str, is_called_a_bug: bool) -> None:
    text = f"The box checks the next message. Is there a way to avoid that? {text}."
    (row,) = score_symptoms(pl.Series(["Boxes"]), pl.Series([text]), seeds.symptoms).to_dicts()
    assert (row["bug"] > 0) == is_called_a_bug
    assert row["symptom"] in (None, "not_working")
    found = is_bug_like(row["problem"], row["question"], has_error=False, bug_share=None, bug=row["bug"])
    assert found == is_called_a_bug


def test_categories_are_compared_as_slugs() -> None:
    assert slug("Other / spam") == "other_spam"
