"""Feeling of customers' messages, and how it changes along a conversation."""

from __future__ import annotations

import pytest

from flows.enrich import markers
from flows.enrich.sentiment import MARKER_WEIGHT, MIN_SLOPE, analyzer, score, slope
from flows.enrich.spans import spoken


def test_angry_is_below_plain_and_plain_below_happy() -> None:
    texts = (
        "This is ridiculous and useless, I am furious!!",
        "The export stops with error 503 when I press the button.",
        "Perfect, works great now. Thank you so much!",
    )
    angry, plain, happy = (score(text, len(markers.find(text, spoken(text)))) for text in texts)
    assert angry is not None and plain is not None and happy is not None
    assert angry < -0.5 < plain < 0.5 < happy
    assert abs(plain) < 0.2  # words such as error are the topic here, not a feeling


def test_no_words_have_no_score() -> None:
    assert score("123 !!! 🎉") is None


@pytest.mark.parametrize(
    "sentence",
    [
        "This is great",
        " It is kind of GREAT, kind of bad!!! ",
        "Not very good but the new version is absolutely wonderful :-)",
        "No, never so happy and least of all without doubt angry???",
        "I love it 😀 and hate the rest",
        "sehr schön, great",
    ],
)
def test_a_sentence_feels_what_vader_says(sentence: str) -> None:
    assert score(sentence) == analyzer().polarity_scores(sentence)["compound"] != 0


@pytest.mark.parametrize(
    "text",
    [
        "I cannot log in. Thanks for your help. Best regards.",
        "The list scrolls to the top. Thanks. Kevin",
        "Any help would be greatly appreciated!",
        "It would be great if you could add a dark mode.",
        "I would like to save it, it looks like the import stopped. Have a nice day",
        "Good morning, I hope you can tell me why the window is empty.",
        "It worked perfectly until the update, and works fine on my other computer in safe mode.",
        "Attachments are sent successfully, restored and offline. Kindly advise, cheers",
    ],
)
def test_courtesy_and_what_one_does_with_software_are_no_feeling(text: str) -> None:
    assert score(text) == 0.0


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("Thank you so much!", 0.3, 1.0),
        ("It works now. Thanks!", 0.2, 1.0),
        ("It is not working again.", -1.0, -0.1),
        ("I like the new editor.", 0.3, 1.0),
        ("I hope you can mend this horrible list, thanks.", -1.0, -0.1),
    ],
)
def test_a_feeling_beside_courtesy_is_kept(text: str, least: float, most: float) -> None:
    value = score(text)
    assert value is not None and least <= value <= most


def test_each_marker_takes_its_weight_off() -> None:
    plain, strained = score("The export works."), score("The export works.", 2)
    assert plain is not None
    assert strained == round(plain - 2 * MARKER_WEIGHT, 4)


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([], None),
        ([0.4, -0.8], None),
        ([0.5, 0.2, -0.1], -0.3),
        ([0.1, 0.1, 0.1, 0.1], 0.0),
        ([-0.5, -0.25, 0.0, 0.25], 0.25),
        ([0.4, 0.3, -1.0, 0.1, 0.0], -0.1),  # one outburst does not bend it
    ],
)
def test_the_slope_is_the_change_from_message_to_message(scores: list[float], expected: float | None) -> None:
    assert slope(scores) == expected
    assert MIN_SLOPE == 3


def test_the_slope_of_a_long_conversation_is_that_of_its_newest_messages() -> None:
    assert slope([1.0, -1.0] * 500 + [n / 100 for n in range(60)]) == 0.01
