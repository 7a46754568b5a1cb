"""The account whose story the demo tells: from a trial to the warning, in all three systems, under three names."""

from __future__ import annotations

from random import Random

from flows.sandbox.arrivals import DAY, HOUR
from flows.sandbox.clients import Client
from flows.sandbox.commerce import Account
from flows.sandbox.complaints import Complaints
from flows.sandbox.people import Directory
from flows.sandbox.subscriptions import TRIAL, Failure, Leaving, Move, Script, months_later

NAME, IN_CRM, IN_BILLING = "Northlight Bakeries", "Northlight Foods Group", "NLB Trading, LLC"
DOMAIN = "northlight.example"
_FAILS = 6 * HOUR  # after the end of the history, likewise the times below
_DOWNGRADES = 56 * HOUR
_LEAVES = 10 * DAY
# (hours, what is said, about what, ends)
_LIVE = (
    (13.5, ("card.declined",), ("billing_question", "billing"), ""),
    (17.0, ("mood.1",), ("bug_report", "export"), ""),
    (21.5, ("mood.1", "mood.2"), ("performance", "dashboards"), ""),
    (37.2, ("mood.3", "mood.3", "renewal.near"), ("bug_report", "reports"), "open"),
    (40.6, ("mood.4", "mood.3", "mood.4"), ("integration_failure", "integrations"), "open"),
    (44.3, ("leaving", "leaving", "leaving.because", "mood.4", "mood.4"), ("cancellation", "account"), "open"),
    (58.2, ("mood.5", "mood.4", "mood.5"), ("bug_report", "export"), "open"),
)


def tell(rng: Random, people: Directory, complaints: Complaints, history_end: int) -> Client:
    """Adds the account to the helpdesk's directory and writes its tickets; its subscription is in its script."""
    paid_from = months_later(history_end + _FAILS, -5)
    created = paid_from - TRIAL
    organization = people.join(rng, NAME, DOMAIN, tier="business", country="US", created=created - HOUR, people=6)
    account = Account(id=f"acct_{organization.id}", name=NAME, organization_ids=[organization.id], is_story=True)
    script = Script(created, "business", "month", 14, "usd", has_trial=True)
    upgrade = months_later(history_end + _FAILS, -2) + 13 * DAY + 5 * HOUR
    script.moves = [
        Move(upgrade, "enterprise", 20, "now"),
        Move(history_end + _DOWNGRADES, "business", 16, "now"),
    ]
    script.failures = [Failure(history_end, 2)]
    script.leaving = Leaving("now", history_end + _LEAVES)
    account.signs = ("failed_payment", "worsening", "renewal_frustration", "churn_language", "downgrade")
    account.warned_from = history_end + _FAILS
    # Found by its mail domain in the CRM, and from there by the customer's id in billing.
    client = Client(
        account,
        organization,
        crm_name=IN_CRM,
        billing_name=IN_BILLING,
        crm_domain=DOMAIN,
        billing_email="billing@nlb-trading.example",
        has_external_id=False,
        billing_account_id=False,
        crm_customer_id=True,
        scripts=[script],
        renews_at=history_end + 45 * DAY,
    )
    writers = organization.users[:3]
    happy = ((created + 4 * DAY, "reports"), (paid_from + 9 * DAY, "dashboards"), (upgrade - 3 * DAY, "account"))
    for at, area in happy:
        at += 15 * HOUR - at % DAY
        complaints.write(at, organization, "happy", "happy", about=("how_to", area), writer=writers[0], ends="solved")
    for n, (hours, stance, about, ends) in enumerate(_LIVE):
        at = history_end + int(hours * HOUR)
        complaints.write(at, organization, *stance, about=about, writer=writers[n % len(writers)], ends=ends)
    return client
