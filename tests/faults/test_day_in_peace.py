"""A day of hourly runs in peace: nothing that only grows, nothing told twice, and what is kept is what a build from
nothing gives.

The day has 24 hours; then come a clock that jumps and three days without a run (`test_time.py` has the rest).
`test_bad_network.py` has the same company's day on a bad network.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hourly_runs import QUIET, RUNS, Lived, TinyCompany, first_of_all, growth, live, tiny_company

from flows.core.clock import iso
from flows.core.run import Run
from flows.landing.journal import Journal
from flows.landing.store import Store
from flows.model import built
from flows.model.dbt import invoke
from flows.replay import raised, replayed
from flows.settings import load_settings
from flows.warehouse.duck import writer

pytestmark = pytest.mark.timeout(3600)  # the first test waits for all of the company's runs
# What judging keeps of tickets and accounts that have not changed.
KEPT = (
    "intermediate.int_bug_keys", "intermediate.int_churn_alike_tickets", "intermediate.int_churn_messages",
    "intermediate.int_churn_sentiment_looks", "intermediate.int_series_tickets", "intermediate.int_ticket_facts",
    "intermediate.int_ticket_lifecycle", "intermediate.int_ticket_links", "intermediate.int_ticket_turns",
    "marts.fct_edge_cases", "marts.fct_message_signals", "marts.fct_resolution_paths", "marts.fct_ticket_asks",
    "marts.fct_tickets",
)  # fmt: skip


@pytest.fixture(scope="module")
def peace(tmp_path_factory: pytest.TempPathFactory, in_peace: Path) -> Iterator[tuple[TinyCompany, Lived]]:
    """The company in peace, as long as the other one, and the rest of the day."""
    with tiny_company(tmp_path_factory.mktemp("peace") / "home") as tiny:
        lived = first_of_all(in_peace, lambda: live(tiny, RUNS, quiet=QUIET), again=True)
        lived.hours.extend(tiny.hours(24 - len(lived.hours)))
        yield tiny, lived


def findings() -> set[str]:
    return set(Journal(Store(load_settings().journal)).latest("finding"))


def test_a_day_leaves_memory_handles_and_files_flat(peace: tuple[TinyCompany, Lived]) -> None:
    """Without the first two hours, in which a process runs everything for the first time."""
    hours = peace[1].hours
    night = next(n for n, hour in enumerate(hours) if hour.flow == "nightly")
    assert growth(hours[2:10], hours[night:]) == [], "\n".join(hour.row() for hour in hours)


def test_a_replayed_day_is_what_the_live_runs_found(peace: tuple[TinyCompany, Lived]) -> None:
    """Every change of state that the hours journalled, and no other; the same again, byte for byte."""
    moments = [hour.at for hour in peace[1].hours]
    told = []
    for _ in range(2):
        with replayed(load_settings(), moments) as con:
            states = con.sql("select as_of, finding_key, state from marts.fct_findings order by as_of").fetchall()
            entries = con.sql("select body->>'at', key, body->>'state' from journal.finding_state").fetchall()
            told.append(json.dumps(raised(con, moments[0])))
    assert told[0] == told[1]
    known: dict[str, str] = {}
    changed = {}
    for as_of, key, state in states:
        if known.get(key) != state:
            changed[iso(as_of), key] = state
        known[key] = state
    journalled = {(at, key): state for at, key, state in entries}
    first = iso(moments[0])  # at which what was known before is no change
    assert {k: v for k, v in changed.items() if k[0] > first} == {k: v for k, v in journalled.items() if k[0] > first}
    assert any(state == "open" for state in changed.values())


def test_a_clock_that_jumps_back_and_forth_tells_nothing_twice(peace: tuple[TinyCompany, Lived]) -> None:
    tiny, _ = peace
    known, before = findings(), tiny.told()
    for hours in (-5, 30):
        run = tiny.run("hourly", clock=iso(tiny.now + timedelta(hours=hours)))
        assert "show" in run.report.seconds
    [hour] = tiny.hours(1)
    assert hour.problems == 0
    assert findings() >= known
    after = tiny.told()
    assert all(n == 1 for n in after.values())
    assert sum(after.values()) - sum(before.values()) <= 4, after - before


def test_three_days_without_a_run_are_caught_up_with_and_each_thing_is_told_once(
    peace: tuple[TinyCompany, Lived],
) -> None:
    tiny, _ = peace
    known, before = findings(), tiny.told()
    tiny.set_clock(tiny.now + timedelta(hours=72))
    run = tiny.run("hourly")
    assert run.report.late_sources == {}
    tiny.assert_complete()
    assert findings() >= known
    after = tiny.told()
    assert all(n == 1 for n in after.values())
    digests = [key for key in after - before if key.startswith("slack:digest:")]
    assert len(digests) <= 1  # of the day before, and not of the days that nobody looked at
    again = tiny.run("hourly")
    assert again.report.sent == [] and tiny.told() == after


def test_what_judging_kept_from_run_to_run_is_what_a_build_from_nothing_gives(peace: tuple[TinyCompany, Lived]) -> None:
    run = Run.start("hourly", load_settings())
    staged = ["path:models/staging", "path:models/intermediate/common"]
    with writer(run) as con:
        before = {name: con.sql(f"select * from {name} order by all").fetchall() for name in KEPT}
        con.execute("delete from control.facts_built")
        result = invoke(
            run.settings,
            [
                "run",
                "--full-refresh",
                "--select",
                "int_fact_changes",
                "config.materialized:incremental",
                "--exclude",
                *staged,
            ],
            layer="judge",
        )
        assert result.failures == [] and result.models == len(KEPT) + 1
        for name in KEPT:
            assert con.sql(f"select * from {name} order by all").fetchall() == before[name], name
        built.note_built(con, "int_fact_changes")
    assert len(before["intermediate.int_churn_alike_tickets"]) > 0
    assert len(before["intermediate.int_churn_sentiment_looks"]) > 0
