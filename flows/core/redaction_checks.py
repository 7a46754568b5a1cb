"""What makes a run of digits a card, an account, an address or a telephone number: checksums, lengths, neighbours.

Each function takes a match of a rule's pattern and the text in its own case, and gives the span of the value, or None
where there is none. A match may be wider than the value: beside another number there are too many digits.
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as Base64Error
from ipaddress import AddressValueError, IPv6Address
from math import log2

Span = tuple[int, int]
Match = re.Match[str]

_GROUP = re.compile(r"\d+")
_BEFORE = 48  # characters before a value that say what it is


def passes_luhn(digits: str) -> bool:
    """The check digit of ISO/IEC 7812-1, annex B."""
    total = 0
    for place, digit in enumerate(map(int, reversed(digits))):
        doubled = digit * 2 if place % 2 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


# Issuers and the lengths of their numbers, after the public ranges of ISO/IEC 7812.
_CARD = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}|3[47]\d{13}"
    r"|(?:6011|64[4-9]\d|65\d\d|62\d\d|60\d\d|81\d\d|508\d)\d{12,15}|3(?:0[0-5]|[689]\d)\d{11}|35(?:2[89]"
    r"|[3-8]\d)\d{12}"
    r"|220[0-4]\d{12}|(?:50(?:18|20|38)|5[68]\d\d|6[37]\d\d)\d{10,15}"
)
_WIDE_GAP = re.compile(r"\d[ \n.-]{2,3}\d")  # between the groups of a card, and else between two numbers
_FOURS = re.compile(r"\d{4}(?:[ \n.-]{1,3}\d{4}){3}(?:[ \n.-]{1,3}\d{3})?|\d{4}[ \n.-]{1,3}\d{6}[ \n.-]{1,3}\d{4,5}")
_NUMBERS_SOMETHING = re.compile(
    r"(?:\b(?:order|invoice|ticket|case|bug|build|serial|imei|isbn|ean|tracking|article|item|part|model|customer|client"
    r"|reference|ref|id|uuid|version|job|parcel|shipment|bestell\w*|rechnung\w*|auftrag\w*|artikel\w*|kunden\w*"
    r"|sendung\w*"
    r"|commande|facture|pedido|factura|ordine|fattura|order\w*|factuur\w*|bestelling\w*)\W{0,3}"
    r"(?:(?:numbers?|numbering|nummer|numero|número|numéro|nr|no|id|is|was|code|n°)\W{0,3}){0,2}|[#/_])$",
    re.I,
)


def _before(match: Match, length: int = _BEFORE) -> str:
    return match.string[max(0, match.start() - length) : match.start()]


def card(match: Match, _text: str) -> Span | None:
    """A number of an issuer of cards that passes Luhn: of the groups it is written in, the first ones that make one."""
    groups = [group.span() for group in _GROUP.finditer(match[0])]
    is_numbered = len(groups) == 1 and _NUMBERS_SOMETHING.search(_before(match))
    if is_numbered and not re.search(r"\b(?:cards?|cc|pan|karte\w*|carte|tarjeta|carta)\W", _before(match), re.I):
        return None
    for first, (start, stop) in enumerate(groups):
        if (first and stop - start == 1) or match[0][start] not in "23456789":
            continue
        digits = ""
        for begin, end in groups[first:]:
            digits += match[0][begin:end]
            if len(digits) > 19:
                break
            if len(digits) > 12 and _CARD.fullmatch(digits) and len(set(digits)) > 1 and passes_luhn(digits):
                is_one = not _WIDE_GAP.search(match[0], start, end) or _FOURS.fullmatch(match[0], start, end)
                return (match.start() + start, match.start() + end) if is_one else None
    return None


# Characters of an IBAN by country, from the ISO 13616 registry.
_IBAN_LENGTHS = {
    country: length
    for length, countries in {
        15: "NO", 16: "BE", 18: "DK FI FO GL NL SD", 19: "MK SI", 20: "AT BA EE KZ LT LU MN XK", 21: "CH HR LI LV",
        22: "BG BH CR DE GB GE IE ME RS VA", 23: "AE GI IL IQ OM SO TL", 24: "AD CZ ES MD PK RO SA SE SK TN VG",
        25: "LY PT ST", 26: "IS TR", 27: "BI DJ FR GR IT MC MR SM", 28: "AL AZ BY CY DO GT HN HU LB NI PL SV",
        29: "BR EG PS QA UA", 30: "JO KW MU YE", 31: "MT SC", 32: "LC", 33: "RU",
    }.items()
    for country in countries.split()
}  # fmt: skip


def iban(match: Match, text: str) -> Span | None:
    """ISO 13616: as long as its country's are, and modulo 97 is 1; after the word IBAN also one that is mistyped.

    The match begins behind the country's two letters.
    """
    start = match.start() - 2
    wanted = _IBAN_LENGTHS.get(text[start : start + 2].upper())
    if wanted is None:
        return None
    kept, end = "", start
    for place in range(start, match.end()):
        if text[place].isalnum():
            kept += text[place].upper()
            end = place + 1
            if len(kept) == wanted:
                break
    if len(kept) < wanted or not kept.isascii() or text[end : end + 1].isalnum():
        return None
    checks = int("".join(str(int(c, 36)) for c in kept[4:] + kept[:4])) % 97 == 1
    if checks or re.search(r"\biban\b\W{0,3}$", text[max(0, start - 12) : start], re.I):
        return start, end
    return None


_VERSION_BEFORE = re.compile(
    r"(?:\b(?:version|ver|release|build|v|thunderbird|firefox|chrome|edge|safari|opera|app|driver|firmware|update|patch"
    r"|revision|rev|betterbird|windows|macos|ios|android|kernel|plugin|add-?on|extension|bios)"
    r"(?:\s+(?:number|nummer|no\.?|is|was|of|ist|lautet))?"
    r"|\b(?:updat|upgrad|downgrad)\w*\s+(?:from|to)|\b(?:from|von|de) \d+(?:\.\d+){3} (?:to|auf|à|a)|[A-Za-z]/|\bv)"
    r"[\s:.#(]*$",
    re.I,
)


def ipv4(match: Match, _text: str) -> Span | None:
    """Four numbers up to 255 that are no version, no mask and no address of every machine."""
    parts = [int(part) for part in _GROUP.findall(match[0])]
    if len(parts) != 4 or max(parts) > 255 or parts[0] in (0, 127, 255) or parts[1:] == [0, 0, 0]:
        return None
    return None if _VERSION_BEFORE.search(_before(match)) else match.span()


_ROUTED = re.compile(r"(?:[23][0-9a-f]{3}|f[cd][0-9a-f]{2}|fe[89ab][0-9a-f]):", re.I)


def ipv6(match: Match, _text: str) -> Span | None:
    """An address that parses. `a::b` is as likely the name of a method: with so few parts, it begins as routed ones."""
    value = match[0]
    if value.endswith(":") and not value.endswith("::"):
        value = value[:-1]
    if value.count(":") < 3 and not _ROUTED.match(value):
        return None
    try:
        address = IPv6Address(value.split("%")[0])
    except AddressValueError:
        return None
    has_digit = any(c.isdigit() for c in value)
    return None if address.is_loopback or not has_digit else (match.start(), match.start() + len(value))


_DATE_OR_VERSION = re.compile(
    r"(?:19|20)\d\d[-./ ](?:0?[1-9]|1[0-2])[-./ ]\d{1,2}(?!\d)|\d{1,2}[-./ ]\d{1,2}[-./ ](?:19|20)\d\d(?!\d)"
    r"|\d\d?([-./])\d\d?\1\d\d(?:[ \n]|$)|\d\d-\d\d \d\d-\d\d"  # a short date, with a time or without
    r"|\d\d?,? (?:19|20)\d\d(?!\d)|\d{1,3}(?:\.\d{1,3}){1,3}(?![.\d])"  # a day and a year, a version
)
# Calling codes of countries, ITU-T E.164.
_CALLING = re.compile(
    r"1[2-9]|7[3-9]|2[07]|2[1-689]\d|3[0-4]|369|36|39|3[578]\d|4[013-9]|42\d|5[1-8]|5[09]\d|6[0-6]|6[789]\d|8[1246]"
    r"|8[058]\d"
    r"|9[0-58]|9[679]\d"
)


def phone(match: Match, _text: str) -> Span | None:
    """A number of one country, that nothing says is something else."""
    value = match["phone"]
    is_other = _DATE_OR_VERSION.match(value.lstrip("(")) or _NUMBERS_SOMETHING.search(_before(match))
    return None if is_other or not 7 <= len(re.sub(r"\D", "", value)) <= 15 else match.span("phone")


def phone_abroad(match: Match, _text: str) -> Span | None:
    """A number with its country's code; of one that goes on too long, the groups that make 15 digits.

    The match begins with + or the first 0 of 00.
    """
    start, value = match.start(), match[0][: match.end("phone") - match.start()]
    digits = re.sub(r"\D", "", value)
    if value[0] == "0" and (
        len(digits) < 11 or not _CALLING.match(digits[2:]) or _NUMBERS_SOMETHING.search(_before(match))
    ):
        return None
    most = 15 if value[0] == "+" else 17
    count, end = 0, 0
    for group in _GROUP.finditer(value):
        if count + len(group[0]) > most or (count >= 10 and len(group[0]) == 1):
            if value[end] == ".":
                return None
            break
        count, end = count + len(group[0]), group.end()
    return (start, start + end) if count >= 7 else None


# Windows of a text in lower case, up to the value.
_PHONE_CUE = re.compile(
    r"(?<![^\W_])(?:(?:tele|mobile|cell|smart|i)?phone|tel|telephone|telefon\w{0,8}|mobile?|cell(?:ular)?|fax|whatsapp"
    r"|handy\w{0,7}|rufnummer|durchwahl|portable|téléphone|tél|tel[eé]fono|móvil|movil|celular|cellulare"
    r"|telefoon\w{0,7}"
    r"|gsm|sms|(?:my|our|contact|callback) number|(?:call|text|ring|phone) (?:me|us)(?: back)?(?: on| at)?"
    r"|reach (?:me|us) (?:on|at|under)|anrufen unter|erreichbar unter)(?![^\W_])\"?[\s.:#=/>\"'(|-]{0,4}"
    r"(?:(?:is|ist|est|es|no|nr|n°|number|nummer|me|us|on|at|under|unter|al|au)\b[\s.:#]{0,3}){0,3}[+(]?$"
)
_ACCOUNT_CUE = re.compile(
    r"(?<![^\W_])(?:(?:bank|checking|savings|giro)[ -]?(?:account|konto|rekening)(?: ?(?:number|nummer|no\.?|nr\.?|#))?"
    r"|kontonummer|konto-?nr\.?|kto\.?(?:-?nr\.?)?|routing(?: number| no\.?)?|aba(?: number)?|sort ?code|bsb"
    r"|bankleitzahl"
    r"|blz|numéro de compte(?: bancaire)?|compte bancaire|rib|n[úu]mero de cuenta(?: bancaria)?|cuenta bancaria|ccc"
    r"|rekeningnummer|bankrekening|numero di conto|conto corrente|acct\.? (?:no\.?|number))(?!\w)[\s.:#=]{0,4}"
    r"(?:(?:is|ist|est|es|è)\s)?$"
)


def called(match: Match, text: str) -> Span | None:
    """What stands after `phone:`: anything of the right length that is no date and no version."""
    is_called = 6 <= len(re.sub(r"\D", "", match[0])) <= 15 and _PHONE_CUE.search(_before(match))
    if not is_called or _DATE_OR_VERSION.match(match[0]):
        return None
    return match.start() - (text[match.start() - 1 : match.start()] in ("+", "(")), match.end()


def account(match: Match, _text: str) -> Span | None:
    """What stands after the word for the number of a bank account, or of a bank."""
    return match.span() if _ACCOUNT_CUE.search(_before(match)) else None


_NO_SECRET = re.compile(
    r"(?:null|none|nil|true|false|undefined|empty|required|requested|incorrect|invalid|wrong|expired|missing|protected"
    r"|encrypted|hidden|saved|stored|unknown|optional|change[dr]?|reset|forgotten|forgot|again|not|the|normal|plain"
    r"|basic"
    r"|oauth2?|string|text|your|my|yes|no|falsch|ungültig|erforderlich|incorrecta|incorrect[eo]?|onjuist|errata?"
    r"|password|passwd|passwort|secret|token|value|enter|type|is|was|has|and|or|but|it|if|when|i|we|so"
    r"|then)?[.,;:!?)]*",
    re.I,
)
_NAMED = re.compile(
    r"[A-Za-z]{3,12}\d{1,2}|[\w-]+::.*|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.I
)  # no key is so simple
_CODE = re.compile(r"\d+%|[A-Z]{1,10}[-_ ]?\d{1,6}[.,;:!?)]*")
_TEMPLATE = re.compile(r"[*•.xX_-]{3,}|[<{$%(].*|.*[{}()].*|\w+\.\w+\(.*|https?:.*")


_PASSWORD = re.compile(
    r"pass|p[ws]|kennw|mot|mdp|contras|clave|senha|wacht|has|hes|lös|jel|пар|パ|密"
)  # may be digits alone


def secret(match: Match, text: str) -> Span | None:
    """What follows `password:`. More often it is `required` than a password; a code is more often an error.

    A word of small letters is one only where it is quoted or stands directly behind `=`.
    """
    start, sign = match.start("secret"), match["sign"]
    before = text[max(0, match.start() - 48) : match.start()]
    is_new_word = before[-1:].islower() and text[match.start()].isupper()
    if before[-1:].isalnum() and not is_new_word and not before.lower().endswith(("get", "user", "my")):
        return None  # within a word
    value = text[start : match.end("secret")]
    if re.search(r"[?&][\w-]{0,30}$", before):  # of an address
        value = re.split("[&#]", value, maxsplit=1)[0]
    value = value.rstrip(".,;:!?)…›»”’" if "(" not in value else ".,;:…›»”’")
    span = start, start + len(value)
    if len(value) < 4 or _NO_SECRET.fullmatch(value) or _CODE.fullmatch(value) or _TEMPLATE.fullmatch(value):
        return None
    is_password = bool(_PASSWORD.match(match[0]))
    if before.lower().endswith("unexpected ") or (not is_password and _NAMED.fullmatch(value)):
        return None
    is_direct = sign[-1] in "\"'`" or sign.strip("\"'`") == "="
    if value.isdecimal():
        return span if is_password and (is_direct or ":" in sign) and len(value) <= 24 else None
    is_odd = len(value) >= 5 and any(c.isdigit() for c in value) and any(c.isalpha() for c in value)
    if is_password:
        is_odd = is_odd or bool(re.search(r"[a-z][A-Z]|\w[!@#$%^&*+=~?]\w", value)) or value[-1] in "!@#$%^&*+=~"
    return span if is_odd or (is_direct and len(value) >= 6) else None


def basic(match: Match, text: str) -> Span | None:
    """RFC 7617: base64 of a name and a password with a colon between them."""
    value = text[slice(*match.span(1))]
    try:
        plain = b64decode(value + "=" * (-len(value) % 4), validate=True)
    except Base64Error:
        return None
    return match.span(1) if b":" in plain else None


def bearer(match: Match, text: str) -> Span | None:
    return match.span(1) if re.search(r"\d|[a-z][A-Z]", text[slice(*match.span(1))]) else None


def entropy(text: str) -> float:
    """Bits a character, of the distribution of its own characters (Shannon 1948)."""
    shares = [text.count(char) / len(text) for char in set(text)]
    return -sum(share * log2(share) for share in shares)


def near_key_word(match: Match, text: str) -> Span | None:
    """A long string beside `key` or `token`: random ones have over 3 bits a character, and digits among letters."""
    value = text[slice(*match.span("secret"))]
    is_mixed = re.search(r"\d", value) and re.search(r"[A-Za-z]", value)
    if ":" in match[0][: match.start("secret") - match.start()].rstrip().rstrip(":= \"'"):
        return None  # the key word has another value: `Key: account1 Id: ...`
    is_path = value.count("/") > 2 or re.fullmatch(r"[A-Za-z]+(?:[-_/][A-Za-z]+)+[-_]?\d*", value)
    return match.span("secret") if is_mixed and not is_path and entropy(value) >= 3.0 else None


def mixed(match: Match, text: str) -> Span | None:
    """Long runs of letters and digits with both cases: a key. Hex alone is more often a commit or an id, words with
    lines between them are a name, and several long runs below each other are a file in base64."""
    value = match[0]
    changes = len(re.findall(r"(?<=[A-Za-z])\d|(?<=\d)[A-Za-z]", value))
    if changes < 4 or not all(re.search(kind, value) for kind in ("[a-z]", "[A-Z]", r"\d")):
        return None
    is_name = len(re.findall(r"(?<![A-Za-z])[A-Za-z]{3,12}(?![A-Za-z0-9])", value)) >= 2
    before, after = text[max(0, match.start() - _BASE64_LINE - 2) : match.start()], text[match.end() : match.end() + 90]
    is_file = len(value) >= _BASE64_LINE and (_LINE_BEFORE.search(before) or _LINE_AFTER.match(after))
    return None if is_name or is_file else match.span()


_BASE64_LINE = 57  # characters; MIME allows 76, PEM 64, and what is cut is shorter
_LINE_BEFORE = re.compile(rf"[A-Za-z0-9+/]{{{_BASE64_LINE}}}\s{{1,2}}$")
_LINE_AFTER = re.compile(rf"\s{{1,2}}[A-Za-z0-9+/]{{{_BASE64_LINE}}}")


def mac(match: Match, _text: str) -> Span | None:
    """Six bytes, of which not all are digits with the dashes of dates and times."""
    return match.span() if ":" in match[0] or re.search(r"[A-Fa-f]", match[0]) else None


_SPELLED_CUE = re.compile(
    r"mail|write|send|sent|reach|contact|address|reply|\bme\b|schreib|adresse|correo|courriel|:\s*$"
)


def spelled(match: Match, text: str) -> Span | None:
    """`jane at example dot com`: with brackets, with a name that is no word, or where it is said what it is.

    `File it at bugzilla dot example dot org` is a page.
    """
    value = match[0]
    has_brackets = re.search(r"[\[({<]\s?(?:at|ät|arroba|@)\s?[\])}>]", value)
    is_said = " dot " in value.split(" at ")[0] or _SPELLED_CUE.search(_before(match))
    is_said = is_said or re.match(r"\S*[\d._+-]|[^\s]*[a-z][A-Z]", text[match.start() : match.end()])
    return match.span() if has_brackets or (" dot " in value and is_said) else None
