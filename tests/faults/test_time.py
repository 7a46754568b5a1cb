"""Time: a machine whose zone changes between summer and winter, and tickets dated where no clock has been.

What a run does after the clock has jumped, and after three days without a run, is in `test_day_in_peace.py`.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from flows.core.run import Run
from flows.landing.store import Store
from flows.settings import load_settings
from flows.stages import Direct, execute, execute_stage
from flows.validate.quarantine import Quarantine
from flows.warehouse.duck import reader

pytestmark = pytest.mark.timeout(3600)
HEADER = "id,subject,description,created_at,requester_id\n"
# In 2026, clocks in Berlin go from 02:00 to 03:00 on 29 March and back to 02:00 on 25 October, both at 01:00 UTC.
SPRING = "2026-03-29T02:30:00Z"
AUTUMN = "2026-10-25T06:30:00Z"  # half past seven in Berlin: time for the digest there, and not in UTC
IN_UTC = {
    "before-spring": ("2026-03-29T01:59:00+01:00", "2026-03-29T00:59:00"),
    "after-spring": ("2026-03-29T03:01:00+02:00", "2026-03-29T01:01:00"),
    "no-zone-in-the-gap": ("2026-03-29 02:30:00", "2026-03-29T02:30:00"),  # an hour that Berlin does not have; UTC has
    "first-half-past-two": ("2026-10-25T02:30:00+02:00", "2026-10-25T00:30:00"),
    "second-half-past-two": ("2026-10-25T02:30:00+01:00", "2026-10-25T01:30:00"),
    "no-zone-twice": ("2026-10-25 02:30:00", "2026-10-25T02:30:00"),
}
IMPLAUSIBLE = {"epoch": "1970-01-01T00:00:00Z", "far-ahead": "2099-12-31T23:59:59Z"}
SOON = ("soon", "2026-03-29T09:00:00Z")  # ahead of the clock in spring, past in autumn


@dataclass
class Seen:
    """What the run in autumn has published, and what was in quarantine in spring."""

    tickets: dict[str, str]
    days: dict[str, int]
    hours: dict[str, int]
    quarantine: dict[str, str]
    quarantine_in_spring: set[str]
    landed: set[str]
    digests: int
    findings: int


@pytest.fixture(scope="module")
def berlin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    """A pull after clocks went forward, and a whole run after they went back, in a process that lives in Berlin."""
    home = tmp_path_factory.mktemp("berlin")
    before = dict(os.environ)
    os.environ |= {"GROUNDSWELL_HOME": str(home), "GROUNDSWELL_CONFIG": str(home / "groundswell.toml")}
    os.environ["TZ"] = "Europe/Berlin"
    time.tzset()
    (home / "groundswell.toml").write_text(
        f'[sources.export]\ntype = "files"\n[sources.export.streams.tickets]\npath = "{home}/tickets.csv"\n'
    )
    tickets = [(id, at) for id, (at, _) in IN_UTC.items()] + list(IMPLAUSIBLE.items()) + [SOON]
    try:
        write(home, [(id, at) for id, at in tickets if not at.startswith("2026-10")])
        spring = Run.start("hourly", load_settings(clock=SPRING))
        for stage in ("pull", "validate"):
            execute_stage(spring, Direct(), stage)
        apart = {entry.id for entry in Quarantine(spring.landing).open_entries("export", "tickets")}
        write(home, tickets)
        execute(Run.start("hourly", load_settings(clock=AUTUMN)), Direct())
        yield seen(apart)
    finally:
        os.environ.clear()
        os.environ.update(before)
        time.tzset()


def write(home: Path, tickets: list[tuple[str, str]]) -> None:
    lines = [f"{id},Question {id},How is it done?,{at},u-{id}\n" for id, at in tickets]
    (home / "tickets.csv").write_text(HEADER + "".join(lines))


def seen(quarantine_in_spring: set[str]) -> Seen:
    settings = load_settings()
    volume = "select strftime({0}, '{1}'), tickets from marts.fct_ticket_volume_{2} where dimension = 'all'"
    with reader(settings) as con:
        return Seen(
            tickets=dict(
                con.sql("select ticket_id, strftime(created_at, '%Y-%m-%dT%H:%M:%S') from marts.fct_tickets").fetchall()
            ),
            days=dict(con.sql(volume.format("day", "%Y-%m-%d", "daily")).fetchall()),
            hours=dict(con.sql(volume.format("hour", "%Y-%m-%dT%H", "hourly")).fetchall()),
            quarantine=dict(con.sql("select record_id, rule from marts.fct_quarantine").fetchall()),
            quarantine_in_spring=quarantine_in_spring,
            landed=set(Store(settings.landing).read("export", "tickets")["id"]),
            digests=len(con.sql("from publish.publish_digest").fetchall()),
            findings=len(con.sql("from marts.fct_findings").fetchall()),
        )


def test_times_are_utc_on_both_sides_of_a_change_of_clocks(berlin: Seen) -> None:
    shown = {id.removeprefix("export:"): at for id, at in berlin.tickets.items()}
    assert {id: shown.get(id) for id in IN_UTC} == {id: at for id, (_, at) in IN_UTC.items()}


def test_every_day_and_hour_is_counted_once(berlin: Seen) -> None:
    expected = [at for _, at in IN_UTC.values()] + [SOON[1]]
    assert {day: n for day, n in berlin.days.items() if n} == Counter(at[:10] for at in expected)
    on_that_day = {hour: n for hour, n in berlin.hours.items() if hour.startswith("2026-10-25") and n}
    assert on_that_day == Counter(at[:13] for at in expected if at.startswith("2026-10-25"))


def test_the_digest_goes_by_utc(berlin: Seen) -> None:
    assert berlin.digests == 0


def test_implausible_dates_are_kept_apart_and_raise_no_alarm(berlin: Seen) -> None:
    assert berlin.quarantine == {"epoch": "created_at_is_plausible", "far-ahead": "not_ahead_of_clock"}
    assert berlin.findings == 0
    shown = {id.removeprefix("export:") for id in berlin.tickets}
    assert shown | berlin.quarantine.keys() == berlin.landed and not shown & berlin.quarantine.keys()


def test_a_ticket_from_the_near_future_is_shown_when_the_clock_is_there(berlin: Seen) -> None:
    assert "soon" in berlin.quarantine_in_spring
    assert berlin.tickets["export:soon"] == "2026-03-29T09:00:00"
