"""A company's history taken several times, each under other names, numbers and words: any number of tickets.

What happened stays what it was: who wrote when and about what, what support did, what was planted. So a history
of ten times the tickets has ten times the people and customers, and the same releases and events.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from random import Random

from flows.sandbox import zendesk_tickets as shapes
from flows.sandbox.company import DEFAULT_START, Company
from flows.sandbox.lives import Life
from flows.sandbox.people import COUNTRIES, Organization, User, mailbox_of
from flows.sandbox.queue import FIRST_TICKET_ID
from flows.sandbox.texts.grammar import phrases

MESSAGES = 4  # of a ticket, on average
POOL = 10_000  # tickets of the company that is copied
LATER = 17  # seconds between a ticket and its next copy
RARE = 10  # every how many copies the ticket with the body of a megabyte keeps it: copies of it lie side by side
APART = 50_000  # between the ids of a person and its next copy: no company has so many people


class Copies:
    """`count` copies of `lives`, the tickets of a company. The first copy is the company itself."""

    def __init__(self, company: Company, lives: list[Life], count: int = 1) -> None:
        self.company = company
        self.lives = lives
        self.count = count
        self.until = int(company.history_end.timestamp())
        self._place = {life.id: n for n, life in enumerate(lives)}
        steps = sorted((step.at, life.id, n) for life in lives for n, step in enumerate(life.steps))
        self.events = len(steps) * count
        self._orders: dict[int, list[int]] = {life.id: [0] * len(life.steps) for life in lives}
        for order, (_, id, n) in enumerate(steps):
            self._orders[id][n] = order

    @classmethod
    def of(cls, tickets: int, *, seed: int = 7, start: datetime = DEFAULT_START, months: int = 18) -> Copies:
        """So many tickets with MESSAGES comments each on average; above POOL the next multiple of it."""
        size = min(tickets, POOL)
        count = -(-tickets // size)
        a_month = -(-size * 5 // (4 * months))
        company = Company.simulate(seed=seed, start=start, months=months, tickets_per_month=a_month)
        return cls(company, _thinned(company, size, Random(f"{seed} copies"), LATER * count), count)

    def __len__(self) -> int:
        return len(self.lives) * self.count

    def id(self, place: int, copy: int) -> int:
        """A ticket's id: they rise with time, as a helpdesk's do."""
        return FIRST_TICKET_ID + place * self.count + copy

    def event_id(self, order: int) -> int:
        """The id of the audit that is the `order`-th of all copies; from `events` on they are free."""
        return shapes.EVENT_IDS + order * shapes.EVENT_STEP

    def life(self, place: int, copy: int) -> Life:
        """A ticket of a copy: `place` is its number among the company's."""
        source = self.lives[place]
        requester = self.user(source.requester, copy)
        actors = {source.requester.id: requester.id}
        steps = [
            step._replace(
                at=step.at + LATER * copy, actor=actors.get(step.actor, step.actor), says=self._says(step.says, copy)
            )
            for step in source.steps
        ]
        return replace(
            source,
            id=self.id(place, copy),
            seed=source.seed ^ copy << 20,
            requester=requester,
            oddity="" if source.oddity == "megabyte" and copy % RARE else source.oddity,
            created=source.created + LATER * copy,
            twin=self._other(source.twin, copy),
            before=self._other(source.before, copy),
            steps=steps,
            event_ids=[self.event_id(order * self.count + copy) for order in self._orders[source.id]],
        )

    def user(self, source: User, copy: int) -> User:
        """The person who stands for `source` in a copy. Support is the same in all of them."""
        if not copy or source.role != "end-user":
            return source
        rng = Random(source.id << 20 ^ copy)
        language = COUNTRIES[source.country][1]
        name = f"{rng.choice(phrases(f'name.first.{language}'))} {rng.choice(phrases(f'name.last.{language}'))}"
        organization = self.organization(source.organization, copy) if source.organization else None
        domain = organization.domain if organization else source.email.split("@")[1]
        id = source.id + APART * copy
        email = f"{mailbox_of(name)}{id}@{domain}"
        habits = source.habits ^ copy << 10
        return replace(source, id=id, name=name, email=email, organization=organization, habits=habits)

    def organization(self, source: Organization, copy: int) -> Organization:
        """The customer who stands for `source` in a copy."""
        if not copy:
            return source
        return replace(
            source,
            id=source.id + APART * copy,
            name=f"{source.name} {copy + 1}",
            domain=source.domain.replace(".", f"{copy + 1}.", 1),
            external_id=source.external_id and f"{source.external_id}-{copy + 1}",
        )

    def users(self, copy: int) -> Iterator[User]:
        """Everybody of a copy who is known at the end; the first has the support team as well."""
        people = (user for user in self.company.users.values() if user.created <= self.until)
        return (self.user(user, copy) for user in people if not copy or user.role == "end-user")

    def organizations(self, copy: int) -> Iterator[Organization]:
        known = (org for org in self.company.organizations.values() if org.created <= self.until)
        return (self.organization(org, copy) for org in known)

    def _other(self, life: Life | None, copy: int) -> Life | None:
        return self.life(self._place[life.id], copy) if life and life.id in self._place else None

    def _says(self, says: str, copy: int) -> str:
        """What is said, where it names another ticket with the number that has in this copy."""
        kind, _, other = says.partition(":")
        return f"{kind}:{self.id(self._place.get(int(other), 0), copy)}" if other else says


def _thinned(company: Company, size: int, rng: Random, margin: int) -> list[Life]:
    """`size` tickets of the history, without some everyday ones, so that they have MESSAGES comments on average."""
    until = int(company.history_end.timestamp())
    lives = [life for life in company.lives if life.created <= until - margin]
    named = {life.id for life in lives if life.incident or life.twin or life.before or life.stance or life.oddity}
    named |= {other.id for life in lives for other in (life.twin, life.before) if other is not None}
    spare = sorted(lives, key=lambda life: (life.id not in named, rng.random()))  # the everyday ones at the end
    short = [life for life in spare if _comments(life, until) < MESSAGES]
    long = [life for life in spare if _comments(life, until) >= MESSAGES]
    messages = sum(_comments(life, until) for life in lives)
    dropped: set[int] = set()
    while (left := len(lives) - len(dropped)) > size:
        life = (short if short and messages < MESSAGES * left else long or short).pop()
        messages -= _comments(life, until)
        dropped.add(life.id)
    return [life for life in lives if life.id not in dropped]


def _comments(life: Life, until: int) -> int:
    return sum(1 for step in life.steps if step.says and step.at <= until)
