"""What an agent does in a message, and by what equal replies are known."""

from __future__ import annotations

import time

import pytest

from flows.enrich.actions import ACTIONS, actions_of, reply_key


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Which version do you use? Could you send us a screenshot?", ["question"]),
        ("Does the export fail in every project?", ["question"]),
        ("Does that help? Is there anything else?", ["reply"]),
        ("This is described in https://help.larkspan.example/hc/en-us/articles/3600012-Export", ["article"]),
        ("See https://www.larkspan.example/pricing for it.", ["reply"]),
        (
            "It is tracked in https://bugzilla.tracker.example/show_bug.cgi?id=12345, a known issue.",
            ["tracker", "bug_noted"],
        ),
        ("Filed as https://github.com/acme/app/issues/77", ["tracker"]),
        ("That is not a bug, it is meant to be so.", ["reply"]),
        ("Please clear the cache and restart the app.", ["instructions"]),
        ("1. Open the menu\n2. Press export", ["instructions"]),
        ("Tools > Settings > Privacy is where it is", ["instructions"]),
        ("That is in Account Settings>Server Settings.", ["instructions"]),
        ('It is under "Tools" -> "Privacy" now.', ["instructions"]),
        ("Ansicht → Sortieren nach => Datum", ["instructions"]),
        ("Opciones-> Cuentas » Carpetas", ["instructions"]),
        ("It lies in <folder>profiles, see the article-> https://www.larkspan.example/x", ["reply"]),
        ("You wrote\n> that it is\n>> slow", ["reply"]),
        ("Le bouton « Afficher » manque.", ["reply"]),
        ("Rows >200 and sums => 7 are grey >:(", ["reply"]),
        ("Set it as the default program in the control panel.", ["instructions"]),
        ("Then just delete the index, it is written again.", ["instructions"]),
        ("Make sure the port is 993.", ["instructions"]),
        ("Look into the developer tools for it.", ["reply"]),
        ("I run the same set and copy nothing, it is just fine.", ["reply"]),
        ("As a workaround you can click Export twice.", ["instructions", "workaround"]),
        ("We have refunded the second charge.", ["refund"]),
        ("I've issued a full refund of 20 EUR today.", ["refund"]),
        ("Our refund policy is on the website.", ["reply"]),
        ("I have escalated this to our engineering team.", ["escalation"]),
        ("I passed this on to our developers.", ["bug_noted", "escalation"]),
        ("The fix has been released this morning.", ["fix"]),
        ("This was fixed in version 3.13.", ["fix"]),
        ("Thank you for your patience.", ["reply"]),
        ("", []),
        ("   \n", []),
    ],
)
def test_what_an_agent_does(text: str, expected: list[str]) -> None:
    assert actions_of(text) == expected


def test_of_a_note_only_what_goes_on_inside_counts() -> None:
    note = "Which version is it? Escalated to the engineering team. Click Export."
    assert actions_of(note) == ["question", "instructions", "escalation"]
    assert actions_of(note, is_public=False) == ["escalation"]
    assert actions_of("Looks fine to me.", is_public=False) == []


def test_equal_replies_are_known_whatever_name_and_number_they_hold() -> None:
    body = "we are sorry for the trouble. Your request {n} was received and one of our colleagues will look at it soon."
    one = reply_key("Hi Ann,\n" + body.format(n=4711) + " Write to [email-1a2b3c4d].")
    assert one == reply_key("Dear Mr Bo Lind,\n" + body.format(n=12) + " Write to [email-99887766].")
    assert one is not None and one != reply_key(body.replace("soon", "tomorrow"))
    assert reply_key("Thank you, it is done.") is None


def test_much_and_hostile_text_is_quick() -> None:
    start = time.process_time()
    for text in ("please " * 400_000, "https://" * 300_000, "we have " * 300_000, "1. " * 900_000, "é\u202e" * 99):
        assert set(actions_of(text)) <= set(ACTIONS)
        reply_key(text)
    assert time.process_time() - start < 30  # of the processor: a square of the length would take minutes
