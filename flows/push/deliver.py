"""Sent once: the protocol that every destination is written to with.

The intent is journalled, then the thing is sent, then the outcome is journalled. An intent without an
outcome means that nobody knows: a process was killed, or no answer came. It is looked up at the destination
before anything is sent again, never retried blindly. What failed for certain stays in the publish models
and is tried again by the next run.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import orjson

from flows.core.errors import UnknownOutcome, VendorError
from flows.core.run import Run
from flows.core.secrets import without_secrets
from flows.landing.damaged import has_gaps
from flows.landing.journal import SOURCE as JOURNAL

log = logging.getLogger(__name__)

Entry = dict[str, Any]
TRIES = 3  # of one delivery in one run, each after a look at the destination
MAX_DOWN = 2  # deliveries in a row that met a silent or failing vendor; then the rest waits for the next run


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One thing to be so at a destination. `arrived` is the newest journalled success under this key."""

    key: str
    operation: str
    content_hash: str
    title: str
    finding_key: str | None = None
    episode: int | None = None
    arrived: Entry | None = None

    @property
    def place(self) -> Entry:
        """Where to look for it; journalled with the intent."""
        return {}


@dataclass(frozen=True)
class Receipt:
    """That it is so. `kept` goes into the journal with it; `notes` are told to the reader of the report."""

    external_id: str
    external_url: str | None = None
    kept: Entry = field(default_factory=dict)
    notes: tuple[str, ...] = ()


class Gone(VendorError):
    """People deleted what we want to change. It is theirs to delete: it is not made again."""


D_contra = TypeVar("D_contra", bound=Delivery, contravariant=True)
D = TypeVar("D", bound=Delivery)


class Destination(Protocol[D_contra]):
    """A place to deliver to. `repeat_is_safe`: a write that may be under way can be repeated (our own ids)."""

    name: str
    repeat_is_safe: bool

    def apply(self, delivery: D_contra, *, maybe_sent: bool) -> Receipt:
        """Make it so. With `maybe_sent`, look first whether it is.

        Raises UnknownOutcome when it may or may not be so now, Gone, or VendorError when it is not.
        """
        ...

    def find(self, key: str, entry: Entry) -> Receipt | None:
        """What an intent of ours led to, or None when it did not arrive. Raises VendorError."""
        ...


class Ledger:
    """The deliveries in the journal, read once and kept up to date while we write to it."""

    def __init__(self, run: Run) -> None:
        self._run = run
        # Entries are lost: what seems never to have been sent may have been, and is looked up first.
        self.has_gaps = has_gaps(run.journal.store, JOURNAL, "delivery")
        self._newest: dict[str, Entry] = {}
        self._arrived: dict[str, Entry] = {}
        for row in run.journal.read("delivery").select("id", "payload").iter_rows(named=True):
            self._remember(row["id"], orjson.loads(row["payload"]))

    def newest(self, key: str) -> Entry | None:
        return self._newest.get(key)

    def arrived(self, key: str) -> Entry | None:
        """The newest success under a key."""
        return self._arrived.get(key)

    def urls(self) -> set[str]:
        """The addresses of everything that arrived."""
        return {entry["external_url"] for entry in self._arrived.values() if entry.get("external_url")}

    def unresolved(self, destination: str) -> dict[str, Entry]:
        """Intents without an outcome."""
        return {
            key: entry
            for key, entry in self._newest.items()
            if entry["status"] == "intent" and entry["destination"] == destination
        }

    def record(self, key: str, entry: Entry) -> None:
        self._run.journal.write("delivery", [(key, entry)], run_id=self._run.run_id, at=self._run.now)
        self._remember(key, entry)

    def _remember(self, key: str, entry: Entry) -> None:
        self._newest[key] = entry
        if entry["status"] == "sent":
            self._arrived[key] = entry


def deliver(run: Run, destination: Destination[D], deliveries: Iterable[D], ledger: Ledger) -> None:
    """Apply deliveries one after the other; what happened is in the journal and in `run.report`."""
    down = 0
    waiting = iter(deliveries)  # built one at a time: a reply needs what its alert has just left in the ledger
    for delivery in waiting:
        last = ledger.newest(delivery.key)
        if last and last.get("content_hash") == delivery.content_hash:
            if last["status"] == "sent":
                run.report.count(f"push.{destination.name}.already_sent")
                continue
            if last.get("gone"):
                run.report.held_back.append(_told(destination.name, delivery) | {"reason": last["error"]})
                continue
        error = _deliver_one(run, destination, delivery, ledger)
        if isinstance(error, VendorError) and error.status in (401, 403):
            down = MAX_DOWN
        else:
            down = down + 1 if error is not None and is_down(error) else 0
        if down >= MAX_DOWN:
            left = sum(1 for _ in waiting)
            if left:
                run.report.problems.append(f"{destination.name} is not usable now: {left} more wait for the next run")
            return


def reconcile(run: Run, destination: Destination[D], ledger: Ledger, wanted: set[str]) -> None:
    """Look up intents of earlier runs that nobody wants any more; wanted ones are looked up as they are applied."""
    for key, entry in ledger.unresolved(destination.name).items():
        if key in wanted:
            continue
        try:
            receipt = destination.find(key, entry)
        except VendorError as error:
            run.report.problems.append(f"{key}: cannot look up whether it arrived: {error}")
            if error.is_down:  # the next one would wait as long for nothing
                return
            continue
        if receipt:
            ledger.record(key, entry | {"status": "sent"} | _outcome(receipt))
        else:
            ledger.record(key, entry | {"status": "failed", "error": "it did not arrive, and is wanted no more"})


def _deliver_one(run: Run, destination: Destination[D], delivery: D, ledger: Ledger) -> Exception | None:
    last = ledger.newest(delivery.key)
    maybe_sent = ledger.has_gaps if last is None else last["status"] == "intent"
    entry: Entry = {
        "status": "intent", "destination": destination.name, "operation": delivery.operation,
        "finding_key": delivery.finding_key, "episode": delivery.episode, "content_hash": delivery.content_hash,
        "external_id": None, "external_url": None, "error": None,
    } | delivery.place  # fmt: skip
    ledger.record(delivery.key, entry)
    try:
        receipt = _apply(destination, delivery, maybe_sent)
    except UnknownOutcome as error:
        run.report.problems.append(f"{delivery.key}: {error} The next run looks it up.")
        return error
    except VendorError as error:
        failed = {"status": "failed", "error": str(error), "gone": isinstance(error, Gone)}
        ledger.record(delivery.key, entry | failed)
        run.report.problems.append(f"{delivery.key}: {error}")
        return error
    except Exception as error:  # one row that we cannot handle does not stop the others; its intent stays open
        log.warning("delivery %s: %r", delivery.key, error, exc_info=log.isEnabledFor(logging.INFO))
        run.report.problems.append(f"{delivery.key}: {type(error).__name__}: {without_secrets(str(error))}")
        return error
    ledger.record(delivery.key, entry | {"status": "sent"} | _outcome(receipt))
    run.report.sent.append(_told(destination.name, delivery) | {"url": receipt.external_url})
    run.report.count(f"push.{destination.name}.sent")
    run.report.problems.extend(f"{delivery.key}: {note}" for note in receipt.notes)
    return None


def _apply(destination: Destination[D], delivery: D, maybe_sent: bool) -> Receipt:
    """Apply until the outcome is known. Only what is answered, or safe to repeat, is repeated in this run."""
    for left in range(TRIES - 1, -1, -1):
        try:
            return destination.apply(delivery, maybe_sent=maybe_sent)
        except UnknownOutcome as error:
            maybe_sent = True
            answered = error.status is not None
            if not left or not (answered or destination.repeat_is_safe):
                raise
        except Gone:
            raise
        except VendorError as error:
            if maybe_sent:  # the look-up failed: whether it is there is as unknown as before
                raise UnknownOutcome(error.vendor, str(error), status=error.status) from error
            raise
    raise AssertionError("unreachable")


def is_down(error: Exception) -> bool:
    """Whether the vendor is down (see `VendorError.is_down`)."""
    return isinstance(error, VendorError) and error.is_down


def may_succeed(error: VendorError) -> bool:
    """Whether the next run may succeed with what failed: the vendor is down, nobody knows, or our token is refused."""
    return is_down(error) or isinstance(error, UnknownOutcome) or error.status == 401


def _outcome(receipt: Receipt) -> Entry:
    return {"external_id": receipt.external_id, "external_url": receipt.external_url, "error": None} | receipt.kept


def _told(destination: str, delivery: Delivery) -> Entry:
    return {
        "destination": destination, "operation": delivery.operation, "delivery_key": delivery.key,
        "finding_key": delivery.finding_key, "title": delivery.title,
    }  # fmt: skip
