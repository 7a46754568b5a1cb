"""The table of bad input: what is given, the words it is told in, and where it ends.

Each kind of input has its module `cases_<kind>.py` with a list `CASES`, and `test_<kind>.py` that gives every one of
them to the real thing. `test_table.py` counts them all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

End = Literal[
    "refused",  # nothing is done, and the command exits with 1 (2 for wrong usage)
    "problem",  # the report names it, and the rest goes on
    "quarantine",  # the record is kept apart with its reason
    "taken",  # a setting that is odd, and clear enough to be used as it is meant
    "marts",  # the record is in the marts, as good as it can be
]


@dataclass(frozen=True)
class Case:
    """One bad input. `given` is what its kind needs: the text of a file, arguments, a record.

    `says` is exact text of what the user reads, its remedy included; spaces and line ends count as one space.
    It is empty where nothing has to be said, because nothing is lost.
    """

    name: str  # what is wrong, in words; it is the test's id
    given: Any
    says: str
    ends: End


def words(text: str) -> str:
    """Text as it is compared: any run of spaces and line ends is one space."""
    return " ".join(text.split())
