"""What becomes of the CRM's records over time: owners who leave, duplicates, mergers, archived records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from flows.sandbox.arrivals import DAY, HOUR
from flows.sandbox.clients import Client
from flows.sandbox.commerce import Change, CrmCompany
from flows.sandbox.crm import SalesTeam

_MERGERS = (0.35, 0.8)  # shares of the history at which two customers become one
_LATE_MERGER = 6 * DAY  # and one after it has ended


def tidy_up(rng: Random, sales: SalesTeam, clients: Sequence[Client], span: tuple[int, int, int]) -> None:
    """Does all of it, a few records each."""
    start, history_end, end = span
    _hand_over(rng, sales, start + int(0.55 * (history_end - start)))
    moments = [start + int(share * (history_end - start)) for share in _MERGERS]
    used = _merge(rng, sales, clients, [at for at in (*moments, history_end + _LATE_MERGER) if at < end])
    _duplicate(rng, sales, [client for client in clients if client.account.id not in used], end)
    _archive(rng, sales, clients)


def _hand_over(rng: Random, sales: SalesTeam, at: int) -> None:
    """An owner leaves, and colleagues take over within a week."""
    leaver, *others = sales.owners
    for key, company in sales.companies.items():
        owner = [change.value for change in company.changes if change.field == "hubspot_owner_id" and change.at < at]
        if owner and owner[-1] == leaver:
            taken = at + rng.randint(HOUR, 6 * DAY)
            sales.companies[key] = _changed(company, Change(taken, "hubspot_owner_id", rng.choice(others)))


def _merge(rng: Random, sales: SalesTeam, clients: Sequence[Client], moments: list[int]) -> set[str]:
    """One customer buys another: its company in the CRM goes into the buyer's, which answers to both domains.

    Helpdesk and billing go on with both. Says which accounts took part.
    """
    usual = [
        client for client in clients
        if client.in_crm and client.in_billing and not client.account.signs and not client.script.leaving
        and client.crm_domain == client.organization.domain
    ]  # fmt: skip
    used: set[str] = set()
    for at in moments:
        known = [
            client for client in usual if client.script.paid_from + 30 * DAY < at and client.account.id not in used
        ]
        if len(known) < 2:
            continue
        buyer, bought = rng.sample(known, 2)
        used |= {buyer.account.id, bought.account.id}
        into, gone = buyer.account.company_ids[0], bought.account.company_ids[0]
        sales.companies[gone] = replace(sales.companies[gone], merged=(at, into))
        if bought.customer:  # the account that it was is struck out everywhere
            bought.organization.external_id = None
            bought.customer = replace(bought.customer, account_id=None)
        domains = Change(at, "hs_additional_domains", bought.crm_domain)
        sales.companies[into] = _changed(sales.companies[into], domains)
    return used


def _duplicate(rng: Random, sales: SalesTeam, clients: Sequence[Client], end: int) -> None:
    """A form on the website makes a second company of some customers: the same domain, little else."""
    known = [client for client in clients if client.in_crm and client.crm_domain == client.organization.domain]
    for client in rng.sample(known, min(len(known), max(1, len(clients) // 60))):
        first = sales.companies[client.account.company_ids[0]]
        at = first.created + rng.randint(30 * DAY, max(31 * DAY, end - first.created))
        if at < end:
            changes = (
                Change(at, "name", client.organization.name.upper()),
                Change(at, "domain", client.crm_domain),
                Change(at, "lifecyclestage", "lead"),
            )
            company = sales.add_company(at, changes)
            client.account.company_ids.append(company.id)


def _archive(rng: Random, sales: SalesTeam, clients: Sequence[Client]) -> None:
    for key, contact in sales.contacts.items():
        if rng.random() < 0.04:
            sales.contacts[key] = replace(contact, archived_at=contact.created + rng.randint(20, 400) * DAY)
    for client in clients:
        churned, keys = client.account.churned_at, client.account.company_ids
        if churned and keys and rng.random() < 0.2:
            sales.companies[keys[0]] = replace(
                sales.companies[keys[0]], archived_at=churned + rng.randint(40, 90) * DAY
            )
    for key, deal in sales.deals.items():
        closed = [change.at for change in deal.changes if change.value == "closedlost"]
        if closed and rng.random() < 0.3:
            sales.deals[key] = replace(deal, archived_at=closed[0] + rng.randint(5, 60) * DAY)


def _changed(company: CrmCompany, change: Change) -> CrmCompany:
    return replace(company, changes=tuple(sorted((*company.changes, change), key=lambda item: item.at)))
