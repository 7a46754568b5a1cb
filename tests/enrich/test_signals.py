"""What customers write, and which signals show in it: markers of strain, tones, commercial language. Own sentences."""

from __future__ import annotations

import pytest

from flows.enrich import feedback, markers, tone
from flows.enrich.clean import clean
from flows.enrich.spans import MAX_SPAN, SAMPLE, spoken


def names(text: str) -> set[str]:
    said = spoken(text)
    return {one.name for part in (markers, tone, feedback) for one in part.find(text, said)}


# Text, what shows in it, and the words that show it.
SHOWN = [
    ("I have already submitted this twice.", "asked_before", "I have already submitted this"),
    ("As I said before, the filter runs twice.", "asked_before", "As I said before"),
    ("I have already told you which version we use.", "asked_before", "I have already told"),
    ("Is there any update on this? The site is still slow.", "asked_before", "Is there any update"),
    ("Any news?", "asked_before", "Any news"),
    ("I am writing this for the third time.", "asked_before", "writing this for the third time"),
    ("We've been waiting for two weeks now and nobody cares.", "asked_before", "We've been waiting for two weeks"),
    ("Nobody has answered my last three mails.", "asked_before", "Nobody has answered"),
    ("I haven't received any response yet.", "asked_before", "haven't received any response yet"),
    ("We are really disappointed by the last release.", "disappointment", "We are really disappointed"),
    ("You let us down on the most important day of the year.", "disappointment", "let us down"),
    ("That webinar was a complete waste of my time.", "disappointment", "complete waste of my time"),
    ("Honestly, the support is terrible.", "disappointment", "support is terrible"),
    ("Such poor customer service.", "disappointment", "poor customer service"),
    ("I am losing faith in this calendar.", "disappointment", "losing faith"),
    ("I would like somebody to kindly call me.", "wants_human", "like somebody to kindly call me"),
    ("Could I please speak to a real person?", "wants_human", "speak to a real person"),
    ("I want to talk to your manager.", "wants_human", "talk to your manager"),
    ("Please call me back on Monday.", "wants_human", "Please call me back"),
    ("Can you escalate this to somebody who knows the API?", "wants_human", "escalate this"),
    ("Is there a phone number to call?", "wants_human", "Is there a phone number"),
    ("This is really urgent.", "urgency", "really urgent"),
    ("We need the export asap", "urgency", "asap"),
    ("Please fix this immediately.", "urgency", "Please fix this immediately"),
    ("I need my invoices restored by tomorrow.", "urgency", "need my invoices restored by tomorrow"),
    ("Our team cannot work since nine o'clock.", "urgency", "Our team cannot work"),
    ("We are losing customers with every hour.", "urgency", "losing customers"),
    ("It is down again!!", "exclamation", "It is down again!!"),
    ("Why does the page reload?!", "exclamation", "Why does the page reload?!"),
    ("WHY IS THIS STILL NOT WORKING", "capitals", "WHY IS THIS STILL NOT WORKING"),
    ("I asked you PLEASE DO NOT DELETE MY FILES and they are gone", "capitals", "PLEASE DO NOT DELETE MY FILES"),
    ("I am furious about the new layout.", "angry", "I am furious"),
    ("How dare you charge me twice?", "angry", "How dare you"),
    ("This is completely unacceptable.", "angry", "This is completely unacceptable"),
    ("You have ruined a good program.", "angry", "You have ruined a"),
    ("My lawyer will be in touch.", "angry", "My lawyer will"),
    ("I'm so frustrated with the importer.", "frustrated", "I'm so frustrated"),
    ("This dialog drives me crazy.", "frustrated", "drives me crazy"),
    ("I have tried everything I can think of.", "frustrated", "I have tried everything I can think of"),
    ("I spent three hours trying to connect the account.", "frustrated", "spent three hours trying"),
    ("We are worried that our backups are empty.", "anxious", "We are worried"),
    ("I don't want to lose my archive.", "anxious", "don't want to lose my"),
    ("Are my files still safe?", "anxious", "Are my files still safe"),
    ("I am a bit confused by the two menus.", "confused", "I am a bit confused"),
    ("I don't understand why it asks twice.", "confused", "I don't understand"),
    ("We have no idea where the setting went.", "confused", "We have no idea where"),
    ("What am I doing wrong?", "confused", "What am I doing wrong"),
    ("Your plan is far too expensive for a charity.", "price_objection", "far too expensive"),
    ("The price has doubled since last year.", "price_objection", "price has doubled"),
    ("We cannot afford to pay for ten seats.", "price_objection", "We cannot afford to pay"),
    ("The renewal is not within our budget.", "price_objection", "not within our budget"),
    ("It would be great if the board had a dark theme.", "feature_request", "It would be great if the board had"),
    ("Could you please add a shortcut for archiving?", "feature_request", "Could you please add a"),
    ("I wish there was a way to pin notes.", "feature_request", "I wish there was"),
    ("Are there plans to support passkeys?", "feature_request", "Are there plans to support"),
    ("Feature request: sort by size.", "feature_request", "Feature request"),
    ("You have built an excellent product.", "praise", "excellent product"),
    ("I absolutely love this search.", "praise", "I absolutely love this"),
    ("Keep up the good work.", "praise", "Keep up the good work"),
    ("It works like a charm now.", "praise", "It works like a charm"),
    ("Your support team is amazing.", "praise", "Your support team is amazing"),
]  # fmt: skip

# Text, and the signal that a careless reader would see in it. None is there.
NOT_SHOWN = [
    ("This is not urgent.", "urgency"),
    ("No rush, it is nothing urgent at all.", "urgency"),
    ("If it were urgent I would have called.", "urgency"),
    ("How do I remove the urgent label from a card?", "urgency"),
    ("Mails marked as urgent land in the wrong folder.", "urgency"),
    ('The banner says "urgent update required" and I cannot close it.', "urgency"),
    ("The app crashes immediately after the splash screen.", "urgency"),
    ("The report of today is empty.", "urgency"),
    ("The formula can't work out the sum.", "urgency"),
    ("I'm not disappointed at all, thanks.", "disappointment"),
    ("I wasn't unhappy with the old one.", "disappointment"),
    ("The poor performance of the chart is known.", "disappointment"),
    ("> I am very disappointed", "disappointment"),
    ("Our agents talk to customers through the widget.", "wants_human"),
    ("The call log does not show phone numbers.", "wants_human"),
    ("I updated the manager field of the record.", "wants_human"),
    ("I already sent the file to the printer queue?", "wants_human"),
    ("No updates are available, says the dialog.", "asked_before"),
    ("Please tell me the answer.", "asked_before"),
    ("When is the update for Android coming?", "asked_before"),
    ("IMAP SMTP OAUTH TLS are all enabled.", "capitals"),
    ("We use ACME CLOUD SUITE PRO with SAP HANA DB.", "capitals"),
    ("Error: CONNECTION REFUSED BY REMOTE HOST", "capitals"),
    ("The dialog shows \"DO YOU WANT TO DELETE THIS\" twice.", "capitals"),
    ("JOHN MILLER\nHEAD OF SALES\nNORTHWIND TRADING LTD", "capitals"),
    ("Thank you so much!!", "exclamation"),
    ("Works great now!!!", "exclamation"),
    ("That was very helpful!!", "exclamation"),
    ("`if (!!value)` is in the widget code", "exclamation"),
    ("It stopped.", "exclamation"),
    ("I am not angry, only curious.", "angry"),
    ("Our customers are furious when mails come late.", "angry"),
    ("The tag 'angry' is missing in the emoji list.", "angry"),
    ("I'm not frustrated with you.", "frustrated"),
    ("It is never frustrating to use.", "frustrated"),
    ("The job ran for three hours.", "frustrated"),
    ("Don't worry about the old tickets.", "anxious"),
    ("I'm not worried about the delay.", "anxious"),
    ("As far as I am concerned, both are fine.", "anxious"),
    ("I am afraid I can't reproduce it.", "anxious"),
    ("The connection was lost twice.", "anxious"),
    ("I understand why it asks twice.", "confused"),
    ("To avoid confusion I renamed the board.", "confused"),
    ("Let me know if you don't understand the log.", "confused"),
    ("What does the Pro plan cost?", "price_objection"),
    ("Is there a discount for schools?", "price_objection"),
    ("The price column is too narrow.", "price_objection"),
    ("Your plan is not too expensive.", "price_objection"),
    ("Could you add me to the workspace?", "feature_request"),
    ("Can you please add a user for our new colleague?", "feature_request"),
    ("Would you add my colleague to the plan?", "feature_request"),
    ("It would be great if you could help me.", "feature_request"),
    ("Thanks for your help.", "praise"),
    ("Any help would be great.", "praise"),
    ("I would love to see the logs.", "praise"),
    ("I used to love this program.", "praise"),
    ("Great job breaking the calendar.", "praise"),
    ("It is not a great product.", "praise"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "name", "span"), SHOWN)
def test_what_shows_is_named_with_the_words_that_show_it(text: str, name: str, span: str) -> None:
    said = spoken(text)
    found = {one.name: one for part in (markers, tone, feedback) for one in part.find(text, said)}
    assert name in found
    assert found[name].span == span
    assert text[found[name].starts : found[name].ends] == span


@pytest.mark.parametrize(("text", "name"), NOT_SHOWN)
def test_what_only_looks_like_it_does_not_show(text: str, name: str) -> None:
    assert name not in names(text)


@pytest.mark.parametrize(
    "text",
    [
        "How do I export the board as PDF?",
        "The chart of last week is empty since version 4.2.",
        "I use Windows 11 and Chrome 120.",
        "When I click on Save, nothing is written to the file.",
        "Guten Tag, der Export ist dringend und ich bin enttäuscht.",
        "", " \n\t", "🎉🎉", "?!", "\u202eevil\u202c",
    ],
)  # fmt: skip
def test_a_plain_message_shows_nothing(text: str) -> None:
    assert names(text) == set()


def test_code_quotations_and_signatures_do_not_speak() -> None:
    body = (
        "The widget fails.\n```\nraise Urgent('asap!!')\n```\n\n"
        "Best regards,\nMAX HELP ME PLEASE INC\nurgent@acme.example\n\n"
        "On Mon, 3 Mar 2025 at 10:00, Support <help@acme.example> wrote:\n> I am very disappointed, call me back asap!!"
    )
    assert names(clean(body, "text").text) == set()


def test_the_first_place_counts_and_a_span_is_no_longer_than_it_may_be() -> None:
    text = "Not urgent. But it became urgent, very urgent."
    (found,) = (one for one in markers.find(text, spoken(text)) if one.name == "urgency")
    assert text[: found.starts] == "Not urgent. But it became "
    loud = "PLEASE HELP " * 40
    assert max(len(one.span) for one in markers.find(loud, spoken(loud))) == MAX_SPAN
    assert names("x " * SAMPLE + "this is urgent") == set()


def test_places_hold_where_a_letter_is_two_in_lower_case() -> None:
    text = "İİİ “urgent” and this is urgent"
    (found,) = markers.find(text, spoken(text))
    assert (found.span, found.starts) == ("urgent", len(text) - 6)


def test_the_strongest_tone_comes_first() -> None:
    text = "I don't understand it, I am frustrated, and I am furious."
    assert [one.name for one in tone.find(text, spoken(text))] == ["angry", "frustrated", "confused"]


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "part",
    [
        '"',
        "“",
        ">",
        "[a",
        "<",
        "!",
        "A ",
        "I'M I ",
        "\n",
        "we are very ",
        "please need x ",
        "would be great ",
        "spent the hours ",
    ],
)
def test_repetitions_cost_no_more_than_their_length(part: str) -> None:
    for _ in range(50):
        names(part * SAMPLE)
