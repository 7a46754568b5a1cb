"""The simulated company: the same every time, whole at any moment, and with what was planted in it."""

from __future__ import annotations

import ast
import csv
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flows.sandbox.company import STREAMS, Company
from flows.sandbox.feed import Feed
from flows.sandbox.texts.letters import MEGABYTE
from flows.sandbox.zendesk_tickets import CATEGORY_FIELD, VERSION_FIELD

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def company() -> Company:
    return Company.simulate()


@pytest.fixture(scope="module")
def small() -> Company:
    return Company.simulate(seed=11, months=3, tickets_per_month=60, live_days=7)


@pytest.fixture(scope="module")
def tickets(company: Company) -> list[dict]:
    return list(company.all("tickets", company.end))


def paged(company: Company, stream: str, until: datetime, size: int) -> list[dict]:
    found, after = [], (-1, -1)
    while page := company.changes(stream, after=after, until=until, limit=size):
        found += page
        after = company.position(stream, page[-1])
    return found


def event(company: Company, key: str) -> dict:
    return next(item for item in company.truth()["events"] if item["id"] == key)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(small: Company) -> None:
    def bytes_of(company: Company) -> str:
        return json.dumps([list(company.all(stream, company.end)) for stream in STREAMS]) + json.dumps(company.truth())

    again = Company.simulate(**small.arguments)
    other = Company.simulate(**small.arguments | {"seed": 12})
    assert bytes_of(again) == bytes_of(small)
    assert bytes_of(other) != bytes_of(small)


@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_pages_of_any_size_give_every_change_exactly_once_and_in_order(small: Company, stream: str, size: int) -> None:
    pages = paged(small, stream, small.history_end, size)
    positions = [small.position(stream, item) for item in pages]
    assert positions == sorted(set(positions))
    assert len({item["id"] for item in pages}) == len(pages) == small.count(stream, small.history_end)
    assert pages == list(small.all(stream, small.history_end))


def test_a_reader_who_follows_the_clock_ends_with_the_same_objects_as_one_who_comes_late(small: Company) -> None:
    for stream in STREAMS:
        followed: dict[int, dict] = {}
        after, now = (-1, -1), small.start
        while now < small.end:
            now += timedelta(days=9)
            while page := small.changes(stream, after=after, until=now, limit=50):
                followed |= {item["id"]: item for item in page}
                after = small.position(stream, page[-1])
        assert followed == {item["id"]: item for item in small.all(stream, now)}


def test_a_feed_shows_an_object_once_at_its_last_change() -> None:
    feed = Feed([(10, 1), (10, 2), (20, 1), (30, 2), (30, 3)])
    assert feed.page((-1, -1), 15, 10) == [(10, 1), (10, 2)]
    assert feed.page((-1, -1), 25, 10) == [(10, 2), (20, 1)]
    assert feed.page((10, 2), 40, 1) == [(20, 1)]
    assert feed.page((30, 2), 40, 5) == [(30, 3)]
    assert list(feed.all(29)) == [(10, 2), (20, 1)]


def test_tickets_have_the_shape_of_zendesks(company: Company, tickets: list[dict]) -> None:
    fields = {CATEGORY_FIELD, VERSION_FIELD}
    users = {user["id"] for user in company.all("users", company.end)}
    organizations = {org["id"] for org in company.all("organizations", company.end)}
    for ticket in tickets:
        assert {field["id"] for field in ticket["custom_fields"]} == fields
        assert ticket["status"] in {"new", "open", "pending", "hold", "solved", "closed", "deleted"}
        assert ticket["requester_id"] in users
        assert ticket["organization_id"] is None or ticket["organization_id"] in organizations
        assert ticket["created_at"] is None or ticket["created_at"] <= ticket["updated_at"]
        assert datetime.fromisoformat(ticket["updated_at"]).timestamp() <= ticket["generated_timestamp"]
        assert isinstance(ticket["description"], str) and isinstance(ticket["tags"], list)


def test_events_carry_comments_and_changes_that_add_up_to_the_ticket(small: Company) -> None:
    status: dict[int, str] = {}
    events = paged(small, "ticket_events", small.history_end, 500)
    for audit in events:
        assert audit["event_type"] == "Audit" and audit["child_events"]
        for child in audit["child_events"]:
            if child["event_type"] == "Comment":
                assert {"body", "html_body", "plain_body", "public", "author_id"} <= set(child)
            elif "status" in child:
                assert child.get("previous_value") == status.get(audit["ticket_id"])
                status[audit["ticket_id"]] = child["status"]
    assert status == {ticket["id"]: ticket["status"] for ticket in small.all("tickets", small.history_end)}
    ids = [audit["id"] for audit in events] + [c["id"] for audit in events for c in audit["child_events"]]
    assert len(ids) == len(set(ids))
    assert [audit["id"] for audit in events] == sorted(audit["id"] for audit in events)


def test_ticket_descriptions_are_their_first_comments(small: Company) -> None:
    for ticket in small.all("tickets", small.history_end):
        comments = small.comments(ticket["id"], small.history_end)
        assert comments[0]["body"] == ticket["description"]
        assert [c["created_at"] for c in comments] == sorted(c["created_at"] for c in comments)


def test_metric_sets_agree_with_the_events(small: Company) -> None:
    for metrics in small.all("ticket_metrics", small.end):
        reply = metrics["reply_time_in_minutes"]
        assert (reply["calendar"] is None) == (metrics["replies"] == 0)
        assert reply["calendar"] is None or 0 <= reply["business"] <= reply["calendar"]
        assert metrics["first_resolution_time_in_minutes"].keys() == {"calendar", "business"}
    assert any(metrics["reopens"] for metrics in small.all("ticket_metrics", small.end))


def test_ratings_are_offered_first_and_the_ticket_shows_the_answer(company: Company) -> None:
    scores = Counter(rating["score"] for rating in company.all("satisfaction_ratings", company.history_end))
    assert scores["offered"] > scores["good"] > scores["bad"] > 0
    rating = next(r for r in company.all("satisfaction_ratings", company.end) if r["score"] == "bad")
    ticket = company.get("tickets", rating["ticket_id"], company.end)
    assert ticket is not None and ticket["satisfaction_rating"]["score"] == "bad"
    before = datetime.fromisoformat(rating["updated_at"]) - timedelta(seconds=1)
    earlier = company.get("satisfaction_ratings", rating["id"], before)
    assert earlier is not None and earlier["score"] == "offered"


def test_the_helpdesks_category_is_often_missing_and_sometimes_wrong(company: Company, tickets: list[dict]) -> None:
    intents = company.truth()["intents"]
    pairs = [
        (intents[str(ticket["id"])], ticket["custom_fields"][0]["value"])
        for ticket in tickets
        if str(ticket["id"]) in intents
    ]
    stated = [(true, category) for true, category in pairs if category]
    assert 0.12 < 1 - len(stated) / len(pairs) < 0.18
    assert 0.84 < sum(true == category for true, category in stated) / len(stated) < 0.92


def test_some_tickets_are_merged_deleted_empty_or_spam(company: Company, tickets: list[dict]) -> None:
    assert sum("closed_by_merge" in ticket["tags"] for ticket in tickets) > 20
    assert sum(ticket["status"] == "deleted" for ticket in tickets) > 50
    assert sum(not ticket["description"] for ticket in tickets) > 20
    assert any(user["suspended"] for user in company.all("users", company.history_end))


def test_an_old_import_left_a_few_tickets_without_a_creation_time(company: Company) -> None:
    tickets = list(company.all("tickets", company.end))
    undated = sum(ticket["created_at"] is None for ticket in tickets)
    assert 0 < undated < len(tickets) / 500


def test_more_is_written_on_working_days(company: Company, tickets: list[dict]) -> None:
    days = Counter(datetime.fromisoformat(ticket["created_at"]).weekday() for ticket in tickets if ticket["created_at"])
    assert min(days[day] for day in range(5)) > 3 * max(days[5], days[6])


def test_loud_medium_and_slow_bugs_ride_in_on_releases(company: Company) -> None:
    versions = {release.version for release in company.releases}
    sizes = {"loud": range(25, 61), "medium": range(10, 21), "slow": range(6, 9)}
    bugs = [item for item in company.truth()["events"] if item["kind"] in ("bug", "regression")]
    assert len(bugs) >= 6
    for bug in bugs:
        assert len(bug["ticket_ids"]) in sizes[bug["loudness"]], bug["id"]
        assert bug["release"] in versions and bug["fix_release"] in versions
    assert {bug["loudness"] for bug in bugs} == set(sizes)
    today = company.history_end.isoformat()
    assert sum(bug["ended_at"] < today for bug in bugs) >= 6


def test_the_bad_release_after_the_history_is_heard_of_at_once(company: Company) -> None:
    bad = event(company, "blank-dashboards")
    begin = datetime.fromisoformat(bad["started_at"])
    assert company.history_end < begin < company.history_end + timedelta(hours=24)
    moments = [company.get("tickets", int(key), company.end)["created_at"] for key in bad["ticket_ids"]]  # type: ignore[index]
    assert 24 <= sum(datetime.fromisoformat(at) <= company.history_end + timedelta(hours=36) for at in moments) <= 36
    assert any(release.version == bad["release"] and release.released_at == begin for release in company.releases)


def test_one_loud_bug_is_still_open_when_the_history_ends(company: Company) -> None:
    open_bug = event(company, "export-stalls")
    keys = [int(key) for key in open_bug["ticket_ids"]]
    seen = [ticket for key in keys if (ticket := company.get("tickets", key, company.history_end))]
    assert len(seen) >= 30
    assert open_bug["live"] and {ticket["status"] for ticket in seen} & {"hold", "open"}
    assert len({ticket["organization_id"] for ticket in seen}) >= 15


@pytest.mark.parametrize("key", ["outage-slow-everything", "outage-sign-in"])
def test_an_outage_is_over_in_hours(company: Company, key: str) -> None:
    outage = event(company, key)
    begin, end = (datetime.fromisoformat(outage[name]) for name in ("started_at", "ended_at"))
    assert end - begin == timedelta(hours=2.5)
    moments = [company.get("tickets", int(key), company.end)["created_at"] for key in outage["ticket_ids"]]  # type: ignore[index]
    assert len(moments) >= 40
    assert all(begin <= datetime.fromisoformat(at) <= begin + timedelta(hours=6) for at in moments)


def test_the_billing_wave_stays_in_its_segment(company: Company) -> None:
    wave = event(company, "starter-price-wave")
    tiers = {org["id"]: org["organization_fields"]["tier"] for org in company.all("organizations", company.end)}
    tickets = [company.get("tickets", int(key), company.end) for key in wave["ticket_ids"]]
    assert {tiers[ticket["organization_id"]] for ticket in tickets if ticket} == {"starter"}
    assert wave["expected_kinds"] == ["volume"]


def test_the_documentation_gap_grows_and_no_article_covers_it(company: Company) -> None:
    gap = event(company, "scim-groups-undocumented")
    last_week = (company.history_end - timedelta(days=7)).isoformat()
    moments = [
        ticket["created_at"]
        for key in gap["ticket_ids"]
        if (ticket := company.get("tickets", int(key), company.history_end))
    ]
    assert 7 <= sum(at >= last_week for at in moments) <= 13
    assert not any("SCIM" in article["body"] for article in company.all("articles", company.end))


def test_the_regression_comes_back_after_its_fix(company: Company) -> None:
    back = event(company, "viewer-forbidden-again")
    first = event(company, back["regression_of"])
    assert first["ended_at"] < back["started_at"] and back["kind"] == "regression"
    assert back["error_text"] == first["error_text"]


def test_caused_tickets_belong_to_one_event_and_begin_with_it(company: Company) -> None:
    events = company.truth()["events"]
    keys = [key for item in events for key in item["ticket_ids"]]
    assert len(keys) == len(set(keys))
    assert all(item["first_ticket_at"] >= item["started_at"] for item in events)


def test_exactly_one_body_has_a_megabyte(company: Company, tickets: list[dict]) -> None:
    sizes = [len(ticket["description"].encode()) for ticket in tickets]
    assert [size for size in sizes if size > 20_000] == [MEGABYTE]


def test_the_release_export_holds_what_was_released_by_then(company: Company, tmp_path: Path) -> None:
    path = company.write_exports(tmp_path, company.history_end)
    before = list(csv.DictReader(path.open()))
    company.write_exports(tmp_path, company.history_end + timedelta(days=1))
    after = list(csv.DictReader(path.open()))
    assert list(before[0]) == ["product", "version", "released_at"]
    assert [row["version"] for row in after[len(before) :]] == [event(company, "blank-dashboards")["release"]]


def test_a_company_of_any_size_can_be_simulated() -> None:
    large = Company.simulate(start=datetime(2024, 3, 1, tzinfo=UTC), months=6, tickets_per_month=2500)
    assert 14_000 < large.count("tickets", large.history_end) < 17_000
    tiny = Company.simulate(months=1, tickets_per_month=5, live_days=2)
    assert tiny.count("tickets", tiny.end) > 0


def test_only_the_sandbox_and_the_scorer_know_the_truth() -> None:
    secret = ("truth.json", "blank-dashboards", "export-stalls")
    for path in (ROOT / "flows").rglob("*.py"):
        name = path.relative_to(ROOT / "flows").as_posix()
        if name.startswith(("sandbox/", "learn/score")):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            modules += [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
            assert not any(m.startswith("flows.sandbox.") and m.endswith(("truth", "incidents")) for m in modules), name
            assert not (isinstance(node, ast.Attribute) and node.attr == "truth"), name
            text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
            assert not any(word in text for word in secret), name
    for folder in ("dbt_project", "dashboards", "expectations"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in (".sql", ".yml", ".csv", ".py") and "target" not in path.parts:
                assert not any(word in path.read_text(encoding="utf-8") for word in secret), path
