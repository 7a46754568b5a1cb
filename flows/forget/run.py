"""`groundswell forget`: an erasure from the tombstone to the report.

The tombstone is written first, with marks of everything that is theirs. From then on no pull brings them back, and an
erasure that is killed needs nobody to be named again: `groundswell forget` completes it by the marks. Then, under the
writer's lock and the lock of every source, landing zone and journal are rewritten without them and everything derived
is deleted. Then the report is journalled, which says what was done and not to whom. What was derived is made again
after that: by the command, or else by the next run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass

import duckdb
import orjson

from flows.core.clock import iso
from flows.core.errors import ConfigError, GroundswellError
from flows.core.locks import hold
from flows.core.redaction import redact
from flows.core.run import Run
from flows.enrich.quotes import title_of
from flows.forget.derived import delete, redact_prefect
from flows.forget.person import Person, find_person, is_known
from flows.forget.stores import rewrite_journal, rewrite_landing
from flows.landing.damaged import set_aside_all
from flows.landing.forgotten import Forgotten, marks_of_id, marks_of_person, marks_of_titles
from flows.landing.tombstones import Marks, new_marks, normal, read_marks, write_marks
from flows.stages import READBACK
from flows.warehouse.duck import reader

Say = Callable[[str], None]


@dataclass(frozen=True)
class Told:
    """A finding that tickets of theirs were part of, and where it was told: people have to look there themselves."""

    finding_key: str
    title: str
    places: tuple[str, ...]


@dataclass(frozen=True)
class Erasure:
    """What was done: records, files and values by name, and the findings to look at."""

    counts: dict[str, int]
    told: list[Told]


def preview(run: Run, given: Sequence[str]) -> Person:
    """Who is meant, for the question before. Raises GroundswellError when nobody is known as that."""
    person = find_person(run, given)
    if not person.emails and not is_known(run, person) and not _was_forgotten(read_marks(run), person):
        raise GroundswellError(
            f"nothing is held here of {', '.join(sorted(person.users))}",
            "Check the id, or give the e-mail address: it is looked for in every text.",
        )
    return person


def forget(run: Run, given: Sequence[str], say: Say) -> Erasure:
    """Forget one person, and complete whatever erasure was not completed. Without `given`, only the latter.

    Everything derived is deleted and not made again here (`derived.make_again`). Raises GroundswellError for what is
    nobody, Busy when another run goes on for longer than `lock_wait_seconds`.
    """
    settings, done = run.settings, Counter[str]()
    wait = settings.lock_wait_seconds
    with hold(settings.lock_dir, "writer", holder=run.run_id, wait_seconds=wait), _sources_held(run):
        say("looking at every file of landing zone and journal")
        set_aside_all(run, thorough=True)
        marks = _remember(run, given)
        forgotten = Forgotten(marks, learns=False)
        with run.report.timed("stores"):
            done += rewrite_landing(run, forgotten, say)
            done += rewrite_journal(run, forgotten, say)
        say("what was made of them")
        done["files_deleted"] = delete(settings)
        done["prefect.redacted"] = redact_prefect(settings, forgotten)
        told = _told(run, set().union(*marks.unfinished.values()))
        erasure = Erasure({name: n for name, n in sorted(done.items()) if n}, told)
        _report(run, marks, erasure)
    return erasure


def _remember(run: Run, given: Sequence[str]) -> Marks:
    """The tombstones with that of the person given, which is durable when this returns."""
    marks = read_marks(run)
    if not given:
        if marks is None:
            raise ConfigError("nobody was ever forgotten here", "Say who: --requester zendesk:123")
        return marks
    person = preview(run, given)
    marks = marks or new_marks(run.settings)
    fresh = marks_of_person(marks, emails=person.emails, phones=person.phones, names=person.names)
    for kind, ids in (("user", person.users), ("ticket", person.tickets)):
        for source, _, id in (text.partition(":") for text in ids):
            fresh |= marks_of_id(marks, kind, source, id)
    fresh |= marks_of_titles(marks, _titles(run, person))
    key = marks.of("person", "\x1f".join(sorted(normal(text) for text in given)))
    findings = _findings_with(run, person.tickets)
    write_marks(run, marks, key, fresh, "begun", findings)
    marks.add(fresh)
    marks.unfinished.setdefault(key, set()).update(findings)
    return marks


def _titles(run: Run, person: Person) -> set[str]:
    """What their tickets are called: a topic may have been named so."""
    titles = {title_of(redact(subject), "") for subject in person.subjects}
    try:
        with reader(run.settings) as con:
            asked = "select title from enrich.tickets where list_contains(?, ticket_id) and title is not null"
            titles |= {title for (title,) in con.execute(asked, [sorted(person.tickets)]).fetchall()}
    except (ConfigError, duckdb.Error):  # nothing is published, or by another version
        pass
    return titles


def _was_forgotten(marks: Marks | None, person: Person) -> bool:
    return marks is not None and any(marks.has("user", normal(user)) for user in person.users)


@contextmanager
def _sources_held(run: Run) -> Iterator[None]:
    """Nobody pulls or validates. Taken after the writer's lock, as compaction does, and all in one order."""
    settings = run.settings
    names = {source for source, _ in run.landing.streams()} | {*settings.sources, *READBACK, "quarantine"}
    with ExitStack() as held:
        for name in sorted(names):
            wait = settings.lock_wait_seconds
            held.enter_context(hold(settings.lock_dir, f"source-{name}", holder=run.run_id, wait_seconds=wait))
        yield


def _findings_with(run: Run, tickets: set[str]) -> set[str]:
    """Keys of the findings that any of these tickets was part of when they last changed, or is now."""
    found = set()
    for key, payload in run.journal.read("finding_state").select("id", "payload").iter_rows():
        if not tickets.isdisjoint(orjson.loads(payload).get("tickets") or ()):
            found.add(key)
    try:
        with reader(run.settings) as con:
            asked = "select distinct finding_key from marts.fct_finding_evidence where list_contains(?, ticket_id)"
            found |= {key for (key,) in con.execute(asked, [sorted(tickets)]).fetchall()}
    except (ConfigError, duckdb.Error):  # nothing is published, or by another version
        pass
    return found


def _told(run: Run, findings: set[str]) -> list[Told]:
    titles = run.journal.latest("finding")
    places: dict[str, dict[str, None]] = {key: {} for key in sorted(findings)}
    for delivery in run.journal.latest("delivery").values():
        key = delivery.get("finding_key")
        if delivery["status"] == "sent" and key in places:
            where = delivery.get("external_url") or f"{delivery['destination']} {delivery.get('external_id')}"
            places[key][where] = None
    return [Told(key, titles.get(key, {}).get("title", key), tuple(found)) for key, found in places.items()]


def _report(run: Run, marks: Marks, erasure: Erasure) -> None:
    """That the erasure is complete, into the tombstone; what was done, and not to whom, into the journal."""
    for name, n in erasure.counts.items():
        run.report.count(f"forgotten.{name}", n)
    for person in sorted(marks.unfinished):
        write_marks(run, marks, person, (), "done")
    marks.unfinished.clear()
    body = {"flow": run.flow, "status": "erased", "at": iso(run.now), "report": asdict(run.report)}
    body["findings"] = [told.finding_key for told in erasure.told]
    run.journal.write("run", [(run.run_id, body)], run_id=run.run_id, at=run.now)
