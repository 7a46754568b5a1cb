"""The product's versions that a text names, told from those of other products, dates and measures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from flows.enrich.addresses import is_in_address
from flows.enrich.hints import holds

VERSION = 1

_DIGIT = re.compile(r"\d")
_POINT = re.compile(r"\d\.\d")
_POINTED = r"\d{1,4}+(?:\.\d{1,5}+){1,3}+"  # possessive: 128.5.2esr is not 128.5
_WORD = r"(?:versi(?:on|one|ón|e)|versão|verze|vers\.|ver\.?|v\.?)"
_VERSION = re.compile(
    rf"(?<![-\w])(?:{_WORD}|release|build)\s?(?:is|number|nr\.?|no\.?|:|=|#)?\s?v?({_POINTED})(?!\.\d)", re.I
)
# `the version that I run is 3.12`
_VERSION_IS = re.compile(
    rf"\bversi(?:on|one|ón|e)\b[^.,;:!?()\n]{{1,40}}?(?:\s(?:is|ist|est|es|è)|\s?[:=])\s?v?({_POINTED})", re.I
)
_WHOLE_VERSION = re.compile(
    rf"(?<![-\w])(?:version\s?(?:is|number|:|=|#)?\s?(?=\d{{2,4}}\b)|{_WORD}\s?(?=\d{{2,3}}\b))(\d{{2,4}})(?!\w|[.,]\d)",
    re.I,
)
# A number that stands alone is a version by its major number: of two places where the majors are so large that they
# hardly mean anything else, else of three, behind one of these words; of one where the words say that it is released.
_LARGE = 100
_BEFORE = (
    r"(?:\b(?:running|using|use|on|to|from|since|after|before|with|in|under|is|now|at|update|upgrade|release|latest"
    r"|newest|current),? |\()"
)
_TO = (
    r"\b(?:updat|upgrad|downgrad|aktualisier|aggiorna|actualiza|atualiza)\w*(?: \w+){0,3}?"
    r" (?:to|from|auf|von|à|alla|a|para) (?:the )?(?:new |latest |old )?"
)
_LABEL = r"(?:(?:beta|daily|nightly|esr|release|version|vers?\.?|v\.?)[ :]{0,2}){0,2}"
_NO_UNIT = r"(?![ -]?bit| ?(?:%|[kmgt]i?b(?:it)?\b|m?s\b|sec|min|hours?\b|days?\b|px\b|[€$£]|(?:eur|usd|gbp)\b))"
_ENDS = rf"(?=esr\b|b\d{{1,2}}\b|(?!\w|[.,/-]\d)){_NO_UNIT}"
_DATE = re.compile(r"(?:0?[1-9]|[12]\d|3[01])\.(?:0?[1-9]|1[0-2])\.(?:1[5-9]|[2-4]\d)")
# What was there before counts only where nothing says what is there now.
_FORMER = re.compile(r"\b(?:from|before|prior to|until)\W{1,2}(?:\w+\W{1,2}){0,2}$", re.I)
_OTHER = (
    r"(?:windows|macos|mac os|os x|ios|ipados|android|ubuntu|debian|mint|fedora|linux|kernel|chrome|firefox|safari|edge"
    r"|opera|brave|java|python|node|php|outlook|office|excel|postfix|dovecot|openssl|tls|ssl|imap|bios|driver|kde"
    r"|plasma|frameworks|qt|gnome|norton|kaspersky|avast|eset|mcafee)"
)
_OTHER_NAME = re.compile(rf"\b{_OTHER}\b", re.I)
_OTHER_PRODUCT = re.compile(rf"{_OTHER}\W{{0,3}}(?:\w+\W){{0,2}}$", re.I)


@dataclass(frozen=True)
class Product:
    """What is known of the products: patterns for `<name> 3.12.0`, for `TB 3.12.0`, those for `3.12.0` and for
    `131` alone, and the major numbers of their releases."""

    named: tuple[re.Pattern[str], ...]
    short: re.Pattern[str]
    words: tuple[str, ...]  # the names in lower case: without one no pattern of `named` matches
    alone: tuple[re.Pattern[str], ...]
    whole: tuple[re.Pattern[str], ...]
    large: tuple[str, ...]  # the major numbers of which one must stand in a text for `whole`
    majors: frozenset[str]

    @property
    def names(self) -> str:
        """What tells one set of names from another."""
        return "".join(pattern.pattern for pattern in (*self.named, self.short))


def known_products(releases: list[tuple[str, str]]) -> Product | None:
    """From (product, version) of the releases; None when there are none."""
    products = sorted({product for product, _ in releases if len(product) > 2})
    if not products:
        return None
    majors = frozenset(version.split(".")[0] for _, version in releases)
    any_major = "|".join(sorted(map(re.escape, majors)))
    large = tuple(sorted(major for major in majors if major.isdigit() and int(major) >= _LARGE))
    any_large = "|".join(large)
    whole = []
    alone = [rf"{_BEFORE}v?((?:{any_major})(?:\.\d{{1,3}}){{2}}+){_ENDS}"]
    if large:
        alone += [rf"(?<![\w.,/$€£:#-])v?((?:{any_large})(?:\.\d{{1,3}}){{1,2}}+){_ENDS}"]
        whole = [
            rf"{_TO}v?({any_large}){_ENDS}",
            rf"(?<![\w.,/$€£:#-])v?({any_large}){_ENDS}(?= (?:update|upgrade|release|version)\b)",
        ]
    return Product(
        named=_named(products),
        short=_short(products),
        words=tuple(product.lower() for product in products),
        alone=tuple(re.compile(pattern, re.I) for pattern in alone),
        whole=tuple(re.compile(pattern, re.I) for pattern in whole),
        large=large,
        majors=majors,
    )


def _named(products: list[str]) -> tuple[re.Pattern[str], ...]:
    names = "|".join(map(re.escape, products))
    filler = (
        r"(?:'s)?(?: (?:is|was|now|currently|at|on|to|in|the|latest|newest|version|release|update|number|running|mail"
        r"|desktop|client|beta|daily|esr)\b[:=]?){1,4} ?\(?v?"
    )
    return (
        re.compile(rf"\b(?:{names})(?:[ /-]|\s?\(){{1,3}}{_LABEL}({_POINTED}|\d{{1,4}}+){_NO_UNIT}", re.I),
        re.compile(rf"\b(?:{names}){filler}({_POINTED}){_ENDS}", re.I),
    )


def _short(products: list[str]) -> re.Pattern[str]:
    """A name's initial with another of its letters: `TB`. Two of them, and large numbers, as a name says more."""
    names = "|".join(rf"{re.escape(name[0].upper())}[{_letters(name)}]" for name in products)
    return re.compile(
        rf"\b(?:{names})(?<!\d\w\w)(?<!\d \w\w)(?: ?[(:]? ?)(?i:{_LABEL})({_POINTED}|\d{{2,3}}+)(?i:{_ENDS})"
    )


def _letters(name: str) -> str:
    return "".join(sorted({letter for letter in name[1:].upper() if letter.isalpha()})) or name[0].upper()


def find_version(text: str, product: Product | None = None) -> str | None:
    """The product's version: after its name first, else after the word version unless another product owns it, else a
    number alone; one that is left behind (`from 3.11`) last.

    Where releases are known, a number counts only if its major number is that of a release. `131` that is `131.2`
    elsewhere is 131.2.
    """
    now = former = None
    for match in _found(text, product):
        version = match[1]
        if product and version.split(".")[0] not in product.majors:
            continue
        if now:
            if version.startswith(f"{now}."):
                return version
        elif _FORMER.search(text[max(0, match.start(1) - 24) : match.start(1)]):
            former = former or version
        elif "." in version:
            return version
        else:
            now = version
    return now or former


def versions(text: str, product: Product | None = None) -> Iterator[tuple[str, str]]:
    """All of them in that order, of whatever release, with the words that name them."""
    for match in _found(text, product):
        yield match[1], match[0]


def _found(text: str, product: Product | None) -> Iterator[re.Match[str]]:
    if not _DIGIT.search(text):
        return
    lowered = text.lower()
    if product:
        named = product.named if holds(lowered, product.words) else ()
        for match in chain.from_iterable(pattern.finditer(text) for pattern in (*named, product.short)):
            if not is_in_address(text, match.start()):
                yield match
    has_point = _POINT.search(text) is not None
    has_word = holds(lowered, ("vers", "verz"))
    said = [_VERSION] * has_point + [_VERSION_IS] * (has_point and has_word) + [_WHOLE_VERSION]
    for pattern in said:
        for match in pattern.finditer(text):
            if not (_is_of_another(text, match) or is_in_address(text, match.start())):
                yield match
    if not product:
        return
    alone = product.alone if has_point else ()
    whole = product.whole if holds(text, product.large) else ()
    for pattern in (*alone, *whole):
        for match in pattern.finditer(text):
            if not (_is_of_another(text, match) or _DATE.fullmatch(match[1]) or is_in_address(text, match.start())):
                yield match


def _is_of_another(text: str, match: re.Match[str]) -> bool:
    before = text[max(0, match.start() - 24) : match.start()]
    return bool(_OTHER_PRODUCT.search(before) or _OTHER_NAME.search(match[0]))
