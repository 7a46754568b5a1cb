"""People, customers, help articles and settings in the shapes of Zendesk's API."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from flows.sandbox.arrivals import DAY
from flows.sandbox.people import COUNTRIES, GROUPS, Organization, User
from flows.sandbox.product import ARTICLES, CATEGORIES, HELP_URL
from flows.sandbox.zendesk_tickets import API, CATEGORY_FIELD, VERSION_FIELD, Object, iso

_LOCALES = {"en": "en-US", "de": "de", "fr": "fr", "es": "es", "pt": "pt-BR", "ja": "ja"}
_SECTION_IDS = {section: 4_401 + n for n, section in enumerate(dict.fromkeys(row[1] for row in ARTICLES))}
ARTICLE_IDS = 440_100


def user_changes(user: User) -> list[int]:
    """When the profile was made and changed."""
    changes = [user.created]
    if user.habits % 17 == 3:
        changes.append(user.created + 30 * DAY + user.habits % (200 * DAY))
    if user.suspended_at is not None and user.suspended_at > user.created:
        changes.append(user.suspended_at)
    return sorted(set(changes))


def user(person: User, until: int) -> Object:
    """An end user or agent. A profile that changed has got a telephone number or was suspended."""
    changes = [at for at in user_changes(person) if at <= until]
    organization = person.organization
    later = len(changes) > 1
    return {
        "id": person.id,
        "url": f"{API}/users/{person.id}.json",
        "name": person.name,
        "email": person.email,
        "role": person.role,
        "phone": person.phone if later or person.habits % 3 == 0 else None,
        "organization_id": organization.id if organization else None,
        "locale": _LOCALES[person.writes],
        "locale_id": 1,
        "time_zone": COUNTRIES[person.country][2],
        "active": True,
        "verified": True,
        "suspended": person.suspended_at is not None and person.suspended_at <= until,
        "tags": [],
        "notes": "",
        "details": person.job,
        "default_group_id": person.group,
        "user_fields": {},
        "created_at": iso(person.created),
        "updated_at": iso(changes[-1]),
    }


def organization_changes(organization: Organization) -> list[int]:
    """When the customer was entered and its notes were changed."""
    changes = [organization.created]
    if organization.id % 9 == 0:
        changes.append(organization.created + 90 * DAY)
    return changes


def organization(customer: Organization, until: int) -> Object:
    """A customer company with its tier and region."""
    changes = [at for at in organization_changes(customer) if at <= until]
    return {
        "id": customer.id,
        "url": f"{API}/organizations/{customer.id}.json",
        "external_id": customer.external_id,
        "name": customer.name,
        "domain_names": [customer.domain],
        "tags": [customer.tier],
        "notes": "Moved to a yearly contract" if len(changes) > 1 else "",
        "details": "",
        "group_id": None,
        "shared_tickets": False,
        "shared_comments": False,
        "organization_fields": {"tier": customer.tier, "region": customer.region, "country": customer.country},
        "created_at": iso(customer.created),
        "updated_at": iso(changes[-1]),
        "deleted_at": None,
    }


@dataclass(frozen=True)
class Article:
    """A Help Center article and when it was written and edited."""

    id: int
    title: str
    section: str
    text: str
    edits: tuple[int, ...]


def write_articles(rng: Random, start: int, end: int) -> list[Article]:
    """Most articles are older than the history; some are written, and half are edited, within it."""
    articles = []
    for n, (title, section, text) in enumerate(ARTICLES):
        old = n % 5 != 4
        created = start - int(rng.random() * 500 * DAY) if old else start + int(rng.random() * 0.6 * (end - start))
        edits = sorted(max(start, created) + int(rng.random() * (end - max(start, created))) for _ in range(n % 3))
        articles.append(Article(ARTICLE_IDS + n, title, section, text, tuple(dict.fromkeys((created, *edits)))))
    return articles


def article(source: Article, until: int) -> Object:
    """A Help Center article; each edit adds a sentence."""
    edits = [at for at in source.edits if at <= until]
    slug = "-".join("".join(c if c.isalnum() else " " for c in source.title).split())
    sentences = "".join(f"<p>{part.strip().rstrip('.')}.</p>" for part in source.text.split(". "))
    notes = "".join(f"<p>Checked on {iso(at)[:10]}: still correct.</p>" for at in edits[1:])
    return {
        "id": source.id,
        "url": f"{API}/help_center/en-us/articles/{source.id}.json",
        "html_url": f"{HELP_URL}/hc/en-us/articles/{source.id}-{slug}",
        "author_id": 20_001,
        "title": source.title,
        "name": source.title,
        "body": f"<h2>{source.title}</h2>{sentences}{notes}",
        "locale": "en-us",
        "source_locale": "en-us",
        "section_id": _SECTION_IDS[source.section],
        "draft": False,
        "promoted": source.id % 11 == 0,
        "outdated": False,
        "comments_disabled": True,
        "position": 0,
        "vote_sum": source.id % 13 + 2 * len(edits),
        "vote_count": source.id % 17 + 13 + 2 * len(edits),
        "label_names": [source.section.lower()],
        "created_at": iso(edits[0]),
        "updated_at": iso(edits[-1]),
        "edited_at": iso(edits[-1]),
    }


def groups(created: int) -> list[Object]:
    """The support team's groups."""
    return [
        {
            "id": key,
            "url": f"{API}/groups/{key}.json",
            "name": name,
            "description": "",
            "is_public": True,
            "default": key == 51001,
            "deleted": False,
            "created_at": iso(created),
            "updated_at": iso(created),
        }
        for key, name in GROUPS.items()
    ]


def ticket_fields(created: int) -> list[Object]:
    """The system fields a reader needs, and the two custom ones: Category and App version."""

    def field(key: int, kind: str, title: str, **more: Any) -> Object:
        return {
            "id": key,
            "url": f"{API}/ticket_fields/{key}.json",
            "type": kind,
            "title": title,
            "raw_title": title,
            "description": "",
            "position": 0,
            "active": True,
            "required": False,
            "removable": kind in ("tagger", "text"),
            "created_at": iso(created),
            "updated_at": iso(created),
            **more,
        }

    options = [
        {"id": CATEGORY_FIELD * 100 + n, "name": name, "raw_name": name, "value": value}
        for n, (value, name) in enumerate(CATEGORIES.items())
    ]
    return [
        field(36000001, "subject", "Subject"),
        field(36000002, "description", "Description"),
        field(36000003, "status", "Status"),
        field(36000004, "tickettype", "Type"),
        field(36000005, "priority", "Priority"),
        field(36000006, "group", "Group"),
        field(36000007, "assignee", "Assignee"),
        field(CATEGORY_FIELD, "tagger", "Category", custom_field_options=options),
        field(VERSION_FIELD, "text", "App version"),
    ]
