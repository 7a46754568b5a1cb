"""Puts a ticket's comments into words: which phrases, in which order, in whose manner."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from random import Random
from typing import TYPE_CHECKING

from flows.sandbox.texts import foreign
from flows.sandbox.texts.grammar import banks, expand, phrases, say
from flows.sandbox.texts.mail import Draft, Letter, set_letter
from flows.sandbox.texts.scene import day, particulars, planted_words
from flows.sandbox.texts.style import tone, type_out

if TYPE_CHECKING:
    from flows.sandbox.lives import Life

Values = Mapping[str, str]

MEGABYTE = 2**20
_FIRST_AGENT = 20_001
_PROBLEMS = {
    "bug_report",
    "integration_failure",
    "login_problem",
    "data_import",
    "performance",
    "permissions",
    "api_question",
}
_BROKEN = {"bug", "regression", "outage"}
# What a customer adds to a problem, and to any other matter: bank and how often.
_PROBLEM_DETAILS = (
    ("when", 0.4),
    ("page", 0.33),
    ("environment", 0.27),
    ("tried", 0.26),
    ("impact", 0.3),
    ("steps", 0.1),
    ("version", 0.1),
    ("account", 0.15),
)
_OTHER_DETAILS = (("account", 0.3), ("impact", 0.2), ("page", 0.14), ("when", 0.08))
_REASONS = {"leaving", "card.declined"}
_ERROR = 0.34
_SHORT = 90  # a sentence of fewer letters gets company, or two people might write the same ticket


@lru_cache(maxsize=64)
def comment(life: Life, n: int) -> Letter:
    """The comment of step `n` of a ticket; step 0 is the customer's opening and has the subject."""
    step = life.steps[n]
    rng = Random(life.seed * 64 + n)
    by_customer = step.actor == life.requester.id
    draft = _draft(life, n)
    subject = _subject(Random(life.seed * 64 + 63), life) if n == 0 else ""
    if by_customer and draft.paragraphs and life.channel == "email" and life.oddity not in ("spam", "megabyte"):
        if n == 0 or rng.random() < 0.6:
            draft.signature = _signature(rng, life)
        earlier = next((m for m in range(n - 1, 0, -1) if _is_answer(life, m)), None)
        if n > 0 and earlier is not None and rng.random() < 0.65:
            sent = {"date": day(rng, life.steps[earlier].at, life.language)}
            draft.quote_line = say(rng, f"quote.{life.language}", sent)
            draft.quoted = "\n\n".join(_draft(life, earlier).paragraphs)
    return set_letter(rng, subject, draft, mail=step.via == "email" and life.oddity != "megabyte")


def rating_comment(life: Life) -> str | None:
    """What the customer wrote with the rating, if anything."""
    rng = Random(life.seed * 64 + 62)
    if not life.rating or rng.random() < 0.6:
        return None
    values = {**particulars(life), "agent": _agent(life, len(life.steps))}
    return say(rng, f"rating.{life.rating}", values)


def _draft(life: Life, n: int) -> Draft:
    """The words of a step without signature and quote."""
    step = life.steps[n]
    rng = Random(life.seed * 64 + n + 32)
    if n == 0:
        return Draft(_opening(rng, life))
    values = {**particulars(life), "ticket": str(life.id), "agent": _agent(life, n)}
    says, _, other = step.says.partition(":")
    if says == "absorbed":
        return Draft([say(rng, says, {**values, "other": other})])
    if says == "merged":
        excerpt = " ".join(" ".join(_draft(life, 0).paragraphs).split()[:40])
        return Draft([say(rng, says, {**values, "twin": str(life.twin.id if life.twin else ""), "excerpt": excerpt})])
    if step.actor == life.requester.id and life.language != "en":
        return Draft([say(rng, f"{life.language}.{says}", values)])
    if step.actor == life.requester.id:
        return Draft([type_out(rng, life.requester.habits, "plain", say(rng, says, values))])
    if says in ("auto", "note"):
        return Draft([say(rng, says, values)])
    fix = life.incident.fix_release if life.incident else None
    values["in_version"] = f" in version {fix}" if fix else ""
    answer = f"answer.{planted_words(life)}"
    values["answer.intent"] = say(rng, answer if answer in banks() else f"answer.{life.intent}", values)
    return Draft([say(rng, "opener", values), say(rng, says, values)], [values["agent"], "Larkspan Support"])


def _opening(rng: Random, life: Life) -> list[str]:
    """Paragraphs of the customer's first message."""
    if life.oddity == "empty":
        return []
    first = life.twin or life
    values = particulars(first)
    if life.oddity == "spam":
        return [say(rng, "spam", values)]
    if life.oddity == "megabyte":
        return [_log(rng, values)]
    kind = life.incident.plan.kind if life.incident else ""
    trouble = kind in _BROKEN or (not kind and life.intent in _PROBLEMS)
    if life.language != "en":
        return foreign.opening(rng, life, values, with_error=rng.random() < _error_share(life))
    if life.stance:
        return _outspoken(rng, life, values)
    manner = tone(rng, life.requester.habits, trouble=trouble or kind == "billing_wave")
    core = _core(life, values)
    if life.twin is not None:
        core = f"{say(rng, 'twin.lead', values)} {core}"
    if life.channel == "api":
        core = say(rng, "form", {**values, "core": core})
    details = _details(rng, life, values, core, trouble=trouble, most=1 if manner == "terse" else 4)
    if rng.random() < 0.05:
        core = say(rng, "forwarded", {**values, "core": core})
        details.insert(0, say(rng, "forwarded.lead", values))
        parts = [*details, core]
    else:
        parts = [core, *details]
    if rng.random() < 0.08 and manner != "terse":
        parts.append(say(rng, "aside", values))
    if rng.random() < 0.07:
        parts.append(say(rng, "personal", values))
    if f"lead.{manner}" in banks() and rng.random() < 0.4:
        parts.insert(0, say(rng, f"lead.{manner}", values))
    habits = life.requester.habits
    parts = [type_out(rng, habits, manner, part) for part in parts]
    if rng.random() < 0.75:
        parts.append(say(rng, f"close.{manner}", values))
    greets = manner != "terse" and rng.random() < (0.5 if life.channel == "chat" else 0.85)
    greeting = [say(Random(habits) if rng.random() < 0.7 else rng, f"hello.{manner}", values)] if greets else []
    return greeting + _paragraphs(rng, parts)


def _outspoken(rng: Random, life: Life, values: Values) -> list[str]:
    """The opening of somebody who also says what they think of us; for some of it there is no other reason to write."""
    about = {**values, "ticket.before": f"#{life.before.id}"} if life.before else values
    said = [
        expand(rng, phrase, about)
        for bank in dict.fromkeys(life.stance)
        for phrase in rng.sample(phrases(bank), life.stance.count(bank))
    ]
    core = [] if _REASONS & set(life.stance) else [_core(life.before or life, particulars(life.before or life))]
    parts = [*said, *core] if life.before else [*core, *said]
    greeting = [say(rng, "hello.plain", values)] if rng.random() < 0.6 else []
    return greeting + _paragraphs(rng, [type_out(rng, life.requester.habits, "plain", part) for part in parts])


def _core(life: Life, values: Values) -> str:
    """What it is about, in one sentence or two; the same each time, since a subject may repeat it."""
    rng = Random(life.seed * 64 + 61)
    planted = planted_words(life)
    if planted:
        bank = phrases(f"bug.{planted}")
        count = 2 if rng.random() < 0.2 else 1
        return _run_on([expand(rng, phrase, values) for phrase in rng.sample(bank, count)])
    bank_name = f"ask.{life.intent}"
    return say(rng, bank_name if bank_name in banks() else f"{bank_name}.{life.area}", values)


def _details(rng: Random, life: Life, values: Values, core: str, *, trouble: bool, most: int) -> list[str]:
    found = [
        say(rng, f"detail.{name}", values)
        for name, share in (_PROBLEM_DETAILS if trouble else _OTHER_DETAILS)
        if rng.random() < share and (name != "version" or values["version"])
    ]
    rng.shuffle(found)
    found = found[:most]
    if not found and len(core) < _SHORT:
        found.append(say(rng, rng.choice(("detail.page", "detail.account", "detail.environment")), values))
    if rng.random() < _error_share(life):
        found.insert(rng.randint(0, len(found)), say(rng, "detail.error", values))
    return found


def _error_share(life: Life) -> float:
    """How often a customer gives the text of the error; questions and some bugs have none."""
    if life.incident is not None:
        return _ERROR if life.incident.plan.error else 0.0
    return {"bug_report": 0.3, "integration_failure": 0.3, "data_import": 0.2, "api_question": 0.2}.get(
        life.intent, 0.0
    )


def _paragraphs(rng: Random, parts: list[str]) -> list[str]:
    """Sentences run on or start a paragraph; anything with lines of its own stands alone."""
    paragraphs: list[str] = []
    for part in parts:
        alone = "\n" in part or (paragraphs and "\n" in paragraphs[-1])
        if paragraphs and not alone and rng.random() < 0.55:
            paragraphs[-1] = _run_on([paragraphs[-1], part])
        else:
            paragraphs.append(part)
    return paragraphs


def _run_on(sentences: list[str]) -> str:
    """Sentences on one line, with a full stop where one was left out, except behind an address."""
    text = sentences[0]
    for sentence in sentences[1:]:
        ends = text[-1:] in ".!?:;,)…" or not text[-1:].isascii() or "/" in text.split()[-1]
        text += f" {sentence}" if ends else f". {sentence}"
    return text


def _subject(rng: Random, life: Life) -> str:
    values = particulars(life.twin or life)
    if life.oddity == "spam":
        return say(rng, "subject.spam", values)
    if life.language != "en":
        return foreign.subject(rng, life, values)
    chance = rng.random()
    if life.before is not None:
        return say(rng, "subject.again", {**values, "ticket.before": f"#{life.before.id}"})
    if "leaving" in life.stance or "card.declined" in life.stance:
        return say(rng, "subject.leaving" if "leaving" in life.stance else "subject.card", values)
    if chance < 0.03:
        return rng.choice(("", "(no subject)", "Help", "Question", "?", "Larkspan"))
    planted = planted_words(life)
    if chance < 0.15:
        text = " ".join(_core(life, values).split()[: rng.randint(4, 8)]).rstrip(",.;:(")
    else:
        text = say(rng, f"subject.{planted or life.intent}", values)
    prefix = rng.choices(("", "Fwd: ", "Re: ", "URGENT: ", "[Larkspan] "), (86, 4, 4, 4, 2))[0]
    return (prefix + text).strip()


def _signature(rng: Random, life: Life) -> list[str]:
    """How the person signs; the form is a habit, the device is not."""
    writer = life.requester
    habit = Random(writer.habits + 2)
    values = particulars(life)
    name = writer.name if habit.random() < 0.6 else writer.first_name
    bank = "signoff" if life.language == "en" else f"{life.language}.signoff"
    lines = [say(habit, bank, values), name]
    if habit.random() < 0.45 and writer.organization:
        lines += [f"{writer.job} | {writer.organization.name}"]
        lines += [f"T {writer.phone}"] if writer.phone else []
        lines += [f"{writer.email} | www.{writer.organization.domain}"] if habit.random() < 0.5 else []
    if habit.random() < 0.12:
        lines += ["", say(habit, "disclaimer", values)]
    if rng.random() < 0.08:
        return [say(rng, "device", values)]
    return lines


def _log(rng: Random, values: Values) -> str:
    """A log pasted whole: exactly a megabyte."""
    lines = [f"Our sync job fails every night, the whole log is below. {values['error']}"]
    size = len(lines[0])
    while size < MEGABYTE:
        lines.append(say(rng, "log.line", values))
        size += len(lines[-1]) + 1
    return "\n".join(lines)[:MEGABYTE]


def _is_answer(life: Life, m: int) -> bool:
    step = life.steps[m]
    return bool(step.says) and step.public and step.actor >= _FIRST_AGENT and step.actor != life.requester.id


def _agent(life: Life, n: int) -> str:
    """First name of the agent who speaks in step `n`, or spoke last before it."""
    names = phrases("agent")
    actors = [step.actor - _FIRST_AGENT for step in life.steps[: n + 1]]
    known = [actor for actor in actors if 0 <= actor < len(names)]
    return names[known[-1]].split(" ")[0] if known else "team"
