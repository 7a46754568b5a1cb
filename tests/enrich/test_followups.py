"""What shows only beside the customer's earlier messages: clipped replies and repeated questions."""

from __future__ import annotations

from pathlib import Path

import pytest
from enrich_world import add_message, add_ticket, make_run, make_warehouse

from flows.enrich.followups import CLIPPED, MAX_MESSAGES, REPEATED, Said, find
from flows.enrich.run import enrich_connection

OPENING = (
    "Since the update of last week the calendar shows every meeting twice, and when I delete one of them both are gone."
    " I have restarted the app and signed in again. How can I remove the doubled meetings without losing the others?"
)


def conversation(*texts: str, is_reply: bool = True) -> list[tuple[str, str, str]]:
    messages = [Said(str(place), text, is_reply and place > 0) for place, text in enumerate(texts)]
    return [(message_id, found.name, found.span) for message_id, found in find(messages)]


def test_a_short_reply_after_long_ones_is_clipped() -> None:
    assert conversation(OPENING, "Still the same.") == [("1", CLIPPED, "Still the same.")]
    assert conversation(OPENING, OPENING[:150], "No change here.") == [("2", CLIPPED, "No change here.")]


@pytest.mark.parametrize("reply", ["Works now, thank you.", "OK", "Yes, that one.", "Perfect!", "", "👍", "4.2"])
def test_a_kind_reply_and_one_without_words_are_not_clipped(reply: str) -> None:
    assert conversation(OPENING, reply) == []


def test_who_always_writes_little_is_not_clipped() -> None:
    assert conversation("Calendar shows all meetings twice, please fix.", "Still the same.") == []


def test_an_answer_to_a_question_and_an_afterthought_are_not_clipped() -> None:
    assert conversation(OPENING, "Windows and Chrome", is_reply=False) == []


@pytest.mark.parametrize(
    "again",
    [
        "Hello? How can I remove the doubled meetings without losing the others?",
        "I tried that. So how can I remove those doubled meetings without losing others?",
        "Thanks, but how do we remove doubled meetings without losing the others?",
    ],
)
def test_the_same_question_in_a_later_message_is_repeated(again: str) -> None:
    found = conversation(OPENING, "The first tip did not help, the calendar is as it was before.", again)
    assert [(message_id, name) for message_id, name, _ in found] == [("2", REPEATED)]
    assert found[0][2].endswith("?")
    assert found[0][2] in again


@pytest.mark.parametrize(
    "other",
    [
        "Where do I find the log file of the mobile app?",
        "Is that all?",
        "You asked \"How can I remove the doubled meetings without losing the others?\" and I have the same.",
        "I removed the doubled meetings without losing the others.",
    ],
)  # fmt: skip
def test_another_question_or_none_is_not_repeated(other: str) -> None:
    assert REPEATED not in {name for _, name, _ in conversation(OPENING, other)}


def test_asking_twice_in_one_message_is_no_repetition() -> None:
    assert conversation(f"{OPENING} {OPENING}") == []


def test_long_conversations_pass() -> None:
    assert len(conversation(*[OPENING] * 500)) == MAX_MESSAGES - 1


def test_the_stage_writes_them_and_follows_what_changes(tmp_path: Path) -> None:
    con = make_warehouse(30)
    add_ticket(con, "z:c", "Calendar", OPENING, minute=300)
    add_message(con, "z:c", 2, "Sign out and in again.", role="agent", minute=310)
    add_message(con, "z:c", 3, "Still the same.", minute=320)
    add_message(con, "z:c", 4, "Which version is it?", role="agent", minute=330)
    add_message(con, "z:c", 5, "The newest one", minute=340)
    enrich_connection(con, make_run(tmp_path))
    shown = "select message_id, name from enrich.signals where ticket_id = 'z:c' order by all"
    assert con.sql(shown).fetchall() == [("z:c/3", CLIPPED)]
    add_message(con, "z:c", 6, "How can I remove the doubled meetings without losing the others?", minute=350)
    con.execute("delete from intermediate.int_messages where message_id = 'z:c/3'")
    add_message(con, "z:c", 7, "How can I remove the doubled meetings without losing the others?", minute=360)
    con.execute("update intermediate.int_messages set is_public = false where message_id = 'z:c/7'")  # a note
    enrich_connection(con, make_run(tmp_path, hours=1))
    assert con.sql(shown).fetchall() == [("z:c/6", REPEATED)]
