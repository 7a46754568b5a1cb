"""Active learning: a language model is asked for the intent of the few tickets that the intent model is least sure of.

Its answers are labels with the source `model` in the journal (kind `intent_label`). They never replace what a person
or the helpdesk says: they teach only where neither has said anything, with less weight, and calibration never sees
them. One ticket is asked about at a time and the answer is one of the known intents, so that a text which talks the
model into something can mislabel no ticket but its own.

Some of those asked about do have a label of the helpdesk, and others get one later: on these the language model is
measured against the intent model's own guess of that time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import duckdb
import polars as pl
from pydantic import BaseModel, ConfigDict, create_model

from flows.core.clock import iso
from flows.core.run import Run
from flows.enrich.conversations import TEXT
from flows.enrich.protocols import Task, TextModel

KIND = "intent_label"
NONE = "none_of_these"
CONTROL = 4  # every fourth ticket asked about has a label already, while there are such
WEIGHT = 0.5  # of a label of the model in training, against 1 of the helpdesk's
VERSION = 1
INSTRUCTIONS = """\
You label requests to a software company's support with what the customer wants.
The user message quotes one request: its title and the beginning of its text.
Answer with the one intent that fits best, and `is_clear` only if a careful colleague would choose the same.
Answer none_of_these if no intent fits, or if the text is no request.
The intents:
"""


class Choice(BaseModel):
    """The answer's schema, but for the intents that can be chosen."""

    model_config = ConfigDict(extra="forbid")

    intent: str
    is_clear: bool


@dataclass(frozen=True)
class Taxonomy:
    """The intents of some sources."""

    name: str
    sources: list[str]
    intents: dict[str, str]  # id -> what is said of it
    known: dict[str, str]  # ticket -> label, of people and the helpdesk


def intent_task(intents: dict[str, str]) -> Task[Choice]:
    """The question which of some intents (id -> description) a ticket has."""
    listed = "".join(f"- {name}: {said}\n" if said else f"- {name}\n" for name, said in sorted(intents.items()))
    allowed: Any = Literal[(*sorted(intents), NONE)]
    answer = create_model("IntentOfTicket", __base__=Choice, intent=(allowed, ...))
    return Task("intent", VERSION, INSTRUCTIONS + listed, answer)


# The least certain come first: those with the lowest calibrated probability.
_UNCERTAIN = """
    select read.ticket_id, read.title, left(read.clean_text, $length) as text, read.intent_reasons->>'guess' as guess
    from enrich.tickets as read
    inner join intermediate.int_tickets as t on t.ticket_id = read.ticket_id
    where read.intent_status = 'abstained' and read.intent_confidence is not null
        and not coalesce(t.is_deleted, false) and not coalesce(read.is_spam, false)
        and list_contains($sources, t.source)
        and read.ticket_id not in (select ticket_id from asked)
        and (read.ticket_id in (select ticket_id from labelled)) = $is_labelled
    order by read.intent_confidence, read.ticket_id
    limit $number
"""


def ask_uncertain(con: duckdb.DuckDBPyConnection, run: Run, model: TextModel, taxonomy: Taxonomy, number: int) -> None:
    """Ask about at most `number` abstained tickets and write to the journal what is answered, or that nothing is and
    will be: the next time others are asked about."""
    task = intent_task(taxonomy.intents)
    asked = [key.removeprefix(f"{taxonomy.name}:") for key in model_labels(run, taxonomy.name)]
    for name, ids in (("asked", asked), ("labelled", list(taxonomy.known))):
        con.register(name, pl.DataFrame({"ticket_id": ids}, schema={"ticket_id": pl.String}).to_arrow())
    parameters = {"sources": taxonomy.sources, "length": TEXT}
    rows: list[tuple[Any, ...]] = []
    for is_labelled, wanted in ((True, number // CONTROL), (False, number)):
        wanted = min(wanted, number - len(rows))
        rows += con.execute(_UNCERTAIN, {**parameters, "is_labelled": is_labelled, "number": wanted}).fetchall()
    con.unregister("asked")
    con.unregister("labelled")
    entries, answered = [], 0
    for ticket_id, title, text, guess in rows:
        quoted = {"title": title or "", "text": text or ""}
        said = model.ask(task, quoted)
        answered += said is not None
        if said is not None or model.has_settled(task, quoted):
            intent = said.intent if said and said.is_clear and said.intent != NONE else None
            body = {
                "tickets": [ticket_id], "taxonomy": taxonomy.name, "intent": intent, "guess": guess,
                "source": "model", "at": iso(run.now),
            }  # fmt: skip
            entries.append((f"{taxonomy.name}:{ticket_id}", body))
    run.journal.write(KIND, entries, run_id=run.run_id, at=run.now)
    run.report.count("text_model.intents_asked", len(rows))
    run.report.count("text_model.intents_answered", answered)


def model_labels(run: Run, taxonomy: str) -> dict[str, dict[str, Any]]:
    """What the journal holds of a taxonomy's tickets, by key; `intent` is None where the model was not sure,
    or gave no answer that can be used."""
    return {key: body for key, body in run.journal.latest(KIND).items() if body["taxonomy"] == taxonomy}


def labels_to_learn(run: Run, taxonomy: str, known: set[str], intents: set[str]) -> dict[str, str]:
    """Ticket -> intent, one of `intents`, where the model was sure and nobody else has spoken: none in `known`."""
    return {
        ticket_id: body["intent"]
        for body in model_labels(run, taxonomy).values()
        for ticket_id in body["tickets"]
        if body["intent"] in intents and ticket_id not in known
    }


def measure(run: Run, taxonomy: Taxonomy) -> None:
    """Count in the report on how many tickets with a label of people or the helpdesk the model was asked, how often it
    said the same, and how often the intent model's guess of that time did. The guess of a ticket whose label was known
    by then is the better for it."""
    for body in model_labels(run, taxonomy.name).values():
        for ticket_id in body["tickets"]:
            label = taxonomy.known.get(ticket_id)
            if label is not None:
                run.report.count("text_model.compared")
                run.report.count("text_model.agreed", int(body["intent"] == label))
                run.report.count("text_model.guess_agreed", int(body["guess"] == label))
