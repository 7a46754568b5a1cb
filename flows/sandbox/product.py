"""The company that is simulated: what it sells, where its pages are, what it releases, what its help says.

Larkspan makes a reporting and operations workspace for other companies. Nothing here exists.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from flows.sandbox.texts.grammar import phrases

COMPANY = "Larkspan"
DOMAIN = "larkspan.example"
APP_URL = f"https://app.{DOMAIN}"
HELP_URL = f"https://help.{DOMAIN}"

# Where a customer of each feature area looks at the product; {n} and {k} become numbers.
PAGES: dict[str, tuple[str, ...]] = {
    "sign_in": ("/login", "/sso/callback", "/settings/sso", "/account/reset-password"),
    "dashboards": ("/dashboards/{n}", "/dashboards/{n}/edit", "/dashboards/{n}/widgets/{k}"),
    "reports": ("/reports/{n}", "/reports/{n}/builder", "/reports/{n}/schedule"),
    "export": ("/reports/{n}/export", "/exports/{n}"),
    "import": ("/imports/{n}", "/imports/new", "/data/sources/{k}/import"),
    "billing": ("/billing/invoices/{n}", "/billing/plan", "/billing/payment-methods"),
    "integrations": ("/integrations/{n}", "/settings/webhooks/{k}", "/integrations/catalog"),
    "api": ("/settings/api-keys", "/developers/logs/{n}"),
    "permissions": ("/settings/roles", "/settings/roles/{k}", "/teams/{k}/members"),
    "mobile": ("/m/inbox", "/m/dashboards/{n}"),
    "notifications": ("/settings/notifications", "/alerts/{n}"),
    "provisioning": ("/settings/provisioning", "/settings/provisioning/scim"),
    "account": ("/settings/account", "/settings/members"),
}

# The helpdesk's own categories: value of the drop-down field and its name.
CATEGORIES: dict[str, str] = {
    "billing_question": "Billing question",
    "invoice_discrepancy": "Invoice discrepancy",
    "refund": "Refund request",
    "how_to": "How-to",
    "login_problem": "Login problem",
    "bug_report": "Bug report",
    "integration_failure": "Integration failure",
    "feature_request": "Feature request",
    "cancellation": "Cancellation",
    "permissions": "Permissions",
    "data_import": "Data import",
    "performance": "Performance",
    "api_question": "API question",
    "other": "Other / spam",
}


@dataclass(frozen=True)
class Release:
    """One version of the product and when customers had it."""

    product: str
    version: str
    released_at: datetime
    notes: str


def number_releases(regular: Iterable[int], patches: Iterable[tuple[int, str]]) -> list[Release]:
    """Version numbers for regular releases (unix seconds) and patches (unix seconds, note), in time.

    A regular release raises the minor number, the major one after twenty; a patch raises the last number.
    """
    moments = sorted([(at, "") for at in regular] + list(patches))
    releases: list[Release] = []
    major, minor, patch = 3, 11, 0
    for at, note in moments:
        if note:
            patch += 1
        else:
            major, minor, patch = (major, minor + 1, 0) if minor < 20 else (major + 1, 0, 0)
        notes = note or f"Improvements to {_THEMES[(minor * 5 + major) % len(_THEMES)]}."
        version = f"{major}.{minor}.{patch}"
        releases.append(Release(COMPANY, version, datetime.fromtimestamp(at, UTC), notes))
    return releases


_THEMES = (
    "dashboards and sharing",
    "the report builder",
    "exports and scheduled reports",
    "sign-in and sessions",
    "integrations and webhooks",
    "imports and data sources",
    "roles and teams",
    "the mobile app",
    "billing pages",
    "alerts and notifications",
    "the API",
)

# Help Center: (title, section, text). SCIM group mapping is missing on purpose: it is the planted gap.
ARTICLES: tuple[tuple[str, str, str], ...] = tuple(
    (title, section, text) for title, section, text in (line.split(" :: ") for line in phrases("articles"))
)
