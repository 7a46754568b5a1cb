"""Pages that come wrong: one that came before comes again, or it names a place that was passed already.

Only lists that are read page by page can come so, and only as our pulls read them: for a single object, or for a
look before a write, an old answer would be another fault.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

Json = dict[str, Any]

# Where each vendor's answer names the next place; Stripe's is the last object itself.
_CURSORS: dict[str, tuple[tuple[str, ...], ...]] = {
    "zendesk": (("after_cursor",), ("end_time",), ("meta", "after_cursor")),
    "hubspot": (("paging", "next", "after"),),
    "stripe": (),
    "linear": tuple(("data", name, "pageInfo", "endCursor") for name in ("workflowStates", "issues", "comments")),
}
# Parameters that say which page is asked for; the others say which list.
_PLACES = ("cursor", "start_time", "page[after]", "after", "starting_after", "created[gte]", "created[lte]")


class Lists:
    """The last answer of every list."""

    def __init__(self) -> None:
        self._last: dict[str, bytes] = {}

    def name(self, vendor: str, path: str, query: str, body: bytes) -> str | None:
        """Which list a request reads a page of; None: it reads none."""
        if vendor == "linear":
            document = str(_parsed(body).get("query"))
            return f"linear {document}" if document.startswith("\nquery Groundswell") else None
        is_search = vendor == "hubspot" and path.endswith("/search")
        if vendor not in _CURSORS or (body and not is_search):
            return None
        which = [(key, value) for key, value in parse_qsl(query) if key not in _PLACES]
        return f"{path} {sorted(which)}"

    def keep(self, name: str, status: int, answer: bytes) -> None:
        if status == 200 and any(isinstance(value, list | dict) for value in _parsed(answer).values()):
            self._last[name] = answer

    def before(self, name: str) -> bytes | None:
        """The answer that was kept last."""
        last = self._last.get(name)
        return last if last is not None and _is_list(_parsed(last)) else None


def led_back(vendor: str, answer: bytes, before: bytes) -> bytes:
    """The answer with the next place of the one before."""
    now, earlier = _parsed(answer), _parsed(before)
    for *path, last in _CURSORS[vendor]:
        here, there = _at(now, path), _at(earlier, path)
        if here and there and here.get(last) is not None and there.get(last) is not None:
            here[last] = there[last]
    return json.dumps(now).encode()


def _is_list(answer: Json) -> bool:
    """A page of a list, and no single object."""
    return answer.get("object") in (None, "list") and "id" not in answer


def _at(answer: Json, path: list[str]) -> Json | None:
    found: Any = answer
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else None


def _parsed(text: bytes) -> Json:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
