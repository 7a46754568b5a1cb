"""Keys that are the same every time: content hashes, short keys and version-4 shaped UUIDs."""

from __future__ import annotations

import hashlib
import uuid


def digest(*parts: str) -> str:
    """SHA-256 over the parts, hex. Parts are separated, so ("ab","c") and ("a","bc") differ."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def uuid4_from(*parts: str) -> str:
    """A UUID of version-4 shape derived from the parts: the id we choose for what we create at a vendor."""
    raw = bytearray.fromhex(digest(*parts)[:32])
    raw[6] = (raw[6] & 0x0F) | 0x40
    raw[8] = (raw[8] & 0x3F) | 0x80
    return str(uuid.UUID(bytes=bytes(raw)))
