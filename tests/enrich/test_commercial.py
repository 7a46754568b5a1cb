"""What customers write when they may leave, and what only sounds like it."""

from __future__ import annotations

import pytest

from flows.enrich.commercial import MAX_SPAN, leaving

LEAVING = [
    ("Please cancel our subscription at the end of March.", "cancel"),
    ("We want to cancel our Business plan as of 1 June.", "cancel"),
    ("How do I cancel? The button is missing for me, I am the owner.", "cancel"),
    ("If this is not fixed by Friday we cancel.", "cancel"),
    ("If this is not solved by Monday we leave.", "cancel"),
    ("Cancel immediately.", "cancel"),
    ("One more outage and we will have to cancel.", "cancel"),
    ("What happens to our dashboards if we cancel?", "cancel"),
    ("We will have to close our account, nobody answers here.", "cancel"),
    ("Terminating our contract", "cancel"),
    ("This is our notice. Please confirm.", "cancel"),
    ("We’d rather end this contract early.", "cancel"),
    ("I am seriously thinking of cancelling our subscription", "cancel"),
    ("We have decided to leave Acme at the end of the term.", "cancel"),
    ("A partner moved on and we are about to switch as well.", "cancel"),
    ("If this is not fixed by Friday we go to a competitor.", "switch"),
    ("We are talking to one of your competitors.", "switch"),
    ("My team is comparing you with other tools.", "switch"),
    ("We are switching to another provider next quarter.", "switch"),
    ("My boss asked me to look for alternatives.", "switch"),
    ("I may have to look for an alternative tool.", "switch"),
    ("We are evaluating alternatives to your product.", "switch"),
    ("If the price stays at 49 we will have to look elsewhere.", "switch"),
    ("I may have to abandon this program.", "switch"),
    ("One more update like this and I abandon this.", "switch"),
    ("I am going back to Outlook.", "switch"),
    ("It makes me consider changing to Microsoft Outlook", "switch"),
    ("I'd rather switch to eM Client, then.", "switch"),
    ("Looking for an alternative now.", "switch"),
    ("We are moving to an in-house tool by May.", "switch"),
    ("We do not want to renew in June.", "no_renewal"),
    ("We won't be renewing.", "no_renewal"),
    ("My management decided not to renew our contract.", "no_renewal"),
    ("We are reconsidering our subscription after this week.", "no_renewal"),
    ("Then we let the contract expire.", "no_renewal"),
    ("I cannot justify the cost to my boss any more.", "price"),
    ("There are cheaper tools that do this.", "price"),
    ("Honestly it is not worth the money.", "price"),
    ("Hiermit kündigen wir unser Abonnement zum Ende März.", "cancel"),
    ("Wir möchten unseren Vertrag zum Monatsende kündigen.", "cancel"),
    ("Wenn das so weitergeht, kündigen wir.", "cancel"),
    ("Wie können wir kündigen?", "cancel"),
    ("Wir überlegen, zu einem anderen Anbieter zu wechseln.", "switch"),
    ("Wir sehen uns nach Alternativen um.", "switch"),
    ("Den Vertrag werden wir nicht verlängern.", "no_renewal"),
    ("Das lohnt sich für uns nicht mehr.", "price"),
    ("Nous souhaitons résilier notre abonnement fin mars.", "cancel"),
    ("Nous pensons passer à la concurrence.", "switch"),
    ("Nous cherchons une alternative.", "switch"),
    ("Nous ne souhaitons pas renouveler.", "no_renewal"),
    ("Queremos cancelar la suscripción a fin de mayo.", "cancel"),
    ("Estamos evaluando alternativas.", "switch"),
    ("No vamos a renovar el contrato.", "no_renewal"),
    ("Queremos cancelar a assinatura no fim de maio.", "cancel"),
    ("Vamos mudar para outra ferramenta.", "switch"),
    ("Não vamos renovar.", "no_renewal"),
    ("3月末で契約を解約したいです。", "cancel"),
]
STAYING = [
    "How do I cancel an export that is running?",
    "Please cancel the scheduled report of Monday.",
    "The cancel button of the import dialog does nothing.",
    "A window opens, I click on Cancel, and it comes back.",
    "Each time I cancel, another one opens.",
    "It offers retry, a new password or cancel.",
    "I set a filter and then cancel it.",
    "A splendid Outlook alternative!",
    "Can I cancel my account manager meeting on Tuesday?",
    "We do not want to cancel our subscription, we only want to change the card.",
    "I never asked to cancel our account!",
    "No intention of cancelling our contract, but this hurts.",
    "Rather than cancel our plan, could you extend the trial?",
    "Please refund 120 EUR. We cancelled in March.",
    "Our customers want to cancel their subscription in our shop and the webhook is late.",
    "When customers cancel the subscription the churn chart does not update.",
    "Exclude cancelled orders from the report",
    "Please close the account of Ember Foods, they have left us.",
    "Please close this ticket.",
    "I have to leave the page open or the export stops.",
    "We are thinking of leaving the old dashboard as it is.",
    "How do I switch between two workspaces?",
    "We are switching from monthly to yearly billing.",
    "Is there an alternative to the CSV export?",
    "Is there an alternative way to log in?",
    "How do I go to Outlook to see it?",
    "I moved to Berlin and switch to Settings.",
    "Do we switch to Outlook accounts?",
    "We do not want to switch to Outlook, and no one wants to move to Outlook.",
    "I don't want to abandon this.",
    "When I change to Outlook.com it asks for a code.",
    "We had to switch off signature verification.",
    "Our certificate did not renew, sync fails.",
    "We cannot renew our subscription: the payment page shows an error.",
    "What is the renewal date of our contract?",
    "A 20% increase is not in our budget. Can we keep the old price?",
    "The session is closed and my account shows nothing.",
    "At the end of our contract year the report stops.",
    "Can an alert watch two numbers, such as churn above 3%?",
    "Wir möchten nicht kündigen, nur die Karte wechseln.",
    "Wie lang ist die Kündigungsfrist?",
    "Hiermit kündigen wir das Zusatzpaket zum Ende März.",
    "Nous souhaitons résilier le deuxième espace de travail.",
    "2つ目のワークスペースを解約したいです。",
    "Wir hatten gekündigt und bitten um Erstattung.",
    "Neue Versionen bitte vorher ankündigen.",
    "Nous ne voulons pas résilier.",
    "Comment annuler un export ?",
    "No queremos cancelar la suscripción.",
    "¿Cómo cancelo una exportación?",
    "Não queremos cancelar a assinatura.",
    "",
    "?!",
]


@pytest.mark.parametrize(("text", "kind"), LEAVING)
def test_what_says_that_they_may_leave(text: str, kind: str) -> None:
    found = leaving(text)
    assert found is not None
    assert found.kind == kind
    assert found.span.lower() in text.replace("’", "'").lower()


@pytest.mark.parametrize("text", STAYING)
def test_what_only_sounds_like_it(text: str) -> None:
    assert leaving(text) is None


def test_a_subject_speaks_where_the_text_does_not_say_what_ends() -> None:
    assert leaving("Please confirm by mail.", "Ending our contract") == ("cancel", "Ending our contract")
    assert leaving("We closed the Berlin office. Please cancel its 12 seats.", "Ending our contract") is None
    assert leaving("We move to a competitor.", "Cancel our subscription") == ("switch", "move to a competitor")


def test_the_words_are_kept_and_no_more() -> None:
    found = leaving("Hello.\nThe export is slow again. We want to cancel our subscription at the end of May. Thanks.")
    assert found is not None
    assert found.span == "We want to cancel our subscription"
    assert leaving("x" * 100_000 + " we want to cancel our plan") is None
    long = leaving(f"We will terminate our {'A' * 300} contract")
    assert long is not None
    assert len(long.span) == MAX_SPAN
