"""Every billing object of the sandbox has the shape of Stripe's own example of it.

The same keys, and where both have a value the same JSON type, at every depth. What differs on purpose is listed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from billing_fixture import commerce

from flows.sandbox.stripe_events import event, render
from flows.sandbox.stripe_history import History
from flows.sandbox.stripe_objects import account

SPECS = os.environ.get("GROUNDSWELL_SPECS")
pytestmark = pytest.mark.skipif(not SPECS, reason="GROUNDSWELL_SPECS does not name the vendors' descriptions")

_RETIRED = "gone from today's API; stands in the example as null"
_EXPANDED = "comes only when it is asked for with expand[]"
LEFT_OUT = {
    "invoice.subscription": _RETIRED,
    "charge.refunds": _EXPANDED,
    "credit_note.lines.data.invoice_line_item": "a refund is not for a certain line",
    **{
        f"account.{key}": "nothing a reader of billing needs"
        for key in (
            *("business_profile", "capabilities", "controller", "external_accounts"),
            *("future_requirements", "requirements", "settings", "tos_acceptance"),
        )
    },
}
_UNION = "the example shows another kind, without what this kind carries; the official client has it"
ADDED = {
    "invoice.lines.data.pricing.price_details": _UNION,
    "invoice_payment.payment.payment_intent": _UNION,
    "event.data.previous_attributes": "only in events of an update",
}
FREE = ("metadata",)  # whatever its owner keeps in it
KINDS = (
    "product",
    "price",
    "customer",
    "subscription",
    "invoice",
    "invoice_payment",
    "charge",
    "refund",
    "credit_note",
)


@cache
def example(kind: str) -> dict[str, Any]:
    resources = json.loads(Path(SPECS or "", "stripe-fixtures3.json").read_text())["resources"]
    return dict(resources[kind])


@cache
def history() -> History:
    return History(commerce())


def differences(ours: Any, theirs: Any, path: str) -> Iterator[str]:
    """What a reader of the one would stumble over in the other."""
    if ours is None or theirs is None:
        return
    if isinstance(ours, dict) and isinstance(theirs, dict):
        if path.rpartition(".")[2] in FREE or not theirs:
            return
        for key in sorted(ours.keys() | theirs.keys()):
            place = f"{path}.{key}"
            if key not in ours and place not in LEFT_OUT:
                yield f"{place} is missing"
            elif key not in theirs and place not in ADDED:
                yield f"{place} is not Stripe's"
            elif key in ours and key in theirs:
                yield from differences(ours[key], theirs[key], place)
    elif isinstance(ours, list) and isinstance(theirs, list):
        for one in ours if theirs else ():
            yield from differences(one, theirs[0], path)
    elif type(ours) is not type(theirs):
        yield f"{path} is {type(ours).__name__}, Stripe's {type(theirs).__name__}"


@pytest.mark.parametrize("kind", KINDS)
def test_an_object_has_the_shape_of_stripes_example(kind: Any) -> None:
    lives = history().lives[kind]
    assert lives
    found: set[str] = set()
    for id, life in lives.items():
        for row in range(len(life.states)):
            shown = render(history(), kind, id, row)
            found |= set(differences(shown, example("deleted_customer" if shown.get("deleted") else kind), kind))
    assert found == set()


def test_items_and_lines_have_the_shape_of_their_own_examples() -> None:
    items = [render(history(), "subscription", id, 0)["items"]["data"] for id in history().lives["subscription"]]
    lines = [render(history(), "invoice", id, 0)["lines"]["data"] for id in history().lives["invoice"]]
    found = {text for page in items for one in page for text in differences(one, example("subscription_item"), "item")}
    found |= {text for page in lines for one in page for text in differences(one, example("line_item"), "line")}
    assert found == {"line.pricing.price_details is not Stripe's"}  # see ADDED


def test_an_event_has_the_shape_of_stripes_example() -> None:
    envelope = {**example("event"), "data": {"object": {}}}
    for one in history().events.values():
        shown = event(history(), one)
        assert set(differences(shown, envelope, "event")) == set()
        assert shown["data"]["object"]["object"] == one.kind
        assert ("previous_attributes" in shown["data"]) == one.type.endswith(".updated")


def test_the_account_is_a_part_of_stripes_example() -> None:
    assert set(differences(account(), example("account"), "account")) == set()


def test_the_comparison_notices_a_difference() -> None:
    ours = render(history(), "invoice", "in_story5", 0)
    ours["lines"]["data"][0]["quantity"] = "3"
    ours["subscription"] = ours.pop("parent")
    assert set(differences(ours, example("invoice"), "invoice")) == {
        "invoice.lines.data.quantity is str, Stripe's int",
        "invoice.parent is missing",
    }
