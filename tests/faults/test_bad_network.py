"""A day of hourly runs, once in peace and once on a bad network: the same end state, and nothing that only grows.

In peace the day has 24 hours; then come a clock that jumps and three days without a run (`test_time.py` has the
rest). On the bad network every tenth request of any vendor is spoilt, in twenty runs and in the backfill before them;
two quiet runs end it. Then vendors and destinations stay down.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from end_state import differences
from hourly_runs import Lived, TinyCompany, growth, live, tiny_company
from same_end import may_differ

from flows.core.clock import iso
from flows.core.run import Run
from flows.landing.journal import Journal
from flows.landing.store import Store
from flows.model import built
from flows.model.dbt import invoke
from flows.settings import load_settings
from flows.warehouse.duck import writer

pytestmark = pytest.mark.timeout(3600)  # the first test of each company waits for all of its runs
RUNS, QUIET = 20, 2
SEED = 3
# What judging keeps of tickets and accounts that have not changed.
KEPT = (
    "intermediate.int_bug_keys", "intermediate.int_churn_alike_tickets", "intermediate.int_churn_messages",
    "intermediate.int_churn_sentiment_looks", "intermediate.int_series_tickets", "intermediate.int_ticket_facts",
    "intermediate.int_ticket_lifecycle", "intermediate.int_ticket_links", "intermediate.int_ticket_turns",
    "marts.fct_edge_cases", "marts.fct_message_signals", "marts.fct_resolution_paths", "marts.fct_ticket_asks",
    "marts.fct_tickets",
)  # fmt: skip


@pytest.fixture(scope="module")
def peace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TinyCompany, Lived]]:
    """The company in peace, as long as the other one, and the rest of the day."""
    with tiny_company(tmp_path_factory.mktemp("peace") / "home") as tiny:
        lived = live(tiny, RUNS, quiet=QUIET)
        lived.hours.extend(tiny.hours(24 - len(lived.hours)))
        yield tiny, lived


@pytest.fixture(scope="module")
def storm(
    tmp_path_factory: pytest.TempPathFactory, peace: tuple[TinyCompany, Lived]
) -> Iterator[tuple[TinyCompany, Lived]]:
    """The same company on a bad network. It begins when the other one has ended: a process has one environment."""
    with tiny_company(tmp_path_factory.mktemp("storm") / "home") as tiny:
        yield tiny, live(tiny, RUNS, storm=SEED, quiet=QUIET)


def told(tiny: TinyCompany) -> Counter[str]:
    """How often each message of ours stands in Slack and each issue of ours on the board, by delivery key."""
    keys = [
        message["metadata"]["event_payload"]["delivery_key"]
        for channel in ("C0ALERTS", "C0DIGEST", "C0OPS")
        for message in tiny.slack(channel)
        if message.get("metadata")
    ]
    return Counter([*keys, *tiny.issue_titles()])


def findings() -> set[str]:
    return set(Journal(Store(load_settings().journal)).latest("finding"))


# -- a day in peace


def test_a_day_leaves_memory_handles_and_files_flat(peace: tuple[TinyCompany, Lived]) -> None:
    """Without the first two hours, in which a process runs everything for the first time."""
    hours = peace[1].hours
    night = next(n for n, hour in enumerate(hours) if hour.flow == "nightly")
    assert growth(hours[2:10], hours[night:]) == [], "\n".join(hour.row() for hour in hours)


def test_a_clock_that_jumps_back_and_forth_tells_nothing_twice(peace: tuple[TinyCompany, Lived]) -> None:
    tiny, _ = peace
    known, before = findings(), told(tiny)
    for hours in (-5, 30):
        run = tiny.run("hourly", clock=iso(tiny.now + timedelta(hours=hours)))
        assert "show" in run.report.seconds
    [hour] = tiny.hours(1)
    assert hour.problems == 0
    assert findings() >= known
    after = told(tiny)
    assert all(n == 1 for n in after.values())
    assert sum(after.values()) - sum(before.values()) <= 4, after - before


def test_three_days_without_a_run_are_caught_up_with_and_each_thing_is_told_once(
    peace: tuple[TinyCompany, Lived],
) -> None:
    tiny, _ = peace
    known, before = findings(), told(tiny)
    tiny.set_clock(tiny.now + timedelta(hours=72))
    run = tiny.run("hourly")
    assert run.report.late_sources == {}
    tiny.assert_complete()
    assert findings() >= known
    after = told(tiny)
    assert all(n == 1 for n in after.values())
    digests = [key for key in after - before if key.startswith("slack:digest:")]
    assert len(digests) <= 1  # of the day before, and not of the days that nobody looked at
    again = tiny.run("hourly")
    assert again.report.sent == [] and told(tiny) == after


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


# -- the same day on a bad network


def test_on_a_bad_network_the_end_is_the_same(
    peace: tuple[TinyCompany, Lived], storm: tuple[TinyCompany, Lived]
) -> None:
    found = differences(peace[1].end, storm[1].end, may_differ)
    assert not found, "\n".join(line[:400] for line in found[:40])


def test_the_network_was_bad(storm: tuple[TinyCompany, Lived]) -> None:
    thrown = storm[1].thrown
    assert {name.split()[0] for name in thrown} == {"zendesk", "hubspot", "stripe", "linear", "slack"}
    kinds = {name.split()[1] for name in thrown}
    assert len(kinds) == 11 and sum(thrown.values()) > RUNS * 2, thrown


def test_vendors_that_stay_down_are_late_within_a_bound_and_the_rest_goes_on(
    storm: tuple[TinyCompany, Lived], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One is silent, one fails for ever, one cannot be reached."""
    tiny, _ = storm
    tiny.fault(vendor="hubspot", kind="late", times=10**9, seconds=3600)
    tiny.fault(vendor="zendesk", kind="bad_gateway", times=10**9)
    monkeypatch.setenv("GROUNDSWELL_SOURCES__STRIPE__BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("GROUNDSWELL_TIMEOUT_SECONDS", "1")
    tiny.set_clock(tiny.now + timedelta(hours=7))
    run = tiny.run("hourly")
    assert run.report.late_sources.keys() == {"zendesk", "hubspot", "stripe"}
    assert {"dbt judge", "push", "show"} <= run.report.seconds.keys()
    assert "pulled.linear.issues" in run.report.counts
    notices = " ".join(str(message["text"]) for message in tiny.slack("C0OPS"))
    assert all(f"Source {name} is late" in notices for name in run.report.late_sources)
    hits = tiny.hits()
    tiny.clear_faults()
    assert hits["hubspot"] == 6  # six tries of one request, and then it is left alone
    assert hits["zendesk"] == 6 * 8  # each stream on its own, since it answers


def test_destinations_that_are_down_get_once_what_waited_for_them(storm: tuple[TinyCompany, Lived]) -> None:
    tiny, _ = storm
    tiny.fault(vendor="linear", kind="error", times=10**9)
    tiny.fault(vendor="slack", kind="drop_before_write", times=10**9, match="chat.")
    tiny.set_clock(tiny.now + timedelta(hours=12))
    run = tiny.run("hourly")
    tiny.clear_faults()
    assert run.report.sent == []
    assert any("linear" in problem for problem in run.report.problems)
    assert any("slack" in problem for problem in run.report.problems)
    assert "show" in run.report.seconds
    tiny.assert_complete()
    waiting = tiny.run("hourly")
    assert waiting.report.problems == []
    assert {sent["destination"] for sent in waiting.report.sent} == {"linear", "slack"}
    assert all(n == 1 for n in told(tiny).values())
    assert tiny.run("hourly").report.sent == []
