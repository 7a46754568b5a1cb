"""Errors a user may read: what failed, for which record or vendor, and what to do about it."""

from __future__ import annotations


class GroundswellError(Exception):
    """A failure that has an explanation. The command line prints it without a traceback.

    `what` says what failed and for whom, `todo` says what the reader can do.
    """

    def __init__(self, what: str, todo: str = "") -> None:
        super().__init__(f"{what}. {todo}" if todo else what)
        self.what = what
        self.todo = todo


class ConfigError(GroundswellError):
    """groundswell.toml or the environment says something we cannot use."""


class VendorError(GroundswellError):
    """A vendor refused, failed for good, or answered something we do not understand."""

    def __init__(self, vendor: str, what: str, todo: str = "", *, status: int | None = None) -> None:
        super().__init__(f"{vendor}: {what}", todo)
        self.vendor = vendor
        self.status = status


class UnknownOutcome(VendorError):
    """A write was sent and no answer came: it may or may not have happened. Look before sending again."""


class Busy(GroundswellError):
    """Another process holds the lock we need."""


class BadBatch(GroundswellError):
    """A batch failed a critical expectation: the source's findings stop, its landing does not."""
