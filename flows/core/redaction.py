"""Personal data and secrets out of text, before anything else reads or sends it.

`redact` replaces each value by a placeholder such as `[email-1a2b]`. The four hex digits are a hash of the
value, so that two mentions of one value stay equal while the value cannot be read back. Redacting twice
changes nothing. Version numbers, error codes, dates, UUIDs and ticket numbers stay as they are: they are
what the rest of the pipeline works on.

Each rule is a pattern and a check. Patterns start only at the beginning of a run of their characters, which
keeps them linear on a body of a megabyte.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from flows.core.keys import digest

VERSION = 2
_HEX_DIGITS = 4

Check = Callable[[re.Match[str]], bool]


@dataclass(frozen=True)
class Rule:
    """One kind of value. `group` of the match is the value; `check` says whether it really is one.

    A pattern can match only a text that holds one of `needs` (in lower case), where `digits` is set four digits
    close together, and where `longest` is set so many characters without a space: cheap ways out for most texts.
    """

    kind: str
    pattern: re.Pattern[str]
    check: Check | None = None
    group: int = 0
    needs: tuple[str, ...] = ()
    digits: bool = False
    longest: int = 0


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def passes_luhn(digits: str) -> bool:
    """The check digit of ISO/IEC 7812-1, annex B."""
    total = 0
    for place, digit in enumerate(map(int, reversed(digits))):
        doubled = digit * 2 if place % 2 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


_CARD_PREFIX = re.compile(r"4|5[0-8]|6|3[0-9]\d|2(?:2[2-9]|[3-6]\d|7[01])\d{13}$|2720\d{12}$")


def _is_card(match: re.Match[str]) -> bool:
    digits = _digits(match[0])
    return bool(_CARD_PREFIX.match(digits)) and len(set(digits)) > 1 and passes_luhn(digits)


def _is_iban(match: re.Match[str]) -> bool:
    """ISO 13616: the country and check digits moved to the end, letters as numbers, modulo 97 is 1."""
    value = re.sub(r"\s", "", match[0]).upper()
    if not 15 <= len(value) <= 34:
        return False
    return int("".join(str(int(c, 36)) for c in value[4:] + value[:4])) % 97 == 1


_VERSION_BEFORE = re.compile(
    r"(?:\b(?:version|ver|release|build|v|thunderbird|firefox|chrome|edge|safari|opera|app|driver|firmware)"
    r"|\b(?:updat|upgrad|downgrad)\w*\s+(?:from|to)|[A-Za-z]/|\bv)[\s:.#(]*$",
    re.IGNORECASE,
)


def _is_ipv4(match: re.Match[str]) -> bool:
    try:
        address = IPv4Address(match[0])
    except AddressValueError:
        return False
    if address.is_loopback or match[0].endswith(".0.0.0") or match[0].startswith("0."):
        return False
    before = match.string[max(0, match.start() - 24) : match.start()]
    return not _VERSION_BEFORE.search(before)


def _is_ipv6(match: re.Match[str]) -> bool:
    value = match[0]
    if not re.search(r"\d", value) or value.count(":") < 3:
        return False  # a::b is as likely a name of a method
    try:
        IPv6Address(value)
    except AddressValueError:
        return False
    return True


_DATE_OR_VERSION = re.compile(
    r"(?:19|20)\d\d[-./ ](?:0?[1-9]|1[0-2])[-./ ]\d{1,2}(?!\d)|\d{1,2}[-./]\d{1,2}[-./](?:19|20)\d\d\b"
    r"|\d\d-\d\d \d\d-\d\d|\d{1,3}(?:\.\d{1,3}){1,3}(?!\d)"  # a short date and time, a version
)


def _is_phone(match: re.Match[str]) -> bool:
    value = match["phone"]
    least = 9 if value.startswith("00") else 7
    return least <= len(_digits(value)) <= 15 and not _DATE_OR_VERSION.match(value.lstrip("(+"))


def _is_secret(match: re.Match[str]) -> bool:
    """A word after `password:` is more often `required` than a password; a code is more often an error."""
    value = match["secret"]
    if "://" in value or re.fullmatch(r"[A-Z]{1,10}[-_]?\d{1,6}[.,;:!?]?", value):
        return False
    has_digit = any(c.isdigit() for c in value)
    has_letter = any(c.isalpha() for c in value)
    return (has_digit and has_letter) or bool(re.search(r"[a-z][A-Z]|\w[!@#$%^&*+=~]\w", value))


def _is_mixed(match: re.Match[str]) -> bool:
    """Long runs of letters and digits with both cases: a key. Hex alone is more often a commit or an id."""
    value = match[0]
    kinds = (r"[a-z]", r"[A-Z]", r"\d")
    changes = len(re.findall(r"(?<=[A-Za-z])\d|(?<=\d)[A-Za-z]", value))
    return all(re.search(kind, value) for kind in kinds) and changes >= 4


_PHONE_CUE = (
    r"(?:phone|tel|telephone|telefon|mobile|cell|fax|whatsapp|number is"
    r"|call(?: me)?(?: (?:on|at|back))*|reach me (?:on|at))"
)

RULES: tuple[Rule, ...] = (
    Rule(
        "key",
        re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.{0,8000}?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.S),
        needs=("private key-----",),
    ),
    Rule(
        "token",
        re.compile(
            r"(?<![A-Za-z0-9_-])(?:"
            r"eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"  # JSON web token
            r"|(?:sk|pk|rk)[-_](?:live|test|proj|ant)?[-_]?[A-Za-z0-9_-]{16,}"
            r"|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}"
            r"|xox[abeoprs]-[A-Za-z0-9-]{10,}|lin_api_\w{16,}|hf_[A-Za-z0-9]{16,}|npm_[A-Za-z0-9]{20,}"
            r"|(?:AKIA|ASIA)[A-Z0-9]{16}|AIza[\w-]{30,}|SG\.[\w-]{16,}\.[\w-]{16,}"
            r")"
        ),
        needs=(
            "eyj",
            "sk-",
            "sk_",
            "pk-",
            "pk_",
            "rk-",
            "rk_",
            "ghp_",
            "gho_",
            "ghu_",
            "ghs_",
            "ghr_",
            "github_pat_",
            "glpat-",
            "xox",
            "lin_api_",
            "hf_",
            "npm_",
            "akia",
            "asia",
            "aiza",
            "sg.",
        ),
        longest=15,
    ),
    Rule(
        "token",
        re.compile(r"\b(?:Bearer|Basic)\s+([A-Za-z0-9+/._~-]{16,}=*)", re.I),
        group=1,
        needs=("bearer", "basic"),
    ),
    Rule(
        "secret",
        re.compile(
            r"(?<!unexpected )\b(?:pass(?:word|wd|code|phrase)|pwd|secret|api[ _-]?key"
            r"|(?:access|auth|api|client|refresh)?[ _-]?(?:token|secret)|session[ _-]?id|sid)\b"
            r"[\"']?\s{0,3}(?:=|:|\bis\b)\s{0,3}[\"']?"
            r"(?P<secret>[^\s\"'<>\[\],;&]{6,200})",
            re.I,
        ),
        _is_secret,
        group=1,
        needs=("pass", "pwd", "key", "token", "secret", "sid", "session"),
    ),
    Rule("credentials", re.compile(r"(?<=://)[^\s/@:\[\]]{1,80}:[^\s/@\[\]]{1,80}(?=@)"), needs=("://",)),
    Rule(
        "email",
        re.compile(r"(?<![\w.+%-])[\w.+%-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*\.[A-Za-z]{2,24}\b"),
        needs=("@",),
    ),
    Rule("iban", re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b"), _is_iban, digits=True),
    Rule("card", re.compile(r"(?<![\w./=-])\d(?:[ -]?\d){12,18}(?![\w=/-]|\.\d)"), _is_card, digits=True),
    # Again as cards are written: beside another number the digits above are too many.
    Rule(
        "card",
        re.compile(
            r"(?<![\w./=-])(?:\d{4}([ -])\d{4}\1\d{4}\1\d{4}|\d{4}[ -]\d{6}[ -]\d{5}|\d{13,19})(?![\w=/-]|\.\d)"
        ),
        _is_card,
        digits=True,
    ),
    Rule("id", re.compile(r"(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])"), digits=True),  # US social security number
    Rule("ip", re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)"), _is_ipv4, digits=True),
    Rule("mac", re.compile(r"(?<![\w:-])(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}(?![\w:-])"), needs=(":", "-")),
    Rule("ip", re.compile(r"(?<![\w:.])[0-9A-Fa-f:]{4,39}(?![\w:])"), _is_ipv6, needs=(":",)),
    Rule(
        "phone",
        re.compile(
            r"(?<![\w+.#-])(?P<phone>(?:\+|00)[1-9]\d{0,3}[ .-]?(?:\(\d{1,5}\)[ .-]?)?"
            r"\d{1,5}(?:[ .-]?\d{1,5}){1,6})(?![\w]|[.-]\d)"
        ),
        _is_phone,
        digits=True,
    ),
    Rule(
        "phone",
        re.compile(
            r"(?<![\w+.#/-])(?P<phone>(?:1[ .-])?(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}"  # North America
            r"|\(0?\d{2,5}\) ?\d{3,4}[ -]?\d{3,4}"
            r"|0\d{1,4}[ /-]\d{2,8}(?:[ -]\d{2,4}){0,4}|0[1-9]\d{8,9})(?![\w]|[.-]\d)"
        ),
        _is_phone,
        digits=True,
    ),
    Rule(
        "phone",
        re.compile(
            rf"\b{_PHONE_CUE}\b[\s.:#]{{0,4}}(?:is |no\.? |number )?"
            r"(?P<phone>\d[\d .()-]{5,18}\d)(?![\w]|[.-]\d)",
            re.I,
        ),
        _is_phone,
        group=1,
        needs=("phone", "tel", "mobile", "cell", "fax", "whatsapp", "number", "call", "reach"),
        digits=True,
    ),
    Rule("token", re.compile(r"(?<![\w/+.=-])[A-Za-z0-9_]{32,200}(?![\w/+])"), _is_mixed, longest=32),
)


_NEAR_DIGITS = re.compile(r"(?:\d[^\d\n]{0,4}){3}\d")


def placeholder(kind: str, value: str) -> str:
    """`[kind-1a2b]`, the same for one value however it is spaced or cased."""
    normal = re.sub(r"[\s().-]", "", value) if kind in {"phone", "card", "iban", "id"} else value.strip()
    return f"[{kind}-{digest(kind, normal.lower())[:_HEX_DIGITS]}]"


def redact(text: str) -> str:
    """The text with personal data and secrets replaced by placeholders; see RULES for the kinds."""
    if not text:
        return text
    lowered = text.lower()
    longest = max(map(len, text.split()), default=0)
    has_digits = bool(_NEAR_DIGITS.search(text))
    for rule in RULES:
        if (rule.digits and not has_digits) or longest < rule.longest:
            continue
        for need in rule.needs:
            if need in lowered:
                break
        else:
            if rule.needs:
                continue
        text = _apply(rule, text)
    return text


def _apply(rule: Rule, text: str) -> str:
    def replace(match: re.Match[str]) -> str:
        if rule.check and not rule.check(match):
            return match[0]
        start, end = match.start(rule.group), match.end(rule.group)
        whole = match[0]
        offset = match.start()
        return whole[: start - offset] + placeholder(rule.kind, match[rule.group]) + whole[end - offset :]

    return rule.pattern.sub(replace, text)
