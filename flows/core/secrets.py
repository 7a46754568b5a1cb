"""The secrets in use, so that nothing that is said repeats them: vendors like to quote what they were sent.

Whoever takes a secret into use tells it here. Errors, and texts of others on their way into one, come through
`without_secrets`.
"""

from __future__ import annotations

from base64 import b64encode
from urllib.parse import quote

MASK = "***"
SHORTEST = 6  # characters; a shorter one would be found in words that are none
_in_use: set[str] = set()


def in_use(secret: str) -> str:
    """The secret, which no text repeats from now on: neither as it is, nor in base64, nor as it stands in a URL."""
    if len(secret) >= SHORTEST:
        _in_use.update((secret, b64encode(secret.encode()).decode(), quote(secret, safe="")))
    return secret


def without_secrets(text: str) -> str:
    """The text with *** for every secret in use. Before it is cut: what is left of a cut one is not found."""
    for secret in sorted(_in_use, key=len, reverse=True):
        text = text.replace(secret, MASK)
    return text
