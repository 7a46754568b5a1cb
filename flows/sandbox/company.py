"""A simulated SaaS company: eighteen months of its helpdesk, and the days that follow.

    company = Company.simulate(seed=7)
    company.changes("tickets", after=(-1, -1), until=company.history_end, limit=1000)

Everything is fixed by the seed and the sizes. The simulation holds who did what and when; words and vendor
objects are made when they are asked for, as they stood at the moment asked about.
"""

from __future__ import annotations

import csv
from bisect import bisect_right
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from flows.core.clock import iso, utc
from flows.sandbox import truth
from flows.sandbox import zendesk_directory as directory
from flows.sandbox import zendesk_tickets as shapes
from flows.sandbox.accounts import found
from flows.sandbox.commerce import Commerce
from flows.sandbox.feed import BEGINNING, Feed, Position
from flows.sandbox.incidents import Incident, regular_releases, schedule
from flows.sandbox.lives import Life
from flows.sandbox.people import Directory, User, team
from flows.sandbox.product import Release, number_releases
from flows.sandbox.queue import join_queue, write_in

Object = dict[str, Any]

DEFAULT_START = datetime(2025, 1, 1, tzinfo=UTC)
STREAMS = (
    "tickets",
    "ticket_events",
    "ticket_metrics",
    "satisfaction_ratings",
    "users",
    "organizations",
    "articles",
    "groups",
    "ticket_fields",
)


class Company:
    """The company's helpdesk at any moment. Make one with `simulate`."""

    def __init__(
        self,
        *,
        arguments: Object,
        start: datetime,
        history_end: datetime,
        end: datetime,
        releases: list[Release],
        incidents: list[Incident],
        people: Directory,
        agents: list[User],
        lives: list[Life],
        commerce: Commerce,
    ) -> None:
        self.arguments = arguments
        self.seed = seed = arguments["seed"]
        self.start = start
        self.history_end = history_end
        self.end = end
        self.releases = releases
        self.commerce = commerce
        self._incidents = incidents
        self.lives = lives
        self._first_id = lives[0].id if lives else 0
        self._agents = agents
        begins, ends = _seconds(start), _seconds(end)
        self.users = {user.id: user for user in [*agents, *people.users.values()]}
        self.organizations = {org.id: org for org in people.organizations}
        self._articles = {a.id: a for a in directory.write_articles(Random(f"{seed} articles"), begins, ends)}
        self._groups = {g["id"]: g for g in directory.groups(agents[0].created)}
        self._fields = {f["id"]: f for f in directory.ticket_fields(agents[0].created)}
        self._audits = self._number_events()
        self._feeds = {stream: Feed(self._stream_changes(stream)) for stream in STREAMS}
        self._shapes: dict[str, Callable[[int, int], Object]] = {
            "tickets": lambda key, until: shapes.ticket(self._life(key), until),
            "ticket_events": self._ticket_event,
            "ticket_metrics": lambda key, until: shapes.metric_set(self._life(key - shapes.METRIC_IDS), until),
            "satisfaction_ratings": lambda key, until: shapes.rating(self._life(key - shapes.RATING_IDS), until),
            "users": lambda key, until: directory.user(self.users[key], until),
            "organizations": lambda key, until: directory.organization(self.organizations[key], until),
            "articles": lambda key, until: directory.article(self._articles[key], until),
            "groups": lambda key, _: self._groups[key],
            "ticket_fields": lambda key, _: self._fields[key],
        }

    @classmethod
    def simulate(
        cls,
        *,
        seed: int = 7,
        start: datetime = DEFAULT_START,
        months: int = 18,
        tickets_per_month: int = 350,
        live_days: int = 14,
    ) -> Company:
        """A company with `months` of history and `live_days` to come. Same arguments, same company."""
        start = utc(start)
        history_end = _months_later(start, months)
        end = history_end + timedelta(days=live_days)
        begins, today, ends = _seconds(start), _seconds(history_end), _seconds(end)
        organizations = max(60, round(300 * min(6.0, (tickets_per_month / 350) ** 0.6)))
        people = Directory(Random(f"{seed} people"), begins, ends, organizations)
        incidents = schedule(Random(f"{seed} incidents"), begins, today, ends, tickets_per_month)
        releases = _releases(seed, incidents, begins, today, ends)
        agents = team(begins)
        lives = write_in(
            Random(f"{seed} queue"),
            span=(begins, today, ends),
            tickets=months * tickets_per_month,
            people=people,
            agents=agents,
            incidents=incidents,
            releases=releases,
        )
        commerce, more, dropped = found(seed, people, lives, agents, releases, (begins, today, ends))
        lives = join_queue(lives, more, dropped, incidents)
        return cls(
            arguments={
                "seed": seed,
                "start": start,
                "months": months,
                "tickets_per_month": tickets_per_month,
                "live_days": live_days,
            },
            start=start,
            history_end=history_end,
            end=end,
            releases=releases,
            incidents=incidents,
            people=people,
            agents=agents,
            lives=lives,
            commerce=commerce,
        )

    # -- reading as of a moment ------------------------------------------------------------------------

    def changes(self, stream: str, *, after: Position = BEGINNING, until: datetime, limit: int = 1000) -> list[Object]:
        """Objects of a stream that changed behind the position `after`, not later than `until`, in order.

        Each object stands as of `until` and comes once, at its last change by then. Continue with
        `position(stream, last_object)`.
        """
        moment = _seconds(until)
        return [self._shapes[stream](key, moment) for _, key in self._feeds[stream].page(after, moment, limit)]

    def position(self, stream: str, item: Object) -> Position:
        """(unix seconds of its last change, id): where a reader stands who has read this object."""
        if stream == "tickets":
            return item["generated_timestamp"], item["id"]
        if stream == "ticket_events":
            return item["timestamp"], item["id"]
        return _seconds(datetime.fromisoformat(item["updated_at"])), item["id"]

    def all(self, stream: str, until: datetime) -> Iterator[Object]:
        """Every object of a stream that exists at a moment, in the order of its last change."""
        moment = _seconds(until)
        return (self._shapes[stream](key, moment) for _, key in self._feeds[stream].all(moment))

    def count(self, stream: str, until: datetime) -> int:
        """How many objects of a stream exist at a moment."""
        return sum(1 for _ in self._feeds[stream].all(_seconds(until)))

    def get(self, stream: str, key: int, until: datetime) -> Object | None:
        """One object by id (not for ticket_events); None when it is not there yet."""
        moment = _seconds(until)
        created = self._created(stream, key)
        return None if created is None or created > moment else self._shapes[stream](key, moment)

    def comments(self, ticket_id: int, until: datetime) -> list[Object]:
        """The comments of a ticket, oldest first; empty when there is no such ticket."""
        life, moment = self._find(ticket_id), _seconds(until)
        if life is None:
            return []
        return [shapes.comment(life, n) for n, step in enumerate(life.steps) if step.says and step.at <= moment]

    def audits(self, ticket_id: int, until: datetime) -> list[Object]:
        """The audits of a ticket, oldest first; empty when there is no such ticket."""
        life, moment = self._find(ticket_id), _seconds(until)
        if life is None:
            return []
        return [shapes.ticket_event(life, n) for n, step in enumerate(life.steps) if step.at <= moment]

    def releases_at(self, until: datetime) -> list[Release]:
        """What has been released by a moment."""
        return [release for release in self.releases if release.released_at <= utc(until)]

    def write_exports(self, folder: Path, until: datetime) -> Path:
        """Writes `releases.csv` (product, version, released_at) as known at a moment, replacing it whole."""
        folder.mkdir(parents=True, exist_ok=True)
        path, draft = folder / "releases.csv", folder / "releases.csv.part"
        with draft.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(("product", "version", "released_at"))
            for release in self.releases_at(until):
                writer.writerow((release.product, release.version, iso(release.released_at)))
        draft.replace(path)
        return path

    def truth(self) -> Object:
        """What was planted, for the scorer only: see `flows.sandbox.truth`."""
        return truth.document(self.seed, self.history_end, self._incidents, self.lives, self.commerce)

    # -- inside ----------------------------------------------------------------------------------------

    def _life(self, ticket_id: int) -> Life:
        return self.lives[ticket_id - self._first_id]

    def _find(self, ticket_id: int) -> Life | None:
        return self._life(ticket_id) if 0 <= ticket_id - self._first_id < len(self.lives) else None

    def _number_events(self) -> list[Position]:
        """Gives every step its audit id, rising with time, and returns (ticket id, step) by order of id."""
        steps = sorted((step.at, life.id, n) for life in self.lives for n, step in enumerate(life.steps))
        for life in self.lives:
            life.event_ids = [0] * len(life.steps)
        for order, (_, ticket_id, n) in enumerate(steps):
            self._life(ticket_id).event_ids[n] = shapes.EVENT_IDS + order * shapes.EVENT_STEP
        return [(ticket_id, n) for _, ticket_id, n in steps]

    def _ticket_event(self, key: int, _: int) -> Object:
        ticket_id, n = self._audits[(key - shapes.EVENT_IDS) // shapes.EVENT_STEP]
        return shapes.ticket_event(self._life(ticket_id), n)

    def _stream_changes(self, stream: str) -> Iterator[Position]:
        """(unix seconds, id) of every change of a stream, in any order."""
        if stream in ("tickets", "ticket_metrics"):
            offset = shapes.METRIC_IDS if stream == "ticket_metrics" else 0
            return ((step.at, offset + life.id) for life in self.lives for step in life.steps)
        if stream == "ticket_events":
            return (
                (step.at, event_id)
                for life in self.lives
                for step, event_id in zip(life.steps, life.event_ids, strict=True)
            )
        if stream == "satisfaction_ratings":
            return ((at, shapes.RATING_IDS + life.id) for life in self.lives for at in shapes.rating_changes(life))
        if stream == "users":
            return ((at, user.id) for user in self.users.values() for at in directory.user_changes(user))
        if stream == "organizations":
            customers = self.organizations.values()
            return ((at, org.id) for org in customers for at in directory.organization_changes(org))
        if stream == "articles":
            return ((at, item.id) for item in self._articles.values() for at in item.edits)
        settings = self._groups if stream == "groups" else self._fields
        return ((self._agents[0].created, key) for key in settings)

    def _created(self, stream: str, key: int) -> int | None:
        """When an object came to be; None when there never is one of this id."""
        if stream in ("tickets", "ticket_metrics", "satisfaction_ratings"):
            offsets = {"ticket_metrics": shapes.METRIC_IDS, "satisfaction_ratings": shapes.RATING_IDS}
            life = self._find(key - offsets.get(stream, 0))
            if life is None:
                return None
            return min(shapes.rating_changes(life), default=None) if stream[0] == "s" else life.created
        if stream == "users":
            return self.users[key].created if key in self.users else None
        if stream == "organizations":
            return self.organizations[key].created if key in self.organizations else None
        if stream == "articles":
            return self._articles[key].edits[0] if key in self._articles else None
        settings = self._groups if stream == "groups" else self._fields
        return self._agents[0].created if key in settings else None


def _seconds(moment: datetime) -> int:
    return int(utc(moment).timestamp())


def _months_later(moment: datetime, months: int) -> datetime:
    years, month = divmod(moment.month - 1 + months, 12)
    return moment.replace(year=moment.year + years, month=month + 1)


def _releases(seed: int, incidents: list[Incident], start: int, history_end: int, end: int) -> list[Release]:
    """Regular releases, the patches that fix what was planted, and others; tells each incident its own."""
    rng = Random(f"{seed} releases")
    regular = regular_releases(start, history_end, end)
    patches: list[tuple[int, str]] = []
    for incident in incidents:
        plan = incident.plan
        if plan.rides_on == "patch":
            patches.append((incident.begins, "Small corrections."))
        if plan.rides_on != "none" and incident.fixed is not None:
            patches.append((incident.fixed, f"Fixes an issue in {plan.area.replace('_', ' ')}."))
    taken = [at for at, _ in patches]
    for at in regular:
        moment = at + rng.randint(2, 9) * 86400 + rng.randint(0, 6 * 3600)
        if rng.random() < 0.3 and moment < end and all(abs(moment - other) > 86400 for other in taken):
            patches.append((moment, "Small corrections."))
    releases = number_releases(regular, patches)
    moments = [int(release.released_at.timestamp()) for release in releases]
    for incident in incidents:
        if incident.plan.rides_on != "none":
            newest = bisect_right(moments, incident.begins) - 1
            incident.release = releases[newest].version if newest >= 0 else None
            if incident.fixed is not None:
                incident.fix_release = releases[bisect_right(moments, incident.fixed) - 1].version
    return releases
