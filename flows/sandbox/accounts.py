"""The company's customers across helpdesk, CRM and billing: who they are, what they pay, and what became of them.

    commerce, lives, dropped = found(seed, people, lives, agents, releases, span)

Fixed by the seed and what the helpdesk already holds, with random streams of its own: nothing there moves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from flows.sandbox.arrivals import DAY, HOUR
from flows.sandbox.churn import ChurnPlan
from flows.sandbox.clients import Client, introduce
from flows.sandbox.commerce import Commerce, Customer
from flows.sandbox.complaints import Complaints
from flows.sandbox.crm import SalesTeam
from flows.sandbox.crm_upkeep import tidy_up
from flows.sandbox.lives import Life
from flows.sandbox.people import Directory, User
from flows.sandbox.pricing import TIERS, currency_of, plans
from flows.sandbox.product import Release
from flows.sandbox.story import tell
from flows.sandbox.subscriptions import TRIAL, Leaving, Move, Script, identifier, play

_YEARLY = {"starter": 0.15, "business": 0.35, "enterprise": 0.75}
_SEATS = {"starter": (1, 8), "business": (6, 40), "enterprise": (30, 180)}


def found(
    seed: int,
    people: Directory,
    lives: list[Life],
    agents: list[User],
    releases: Sequence[Release],
    span: tuple[int, int, int],
) -> tuple[Commerce, list[Life], set[Life]]:
    """Everything sold, the tickets that come with it, and the everyday tickets that are not written after all.

    `span` is start, end of history, end in unix seconds.
    """
    complaints = Complaints(Random(f"{seed} complaints"), agents, releases, span[0], span[2])
    clients = introduce(Random(f"{seed} accounts"), people.organizations)
    rng = Random(f"{seed} subscriptions")
    for client in clients:
        client.scripts = [_script(rng, client, span)]
    lost = _fail_to_convert(rng, clients, span)
    churn = ChurnPlan(Random(f"{seed} churn"), clients, lives, complaints, span)
    for client in lost:
        churn.fall_silent(client, client.script.created + 45 * DAY)
    churn.carry_out()
    clients.append(tell(Random(f"{seed} story"), people, complaints, span[1]))
    return _settle(seed, clients, span), complaints.lives, churn.dropped


def _settle(seed: int, clients: list[Client], span: tuple[int, int, int]) -> Commerce:
    """Plays the scripts and writes the records of billing and CRM."""
    rng = Random(f"{seed} billing")
    prices, end = plans(), span[2]
    for client in clients:
        if not client.in_billing:
            continue
        client.customer = _customer(rng, client)
        client.account.customer_ids = [client.customer.id]
        for script in client.scripts:
            subscription, invoices = play(rng, script, client.customer.id, prices, end)
            client.subscriptions.append(subscription)
            client.invoices += invoices
        ended, leaving = client.subscriptions[-1].ended_at, client.script.leaving
        if ended is not None and ended < end and not (leaving and leaving.kind in ("trial", "expired")):
            client.account.churned_at = ended
    _forget_one(clients, span[1] + 30 * HOUR)
    sales = SalesTeam(Random(f"{seed} crm"), span, prices)
    for client in clients:
        if client.in_crm:
            sales.win(client)
    tidy_up(Random(f"{seed} upkeep"), sales, clients, span)
    prospects = sales.court({client.organization.name for client in clients}, round(40 * len(clients) / 300) + 1)
    return Commerce(
        plans=prices,
        accounts=[client.account for client in clients] + prospects,
        customers={client.customer.id: client.customer for client in clients if client.customer},
        subscriptions={item.id: item for client in clients for item in client.subscriptions},
        invoices={item.id: item for client in clients for item in client.invoices},
        owners=sales.owners,
        companies=sales.companies,
        contacts=sales.contacts,
        deals=sales.deals,
    )


def _forget_one(clients: list[Client], at: int) -> None:
    """The customer who left first is deleted from billing in the end, as it had the right to ask."""
    left = [client for client in clients if (client.account.churned_at or at) < at]
    if left:
        first = min(left, key=lambda client: client.account.churned_at or at)
        assert first.customer is not None
        first.customer = replace(first.customer, deleted_at=at)


def _customer(rng: Random, client: Client) -> Customer:
    return Customer(
        id=identifier(rng, "cus_"),
        name=client.billing_name if rng.random() < 0.97 else None,
        email=client.billing_email,
        country=client.organization.country,
        currency=client.scripts[0].currency,
        created=client.scripts[0].created - rng.randint(20, 900),
        account_id=client.account.id if client.billing_account_id else None,
    )


def _script(rng: Random, client: Client, span: tuple[int, int, int]) -> Script:
    """What an ordinary customer does: tries, stays, grows a little."""
    organization = client.organization
    tier = organization.tier
    low, high = _SEATS[tier]
    script = Script(
        created=organization.created - rng.randint(1, 6 * HOUR),
        plan=tier,
        interval="year" if rng.random() < _YEARLY[tier] else "month",
        seats=max(low, min(high, round(len(organization.users) * rng.uniform(1.5, 6)))),
        currency=currency_of(organization.country),
        has_trial=rng.random() < 0.8,
    )
    days = (span[2] - script.paid_from) // DAY
    if tier != "starter" and rng.random() < 0.22 and days > 90:
        grown = script.seats
        script.plan = TIERS[TIERS.index(tier) - 1]
        script.seats = max(_SEATS[script.plan][0], round(grown * rng.uniform(0.4, 0.8)))
        at = script.paid_from + rng.randint(40, max(41, min(days - 20, 300))) * DAY + rng.randint(0, DAY)
        script.moves.append(Move(at, tier, grown, rng.choice(("now", "next"))))
    at, (plan, seats) = script.paid_from, script.terms_at(span[2])
    at = max([at] + [move.at for move in script.moves])
    while rng.random() < 0.45:
        at += rng.randint(30, 260) * DAY + rng.randint(0, DAY)
        if at > span[2]:
            break
        seats = max(1, seats + (rng.randint(1, 1 + seats // 4) if rng.random() < 0.85 else -rng.randint(0, seats // 8)))
        script.moves.append(Move(at, plan, seats, "now" if seats > script.terms_at(at)[1] else "next"))
    if rng.random() < 0.08:
        script.refunds.append((script.paid_from + rng.randint(0, max(1, days)) * DAY, rng.choice((1.0, 0.5, 0.2))))
    return script


def _fail_to_convert(rng: Random, clients: list[Client], span: tuple[int, int, int]) -> list[Client]:
    """Some trials of the history end without a sale: these. Some customers pay only with the second card."""
    start, history_end, _ = span
    tried = [c for c in clients if start < c.script.created < history_end - 30 * DAY and c.in_billing]
    lost = rng.sample(tried, -(-len(tried) // 12))
    for client in lost:
        script = client.script
        script.has_trial = rng.random() < 0.8
        script.moves, script.refunds = [], []
        if script.has_trial:
            script.leaving = Leaving("trial", script.created + rng.randint(1, TRIAL // HOUR) * HOUR)
        else:
            script.leaving = Leaving("expired", script.created)
    for client in rng.sample(clients, max(1, len(clients) // 60)):
        script = client.script
        if script.leaving is None:
            first = Script(script.created, script.plan, script.interval, script.seats, script.currency, False)
            first.leaving = Leaving("expired", first.created)
            script.created += 23 * HOUR + rng.randint(1, 6) * HOUR
            client.scripts = [first, script]
    return lost
