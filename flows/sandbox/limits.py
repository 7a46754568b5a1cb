"""Rate limits of the emulated vendors, and the leaky bucket that holds them."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class RateLimits:
    """The vendors' documented limits. `speed` is how many times faster than theirs our minutes pass:
    60 turns 10 requests a minute into 10 a second; 1 is the real thing; 0 switches limits off."""

    speed: float = 60.0
    zendesk_per_minute: int = 700
    zendesk_incremental_per_minute: int = 10
    hubspot_per_ten_seconds: int = 190
    hubspot_searches_per_second: int = 5
    stripe_reads_per_second: int = 100
    linear_per_hour: int = 5000
    linear_complexity_per_hour: int = 3_000_000
    slack_posts_per_second_per_channel: int = 1
    slack_reads_per_minute: int = 50


@dataclass
class Allowance:
    """What a request got: `wait` seconds until it would be let through (0: it was)."""

    limit: int
    remaining: int
    wait: float
    reset: float  # seconds until the bucket is empty again

    @property
    def refused(self) -> bool:
        return self.wait > 0

    @property
    def retry_after(self) -> str:
        """Whole seconds, at least one, as the header wants it."""
        return str(max(1, math.ceil(self.wait)))


class Bucket:
    """A leaky bucket for each key: holds `limit` and leaks `limit` per `seconds`. `seconds` 0: no limit."""

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit = limit
        self.seconds = seconds
        self._levels: dict[str, tuple[float, float]] = {}  # key -> (level, when)

    def take(self, key: str = "", amount: float = 1.0) -> Allowance:
        if self.seconds <= 0:
            return Allowance(self.limit, self.limit, 0.0, 0.0)
        now = time.monotonic()
        level, when = self._levels.get(key, (0.0, now))
        rate = self.limit / self.seconds
        level = max(0.0, level - (now - when) * rate)
        if level + amount > self.limit + 1e-9:
            wait = (level + amount - self.limit) / rate
            return Allowance(self.limit, max(0, math.floor(self.limit - level)), wait, level / rate)
        level += amount
        self._levels[key] = (level, now)
        return Allowance(self.limit, math.floor(self.limit - level), 0.0, level / rate)


def bucket(limit: int, per_seconds: float, limits: RateLimits) -> Bucket:
    return Bucket(limit, per_seconds / limits.speed if limits.speed > 0 else 0.0)
