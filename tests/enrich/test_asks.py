"""Several asks in one ticket: where they are split, and above all where they are not."""

from __future__ import annotations

import time

import pytest

from flows.enrich.asks import MAX_ASKS, split
from flows.enrich.sentences import sentences

# `||` stands where another ask begins.
ONE = [
    "The export fails.",
    "Hi there,\nI cannot log in since this morning. The page says that my password is wrong. I reset it "
    "twice. Can you help?",
    "How do I export my contacts? Can I save them as CSV?",
    "My invoice shows the wrong address. Could you please correct it? I need it for our accountant by Friday.",
    "The sync stopped yesterday. I also tried to restart the computer. Also cleared the cache. Nothing helps.",
    "Calendar invitations arrive twice. It also happens on my phone. Also, my colleague has the same problem.",
    "After the update the app crashes. Also it now shows a blank page after signing in.",
    "Steps to reproduce:\n1. Open the report\n2. Click Export\n3. Choose CSV\nThe file is empty.",
    "I did the following:\n1. Restarted the server\n2. Cleared the cache\n3. Reinstalled the app\nIt still crashes.",
    "The following errors show up in the log:\n- timeout\n- connection reset\nWhat can I do?",
    "Why was I charged twice? Please refund the second payment.",
    "Is anybody else seeing this? Did something change in the last release? Should I reinstall?",
    "I have a problem with the importer. It rejects row 7. The other rows are fine. Any idea why?",
    "Do you have a plan for schools? We are a small school with 40 pupils. How much would it cost?",
    "Bitte helfen Sie mir. Ich kann mich nicht anmelden. Auch ein neues Passwort hilft nicht.",
    "No puedo entrar en mi cuenta. También probé con otro navegador. ¿Me pueden ayudar?",
    "Since Monday messages are slow. Another thing I tried was another network. Same result. Please advise.",
    "Please delete my account. I no longer need it. Also, could you confirm when it is done?",
    "I want to move from monthly to yearly billing. How do I do that? Is there a discount? Thanks!",
    "The dashboard is blank. Please fix this soon. Also please let me know when it works again.",
    "Where can I find the API key? I looked in the settings. I looked in the profile, too.",
    "Our webhook gets HTTP 500. The second request always works. The third one fails again.",
    "Thanks.",
    "First I opened the file. Second, I clicked on import. Then nothing happened.",
]
SEVERAL = [
    "How do I add a second user? || And where can I download last month's invoices?",
    "I have two questions.\n1. How do I change my password?\n|| 2. Can I get a receipt for March?",
    "Two things: 1) the export to PDF fails. || 2) the logo on invoices is missing.",
    "The importer rejects my file. It says row 7 is bad. || Another question: how do I cancel the newsletter?",
    "My payment was declined. || Also, can you tell me how to invite a colleague?",
    "The mobile app crashes when I open a photo. || Second issue: notifications arrive hours late.",
    "Please cancel my subscription. || Please also send me the final invoice.",
    "I cannot sign in with Google. The window closes at once. || On a separate note, do you offer a discount "
    "for charities?",
    "Search finds nothing. || One more question: is there a dark mode?",
    "Exports are slow. || Unrelated: the link to your help pages in the footer is broken.",
    "Hello team,\nThe calendar shows the wrong time zone.\n|| Also the print button is missing since Tuesday.\nThanks",
    "My data did not sync last night. || P.S. Could you send me the price list for larger teams?",
    "Hi, a few questions:\n- Can I import contacts from Outlook?\n|| - Is there an API?\n|| - Which plan includes SSO?",
    "We would like a refund for the last order. || While I have you, how can I change the owner of our workspace?",
    "How do I merge two accounts? || My colleague Anna left us. How can I remove her licence?",
    "I need the invoice for May. || Another issue: your site is blocked in our network since Monday.",
    "Ich kann mich nicht anmelden. || Noch eine Frage: Wie ändere ich die Rechnungsadresse?",
    "Der Export ist leer. || Außerdem: können Sie mir die Rechnung vom Mai schicken?",
    "La aplicación se cierra sola. || Otra pregunta: ¿cómo cambio mi contraseña?",
    "L'export ne marche pas. || Autre question : comment puis-je ajouter un collègue ?",
    "L'app si blocca all'avvio. || Un'altra domanda: come posso cambiare piano?",
    "O relatório está vazio. || Outra pergunta: como posso cancelar a assinatura?",
    "De app werkt niet meer. || Nog een vraag: hoe kan ik mijn factuur downloaden?",
    "Questions: a) Where do I set the currency? || b) Can we have two administrators?",
    "The report is wrong: totals do not add up. || By the way, could you enable the beta of the new editor for us?",
    "I would like to upgrade to the business plan. || I also need a copy of your security certificate.",
    "My first question is how to rename a project. || My second question is whether old versions are kept.",
    "I cannot upload files over 10 MB. || The other problem is that shared folders vanish from the list.",
]  # fmt: skip


def parts(marked: str) -> tuple[list[str], list[tuple[int, int]]]:
    """Sentences of a text with marks, and the spans that the marks make."""
    pieces = [sentences(piece) for piece in marked.split("||")]
    spans, start = [], 0
    for piece in pieces:
        spans.append((start, start + len(piece)))
        start += len(piece)
    return [sentence for piece in pieces for sentence in piece], spans


@pytest.mark.parametrize("text", ONE)
def test_one_thing_told_in_several_sentences_is_one_ask(text: str) -> None:
    spoken = sentences(text)
    assert split(spoken) == [(0, len(spoken))]


@pytest.mark.parametrize("text", SEVERAL)
def test_asks_are_split_where_the_next_one_begins(text: str) -> None:
    spoken, spans = parts(text)
    assert len(spans) > 1
    assert split(spoken) == spans


def test_nothing_asks_for_nothing() -> None:
    assert split([]) == []


def test_a_long_list_ends_in_one_ask_that_holds_the_rest() -> None:
    spoken = [f"{number}. How do I change colour{chr(96 + number)}?" for number in range(1, 21)]
    spans = split(spoken)
    assert len(spans) == MAX_ASKS
    assert spans[-1] == (MAX_ASKS - 1, 20)


@pytest.mark.parametrize(
    "piece", ["also ", "1. ", "another ", "i also ", "two ", "- ", "((a) ", "and, ", "\u202e", "é" * 9]
)
def test_the_time_grows_with_the_length_alone(piece: str) -> None:
    started = time.process_time()
    split([piece * 20_000, piece * 20_000 + "?"] * 20)
    assert time.process_time() - started < 30  # of the processor: a square of the length would take minutes
