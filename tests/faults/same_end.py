"""What may differ between a company's end state in peace and on a bad network, and why.

Everything else is equal: every record, every row of the marts, every issue with its comments, customers and links,
every message, every finding and its states.
"""

from __future__ import annotations


def may_differ(line: str) -> str | None:
    """What of a line of an end state must be equal; None: nothing."""
    return line
