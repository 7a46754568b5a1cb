"""What may stay of a record, now that people were forgotten: all of it, all but what names them, or nothing.

The same rules go over what is landed (`flows.forget`) and over what a pull brings (`flows.pull.run`), and they know
nothing but marks (`landing.tombstones`). A record that is theirs goes (THEIRS): their own entry, the tickets they
requested with everything below them, the comments they wrote elsewhere. In all other records what names them is
taken out: their ids in lists of people, and their addresses, numbers and whole names in any text. Of what is read
back from Linear and Slack the prose goes as a whole: it quotes tickets, nothing here reads it, and it stands there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import orjson

from flows.core.json_text import read_json
from flows.landing.tombstones import Marks, email_of, normal, phone_of, words

GONE = "[forgotten]"
LONG_ID = 6  # characters: a shorter id cannot be told from a number

# Type of source, stream -> (kind of mark, key of the payload): where any of these matches, the record is theirs.
THEIRS: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {
    ("zendesk", "users"): (("user", "id"), ("email", "email")),
    ("zendesk", "tickets"): (("ticket", "id"), ("user", "requester_id")),
    ("zendesk", "ticket_events"): (("ticket", "ticket_id"),),
    ("zendesk", "ticket_metrics"): (("ticket", "ticket_id"),),
    ("zendesk", "satisfaction_ratings"): (("ticket", "ticket_id"), ("user", "requester_id")),
    ("files", "users"): (("user", "id"), ("email", "email")),
    ("files", "tickets"): (("ticket", "id"), ("user", "requester_id")),
    ("files", "messages"): (("ticket", "ticket_id"), ("user", "author_id")),
    ("hubspot", "contacts"): (("user", "id"), ("email", "properties.email")),
}
# What a record of theirs teaches when it is met for the first time: its own id, of this kind.
TEACHES = {
    ("zendesk", "users"): "user",
    ("zendesk", "tickets"): "ticket",
    ("files", "users"): "user",
    ("files", "tickets"): "ticket",
    ("hubspot", "contacts"): "user",
}
PROSE = {  # of what we wrote ourselves
    "linear": ("description", "body"),
    "slack": ("text", "blocks", "attachments"),
}
PEOPLE = frozenset(
    ("requester_id", "submitter_id", "assignee_id", "author_id", "updater_id", "user_id", "actor_id",
     "collaborator_ids", "follower_ids", "email_cc_ids", "recipients", "recipient_ids", "current_collaborators", "ccs")
)  # fmt: skip
_SAYS_WHO = ("name", "email", "address", "role")  # beside an id: the object is a person
_PRIVATE_TO = ("address", "shipping", "phone", "customer_address", "customer_shipping", "customer_phone")

_WORD = re.compile(r"[^\W_]+")
_ESCAPED = re.compile(r"\\[nrt]")
_EMAIL = re.compile(r"[\w.+'-]+(?:@|%40)[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(r"[+(]?\d[\d\s().\-/]{5,22}\d")
_ID = re.compile(rf"[\w-]{{{LONG_ID},}}")
_GAP = re.compile(r"[\s,.'’_-]{1,3}")
_LONGEST_NAME = 5  # words
_REMEMBERED = 500_000  # words; bounds memory


class Forgotten:
    """Judges records by marks. With `learns`, what a record of theirs teaches is in `learned` until it is taken."""

    def __init__(self, marks: Marks, *, learns: bool) -> None:
        self._marks = marks
        self._learns = learns
        self.learned: set[str] = set()
        self._harmless: set[str] = set()  # words and numbers that were looked up before, as they are written

    def remains(self, kind: str, source: str, stream: str, payload: str) -> str | None:
        """What may stay of a payload of a source of type `kind`: the same text, another one, or None for nothing."""
        prose = PROSE.get(kind, ())
        if not prose and not self.may_concern(payload):
            return payload
        record = read_json(payload)
        if not isinstance(record, dict):
            return self._text(payload) if isinstance(record, str) else payload
        if self._is_theirs(kind, source, stream, record):
            return None
        left = {key: value for key, value in record.items() if key not in prose}
        if (kind, stream) == ("zendesk", "ticket_events") and not self._leave_comments_out(source, left):
            return None
        left = {key: value if key == "id" else self._value(source, key, value) for key, value in left.items()}
        return payload if left == record else orjson.dumps(left).decode()

    def text(self, text: str) -> str:
        """The text without whatever names them."""
        return self._text(text) if self.may_concern(text) else text

    def may_concern(self, text: str) -> bool:
        """Whether a text (JSON or not) has a word or a number of theirs. Cheap, and never wrong when it says no."""
        fresh = {*_WORD.findall(_ESCAPED.sub(" ", text)), *_PHONE.findall(text)} - self._harmless
        theirs = {word for word in fresh if self._marks.has("word", normal(word)) or self._is_phone(word)}
        if len(self._harmless) > _REMEMBERED:
            self._harmless.clear()
        self._harmless |= fresh - theirs
        return bool(theirs)

    def cursor(self, source: str, cursor: Any) -> Any:
        """A cursor without the ids of theirs that it remembers as keys: what it then brings again is kept out."""
        if isinstance(cursor, list):
            return [self.cursor(source, item) for item in cursor]
        if not isinstance(cursor, dict):
            return cursor
        gone = {key for key in cursor if self._is_person(source, key) or self.has_ticket(f"{source}:{key}")}
        return {key: self.cursor(source, item) for key, item in cursor.items() if key not in gone}

    def names(self, word: str) -> bool:
        """Whether a single word is one of theirs."""
        return self._marks.has("word", normal(word))

    def is_title(self, text: str) -> bool:
        """Whether a text says what a ticket of theirs was called."""
        return self._marks.has("title", " ".join(words(text)))

    def has_ticket(self, ticket_id: str) -> bool:
        """Whether `<source>:<id>` is a ticket that went with them."""
        return self._marks.has("ticket", normal(ticket_id))

    # -- whose it is

    def _is_theirs(self, kind: str, source: str, stream: str, record: dict[str, Any]) -> bool:
        if (kind, stream) == ("hubspot", "associations"):
            return record.get("from_type") == "contacts" and self._is_person(source, record.get("from_id"))
        if not any(self._matches(mark, source, record, key) for mark, key in THEIRS.get((kind, stream), ())):
            return False
        teaches = TEACHES.get((kind, stream))
        if self._learns and teaches and not self._matches(teaches, source, record, "id"):
            self.learned.update(marks_of_id(self._marks, teaches, source, str(record.get("id"))))
            self._marks.add(self.learned)
            self._harmless.clear()
        return True

    def _matches(self, mark: str, source: str, record: dict[str, Any], path: str) -> bool:
        value: Any = record
        for key in path.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        if value is None or value == "":
            return False
        if mark == "email":
            return self._marks.has("email", email_of(str(value)))
        return self._marks.has(mark, normal(f"{source}:{value}"))

    def _is_person(self, source: str, value: Any) -> bool:
        return value is not None and self._marks.has("user", normal(f"{source}:{value}"))

    def _leave_comments_out(self, source: str, event: dict[str, Any]) -> bool:
        """Take their comments out of an audit. False when it was theirs and nothing is left of it."""
        children = event.get("child_events")
        if not isinstance(children, list):
            return True
        left = [c for c in children if not (isinstance(c, dict) and self._is_person(source, c.get("author_id")))]
        event["child_events"] = left
        return bool(left) or not self._is_person(source, event.get("updater_id"))

    # -- what names them in a record of others

    def _value(self, source: str, key: str, value: Any) -> Any:
        if isinstance(value, dict):
            return self._object(source, value)
        if isinstance(value, list):
            kept = [self._value(source, key, item) for item in value]
            return [new for new, old in zip(kept, value, strict=True) if new is not None or old is None]
        if isinstance(value, bool | float) or value is None:
            return value
        if key in PEOPLE:
            if self._is_person(source, value):
                return None
        elif isinstance(value, int) and not _is_other_id(key):
            return None if self._is_long_id(str(value)) else value
        if isinstance(value, int) or _is_other_id(key):
            return value
        left = self._text(value)
        return None if left == GONE and any(part in key for part in ("email", "address", "phone")) else left

    def _object(self, source: str, value: dict[str, Any]) -> dict[str, Any] | None:
        own = value.get("id")
        is_a_person = any(name in value for name in _SAYS_WHO)
        if is_a_person and (self._is_person(source, own) or self._is_long_id(str(own))):
            return None
        left = {key: self._value(source, key, item) for key, item in value.items()}
        gone = [
            key for key in value if isinstance(value[key], str) and left[key] in (None, GONE) and value[key] != GONE
        ]
        if any("email" in key for key in gone) and any("name" in key for key in gone):  # a customer who is a person
            left |= {key: None for key in _PRIVATE_TO if key in left}
        return left

    def _text(self, text: str) -> str:
        text = _EMAIL.sub(lambda m: GONE if self._marks.has("email", email_of(m[0])) else m[0], text)
        text = _PHONE.sub(lambda m: GONE if self._is_phone(m[0]) else m[0], text)
        text = _ID.sub(lambda m: GONE if self._is_long_id(m[0]) else m[0], text)
        return self._without_names(text)

    def _without_names(self, text: str) -> str:
        found = list(_WORD.finditer(text))
        kept, place, n = [], 0, 0
        while n < len(found):
            many = self._name_at(text, found, n) if self.names(found[n][0]) else 0
            if many:
                kept += [text[place : found[n].start()], GONE]
                place = found[n + many - 1].end()
            n += many or 1
        return "".join([*kept, text[place:]])

    def _name_at(self, text: str, found: list[re.Match[str]], n: int) -> int:
        """How many words from the n-th on are a whole name, the longest; 0 for none."""
        spelled, longest = [normal(found[n][0])], 0
        whole = len(found) == 1 and self._marks.has(
            "name", spelled[0]
        )  # a name of one word counts where it stands alone
        for many in range(2, _LONGEST_NAME + 1):
            if n + many > len(found):
                break
            before, last = found[n + many - 2], found[n + many - 1]
            if not _GAP.fullmatch(text, before.end(), last.start()):
                break
            spelled.append(normal(last[0]))
            if self._marks.has("name", " ".join(spelled)):
                longest = many
        return longest or int(whole)

    def _is_phone(self, text: str) -> bool:
        digits = phone_of(text)
        return len(digits) >= 7 and self._marks.has("phone", digits)

    def _is_long_id(self, text: str) -> bool:
        return len(text) >= LONG_ID and self._marks.has("id", normal(text))


def marks_of_id(marks: Marks, kind: str, source: str, id: str) -> set[str]:
    """Marks of an id (kind `user` or `ticket`) of a source."""
    found = {marks.of(kind, normal(f"{source}:{id}")), *(marks.of("word", word) for word in words(id))}
    if kind == "user" and len(id) >= LONG_ID:
        found.add(marks.of("id", normal(id)))
    return found


def marks_of_person(marks: Marks, *, emails: set[str], phones: set[str], names: set[str]) -> set[str]:
    """Marks of what names somebody. A name counts as written, with its last word first, and without middle names."""
    found: set[str] = set()
    for email in emails:
        address = email_of(email)
        found |= {marks.of("email", address), *(marks.of("word", word) for word in words(address.split("@")[0]))}
    for phone in phones:
        if len(phone_of(phone)) >= 7:
            found.add(marks.of("phone", phone_of(phone)))
    for name in names:
        spelled = words(name)
        orders = {" ".join(spelled), " ".join([*spelled[-1:], *spelled[:-1]])}
        if len(spelled) > 2:
            orders |= {f"{spelled[0]} {spelled[-1]}", f"{spelled[-1]} {spelled[0]}"}
        found |= {marks.of("name", order) for order in orders if order}
        found |= {marks.of("word", word) for word in spelled}
    return found


def marks_of_titles(marks: Marks, titles: Iterable[str]) -> set[str]:
    """Marks of what tickets are called. One word is nobody's own."""
    spelled = (words(title) for title in titles)
    return {marks.of("title", " ".join(title)) for title in spelled if len(title) > 1}


def _is_other_id(key: str) -> bool:
    """Whether a key holds the id of something that is no person."""
    return key == "id" or (key.endswith(("_id", "_ids")) and key not in PEOPLE)
