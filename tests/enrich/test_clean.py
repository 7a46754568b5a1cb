"""What is left of a message: the person's own words."""

from __future__ import annotations

import html
import time
import unicodedata

import pytest
from clean_mails import AUTOMATIC, FOOTERS, INTRODUCTIONS, MAILS, WRITTEN, Mail, quoted
from hypothesis import given
from hypothesis import strategies as st

from flows.enrich import clean as cleaning
from flows.enrich.clean import MARGIN, MAX_TEXT, clean, redacted


@pytest.mark.parametrize("mail", MAILS.values(), ids=MAILS)
def test_what_a_person_wrote_remains_and_nothing_else(mail: Mail) -> None:
    got = clean(mail.body, mail.body_format)
    assert (got.text, got.code) == (mail.remains, mail.code)


@pytest.mark.parametrize(("body", "subject"), AUTOMATIC)
def test_machine_written_mail_is_marked(body: str, subject: str | None) -> None:
    assert clean(body, "text", subject).is_automatic


@pytest.mark.parametrize(("body", "subject"), WRITTEN)
def test_mail_about_machine_written_mail_is_not(body: str, subject: str | None) -> None:
    assert not clean(body, "text", subject).is_automatic


# -- properties

_PROSE = (
    "The export stops at 40 percent.",
    "It worked until last Tuesday, on both machines.",
    "Does anybody else see this?",
    "Der Bericht lässt sich seit gestern nicht mehr öffnen.",
    "Nous avons essayé avec un autre navigateur.",
    "No encuentro el botón de exportar.",
    "I opened the second report (the one of March) and pressed the button twice.",
    "Non riesco a salvare la pagina, resta bianca.",
    "Wij gebruiken versie 3.12 op alle computers.",
    "Error ERR-4012 is all that it says.",
    "We pay for twelve seats and need this before Friday!",
)
_prose = st.lists(st.sampled_from(_PROSE), min_size=1, max_size=8)
_tail = st.sampled_from(
    ["", *FOOTERS.values(), *(f"{line}\n{quoted('Have you tried it?')}" for line in INTRODUCTIONS.values())]
)
_anything = st.lists(
    st.one_of(
        st.sampled_from([mail.body for mail in MAILS.values()]),
        st.sampled_from(_PROSE),
        st.text(max_size=30),
        st.sampled_from(
            ["```", "> ", "-- ", "<div>", "</p>", "&lt;", "&amp;", "\n\n", "    x = 1", "Thanks,", "<pre>", "{{{"]
        ),
    ),
    max_size=6,
)


@given(_anything, st.sampled_from(["html", "text", None]))
def test_cleaning_passes_and_invents_no_characters(pieces: list[str], body_format: str | None) -> None:
    body = "\n".join(pieces)
    got = clean(body, body_format)
    given_characters = set(
        unicodedata.normalize("NFC", body + html.unescape(body) + html.unescape(html.unescape(body)))
    )
    assert set(got.text + got.code) <= given_characters | {" ", "\n"}


@given(_anything, st.sampled_from(["html", "text"]))
def test_cleaning_twice_changes_nothing(pieces: list[str], body_format: str) -> None:
    once = clean("\n".join(pieces), body_format).text
    assert clean(once, "text").text == once


@given(_prose, _tail)
def test_every_line_of_plain_prose_remains(lines: list[str], tail: str) -> None:
    got = clean("\n".join(lines) + f"\n\n{tail}", "text").text.split("\n")
    assert got == lines


def test_a_value_at_the_end_of_what_is_kept_is_redacted_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cleaning, "MAX_TEXT", 40)
    got = redacted(clean("Please write to my new address which is jane.miller@example.com"))
    assert got.truncated
    assert "jane" not in got.text
    assert len(got.text) <= 40


@pytest.mark.parametrize("body", [None, "", "  \n ", "<>", "<div", "\x00\u202e", "🎉", "مرحبا", "<p></p>" * 50])
@pytest.mark.parametrize("body_format", ["html", "text", None])
def test_odd_bodies_pass(body: str | None, body_format: str | None) -> None:
    assert "\x00" not in clean(body, body_format).text


@pytest.mark.parametrize(
    "unit",
    [
        "word ",
        "<div>",
        "<b>x</b>",
        "> quoted\n",
        "```",
        "Thanks,\n",
        "On 1 ",
        "From: a\n",
        "this message ",
        "confidential\n",
        "at a(",
        "-- \n",
        "    a = 1\n",
        "<div id=appendonsend>",
        "<div class=gmail_quote>",
        "-----Original Message-----\n",
        "a.B",
    ],
)
def test_megabytes_are_bounded_and_say_so(unit: str) -> None:
    start = time.process_time()
    got = clean(unit * (3_000_000 // len(unit)), "html" if "<" in unit else "text")
    assert time.process_time() - start < 5
    assert got.truncated
    assert len(got.text) <= MAX_TEXT + MARGIN
    assert len(redacted(got).text) <= MAX_TEXT
