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


def test_categories_are_compared_as_slugs() -> None:
    assert slug("Other / spam") == "other_spam"
