"""Text of strangers, made inert for the place it is written to.

Ticket text may hold anything: `<!channel>`, `@here`, links, images, tables, code fences, HTML, characters
that turn the line around. What leaves here is one line that reads the same and does nothing. Call one of
the functions on each piece of foreign text, once, as the last thing before it is put between our own
markup; none of them is idempotent, because escaping is not.

Invisible word joiners (U+2060) keep `@name`, `name.tld` and `ENG-123` from being recognised where a vendor
recognises them in plain text; backslashes would be gone by then.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote, urlsplit

JOINER = "\u2060"
MAX_URL = 1000

_SPACES = re.compile(r"\s+")
_MENTION = re.compile(r"([@#])(?=[^\W_]|`)")  # what replaces a backtick for Slack counts as a letter
_URL = re.compile(r":(?=//)|(?<=\bmailto):(?=\S)", re.IGNORECASE)
_DOMAIN = re.compile(r"(?<=[^\W_])\.(?=[^\W\d_]{2})")  # before a letter: a version number stays as it is
_IDENTIFIER = re.compile(r"\b([^\W\d_][^\W_]*-)(?=\d)")  # ENG-123, as Linear links it
_EMOJI_CODE = re.compile(r":(?=(?:[\w+/'-]*[^\W\d][\w+/'-]*|\+1|-1|100|1234):)")

_SLACK_LOOKALIKES = str.maketrans({"*": "∗", "~": "∼", "`": "ˋ"})
_SLACK_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")  # one inside a word, as in SYNC_ERROR, formats nothing
_SLACK_ESCAPES = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"))

_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~&$^!])")
_MARKDOWN_START = re.compile(r"^(\d+(?=[.)](?:\s|$))|(?=[-+=]))")  # lists, underlined headings, rules


def plain(text: str) -> str:
    """One line without control, bidirectional, zero-width and unassigned characters."""
    kept = (" " if char in "\n\r\t\v\f\x1c\x1d\x1e\x85\u2028\u2029" else char for char in text)
    visible = "".join(char for char in kept if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn"))
    return _SPACES.sub(" ", visible).strip()


def clip(text: str, limit: int) -> str:
    """At most `limit` characters, cut between words where there is one, with an ellipsis."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    space = cut.rfind(" ")
    return (cut[:space] if space > limit // 2 else cut).rstrip() + "…"


def for_slack(text: str) -> str:
    """Inert text for a mrkdwn text object of Slack; put it into objects with `verbatim: true`.

    Slack has no escape for its formatting characters, and a zero-width space beside them makes them work
    inside words, so they are replaced by characters that look alike.
    """
    inert = _defuse(plain(text)).translate(_SLACK_LOOKALIKES)
    inert = _SLACK_UNDERSCORE.sub("＿", inert)
    inert = _EMOJI_CODE.sub("꞉", inert)
    for char, escape in _SLACK_ESCAPES:
        inert = inert.replace(char, escape)
    return inert


def for_markdown(text: str) -> str:
    """Inert text for Linear's Markdown (CommonMark with tables, strikethrough and bare links)."""
    inert = _IDENTIFIER.sub(rf"\1{JOINER}", _defuse(plain(text)))
    inert = _EMOJI_CODE.sub(f":{JOINER}", _MARKDOWN.sub(r"\\\1", inert))
    return _MARKDOWN_START.sub(r"\1\\", inert)


def for_title(text: str) -> str:
    """Inert text for places without markup: an issue's title, a Slack header of plain text."""
    return _defuse(plain(text))


def code(text: str) -> str:
    """A Markdown code span that holds the text literally: nothing is recognised in it, and it can be searched."""
    inert = plain(text).replace("`", "ˋ").replace("|", "¦")
    return f"`{inert}`" if inert else ""


def link(url: str | None) -> str | None:
    """An http(s) address that is safe between our own markup for links, or None for anything else."""
    if not url or len(url) > MAX_URL or plain(url) != url or " " in url:
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host or parts.username is not None:
        return None
    return quote(url, safe="/:?#@!$&'+,;=%~-._[]")


def _defuse(text: str) -> str:
    """Mentions, addresses and host names, so that nothing recognises them in plain text."""
    text = _MENTION.sub(rf"\1{JOINER}", text)
    text = _URL.sub(f":{JOINER}", text)
    return _DOMAIN.sub(f".{JOINER}", text)
