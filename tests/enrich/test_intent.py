"""The intent model: learns, is calibrated, abstains, explains itself, and repeats itself."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from flows.enrich import characters
from flows.enrich.calibration import calibration_error, choose_threshold, fit_calibration
from flows.enrich.intent import Example, fit_intents, model_id_of
from flows.enrich.train import last_change

WORDS = {
    "refund": ("refund", "money back", "reimburse", "return the payment"),
    "login": ("log in", "password", "sign in", "locked out"),
    "export": ("export", "download csv", "excel file", "pdf report"),
}


def examples(count: int = 240) -> list[Example]:
    chance = np.random.default_rng(7)
    out = []
    for number in range(count):
        intent = sorted(WORDS)[number % 3]
        phrase = WORDS[intent][int(chance.integers(4))]
        filler = ["please", "today", "again", "our team", "urgent"][int(chance.integers(5))]
        out.append(Example(f"{filler} {phrase} question {number}", intent, ticket_id=f"t:{number}"))
    return out


@pytest.fixture(scope="module")
def fitted() -> tuple[object, dict[str, float]]:
    return fit_intents("test", examples(), bug_like={"login": True, "export": False, "refund": False})


def test_held_out_tickets_are_classified_far_above_the_majority(fitted) -> None:
    _, metrics = fitted
    assert metrics["held_out"] == 48
    assert metrics["accuracy"] > 0.95 > 0.5 > metrics["majority_baseline"]
    assert metrics["ece"] < 0.1


def test_a_prediction_carries_confidence_second_choice_words_and_bug_share(fitted) -> None:
    model, _ = fitted
    (got,) = model.predict(["I want my money back"])
    assert got.intent == "refund"
    assert got.confidence > 0.6
    assert got.second in {"login", "export"}
    assert "money" in " ".join(word for word, _ in got.words)
    assert got.bug_share is not None and got.bug_share < 0.3
    assert model.predict(["zzz qqq"])[0].confidence < 0.7


def test_the_same_examples_give_the_same_model_and_answers(fitted) -> None:
    model, metrics = fitted
    again, metrics_again = fit_intents("test", examples(), bug_like={"login": True})
    assert (again.model_id, metrics_again) == (model.model_id, metrics)
    texts = [example.text for example in examples(30)]
    assert [p.intent for p in again.predict(texts)] == [p.intent for p in model.predict(texts)]
    assert np.allclose(again.probabilities(texts), model.probabilities(texts), atol=1e-6)
    assert model_id_of("test", examples(239)) != model.model_id


def test_two_intents_are_enough() -> None:
    pair = [e for e in examples(60) if e.intent != "export"]
    model, _ = fit_intents("pair", pair)
    assert model.predict(["refund please"])[0].intent == "refund"
    assert model.predict(["refund please"])[0].bug_share is None


def test_calibration_and_threshold_follow_the_held_out_tickets() -> None:
    chance = np.random.default_rng(0)
    truth = chance.integers(0, 3, 400)
    noisy = np.where(chance.random(400) < 0.3, (truth + 1) % 3, truth)
    margins = np.eye(3)[noisy] * 10.0
    chances = fit_calibration(margins, truth)(margins)
    assert calibration_error(chances.max(axis=1), chances.argmax(axis=1) == truth) < 0.03
    confidence = np.repeat([0.3, 0.6, 0.9], 100)
    hit = np.arange(300) % 10 < np.repeat([3, 6, 10], 100)
    assert choose_threshold(confidence, hit, 0.8) == 0.35
    assert choose_threshold(confidence, np.zeros(300, bool), 0.8) == 0.5


def test_a_change_of_categories_is_seen() -> None:
    assert last_change(["a", "b"] * 500) == 0
    assert last_change(["a"] * 1000 + ["b", "c"] * 500) == 1000


def test_characters_count_as_scikit_learn_counts_them() -> None:
    texts = ["The export fails, the export!", "a  bc\tdef", "", "Ünïcödé ERR-4012 x"]
    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, dtype=np.float32).fit(texts)
    expected = vectorizer.transform([*texts, "never seen"])
    found = characters.transform(vectorizer, [*texts, "never seen"])
    assert (found != expected).nnz == 0 and found.shape == expected.shape
