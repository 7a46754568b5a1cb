"""Keys that are the same every time: content hashes, short keys, version-4 shaped UUIDs, and secret keys in files."""

from __future__ import annotations

import hashlib
import os
import secrets
import uuid
from contextlib import suppress
from pathlib import Path

from flows.core.errors import GroundswellError, full_disk


def digest(*parts: str) -> str:
    """SHA-256 over the parts, hex. Parts are separated, so ("ab","c") and ("a","bc") differ."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def uuid4_from(*parts: str) -> str:
    """A UUID of version-4 shape derived from the parts: the id we choose for what we create at a vendor."""
    raw = bytearray.fromhex(digest(*parts)[:32])
    raw[6] = (raw[6] & 0x0F) | 0x40
    raw[8] = (raw[8] & 0x3F) | 0x80
    return str(uuid.UUID(bytes=bytes(raw)))


def secret_key(path: Path) -> bytes:
    """The 32 random bytes of a file that its owner alone may read, made where there is none.

    Of two processes that make it at once, both get the one that was first. Raises GroundswellError for what is no key,
    and for a disk that is full.
    """
    if not path.exists():
        try:
            _make(path)
        except OSError as error:
            told = GroundswellError(f"{path} cannot be written ({error})", "Check home, and who may write there.")
            raise full_disk(error, path) or told from error
    try:
        key = bytes.fromhex(path.read_text().strip())
    except (OSError, ValueError) as error:
        raise GroundswellError(f"{path} cannot be read as a key ({error})", _REMEDY) from error
    if len(key) != 32:
        raise GroundswellError(f"{path} holds no key", _REMEDY)
    return key


_REMEDY = "Put it back from a backup, or delete it: a new one is made, and all texts are read again."


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)
