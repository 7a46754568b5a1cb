"""Whether a word stands in an address: what a link or a mailbox is called names no version, browser or system."""

from __future__ import annotations

import re

_REACH = 200  # characters of an address that are looked at on either side
# With its scheme, or as `site.example/path` and `www.site`.
_WEB = re.compile(r"://|\bwww\.|[\w-]\.[a-z]{2,12}(?::\d{1,5})?/", re.I)
_MAILBOX = re.compile(r"[\w.+-]@[\w-]")


def is_in_address(text: str, place: int) -> bool:
    """Whether a place lies within an address: `/kb/larkspan-2023` names no version, `chrome@site.example` no system."""
    before = text[max(0, place - _REACH) : place]
    start = before[-1:].isspace() or not before
    written = "" if start else before.split()[-1]
    if _WEB.search(written):
        return True
    after = text[place : place + _REACH].split(None, 1)
    return _MAILBOX.search(written + after[0] if after else written) is not None
