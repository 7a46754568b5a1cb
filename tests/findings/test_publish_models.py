"""What is to be told: capped, once, kept up to date, silent about history and bad sources."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from findings_world import START, World

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NOW = START + 60 * DAY + 6 * HOUR  # before the hour of the digest
BUGS = 13


def bug(world: World, name: str, hours: list[float]) -> None:
    own = {
        "is_bug_like": True, "error_signature": f"code:{name}", "symptom": "cannot_export", "product_area": "export",
        "browser": "Firefox 126", "os": "macOS", "steps": "Open it, then press the button.",
    }  # fmt: skip
    for hour in hours:
        world.ticket(NOW - hour * HOUR, account_key=f"account-{int(hour)}", **own)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = World(tmp_path_factory.mktemp("publish"))
    world.background(60, 6, intent="how_to", browser="Chrome 125", os="Windows")
    for n in range(BUGS):
        bug(world, f"bug-{n}", [1.5 + n / 10, 20, 40, 60])
    bug(world, "old", [24 * 12, 24 * 12 + 5, 24 * 12 + 9, 24 * 13])
    world.issue("known", title="Something is the matter with exports", state_name="In Progress")
    world.judge(NOW)
    return world


@pytest.fixture
def world(base: World, tmp_path: Path) -> World:
    """The same world for a test that changes it."""
    return base.copy(tmp_path)


def rows(world: World, model: str = "publish_linear_issues") -> list[dict[str, Any]]:
    return world.published(model)


def told(world: World, *models: str) -> None:
    """What the models ask for arrives, as a run would journal it."""
    world.remember(NOW)
    for model in models:
        for row in rows(world, model):
            if not row["is_held_back"]:
                world.sent(row["delivery_key"], NOW, content_hash=row["content_hash"], external_id=row["delivery_key"])


def test_a_run_files_no_more_than_the_cap_and_says_what_it_held_back(base: World) -> None:
    wanted = rows(base)
    assert len(wanted) == BUGS
    assert [row["operation"] for row in wanted] == ["create"] * BUGS
    assert [row["is_held_back"] for row in wanted] == [False] * 10 + [True] * 3
    assert {row["hold_reason"] for row in wanted[10:]} == {"over the cap of 10 a run; it stays at the next run"}


def test_what_ended_before_is_history_and_not_filed(base: World) -> None:
    assert [f["is_history"] for f in base.findings(NOW) if f["candidate_key"].endswith("old")] == [True]
    assert not any("old" in row["title"] for row in rows(base))


def test_what_arrived_does_not_come_again_and_the_rest_does(world: World) -> None:
    told(world, "publish_linear_issues", "publish_slack_messages")
    world.judge(NOW)
    assert [row["is_held_back"] for row in rows(world)] == [False] * 3
    assert rows(world, "publish_slack_messages") == []


def test_one_more_ticket_changes_nothing_and_twice_as_many_or_one_more_account_do(world: World) -> None:
    told(world, "publish_linear_issues")
    bug(world, "bug-0", [20.5])
    world.judge(NOW)
    assert "update" not in [row["operation"] for row in rows(world)]
    bug(world, "bug-0", [0.4, 0.3, 0.2, 0.1])
    world.judge(NOW)
    updates = [row for row in rows(world) if row["operation"] == "update"]
    assert [row["title"] for row in updates] == ["Something is the matter (bug-0)"]
    assert updates[0]["issue_id"] == updates[0]["delivery_key"]  # the id it was journalled with


def test_a_change_of_state_is_a_comment_and_a_reply_once(world: World) -> None:
    told(world, "publish_linear_issues", "publish_slack_messages")
    later = NOW + 22 * DAY
    world.judge(later)
    comments = [row for row in rows(world) if row["operation"] == "comment"]
    assert len(comments) == 10
    assert all(row["delivery_key"].endswith(":1:resolved") for row in comments)
    replies = [r for r in rows(world, "publish_slack_messages") if r["thread_delivery_key"]]
    assert {r["delivery_key"] for r in replies} == {f"{r['thread_delivery_key']}:resolved" for r in replies}
    for row in [*comments, *replies]:
        if not row["is_held_back"]:
            world.sent(row["delivery_key"], later, content_hash=row["content_hash"])
    world.judge(later + HOUR)
    assert not [row for row in rows(world) if row["operation"] == "comment"]


def test_a_source_with_a_bad_batch_stops_its_findings(world: World) -> None:
    world.rows["control.sources"] = [{"source": "desk", "is_late": False, "is_bad": True, "reason": "keys twice"}]
    world.judge(NOW)
    assert rows(world) == []
    assert rows(world, "publish_slack_messages") == []
    assert [f["kind"] for f in world.findings(NOW, "quality")] == ["quality"]


def test_the_digest_goes_out_once_a_day_from_its_hour_on(world: World) -> None:
    def digests() -> list[dict[str, Any]]:
        return [row for row in rows(world, "publish_slack_messages") if row["channel_role"] == "digest"]

    assert digests() == []
    world.judge(NOW + 2 * HOUR)
    (digest,) = digests()
    body = json.loads(digest["body"])
    assert digest["delivery_key"] == "slack:digest:2026-03-06"
    assert [section["heading"] for section in body["sections"]] == ["Open findings", "Rising", "Held back"]
    assert body["sections"][0]["lines"][-1] == f"{BUGS - 5} more"
    world.sent(digest["delivery_key"], NOW + 2 * HOUR, content_hash=digest["content_hash"])
    world.judge(NOW + 5 * HOUR)
    assert digests() == []


def test_the_report_has_what_an_engineer_asks_for(base: World) -> None:
    (row,) = [row for row in rows(base) if row["title"] == "Something is the matter (bug-3)"]
    body = json.loads(row["body"])
    assert body["tickets"] == body["reporters"] == body["accounts"] == body["evidence_total"] == 4
    assert body["steps"] == "Open it, then press the button."
    assert [quote["ticket_id"] for quote in body["quotes"]] == [link["ticket_id"] for link in body["links"]]
    browser = next(entry for entry in body["environment"] if entry["name"] == "Browser")
    assert (browser["value"], browser["share"], browser["usual_share"] < 0.3) == ("Firefox 126", 1.0, True)
    assert [issue["title"] for issue in body["similar_issues"]] == ["Something is the matter with exports"]
    assert body["grouped_because"] == 'These tickets are here 4 for "same error signature".'
    assert row["labels"] == ["bug", "export"]


def test_a_new_history_files_nothing_that_is_over(tmp_path: Path) -> None:
    """The first run over years of tickets: only what is still open at its end is told."""
    world = World(tmp_path)
    world.background(100, 6, intent="how_to")
    for n in range(30):
        world.ticket(START + 50 * DAY + n * HOUR, error_signature="code:then", is_bug_like=True)
        world.ticket(START + 70 * DAY + n * HOUR / 6, intent="how_to")
    end = START + 99 * DAY + 6 * HOUR
    world.judge(end)
    assert len(world.findings(end)) >= 2
    assert rows(world) == rows(world, "publish_slack_messages") == []


def test_an_issue_that_a_stopped_run_may_have_filed_is_not_similar_to_its_own_finding(world: World) -> None:
    row = rows(world)[0]
    world.issue("own", title=row["title"])
    world.journal(
        "delivery", row["delivery_key"], NOW, status="intent", destination="linear", operation="create",
        finding_key=row["finding_key"], episode=row["episode"], content_hash=row["content_hash"], issue_id="own",
    )  # fmt: skip
    world.judge(NOW, only=["publish_finding_bodies+"])
    similar = {r["finding_key"]: json.loads(r["body"])["similar_issues"] or [] for r in rows(world)}
    mine = [issue["title"] for issue in similar.pop(row["finding_key"])]
    assert row["title"] not in mine
    assert all(row["title"] in [issue["title"] for issue in issues] for issues in similar.values())
