"""What the simulated company sells, to whom, and what became of it: the facts behind its CRM and its billing.

Nothing here knows a vendor: `accounts` makes these facts up, the emulators write them out in their vendor's shapes as
they stood at a moment. Times are unix seconds. Money is in minor units (cents), as billing systems count it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Status = Literal["trialing", "active", "past_due", "unpaid", "canceled", "incomplete", "incomplete_expired", "paused"]


@dataclass(frozen=True)
class Plan:
    """A product with its prices: minor units for each (currency, interval) and seat."""

    key: str  # starter, business, enterprise
    name: str
    rank: int  # a lower one is a downgrade
    prices: dict[tuple[str, str], int]  # ("usd", "month") -> 4900


class Change(NamedTuple):
    """From `at` on a field has this value. Values are texts, as in a CRM; None empties it."""

    at: int
    field: str
    value: str | None


# -- billing


@dataclass(frozen=True)
class Customer:
    """Whoever is billed."""

    id: str  # cus_...
    name: str | None
    email: str | None
    country: str
    currency: str
    created: int
    account_id: str | None  # our own account id, where somebody entered it
    deleted_at: int | None = None


class Phase(NamedTuple):
    """From `at` on a subscription is in this status, on this plan."""

    at: int
    status: Status
    plan: str
    interval: str  # month | year
    seats: int


@dataclass(frozen=True)
class Subscription:
    """What a customer subscribed to, and how that changed; `phases` in order, the first at `created`."""

    id: str  # sub_...
    customer_id: str
    currency: str
    created: int
    phases: tuple[Phase, ...]
    trial: tuple[int, int] | None = None  # start, end
    cancels: tuple[int, int] | None = None  # when it was asked for, when it takes effect
    ended_at: int | None = None


class Line(NamedTuple):
    """One line of an invoice: a plan for a period, or what a change in mid-period gives back or costs more."""

    plan: str
    interval: str
    seats: int
    amount: int  # negative where it gives back
    start: int
    end: int
    is_proration: bool = False


@dataclass(frozen=True)
class Invoice:
    """A bill and what became of it. Its total is the sum of its lines."""

    id: str  # in_...
    customer_id: str
    subscription_id: str
    currency: str
    created: int
    reason: Literal["subscription_create", "subscription_cycle", "subscription_update"]
    lines: tuple[Line, ...]
    attempts: tuple[tuple[int, bool], ...] = ()  # when a payment was tried, and whether it succeeded
    closed: tuple[int, Literal["void", "uncollectible"]] | None = None
    refunds: tuple[tuple[int, int], ...] = ()  # when, how much

    @property
    def total(self) -> int:
        return sum(line.amount for line in self.lines)

    @property
    def paid_at(self) -> int | None:
        if self.total <= 0:
            return self.created
        return next((at for at, succeeded in self.attempts if succeeded), None)


# -- the CRM


@dataclass(frozen=True)
class Owner:
    """A colleague who looks after customers."""

    id: str
    name: str
    email: str


@dataclass(frozen=True)
class CrmCompany:
    """A company in the CRM: a customer, a prospect, or a duplicate.

    Fields in `changes`: name, domain, account_id, stripe_customer_id, tier, industry, country, hubspot_owner_id,
    lifecyclestage, renewal_date (ISO date), hs_additional_domains (those of companies merged into it). The first of
    each is at `created` at the earliest.
    """

    id: str
    created: int
    changes: tuple[Change, ...]
    archived_at: int | None = None
    merged: tuple[int, str] | None = None  # when, and into which company


@dataclass(frozen=True)
class CrmContact:
    """A person in the CRM. Fields in `changes`: email, firstname, lastname, jobtitle."""

    id: str
    created: int
    changes: tuple[Change, ...]
    company_ids: tuple[str, ...] = ()
    archived_at: int | None = None


@dataclass(frozen=True)
class CrmDeal:
    """A sale or a renewal. Fields in `changes`: dealname, dealstage, amount, deal_currency_code, closedate, dealtype,
    hubspot_owner_id."""

    id: str
    created: int
    changes: tuple[Change, ...]
    company_ids: tuple[str, ...] = ()
    archived_at: int | None = None


# -- the truth


@dataclass
class Account:
    """One customer, whatever the systems call it. What is planted here is for the scorer alone."""

    id: str  # acct_...
    name: str
    organization_ids: list[int] = field(default_factory=list)  # in the helpdesk
    company_ids: list[str] = field(default_factory=list)  # in the CRM
    customer_ids: list[str] = field(default_factory=list)  # in billing
    churned_at: int | None = None  # its last subscription ended
    signs: tuple[str, ...] = ()  # what was planted before it churned or nearly did: kinds of warning signs
    warned_from: int | None = None  # when the first of them showed
    is_story: bool = False  # the account whose story the demo tells


@dataclass
class Commerce:
    """Everything the company sold, and to whom."""

    plans: dict[str, Plan]
    accounts: list[Account]
    customers: dict[str, Customer]
    subscriptions: dict[str, Subscription]
    invoices: dict[str, Invoice]
    owners: dict[str, Owner]
    companies: dict[str, CrmCompany]
    contacts: dict[str, CrmContact]
    deals: dict[str, CrmDeal]
