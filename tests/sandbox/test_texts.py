"""What people write in the simulated company: composed, varied, and complete for every event and language."""

from __future__ import annotations

import re
from collections import Counter
from random import Random

import pytest

from flows.sandbox.company import Company
from flows.sandbox.incidents import PLANS
from flows.sandbox.product import CATEGORIES
from flows.sandbox.texts.grammar import _parse, banks, expand, say
from flows.sandbox.texts.scene import particulars

LANGUAGES = ("de", "fr", "es", "pt", "ja")


@pytest.fixture(scope="module")
def company() -> Company:
    return Company.simulate()


@pytest.fixture(scope="module")
def texts(company: Company) -> list[dict]:
    return openings(company)


def openings(company: Company) -> list[dict]:
    spam = set(company.truth()["spam"])
    return [t for t in company.all("tickets", company.end) if t["description"] and str(t["id"]) not in spam]


def planted(company: Company, key: str) -> list[str]:
    ids = next(item["ticket_ids"] for item in company.truth()["events"] if item["id"] == key)
    return [t["description"] for k in ids if (t := company.get("tickets", int(k), company.end)) and t["description"]]


def words(text: str) -> set[str]:
    return set(re.findall(r"[a-z]{3,}", text.lower()))


def test_alternatives_nest_and_slots_are_filled_but_values_are_not_read() -> None:
    said = {expand(Random(n), "[a|b [c|d]] {what}", {"what": "[x|y] {z}"}) for n in range(40)}
    assert said == {"a [x|y] {z}", "b c [x|y] {z}", "b d [x|y] {z}"}


def test_a_phrase_with_an_open_bracket_is_refused() -> None:
    for phrase in ("[a|b", "a]"):
        with pytest.raises(ValueError, match="bracket"):
            expand(Random(1), phrase, {})


def test_every_phrase_can_be_read_and_every_slot_has_something_to_say(company: Company) -> None:
    slots = {slot for lines in banks().values() for line in lines for slot in re.findall(r"\{([\w.-]+)\}", line)}
    known = set(particulars(company.lives[0])) | {"k", "n", "mm", "hex"} | set(banks())
    known |= {"core", "ticket", "ticket.before", "twin", "other", "excerpt", "agent", "answer.intent", "in_version"}
    assert slots <= known
    for lines in banks().values():
        for line in lines:
            _parse(line)


def test_every_event_and_every_category_has_words_in_every_language() -> None:
    for plan in PLANS:
        bank = plan.words or plan.id
        assert len(banks()[f"bug.{bank}"]) >= 6 and len(banks()[f"subject.{bank}"]) >= 4
        for language in LANGUAGES:
            assert f"{language}.bug.{bank}" in banks()
    for category in CATEGORIES:
        assert all(f"{language}.ask.{category}" in banks() for language in LANGUAGES)
        assert f"subject.{category}" in banks() and f"answer.{category}" in banks()


@pytest.mark.parametrize("seed", [7, 21])
def test_no_ticket_has_the_text_of_another(seed: int) -> None:
    counts = Counter(ticket["description"] for ticket in openings(Company.simulate(seed=seed)))
    assert [text for text, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("key", ["blank-dashboards", "export-stalls", "sso-redirect-loop", "webhook-signature"])
def test_customers_word_the_same_bug_differently_and_most_leave_out_its_code(company: Company, key: str) -> None:
    texts = planted(company, key)
    plan = next(plan for plan in PLANS if plan.id == key)
    code = plan.error.split(":")[0].split(" ")[0]
    share = sum(code in text for text in texts) / len(texts)
    assert 0.15 < share < 0.5
    alike = [len(words(a) & words(b)) / len(words(a) | words(b)) for n, a in enumerate(texts) for b in texts[:n]]
    assert sorted(alike)[len(alike) // 2] < 0.2
    assert sum(value > 0.7 for value in alike) <= len(texts) // 10


def test_error_texts_differ_from_customer_to_customer(company: Company) -> None:
    found = [match for text in planted(company, "export-stalls") for match in re.findall(r"EXP-5021: .*?\)", text)]
    assert len(found) >= 8 and len(set(found)) == len(found)


def test_one_ticket_in_twelve_is_not_in_english(company: Company, texts: list[dict]) -> None:
    foreign = Counter(company._life(ticket["id"]).language for ticket in texts)
    share = 1 - foreign["en"] / sum(foreign.values())
    assert 0.05 < share < 0.12 and set(foreign) == {"en", *LANGUAGES}


def test_texts_hold_what_the_cleaning_and_the_redaction_are_for(texts: list[dict]) -> None:
    text = "\n".join(ticket["description"][:5000] for ticket in texts)
    for pattern in (
        r"@\w+\.example",  # mail addresses
        r"\+1 415 555 \d{4}",  # telephone numbers
        r"4111 1111 1111 1111",  # card numbers
        r"DE89 3704",  # bank accounts
        r"^-- $",  # signatures
        r"Traceback \(most recent call last\)",
        r"```",
        r"https://app\.larkspan\.example/reports/\d+/export",
        r"[😊🙏😅👋]",
        r"Sent from my iPhone",
        r"Forwarded message",
    ):
        assert re.search(pattern, text, re.MULTILINE), pattern


def test_answers_by_mail_quote_the_mail_they_answer(company: Company) -> None:
    quotes = [
        child
        for audit in company.changes("ticket_events", until=company.history_end, limit=4000)
        for child in audit["child_events"]
        if child["event_type"] == "Comment" and "\n> " in child["body"]
    ]
    assert len(quotes) > 100
    assert any("gmail_quote" in comment["html_body"] for comment in quotes)
    assert any("MsoNormal" in comment["html_body"] for comment in quotes)


def test_a_phrase_is_the_same_for_the_same_seed() -> None:
    values = {"report": "Churn", "rows": "1", "date": "1 May", "team": "HR", "hour": "9"}
    assert say(Random(3), "bug.export-stalls", values) == say(Random(3), "bug.export-stalls", values)


def test_internal_notes_are_not_public_and_machines_write_as_nobody(company: Company) -> None:
    comments = [
        child
        for audit in company.changes("ticket_events", until=company.history_end, limit=5000)
        for child in audit["child_events"]
        if child["event_type"] == "Comment"
    ]
    assert any(not comment["public"] for comment in comments)
    automatic = [comment for comment in comments if comment["author_id"] == -1]
    assert automatic and all(comment["via"] == "Rule" for comment in automatic)
