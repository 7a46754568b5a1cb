from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.enrich.sentences import sentences


@pytest.mark.parametrize(
    "expected",
    [
        ["I use v. 115.10.1 of it.", "It fails."],
        ["See e.g. the log.", "Then this."],
        ["Mr. Smith wrote.", "Dr. Jones too."],
        ['He said "no."', "Then it stopped!", "why?", "nobody knows"],
        ["Es ist z.B. so.", "Das ist ca. 3 mal so."],
        ["J. Smith called.", "Prof. X too."],
        ["Wait... what?", "Yes."],
        ["1. Open it.", "2. Press."],
        ["¿Por qué?", "¡No sé!"],
        ["See www.example.com.", "It costs $5.50.", "Why?"],
    ],
)
def test_sentences_end_where_they_end(expected: list[str]) -> None:
    assert sentences(" ".join(expected)) == expected


def test_lines_end_sentences_and_some_languages_need_no_space() -> None:
    assert sentences("one\n\n two ") == ["one", "two"]
    assert sentences("これは動きません。助けて。") == ["これは動きません。", "助けて。"]


@given(st.text(max_size=200))
def test_nothing_but_spaces_is_lost(text: str) -> None:
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())


def test_a_megabyte_is_quick() -> None:
    start = time.process_time()
    sentences('Mr. "a." (B). ' * 70_000)
    assert time.process_time() - start < 5
