"""Values of every structured kind, made up and planted into sentences: what redaction must find.

There are two sets of formats and of sentences. Rules are tried out on TUNED; KEPT was written beside it, other ways of
writing the same kinds, and is only measured. «» mark the value within a format that has more than the value.
"""

from __future__ import annotations

import base64
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

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
        (("4", 16), ("4", 16), ("51", 16), ("55", 16), ("2221", 16), ("2719", 16), ("34", 15), ("37", 15), ("6011", 16),
         ("65", 16), ("36", 14), ("3530", 16), ("62", 16))
    )  # fmt: skip
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
    "DE": "nnnnnnnnnnnnnnnnnn", "FR": "nnnnnnnnnnaaaaaaaaaaann", "NL": "AAAAnnnnnnnnnn", "GB": "AAAAnnnnnnnnnnnnnn",
    "ES": "nnnnnnnnnnnnnnnnnnnn", "IT": "Annnnnnnnnnaaaaaaaaaaaa", "BE": "nnnnnnnnnnnn", "AT": "nnnnnnnnnnnnnnnn",
    "CH": "nnnnnaaaaaaaaaaaa", "PL": "nnnnnnnnnnnnnnnnnnnnnnnn", "NO": "nnnnnnnnnnn", "MT": "AAAAnnnnnaaaaaaaaaaaaaaaaaa",
}  # fmt: skip


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
            f"sk_live_{word(24)}", f"sk-proj-{word(40)}", f"ghp_{word(36)}", f"github_pat_{word(40)}", f"glpat-{word(20)}",
            f"xoxb-{digits(rng, 11)}-{word(24)}", f"AKIA{letters(rng, 16, string.ascii_uppercase + string.digits)}",
            f"AIza{word(35)}", f"SG.{word(22)}.{word(43)}", f"hf_{word(34)}", f"npm_{word(36)}", f"lin_api_{word(40)}",
            f"shpat_{hexadecimal(rng, 32)}", f"whsec_{word(32)}", f"ya29.{word(60)}", f"dop_v1_{hexadecimal(rng, 64)}",
            f"pat-na1-{hexadecimal(rng, 8)}-{hexadecimal(rng, 4)}-{hexadecimal(rng, 4)}-{hexadecimal(rng, 12)}",
        )
    )  # fmt: skip


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
        (("49", 2, 8), ("49", 3, 7), ("44", 2, 4, 4), ("1", 3, 3, 4), ("33", 1, 2, 2, 2, 2), ("34", 3, 3, 3), ("39", 2, 4, 4),
         ("31", 2, 7), ("41", 2, 3, 2, 2), ("43", 1, 7), ("91", 5, 5), ("55", 2, 5, 4), ("81", 2, 4, 4), ("61", 1, 4, 4),
         ("46", 2, 3, 2, 2), ("48", 3, 3, 3), ("420", 3, 3, 3), ("351", 3, 3, 3))
    )  # fmt: skip
    first, *rest = [digits(rng, int(size), "23456789") for size in sizes]
    return f"{plus}{code}{by}{area.format(first)}{by}{by.join(rest)}"


_STREETS_DE = (
    "Hauptstraße",
    "Lindenallee",
    "Goethestr.",
    "Am Markt",
    "Alter Postweg",
    "Berliner Platz",
    "Rosengasse",
    "Im Tal",
)
_TOWNS_DE = ("Berlin", "Bad Homburg", "Köln", "Freiburg im Breisgau", "Ulm")


# -- formats that rules are tried out on

TUNED = Templates(
    formats={
        "email": (
            email, lambda r: f"Jane Miller <«{email(r)}»>", lambda r: f"mailto:«{email(r)}»", lambda r: f'"«{email(r)}»"', lambda r: f"user='«{email(r)}»'", lambda r: email(r).replace("@", "{at}"),
            lambda r: email(r).upper(), lambda r: f"https://app.example/login?user=«{email(r).replace('@', '%40')}»&x=1",
            lambda r: email(r).replace("@", "&#64;"), lambda r: email(r).replace("@", " [at] ").replace(".", " [dot] "),
            lambda r: email(r).replace("@", "(at)"), lambda r: email(r).replace("@", "@\n"), lambda r: f"`«{email(r)}»`",
            lambda r: f"Email:«{email(r)}»", lambda r: f'{{"email":"«{email(r)}»"}}',
        ),
        "phone": (
            lambda r: abroad(r, " "), lambda r: abroad(r, "-"), lambda r: abroad(r, ""), lambda r: abroad(r, " ", area="({})"),
            lambda r: abroad(r, NBSP), lambda r: abroad(r, "."), lambda r: abroad(r, " ", area="(0){}"), lambda r: abroad(r, " ", plus="00"),
            lambda r: abroad(r, HYPHEN), lambda r: abroad(r, " ").replace(" ", "\n", 2).replace("\n", " ", 1),
            lambda r: f"({digits(r, 3, '23456789')}) {digits(r, 3, '2345')}-{digits(r, 4)}",
            lambda r: f"{digits(r, 3, '23456789')}-{digits(r, 3, '2345')}-{digits(r, 4)}",
            lambda r: f"{digits(r, 3, '23456789')}.{digits(r, 3, '2345')}.{digits(r, 4)}",
            lambda r: f"0{digits(r, 2, '23456789')} {digits(r, 7)}", lambda r: f"0{digits(r, 3, '1567')}/{digits(r, 7)}",
            lambda r: f"06 {digits(r, 2)} {digits(r, 2)} {digits(r, 2)} {digits(r, 2)}", lambda r: f"07{digits(r, 3)} {digits(r, 6)}",
            lambda r: f"020 7{digits(r, 3)} {digits(r, 4)}", lambda r: f"Tel. «{digits(r, 8, '23456789')}»",
            lambda r: f"phone: «{digits(r, 10, '23456789')}»", lambda r: f"tel:«{abroad(r, '')}»", lambda r: f"0{digits(r, 3, '17')}-{digits(r, 7)}",
            lambda r: f"móvil «6{digits(r, 2)} {digits(r, 3)} {digits(r, 3)}»",
        ),
        "card": (
            card, card_as(" "), card_as("-"), card_as(NBSP), card_as(EN_DASH), card_as("."), card_as("\n"),
            card_as(" - "), card_as("  "), lambda r: f"«{card_as(' ')(r)}» 09/27 123", lambda r: f"cc=«{card(r)}»", lambda r: f'"pan": "«{card(r)}»"', lambda r: card_as(" ")(r).replace(" ", "&nbsp;"),
        ),
        "iban": (
            iban, iban_as(" "), iban_as("-"), iban_as(NBSP), iban_as(" ", lower=True), lambda r: f"IBAN:«{iban(r)}»",
            lambda r: iban_as(" ")(r).replace(" ", "\n", 4).replace("\n", " ", 3), lambda r: iban_as(" ")(r).replace(" ", "&#160;"),
        ),
        "account": (
            lambda r: f"Kontonummer «{digits(r, 9)}»", lambda r: f"bank account number: «{digits(r, 10)}»", lambda r: f"sort code «{grouped(digits(r, 6), (2, 2), '-')}»",
            lambda r: f"routing number «{digits(r, 9)}»", lambda r: f"BLZ «{grouped(digits(r, 8), (3, 3), ' ')}»", lambda r: f"rekeningnummer «{digits(r, 9)}»",
        ),
        "ip": (
            ipv4, ipv6, lambda r: f"http://«{ipv4(r)}»:8080/x", lambda r: f"[«{ipv6(r)}»]:443", lambda r: f"«{ipv4(r)}»/24", lambda r: f"IP:«{ipv4(r)}»",
            lambda r: f"host=«{ipv4(r)}»;", lambda r: f"«{ipv6(r)}»%eth0", lambda r: f"«{ipv4(r)}»:993", lambda r: f'"ip": "«{ipv6(r)}»"',
        ),
        "mac": (mac, lambda r: f"«{hexadecimal(r, 4)}.{hexadecimal(r, 4)}.{hexadecimal(r, 4)}»", lambda r: mac(r, "-"), lambda r: mac(r).upper(), lambda r: f"HWaddr «{mac(r)}»"),
        "id": (lambda r: f"{digits(r, 3)}-{digits(r, 2)}-{digits(r, 4)}",),
        "token": (
            token, web_token, lambda r: f"Authorization: Bearer «{letters(r, 32)}»", lambda r: f"key=«{token(r)}»", lambda r: f"`«{token(r)}»`",
            lambda r: "Authorization: Basic «" + base64.b64encode(f"jane:{password(r)}".encode()).decode() + "»", lambda r: f"({web_token(r)})",
            lambda r: f"https://api.example/v1?access_token=«{token(r)}»",
        ),
        "secret": (
            lambda r: f"password: «{password(r)}»", lambda r: f"my password is «{password(r)}»", lambda r: f"PASSWORD=«{password(r)}»",
            lambda r: f'"client_secret": "«{letters(r, 24)}»"', lambda r: f"api_key = «{hexadecimal(r, 32)}»", lambda r: f"Passwort: «{password(r)}»",
            lambda r: f"DB_PASSWORD='«{password(r)}»'", lambda r: f"mot de passe : «{password(r)}»", lambda r: f"pwd=«{password(r)}»",
            lambda r: f"the API key {r.choice(('is', 'was', '->'))} «{letters(r, 30)}»", lambda r: f"--password «{password(r)}»", lambda r: f"passcode: «{digits(r, 6)}»",
        ),
        "credentials": (
            lambda r: f"https://«{r.choice(('admin', 'jane'))}:{letters(r, 10)}»@db.example.com/x", lambda r: f"postgres://«app:{letters(r, 12)}»@db:5432/prod",
        ),
        "key": (private_key,),
        "address": (
            lambda r: f"{r.choice(_STREETS_DE)} {r.randrange(1, 200)}, {digits(r, 5, '1234567')} {r.choice(_TOWNS_DE)}",
            lambda r: f"{r.choice(_STREETS_DE)} {r.randrange(1, 200)}a\n{digits(r, 5, '1234567')} {r.choice(_TOWNS_DE)}",
            lambda r: f"{r.randrange(1, 9000)} {r.choice(('Main', 'Old Mill', 'N Oak', 'Lincoln'))} {r.choice(('Street', 'St', 'Ave', 'Road', 'Blvd', 'Drive', 'Way'))}, "
            f"{r.choice(('Springfield', 'New York', 'Salt Lake City'))}, {r.choice(('IL', 'NY', 'UT'))} {digits(r, 5)}",
            lambda r: f"{r.randrange(1, 200)} High Street, London {r.choice(('SW1A 2AA', 'N1 9GU', 'EC1Y 8SY'))}",
            lambda r: f"{r.randrange(1, 200)} {r.choice(('rue de la Paix', 'avenue Victor Hugo', 'bis, boulevard Saint-Michel', 'place du Marché'))}, {digits(r, 5, '1234567')} {r.choice(('Paris', 'Saint-Denis', 'Lyon'))}",
            lambda r: f"{r.choice(('Calle Mayor', 'Avenida de América', 'C/ Gran Vía', 'Plaza del Sol'))}, {r.randrange(1, 200)}, {digits(r, 5, '1234')} {r.choice(('Madrid', 'Málaga'))}",
            lambda r: f"{r.choice(('Kerkstraat', 'Prinsengracht', 'Lange Laan', 'Dorpsweg'))} {r.randrange(1, 300)}, {digits(r, 4, '123456789')} {r.choice(('AB', 'XK'))} {r.choice(('Amsterdam', 'Den Haag'))}",
            lambda r: f"{r.choice(('Via Roma', 'Piazza Garibaldi', 'Corso Vittorio Emanuele'))} {r.randrange(1, 200)}, {digits(r, 5, '01234')} {r.choice(('Roma', 'Torino'))}",
        ),
    },
    sentences=(
        "Please use {} from now on.", "It is {}, thanks.", "({})", "see {}; nothing else helps", "Bitte nehmen Sie {} für die Antwort.",
        "C'est {} pour moi.", "Es {} y nada más.", "Het is {} sinds gisteren.", "Ho usato {} ieri.", "{}", "Hello,\n\n{}\n\nRegards", "I sent it twice: {}!",
        "| value | {} |", "| {} | 3 |\n| --- | --- |", "```\nset value {}\n```", "Is {} right?", "“{}” is what I typed", "* {}\n* nothing else",
        "‹{}›", "…{}…", "…and {}, if that helps", "Tries: 3. Result: {}.",
    ),
)  # fmt: skip

# -- formats that are only measured

KEPT = Templates(
    formats={
        "email": (
            email, lambda r: email(r).replace("@", "&commat;"), lambda r: email(r).replace("@", "&#x40;"),
            lambda r: email(r).replace("@", " at ").replace(".", " dot "), lambda r: f"https://app.example/users/«{email(r)}»/edit",
            lambda r: f"«{email(r)}»?subject=Hello", lambda r: email(r).replace("@", "\uff20"), lambda r: email(r).replace("@", "@\u200b"),
            lambda r: f"From: \"Miller, Jane\" [«{email(r)}»]", lambda r: f"<a href=\"mailto:«{email(r)}»\">", lambda r: f"e-mail=«{email(r)}»,",
            lambda r: f"«{email(r)}»:", lambda r: f"login/«{email(r)}»", lambda r: f"**«{email(r)}»**", lambda r: f"‘«{email(r)}»’",
            lambda r: f"EMAIL;TYPE=work:«{email(r)}»", lambda r: f"uid=«{email(r)}»,ou=people", lambda r: f"sip:«{email(r)}»:5060",
            lambda r: f"ops@first.example,«{email(r)}»", lambda r: f"https://x.example/#«{email(r)}»", lambda r: f"«{email(r)}»;", lambda r: f"['«{email(r)}»']",
            lambda r: email(r).replace("@", "<at>"), lambda r: email(r).replace("@", " (@) "),
        ),
        "phone": (
            lambda r: abroad(r, NARROW), lambda r: abroad(r, THIN), lambda r: abroad(r, EN_DASH), lambda r: abroad(r, "/"), lambda r: abroad(r, "-", area="({})"),
            lambda r: abroad(r, "-", plus="00"), lambda r: abroad(r, " ").replace(" ", "&nbsp;"), lambda r: abroad(r, " ").replace("+", "&#43;"),
            lambda r: f"https://wa.example/?phone=«{abroad(r, '', plus='%2B')}»", lambda r: abroad(r, " ", plus="+ "), lambda r: f"«{abroad(r, ' ')}» ext. 204",
            lambda r: f"1-{digits(r, 3, '23456789')}-{digits(r, 3, '2345')}-{digits(r, 4)}", lambda r: f"({digits(r, 3, '23456789')}){digits(r, 3, '2345')}-{digits(r, 4)}",
            lambda r: f"{digits(r, 3, '23456789')} {digits(r, 3, '2345')} {digits(r, 4)}", lambda r: f"01.{digits(r, 2)}.{digits(r, 2)}.{digits(r, 2)}.{digits(r, 2)}",
            lambda r: f"(0{digits(r, 2, '23456789')}) {digits(r, 3)} {digits(r, 4)}", lambda r: f"0{digits(r, 3, '2356')} - {digits(r, 6)}", lambda r: f"0{digits(r, 2, '14567')} {digits(r, 3)} {digits(r, 2)} {digits(r, 2)}",
            lambda r: f"my number is «{digits(r, 3, '23456789')} {digits(r, 6)}»", lambda r: f"WhatsApp (« {digits(r, 9, '6789')}»)".replace(" ", "", 0), lambda r: f"Handynummer: «01{digits(r, 9, '567')}»",
            lambda r: f"call me on «{digits(r, 5, '789')} {digits(r, 5)}»", lambda r: f"Téléphone «0{digits(r, 9, '1234567')}»", lambda r: f"fax «{digits(r, 4)} {digits(r, 4)}»",
        ),
        "card": (
            card_as(NARROW), card_as(THIN), card_as(HYPHEN), lambda r: f"https://pay.example/?card=«{card(r)}»&ok=1",
            lambda r: f"VISA«{' ' + card(r)}»", lambda r: card_as("-")(r).replace("-", "&#8209;"), lambda r: f"number:«{card(r)}»", lambda r: f"'{card(r)}'", lambda r: f"<b>«{card_as(' ')(r)}»</b>",
            lambda r: f"2 «{card_as(' ')(r)}»", card_as("\t"), card_as("\u2012"), lambda r: f"«{grouped(card(r), (6,), ' ')}»", lambda r: f"«{grouped(card(r), (8,), '-')}»", lambda r: f"«{grouped(card(r), (4, 4), ' ')}»",
            lambda r: f"pan:«{card(r)}»,exp:0929", lambda r: f"<CardNumber>«{card(r)}»</CardNumber>", lambda r: f"card no. «{card(r)}»;cvc 123", lambda r: f"Kreditkarte «{card_as('.')(r)}»", card_as("\n"), card_as(". "),
        ),
        "iban": (
            iban_as(NARROW), iban_as(THIN), iban_as(HYPHEN), iban_as("."), iban_as("", lower=True), iban_as("  "), lambda r: f"iban=«{iban(r)}»&bic=X", lambda r: f"IBAN«{iban(r)}»",
            lambda r: f"«{iban_as(' ')(r)}» BIC DEUTDEFF", lambda r: f"Konto («{iban(r)}»)", lambda r: f'<iban>«{iban_as(" ")(r)}»</iban>', lambda r: iban_as("\n")(r),
        ),
        "account": (
            lambda r: f"Kto.-Nr. «{digits(r, 8)}»", lambda r: f"savings account no. «{grouped(digits(r, 8), (4,), ' ')}»", lambda r: f"Sort code: «{digits(r, 6)}»", lambda r: f"ABA «{digits(r, 9)}»",
            lambda r: f"numéro de compte «{digits(r, 11)}»", lambda r: f"número de cuenta: «{grouped(digits(r, 20), (4, 4, 2), '-')}»", lambda r: f"Bankleitzahl ist «{digits(r, 8)}»", lambda r: f"BSB «{grouped(digits(r, 6), (3,), '-')}»",
        ),
        "ip": (
            ipv4, lambda r: ipv6(r).upper(), lambda r: f"«{ipv4(r)}».", lambda r: f"ssh root@«{ipv4(r)}»", lambda r: f"::ffff:«{ipv4(r)}»", lambda r: f"https://[«{ipv6(r)}»]/login", lambda r: f"«{ipv6(r)}»/64",
            lambda r: f"from=«{ipv4(r)}»,", lambda r: f"Received: from mx ([«{ipv4(r)}»])", lambda r: f"«{ipv4(r).replace('.', '[.]')}»", lambda r: f"client «{ipv6(r)}»,", lambda r: f"src=«{ipv4(r)}»:51413 dst",
        ),
        "mac": (lambda r: mac(r, "-").upper(), lambda r: f"mac=«{mac(r)}»", lambda r: f"({mac(r)})", lambda r: f"ether «{mac(r)}» txqueuelen", lambda r: f"'{mac(r).upper()}'"),
        "id": (lambda r: f"SSN:«{digits(r, 3)}-{digits(r, 2)}-{digits(r, 4)}»", lambda r: f"{digits(r, 3)}{EN_DASH}{digits(r, 2)}{EN_DASH}{digits(r, 4)}"),
        "token": (
            lambda r: f'"{token(r)}"', lambda r: f"curl -H 'Authorization: Bearer «{web_token(r)}»'", lambda r: f"token «{token(r)}».", lambda r: f"https://api.example/?jwt=«{web_token(r)}»#x", lambda r: f"export KEY=\"«{token(r)}»\"",
            lambda r: f"authorization: token «{letters(r, 40)}»", lambda r: f"https://hooks.slack.com/services/«T{letters(r, 8, string.ascii_uppercase)}/B{letters(r, 8, string.ascii_uppercase)}/{letters(r, 24)}»",
            lambda r: f"bearer «{hexadecimal(r, 40)}»", lambda r: f"<token>«{token(r)}»</token>", lambda r: f"«{letters(r, 6)}9aB7cD3eF1{letters(r, 24)}»",
        ),
        "secret": (
            lambda r: f"Pass: «{password(r)}»".replace("Pass:", "Passwd:"), lambda r: f"kennwort = «{password(r)}»", lambda r: f"contraseña: «{password(r)}»", lambda r: f"Wachtwoord: «{password(r)}»", lambda r: f"password => '«{password(r)}»'",
            lambda r: f"AWS_SECRET_ACCESS_KEY=«{letters(r, 40)}»", lambda r: f"<password>«{password(r)}»</password>", lambda r: f"clientSecret: \"«{letters(r, 28)}»\"", lambda r: f"das Passwort lautet «{password(r)}»", lambda r: f"passphrase `«{password(r)}»`".replace("passphrase ", "passphrase: "),
            lambda r: f"https://x.example/reset?token=«{hexadecimal(r, 40)}»", lambda r: f"access token: «{letters(r, 36)}»", lambda r: f"SECRET_KEY = \"«{letters(r, 50)}»\"", lambda r: f"Kennwort:«{digits(r, 7)}»", lambda r: f"AccountKey=«{letters(r, 60)}»==;",
            lambda r: f"the secret key for it: «{letters(r, 32)}»", lambda r: f"password was «{password(r)}»", lambda r: f"--token=«{letters(r, 24)}»",
        ),
        "credentials": (
            lambda r: f"ftp://«{r.choice(('jane', 'root'))}:{letters(r, 9)}»@10.1.2.3/", lambda r: f"'mongodb+srv://«svc-user:{letters(r, 16)}»@cluster.example'", lambda r: f"redis://«:{letters(r, 14)}»@cache:6379/0",
        ),
        "key": (lambda r: private_key(r).replace("\n", "\r\n"), lambda r: private_key(r).replace("\n", " "), lambda r: "> " + private_key(r)),
        "address": (
            lambda r: f"{r.choice(('Gartenweg', 'Schillerstrasse', 'Kaiserdamm', 'An der Kirche', 'Unter den Linden'))} {r.randrange(1, 200)}, D-{digits(r, 5, '1234567')} {r.choice(('Hamburg', 'Bad Tölz'))}",
            lambda r: f"{r.randrange(1, 9000)} {r.choice(('Elm', 'Martin Luther King', 'W 42nd', 'Cedar Creek'))} {r.choice(('Lane', 'Parkway', 'Rd.', 'Ct', 'Avenue'))}, Apt {r.randrange(1, 40)}B, {r.choice(('Austin', 'Los Angeles'))}, {r.choice(('TX', 'CA'))} {digits(r, 5)}-{digits(r, 4)}",
            lambda r: f"{r.randrange(1, 90)} Church Lane\n{r.choice(('Leeds', 'Milton Keynes'))}\n{r.choice(('LS1 4AP', 'MK9 2FR'))}", lambda r: f"{r.randrange(1, 90)} ter rue {r.choice(('des Lilas', 'Jean Jaurès', 'du Bac'))}\n{digits(r, 5, '1234567')} {r.choice(('Marseille', 'Aix-en-Provence'))}",
            lambda r: f"{r.choice(('Paseo de Gracia', 'Avda. Diagonal', 'calle Alcalá'))} {r.randrange(1, 200)}, 3º B, {digits(r, 5, '1234')} {r.choice(('Barcelona', 'Sevilla'))}", lambda r: f"{r.choice(('Stationsplein', 'Van Goghlaan', 'Hoofdstraat'))} {r.randrange(1, 300)}-2\n{digits(r, 4, '123456789')}{r.choice(('KL', 'ZZ'))} {r.choice(('Utrecht', 'Eindhoven'))}",
            lambda r: f"{r.choice(('via Giuseppe Verdi', 'Viale Europa', 'Largo Augusto'))}, {r.randrange(1, 200)} - {digits(r, 5, '01234')} {r.choice(('Milano', 'Reggio Emilia'))}", lambda r: f"P.O. Box {digits(r, 4)}", lambda r: f"Postfach {digits(r, 6)}, {digits(r, 5, '1234567')} {r.choice(_TOWNS_DE)}",
        ),
    },
    sentences=(
        "My colleague wrote {} on the form.", "what about {}, does it fit", "[{}]", "Wir verwenden {} seit Mai.", "Nous utilisons {} depuis lundi.", "Usamos {} desde ayer.", "We gebruiken {} elke dag.", "Usiamo {} ogni giorno.",
        "Value - {} - as asked.", "1) {}\n2) again", "{}\n", "    {}\n    done", "Here you go:\n{}\nBye", "Nothing but {}... works", "is it {}?!", "„{}“ steht da", "key point: {} <-- this", "> {}", "Usiamo: {};\ngrazie",
    ),
)  # fmt: skip

KINDS = tuple(TUNED.formats)
