"""Feeling of customers' messages and the markers of frustration in them."""

from __future__ import annotations

import pytest

from flows.enrich.sentiment import markers, score


@pytest.mark.parametrize(
    ("text", "marker"),
    [
        ("I have already told you that twice.", "repeated_question"),
        ("Any update on this?", "repeated_question"),
        ("I am really disappointed", "disappointment"),
        ("Can I talk to a real person please", "wants_human"),
        ("This is urgent, we cannot work", "urgency"),
        ("WHY DOES NOTHING EVER WORK HERE", "capitals"),
        ("Hello?!", "exclamation"),
    ],
)
def test_markers_are_named(text: str, marker: str) -> None:
    assert marker in markers(text)


def test_a_short_answer_is_clipped_only_as_a_reply_and_without_thanks() -> None:
    assert markers("still broken", is_reply=True) == ["clipped_reply"]
    assert markers("still broken") == []
    assert markers("works now, thanks", is_reply=True) == []


def test_angry_is_below_plain_and_plain_below_happy() -> None:
    texts = (
        "This is ridiculous and useless, I am furious!!",
        "The export stops with error 503 when I press the button.",
        "Perfect, works great now. Thank you so much!",
    )
    angry, plain, happy = (score(text, markers(text)) for text in texts)
    assert angry is not None and plain is not None and happy is not None
    assert angry < -0.5 < plain < 0.5 < happy
    assert abs(plain) < 0.2  # words such as error are the topic here, not a feeling


def test_no_words_have_no_score() -> None:
    assert score("123 !!! 🎉", []) is None
