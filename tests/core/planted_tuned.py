"""Formats and sentences that rules are tried out on."""

from __future__ import annotations

import base64

from planted_values import (
    EN_DASH,
    HYPHEN,
    NBSP,
    STREETS_DE,
    TOWNS_DE,
    Templates,
    abroad,
    card,
    card_as,
    digits,
    email,
    grouped,
    hexadecimal,
    iban,
    iban_as,
    ipv4,
    ipv6,
    letters,
    mac,
    password,
    private_key,
    token,
    web_token,
)

TUNED = Templates(
    formats={
        "email": (
            email,
            lambda r: f"Jane Miller <«{email(r)}»>",
            lambda r: f"mailto:«{email(r)}»",
            lambda r: f'"«{email(r)}»"',
            lambda r: f"user='«{email(r)}»'",
            lambda r: email(r).replace("@", "{at}"),
            lambda r: email(r).upper(),
            lambda r: f"https://app.example/login?user=«{email(r).replace('@', '%40')}»&x=1",
            lambda r: email(r).replace("@", "&#64;"),
            lambda r: email(r).replace("@", " [at] ").replace(".", " [dot] "),
            lambda r: email(r).replace("@", "(at)"),
            lambda r: email(r).replace("@", "@\n"),
            lambda r: f"`«{email(r)}»`",
            lambda r: f"Email:«{email(r)}»",
            lambda r: f'{{"email":"«{email(r)}»"}}',
        ),
        "phone": (
            lambda r: abroad(r, " "),
            lambda r: abroad(r, "-"),
            lambda r: abroad(r, ""),
            lambda r: abroad(r, " ", area="({})"),
            lambda r: abroad(r, NBSP),
            lambda r: abroad(r, "."),
            lambda r: abroad(r, " ", area="(0){}"),
            lambda r: abroad(r, " ", plus="00"),
            lambda r: abroad(r, HYPHEN),
            lambda r: abroad(r, " ").replace(" ", "\n", 2).replace("\n", " ", 1),
            lambda r: f"({digits(r, 3, '23456789')}) {digits(r, 3, '2345')}-{digits(r, 4)}",
            lambda r: f"{digits(r, 3, '23456789')}-{digits(r, 3, '2345')}-{digits(r, 4)}",
            lambda r: f"{digits(r, 3, '23456789')}.{digits(r, 3, '2345')}.{digits(r, 4)}",
            lambda r: f"0{digits(r, 2, '23456789')} {digits(r, 7)}",
            lambda r: f"0{digits(r, 3, '1567')}/{digits(r, 7)}",
            lambda r: f"06 {digits(r, 2)} {digits(r, 2)} {digits(r, 2)} {digits(r, 2)}",
            lambda r: f"07{digits(r, 3)} {digits(r, 6)}",
            lambda r: f"020 7{digits(r, 3)} {digits(r, 4)}",
            lambda r: f"Tel. «{digits(r, 8, '23456789')}»",
            lambda r: f"phone: «{digits(r, 10, '23456789')}»",
            lambda r: f"tel:«{abroad(r, '')}»",
            lambda r: f"0{digits(r, 3, '17')}-{digits(r, 7)}",
            lambda r: f"móvil «6{digits(r, 2)} {digits(r, 3)} {digits(r, 3)}»",
        ),
        "card": (
            card,
            card_as(" "),
            card_as("-"),
            card_as(NBSP),
            card_as(EN_DASH),
            card_as("."),
            card_as("\n"),
            card_as(" - "),
            card_as("  "),
            lambda r: f"«{card_as(' ')(r)}» 09/27 123",
            lambda r: f"cc=«{card(r)}»",
            lambda r: f'"pan": "«{card(r)}»"',
            lambda r: card_as(" ")(r).replace(" ", "&nbsp;"),
        ),
        "iban": (
            iban,
            iban_as(" "),
            iban_as("-"),
            iban_as(NBSP),
            iban_as(" ", lower=True),
            lambda r: f"IBAN:«{iban(r)}»",
            lambda r: iban_as(" ")(r).replace(" ", "\n", 4).replace("\n", " ", 3),
            lambda r: iban_as(" ")(r).replace(" ", "&#160;"),
        ),
        "account": (
            lambda r: f"Kontonummer «{digits(r, 9)}»",
            lambda r: f"bank account number: «{digits(r, 10)}»",
            lambda r: f"sort code «{grouped(digits(r, 6), (2, 2), '-')}»",
            lambda r: f"routing number «{digits(r, 9)}»",
            lambda r: f"BLZ «{grouped(digits(r, 8), (3, 3), ' ')}»",
            lambda r: f"rekeningnummer «{digits(r, 9)}»",
        ),
        "ip": (
            ipv4,
            ipv6,
            lambda r: f"http://«{ipv4(r)}»:8080/x",
            lambda r: f"[«{ipv6(r)}»]:443",
            lambda r: f"«{ipv4(r)}»/24",
            lambda r: f"IP:«{ipv4(r)}»",
            lambda r: f"host=«{ipv4(r)}»;",
            lambda r: f"«{ipv6(r)}»%eth0",
            lambda r: f"«{ipv4(r)}»:993",
            lambda r: f'"ip": "«{ipv6(r)}»"',
        ),
        "mac": (
            mac,
            lambda r: f"«{hexadecimal(r, 4)}.{hexadecimal(r, 4)}.{hexadecimal(r, 4)}»",
            lambda r: mac(r, "-"),
            lambda r: mac(r).upper(),
            lambda r: f"HWaddr «{mac(r)}»",
        ),
        "id": (lambda r: f"{digits(r, 3)}-{digits(r, 2)}-{digits(r, 4)}",),
        "token": (
            token,
            web_token,
            lambda r: f"Authorization: Bearer «{letters(r, 32)}»",
            lambda r: f"key=«{token(r)}»",
            lambda r: f"`«{token(r)}»`",
            lambda r: "Authorization: Basic «" + base64.b64encode(f"jane:{password(r)}".encode()).decode() + "»",
            lambda r: f"({web_token(r)})",
            lambda r: f"https://api.example/v1?access_token=«{token(r)}»",
        ),
        "secret": (
            lambda r: f"password: «{password(r)}»",
            lambda r: f"my password is «{password(r)}»",
            lambda r: f"PASSWORD=«{password(r)}»",
            lambda r: f'"client_secret": "«{letters(r, 24)}»"',
            lambda r: f"api_key = «{hexadecimal(r, 32)}»",
            lambda r: f"Passwort: «{password(r)}»",
            lambda r: f"DB_PASSWORD='«{password(r)}»'",
            lambda r: f"mot de passe : «{password(r)}»",
            lambda r: f"pwd=«{password(r)}»",
            lambda r: f"the API key {r.choice(('is', 'was', '->'))} «{letters(r, 30)}»",
            lambda r: f"--password «{password(r)}»",
            lambda r: f"passcode: «{digits(r, 6)}»",
        ),
        "credentials": (
            lambda r: f"https://«{r.choice(('admin', 'jane'))}:{letters(r, 10)}»@db.example.com/x",
            lambda r: f"postgres://«app:{letters(r, 12)}»@db:5432/prod",
        ),
        "key": (private_key,),
        "address": (
            lambda r: f"{r.choice(STREETS_DE)} {r.randrange(1, 200)}, {digits(r, 5, '1234567')} {r.choice(TOWNS_DE)}",
            lambda r: f"{r.choice(STREETS_DE)} {r.randrange(1, 200)}a\n{digits(r, 5, '1234567')} {r.choice(TOWNS_DE)}",
            lambda r: (
                f"{r.randrange(1, 9000)} {r.choice(('Main', 'Old Mill', 'N Oak', 'Lincoln'))}"
                f" {r.choice(('Street', 'St', 'Ave', 'Road', 'Blvd', 'Drive', 'Way'))}, "
                f"{r.choice(('Springfield', 'New York', 'Salt Lake City'))}, {r.choice(('IL', 'NY', 'UT'))}"
                f" {digits(r, 5)}"
            ),
            lambda r: f"{r.randrange(1, 200)} High Street, London {r.choice(('SW1A 2AA', 'N1 9GU', 'EC1Y 8SY'))}",
            lambda r: (
                f"{r.randrange(1, 200)} "
                f"{r.choice(('rue de la Paix', 'avenue Victor Hugo', 'bis, boulevard Saint-Michel', 'place du Bac'))}, "
                f"{digits(r, 5, '1234567')} {r.choice(('Paris', 'Saint-Denis', 'Lyon'))}"
            ),
            lambda r: (
                f"{r.choice(('Calle Mayor', 'Avenida de América', 'C/ Gran Vía', 'Plaza del Sol'))},"
                f" {r.randrange(1, 200)}, {digits(r, 5, '1234')} {r.choice(('Madrid', 'Málaga'))}"
            ),
            lambda r: (
                f"{r.choice(('Kerkstraat', 'Prinsengracht', 'Lange Laan', 'Dorpsweg'))} {r.randrange(1, 300)},"
                f" {digits(r, 4, '123456789')} {r.choice(('AB', 'XK'))} {r.choice(('Amsterdam', 'Den Haag'))}"
            ),
            lambda r: (
                f"{r.choice(('Via Roma', 'Piazza Garibaldi', 'Corso Vittorio Emanuele'))} {r.randrange(1, 200)},"
                f" {digits(r, 5, '01234')} {r.choice(('Roma', 'Torino'))}"
            ),
        ),
    },
    sentences=(
        "Please use {} from now on.",
        "It is {}, thanks.",
        "({})",
        "see {}; nothing else helps",
        "Bitte nehmen Sie {} für die Antwort.",
        "C'est {} pour moi.",
        "Es {} y nada más.",
        "Het is {} sinds gisteren.",
        "Ho usato {} ieri.",
        "{}",
        "Hello,\n\n{}\n\nRegards",
        "I sent it twice: {}!",
        "| value | {} |",
        "| {} | 3 |\n| --- | --- |",
        "```\nset value {}\n```",
        "Is {} right?",
        "“{}” is what I typed",
        "* {}\n* nothing else",
        "‹{}›",
        "…{}…",
        "…and {}, if that helps",
        "Tries: 3. Result: {}.",
    ),
)
