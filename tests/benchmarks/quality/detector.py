"""The detector of waves on simulated series: how soon a threefold rise is caught, and how often it speaks of nothing.

Series of topics with the weekday and hour profile of office hours and days that clump a little (negative binomial,
a = 0.05), twelve weeks to learn from, twelve in which nothing happens, then three days at three times the rate, begun
on every day of the week alike. The models are those that a run builds. Beside it, with the same series, a z-score of
each day over the eight weeks before it, alarming above three. What policy was chosen on had other seeds.
"""

from __future__ import annotations

import math
import random
import sys
import tempfile
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from statistics import fmean, pstdev

from tests.benchmarks.quality.figure import Figure

sys.path.insert(0, str(Path(__file__).parents[2] / "findings"))  # where the world of findings is

SETS: tuple[str, ...] = ()
Days = dict[tuple[int, str], Counter[int]]  # tickets by rate, series and day
# tickets a week -> how many series, and the share of rises to catch
RATES = {4: (250, 0.24), 12: (200, 0.59), 40: (80, 0.91), 150: (40, 0.98)}
CLUMPS = 0.05
SEED = 20261130
QUIET_DAYS, LEARN_DAYS = 84, 84
RISE_DAYS, FACTOR = 3, 3
WEEKEND, WEEKDAY = 0.4, 1.24  # of an even day

_CAUGHT = """
    select count(distinct exceeded.value)
    from intermediate.int_series_exceedances as exceeded
    inner join rises on rises.value = exceeded.value
    where exceeded.dimension = 'topic' and exceeded.look_at > rises.rise_at
        and exceeded.look_at <= rises.rise_at + interval 72 hour and rises.per_week = $per_week
"""
_FALSE = """
    select count(*) from (
        select distinct episodes.value, episodes.first_look_at
        from intermediate.int_series_episodes as episodes
        inner join rises on rises.value = episodes.value
        where episodes.dimension = 'topic' and episodes.first_look_at <= rises.rise_at and rises.per_week = $per_week
    )
"""


def figures(data: Path) -> list[Figure]:
    from findings_world import START, World

    chance = random.Random(SEED)
    days: Days = {}
    rises: dict[str, tuple[int, int]] = {}
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder))
        world.judge(START)  # seeds, and every table once
        for per_week, (count, _) in RATES.items():
            for n in range(count):
                value, rise = f"{per_week}-{n}", LEARN_DAYS + QUIET_DAYS + n % 7
                rises[value] = (per_week, rise)
                days[per_week, value] = Counter()
                for at in _arrivals(chance, START, per_week / 7, rise):
                    world.ticket(at, topic_id=value)
                    days[per_week, value][(at - START).days] += 1
        last = START + timedelta(days=LEARN_DAYS + QUIET_DAYS + 7 + RISE_DAYS)
        world.judge(last, only=["path:models/intermediate/detect"])
        return [
            figure
            for per_week in RATES
            for figure in _of_rate(world.settings.warehouse_path, START, per_week, rises, days)
        ]


def _of_rate(
    warehouse: Path, start: datetime, per_week: int, rises: dict[str, tuple[int, int]], days: Days
) -> list[Figure]:
    import duckdb

    count, target = RATES[per_week]
    with duckdb.connect(str(warehouse)) as con:
        con.execute("create or replace temp table rises (value varchar, per_week integer, rise_at timestamp)")
        con.executemany(
            "insert into rises values (?, ?, ?)",
            [(value, rate, start + timedelta(days=rise)) for value, (rate, rise) in rises.items()],
        )
        [(caught,)] = con.execute(_CAUGHT, {"per_week": per_week}).fetchall()
        [(alarms,)] = con.execute(_FALSE, {"per_week": per_week}).fetchall()
    years = count * QUIET_DAYS / 365.25
    by_score = [_z_score(days[per_week, value], rise) for value, (rate, rise) in rises.items() if rate == per_week]
    score_caught = fmean(caught for caught, _ in by_score)
    score_alarms = sum(alarms for _, alarms in by_score) / years
    return [
        Figure(
            f"threefold rise of {per_week} a week, caught within 3 days", caught / count, target,
            (("z-score of days", score_caught),),
        ),
        Figure(
            f"the same series, false alarms a series-year ({years:.0f} years)", alarms / years, 1.0,
            (("z-score of days", score_alarms),), at_most=True,
        ),
    ]  # fmt: skip


def _arrivals(chance: random.Random, start: datetime, per_day: float, rise: int) -> list[datetime]:
    found = []
    for day in range(rise + RISE_DAYS + 7):
        mean = per_day * (WEEKEND if day % 7 >= 5 else WEEKDAY) * (FACTOR if rise <= day < rise + RISE_DAYS else 1)
        clumped = chance.gammavariate(1 / CLUMPS, mean * CLUMPS)
        found += [
            start + timedelta(days=day, hours=chance.triangular(6, 22, 13)) for _ in range(_poisson(chance, clumped))
        ]
    return [at.replace(microsecond=0) for at in found]


def _poisson(chance: random.Random, mean: float) -> int:
    limit, product, count = math.exp(-mean), chance.random(), 0
    while product > limit:
        count, product = count + 1, product * chance.random()
    return count


def _z_score(counts: Counter[int], rise: int) -> tuple[bool, int]:
    """Whether a day of the rise is above three, and how many runs of such days there were in the quiet weeks."""

    def above(day: int) -> bool:
        past = [counts[other] for other in range(day - 56, day)]
        return counts[day] > fmean(past) + 3 * pstdev(past) and counts[day] >= 2

    quiet = [above(day) for day in range(rise - QUIET_DAYS, rise)]
    alarms = sum(now and not before for before, now in zip([False, *quiet], quiet, strict=False))
    return any(above(day) for day in range(rise, rise + RISE_DAYS)), alarms
