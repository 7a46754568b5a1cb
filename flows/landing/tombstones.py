"""Who was forgotten: keyed hashes in the journal (kind `tombstone`), so that no pull brings them back.

A tombstone is a set of marks, HMAC-SHA-256 over a kind and a value, cut to 128 bits:

    user     <source>:<id> of a user, contact or requester     ticket   <source>:<id> of a ticket they requested
    id       an id of theirs that is long enough to be told    email    an address, without what follows a +
             from a number, wherever it stands                 phone    the last nine digits of a number
    name     their name, word by word                          word     a word of any of these
    title    the title of a ticket they requested, word by word

Marks say neither what they are of nor of which kind. Whoever has the key can ask whether a value is among them, and
can read none out of them. The key is a file of the home folder that its owner alone may read, apart from the journal,
which may lie elsewhere. Without it nobody could be recognised, so a journal with tombstones is not pulled into then.
"""

from __future__ import annotations

import hmac
import os
import re
import secrets
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from flows.core.errors import GroundswellError
from flows.core.run import Run
from flows.landing.journal import SOURCE as JOURNAL
from flows.settings import Settings

KIND = "tombstone"
MARK_DIGITS = 32
PHONE_DIGITS = 9  # what comes before differs with the country one calls from
_REMEMBERED = 500_000  # values looked up before; bounds memory
_WORD = re.compile(r"[^\W_]+")


def normal(text: str) -> str:
    """The text in the one form that marks are made of."""
    return unicodedata.normalize("NFKC", text).casefold().strip()


def words(text: str) -> list[str]:
    return [normal(word) for word in _WORD.findall(text)]


def email_of(text: str) -> str:
    """An address as it is compared: jane+news@x.example is jane@x.example."""
    local, _, domain = normal(text).replace("%40", "@").rpartition("@")
    return f"{local.split('+', 1)[0]}@{domain}"


def phone_of(text: str) -> str:
    return re.sub(r"\D", "", text)[-PHONE_DIGITS:]


def key_path(settings: Settings) -> Path:
    return settings.home / "tombstones.key"


@dataclass
class Marks:
    """Marks of everybody who was forgotten. `unfinished`: tombstones whose erasure was not completed, with findings."""

    key: bytes
    found: set[str] = field(default_factory=set)
    unfinished: dict[str, set[str]] = field(default_factory=dict)
    _known: dict[tuple[str, str], bool] = field(default_factory=dict)

    def of(self, kind: str, value: str) -> str:
        return hmac.digest(self.key, f"{kind}\x1f{value}".encode(), "sha256").hex()[:MARK_DIGITS]

    def has(self, kind: str, value: str) -> bool:
        """Whether somebody who was forgotten has this value, which is in its normal form."""
        asked = (kind, value)
        answer = self._known.get(asked)
        if answer is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            answer = self._known[asked] = self.of(kind, value) in self.found
        return answer

    def add(self, marks: Iterable[str]) -> None:
        self.found.update(marks)
        self._known.clear()

    @property
    def fingerprint(self) -> str:
        return self.of("key", "")


def read_marks(run: Run) -> Marks | None:
    """All tombstones of the journal; None where nobody was forgotten. Raises GroundswellError without their key."""
    aside = f"{run.journal.store.folder(JOURNAL, KIND)}/damaged"
    if run.journal.store.fs.exists(aside):
        raise GroundswellError(
            f"tombstones are damaged and lie in {aside}: people who were forgotten would not be recognised",
            "Put them back from a backup of the journal. Where there is none, delete that folder and forget again"
            " whoever asked for it. Until then nothing is pulled.",
        )
    entries = run.journal.read(KIND).select("id", "payload").rows()
    if not entries:
        return None
    marks = Marks(_read_key(run.settings))
    for person, text in entries:
        body = orjson.loads(text)
        if body["key"] != marks.fingerprint:
            raise GroundswellError(
                f"{key_path(run.settings)} is not the key that the journal's tombstones were made with",
                "Put the right one back from a backup: until then nothing is pulled.",
            )
        marks.found.update(body["marks"])
        if body["status"] == "begun":
            marks.unfinished.setdefault(person, set()).update(body["findings"])
        elif body["status"] == "done":
            marks.unfinished.pop(person, None)
    return marks


def new_marks(settings: Settings) -> Marks:
    """No marks yet, and the key for them, which is made where there is none."""
    path = key_path(settings)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    return Marks(_read_key(settings))


def write_marks(
    run: Run, marks: Marks, person: str, fresh: Iterable[str], status: str, findings: Iterable[str] = ()
) -> None:
    """Add to a tombstone. Status: begun, done, or met (something else of theirs was met while landing).

    `findings` are the keys of those that tickets of theirs were part of, for the report of an erasure that is resumed.
    """
    body = {"key": marks.fingerprint, "status": status, "marks": sorted(set(fresh)), "findings": sorted(set(findings))}
    run.journal.write(KIND, [(person, body)], run_id=run.run_id, at=run.now)


def _read_key(settings: Settings) -> bytes:
    path = key_path(settings)
    try:
        key = bytes.fromhex(path.read_text().strip())
    except (OSError, ValueError) as error:
        raise GroundswellError(
            f"people were forgotten here, and the key of their tombstones cannot be read from {path} ({error})",
            "Put it back from a backup: without it they could not be recognised, so nothing is pulled.",
        ) from error
    if len(key) < 16:
        raise GroundswellError(f"{path} holds no key", "Put it back from a backup: until then nothing is pulled.")
    return key
