"""Links to help articles, and how an article is known whatever locale, host alias or anchor a link carries."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

VERSION = 1

_HELP = re.compile(
    r"/(?:kb|knowledge(?:base)?|hc|help|faqs?|docs?|articles?|guides?|how-?to|support/(?:solutions|articles))(?:/|$)",
    re.I,
)
_HELP_HOST = re.compile(r"^(?:help|support|docs|kb|knowledge|learn|faq)[.-]", re.I)
_NOT_ARTICLES = re.compile(r"/(?:questions|tickets?|requests?|forums?|community|user)(?:/|$)", re.I)
_ZENDESK = re.compile(r"/articles/(\d{4,20})(?:-|/|$)")
_LOCALE = re.compile(r"^[a-z]{2,3}(?:[-_][a-z]{2,4})?$", re.I)


def is_help_link(url: str) -> bool:
    """Whether a link leads to what is written for readers, by its host or path; threads and tickets are not."""
    host, path = _parts(url)
    if _NOT_ARTICLES.search(path) or path.count("/") < 1 or path == "/":
        return False
    return bool(_HELP.search(path)) or bool(_HELP_HOST.match(host))


def article_key(url: str) -> str:
    """The same for all links to one article: the number of a Zendesk article, else host and path without the locale."""
    host, path = _parts(url)
    numbered = _ZENDESK.search(path)
    if numbered:
        return f"{host}/articles/{numbered[1]}"
    kept = [segment for segment in path.split("/") if segment and not _LOCALE.match(segment)]
    return "/".join([host, *(kept or [part for part in path.split("/") if part])]).lower()[:200]


def title_key(title: str) -> str:
    """How an article is known that is named by its title."""
    return f"title:{' '.join(title.lower().split())}"


def _parts(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url.rstrip(".,;:!?"))
        return (parts.hostname or "").removeprefix("www."), unquote(parts.path)
    except ValueError:
        return "", ""
