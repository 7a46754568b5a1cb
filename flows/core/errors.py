"""Errors a user may read: what failed, for which record or vendor, and what to do about it."""

from __future__ import annotations

import difflib
import errno
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from flows.core.secrets import without_secrets


class GroundswellError(Exception):
    """A failure that has an explanation. The command line prints it without a traceback.

    `what` says what failed and for whom, `todo` says what the reader can do. Secrets in use are masked.
    """

    def __init__(self, what: str, todo: str = "") -> None:
        what = without_secrets(what)
        super().__init__(f"{what}. {todo}" if todo else what)
        self.what = what
        self.todo = todo


class ConfigError(GroundswellError):
    """groundswell.toml or the environment says something we cannot use."""


class WorkerDied(GroundswellError):
    """A worker process was ended from outside, most likely for the memory it took."""


class VendorError(GroundswellError):
    """A vendor refused, failed for good, or answered something we do not understand."""

    def __init__(self, vendor: str, what: str, todo: str = "", *, status: int | None = None) -> None:
        super().__init__(f"{vendor}: {what}", todo)
        self.vendor = vendor
        self.status = status

    @property
    def is_down(self) -> bool:
        """Whether the vendor is silent, failing or out of allowance, rather than refusing what we asked for."""
        return self.status is None or self.status >= 500 or self.status == 429


class NoAnswer(VendorError):
    """The vendor is silent: no connection, or none that lasted until an answer was there."""


def several(vendor: str, failures: Sequence[GroundswellError]) -> GroundswellError:
    """One failure as it is; several as one that names each."""
    if len(failures) == 1:
        return failures[0]
    first = failures[0]
    status = first.status if isinstance(first, VendorError) else None
    whats = list(dict.fromkeys(f.what.removeprefix(f"{vendor}: ") for f in failures))
    todos = list(dict.fromkeys(f.todo for f in failures if f.todo))
    return VendorError(vendor, "; ".join(whats), " ".join(todos), status=status)


class UnknownOutcome(VendorError):
    """A write was sent and no answer came: it may or may not have happened. Look before sending again."""


class Busy(GroundswellError):
    """Another process holds the lock we need."""


class BadBatch(GroundswellError):
    """A batch failed a critical expectation: the source's findings stop, its landing does not."""


def nearest(name: str, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """The known name that was probably meant by `name`, whatever the case of its letters, or None."""
    by_fold = {one.casefold(): one for one in known}
    near = difflib.get_close_matches(name.casefold(), by_fold, n=1, cutoff=cutoff)
    return by_fold[near[0]] if near else None


def meant(name: str, known: Iterable[str]) -> str:
    """What to do about a name that is not known: the nearest one, or those there are."""
    names = list(known)
    near = nearest(name, names)
    if near:
        return f"Did you mean {near!r}?"
    return f"There are: {', '.join(names)}." if names else "There are none."


class DiskFull(GroundswellError):
    """What was to be written does not fit on its disk. What was half written is gone again."""

    def __init__(self, path: object, why: str) -> None:
        super().__init__(
            f"the disk of {path} is full ({why})",
            "Free some space there. Nothing is damaged; the next run goes on where this one stopped.",
        )


_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def full_disk(error: OSError, path: object) -> DiskFull | None:
    """The error as DiskFull where that is what it means, else None."""
    return DiskFull(path, error.strerror or str(error)) if error.errno in _FULL else None


@contextmanager
def told_when_full(path: object) -> Iterator[None]:
    """Raise DiskFull naming `path` where the block runs out of space."""
    try:
        yield
    except OSError as error:
        full = full_disk(error, path)
        if full is None:
            raise
        raise full from error
