"""HubSpot against the emulator: everything lands, nothing twice, through imports, a lagging index, faults and stops."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest
from hubspot_world import IMPORTED, OBJECTS, STREAMS, Crm, Shop, at

from flows.core.errors import ConfigError, VendorError
from flows.core.http import Client, RateLimit
from flows.core.run import Run
from flows.pull.inspect import inspect
from flows.pull.run import pull
from flows.sandbox import hubspot_call, hubspot_search
from flows.sandbox.commerce import Change
from flows.sandbox.limits import RateLimits
from flows.sandbox.server import SandboxServer
from flows.settings import HubspotSource


@pytest.fixture
def crm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Crm]:
    monkeypatch.setenv("GROUNDSWELL_HUBSPOT_ACCESS_TOKEN", hubspot_call.TOKEN)
    monkeypatch.setattr("flows.pull.hubspot.Client", functools.partial(Client, sleep=lambda _: None, timeout=5))
    monkeypatch.setattr("flows.pull.run.COMMIT_ROWS", 40)
    # Pages, and how far a search goes, a tenth of what they are.
    monkeypatch.setattr("flows.pull.hubspot.SEARCH_PAGE", 20)
    monkeypatch.setattr("flows.pull.hubspot.HISTORY_PAGE", 15)
    monkeypatch.setattr("flows.pull.hubspot_links.READ_PAGE", 25)
    monkeypatch.setattr(hubspot_search, "MAX_RESULTS", 100)
    shop = Shop()
    company: Any = shop
    with SandboxServer(tmp_path / "sandbox", company=company, rate_limits=RateLimits(speed=0)) as sandbox:
        source = HubspotSource(
            type="hubspot", base_url=f"{sandbox.url}/hubspot", requests_per_minute=60_000,
            search_requests_per_second=1000, account_field="account_id", tier_field="tier",
            renewal_field="renewal_date",
        )  # fmt: skip
        yield Crm(sandbox, shop, tmp_path / "home", source)


def test_the_first_pull_lands_everything_once_also_an_import_beyond_the_limit_of_a_search(crm: Crm) -> None:
    run = crm.pull()
    crm.assert_complete()
    crm.assert_nothing_twice()
    counts = {stream: run.report.counts[f"pulled.hubspot.{stream}"] for stream in STREAMS}
    assert counts == {"owners": 2, "companies": 43 + IMPORTED, "contacts": 61, "deals": 25, "associations": 86}
    assert counts == crm.heights()
    assert all(crm.landed(stream)["backfill"].all() for stream in STREAMS)
    assert run.report.problems == []


def test_companies_carry_the_past_of_what_matters_and_links_their_labels(crm: Crm) -> None:
    crm.pull()
    history = crm.newest("companies")["1004"]["propertiesWithHistory"]
    assert set(history) == {"tier", "industry", "renewal_date", "hubspot_owner_id", "lifecyclestage"}
    assert [entry["value"] for entry in history["tier"]] == ["silver", "gold"]
    first = {"id": "1000", "type_ids": [1, 279], "labels": ["Primary"]}
    link = {"from_type": "contacts", "from_id": "1", "to_type": "companies"}
    assert crm.newest("associations")["contacts:1"] == link | {
        "to": [first, {"id": "1001", "type_ids": [279], "labels": []}]
    }


def test_later_pulls_land_what_changed_and_only_that(crm: Crm) -> None:
    crm.pull()
    archived_moved_merged_and_new = {"owners": 0, "companies": 1 + 8 + 1 + 1, "contacts": 1, "deals": 0}
    nothing = dict.fromkeys(STREAMS, 0)
    for hours, changed in ((25, archived_moved_merged_and_new), (0, {}), (24, {}), (48, {"deals": 25})):
        before = crm.heights()
        crm.advance(hours=hours)
        run = crm.pull()
        crm.assert_complete()
        crm.assert_nothing_twice()
        new = {stream: height - before[stream] for stream, height in crm.heights().items()}
        assert new == nothing | changed
        assert {stream: run.report.counts.get(f"pulled.hubspot.{stream}", 0) for stream in STREAMS} == new
    assert not crm.landed("deals").filter(pl.col("pulled_at") == crm.now)["backfill"].any()
    stages = crm.newest("deals")["500"]["propertiesWithHistory"]["dealstage"]
    assert [entry["value"] for entry in stages] == ["closedwon", "contractsent"]


def test_what_the_index_shows_late_is_not_skipped(crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    """1005 changes before 1010, but the search knows of it minutes later."""
    hidden = {"1005"}
    search = hubspot_search.Search.run
    monkeypatch.setattr(
        hubspot_search.Search, "run",
        lambda self, records, until: search(self, (r for r in records if r.id not in hidden), until),
    )  # fmt: skip
    crm.advance(hours=3, minutes=11)
    crm.pull()
    assert "1005" not in crm.newest("companies")
    hidden.clear()
    crm.advance(minutes=2)
    crm.pull()
    assert crm.newest("companies")["1005"]["properties"]["hubspot_owner_id"] == "8"
    crm.assert_complete()
    crm.assert_nothing_twice()


def test_a_record_that_changes_during_the_walk_hides_no_other(crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three of the first page move to the end, so everything behind them moves up."""
    search, searches = hubspot_search.Search.run, []

    def moves(self: Any, records: Any, until: int) -> Any:
        searches.append(self.kind)
        if searches.count("companies") == 2:
            crm.advance(hours=3, minutes=11)
            until = int(crm.now.timestamp())
        return search(self, records, until)

    monkeypatch.setattr(hubspot_search.Search, "run", moves)
    crm.pull()
    crm.advance(minutes=1)
    crm.assert_complete()


def test_archived_records_are_listed_when_they_are_due(crm: Crm) -> None:
    crm.pull()
    crm.advance(hours=23)
    crm.pull()
    assert not crm.newest("companies")["3001"]["archived"]
    crm.advance(hours=1)
    crm.pull()
    found = crm.newest("companies")["3001"]
    assert found["archived"] and found["propertiesWithHistory"]["tier"][0]["value"] == "gold"
    assert crm.landed("companies").filter(pl.col("id") == "3001")["version"][-1] == "2026-01-31T02:00:00.000Z"
    crm.assert_complete()


def test_a_merged_company_is_named_by_the_one_it_went_into(crm: Crm) -> None:
    crm.pull()
    assert crm.newest("companies")["1001"]["properties"]["hs_merged_object_ids"] is None
    crm.advance(hours=4)
    crm.pull()
    assert crm.newest("companies")["1001"]["properties"]["hs_merged_object_ids"] == "3002"


def test_an_association_that_changes_alone_is_seen_with_the_next_sweep(crm: Crm) -> None:
    crm.pull()
    before = crm.shop.commerce
    moved = {"2": ("1005",), "3": (), "99": ()}
    contacts = {id: replace(c, company_ids=moved.get(id, c.company_ids)) for id, c in before.contacts.items()}
    crm.shop.commerce = replace(before, contacts=contacts)
    crm.advance(hours=12)
    crm.pull()
    assert crm.companies_of("contacts:3") == ["1002"]
    crm.advance(hours=12)
    before_sweep = crm.landed("associations").height
    crm.pull()
    assert (crm.companies_of("contacts:2"), crm.companies_of("contacts:3")) == (["1005"], [])
    assert crm.companies_of("contacts:99") == ["1002"]  # archived: it keeps what it had
    assert crm.landed("associations").height == before_sweep + 2
    crm.advance(hours=24)
    crm.pull()
    assert crm.landed("associations").height == before_sweep + 2


def test_what_changes_between_two_reads_of_one_pull_is_two_versions(crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    """A contact is read because it changed, and again by the sweep; its company is found in between."""
    crm.pull()
    crm.advance(hours=24)
    changed = Change(int(crm.now.timestamp()) - 3600, "firstname", "Jo")
    before = crm.shop.commerce

    def put(**more: Any) -> None:
        one = before.contacts["2"]
        crm.shop.commerce = replace(
            before, contacts=before.contacts | {"2": replace(one, changes=(*one.changes, changed), **more)}
        )

    def send_then_change(self: Client, method: str, path: str, **more: Any) -> Any:
        answer = send(self, method, path, **more)
        if path == "crm/v4/associations/contacts/companies/batch/read":
            put(company_ids=("1007",))
        return answer

    put(company_ids=("1005",))
    send = Client.request
    monkeypatch.setattr(Client, "request", send_then_change)
    crm.pull()
    assert crm.companies_of("contacts:2") == ["1007"]
    links = crm.landed("associations")
    assert links.filter(pl.col("id") == "contacts:2").height == 3
    assert not links.select("id", "version").is_duplicated().any()


@pytest.mark.parametrize("kind", ["rate_limit", "error", "truncated", "malformed", "drop_after_write"])
def test_a_passing_fault_loses_nothing_and_doubles_nothing(crm: Crm, kind: str) -> None:
    for match in ("companies/search", "batch/read", "archived=true", "owners", "associations", "properties/deals"):
        crm.fault(kind, match, times=2)
    crm.pull()
    crm.assert_complete()
    crm.assert_nothing_twice()


def test_searches_keep_a_limit_of_their_own_and_an_overlap_is_not_read_in_full_again(
    crm: Crm, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: Counter[tuple[float, float]] = Counter()
    sent: list[str] = []

    class Counting(RateLimit):
        def wait(self, sleep: Callable[[float], None]) -> None:
            waited[self._requests, self._seconds] += 1
            super().wait(sleep)

    def count(self: Client, method: str, path: str, **more: Any) -> Any:
        sent.append(path)
        return send(self, method, path, **more)

    send = Client.request
    monkeypatch.setattr("flows.pull.hubspot.RateLimit", Counting)
    monkeypatch.setattr(Client, "request", count)
    crm.pull()
    searches = sum(path.endswith("/search") for path in sent)
    assert waited == {(1000, 1): searches, (10_000, 10): len(sent) - searches}
    sent.clear()
    crm.advance(minutes=1)
    crm.pull()
    assert sent == [
        "crm/v3/owners", "crm/v3/owners",
        *(f"crm/v3/{what}" for kind in OBJECTS for what in (f"properties/{kind}", f"objects/{kind}/search")),
    ]  # fmt: skip


def test_a_lasting_fault_lands_what_came_and_the_next_run_goes_on(crm: Crm) -> None:
    crm.fault("error", "companies/batch/read", times=1000)
    with pytest.raises(VendorError, match="500") as caught:
        crm.pull()
    assert "tried 6 times" in str(caught.value)
    assert crm.landed("companies").is_empty() and crm.landed("contacts").height == 61
    httpx.delete(f"{crm.sandbox.url}/control/faults")
    crm.pull()
    crm.assert_complete()
    crm.assert_nothing_twice()


@pytest.mark.parametrize("killed_at", [1, 2, 4, 6, 7, 9, 10])
def test_a_kill_between_pages_resumes_there_and_all_of_it_is_history(
    crm: Crm, monkeypatch: pytest.MonkeyPatch, killed_at: int
) -> None:
    """The process dies at its nth commit, before the manifest is written."""
    dies(crm.run(), monkeypatch, killed_at)
    crm.advance(hours=1)
    crm.pull()
    crm.assert_complete()
    crm.assert_nothing_twice()
    resumed = crm.landed("companies").filter(pl.col("pulled_at") == crm.now)
    assert resumed["backfill"].all()
    crm.advance(hours=3)
    crm.pull()
    live = crm.landed("companies").filter(pl.col("pulled_at") == crm.now)
    assert live.height and not live["backfill"].any()


def test_an_import_is_gone_on_with_in_the_middle(crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed among records of one time, so many that not all can be remembered: those before are not read again."""
    dies(crm.run(), monkeypatch, 4)
    cursor = crm.run().landing.cursor("hubspot", "companies")
    assert cursor and cursor["position"][0] == at(days=10) * 1000 and cursor["position"][1] > 2000
    asked: list[str] = []
    send = Client.request

    def listens(self: Client, method: str, path: str, **more: Any) -> Any:
        asked.extend(f["value"] for g in (more.get("body") or {}).get("filterGroups", ()) for f in g["filters"])
        return send(self, method, path, **more)

    monkeypatch.setattr(Client, "request", listens)
    crm.pull()
    assert str(cursor["position"][1]) in asked and "0" not in asked[: asked.index(str(cursor["position"][1]))]
    crm.assert_complete()
    crm.assert_nothing_twice()


def dies(run: Run, monkeypatch: pytest.MonkeyPatch, killed_at: int) -> None:
    write: Callable[..., None] = run.landing._write_manifest
    commits = []

    class Killed(BaseException):
        pass

    def kill(*arguments: Any) -> None:
        commits.append(1)
        if len(commits) >= killed_at:
            raise Killed
        write(*arguments)

    monkeypatch.setattr(run.landing, "_write_manifest", kill)
    with pytest.raises(Killed):
        pull(run, "hubspot")


def test_a_configured_property_that_does_not_exist_is_a_problem_with_the_nearest_name(crm: Crm) -> None:
    crm.source.tier_field, crm.source.renewal_field = "teir", "zzz"
    run = crm.pull()
    teir, zzz = run.report.problems
    assert "tier_field" in teir and "'teir'" in teir and "the nearest is 'tier'" in teir
    assert "renewal_field" in zzz and "nearest" not in zzz
    crm.assert_complete()


def test_a_property_that_is_configured_later_is_read_of_every_company(crm: Crm) -> None:
    crm.source.tier_field = None
    crm.pull()
    assert "tier" not in crm.newest("companies")["1001"]["properties"]
    crm.source.tier_field = "tier"
    crm.advance(minutes=5)
    crm.pull()
    companies = crm.newest("companies").values()
    assert {c["properties"]["tier"] for c in companies} == {"gold", "silver"}
    assert crm.newest("companies")["3000"]["propertiesWithHistory"]["tier"]
    before = crm.heights()
    crm.pull()
    assert crm.heights() == before


def test_a_missing_scope_fails_its_stream_with_the_scope_and_the_others_go_on(
    crm: Crm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GROUNDSWELL_HUBSPOT_ACCESS_TOKEN", hubspot_call.LIMITED_TOKEN)
    with pytest.raises(VendorError) as caught:
        crm.pull()
    for scope in ("owners", "contacts", "deals"):
        assert f"crm.objects.{scope}.read" in str(caught.value)
    assert caught.value.status == 403
    assert crm.landed("companies").height == 43 + IMPORTED


def test_wrong_credentials_name_the_variable_and_stop_at_once(crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROUNDSWELL_HUBSPOT_ACCESS_TOKEN", hubspot_call.EXPIRED_TOKEN)
    with pytest.raises(VendorError, match="GROUNDSWELL_HUBSPOT_ACCESS_TOKEN") as caught:
        crm.pull()
    assert caught.value.status == 401 and hubspot_call.EXPIRED_TOKEN not in str(caught.value)
    monkeypatch.delenv("GROUNDSWELL_HUBSPOT_ACCESS_TOKEN")
    with pytest.raises(ConfigError, match="GROUNDSWELL_HUBSPOT_ACCESS_TOKEN"):
        crm.pull()


def test_inspection_shows_the_portal_counts_sample_and_time(crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    found = inspect(crm.run().settings, "hubspot")
    assert not found.will_fail and "portal 48150162" in found.who
    assert found.counts == {"companies": 42 + IMPORTED, "contacts": 61, "deals": 25}
    assert len(found.sample) == 3 and found.seconds and found.seconds < 3600
    monkeypatch.setenv("GROUNDSWELL_HUBSPOT_ACCESS_TOKEN", hubspot_call.LIMITED_TOKEN)
    limited = inspect(crm.run().settings, "hubspot")
    assert limited.will_fail and limited.access == "companies"
    assert "crm.objects.deals.read" in " ".join(limited.notes)


def test_inspection_names_a_setting_that_no_property_answers_to(crm: Crm) -> None:
    crm.source = crm.source.model_copy(update={"tier_field": "teir"})
    found = inspect(crm.run().settings, "hubspot")
    assert found.will_fail and "the nearest is 'tier'" in " ".join(found.notes)


def test_a_wrong_address_is_not_taken_for_a_missing_scope(crm: Crm) -> None:
    crm.source = crm.source.model_copy(update={"base_url": f"{crm.sandbox.url}/hubspot/crm"})
    with pytest.raises(VendorError, match="Check base_url of hubspot") as caught:
        inspect(crm.run().settings, "hubspot")
    assert caught.value.status == 404
