"""A few customers of a small company, made by hand, whose billing is known to the second.

story     trial in January, upgraded on 5 February, a payment failed twice in March, a refund on 20 March
yen       pays in yen, which have no cents
gone      left in February at the end of the period, its record deleted on 1 March
leaving   has asked on 10 March to leave at the end of the period
lost      never paid from 1 February on: the invoice was given up, the subscription ended
sudden    left at once on 12 March
less      fewer seats on 6 March, for which it was given credit; the next invoice took it off
never     its first payment on 13 March was declined, and that was it
long      one invoice of 23 lines
later     comes after the history's end
crowd 000 to 119   monthly customers, three of them in each second
"""

from __future__ import annotations

from datetime import UTC, datetime

from flows.sandbox.commerce import Commerce, Customer, Invoice, Line, Phase, Plan, Subscription

START = datetime(2026, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 4, 1, tzinfo=UTC)  # the end of three months of history
HOUR = 3600
DAY = 24 * HOUR


def at(text: str) -> int:
    """`2026-01-05` or `2026-01-05 10:00` as unix seconds."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def customer(name: str, created: int, currency: str = "usd", country: str = "US", **more: object) -> Customer:
    mail = f"billing@{name}.example"
    return Customer(f"cus_{name}", name.capitalize(), mail, country, currency, created, f"acct_{name}", **more)  # type: ignore[arg-type]


def month(plan: str, seats: int, amount: int, start: int, end: int, *, is_proration: bool = False) -> Line:
    return Line(plan, "month", seats, amount, start, end, is_proration)


def invoice(name: str, n: int, created: int, *lines: Line, currency: str = "usd", **more: object) -> Invoice:
    more = {"reason": "subscription_cycle" if n > 1 else "subscription_create", **more}
    return Invoice(f"in_{name}{n}", f"cus_{name}", f"sub_{name}", currency, created, lines=lines, **more)  # type: ignore[arg-type]


def commerce() -> Commerce:
    plans = {
        "starter": Plan("starter", "Starter", 1, {("usd", "month"): 1900, ("usd", "year"): 19000}),
        "business": Plan("business", "Business", 2, {("usd", "month"): 4900, ("jpy", "month"): 7200}),
    }
    customers: list[Customer] = []
    subscriptions: list[Subscription] = []
    invoices: list[Invoice] = []
    phases: tuple[Phase, ...]
    lines: tuple[Line, ...]

    made, paid_from = at("2026-01-01 10:00"), at("2026-01-15 10:00")
    customers.append(customer("story", made))
    moved = at("2026-02-05 12:00")
    second, third, fourth = at("2026-02-15 10:00"), at("2026-03-15 10:00"), at("2026-04-15 10:00")
    failed, again, recovered = third + HOUR + 10, third + 3 * DAY, third + 5 * DAY
    subscriptions.append(
        Subscription(
            "sub_story",
            "cus_story",
            "usd",
            made,
            (
                Phase(made, "trialing", "starter", "month", 3),
                Phase(paid_from, "active", "starter", "month", 3),
                Phase(moved, "active", "business", "month", 3),
                Phase(failed, "past_due", "business", "month", 3),
                Phase(recovered, "active", "business", "month", 3),
            ),
            trial=(made, paid_from),
        )
    )
    invoices += [
        invoice("story", 1, made, month("starter", 3, 0, made, paid_from)),
        invoice(
            "story",
            2,
            paid_from,
            month("starter", 3, 5700, paid_from, second),
            attempts=((paid_from + HOUR + 5, True),),
        ),
        invoice(
            "story",
            3,
            moved,
            month("starter", 3, -1800, moved, second, is_proration=True),
            month("business", 3, 4700, moved, second, is_proration=True),
            reason="subscription_update",
            attempts=((moved + 4, True),),
        ),
        invoice("story", 4, second, month("business", 3, 14700, second, third), attempts=((second + HOUR + 5, True),)),
        invoice(
            "story",
            5,
            third,
            month("business", 3, 14700, third, fourth),
            attempts=((failed, False), (again, False), (recovered, True)),
            refunds=((at("2026-03-20 12:00"), 2000), (at("2026-03-25 12:00"), 700)),
        ),
    ]

    made = at("2026-03-01 09:00")
    customers.append(customer("yen", made, "jpy", "JP"))
    phases = (Phase(made, "active", "business", "month", 2),)
    subscriptions.append(Subscription("sub_yen", "cus_yen", "jpy", made, phases))
    lines = (month("business", 2, 14400, made, at("2026-04-01 09:00")),)
    invoices.append(invoice("yen", 1, made, *lines, currency="jpy", attempts=((made + 5, True),)))

    made, ended = at("2026-01-10 09:00"), at("2026-02-10 09:00")
    customers.append(customer("gone", made, deleted_at=at("2026-03-01 15:00")))
    phases = (Phase(made, "active", "starter", "month", 1), Phase(ended, "canceled", "starter", "month", 1))
    cancels = (at("2026-01-20 09:00"), ended)
    subscriptions.append(Subscription("sub_gone", "cus_gone", "usd", made, phases, cancels=cancels, ended_at=ended))
    invoices.append(invoice("gone", 1, made, month("starter", 1, 1900, made, ended), attempts=((made, True),)))

    made = at("2026-03-02 09:00")
    customers.append(customer("leaving", made))
    phases = (Phase(made, "active", "starter", "month", 1),)
    ended = at("2026-04-02 09:00")
    cancels = (at("2026-03-10 09:00"), ended)
    subscriptions.append(
        Subscription("sub_leaving", "cus_leaving", "usd", made, phases, cancels=cancels, ended_at=ended)
    )
    invoices.append(invoice("leaving", 1, made, month("starter", 1, 1900, made, ended), attempts=((made + 3, True),)))

    made, due = at("2026-01-01 08:00"), at("2026-02-01 08:00")
    tries = tuple((due + HOUR + days * DAY, False) for days in (0, 3, 5, 7))
    over = tries[-1][0] + 60
    customers.append(customer("lost", made))
    phases = (
        Phase(made, "active", "starter", "month", 1),
        Phase(tries[0][0], "past_due", "starter", "month", 1),
        Phase(over, "canceled", "starter", "month", 1),
    )
    subscriptions.append(Subscription("sub_lost", "cus_lost", "usd", made, phases, ended_at=over))
    invoices += [
        invoice("lost", 1, made, month("starter", 1, 1900, made, due), attempts=((made + 3, True),)),
        invoice(
            "lost",
            2,
            due,
            month("starter", 1, 1900, due, at("2026-03-01 08:00")),
            attempts=tries,
            closed=(over, "uncollectible"),
        ),
    ]

    made, ended = at("2026-03-02 10:00"), at("2026-03-12 10:00")
    customers.append(customer("sudden", made))
    phases = (Phase(made, "active", "starter", "month", 1), Phase(ended, "canceled", "starter", "month", 1))
    subscriptions.append(
        Subscription("sub_sudden", "cus_sudden", "usd", made, phases, cancels=(ended, ended), ended_at=ended)
    )

    made, moved, renewed = at("2026-02-20 10:00"), at("2026-03-06 10:00"), at("2026-03-20 10:00")
    customers.append(customer("less", made))
    phases = (Phase(made, "active", "starter", "month", 9), Phase(moved, "active", "starter", "month", 1))
    subscriptions.append(Subscription("sub_less", "cus_less", "usd", made, phases))
    invoices += [
        invoice("less", 1, made, month("starter", 9, 17100, made, renewed), attempts=((made + 3, True),)),
        invoice(
            "less",
            2,
            moved,
            month("starter", 9, -8550, moved, renewed, is_proration=True),
            month("starter", 1, 950, moved, renewed, is_proration=True),
            reason="subscription_update",
        ),
        invoice(
            "less",
            3,
            renewed,
            month("starter", 1, 1900, renewed, at("2026-04-20 10:00")),
            attempts=((renewed + HOUR + 3, True),),
        ),
    ]

    made, ended = at("2026-03-13 10:00"), at("2026-03-14 09:00")
    customers.append(customer("never", made))
    phases = (
        Phase(made, "incomplete", "starter", "month", 1),
        Phase(ended, "incomplete_expired", "starter", "month", 1),
    )
    subscriptions.append(Subscription("sub_never", "cus_never", "usd", made, phases, ended_at=ended))
    period = month("starter", 1, 1900, made, at("2026-04-13 10:00"))
    invoices.append(invoice("never", 1, made, period, attempts=((made + 4, False),), closed=(ended, "void")))

    made = at("2026-03-05 09:00")
    customers.append(customer("long", made))
    phases = (Phase(made, "active", "starter", "month", 1),)
    subscriptions.append(Subscription("sub_long", "cus_long", "usd", made, phases))
    lines = tuple(month("starter", n + 1, 1900 * (n + 1), made, at("2026-04-05 09:00")) for n in range(23))
    invoices.append(invoice("long", 1, made, *lines, attempts=((made + 3, True),)))

    customers.append(customer("later", at("2026-04-03 09:00")))

    for n in range(120):
        name, made, until = f"crowd{n:03d}", at("2026-01-02") + n // 3, at("2026-02-02")
        customers.append(customer(name, made))
        phases = (Phase(made, "active", "starter", "month", 1),)
        subscriptions.append(Subscription(f"sub_{name}", f"cus_{name}", "usd", made, phases))
        invoices.append(invoice(name, 1, made, month("starter", 1, 1900, made, until), attempts=((made + 2, True),)))

    return Commerce(
        plans=plans,
        accounts=[],
        customers={item.id: item for item in customers},
        subscriptions={item.id: item for item in subscriptions},
        invoices={item.id: item for item in invoices},
        owners={},
        companies={},
        contacts={},
        deals={},
    )
