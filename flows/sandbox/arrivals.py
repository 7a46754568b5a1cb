"""When people write to support: working hours, weekdays, month ends and slow growth."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import accumulate
from random import Random

HOUR = 3600
DAY = 24 * HOUR

# Share of a day's tickets by hour (UTC): Europe's morning, then both sides of the Atlantic.
_BY_HOUR = (5, 4, 4, 4, 5, 7, 14, 30, 47, 53, 52, 48, 45, 58, 68, 70, 66, 58, 48, 38, 26, 17, 11, 7)
_BY_WEEKDAY = (118, 112, 106, 102, 92, 22, 18)
_GROWTH = 0.5  # the last month of the history against the first: half as much again


def profile(at: int) -> float:
    """How busy this hour usually is, 1.0 being the busiest of the week. `at` is in unix seconds."""
    moment = datetime.fromtimestamp(at, UTC)
    return _BY_HOUR[moment.hour] / 70 * _BY_WEEKDAY[moment.weekday()] / 118


def _month_end(moment: datetime) -> float:
    return 1.2 if moment.day >= 28 or moment.day <= 2 else 1.0


def background(rng: Random, start: int, history_end: int, end: int, tickets: int) -> Iterator[int]:
    """Arrival times in order: about `tickets` of them in the history, and on at the same rate until `end`."""
    hours = range(start, end, HOUR)
    length = max(1, history_end - start)
    weights = [
        profile(at) * _month_end(datetime.fromtimestamp(at, UTC)) * (1 + _GROWTH * (at - start) / length)
        for at in hours
    ]
    totals = list(accumulate(weights))
    in_history = totals[min(len(totals), (history_end - start) // HOUR) - 1]
    count = round(tickets * totals[-1] / in_history)
    draws = sorted(rng.random() * totals[-1] for _ in range(count))
    for draw in draws:
        row = min(bisect_right(totals, draw), len(totals) - 1)
        share = (totals[row] - draw) / weights[row]
        yield hours[row] + int((1 - share) * (HOUR - 1))


def within(rng: Random, begins: int, ends: int, count: int, *, waits_for_hours: bool = True) -> list[int]:
    """`count` times between two moments, following working hours unless the matter cannot wait."""
    times = []
    for _ in range(count):
        at = begins + int(rng.random() * (ends - begins))
        for _ in range(8):
            if not waits_for_hours or rng.random() < profile(at):
                break
            at = begins + int(rng.random() * (ends - begins))
        times.append(at)
    return sorted(times)


def working(rng: Random, at: int) -> int:
    """The first moment from `at` on at which an agent is at work: weekdays from 7 to 19 UTC."""
    moment = datetime.fromtimestamp(at, UTC)
    if moment.weekday() < 5 and 7 <= moment.hour < 19:
        return at
    midnight = at - at % DAY
    day = midnight if moment.hour < 7 and moment.weekday() < 5 else midnight + DAY
    while datetime.fromtimestamp(day, UTC).weekday() >= 5:
        day += DAY
    return day + 7 * HOUR + int(rng.random() * 3 * HOUR)
