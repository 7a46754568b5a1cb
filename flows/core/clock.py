"""One clock a run, injected: nothing else in the pipeline asks what time it is."""

from __future__ import annotations

import json
import urllib.request
from datetime import UTC, datetime, timedelta

from flows.core.errors import ConfigError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def utc(moment: datetime) -> datetime:
    """The same moment in UTC; a naive datetime is taken as UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def parse(text: str) -> datetime:
    """An ISO 8601 text as an aware UTC datetime. Raises ValueError on anything else."""
    try:
        return utc(datetime.fromisoformat(text.strip().replace("Z", "+00:00")))
    except OverflowError as error:  # before the first or after the last year there is, in UTC
        raise ValueError(f"{text!r} lies outside the calendar") from error


def iso(moment: datetime) -> str:
    """ISO 8601 in UTC with a Z and whole seconds: 2026-01-31T09:30:00Z. Sorts as text."""
    return utc(moment).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"  # four digits of every year


def epoch_ms(text: str) -> int:
    """An ISO 8601 text as milliseconds since 1970. Raises ValueError on anything else."""
    return (parse(text) - EPOCH) // timedelta(milliseconds=1)


def from_epoch_ms(at: int) -> str:
    """Milliseconds since 1970 as ISO 8601 in UTC with milliseconds: 2026-01-31T09:30:00.000Z. Sorts as text."""
    return (EPOCH + timedelta(milliseconds=at)).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def read_clock(clock: str) -> datetime:
    """Now, from the system (`system`), a fixed ISO time, or an http(s) URL that answers {"now": ISO}.

    The URL form lets a simulated company own the time (`flows/sandbox`).
    """
    if clock == "system":
        return datetime.now(UTC)
    try:
        if clock.startswith(("http://", "https://")):
            with urllib.request.urlopen(clock, timeout=10) as answer:
                return parse(json.load(answer)["now"])
        return parse(clock)
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError(
            f"clock {clock!r} gives no time ({error})",
            "Set clock to 'system', to an ISO 8601 time, or start the sandbox that serves it.",
        ) from error
