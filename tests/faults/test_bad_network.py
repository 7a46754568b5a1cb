"""A day of hourly runs on a bad network ends where the same day in peace does (`test_day_in_peace.py`).

Every tenth request of any vendor is spoilt, in twenty runs and in the backfill before them; two quiet runs end it.
Then vendors and destinations stay down.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from end_state import differences
from hourly_runs import QUIET, RUNS, Lived, TinyCompany, first_of_all, live, tiny_company
from same_end import may_differ

pytestmark = pytest.mark.timeout(3600)  # the first test waits for all of the company's runs
SEED = 3


@pytest.fixture(scope="module")
def peace(tmp_path_factory: pytest.TempPathFactory, in_peace: Path) -> Lived:
    """What the company lives through in peace: lived here where no other worker does."""

    def lived() -> Lived:
        with tiny_company(tmp_path_factory.mktemp("peace") / "home") as tiny:
            return live(tiny, RUNS, quiet=QUIET)

    return first_of_all(in_peace, lived)


@pytest.fixture(scope="module")
def storm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TinyCompany, Lived]]:
    """The company on a bad network."""
    with tiny_company(tmp_path_factory.mktemp("storm") / "home") as tiny:
        yield tiny, live(tiny, RUNS, storm=SEED, quiet=QUIET)


def test_on_a_bad_network_the_end_is_the_same(storm: tuple[TinyCompany, Lived], peace: Lived) -> None:
    found = differences(peace.end, storm[1].end, may_differ)
    assert not found, "\n".join(line[:2_000] for line in found[:40])


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
    assert all(n == 1 for n in tiny.told().values())
    assert tiny.run("hourly").report.sent == []
