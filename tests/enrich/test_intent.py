"""The intent model: learns, is calibrated, abstains, explains itself, and repeats itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from flows.enrich import characters
from flows.enrich.calibration import MIN_GROUP, calibration_error, fit_calibration
from flows.enrich.features import HEAD, WEIGHTS, Features, pairs
from flows.enrich.intent import Example, fit_intents, model_id_of
from flows.enrich.labels import last_change

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
    assert got.threshold < got.confidence and got.is_sure
    assert not replace(got, threshold=0.9999).is_sure
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


def noisy(rows: int, wrong: float, classes: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Sure margins and labels of which a share is wrong."""
    chance = np.random.default_rng(0)
    truth = chance.integers(0, classes, rows)
    said = np.where(chance.random(rows) < wrong, (truth + 1) % classes, truth)
    return np.eye(classes)[said] * 10.0, truth


def test_calibration_follows_the_held_out_tickets() -> None:
    margins, truth = noisy(400, 0.3)
    chances = fit_calibration(margins, truth, np.array([9, 9, 9]))(margins)
    assert calibration_error(chances.max(axis=1), chances.argmax(axis=1) == truth) < 0.03
    assert np.allclose(chances.sum(axis=1), 1)


def test_what_two_intents_fit_and_what_none_fits_are_not_believed_alike() -> None:
    chance = np.random.default_rng(3)
    truth = chance.integers(3, size=800)
    said = truth.copy()
    is_wrong = chance.random(800) < np.where(np.arange(800) < 400, 0.05, 0.4)  # the second half fits worse
    said[is_wrong] = (truth[is_wrong] + 1) % 3
    margins = np.where(np.arange(800) < 400, 0.5, -1.0)[:, None] + 0.5 * np.eye(3)[said]
    confidence = fit_calibration(margins, truth, np.array([9, 9, 9]))(margins).max(axis=1)
    assert confidence[:400].mean() == pytest.approx(0.95, abs=0.03)
    assert confidence[400:].mean() == pytest.approx(0.6, abs=0.05)


def test_a_group_of_intents_with_enough_held_out_tickets_has_a_calibration_of_its_own() -> None:
    good, bad = noisy(2 * MIN_GROUP, 0.02, 2), noisy(2 * MIN_GROUP, 0.3, 2)
    margins = np.full((4 * MIN_GROUP, 4), -10.0)
    margins[: 2 * MIN_GROUP, :2], margins[2 * MIN_GROUP :, 2:] = good[0], bad[0]
    truth = np.concatenate([good[1], bad[1] + 2])
    alike = fit_calibration(margins, truth, np.array([500, 500, 500, 500]))
    grouped = fit_calibration(margins, truth, np.array([500, 500, 20, 20]))
    sure, unsure = grouped(margins).max(axis=1)[[0, -1]]
    assert sure > 0.95 and 0.6 < unsure < 0.8
    assert len(set(alike(margins).max(axis=1).round(3))) == 1
    few = fit_calibration(margins[::9], truth[::9], np.array([500, 500, 20, 20]))
    assert few.softmaxes[0] == few.softmaxes[1]


def test_a_change_of_categories_is_seen() -> None:
    assert last_change(["a", "b"] * 500) == 0
    assert last_change(["a"] * 1000 + ["b", "c"] * 500) == 1000


def test_characters_count_as_scikit_learn_counts_them() -> None:
    texts = ["The export fails, the export!", "a  bc\tdef", "", "Ünïcödé ERR-4012 x"]
    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, dtype=np.float32).fit(texts)
    expected = vectorizer.transform([*texts, "never seen"])
    found = characters.transform(vectorizer, [*texts, "never seen"])
    assert (found != expected).nnz == 0 and found.shape == expected.shape


def test_pairs_count_as_scikit_learn_counts_them() -> None:
    texts = ["Card not here, not my card", "refund", "my refund is not here and my card is gone", "a " * 9]
    features = Features(len(texts))
    features.fit_transform(texts)
    texts = [*texts, "", "!", "unknown", "REFUND", "here not seen card", "card " + "and " * 6 + "gone"]
    expected = features.pairs.transform([text[:HEAD] for text in texts])
    places = slice(len(features.words.vocabulary_), len(features.readable))
    found = features(texts)[:, places] / WEIGHTS["pairs"]
    assert found.shape == expected.shape and abs(found - expected).max() < 1e-6
    assert ((found != 0) != (expected != 0)).nnz == 0


def test_words_that_weighed_most_are_what_was_computed(fitted) -> None:
    model, _ = fitted
    text = "my password was rejected"
    (got,) = model.predict([text])
    place = model.classes.index(got.intent)
    rows = model.features([text])
    columns = {name: column for column, name in enumerate(model.features.readable)}
    for word, pull in got.words:
        column = columns[word]
        assert pull == pytest.approx(rows[0, column] * model.weights[column, place], abs=1e-3)


def test_pairs_are_of_near_words_in_any_order() -> None:
    assert pairs("Card not here") == ["card + not", "card + here", "here + not"]
    assert pairs("here not card")[0] == "here + not"
    assert pairs("a b c d e f g h").count("a + h") == 0
    assert pairs("refund") == ["refund"] and pairs("!") == []


def test_what_an_intent_is_called_counts_as_an_example() -> None:
    rows = [Example(f"number {n} please", ["one", "two"][n % 2]) for n in range(40)]
    model, _ = fit_intents("called", rows, called={"one": "Screen flickers", "two": "Parcel is late"})
    assert [p.intent for p in model.predict(["the screen flickers", "late parcel"])] == ["one", "two"]


def test_the_target_precision_of_an_intent_moves_its_threshold_alone() -> None:
    chance = np.random.default_rng(3)
    rows = [e if chance.random() > 0.25 else replace(e, intent="refund") for e in examples(900)]
    low, _ = fit_intents("x", rows, targets={"login": 0.4})
    high, _ = fit_intents("x", rows, targets={"login": 0.9})
    by_intent = [dict(zip(m.classes, m.thresholds, strict=True)) for m in (low, high)]
    assert by_intent[0]["login"] < by_intent[1]["login"]
    assert by_intent[0]["export"] == by_intent[1]["export"]
    assert low.model_id != high.model_id


def test_one_example_an_intent_is_enough_to_begin_with() -> None:
    model, metrics = fit_intents("few", [Example("give my money back", "refund"), Example("locked out", "login")])
    got = model.predict(["money back please", "", "!"])
    assert got[0].intent == "refund" and metrics["held_out"] == 2
    assert {p.threshold for p in got} == {0.5}
