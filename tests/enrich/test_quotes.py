"""Title, clearest sentence, steps."""

from __future__ import annotations

import pytest

from flows.enrich.quotes import MAX_QUOTE, clearest, shorten, steps_of, title_of
from flows.enrich.sentences import sentences


def test_the_title_loses_re_and_fwd_and_falls_back_to_the_text() -> None:
    assert title_of("Re: FW: Export broken", "x") == "Export broken"
    assert title_of("", "Hi there.\nThe export is broken. Please help.") == "The export is broken."
    assert title_of(None, "") == ""


def test_the_clearest_sentence_is_the_one_that_tells_the_problem() -> None:
    spoken = sentences("Hi team. We love your product. Since the update the export stops with ERR-4012! Thanks.")
    assert clearest(spoken, [False, False, True, False], "Export") == "Since the update the export stops with ERR-4012!"
    assert clearest([], [], "Export") is None


def test_quotes_are_cut_at_a_word() -> None:
    assert len(shorten("word " * 200, MAX_QUOTE)) <= MAX_QUOTE
    assert shorten("word " * 200, MAX_QUOTE).endswith("word…")


def test_steps_are_what_the_customer_did() -> None:
    spoken = sentences("It fails.\n1. Open the report\n2. Press export\nI cleared the cache. The sky is blue.")
    assert steps_of(spoken) == "1. Open the report\n2. Press export\nI cleared the cache."
    assert steps_of(["The sky is blue."]) is None
    assert steps_of(["Where do I go to undo it?", "How can we open the board?"]) is None
    assert steps_of(["I opened the board, so why is it empty?"]) is not None


@pytest.mark.parametrize("text", ["", "…", "e.g. this one. And that.", "one\n\ntwo"])
def test_sentences_lose_no_words(text: str) -> None:
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())
