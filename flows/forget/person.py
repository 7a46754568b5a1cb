"""Who is meant: one person's ids, addresses, numbers and names in all sources, and the tickets they requested.

An id leads to the records of that id, in all their versions; an address leads to every record with it, in any source;
and each record found to further addresses, until there is nothing new. Names lead nowhere: others may have the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import polars as pl

from flows.core.errors import ConfigError, GroundswellError
from flows.core.run import Run
from flows.landing.store import SCHEMA, while_compacted
from flows.landing.tombstones import email_of
from flows.settings import RESERVED

# Type of source -> where its people are, and the keys of (email, phone, name, role).
PEOPLE: dict[str, tuple[str, tuple[str, str, tuple[str, ...], str]]] = {
    "zendesk": ("users", ("email", "phone", ("name",), "role")),
    "files": ("users", ("email", "phone", ("name",), "role")),
    "hubspot": (
        "contacts",
        ("properties.email", "properties.phone", ("properties.firstname", "properties.lastname"), ""),
    ),
}
TICKETS = ("zendesk", "files")
TYPE_OF_STREAM = {"ticket_events": "zendesk", "contacts": "hubspot", "customers": "stripe"}
STAFF = ("agent", "admin")


@dataclass
class Person:
    """One person. `users` and `tickets` are `<source>:<id>`; tickets by the requester of their newest version.

    `subjects` are those of these tickets, in all versions.
    """

    users: set[str] = field(default_factory=set)
    emails: set[str] = field(default_factory=set)
    phones: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    tickets: set[str] = field(default_factory=set)
    subjects: set[str] = field(default_factory=set)


def find_person(run: Run, given: Iterable[str]) -> Person:
    """The person that the given ids (`zendesk:123`) and addresses are of. Raises GroundswellError for what is none.

    An id whose source has no record of it may still be the requester of tickets.
    """
    person = Person()
    for text in given:
        (person.emails if "@" in text else person.users).add(email_of(text) if "@" in text else _checked(run, text))
    kinds = source_types(run)
    directories = {name: _people(run, name, kind) for name, kind in kinds.items() if kind in PEOPLE}
    known = None
    while known != (known := (len(person.users), len(person.emails))):
        for source, people in directories.items():
            ids = [user.removeprefix(f"{source}:") for user in person.users if user.startswith(f"{source}:")]
            theirs = people.filter(pl.col("id").is_in(ids) | pl.col("email").is_in(sorted(person.emails)))
            if theirs["role"].is_in(STAFF).any():
                raise GroundswellError(
                    f"{source}:{theirs.filter(pl.col('role').is_in(STAFF))['id'][0]} is one of your own agents",
                    "Only requesters are forgotten: what agents wrote belongs to other people's tickets.",
                )
            person.users |= {f"{source}:{id}" for id in theirs["id"]}
            person.emails |= {email for email in theirs["email"] if email}
            person.phones |= {phone for phone in theirs["phone"] if phone}
            person.names |= {name for name in theirs["name"] if name}
    for source, kind in kinds.items():
        if kind in TICKETS:
            tickets, subjects = _tickets(run, source, person.users)
            person.tickets |= tickets
            person.subjects |= subjects
    return person


def source_types(run: Run) -> dict[str, str]:
    """The type of every source that is configured or has landed something.

    One that is configured no more is told by what it landed.
    """
    landed: dict[str, set[str]] = {}
    for source, stream in run.landing.streams():
        landed.setdefault(source, set()).add(stream)
    found = {}
    for source, streams in landed.items():
        is_own = source in RESERVED or source in TYPE_OF_STREAM.values()
        told = [kind for stream, kind in TYPE_OF_STREAM.items() if stream in streams]
        found[source] = source if is_own else [*told, "files"][0]
    return found | {name: source.type for name, source in run.settings.sources.items()}


def is_known(run: Run, person: Person) -> bool:
    """Whether any record or ticket of theirs is landed."""
    for source, kind in source_types(run).items():
        if kind in PEOPLE:
            ids = [user.removeprefix(f"{source}:") for user in person.users if user.startswith(f"{source}:")]
            if ids and _columns(run, source, PEOPLE[kind][0], pl.col("id"))["id"].is_in(ids).any():
                return True
    return bool(person.tickets)


def _checked(run: Run, text: str) -> str:
    source, separator, id = text.strip().partition(":")
    kinds = source_types(run)
    if not separator or not id or kinds.get(source) not in PEOPLE:
        people = ", ".join(sorted(name for name, kind in kinds.items() if kind in PEOPLE)) or "none"
        raise ConfigError(
            f"{text!r} names nobody",
            f"Write an id as SOURCE:ID, such as zendesk:123, or an e-mail address. Sources with people are: {people}."
            + (" A billing customer is an account: give its e-mail address." if kinds.get(source) == "stripe" else ""),
        )
    return f"{source}:{id}"


def _people(run: Run, source: str, kind: str) -> pl.DataFrame:
    """id, email (as it is compared), phone, name and role of every version of a source's people."""
    stream, (email, phone, names, role) = PEOPLE[kind]
    found = _columns(
        run,
        source,
        stream,
        pl.col("id"),
        email=_at(email).map_elements(email_of, return_dtype=pl.String),
        phone=_at(phone),
        name=pl.concat_str([_at(name) for name in names], separator=" ", ignore_nulls=True).str.strip_chars(),
        role=_at(role) if role else pl.lit(None, pl.String),
    )
    return found.unique()


def _tickets(run: Run, source: str, users: set[str]) -> tuple[set[str], set[str]]:
    """The tickets that these users requested, and their subjects."""
    ids = [user.removeprefix(f"{source}:") for user in users if user.startswith(f"{source}:")]
    if not ids:
        return set(), set()
    order = [pl.col(name) for name in ("id", "version", "pulled_at", "seq")]
    rows = _columns(run, source, "tickets", *order, requester=_at("requester_id"), subject=_at("subject"))
    newest = rows.sort("version", "pulled_at", "seq").unique("id", keep="last", maintain_order=True)
    theirs = newest.filter(pl.col("requester").is_in(ids))["id"]
    subjects = rows.filter(pl.col("id").is_in(theirs.implode()))["subject"].drop_nulls()
    return {f"{source}:{id}" for id in theirs}, set(subjects)


def _columns(run: Run, source: str, stream: str, *columns: pl.Expr, **named: pl.Expr) -> pl.DataFrame:
    """Columns of all committed rows of a stream, with the payloads of one file at a time in memory."""

    def read() -> pl.DataFrame:
        frames = [SCHEMA.to_frame().select(*columns, **named)]
        for path in run.landing.files(source, stream):
            with run.landing.fs.open(path, "rb") as handle:
                frames.append(pl.read_parquet(handle.read()).select(*columns, **named))
        return pl.concat(frames)

    return while_compacted(read)


def _at(path: str) -> pl.Expr:
    return pl.col("payload").str.json_path_match(f"$.{path}")
