"""The particulars of one ticket: names, numbers, pages and error texts that fill the slots of its phrases."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from random import Random
from types import MappingProxyType
from typing import TYPE_CHECKING

from flows.sandbox.product import APP_URL, PAGES
from flows.sandbox.texts.grammar import expand, phrases, say

if TYPE_CHECKING:
    from flows.sandbox.lives import Life

_DAY = 86400
_PLANS = ("Starter", "Business", "Enterprise")
_CURRENCIES = {"GB": "£{}", "US": "${}", "CA": "${}", "AU": "${}", "DE": "{} EUR", "FR": "{} €", "ES": "{} €"}
_ANDROIDS = ("Pixel 8", "Pixel 7a", "Galaxy S23", "Galaxy A54", "OnePlus 12", "Xiaomi 13")
_TEST_CARDS = ("4111 1111 1111 1111", "5555 5555 5555 4444", "4242-4242-4242-4242", "378282246310005")
_IBANS = ("DE89 3704 0044 0532 0130 00", "GB29 NWBK 6016 1331 9268 19", "FR14 2004 1010 0505 0001 3M02 606")
_MONTHS = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "ja": "1月 2月 3月 4月 5月 6月 7月 8月 9月 10月 11月 12月",
}
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def day(rng: Random, at: int, language: str) -> str:
    """The day of a moment (unix seconds) as somebody writes it in a language."""
    return _date(rng, datetime.fromtimestamp(at, UTC), _MONTHS[language].split(" "), language)


@lru_cache(maxsize=64)
def particulars(life: Life) -> Mapping[str, str]:
    """Values for every slot that a phrase may use, the same in all comments of a ticket."""
    rng = Random(life.seed)
    writer = life.requester
    months = _MONTHS[life.language].split(" ")
    now = datetime.fromtimestamp(life.created, UTC)
    begun = life.incident.begins if life.incident else life.created - rng.randint(0, 20) * _DAY
    since = datetime.fromtimestamp(max(begun, life.created - 40 * _DAY), UTC)
    price = rng.choice((9, 12, 15, 19, 29, 49, 79, 120, 240, 310, 480, 990)) * rng.randint(1, 12)
    money = _CURRENCIES.get(writer.country, "${}")
    colleague = rng.choice(phrases(f"name.first.{rng.choice(('en', 'en', writer.writes))}"))
    domain = writer.email.split("@")[1]
    device = rng.choice(_ANDROIDS) if "android" in planted_words(life) else writer.device
    values = {
        "mm12": f"{rng.randint(1, 12):02d}",
        "rows": f"{rng.randint(1100, 980000):,}",
        "seats": str(rng.randint(3, 400)),
        "hour": str(rng.randint(6, 18)),
        "uuid": _uuid(rng),
        "ms": str(rng.choice((30000, 60000, 120000, 300000)) + rng.randint(1, 900)),
        "amount": money.format(f"{price:,}.00"),
        "amount2": money.format(f"{round(price * 1.35):,}.00"),
        "invoice": f"INV-{rng.randint(10000, 99999)}",
        "date": _date(rng, since, months, life.language),
        "soon": _date(rng, now + timedelta(days=rng.randint(2, 16)), months, life.language),
        "date_iso": since.strftime("%Y-%m-%d"),
        "month": months[(now.month - rng.randint(0, 3)) % 12],
        "year": str(now.year),
        "quarter": f"Q{(now.month - 1) // 3 + 1}",
        "weekday": _WEEKDAYS[since.weekday()] if rng.random() < 0.6 else rng.choice(_WEEKDAYS[:5]),
        "colleague": colleague,
        "mail": f"{colleague.lower()}.{rng.choice(phrases('name.last.en')).lower()}@{domain}",
        "pronoun": rng.choice(("he", "she")),
        "pronoun_cap": rng.choice(("He", "She", "They")),
        "first": writer.first_name,
        "job": writer.job,
        "phone": writer.phone or f"+1 415 555 {rng.randint(0, 9999):04d}",
        "card": rng.choice(_TEST_CARDS),
        "iban": rng.choice(_IBANS),
        "org": writer.organization.name if writer.organization else _company(rng),
        "customer": _company(rng),
        "plan": rng.choice(_PLANS),
        "browser": writer.browser,
        "major": f" {rng.randint(118, 141)}" if rng.random() < 0.6 else "",
        "system": writer.system,
        "device": device,
        "android": device,
        "version": life.version or "",
        "area": life.area.replace("_", " "),
    }
    for name in ("team", "integration", "stem"):
        values[name] = say(rng, name, values)
    values["kind"] = say(rng, "dashboard.kind", values)
    values["dashboard"] = say(rng, "dashboard.frame", values)
    values["report"] = say(rng, "report.frame", values)
    values["file"] = say(rng, "file", values)
    values["page"] = APP_URL + _page(rng, life)
    pattern = life.incident.plan.error if life.incident else rng.choice(phrases("everyday.error"))
    values["error"] = expand(rng, pattern, values)
    return MappingProxyType(values)


def planted_words(life: Life) -> str:
    """The name of the phrase bank of the event behind a ticket, "" for everyday matters."""
    return life.incident.plan.words or life.incident.plan.id if life.incident else ""


def _page(rng: Random, life: Life) -> str:
    path = rng.choice(PAGES[life.area]).replace("{n}", str(rng.randint(1000, 9999)))
    path = path.replace("{k}", str(rng.randint(2, 400)))
    query = rng.choice(("", "", "", "?tab=1", "?from=2026-01-01&to=2026-03-31", "#top", f"?w={rng.getrandbits(20)}"))
    return path + query


def _date(rng: Random, moment: datetime, months: list[str], language: str) -> str:
    """A day as people write it."""
    day, month = moment.day, months[moment.month - 1]
    if language == "ja":
        return f"{month}{day}日"
    if language == "de":
        return rng.choice((f"{day}. {month}", f"{day}.{moment.month}.", moment.strftime("%d.%m.%Y")))
    if language in ("es", "pt"):
        return rng.choice((f"{day} de {month}", f"{day}/{moment.month}"))
    if language == "fr":
        return rng.choice((f"{day} {month}", f"{day}/{moment.month:02d}"))
    forms = (f"{day} {month}", f"{month} {day}", f"{moment.month}/{day}", f"{month[:3]} {day}", f"the {day}th")
    return rng.choice(forms[:-1] if day in (1, 2, 3, 21, 22, 23, 31) else forms)


def _company(rng: Random) -> str:
    return f"{rng.choice(phrases('customer.first'))} {rng.choice(phrases('customer.last'))}"


def _uuid(rng: Random) -> str:
    text = f"{rng.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"
