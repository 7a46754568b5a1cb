"""What became of every billing object, in order: its states, and the events that told of them.

    history = History(commerce)
    life = history.lives["invoice"]["in_1"]
    life.states[life.row(moment)]      # as it stood at a moment

Refunds are made by credit note, one for each. An invoice that gives back more than it charges adds to the customer's
credit, which the next ones take off what is due.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from flows.sandbox.commerce import Commerce, Customer, Invoice, Subscription
from flows.sandbox.stripe_lives import (
    DAY,
    EVENT_RANK,
    ChargeState,
    CustomerState,
    Event,
    InvoiceState,
    Kind,
    Life,
    Payment,
    Price,
    Shelf,
    finalized_at,
    price_id,
    steps,
    subscription_state,
    suffix,
)

_WARNING = 3 * DAY  # how long before its end a trial is said to end
_TOLD_AS = {"paid": ("payment_succeeded", "paid"), "failed": ("payment_failed",), "refunded": ()}


class History:
    """Every billing object of a company and every event."""

    def __init__(self, commerce: Commerce) -> None:
        self.commerce = commerce
        self.lives: dict[Kind, dict[str, Life]] = defaultdict(dict)
        self.numbers: dict[str, int] = {}  # invoice -> the how manieth of its customer
        self.balances: dict[str, tuple[int, int]] = {}  # invoice -> the customer's before and after it; credit is < 0
        self._invoices: dict[str, list[Invoice]] = defaultdict(list)  # of a subscription, oldest first
        self._moves: dict[str, list[tuple[int, int, str, str]]] = defaultdict(list)  # of a customer, with the invoice
        self._settle_accounts()
        events: list[Event] = []
        for invoice in sorted(commerce.invoices.values(), key=lambda invoice: (invoice.created, invoice.id)):
            self._invoices[invoice.subscription_id].append(invoice)
            events += self._live_invoice(invoice)
        for subscription in commerce.subscriptions.values():
            events += self._live_subscription(subscription)
        for customer in commerce.customers.values():
            events += self._live_customer(customer)
        self._stock_catalogue()
        events.sort(key=lambda event: (event.at, EVENT_RANK[event.type], event.id, event.row))
        self.events = {event.key: event for event in events}
        self.shelves: dict[str, Shelf] = {
            kind: Shelf([(life.times[0], key) for key, life in lives.items()]) for kind, lives in self.lives.items()
        }
        self.shelves["event"] = Shelf([(event.at, key) for key, event in self.events.items()], is_sorted=True)

    def previous_invoice(self, invoice: Invoice) -> Invoice | None:
        """The one before it of the same subscription."""
        siblings = self._invoices[invoice.subscription_id]
        row = siblings.index(invoice)
        return siblings[row - 1] if row else None

    def due(self, invoice: Invoice) -> int:
        """What is to be paid: the total less the credit from before."""
        return max(0, invoice.total + self.balances[invoice.id][0])

    def price(self, plan: str, currency: str, interval: str) -> Price:
        price: Price = self.lives["price"][price_id(plan, currency, interval)].facts
        return price

    # -- invoices and what was paid

    def _live_invoice(self, invoice: Invoice) -> Iterator[Event]:
        state, due = InvoiceState(), self.due(invoice)
        life = Life(invoice, invoice.created, state)
        self.lives["invoice"][invoice.id] = life
        yield Event(invoice.created, "invoice.created", "invoice", invoice.id, 0)
        payment: Life | None = None  # which appears with the bill
        charge: Life | None = None
        for order, (at, what, n) in enumerate(steps(invoice, due)):
            if what == "finalized":
                state = state._replace(status="open", finalized_at=at)
            elif what in ("paid", "failed") and n >= 0:
                attempt = Payment(f"ch_{suffix(invoice.id)}_{n + 1}", invoice, n, at, due, what == "paid")
                charge = self.lives["charge"][attempt.id] = Life(attempt, at, ChargeState())
                yield Event(at, f"charge.{'succeeded' if what == 'paid' else 'failed'}", "charge", attempt.id, 0)
                state = state._replace(attempts=n + 1)
            elif what == "refunded":
                amount = min(invoice.refunds[n][1], due - state.refunded)
                if charge is None or amount <= 0:
                    continue
                state = state._replace(refunded=state.refunded + amount)
                yield from self._live_refund(invoice, charge, n, amount)
            if what == "paid":
                state = state._replace(status="paid", paid_at=at)
            elif what == "voided":
                state = state._replace(status="void", voided_at=at)
            elif what == "marked_uncollectible":
                state = state._replace(status="uncollectible", uncollectible_at=at)
            life.add(at, state)
            row = len(life.states) - 1
            if payment is not None:
                payment.add(at, state)
            elif due > 0:
                payment = self.lives["invoice_payment"][f"inpay_{suffix(invoice.id)}"] = Life(invoice, at, state)
            for type in _TOLD_AS.get(what, (what,)):
                yield Event(at, f"invoice.{type}", "invoice", invoice.id, row)
            yield Event(at, "invoice.updated", "invoice", invoice.id, row)
            self._moves[invoice.customer_id].append((at, order, what, invoice.id))

    def _live_refund(self, invoice: Invoice, charge: Life, n: int, amount: int) -> Iterator[Event]:
        at = invoice.refunds[n][0]
        for kind, prefix in (("refund", "re"), ("credit_note", "cn")):
            refund = Payment(f"{prefix}_{suffix(invoice.id)}_{n + 1}", invoice, n, at, amount)
            self.lives[kind][refund.id] = Life(refund, at)  # type: ignore[index]
            yield Event(at, f"{kind}.created", kind, refund.id, 0)  # type: ignore[arg-type]
        charge.add(at, ChargeState(charge.states[-1].refunded + amount))
        yield Event(at, "charge.refunded", "charge", charge.facts.id, len(charge.states) - 1)

    def _settle_accounts(self) -> None:
        """Numbers each customer's invoices and says what credit each found and left."""
        counts: dict[str, int] = defaultdict(int)
        credit: dict[str, int] = defaultdict(int)
        for invoice in sorted(self.commerce.invoices.values(), key=lambda one: (finalized_at(one), one.id)):
            customer, before = invoice.customer_id, credit[invoice.customer_id]
            counts[customer] += 1
            self.numbers[invoice.id] = counts[customer]
            credit[customer] = min(0, before + invoice.total)
            self.balances[invoice.id] = before, credit[customer]

    # -- subscriptions and customers

    def _live_subscription(self, subscription: Subscription) -> Iterator[Event]:
        invoices = self._invoices[subscription.id]
        times = {subscription.created, *(phase.at for phase in subscription.phases)}
        times |= {invoice.created for invoice in invoices}
        if subscription.cancels:
            times.add(subscription.cancels[0])
        ended_at = subscription.ended_at
        if ended_at is not None:
            times = {at for at in times if at < ended_at} | {ended_at}
        life: Life | None = None
        for at in sorted(times):
            state = subscription_state(subscription, invoices, at)
            if life is None:
                life = self.lives["subscription"][subscription.id] = Life(subscription, at, state)
                yield Event(at, "customer.subscription.created", "subscription", subscription.id, 0)
                continue
            if state == life.states[-1]:
                continue
            life.add(at, state)
            what = "deleted" if state.phase.status == "canceled" else "updated"
            yield Event(at, f"customer.subscription.{what}", "subscription", subscription.id, len(life.states) - 1)
        if subscription.trial and life is not None:
            at = max(subscription.created, subscription.trial[1] - _WARNING)
            if ended_at is None or at < ended_at:
                row = life.row(at)
                yield Event(at, "customer.subscription.trial_will_end", "subscription", subscription.id, row)

    def _live_customer(self, customer: Customer) -> Iterator[Event]:
        state = CustomerState()
        life = self.lives["customer"][customer.id] = Life(customer, customer.created, state)
        yield Event(customer.created, "customer.created", "customer", customer.id, 0)
        for at, _, what, invoice_id in sorted(self._moves[customer.id]):
            before = state.is_delinquent, state.balance
            if what == "finalized":
                state = state._replace(invoices=state.invoices + 1, balance=self.balances[invoice_id][1])
            elif what in ("failed", "paid", "marked_uncollectible"):
                state = state._replace(is_delinquent=what == "failed")
            if state == life.states[-1]:
                continue
            life.add(at, state)
            if (state.is_delinquent, state.balance) != before:
                yield Event(at, "customer.updated", "customer", customer.id, len(life.states) - 1)
        if customer.deleted_at is not None:
            life.add(customer.deleted_at, state._replace(is_deleted=True))
            yield Event(customer.deleted_at, "customer.deleted", "customer", customer.id, len(life.states) - 1)

    def _stock_catalogue(self) -> None:
        """Products and prices are a month older than the first customer."""
        made = min((customer.created for customer in self.commerce.customers.values()), default=30 * DAY) - 30 * DAY
        for plan in self.commerce.plans.values():
            self.lives["product"][f"prod_{plan.key}"] = Life(plan, made + plan.rank)
            for (currency, interval), amount in plan.prices.items():
                price = Price(price_id(plan.key, currency, interval), plan, currency, interval, amount)
                self.lives["price"][price.id] = Life(price, made + plan.rank)
