"""Several asks in one ticket: precision and recall of the places where a ticket is split.

The tickets stand below, written for this and used for no rule. `||` stands where another ask begins. Simpler ways
beside it: never to split, and to split before every question but the first.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from flows.enrich.asks import split
from flows.enrich.sentences import sentences
from tests.benchmarks.quality.figure import Figure

SETS: tuple[str, ...] = ()

TICKETS = (
    # one thing
    "Hello, my sync has been stuck at 43% for two days. I restarted twice and it did not help. What should I try next?",
    "We signed up last week. The welcome mail never came, so nobody can activate their seat. Can you resend it?",
    "Is there a limit on attachments? I tried to send a file of 30 MB and got an error. How big may it be?",
    "Why do my charts look different on Mac and Windows? The fonts are smaller and the legend is cut off. Is "
    "this known?",
    "I am trying to connect our shop. Step 1 works, step 2 asks for a token. Where do I get the token from?",
    "My card expired, so the last payment failed. I have added a new card. Will you try again on your own?",
    "The new layout hides the reply button. I have to scroll every time. Please bring the old layout back.",
    "I deleted a project by mistake! It held three months of work. Is there any way to get it back? Please hurry.",
    "Every morning I have to sign in again. I ticked 'stay signed in'. I also allowed cookies. What else can I do?",
    "The table shows 12 rows, the export has 11. The missing one is always the first. Second row onwards is fine.",
    "Good evening, can you tell me whether my data is stored in Europe? Our lawyers ask for it. Thank you in advance.",
    "Webhooks arrive twice since Thursday. Both have the same id. We can filter them, but it should not be so.",
    "Please change the name on my invoices from Smith to Smith-Jones. The customer number is 4711. I got married.",
    "I followed your article and did this:\n1. Exported the old mailbox\n2. Created a new profile\n3. "
    "Imported the file\n"
    "All folders are there but all of them are empty.",
    "I have had several problems with your service, but this one is the worst: half of my contacts vanished overnight.",
    "The colours in the chart are hard to tell apart. Also in print. Is there a way to choose other ones?",
    "My trial ended yesterday. Can I extend it? Two more weeks would be enough for us to decide.",
    "When I type in the search box, the first letters are swallowed. This happens in Chrome and Edge, but "
    "not in Firefox. "
    "Is it a known bug? When will it be fixed?",
    "The video call has no sound. Other people hear me, but I hear nothing. Headset and speakers are fine elsewhere. "
    "Do I need to give some permission?",
    "Our admin left the company and nobody else has the rights. How can we get a new admin? What proof do "
    "you need from us?",
    "Ich habe mein Passwort vergessen. Die Mail zum Zurücksetzen kommt nicht an. Auch im Spam ist nichts. Was nun?",
    "Me cobraron dos veces este mes. Adjunto el extracto. ¿Cuándo me devuelven el dinero?",
    "Impossible d'ouvrir mes factures. La page reste blanche. J'ai aussi vidé le cache. Que faire ?",
    "The API returns 429 after ten calls a minute. The docs say sixty. Which is right? Can the limit be raised for us?",
    "I want to upgrade, but the button is grey. It says 'contact your owner'. I am the owner. What is going on?",
    "App is great but notifications keep coming after I turned them off. Please help, my phone buzzes all night long.",
    "Could someone call me? I have described the problem in three tickets. I do not want to write it down again.",
    "Import of products: prices with a comma are read as thousands. Another file with points works. A bug?",
    "After moving to a new laptop my templates are gone. Are they stored locally? How can I bring them over?",
    "Hi! Just wanted to say that the last release made everything faster. Lovely work. Keep it up!",
    # several
    "1) My invoice for June has the wrong VAT number.\n|| 2) Please add finance@ as a second recipient.\n"
    "|| 3) When does our contract renew?",
    "The editor freezes when I paste a table. || Another thing, could you raise our storage limit?",
    "How can I share a board with someone outside the company? || What does the audit log cost?",
    "Please remove Tom from our account, he left. || Also I need last year's receipts for the tax office.",
    "We cannot reach the status page, it times out. || Apart from that, are you planning a French version?",
    "Login with SSO loops for ever. || Second question: where do I see how many licences we have left?",
    "Three things.\nThe map does not load on Android.\n|| The driver list is sorted backwards.\n"
    "|| And I would like to pay by bank transfer from now on.",
    "I was billed 99 instead of 79. Please correct the invoice. || Also, how do I turn off the weekly digest mail?",
    "Can I use the product offline? || Do you have a partner programme for consultants?",
    "The barcode scanner app crashes on start-up since 5.2. || One last question, is there a way to bulk edit prices?",
    "Please close ticket 991, it is solved. || New problem: photos are uploaded upside down.",
    "My order never arrived. I waited four weeks. Please refund it. || PS: your chat window covers the "
    "checkout button.",
    "Hi support,\n- the German translation says 'Speichern' twice in the menu\n|| - exports to Excel lose "
    "leading zeros\n"
    "|| - can we get an invoice in Swiss francs?",
    "I would like to know how backups work. || Besides, could you reset the password of user 'warehouse2'?",
    "First: how do I archive old cases? || Second: can archived cases still be searched?",
    "The forecast page is empty for all of us. || Different topic: who is our account manager now?",
    "Meine Rechnung ist falsch, es fehlt die Steuernummer. || Zweite Frage: Kann ich jährlich zahlen?",
    "Mi pedido no llegó. || Además, ¿pueden cambiar mi correo electrónico?",
    "Je n'arrive pas à me connecter. || Deuxième question : comment supprimer un ancien utilisateur ?",
    "Non ricevo le notifiche. || Inoltre vorrei sapere come cambiare la lingua.",
    "We need two changes: rename our workspace to Harbour, || and please move the billing date to the 1st.",
    "Pages load slowly from our Singapore office. || In addition, the VPN plug-in asks for an update every "
    "day and then fails.",
    "Where can I see my usage? || Also, is it possible to cap spending?",
    "My microphone is not recognised. || Oh, and can you extend my trial until Friday?",
    "I love the new timeline, thank you. || One request: let us pin notes. || And a bug: undo does not work "
    "after a drag.",
)


def each_question(spoken: list[str]) -> list[tuple[int, int]]:
    """Split before every question but the first."""
    asked = [place for place, sentence in enumerate(spoken) if sentence.endswith("?")]
    starts = [0, *(place for place in asked[1:] if place)]
    return list(zip(starts, [*starts[1:], len(spoken)], strict=True))


def figures(_: Path) -> list[Figure]:
    """Precision and recall of splits, the share of tickets split exactly, beside the simpler ways."""
    ours, questions, never = (measure(way) for way in (split, each_question, lambda spoken: [(0, len(spoken))]))
    names = ("precision of splits", "recall of splits", "tickets split exactly")
    return [
        Figure(f"asks, {len(TICKETS)} tickets: {name}", *value, baselines=(("each question", a), ("never", b)))
        for name, value, a, b in zip(names, zip(ours, (0.9, None, None), strict=True), questions, never, strict=True)
    ]


def measure(way: Callable[[list[str]], list[tuple[int, int]]]) -> tuple[float, float, float]:
    """Precision and recall over all places where a ticket is split, and the share of tickets without a mistake.

    Places within a sentence count as missed: a way that splits between sentences cannot find them.
    """
    right = split_at = wanted = exact = 0
    for ticket in TICKETS:
        pieces = [piece.strip() for piece in ticket.split("||")]
        spoken = sentences(ticket.replace("||", ""))
        heads = {piece[:25].replace("\n", " ") for piece in pieces[1:]}
        truth = {place for place, sentence in enumerate(spoken) if any(same(sentence, head) for head in heads)}
        found = {start for start, _ in way(spoken)[1:]}
        right += len(found & truth)
        split_at += len(found)
        wanted += len(heads)
        exact += found == truth and len(truth) == len(heads)
    return right / split_at if split_at else 0.0, right / wanted, exact / len(TICKETS)


def same(sentence: str, head: str) -> bool:
    """Whether a sentence begins as an ask does."""
    length = min(len(sentence), len(head))
    return sentence[:length] == head[:length]
