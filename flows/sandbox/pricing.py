"""What the plans cost, and in which currency a country pays."""

from __future__ import annotations

from flows.sandbox.commerce import Plan

TIERS = ("starter", "business", "enterprise")
FREE_MONTHS = 2  # a year costs as much as ten months

# Minor units for a seat and a month: starter, business, enterprise. A yen has no smaller unit.
_SEATS: dict[str, tuple[int, int, int]] = {
    "usd": (1900, 4900, 9900),
    "eur": (1800, 4500, 9200),
    "gbp": (1500, 3900, 7900),
    "cad": (2500, 6500, 12900),
    "aud": (2900, 7500, 14900),
    "brl": (9500, 24500, 49500),
    "inr": (159000, 410000, 830000),
    "jpy": (2800, 7200, 14500),
}
ZERO_DECIMAL = frozenset({"jpy"})
_CURRENCIES = {"GB": "gbp", "CA": "cad", "AU": "aud", "IN": "inr", "BR": "brl", "JP": "jpy"} | dict.fromkeys(
    ("NL", "DE", "FR", "ES"), "eur"
)


def plans() -> dict[str, Plan]:
    """Every plan by its key."""
    return {
        tier: Plan(
            key=tier,
            name=tier.capitalize(),
            rank=rank + 1,
            prices={
                (currency, interval): prices[rank] * months
                for currency, prices in _SEATS.items()
                for interval, months in (("month", 1), ("year", 12 - FREE_MONTHS))
            },
        )
        for rank, tier in enumerate(TIERS)
    }


def currency_of(country: str) -> str:
    """What a customer in a country pays in; dollars where nothing else is agreed."""
    return _CURRENCIES.get(country, "usd")


def in_words(amount: int, currency: str) -> str:
    """Minor units as a decimal number, the way a CRM keeps an amount."""
    return str(amount) if currency in ZERO_DECIMAL else f"{amount // 100}.{amount % 100:02d}"
