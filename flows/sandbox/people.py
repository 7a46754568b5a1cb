"""Customers, their people, and the support team. All names are put together at random."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import accumulate
from random import Random

from flows.sandbox.arrivals import DAY
from flows.sandbox.product import DOMAIN
from flows.sandbox.texts.grammar import phrases
from flows.sandbox.texts.style import types_with_care

# country: share of customers, language, time zone, hours from UTC, telephone prefix
COUNTRIES: dict[str, tuple[int, str, str, int, str]] = {
    "US": (38, "en", "Eastern Time (US & Canada)", -5, "+1 415 555 "),
    "GB": (15, "en", "London", 0, "+44 20 7946 "),
    "CA": (7, "en", "Eastern Time (US & Canada)", -5, "+1 604 555 "),
    "AU": (4, "en", "Sydney", 10, "+61 2 5550 "),
    "IN": (4, "en", "New Delhi", 5, "+91 22 5550 "),
    "NL": (3, "en", "Amsterdam", 1, "+31 20 555 "),
    "DE": (9, "de", "Berlin", 1, "+49 30 2312 "),
    "FR": (6, "fr", "Paris", 1, "+33 1 5550 "),
    "ES": (4, "es", "Madrid", 1, "+34 91 555 "),
    "MX": (3, "es", "Mexico City", -6, "+52 55 5550 "),
    "BR": (4, "pt", "Brasilia", -3, "+55 11 5550 "),
    "JP": (3, "ja", "Tokyo", 9, "+81 3 5550 "),
}
_REGION = {"US": "amer", "CA": "amer", "MX": "amer", "BR": "amer", "AU": "apac", "IN": "apac", "JP": "apac"}
_TIERS = (("enterprise", 12, (8, 20)), ("business", 36, (3, 9)), ("starter", 52, (1, 3)))
_NATIVE = 0.33  # share of people in a country with another language who write in it

_BROWSERS = ("Chrome", "Chrome", "Chrome", "Chrome", "Edge", "Safari", "Safari", "Firefox")
_PHONES = ("iPhone 15", "iPhone 13", "Pixel 8", "Galaxy S23", "Galaxy A54", "iPhone SE")

GROUPS: dict[int, str] = {
    51001: "Support",
    51002: "Technical Support",
    51003: "Billing",
    51004: "Customer Success",
}
BOT_ID = -1  # Zendesk's own author of what triggers and automations do


@dataclass
class Organization:
    """A customer company."""

    id: int
    name: str
    domain: str
    tier: str
    country: str
    created: int
    has_sso: bool
    external_id: str | None = None
    """Our own id of the account, where somebody entered it."""
    users: list[User] = field(default_factory=list)

    @property
    def region(self) -> str:
        return _REGION.get(self.country, "emea")


@dataclass
class User:
    """A person who writes to support or works there; `writes` is the language they write in."""

    id: int
    name: str
    email: str
    role: str
    created: int
    country: str = "US"
    writes: str = "en"
    organization: Organization | None = None
    group: int | None = None
    job: str = ""
    phone: str | None = None
    browser: str = "Chrome"
    system: str = "Windows 11"
    device: str = "iPhone 15"
    habits: int = 0
    """Seeds how the person writes: greeting, typos, signature stay the same from ticket to ticket."""
    suspended_at: int | None = None

    @property
    def first_name(self) -> str:
        return self.name.split(" ")[0]


def team(start: int) -> list[User]:
    """The agents, whose ids and groups are stable."""
    names = phrases("agent")
    groups = [51001] * 6 + [51002] * 4 + [51003] * 3 + [51004]
    return [
        User(
            id=20_001 + n,
            name=name,
            email=f"{name.split(' ')[0].lower()}@{DOMAIN}",
            role="admin" if n == 0 else "agent",
            created=start - 90 * DAY,
            country="GB",
            group=group,
        )
        for n, (name, group) in enumerate(zip(names, groups, strict=True))
    ]


class Directory:
    """Organizations and their people, and a quick draw of one that exists at a moment."""

    def __init__(self, rng: Random, start: int, end: int, organizations: int) -> None:
        self._rng = rng
        names = [f"{a} {b}" for a in phrases("customer.first") for b in phrases("customer.last")]
        rng.shuffle(names)
        while len(names) < organizations:
            names += [f"{name} {len(names)}" for name in names]
        countries = rng.choices(list(COUNTRIES), [row[0] for row in COUNTRIES.values()], k=organizations)
        tiers = rng.choices(_TIERS, [tier[1] for tier in _TIERS], k=organizations)
        # Two thirds were customers before the history starts, the rest joined during it.
        joined = sorted(
            start - int(rng.random() * 600 * DAY) if rng.random() < 0.66 else start + int(rng.random() * (end - start))
            for _ in range(organizations)
        )
        joined[0] = min(joined[0], start - DAY)
        self.organizations: list[Organization] = []
        self.users: dict[int, User] = {}
        for n, (name, country, tier, created) in enumerate(zip(names, countries, tiers, joined, strict=False)):
            slug = name.lower().replace(" ", "")
            organization = Organization(9_001 + n, name, f"{slug}.example", tier[0], country, created, has_sso=False)
            organization.has_sso = tier[0] == "enterprise" or (tier[0] == "business" and rng.random() < 0.5)
            self.organizations.append(organization)
            low, high = tier[2]
            for place in range(rng.randint(low, high)):
                later = 0 if place == 0 else int(rng.random() * 300 * DAY)
                self._person(organization, created + later)
            organization.users.sort(key=lambda user: user.created)
        self._pools: dict[str, _Pool] = {"": _Pool(self.organizations)}

    def draw(self, at: int, segment: str = "", fits: Callable[[Organization], bool] | None = None) -> User:
        """Somebody who may write at `at`, preferably in their working hours, of a segment where one is named."""
        if segment not in self._pools and fits is not None:
            self._pools[segment] = _Pool([org for org in self.organizations if fits(org)] or self.organizations)
        pool = self._pools[segment]
        organization = pool.draw(self._rng, at)
        for _ in range(3):
            hour = (at // 3600 + COUNTRIES[organization.country][3]) % 24
            if 7 <= hour < 19 or self._rng.random() < 0.2:
                break
            organization = pool.draw(self._rng, at)
        known = bisect_right(organization.users, at, key=lambda user: user.created)
        return organization.users[int(max(known, 1) * self._rng.random() ** 1.4)]

    def stranger(self, at: int, *, spammer: bool = False) -> User:
        """Somebody without an organization, known to the helpdesk from their first mail on."""
        user = self._person(None, at)
        if spammer:
            user.writes = "en"
            user.email = f"{user.email.split('@')[0]}@bulk-offers{self._rng.randint(2, 99)}.example"
        return user

    def join(
        self, rng: Random, name: str, domain: str, *, tier: str, country: str, created: int, people: int
    ) -> Organization:
        """One more customer with people who write English, and with care; `draw` does not know it."""
        organization = Organization(9_001 + len(self.organizations), name, domain, tier, country, created, True)
        self.organizations.append(organization)
        for _ in range(people):
            user = self._person(organization, created, rng)
            user.writes = "en"
            while not types_with_care(user.habits):
                user.habits = rng.getrandbits(30)
        return organization

    def _person(self, organization: Organization | None, created: int, rng: Random | None = None) -> User:
        rng = rng or self._rng
        country = organization.country if organization else rng.choice(("US", "US", "GB", "CA", "DE", "BR"))
        if rng.random() < 0.08:
            country = rng.choice(list(COUNTRIES))
        _, language, _, _, prefix = COUNTRIES[country]
        first, last = rng.choice(phrases(f"name.first.{language}")), rng.choice(phrases(f"name.last.{language}"))
        mailbox = mailbox_of(f"{first}.{last}")
        user_id = 100_001 + len(self.users)
        number = f"{prefix}{rng.randint(0, 9999):04d}"
        system = rng.choice(("Windows 11", "Windows 11", "Windows 10", "macOS 14.5", "macOS 15", "Ubuntu 24.04"))
        browser = rng.choice(_BROWSERS)
        if browser == "Safari":
            system = rng.choice(("macOS 14.5", "macOS 15"))
        taken = organization and any(user.email.startswith(f"{mailbox}@") for user in organization.users)
        mailbox = f"{mailbox}{user_id % 1000}" if taken or not organization else mailbox
        user = User(
            id=user_id,
            name=f"{first} {last}",
            email=f"{mailbox}@{organization.domain if organization else 'freemail.example'}",
            role="end-user",
            created=created,
            country=country,
            writes=language if language != "en" and rng.random() < _NATIVE else "en",
            organization=organization,
            job=rng.choice(phrases("job")),
            phone=number if rng.random() < 0.4 else None,
            browser=browser,
            system=system,
            device=rng.choice(_PHONES),
            habits=rng.getrandbits(30),
        )
        self.users[user_id] = user
        if organization:
            organization.users.append(user)
        return user


class _Pool:
    """Organizations by the day they joined, drawn by weight: larger customers write more."""

    def __init__(self, organizations: list[Organization]) -> None:
        self._organizations = organizations
        self._created = [org.created for org in organizations]
        self._totals = list(accumulate(1 + 0.5 * len(org.users) for org in organizations))

    def draw(self, rng: Random, at: int) -> Organization:
        known = max(1, bisect_right(self._created, at))
        mark = rng.random() * self._totals[known - 1]
        return self._organizations[min(bisect_right(self._totals, mark), known - 1)]


_ASCII = str.maketrans("éèêëàâäáãåíìîïóòôöõøúùûüñçÉÈÍÁÓÖÜÎ", "eeeeaaaaaaiiiioooooouuuuncEEIAOOUI")


def mailbox_of(name: str) -> str:
    """A name as it stands in a mail address."""
    return name.translate(_ASCII).replace(" ", ".").lower()
