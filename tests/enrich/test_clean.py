"""What is left of a message: the person's own words."""

from __future__ import annotations

import time

import pytest

from flows.enrich.clean import MAX_TEXT, clean


def test_html_becomes_lines_and_loses_quote_signature_and_style() -> None:
    got = clean(
        "<html><style>p{color:red}</style><div>Export fails<br>since <b>today</b><!-- x -->.</div>"
        "<p>It worked before.</p><div class='gmail_quote'>On Monday you wrote</div><blockquote>old</blockquote>"
        "<div class='gmail_signature'>Jane, CEO</div></html>",
        "html",
    )
    assert got.text == "Export fails\nsince today.\n\nIt worked before."


def test_code_and_traces_are_kept_apart() -> None:
    got = clean("It broke.\n```\nTypeError: x is null\n```\nTraceback (most recent call last)\nPlease help.", "text")
    assert got.text == "It broke.\n\nPlease help."
    assert "TypeError: x is null" in got.code
    assert "Traceback" in got.code
    assert clean("<p>See</p><pre>at foo (bar.js:1)</pre>", "html").code == "at foo (bar.js:1)"


@pytest.mark.parametrize(
    "tail",
    [
        "On Mon, 3 Jan 2024 at 10:00, Support <help@x.example> wrote:\n> Have you tried?",
        "-----Original Message-----\nFrom: Support\nHave you tried?",
        "Am 3.1.2024 um 10:00 schrieb Support:\n> Hallo",
        "From: Support\nSent: Monday\nTo: me\n\nHave you tried?",
        "Best regards,\nJane Doe\nHead of Sales | ACME Ltd",
        "-- \nJane Doe",
        "Sent from my iPhone",
        "This e-mail is confidential and intended only for the addressee.",
    ],
)
def test_what_mail_programs_add_is_removed(tail: str) -> None:
    assert clean(f"Still not fixed.\n\n{tail}", "text").text == "Still not fixed."


def test_a_postscript_below_the_closing_formula_stays() -> None:
    assert "PS: it also happens" in clean("It fails.\nThanks,\nJim\nPS: it also happens on Mondays", "text").text


def test_a_forwarded_mail_with_nothing_before_it_is_not_emptied() -> None:
    assert "Have you" in clean("-----Original Message-----\nHave you tried?", "text").text


@pytest.mark.parametrize("body", ["I am out of the office until Monday.", "Automatic reply: away", "Auto-Reply"])
def test_machine_written_mail_is_marked(body: str) -> None:
    assert clean(body, "text").is_automatic
    assert not clean("The automatic reply feature is broken", "text").is_automatic


@pytest.mark.parametrize("body", [None, "", "  \n ", "<>", "<div", "\x00\u202e", "🎉", "مرحبا", "<p></p>" * 50])
@pytest.mark.parametrize("body_format", ["html", "text", None])
def test_odd_bodies_pass(body: str | None, body_format: str | None) -> None:
    assert "\x00" not in clean(body, body_format).text


@pytest.mark.parametrize("unit", ["word ", "<div>", "<b>x</b>", "> quoted\n", "```", "Thanks,\n"])
def test_megabytes_are_bounded_and_say_so(unit: str) -> None:
    start = time.perf_counter()
    got = clean(unit * (3_000_000 // len(unit)), "html" if "<" in unit else "text")
    assert time.perf_counter() - start < 5
    assert got.truncated
    assert len(got.text) <= MAX_TEXT
