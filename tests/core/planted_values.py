"""Values of every structured kind, made up and planted into sentences: what redaction must find.

There are two sets of formats and of sentences, in `planted_tuned` and `planted_kept`. «» mark the value within a format
that has more than the value.
"""

from __future__ import annotations

import base64
import re
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from flows.core.redaction import PLACEHOLDER
from flows.core.redaction_checks import passes_luhn

Make = Callable[[Random], str]
NBSP, NARROW, THIN, HYPHEN, EN_DASH = "\u00a0", "\u202f", "\u2009", "\u2011", "\u2013"


@dataclass(frozen=True)
class Planted:
    """A text, the value in it, and the kind of value."""

    kind: str
    text: str
    value: str


@dataclass(frozen=True)
class Templates:
    """Formats by kind, and sentences with {} for the formatted value."""

    formats: dict[str, tuple[Make, ...]]
    sentences: tuple[str, ...]


def plant(templates: Templates, kind: str, count: int, seed: int = 5) -> Iterator[Planted]:
    """`count` texts, each with one value of a kind: every format in turn, in a sentence by chance."""
    rng = Random(f"{seed} {kind}")
    formats = templates.formats[kind]
    for number in range(count):
        written = formats[number % len(formats)](rng)
        value = written.partition("«")[2].partition("»")[0] if "«" in written else written
        sentence = rng.choice(templates.sentences)
        yield Planted(kind, sentence.replace("{}", written.replace("«", "").replace("»", "")), value)


def is_left(planted: Planted, redacted: str) -> bool:
    """Whether anything of three characters or more of the value is still to be read, or nothing was taken for one."""
    rest = planted.text.replace(planted.value, "", 1)
    seen = PLACEHOLDER.sub("\0", redacted)
    parts = re.findall(r"\w{3,}", planted.value) or [planted.value]
    return seen == redacted or any(seen.count(part) > rest.count(part) for part in parts)


# -- values


def digits(rng: Random, count: int, first: str = string.digits) -> str:
    return rng.choice(first) + "".join(rng.choices(string.digits, k=count - 1))


def letters(rng: Random, count: int, among: str = string.ascii_letters + string.digits) -> str:
    return "".join(rng.choices(among, k=count))


def email(rng: Random) -> str:
    first = rng.choice(("jane", "Omar", "wei", "Jürgen", "sofia", "m", "hr", "billing", "o'neil", "anne-marie"))
    last = rng.choice(("miller", "Novak", "vanderberg", "rossi", "garcía", "de.wit", "khan", "x"))
    local = rng.choice(("{f}.{l}", "{f}_{l}{n}", "{f}{n}", "{l}+{f}", "{f}-{l}", "{l}")).format(
        f=first, l=last, n=rng.randrange(1, 2000)
    )
    host = rng.choice(
        ("example.com", "mail.example.co.uk", "firma-nord.example", "köln-bau.example", "x1.museum", "a-b.io")
    )
    return f"{local}@{host}"


def card(rng: Random) -> str:
    """A number of an issuer with its check digit, no spaces."""
    prefix, length = rng.choice(
        (
            ("4", 16),
            ("4", 16),
            ("51", 16),
            ("55", 16),
            ("2221", 16),
            ("2719", 16),
            ("34", 15),
            ("37", 15),
            ("6011", 16),
            ("65", 16),
            ("36", 14),
            ("3530", 16),
            ("62", 16),
        )
    )
    body = prefix + "".join(rng.choices(string.digits, k=length - len(prefix) - 1))
    return next(body + check for check in string.digits if passes_luhn(body + check))


def grouped(value: str, sizes: tuple[int, ...], by: str) -> str:
    """The value in groups of these sizes; what is left is the last one."""
    parts, at = [], 0
    for size in sizes:
        parts.append(value[at : at + size])
        at += size
    return by.join(part for part in [*parts, value[at:]] if part)


def card_as(by: str) -> Make:
    def write(rng: Random) -> str:
        value = card(rng)
        return grouped(value, (4, 6) if len(value) < 16 else (4, 4, 4), by)

    return write


_IBANS = {
    "DE": "nnnnnnnnnnnnnnnnnn",
    "FR": "nnnnnnnnnnaaaaaaaaaaann",
    "NL": "AAAAnnnnnnnnnn",
    "GB": "AAAAnnnnnnnnnnnnnn",
    "ES": "nnnnnnnnnnnnnnnnnnnn",
    "IT": "Annnnnnnnnnaaaaaaaaaaaa",
    "BE": "nnnnnnnnnnnn",
    "AT": "nnnnnnnnnnnnnnnn",
    "CH": "nnnnnaaaaaaaaaaaa",
    "PL": "nnnnnnnnnnnnnnnnnnnnnnnn",
    "NO": "nnnnnnnnnnn",
    "MT": "AAAAnnnnnaaaaaaaaaaaaaaaaaa",
}


def iban(rng: Random) -> str:
    country = rng.choice(sorted(_IBANS))
    among = {"n": string.digits, "A": string.ascii_uppercase, "a": string.digits + string.ascii_uppercase}
    body = "".join(rng.choice(among[sort]) for sort in _IBANS[country])
    check = 98 - int("".join(str(int(char, 36)) for char in f"{body}{country}00")) % 97
    return f"{country}{check:02}{body}"


def iban_as(by: str, *, lower: bool = False) -> Make:
    def write(rng: Random) -> str:
        value = grouped(iban(rng), (4,) * 8, by)
        return value.lower() if lower else value

    return write


def ipv4(rng: Random) -> str:
    first = rng.choice([n for n in range(1, 224) if n != 127])
    return f"{first}.{rng.randrange(256)}.{rng.randrange(1, 256)}.{rng.randrange(1, 255)}"


def ipv6(rng: Random) -> str:
    parts = [f"{rng.randrange(16**4):x}" for _ in range(8)]
    parts[0] = rng.choice(("2001", "2a02", "2600", "fd12", "fe80"))
    if rng.random() < 0.6:
        gap = rng.randrange(2, 6)
        return ":".join(parts[:2]) + "::" + ":".join(parts[gap + 2 :] or ["1"])
    return ":".join(parts)


def mac(rng: Random, by: str = ":") -> str:
    return by.join(f"{rng.randrange(256):02x}" for _ in range(5)) + by + rng.choice(("a1", "3e", "fc"))


def password(rng: Random) -> str:
    return (
        rng.choice(("Tiger", "sommer", "Xk", "blue-Sky", "pa$$"))
        + digits(rng, 4)
        + rng.choice(("!", "#x", "Q", "?", "&b"))
    )


def hexadecimal(rng: Random, count: int) -> str:
    return "a7" + letters(rng, count - 2, "0123456789abcdef")


def token(rng: Random) -> str:
    def word(n: int) -> str:
        return letters(rng, n)

    return rng.choice(
        (
            f"sk_live_{word(24)}",
            f"sk-proj-{word(40)}",
            f"ghp_{word(36)}",
            f"github_pat_{word(40)}",
            f"glpat-{word(20)}",
            f"xoxb-{digits(rng, 11)}-{word(24)}",
            f"AKIA{letters(rng, 16, string.ascii_uppercase + string.digits)}",
            f"AIza{word(35)}",
            f"SG.{word(22)}.{word(43)}",
            f"hf_{word(34)}",
            f"npm_{word(36)}",
            f"lin_api_{word(40)}",
            f"shpat_{hexadecimal(rng, 32)}",
            f"whsec_{word(32)}",
            f"ya29.{word(60)}",
            f"dop_v1_{hexadecimal(rng, 64)}",
            f"pat-na1-{hexadecimal(rng, 8)}-{hexadecimal(rng, 4)}-{hexadecimal(rng, 4)}-{hexadecimal(rng, 12)}",
        )
    )


def web_token(rng: Random) -> str:
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').decode().rstrip("=")
    body = base64.urlsafe_b64encode(f'{{"sub":"{digits(rng, 9)}"}}'.encode()).decode().rstrip("=")
    return f"{head}.{body}.{letters(rng, 43)}"


def private_key(rng: Random) -> str:
    kind = rng.choice(("RSA ", "EC ", "OPENSSH ", ""))
    lines = "\n".join(letters(rng, 64) for _ in range(rng.randrange(4, 20)))
    return f"-----BEGIN {kind}PRIVATE KEY-----\n{lines}\n-----END {kind}PRIVATE KEY-----"


def abroad(rng: Random, by: str, *, area: str = "{}", plus: str = "+") -> str:
    """A number with its country's code: parts by country, as its people group them."""
    code, *sizes = rng.choice(
        (
            ("49", 2, 8),
            ("49", 3, 7),
            ("44", 2, 4, 4),
            ("1", 3, 3, 4),
            ("33", 1, 2, 2, 2, 2),
            ("34", 3, 3, 3),
            ("39", 2, 4, 4),
            ("31", 2, 7),
            ("41", 2, 3, 2, 2),
            ("43", 1, 7),
            ("91", 5, 5),
            ("55", 2, 5, 4),
            ("81", 2, 4, 4),
            ("61", 1, 4, 4),
            ("46", 2, 3, 2, 2),
            ("48", 3, 3, 3),
            ("420", 3, 3, 3),
            ("351", 3, 3, 3),
        )
    )
    first, *rest = [digits(rng, int(size), "23456789") for size in sizes]
    return f"{plus}{code}{by}{area.format(first)}{by}{by.join(rest)}"


STREETS_DE = (
    "Hauptstraße",
    "Lindenallee",
    "Goethestr.",
    "Am Markt",
    "Alter Postweg",
    "Berliner Platz",
    "Rosengasse",
    "Im Tal",
)
TOWNS_DE = ("Berlin", "Bad Homburg", "Köln", "Freiburg im Breisgau", "Ulm")
