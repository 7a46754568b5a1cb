"""What was planted in the simulated company. Only the sandbox and the scorer read this."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flows.core.clock import iso
from flows.sandbox.commerce import Account, Commerce
from flows.sandbox.incidents import Incident
from flows.sandbox.lives import Life
from flows.sandbox.zendesk_tickets import iso as iso_seconds


def document(
    seed: int, history_end: datetime, incidents: list[Incident], lives: list[Life], commerce: Commerce
) -> dict[str, Any]:
    """The truth as JSON: planted events with every ticket they caused, the true intent of each ticket, and which
    records are one account, with the accounts that leave and those that only look like it.

    `ended_at` is the moment of the fix, or of the last ticket where nothing was fixed, or null while it lasts
    at the end of the simulation. `live` events reach into the time after `history_end`. Accounts are as they stand
    at `history_end`: those merged by then are one. `churn_base` counts the accounts that had paid by then.
    """
    today = int(history_end.timestamp())
    merged = _merged(commerce, today)
    gone = {company.id for company in commerce.companies.values() if company.merged and company.merged[0] <= today}
    paying = {invoice.customer_id for invoice in commerce.invoices.values() if 0 < (invoice.paid_at or 0) <= today
              and invoice.total > 0}  # fmt: skip
    return {
        "seed": seed,
        "history_end": iso(history_end),
        "events": [_event(incident, int(history_end.timestamp()), lives) for incident in incidents],
        "intents": {str(life.id): life.intent for life in lives if life.oddity != "spam"},
        "spam": [str(life.id) for life in lives if life.oddity == "spam"],
        "accounts": [_account(group, gone) for group in merged],
        "churn": [_churn(group[0], lives) for group in merged if group[0].signs or group[0].churned_at],
        "churn_base": {
            "accounts": sum(any(key in paying for a in group for key in a.customer_ids) for group in merged)
        },
    }


def _event(incident: Incident, history_end: int, lives: list[Life]) -> dict[str, Any]:
    plan = incident.plan
    first_id = lives[0].id
    moments = sorted(lives[key - first_id].created for key in incident.ticket_ids)
    lasting = plan.kind in ("bug", "regression", "documentation_gap")
    ended = incident.fixed or (None if lasting or not moments else moments[-1])
    return {
        "id": plan.id,
        "kind": plan.kind,
        "loudness": plan.loudness,
        "title": plan.title,
        "area": plan.area,
        "started_at": iso_seconds(incident.begins),
        "ended_at": iso_seconds(ended) if ended else None,
        "first_ticket_at": iso_seconds(moments[0]) if moments else None,
        "release": incident.release,
        "fix_release": incident.fix_release,
        "regression_of": plan.of or None,
        "error_text": plan.error or None,
        "expected_kinds": list(plan.expected),
        "ticket_ids": [str(key) for key in sorted(incident.ticket_ids)],
        "live": ended is None or ended >= history_end,
    }


def _merged(commerce: Commerce, until: int) -> list[list[Account]]:
    """The accounts, each with those that were merged into it by a moment."""
    owners = {key: account.id for account in commerce.accounts for key in account.company_ids}
    groups = {account.id: [account] for account in commerce.accounts}
    for company in commerce.companies.values():
        if company.merged and company.merged[0] <= until:
            into, other = owners[company.merged[1]], owners[company.id]
            if into != other and other in groups:
                groups[into] += groups.pop(other)
    return list(groups.values())


def _account(group: list[Account], gone: set[str]) -> dict[str, Any]:
    return {
        "id": group[0].id,
        "name": group[0].name,
        "records": {
            "helpdesk": [str(key) for account in group for key in account.organization_ids],
            "crm": [key for account in group for key in account.company_ids if key not in gone],
            "billing": [key for account in group for key in account.customer_ids],
        },
    }


def _churn(account: Account, lives: list[Life]) -> dict[str, Any]:
    """An account with planted signs, or that left; `ticket_ids` are what it wrote since the first sign."""
    since, customers = account.warned_from, set(account.organization_ids)
    return {
        "account": account.id,
        "churned_at": iso_seconds(account.churned_at) if account.churned_at else None,
        "signs": list(account.signs),
        "warned_from": iso_seconds(account.warned_from) if account.warned_from else None,
        "organization_ids": [str(key) for key in account.organization_ids],
        "customer_ids": list(account.customer_ids),
        "ticket_ids": [
            str(life.id)
            for life in lives
            if since is not None
            and life.created >= since
            and life.requester.organization is not None
            and life.requester.organization.id in customers
        ],
    }
