"""What was so of an account at a moment: plan, ARR, debts, owner and renewal, and nothing of what came after."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from accounts_world import ACCOUNTS, START, World, line

DAY = timedelta(days=1)
LOOKS = (-1, 10, 30, 65, 70, 75, 95, 121, 130)


def day(n: float) -> datetime:
    return START + n * DAY


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Customers who have nothing to do with each other, each a case; looked at on the same days."""
    world = World(tmp_path_factory.mktemp("facts"))
    # an upgrade in mid-month, then no renewal
    sub = world.subscription("sub_up", world.customer("up", "Acme"))
    world.invoice("in_1", sub, day(30), line("Starter", 50, day(30)))
    world.invoice("in_2", sub, day(60), line("Starter", 50, day(60)))
    world.invoice(
        "in_3", sub, day(70),
        line("Starter", "-33.33", day(70), day(90), is_proration=True),
        line("Business", "133.33", day(70), day(90), is_proration=True),
    )  # fmt: skip
    world.invoice("in_4", sub, day(90), line("Business", 200, day(90)))
    # a downgrade to fewer seats, and an invoice that is void
    sub = world.subscription("sub_down", world.customer("down"))
    world.invoice("in_5", sub, day(0), line("Team", 3650, day(0), interval="year", quantity=10))
    world.invoice(
        "in_6", sub, day(70),
        line("Team", "-2950", day(70), day(365), interval="year", quantity=10, is_proration=True),
        line("Team", "1180", day(70), day(365), interval="year", quantity=4, is_proration=True),
    )  # fmt: skip
    world.invoice("in_void", sub, day(71), line("Team", 99999, day(71), interval="year"), status="void")
    world.event("downgraded", "bill:down", day(70))
    # two subscriptions, two currencies
    two = world.customer("two")
    first, second = world.subscription("sub_a", two), world.subscription("sub_b", two)
    world.invoice("in_7", first, day(30), line("Base", 100, day(30), day(395), interval="year"))
    world.invoice("in_8", second, day(69), line("Add-on", 10, day(69)))
    currencies = world.customer("currencies")
    dollars, euros = world.subscription("sub_usd", currencies), world.subscription("sub_eur", currencies)
    world.invoice("in_9", dollars, day(0), line("Base", 100, day(0), interval="year"))
    world.invoice("in_10", euros, day(69), line("Base", 100, day(69), interval="year", currency="eur"))
    # a currency without a rate
    odd = world.subscription("sub_odd", world.customer("odd"))
    world.invoice("in_odd", odd, day(0), line("Base", 100, day(0), interval="year", currency="xau"))
    # a trial that becomes a customer, one that does not, and one that no invoice tells
    sub = world.subscription("sub_trial", world.customer("trial"), trial_start_at=day(60), trial_end_at=day(74))
    world.invoice("in_11", sub, day(60), line("Business", 0, day(60), day(74)))
    world.invoice("in_12", sub, day(74), line("Business", 200, day(74), day(104)))
    trial = {"trial_start_at": day(60), "trial_end_at": day(74), "ended_at": day(74), "plan": "Business"}
    world.subscription("sub_lapsed", world.customer("lapsed"), currency="usd", **trial)
    # canceled in mid-period; a failed payment that was made good, and one that was known late
    sub = world.subscription("sub_left", world.customer("left"), ended_at=day(70))
    world.invoice("in_13", sub, day(0), line("Base", 1200, day(0), interval="year"))
    sub = world.subscription("sub_debt", world.customer("debt"))
    world.invoice("in_14", sub, day(60), line("Base", 10, day(60)), status="open", paid_at=day(80))
    world.event("payment_failed", "bill:debt", day(60), invoice_id="bill:in_14", subscription_id=sub)
    sub = world.subscription("sub_late", world.customer("late"))
    world.invoice("in_15", sub, day(60), line("Base", 10, day(60), interval="year"), known_at=day(90), paid_at=None)
    world.event("payment_failed", "bill:late", day(60), invoice_id="bill:in_15", known_at=day(90))
    # due and never tried; paid, canceled and ended, and known days later
    sub = world.subscription("sub_due", world.customer("due"))
    world.invoice("in_16", sub, day(60), line("Base", 10, day(60)), status="open", paid_at=None, due_at=day(70))
    sub = world.subscription("sub_told", world.customer("told late"), ended_at=day(74))
    paid = world.invoice("in_17", sub, day(60), line("Base", 10, day(60), interval="year"), paid_at=day(70))
    world.event("payment_failed", "bill:told late", day(60), invoice_id=paid, subscription_id=sub)
    world.event("payment_recovered", "bill:told late", day(70), invoice_id=paid, subscription_id=sub, known_at=day(75))
    world.event("canceled", "bill:told late", day(74), subscription_id=sub, known_at=day(90))
    # billing that was last read while a month still ran
    world.put("control.sources", source="down", type="stripe", last_ok_at=day(91))
    sub = world.subscription("sub_down_1", world.customer("unread", source="down"), source="down")
    world.invoice("in_18", sub, day(60), line("Base", 10, day(60)) | {"source": "down"})
    half = world.customer("half read", source="down")
    month, year = world.subscription("sub_down_2", half), world.subscription("sub_down_3", half)
    world.invoice("in_19", month, day(60), line("Base", 10, day(60)) | {"source": "down"})
    world.invoice("in_20", year, day(0), line("Yearly", 100, day(0), interval="year") | {"source": "down"})
    # what the CRM said when
    world.owner("o1", "Ann"), world.owner("o2", "Ben")
    world.company("crm", "Crimson", created_at=day(20), known_at=day(20))
    world.ticket("crm", day(99), account_key="crm:crm")
    world.company("prospect", "Perhaps", created_at=day(20), known_at=day(20))
    for at, owner, renewal in ((20, "o1", None), (68, "o2", "2026-03-20T00:00:00Z")):
        world.history("crm:crm", "owner_id", f"crm:{owner}", day(at))
        world.history("crm:crm", "renewal_at", renewal, day(at))
    world.history("crm:crm", "tier", "gold", day(25), known_at=day(72))
    world.build(*[day(n) for n in LOOKS], select=(ACCOUNTS, "assert_no_account_knows_the_future"))
    return world


def looks(world: World, account: str, *columns: str) -> dict[int, Any]:
    """Day -> the value, or the values."""
    rows = world.facts(account)
    values = [tuple(row[column] for column in columns) for row in rows]
    return {(row["as_of"] - START).days: v if len(v) > 1 else v[0] for row, v in zip(rows, values, strict=True)}


def test_arr_follows_the_invoices_from_the_first_to_the_end(world: World) -> None:
    assert looks(world, "bill:up", "plan", "arr", "has_churned") == {
        10: (None, None, None),  # known, and no invoice yet: not projected back
        30: ("Starter", Decimal(600), False),
        65: ("Starter", Decimal(600), False),
        70: ("Business", Decimal(2400), False),  # from the day of the change, at the full price
        75: ("Business", Decimal(2400), False),
        95: ("Business", Decimal(2400), False),
        121: ("Business", Decimal(2400), False),  # the next invoice may take a day or two
        130: (None, Decimal(0), True),
    }


def test_fewer_seats_cost_less_and_a_void_invoice_nothing(world: World) -> None:
    assert looks(world, "bill:down", "arr", "has_downgraded") == {
        10: (Decimal(3650), False), 30: (Decimal(3650), False), 65: (Decimal(3650), False),
        70: (Decimal(1460), True), 75: (Decimal(1460), True), 95: (Decimal(1460), True),
        121: (Decimal(1460), True), 130: (Decimal(1460), False),  # sixty days
    }  # fmt: skip


def test_several_subscriptions_are_one_arr_and_several_currencies_only_a_converted_one(world: World) -> None:
    two = looks(world, "bill:two", "arr", "plan")
    assert (two[65], two[70]) == ((Decimal(100), "Base"), (Decimal(220), "Add-on"))
    both = looks(world, "bill:currencies", "arr", "currency", "arr_reporting")
    assert both[65] == (Decimal(100), "usd", Decimal(100))
    assert both[70] == (None, None, Decimal(208))
    assert looks(world, "bill:odd", "arr", "currency", "arr_reporting")[65] == (Decimal(100), "xau", None)


def test_a_trial_is_worth_nothing_yet_and_when_it_lapses_nobody_has_left(world: World) -> None:
    trial = looks(world, "bill:trial", "arr", "is_trial", "has_churned")
    assert (trial[30], trial[70], trial[75]) == (
        (None, None, None), (Decimal(0), True, False), (Decimal(2400), False, False),
    )  # fmt: skip
    lapsed = looks(world, "bill:lapsed", "arr", "is_trial", "has_churned")
    assert (lapsed[70], lapsed[75]) == ((Decimal(0), True, False), (Decimal(0), False, False))


def test_who_cancels_in_mid_period_is_gone_that_day(world: World) -> None:
    left = looks(world, "bill:left", "arr", "has_churned", "days_to_renewal")
    assert (left[65], left[70]) == ((Decimal(1200), False, 300), (Decimal(0), True, None))


def test_a_failed_payment_stands_until_it_is_made_good_and_is_not_known_before_its_time(world: World) -> None:
    debt = looks(world, "bill:debt", "has_open_failed_payment", "is_past_due")
    assert (debt[30], debt[65], debt[75], debt[95]) == ((False,) * 2, (True,) * 2, (True,) * 2, (False,) * 2)
    late = looks(world, "bill:late", "has_open_failed_payment", "arr")
    assert (late[75], late[95]) == ((False, None), (True, Decimal(10)))


def test_what_was_due_and_never_tried_has_not_failed(world: World) -> None:
    due = looks(world, "bill:due", "has_open_failed_payment", "is_past_due")
    assert (due[65], due[75]) == ((False, False), (False, True))


def test_what_a_pull_told_later_was_not_known_before(world: World) -> None:
    told = looks(world, "bill:told late", "has_open_failed_payment", "has_churned", "arr")
    assert (told[70], told[75], told[95]) == (
        (True, False, Decimal(10)), (False, False, Decimal(10)), (False, True, Decimal(0)),
    )  # fmt: skip


def test_nobody_has_left_because_billing_cannot_be_read(world: World) -> None:
    unread = looks(world, "bill:unread", "plan", "arr", "has_churned")
    assert (unread[75], unread[95]) == (("Base", Decimal(120), False), (None, None, None))
    both = looks(world, "bill:half read", "plan", "arr", "has_churned", "currency")
    assert (both[75], both[95]) == (("Base", Decimal(220), False, "usd"), ("Yearly", None, False, "usd"))


def test_the_crm_is_read_as_it_was_and_was_known(world: World) -> None:
    found = looks(world, "crm:crm", "owner_name", "tier", "days_to_renewal", "is_known_to_billing")
    assert found == {
        30: ("Ann", None, None, False), 65: ("Ann", None, None, False), 70: ("Ben", None, 8, False),
        75: ("Ben", "gold", 3, False), 95: ("Ben", "gold", None, False), 121: ("Ben", "gold", None, False),
        130: ("Ben", "gold", None, False),
    }  # fmt: skip
    billing = ("arr", "is_trial", "has_churned", "is_past_due", "has_open_failed_payment", "has_downgraded")
    assert looks(world, "crm:crm", *billing)[95] == (None,) * 6


def test_a_prospect_who_never_wrote_is_known_as_it_is_now_alone(world: World) -> None:
    assert looks(world, "crm:prospect", "name") == {130: "Perhaps"}


def test_without_crm_and_billing_nothing_is_known_and_nothing_is_denied(tmp_path: Path) -> None:
    world = World.fresh(tmp_path)
    account = world.organization("a", "Acme", "acme.test")
    world.build(day(30))
    [row] = world.facts(account)
    known = {name: value for name, value in row.items() if value is not None}
    assert known == {"as_of": day(30), "account_key": account, "name": "Acme"}
