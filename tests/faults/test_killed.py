"""A run that is killed anywhere and started again ends where an undisturbed one does; so do runs at the same time.

Each world is killed at one moment after the other, the next run always getting further than the one before; the run
that is left alone then has to make good what all of them left.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import polars as pl
import pytest
from end_state import Parts, differences, end_state
from killed_runs import Moment, SavedCompany, ends, free_port, run, run_and_die, start, told_at_once

from flows.landing.journal import Journal
from flows.landing.store import Store
from flows.settings import load_settings

pytestmark = pytest.mark.timeout(3600)  # the first test waits for the company, and each for several runs

COMPACTING = Moment(
    "the new file is committed and the old ones are not removed", "flows.landing.store:Store.remove", "before",
    call="'zendesk', 'tickets'", flow="compact",
)  # fmt: skip
LANDING = Moment(
    "tickets are landed and their cursor is not", "flows.landing.store:Store._write_manifest", "before",
    call="'zendesk', 'tickets'",
)  # fmt: skip
STAGING = Moment(
    "dbt has staged the tickets and not committed them", "dbt.adapters.sql.connections:SQLConnectionManager.add_query",
    "after", call='insert into "groundswell"."staging"."stg_zendesk__tickets"',
)  # fmt: skip
INTENDED = Moment(
    "an issue is intended and not filed", "flows.push.linear_client:Client.call_api", "before", "issueCreate"
)
FILED = Moment("an issue is filed and nobody knows", "flows.push.linear_client:Client.call_api", "after", "issueCreate")
SLACK = "slack_sdk.web.base_client:BaseClient.api_call"
UNPOSTED = Moment("an alert is intended and not posted", SLACK, "before", "chat.postMessage")
REPLIED = Moment("a reply is posted and nobody knows", SLACK, "after", "'thread_ts'")
COPYING = Moment("the serving copy is made and has no name", "pathlib:Path.rename", "before", "serving/groundswell-")
SWAPPING = Moment("the serving copy has its name and nobody is led to it", "flows.warehouse.serving:_point", "before")
HOLDING = Moment("it has Prefect's slot", "flows.stages:Stages.validate", "before", flow="prefect hourly")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, prepared_once: Path) -> Iterator[SavedCompany]:
    with SavedCompany.prepared(tmp_path_factory.mktemp("killed"), prepared_once) as prepared:
        yield prepared


@pytest.fixture(scope="module")
def undisturbed(place: SavedCompany) -> Parts:
    with place.restored() as url:
        run("hourly")
        return end_state(url)


def survived(undisturbed: Parts, url: str) -> None:
    assert differences(undisturbed, end_state(url), told_at_once) == []


def test_killed_while_it_lands_stages_and_compacts(place: SavedCompany, undisturbed: Parts) -> None:
    with place.restored() as url:
        for moment in (LANDING, STAGING, COMPACTING):  # in this order: there must be two commits to compact
            run_and_die(moment)
        run("hourly")
        survived(undisturbed, url)
        run("compact")
        survived(undisturbed, url)
        assert unnamed_files() == []


@pytest.mark.parametrize(
    "moments",
    [(INTENDED, FILED), (UNPOSTED, REPLIED), (COPYING, SWAPPING)],
    ids=["files in Linear", "posts in Slack", "publishes the serving copy"],
)
def test_killed_while_it(moments: tuple[Moment, ...], place: SavedCompany, undisturbed: Parts) -> None:
    with place.restored() as url:
        for moment in moments:
            run_and_die(moment)
        run("hourly")
        survived(undisturbed, url)
        assert {path.suffix for path in load_settings().serving_dir.iterdir()} == {".duckdb"}


def test_killed_while_it_holds_the_slot_of_prefect(
    place: SavedCompany, undisturbed: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    from prefect.client.orchestration import get_client
    from prefect.settings import PREFECT_HOME

    from flows.orchestration import WRITER_LIMIT, local_server

    def taken() -> float:
        with get_client(sync_client=True) as client:
            return client.read_global_concurrency_limit_by_name(WRITER_LIMIT).active_slots

    with place.restored() as url:
        PREFECT_HOME.value().mkdir(exist_ok=True)  # it may have been in the home that was put back
        with local_server(free_port()) as server:
            monkeypatch.setenv("PREFECT_API_URL", f"{server}/api")
            run_and_die(HOLDING)
            assert taken() == 1
            run("prefect hourly")
            assert taken() == 0
            survived(undisturbed, url)


def test_hourly_twice_and_nightly_started_together_do_everything_once(
    place: SavedCompany, undisturbed: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Locks of dead processes lie about. The nightly run may judge first, with models of its own: what is sent is
    counted here, not compared."""
    monkeypatch.setenv("GROUNDSWELL_LOCK_WAIT_SECONDS", "3600")
    with place.restored() as url:
        for lock in load_settings().lock_dir.glob("*.lock"):
            lock.write_text('{"holder": "hourly-0", "pid": 1}')
        assert [ends(process) for process in [start("hourly"), start("hourly"), start("nightly")]] == [0, 0, 0]
        found = end_state(url)
        lines = [[line for line in parts["landing"] if told_at_once(line)] for parts in (undisturbed, found)]
        assert lines[0] == lines[1]
        settings = load_settings()
        journal = Journal(Store(settings.journal))
        sent = journal.read("delivery").filter(pl.col("payload").str.contains('"status":"sent"'))
        assert [
            what for what, times in Counter(zip(sent["id"], sent["payload"], strict=True)).items() if times > 1
        ] == []
        for part in ("linear", "slack"):
            assert len(found[part]) >= len(undisturbed[part])
            assert [line for line, times in Counter(found[part]).items() if times > 1] == []
        assert journal.read("finding")["id"].is_unique().all()


def doubled(things: Iterable[object]) -> list[object]:
    return [thing for thing, times in Counter(things).items() if times > 1]


def unnamed_files() -> list[str]:
    """Files of the landing zone that no manifest names."""
    store = Store(load_settings().landing)
    named = {name for source, stream in store.streams() for c in store.commits(source, stream) for name in c.files}
    return [path for path in store.fs.glob(f"{store.root}/*/*/data/*") if path.rsplit("/", 1)[-1] not in named]
