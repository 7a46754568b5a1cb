"""Other formats and sentences, that are only measured.

A format that fails is moved to `planted_tuned`, where rules may be tried out on it, and a new one comes here.
"""

from __future__ import annotations

import string

from planted_values import (
    EN_DASH,
    HYPHEN,
    NARROW,
    THIN,
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

KEPT = Templates(
    formats={
        "email": (
            email,
            lambda r: email(r).replace("@", "&commat;"),
            lambda r: email(r).replace("@", "&#x40;"),
            lambda r: email(r).replace("@", " at ").replace(".", " dot "),
            lambda r: f"https://app.example/users/«{email(r)}»/edit",
            lambda r: f"«{email(r)}»?subject=Hello",
            lambda r: email(r).replace("@", "\uff20"),
            lambda r: email(r).replace("@", "@\u200b"),
            lambda r: f'From: "Miller, Jane" [«{email(r)}»]',
            lambda r: f'<a href="mailto:«{email(r)}»">',
            lambda r: f"e-mail=«{email(r)}»,",
            lambda r: f"«{email(r)}»:",
            lambda r: f"login/«{email(r)}»",
            lambda r: f"**«{email(r)}»**",
            lambda r: f"‘«{email(r)}»’",
            lambda r: f"EMAIL;TYPE=work:«{email(r)}»",
            lambda r: f"uid=«{email(r)}»,ou=people",
            lambda r: f"sip:«{email(r)}»:5060",
            lambda r: f"ops@first.example,«{email(r)}»",
            lambda r: f"https://x.example/#«{email(r)}»",
            lambda r: f"«{email(r)}»;",
            lambda r: f"['«{email(r)}»']",
            lambda r: email(r).replace("@", "<at>"),
            lambda r: email(r).replace("@", " (@) "),
        ),
        "phone": (
            lambda r: abroad(r, NARROW),
            lambda r: abroad(r, THIN),
            lambda r: abroad(r, EN_DASH),
            lambda r: abroad(r, "/"),
            lambda r: abroad(r, "-", area="({})"),
            lambda r: abroad(r, "-", plus="00"),
            lambda r: abroad(r, " ").replace(" ", "&nbsp;"),
            lambda r: abroad(r, " ").replace("+", "&#43;"),
            lambda r: f"https://wa.example/?phone=«{abroad(r, '', plus='%2B')}»",
            lambda r: abroad(r, " ", plus="+ "),
            lambda r: f"«{abroad(r, ' ')}» ext. 204",
            lambda r: f"1-{digits(r, 3, '23456789')}-{digits(r, 3, '2345')}-{digits(r, 4)}",
            lambda r: f"({digits(r, 3, '23456789')}){digits(r, 3, '2345')}-{digits(r, 4)}",
            lambda r: f"{digits(r, 3, '23456789')} {digits(r, 3, '2345')} {digits(r, 4)}",
            lambda r: f"01.{digits(r, 2)}.{digits(r, 2)}.{digits(r, 2)}.{digits(r, 2)}",
            lambda r: f"(0{digits(r, 2, '23456789')}) {digits(r, 3)} {digits(r, 4)}",
            lambda r: f"0{digits(r, 3, '2356')} - {digits(r, 6)}",
            lambda r: f"0{digits(r, 2, '14567')} {digits(r, 3)} {digits(r, 2)} {digits(r, 2)}",
            lambda r: f"my number is «{digits(r, 3, '23456789')} {digits(r, 6)}»",
            lambda r: f"WhatsApp (« {digits(r, 9, '6789')}»)".replace(" ", "", 0),
            lambda r: f"Handynummer: «01{digits(r, 9, '567')}»",
            lambda r: f"call me on «{digits(r, 5, '789')} {digits(r, 5)}»",
            lambda r: f"Téléphone «0{digits(r, 9, '1234567')}»",
            lambda r: f"fax «{digits(r, 4)} {digits(r, 4)}»",
        ),
        "card": (
            card_as(NARROW),
            card_as(THIN),
            card_as(HYPHEN),
            lambda r: f"https://pay.example/?card=«{card(r)}»&ok=1",
            lambda r: f"VISA«{' ' + card(r)}»",
            lambda r: card_as("-")(r).replace("-", "&#8209;"),
            lambda r: f"number:«{card(r)}»",
            lambda r: f"'{card(r)}'",
            lambda r: f"<b>«{card_as(' ')(r)}»</b>",
            lambda r: f"2 «{card_as(' ')(r)}»",
            card_as("\t"),
            card_as("\u2012"),
            lambda r: f"«{grouped(card(r), (6,), ' ')}»",
            lambda r: f"«{grouped(card(r), (8,), '-')}»",
            lambda r: f"«{grouped(card(r), (4, 4), ' ')}»",
            lambda r: f"pan:«{card(r)}»,exp:0929",
            lambda r: f"<CardNumber>«{card(r)}»</CardNumber>",
            lambda r: f"card no. «{card(r)}»;cvc 123",
            lambda r: f"Kreditkarte «{card_as('.')(r)}»",
            card_as("\n"),
            card_as(". "),
        ),
        "iban": (
            iban_as(NARROW),
            iban_as(THIN),
            iban_as(HYPHEN),
            iban_as("."),
            iban_as("", lower=True),
            iban_as("  "),
            lambda r: f"iban=«{iban(r)}»&bic=X",
            lambda r: f"IBAN«{iban(r)}»",
            lambda r: f"«{iban_as(' ')(r)}» BIC DEUTDEFF",
            lambda r: f"Konto («{iban(r)}»)",
            lambda r: f"<iban>«{iban_as(' ')(r)}»</iban>",
            lambda r: iban_as("\n")(r),
        ),
        "account": (
            lambda r: f"Kto.-Nr. «{digits(r, 8)}»",
            lambda r: f"savings account no. «{grouped(digits(r, 8), (4,), ' ')}»",
            lambda r: f"Sort code: «{digits(r, 6)}»",
            lambda r: f"ABA «{digits(r, 9)}»",
            lambda r: f"numéro de compte «{digits(r, 11)}»",
            lambda r: f"número de cuenta: «{grouped(digits(r, 20), (4, 4, 2), '-')}»",
            lambda r: f"Bankleitzahl ist «{digits(r, 8)}»",
            lambda r: f"BSB «{grouped(digits(r, 6), (3,), '-')}»",
        ),
        "ip": (
            ipv4,
            lambda r: ipv6(r).upper(),
            lambda r: f"«{ipv4(r)}».",
            lambda r: f"ssh root@«{ipv4(r)}»",
            lambda r: f"::ffff:«{ipv4(r)}»",
            lambda r: f"https://[«{ipv6(r)}»]/login",
            lambda r: f"«{ipv6(r)}»/64",
            lambda r: f"from=«{ipv4(r)}»,",
            lambda r: f"Received: from mx ([«{ipv4(r)}»])",
            lambda r: f"«{ipv4(r).replace('.', '[.]')}»",
            lambda r: f"client «{ipv6(r)}»,",
            lambda r: f"src=«{ipv4(r)}»:51413 dst",
        ),
        "mac": (
            lambda r: mac(r, "-").upper(),
            lambda r: f"mac=«{mac(r)}»",
            lambda r: f"({mac(r)})",
            lambda r: f"ether «{mac(r)}» txqueuelen",
            lambda r: f"'{mac(r).upper()}'",
        ),
        "id": (
            lambda r: f"SSN:«{digits(r, 3)}-{digits(r, 2)}-{digits(r, 4)}»",
            lambda r: f"{digits(r, 3)}{EN_DASH}{digits(r, 2)}{EN_DASH}{digits(r, 4)}",
        ),
        "token": (
            lambda r: f'"{token(r)}"',
            lambda r: f"curl -H 'Authorization: Bearer «{web_token(r)}»'",
            lambda r: f"token «{token(r)}».",
            lambda r: f"https://api.example/?jwt=«{web_token(r)}»#x",
            lambda r: f'export KEY="«{token(r)}»"',
            lambda r: f"authorization: token «{letters(r, 40)}»",
            lambda r: (
                f"https://hooks.slack.com/services/«T{letters(r, 8, string.ascii_uppercase)}/"
                f"B{letters(r, 8, string.ascii_uppercase)}/{letters(r, 24)}»"
            ),
            lambda r: f"bearer «{hexadecimal(r, 40)}»",
            lambda r: f"<token>«{token(r)}»</token>",
            lambda r: f"«{letters(r, 6)}9aB7cD3eF1{letters(r, 24)}»",
        ),
        "secret": (
            lambda r: f"Pass: «{password(r)}»".replace("Pass:", "Passwd:"),
            lambda r: f"kennwort = «{password(r)}»",
            lambda r: f"contraseña: «{password(r)}»",
            lambda r: f"Wachtwoord: «{password(r)}»",
            lambda r: f"password => '«{password(r)}»'",
            lambda r: f"AWS_SECRET_ACCESS_KEY=«{letters(r, 40)}»",
            lambda r: f"<password>«{password(r)}»</password>",
            lambda r: f'clientSecret: "«{letters(r, 28)}»"',
            lambda r: f"das Passwort lautet «{password(r)}»",
            lambda r: f"passphrase `«{password(r)}»`".replace("passphrase ", "passphrase: "),
            lambda r: f"https://x.example/reset?token=«{hexadecimal(r, 40)}»",
            lambda r: f"access token: «{letters(r, 36)}»",
            lambda r: f'SECRET_KEY = "«{letters(r, 50)}»"',
            lambda r: f"Kennwort:«{digits(r, 7)}»",
            lambda r: f"AccountKey=«{letters(r, 60)}»==;",
            lambda r: f"the secret key for it: «{letters(r, 32)}»",
            lambda r: f"password was «{password(r)}»",
            lambda r: f"--token=«{letters(r, 24)}»",
        ),
        "credentials": (
            lambda r: f"ftp://«{r.choice(('jane', 'root'))}:{letters(r, 9)}»@10.1.2.3/",
            lambda r: f"'mongodb+srv://«svc-user:{letters(r, 16)}»@cluster.example'",
            lambda r: f"redis://«:{letters(r, 14)}»@cache:6379/0",
        ),
        "key": (
            lambda r: private_key(r).replace("\n", "\r\n"),
            lambda r: private_key(r).replace("\n", " "),
            lambda r: "> " + private_key(r),
        ),
        "address": (
            lambda r: (
                f"{r.choice(('Gartenweg', 'Schillerstrasse', 'Kaiserdamm', 'An der Kirche', 'Unter den Linden'))}"
                f" {r.randrange(1, 200)}, D-{digits(r, 5, '1234567')} {r.choice(('Hamburg', 'Bad Tölz'))}"
            ),
            lambda r: (
                f"{r.randrange(1, 9000)} {r.choice(('Elm', 'Martin Luther King', 'W 42nd', 'Cedar Creek'))}"
                f" {r.choice(('Lane', 'Parkway', 'Rd.', 'Ct', 'Avenue'))}, Apt {r.randrange(1, 40)}B,"
                f" {r.choice(('Austin', 'Los Angeles'))}, {r.choice(('TX', 'CA'))} {digits(r, 5)}-{digits(r, 4)}"
            ),
            lambda r: (
                f"{r.randrange(1, 90)} Church Lane\n"
                f"{r.choice(('Leeds', 'Milton Keynes'))}\n{r.choice(('LS1 4AP', 'MK9 2FR'))}"
            ),
            lambda r: (
                f"{r.randrange(1, 90)} ter rue {r.choice(('des Lilas', 'Jean Jaurès', 'du Bac'))}\n"
                f"{digits(r, 5, '1234567')} {r.choice(('Marseille', 'Aix-en-Provence'))}"
            ),
            lambda r: (
                f"{r.choice(('Paseo de Gracia', 'Avda. Diagonal', 'calle Alcalá'))} {r.randrange(1, 200)}, 3º B,"
                f" {digits(r, 5, '1234')} {r.choice(('Barcelona', 'Sevilla'))}"
            ),
            lambda r: (
                f"{r.choice(('Stationsplein', 'Van Goghlaan', 'Hoofdstraat'))}"
                f" {r.randrange(1, 300)}-2\n{digits(r, 4, '123456789')}{r.choice(('KL', 'ZZ'))}"
                f" {r.choice(('Utrecht', 'Eindhoven'))}"
            ),
            lambda r: (
                f"{r.choice(('via Giuseppe Verdi', 'Viale Europa', 'Largo Augusto'))}, {r.randrange(1, 200)} -"
                f" {digits(r, 5, '01234')} {r.choice(('Milano', 'Reggio Emilia'))}"
            ),
            lambda r: f"P.O. Box {digits(r, 4)}",
            lambda r: f"Postfach {digits(r, 6)}, {digits(r, 5, '1234567')} {r.choice(TOWNS_DE)}",
        ),
    },
    sentences=(
        "My colleague wrote {} on the form.",
        "what about {}, does it fit",
        "[{}]",
        "Wir verwenden {} seit Mai.",
        "Nous utilisons {} depuis lundi.",
        "Usamos {} desde ayer.",
        "We gebruiken {} elke dag.",
        "Usiamo {} ogni giorno.",
        "Value - {} - as asked.",
        "1) {}\n2) again",
        "{}\n",
        "    {}\n    done",
        "Here you go:\n{}\nBye",
        "Nothing but {}... works",
        "is it {}?!",
        "„{}“ steht da",
        "key point: {} <-- this",
        "> {}",
        "Usiamo: {};\ngrazie",
    ),
)
