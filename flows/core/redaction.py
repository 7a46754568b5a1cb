"""Personal data and secrets out of text, before anything else reads or sends it.

`redact` replaces each value by a placeholder such as `[email-1a2b3c4d]`. The digits are a keyed hash of the value
(HMAC-SHA-256, RFC 2104, cut to 32 bits): two mentions of one value stay equal in all texts of a company, which numbers
given ticket by ticket would not do, and whoever has a list of addresses to try cannot tell which of them it is without
the key, which a hash without a key would let them. The key is a file of the company's home folder (`core.keys`);
until `use_key` a process has one of its own. Redacting twice changes nothing. Version numbers, error codes, dates,
UUIDs and ticket numbers stay as they are: they are what the rest of the pipeline works on.
"""

from __future__ import annotations

import hmac
import html
import re
import secrets
from array import array

from flows.core.redaction_rules import RULES, Rule

VERSION = 3
_HEX_DIGITS = 8
PLACEHOLDER = re.compile(rf"\[[a-z]{{2,12}}-[0-9a-f]{{{_HEX_DIGITS}}}\]")

_PASSES = 4  # a value may show only when its neighbour is gone
_key = secrets.token_bytes(32)

_LONG = 15  # characters of a word in which tokens are looked for
_DIGIT = re.compile(r"\d")
_NEAR_DIGITS = re.compile(r"\d(?:[^\d]{0,4}\d){3}")
_BYTES = re.compile(r"[:-](?:[0-9A-Fa-f]{1,4}[:-]){4}")
# What reads as something plainer: dashes, spaces, wide digits, entities, what URLs escape, and what is not seen at all.
_PLAIN = {
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d", "-"),
    **dict.fromkeys("\u00a0\u1680\u202f\u205f\u3000\t\r", " "),
    **dict.fromkeys(map(chr, range(0x2000, 0x200B)), " "),
    **dict.fromkeys([*map(chr, range(0x200B, 0x2010)), *map(chr, range(0x202A, 0x202F)), "\u2060", "\ufeff"], ""),
    **dict.fromkeys(map(chr, range(0x2066, 0x206A)), ""),
    **{chr(0xFF01 + place): chr(0x21 + place) for place in range(94)},
    "\u2024": ".", "\u00ad": "",
}  # fmt: skip
_ODD = re.compile(
    rf"[{re.escape(''.join(_PLAIN))}]|%(?:20|2[BDEbde]|40|3[ADad])"
    r"|&(?:#\d{2,5}|#[xX][0-9a-fA-F]{2,4}|nbsp|ensp|emsp|thinsp|commat|plus|period|hyphen|dash|ndash|mdash|lowbar|colon"
    r"|equals|sol|lpar|rpar|num|amp|quot|apos|lt|gt);"
)


def use_key(key: bytes) -> None:
    """From now on the placeholders of this process are made with this key."""
    global _key
    _key = key


def key_in_use() -> bytes:
    """The key, for the worker processes of this one."""
    return _key


def fingerprint() -> str:
    """Tells two keys apart and says nothing else of them: texts that were redacted with another are read again."""
    return hmac.digest(_key, b"fingerprint", "sha256").hex()[:_HEX_DIGITS]


def placeholder(kind: str, value: str) -> str:
    """`[kind-1a2b3c4d]`, the same for one value however it is spaced or cased."""
    normal = re.sub(r"\s", "", value).lower()
    if kind in {"phone", "card", "iban", "id", "account"}:
        normal = re.sub(r"[^0-9a-z+]", "", normal.replace("(0)", ""))
        normal = re.sub(r"^00", "+", normal) if kind == "phone" else normal
    told = f"{kind}\x1f{normal}".encode("utf-8", "replace")
    return f"[{kind}-{hmac.digest(_key, told, 'sha256').hex()[:_HEX_DIGITS]}]"


def kinds_only(text: str) -> str:
    """The text with `[email]` for `[email-1a2b3c4d]`: a model learns that there was an address, not which, and does not
    depend on the key."""
    return PLACEHOLDER.sub(lambda match: match[0].split("-")[0] + "]", text) if "[" in text else text


def redact(text: str) -> str:
    """The text with personal data and secrets replaced by placeholders; see RULES for the kinds."""
    for _ in range(_PASSES if text else 0):
        found = _find(text)
        if not found:
            break
        parts, at = [], 0
        for start, end, replacement in found:
            parts += [text[at:start], replacement]
            at = end
        text = "".join([*parts, text[at:]])
    return text


def readable(text: str) -> tuple[str, array[int] | None]:
    """The text as rules see it, and where each of its characters stands in `text`: None where nothing differs."""
    is_plain = text.isascii() and "&" not in text and "%" not in text and "\t" not in text and "\r" not in text
    if is_plain or not _ODD.search(text):
        return text, None
    parts: list[str] = []
    places: array[int] = array("l")
    at = 0
    for match in _ODD.finditer(text):
        start, end = match.span()
        parts.append(text[at:start])
        places.extend(range(at, start))
        plain = _plain(match[0])
        parts.append(plain)
        places.extend([start] * len(plain))
        at = end
    parts.append(text[at:])
    places.extend(range(at, len(text) + 1))
    return "".join(parts), places


def _plain(odd: str) -> str:
    if odd[0] == "%":
        return chr(int(odd[1:], 16))
    if odd[0] == "&":
        char = html.unescape(odd)
        return _PLAIN.get(char, char)
    return _PLAIN[odd]


def _find(text: str) -> list[tuple[int, int, str]]:
    """Start, end and placeholder of every value in a text, in their order."""
    seen, places = readable(text)
    found: list[tuple[int, int, str]] = []
    if "[" in seen:
        seen = PLACEHOLDER.sub(lambda match: "\0" * len(match[0]), seen)
    folded = seen.lower()
    if len(folded) != len(seen):  # a capital may become two characters
        folded = "".join(char.lower() if len(char.lower()) == 1 else char for char in seen)
    words = folded.split()
    longest = max(map(len, words), default=0)
    long = [word for word in words if len(word) >= _LONG] if longest >= _LONG else []
    has_digit = bool(_DIGIT.search(seen))
    has_digits, has_bytes = has_digit and bool(_NEAR_DIGITS.search(seen)), bool(_BYTES.search(seen))
    long_words = " ".join(long)
    for rule in RULES:
        if (rule.digits and not has_digits) or (rule.digit and not has_digit):
            continue
        if (rule.bytes and not has_bytes) or longest < rule.longest:
            continue
        where = long_words if rule.longest == _LONG else folded
        for need in rule.needs:
            if need in where:
                break
        else:
            if rule.needs:
                continue
        spans = _spans(rule, folded if rule.folded else seen, seen)
        if spans:
            found += [(start, end, placeholder(rule.kind, seen[start:end])) for start, end in spans]
            seen, folded = _without(seen, spans), _without(folded, spans)
    found.sort()
    if places is None:
        return found
    return [(places[start], places[end], replacement) for start, end, replacement in found]


def _spans(rule: Rule, read: str, seen: str) -> list[tuple[int, int]]:
    spans = []
    for match in rule.pattern.finditer(read):
        span = match.span(rule.group) if rule.check is None else rule.check(match, seen)
        if span and span[0] < span[1]:
            spans.append(span)
    return spans


def _without(seen: str, spans: list[tuple[int, int]]) -> str:
    parts, at = [], 0
    for start, end in spans:
        parts += [seen[at:start], "\0" * (end - start)]
        at = end
    return "".join([*parts, seen[at:]])
