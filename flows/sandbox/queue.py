"""The helpdesk's queue: who writes when and about what, everyday matters and planted ones, numbered in time."""

from __future__ import annotations

from bisect import bisect_right
from random import Random

from flows.sandbox.arrivals import DAY, HOUR, background
from flows.sandbox.incidents import Incident
from flows.sandbox.lives import Life, Support
from flows.sandbox.people import Directory, User
from flows.sandbox.product import Release

FIRST_TICKET_ID = 1001

# intent: share of everyday tickets, feature areas it is about
_EVERYDAY: dict[str, tuple[float, tuple[str, ...]]] = {
    "billing_question": (13, ("billing",)),
    "invoice_discrepancy": (5, ("billing",)),
    "refund": (4, ("billing",)),
    "how_to": (
        19,
        (
            "dashboards",
            "reports",
            "export",
            "import",
            "notifications",
            "permissions",
            "mobile",
            "integrations",
            "account",
        ),
    ),
    "login_problem": (10, ("sign_in",)),
    "bug_report": (
        11,
        ("dashboards", "reports", "export", "import", "notifications", "mobile", "integrations", "permissions"),
    ),
    "integration_failure": (7, ("integrations",)),
    "feature_request": (
        7,
        ("dashboards", "reports", "export", "mobile", "notifications", "integrations", "permissions"),
    ),
    "cancellation": (4, ("account",)),
    "permissions": (6, ("permissions",)),
    "data_import": (5, ("import",)),
    "performance": (4, ("dashboards", "reports")),
    "api_question": (5, ("api",)),
    "other": (4, ("account",)),
}
_CHANNELS = (("email", 62), ("web", 28), ("chat", 6), ("api", 4))
_EMPTY = 0.007
_UNDATED_EVERY = 900  # tickets that an old import left without a creation time: a helpdesk is never all clean
_TWINS = 0.015


def write_in(
    rng: Random,
    *,
    span: tuple[int, int, int],
    tickets: int,
    people: Directory,
    agents: list[User],
    incidents: list[Incident],
    releases: list[Release],
) -> list[Life]:
    """All tickets with their lives, in order of arrival. `span` is start, end of history, end in unix seconds.

    Notes in each incident the tickets it caused.
    """
    start, history_end, end = span
    arrivals: list[tuple[int, int]] = [(at, -1) for at in background(rng, start, history_end, end, tickets)]
    arrivals += [(at, n) for n, incident in enumerate(incidents) for at in incident.times]
    arrivals.sort()
    versions = [release.version for release in releases]
    released = [int(release.released_at.timestamp()) for release in releases]
    intents = list(_EVERYDAY)
    shares = [share for share, _ in _EVERYDAY.values()]
    monster = _monster(arrivals, start + int(0.9 * (history_end - start)))
    support = Support(rng, agents, end)
    wrote: list[set[int]] = [set() for _ in incidents]
    lives: list[Life] = []
    for n, (at, cause) in enumerate(arrivals):
        channel = rng.choices([name for name, _ in _CHANNELS], [share for _, share in _CHANNELS])[0]
        if cause >= 0:
            incident = incidents[cause]
            life = Life(
                id=FIRST_TICKET_ID + n,
                intent=incident.plan.category,
                area=incident.plan.area,
                requester=_affected(rng, people, incident, wrote[cause], at),
                created=at,
                seed=rng.getrandbits(48),
                channel=channel,
                language="en",
                incident=incident,
            )
            incident.ticket_ids.append(life.id)
        else:
            intent = "bug_report" if n == monster else rng.choices(intents, shares)[0]
            spam = intent == "other" and rng.random() < 0.5
            stranger = spam or rng.random() < 0.06
            life = Life(
                id=FIRST_TICKET_ID + n,
                intent=intent,
                area=rng.choice(_EVERYDAY[intent][1]),
                requester=people.stranger(at, spammer=spam) if stranger else people.draw(at),
                created=at,
                seed=rng.getrandbits(48),
                channel="email" if spam else channel,
                language="en",
                oddity="spam" if spam else "megabyte" if n == monster else "",
            )
            if not life.oddity and rng.random() < _EMPTY:
                life.oddity, life.channel = "empty", "email"
        life.language = life.requester.writes
        newest = bisect_right(released, at) - 1
        life.version = versions[newest] if newest >= 0 else None
        if not life.incident and newest > 0 and rng.random() < 0.15:
            life.version = versions[newest - 1]  # a tab that has been open since before the release
        if not life.oddity and lives and rng.random() < _TWINS:
            _make_twin(rng, life, lives)
        if n % _UNDATED_EVERY == _UNDATED_EVERY // 2 and not (life.oddity or life.twin or life.incident):
            life.oddity = "undated"
        support.handle(life)
        lives.append(life)
    return lives


def join_queue(lives: list[Life], more: list[Life], dropped: set[Life], incidents: list[Incident]) -> list[Life]:
    """The queue with more tickets and without some everyday ones, in order of arrival and numbered anew."""
    joined = sorted([life for life in lives if life not in dropped] + more, key=lambda life: life.created)
    numbers = {life.id: FIRST_TICKET_ID + n for n, life in enumerate(joined) if life.id}
    for incident in incidents:
        incident.ticket_ids = [numbers[key] for key in incident.ticket_ids]
    for n, life in enumerate(joined):
        life.id = FIRST_TICKET_ID + n
        for place, step in enumerate(life.steps):
            says, _, other = step.says.partition(":")
            if other:
                life.steps[place] = step._replace(says=f"{says}:{numbers[int(other)]}")
    return joined


def _affected(rng: Random, people: Directory, incident: Incident, wrote: set[int], at: int) -> User:
    """Somebody the incident touches; mostly from a customer who has not written about it yet."""
    plan = incident.plan
    user = people.draw(at, plan.segment, plan.fits)
    new_voice = rng.random() < plan.spread
    for _ in range(30):
        organization = user.organization
        if organization is None or (organization.id not in wrote) == new_voice or not (wrote or new_voice):
            break
        user = people.draw(at, plan.segment, plan.fits)
    if user.organization:
        wrote.add(user.organization.id)
    return user


def _make_twin(rng: Random, life: Life, lives: list[Life]) -> None:
    """Turns an everyday arrival into a second mail about a ticket of the last hours, by the same person."""
    first = lives[-rng.randint(1, min(6, len(lives)))]
    small = first.incident is not None and first.incident.plan.loudness != "loud"
    usable = not (first.oddity or first.twin or life.incident or small) and life.created - first.created < DAY
    if usable and life.created - first.created > HOUR // 6:
        life.intent, life.area, life.incident = first.intent, first.area, first.incident
        life.requester, life.twin = first.requester, first
        life.language = first.language
        if first.incident:
            first.incident.ticket_ids.append(life.id)


def _monster(arrivals: list[tuple[int, int]], at: int) -> int:
    """Which arrival is the everyday ticket with the body of a megabyte."""
    rows = [n for n, (moment, cause) in enumerate(arrivals) if cause < 0 and moment >= at]
    return rows[0] if rows else next(n for n, (_, cause) in enumerate(arrivals) if cause < 0)
