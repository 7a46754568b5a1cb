"""Everything a message names, each normalised and with the words that name it: error codes, exceptions, stack frames,
HTTP statuses, API paths, pages, versions, browsers, systems, invoices, amounts and help articles.

`entities` and `signatures` read out of a ticket the one that matters; this keeps them all, by whoever wrote them.
Placeholders of the redaction name nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import chain
from typing import NamedTuple
from urllib.parse import urlsplit

from flows.core.redaction import PLACEHOLDER
from flows.enrich import entities, signatures
from flows.enrich.help_links import article_key, is_help_link
from flows.enrich.hints import holds
from flows.enrich.versions import Product, versions

VERSION = 2
SAMPLE = 8_000  # characters of text, and of code, that are looked at
MAX_SPAN = 120
MAX_MENTIONS = 40  # of one message, in the order of KINDS
MAX_FRAMES = 10
KINDS = (
    "error_code", "exception", "stack_frame", "http_status", "api_path", "page", "version", "browser", "os", "invoice",
    "amount", "article",
)  # fmt: skip

_API = re.compile(
    r"(?:\b(GET|POST|PUT|PATCH|DELETE|HEAD)\s{1,3})?(?<![\w/.~-])(/(?:api|rest|graphql|rpc|oauth2?|v\d{1,2})(?:/[\w{}:.%-]{1,80}){0,12})(?![\w-])"
)
_METHOD_PATH = re.compile(
    r"\b(GET|POST|PUT|PATCH|DELETE)\s{1,3}(?:https?://[\w.:-]{1,100})?(/[\w{}:.%-]{1,80}(?:/[\w{}:.%-]{1,80}){0,12})"
)
_API_HOST = re.compile(r"^api\d?[.-]", re.I)
_API_ROOT = re.compile(r"^/(?:api|rest|graphql|rpc)(?:/|$)")
_JS_FRAME = re.compile(r"at (?<!\wat )(?:async )?([\w$.<>]{1,120})\s?\((?:[^()\s]{1,300}/)?([\w.-]{1,80}\.\w{1,6}):\d+")
_PY_FRAME = re.compile(r'File "(?:[^"\n]{1,300}[/\\])?([^"/\\\n]{1,80})", line \d+, in ([\w<>]{1,80})')
_USER_AGENT = re.compile(r"Mozilla/5\.0 \([^()\n]{1,200}\)(?: [\w./]{2,40}(?: \([^()\n]{1,60}\))?){0,8}")

# `sek` in lower case is as likely a second.
_CODES = "(?i:USD|EUR|GBP|CHF)|JPY|CAD|AUD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|INR|BRL|MXN|CNY|SGD|HKD|ZAR"
_CURRENCIES = {
    "€": "EUR", "EURO": "EUR", "EUROS": "EUR", "£": "GBP", "¥": "JPY", "$": "USD", "US$": "USD", "DOLLAR": "USD",
    "DOLLARS": "USD", "CA$": "CAD", "C$": "CAD", "AU$": "AUD", "A$": "AUD", "NZ$": "NZD", "R$": "BRL",
}  # fmt: skip
_SUM = r"\d{1,3}(?:[.,' \u00a0]\d{3}){1,4}(?:[.,]\d{1,2})?|\d{1,9}(?:[.,]\d{1,2})?"
_AMOUNT = re.compile(
    rf"(?<![\w.,$€£¥/-])(?:((?:US|CA|AU|NZ|[CAR])?\$|[€£¥]|(?:{_CODES})(?![A-Za-z]))\s?({_SUM})(?![\w$€£¥]|[.,/]\d)"
    rf"|({_SUM})\s?([€£¥$]|(?:{_CODES}|(?i:euros?|dollars?))(?![A-Za-z]))(?![\w$]))"
)
_MONEY_HINTS = (
    *"€£¥$", "eur", "usd", "dollar", "gbp", "chf",
    *(code.lower() for code in _CODES.split("|")[4:]),
)  # fmt: skip
_DIGIT = re.compile(r"\d")
_API_HINTS = ("/api", "/rest", "/graphql", "/rpc", "/oauth", "/v", "//api")
_METHODS = ("GET ", "POST ", "PUT ", "PATCH ", "DELETE ")
_INVOICE_CODE = re.compile(
    r"(?<![\w/-])(INV(?:OICE)?[-_#]?(?:[A-Z0-9]{1,8}[-_/]){0,3}\d{2,12}|in_[A-Za-z0-9]{14,26})(?![\w/])"
)
_INVOICE_NAMED = re.compile(
    r"\b(?:invoices?|rechnung(?:s-?(?:nummer|nr))?|factur[ae]|fattura|factuur|fatura)(?![a-z])"
    r"(\s?(?:number|no|nr|num|id|n[°ºo]|nummer|numéro|número)?\.?\s?(?:is\s|:\s?)?#?\s?)"
    r"((?=[A-Z/_-]{0,10}\d)[A-Z\d][A-Z\d/_-]{2,24})(?![\w/]|\.\d)",
    re.I,
)
_DATE = re.compile(r"\d{1,4}[-/]\d{1,2}[-/]\d{1,4}|\d{1,2}/\d{2,4}")


class Mention(NamedTuple):
    kind: str  # one of KINDS
    value: str  # the same for two mentions of one thing
    span: str  # the words as written, at most MAX_SPAN characters


def mentions(text: str, code: str = "", product: Product | None = None) -> list[Mention]:
    """What a redacted message names, each thing once, kind by kind in the order of KINDS.

    `code` is what was pasted from a machine, `product` the names of the products, without which only a number after
    the word version is one.
    """
    said = PLACEHOLDER.sub("[]", text[:SAMPLE])
    pasted = PLACEHOLDER.sub("[]", code[:SAMPLE])
    both = f"{said}\n{pasted}" if pasted else said
    agents = [match[0] for match in _USER_AGENT.finditer(both)] if "Mozilla/5.0 (" in both else []
    plain = _USER_AGENT.sub(" ", both) if agents else both
    found: dict[tuple[str, str], str] = {}
    for kind, values in (
        ("error_code", signatures.codes(both)),
        ("exception", signatures.exceptions(both)),
        ("stack_frame", _frames(both)),
        ("http_status", signatures.statuses(both)),
        ("api_path", _api_paths(both)),
        ("page", _pages(said)),
        ("version", versions(both, product)),
        ("browser", chain(_of_agents(entities.BROWSERS, agents), entities.named(entities.BROWSERS, plain))),
        ("os", chain(_of_agents(entities.SYSTEMS, agents), entities.named(entities.SYSTEMS, plain))),
        ("invoice", _invoices(said)),
        ("amount", _amounts(said)),
        ("article", _articles(said)),
    ):
        for value, span in values:
            found.setdefault((kind, value[:MAX_SPAN]), " ".join(span.split())[:MAX_SPAN])
    for kind, value in [key for key in found if key[0] in ("browser", "os")]:
        if any(kind == other and name.startswith(f"{value} ") for other, name in found):
            del found[kind, value]  # named with its version elsewhere
    return [Mention(kind, value, span) for (kind, value), span in found.items()][:MAX_MENTIONS]


def _of_agents(rules: entities.Rules, agents: Iterable[str]) -> Iterator[tuple[str, str]]:
    """What a user agent is by the first rule that matches: one of Edge names Chrome and Safari too."""
    for agent in agents:
        name = entities.first_named(rules, agent, agent.lower())
        if name:
            yield name, agent


def _frames(text: str) -> Iterator[tuple[str, str]]:
    """`function (file)`: the line within the file changes from release to release."""
    if "(" in text and "at " in text:
        for match, _ in zip(_JS_FRAME.finditer(text), range(MAX_FRAMES), strict=False):
            yield f"{match[1]} ({match[2]})", match[0]
    if 'File "' in text:
        for match, _ in zip(_PY_FRAME.finditer(text), range(MAX_FRAMES), strict=False):
            yield f"{match[2]} ({match[1]})", match[0]


def _api_paths(text: str) -> Iterator[tuple[str, str]]:
    """`GET /api/v2/users/:id`, without the method where none is named."""
    if "/" not in text:
        return
    with_method = {}
    has_method = holds(text, _METHODS)
    if not has_method and not holds(text, _API_HINTS):
        return
    for match in _METHOD_PATH.finditer(text):
        path = entities.route(match[2].rstrip("."))
        with_method[path] = match[1]
        yield f"{match[1]} {path}", match[0]
    for match in _API.finditer(text):
        path = entities.route(match[2].rstrip("."))
        if not match[1] and path not in with_method and path.count("/") > 1:
            yield path, match[0]
    for match in entities.URL.finditer(text):
        called = _path_of(match[0], _API_HOST)
        if called and called not in with_method:
            yield called, match[0]


def _pages(text: str) -> Iterator[tuple[str, str]]:
    if "/" in text:
        for page, span in entities.routes(text):
            if not _API_ROOT.match(page):
                yield page, span


def _path_of(url: str, host: re.Pattern[str]) -> str | None:
    """The route of an address of such a host, None of any other."""
    try:
        parts = urlsplit(url.rstrip(".,;:!?"))
        name = parts.hostname or ""
    except ValueError:
        return None
    is_api = bool(host.match(name)) or bool(_API_ROOT.match(parts.path) and parts.path.count("/") > 1)
    return entities.route(parts.path) if is_api and parts.path not in ("", "/") else None


def _articles(text: str) -> Iterator[tuple[str, str]]:
    """Help articles that are linked: what was read, or what an agent answered with."""
    if "://" in text:
        for match in entities.URL.finditer(text):
            if is_help_link(match[0]):
                yield article_key(match[0]), match[0]


def _invoices(text: str) -> Iterator[tuple[str, str]]:
    lowered = text.lower()
    if "INV" in text or "in_" in text:
        for match in _INVOICE_CODE.finditer(text):
            yield match[1] if match[1].startswith("in_") else match[1].upper(), match[0]
    if holds(lowered, ("invoice", "rechnung", "factu", "fattura", "fatura")):
        for match in _INVOICE_NAMED.finditer(text):
            cue, number = match[1], match[2].strip("-/_")
            is_year = re.fullmatch(r"(?:19|20)\d\d", number) and not re.search(r"[#n:]", cue, re.I)
            if len(re.sub(r"\D", "", number)) >= 3 and not is_year and not _DATE.fullmatch(number):
                yield number.upper(), match[0]


def _amounts(text: str) -> Iterator[tuple[str, str]]:
    """`1200.50 EUR`. A bare dollar sign is taken for the US dollar."""
    lowered = text.lower()
    if not _DIGIT.search(text) or not holds(lowered, _MONEY_HINTS):
        return
    for match in _AMOUNT.finditer(text):
        currency = (match[1] or match[4]).upper()
        yield f"{_decimal(match[2] or match[3])} {_CURRENCIES.get(currency, currency)}", match[0]


def _decimal(written: str) -> Decimal:
    """`1.200,50`, `1,200.50`, `1'200` and `12,5` as numbers: three digits after the only separator are thousands."""
    digits = re.sub(r"[' \u00a0]", "", written)
    last = max(digits.rfind("."), digits.rfind(","))
    is_fraction = last >= 0 and (len(digits) - last - 1 < 3)
    whole = re.sub(r"[.,]", "", digits[:last] if is_fraction else digits)
    return Decimal(f"{whole}.{digits[last + 1 :]}" if is_fraction else whole).quantize(Decimal("0.01"))
