"""Where it happened: product version, page, browser and operating system named in a text.

Each is what the customer stated, or None: a missing version is not guessed here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from flows.enrich.addresses import is_in_address
from flows.enrich.hints import holds
from flows.enrich.versions import Product, find_version

VERSION = 5
SAMPLE = 8_000

# A host counts as the product when it looks like an application's: other links are what people read elsewhere.
_APP_HOST = re.compile(r"^(?:app|my|portal|console|dashboard|admin|web|cloud|account|workspace)\d?[.-]", re.I)
URL = re.compile(r"https?://[^\s<>|\"'()\[\]]{4,400}")
_BARE_PATH = re.compile(
    r"(?:\b(?:on|at|page|url|under|in|open(?:ing)?|visit(?:ing)?|to|from|route)\b:?\s+)(/[a-z][\w-]*(?:/[\w:{}.-]+){0,6})(?![\w/])"
)
_AFTER_SPACE = re.compile(r"/(?<=\s/)[a-z]")
_FILE_ROOT = re.compile(
    r"^/(?:users|home|var|etc|usr|tmp|mnt|media|opt|library|bin|dev|proc|volumes|run|snap|root|private|defaults)\b",
    re.I,
)

# Name, words of which a text must hold one (in lower case) for the pattern to match it, pattern.
Rules = tuple[tuple[str, tuple[str, ...], re.Pattern[str]], ...]

BROWSERS: Rules = tuple(
    (name, needs, re.compile(pattern))
    for name, needs, pattern in (
        (
            "Edge",
            ("edg",),
            r"\b(?:[Mm]icrosoft [Ee]dge|MS [Ee]dge|Edge|Edg(?:A|iOS)?(?=/))\b(?: version)?[ /]?(\d{2,3})?",
        ),
        ("Opera", ("opera", "opr"), r"\b(?:Opera|OPR)\b[ /]?(\d{2,3})?"),
        ("Brave", ("brave",), r"\bBrave\b(?: browser)?[ /]?(\d{2,3})?"),
        ("Vivaldi", ("vivaldi",), r"\bVivaldi\b[ /]?(\d{1,3})?"),
        ("Samsung Internet", ("samsung",), r"\bSamsung(?: Internet|Browser)\b[ /]?(\d{1,3})?"),
        ("Firefox", ("firefox", "fxios"), r"\b(?:[Ff]irefox|FxiOS)\b(?: version)?[ /]?(\d{2,3})?"),
        (
            "Chrome",
            ("chrome", "crios"),
            r"\b(?:(?<!user )[Cc]hrome(?! ?OS)|CriOS)\b(?: version| browser)?[ /]?(\d{2,3})?",
        ),
        ("Safari", ("safari",), r"\b[Ss]afari\b(?: version)?(?: (\d{2}))?"),
        ("Internet Explorer", ("explorer", "ie"), r"I(?<!\wI)(?:nternet Explorer|E) ?(\d{1,2})\b"),
    )
)
_MACS = r"(?:[Ss]onoma|[Vv]entura|[Mm]onterey|[Bb]ig [Ss]ur|[Cc]atalina|[Ss]equoia|[Mm]ojave|High Sierra)"
SYSTEMS: Rules = tuple(
    (name, needs, re.compile("|".join(patterns)))
    for name, needs, patterns in (
        (
            "Windows",
            ("win", "w10", "w11"),
            (
                r"\b(?:[Ww]indows|WINDOWS|Win|WIN|win)[ /-]?(?:version )?(11|10|8\.1|8|7|XP|Vista)\b",
                r"\bWindows NT (10)\.",
                r"\bW(11|10)\b",
                r"\bWindows\b(?! [Mm]ail| [Ll]ive)",
            ),
        ),
        ("iOS", ("ios", "iphone", "ipad"), (r"\biOS\b ?(\d{1,2})?", r"\b[Ii][Pp](?:hone|ad)(?: ?OS)?\b")),
        (
            "macOS",
            ("mac", "os x", "osx", "sonoma", "ventura", "monterey", "big sur", "catalina", "sequoia", "mojave"),
            (
                rf"\b(?:[Mm]ac ?OS(?: X)?|OS ?X)\b[ :]{{0,2}}(?:(?:[Vv]ersion|{_MACS}):? )?\(?(\d{{2}}(?:\.\d+)?)?",
                rf"\b{_MACS} \(?(\d{{2}}(?:\.\d+)?)\b",
                r"\b(?:Sonoma|Ventura|Monterey|Big Sur|Catalina|Sequoia|Mojave|Mac[Bb]ook|iMac|Macintosh|Mac mini)\b",
                r"\b(?:my|a|on|new|the) [Mm]ac\b",
            ),
        ),
        ("Android", ("android",), (r"\b[Aa]ndroid\b ?(\d{1,2})?",)),
        ("ChromeOS", ("chrome",), (r"\b(?:Chrome ?OS|Chromebook)\b",)),
        (
            "Linux",
            ("linux", "ubuntu", "debian", "fedora", "manjaro", "opensuse"),
            (r"\b(?:[Ll]inux|LINUX|[KXLkxl]?[Uu]buntu|Debian|Fedora|Manjaro|openSUSE)\b",),
        ),
    )
)


@dataclass(frozen=True)
class Environment:
    """What was stated about where it happened."""

    app_version: str | None
    page_route: str | None
    browser: str | None
    os: str | None


def find_environment(text: str, product: Product | None = None, own_version: str | None = None) -> Environment:
    """What a redacted text states. `own_version` is the helpdesk's own field and wins over the text."""
    sample = text[:SAMPLE]
    lowered = sample.lower()
    return Environment(
        app_version=_tidy_version(own_version) or find_version(sample, product),
        page_route=find_route(sample),
        browser=first_named(BROWSERS, sample, lowered),
        os=first_named(SYSTEMS, sample, lowered),
    )


def _tidy_version(value: str | None) -> str | None:
    match = re.search(r"\d{1,4}(?:\.\d{1,5}){0,3}", value or "")
    return match[0] if match else None


def find_route(text: str) -> str | None:
    """The first page of the product that is named, as a route: ids become `:id`, query and fragment go."""
    return next(routes(text), (None, ""))[0]


def routes(text: str) -> Iterator[tuple[str, str]]:
    """All of them, in addresses first, with the words that name them. A route of ids alone names no page."""
    for match in URL.finditer(text):
        try:
            parts = urlsplit(match[0].rstrip(".,;:!?"))
            host = parts.hostname or ""
        except ValueError:
            continue
        if _APP_HOST.match(host) and (page := _page(route(parts.path or "/"))):
            yield page, match[0]
    for match in _BARE_PATH.finditer(text) if _AFTER_SPACE.search(text) else ():
        if not _FILE_ROOT.match(match[1]) and not re.search(r"\.\w{1,4}$", match[1]):
            page = _page(route(match[1].rstrip(".")))
            if page:
                yield page, match[1]


def _page(found: str) -> str | None:
    """A route of ids alone names no page."""
    return found if re.search(r"/(?!:id)", found) else None


def route(path: str) -> str:
    """`/reports/4711/export` as `/reports/:id/export`. A segment with a digit or of 20 characters is an id."""
    segments = [segment for segment in path.split("/") if segment]
    kept = [
        ":id" if (re.search(r"\d", segment) and not re.fullmatch(r"v\d|2fa|oauth2|m2m", segment)) or len(segment) > 24
        or re.fullmatch(r"[{:]\w+}?", segment) else segment.lower()
        for segment in segments
        if not re.fullmatch(r"[a-z]{2}-[A-Z]{2}", segment)
    ]  # fmt: skip
    return "/" + "/".join(kept)


def first_named(rules: Rules, text: str, lowered: str) -> str | None:
    """The name, with a version where stated, of the first rule that matches. Order decides, not place:
    user agents of Edge name Chrome and Safari too."""
    return next((found for found, _ in _each(rules, text, lowered)), None)


def named(rules: Rules, text: str) -> Iterator[tuple[str, str]]:
    """What every rule finds, each with its first stated version, else without one, and the words that name it."""
    return _each(rules, text, text.lower())


def _each(rules: Rules, text: str, lowered: str) -> Iterator[tuple[str, str]]:
    for name, needs, pattern in rules:
        if holds(lowered, needs):
            without = None
            for match in pattern.finditer(text):
                if is_in_address(text, match.start()):
                    continue
                stated = next((group for group in match.groups() if group), None)
                if stated:
                    yield f"{name} {stated}", match[0]
                    break
                without = without or match[0]
            else:
                if without:
                    yield name, without
