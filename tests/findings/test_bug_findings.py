"""Bug candidates: grouped by the strongest key, filed when new or rising, with states that people can follow."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from findings_world import AREAS, START, World

INTENTS = ("how_to", "billing_question", "bug_report")
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
RELEASE = START + 80 * DAY
NOW = START + 100 * DAY + 12 * HOUR


def errors(world: World, signature: str, first: datetime, hours: list[float], **values: Any) -> list[str]:
    """Tickets with one error signature, so many hours after the first."""
    own = {"is_bug_like": True, "error_signature": signature, "error_code": signature.split(":")[1].upper()}
    return [world.ticket(first + hour * HOUR, **(own | values)) for hour in hours]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Bugs of all sorts, all in one history, told apart by their signatures."""
    world = World(tmp_path_factory.mktemp("bugs"))
    world.background(101, 10, intent=lambda r: r.choice(INTENTS), product_area=lambda r: r.choice(AREAS))
    world.release("4.1", RELEASE - 14 * DAY)
    world.release("4.2", RELEASE)
    export = {"product_area": "export", "symptom": "cannot_export", "topic_id": "exports", "topic_label": "exports"}

    # new with a release, told by ten reporters; five more tell the same without the error
    errors(world, "code:exp-1", RELEASE + 5 * HOUR, [0, 9, 20, 30, 55, 80, 120, 200, 320, 470],
           release="4.2", release_source="stated", **export)  # fmt: skip
    for day in (1, 2, 5, 9, 15):
        world.ticket(RELEASE + day * DAY, is_bug_like=True, **export)
    # the same topic and area, but another symptom: not the same bug
    world.ticket(RELEASE + 3 * DAY, is_bug_like=True, **(export | {"symptom": "wrong_data"}))

    # always there, now and then
    errors(world, "code:old-2", START, [24 * 9 * n for n in range(12)])
    # always there, and five times as often in the last week
    errors(world, "code:old-3", START, [24 * 12 * n for n in range(8)])
    errors(world, "code:old-3", NOW - 6 * DAY, [0, 20, 45, 60, 75, 90, 110, 140])
    # one reporter only
    errors(world, "code:one-4", NOW - 3 * DAY, [0, 5, 9], reporter_key="the-one")
    # four times the daily rate since yesterday
    errors(world, "code:esc-5", NOW - 8 * DAY, [0, 40, 90, 130, 170, 171, 175, 180, 185, 190], symptom="crash")
    # no place and no error, but one topic: of one all tell the same symptom, of the other each tells another
    for name, symptoms in (("locked-out", ["login_failure"]), ("word-only", ["hangs", "sync_failure", "data_loss"])):
        for hour in range(12):
            symptom = symptoms[hour % len(symptoms)]
            world.ticket(
                NOW - 2 * DAY + hour * HOUR, is_bug_like=True, topic_id=name, topic_label=name, symptom=symptom
            )
    # silent for a month
    errors(world, "code:gone-6", NOW - 40 * DAY, [0, 5, 9, 30])
    # two signatures whose tickets name the same issue
    for signature in ("code:twin-7", "code:twin-8"):
        errors(world, signature, NOW - 5 * DAY, [0, 10])
        errors(world, signature, NOW - 4 * DAY, [1], body="See https://linear.app/acme/issue/ENG-77/twins please")
    # filed, fixed and shipped; then it came back, and somebody on the old release wrote as well
    world.release("4.3", NOW - 10 * DAY)
    errors(world, "code:back-9", NOW - 30 * DAY, [0, 5, 9, 30, 50])
    errors(world, "code:back-9", NOW - 3 * DAY, [0, 5], release="4.3", release_source="stated")
    # filed and fixed; only people on the release before the fix still write
    errors(world, "code:fixed-10", NOW - 30 * DAY, [0, 5, 9, 30, 50])
    errors(world, "code:fixed-10", NOW - 3 * DAY, [0, 5, 9], release="4.2", release_source="stated")
    # filed, and declined by the engineers
    errors(world, "code:no-11", NOW - 6 * DAY, [0, 5, 9, 30, 50])
    world.judge(NOW)
    keys = {row["candidate_key"].split(":")[-1]: row["finding_key"] for row in world.findings(NOW, "bug")}
    for name, state in (("back-9", "completed"), ("fixed-10", "completed"), ("no-11", "canceled")):
        world.sent(f"linear:{keys[name]}:1", NOW - 5 * DAY - HOUR, external_id=name)
        done = {"completed_at": NOW - 12 * DAY} if state == "completed" else {"canceled_at": NOW - 2 * DAY}
        world.issue(name, state_name=state, **done)
    world.judge(NOW)
    return world


def bug(world: World, name: str, at: datetime = NOW) -> dict[str, Any]:
    """The one bug whose candidate or error signature ends with a name."""
    rows = [
        row
        for row in world.findings(at, "bug")
        if row["candidate_key"].endswith(name) or str(json.loads(row["details"])["error_signature"]).endswith(name)
    ]
    assert len(rows) == 1, rows
    return rows[0]


def test_a_new_error_that_several_report_is_a_bug(world: World) -> None:
    row = bug(world, "exp-1")
    assert (row["state"], row["suspected_release"], row["release"]) == ("open", "4.2", "4.2")
    assert "EXP-1" in row["title"]
    assert row["confidence"] >= 0.85
    assert row["first_seen_at"] == RELEASE + 5 * HOUR


def test_tickets_without_the_error_join_when_they_agree_and_say_so(world: World) -> None:
    row = bug(world, "exp-1")
    evidence = world.query(
        "select reason, strength, count(*) as n from marts.fct_finding_evidence where finding_key = ? group by all"
        " order by strength", row["finding_key"],
    )  # fmt: skip
    assert evidence == [
        {"reason": "no error text, but the same place, symptom and topic", "strength": 0.7, "n": 5},
        {"reason": "same error signature", "strength": 0.95, "n": 10},
    ]


def test_a_ticket_with_another_symptom_does_not_join(world: World) -> None:
    (other,) = [
        row["ticket_id"]
        for row in world.query("select ticket_id from intermediate.int_ticket_facts where symptom = 'wrong_data'")
    ]
    assert other not in world.evidence(NOW, bug(world, "exp-1")["finding_key"])


def test_what_was_always_there_is_not_a_bug_until_it_rises(world: World) -> None:
    assert not [row for row in world.findings(NOW) if "old-2" in row["candidate_key"]]
    row = bug(world, "old-3")
    assert row["state"] == "open"
    assert row["first_seen_at"] >= NOW - 13 * DAY
    assert '"rise"' in row["details"]


def test_one_reporter_alone_is_emerging(world: World) -> None:
    assert bug(world, "one-4")["state"] == "emerging"


def test_tickets_that_share_a_topic_alone_are_no_bug_to_file(world: World) -> None:
    assert bug(world, "topic:locked-out")["state"] == "open"
    assert bug(world, "topic:word-only")["state"] == "emerging"


def test_a_bug_that_speeds_up_is_escalating(world: World) -> None:
    assert (bug(world, "esc-5")["state"], bug(world, "esc-5")["severity"]) == ("escalating", "high")


def test_a_bug_without_tickets_is_resolved_and_history(world: World) -> None:
    row = bug(world, "gone-6")
    assert (row["state"], row["is_history"]) == ("resolved", True)


def test_signatures_whose_tickets_name_one_issue_are_one_bug(world: World) -> None:
    row = bug(world, "ENG-77")
    assert row["tickets"] == 6
    assert not [r for r in world.findings(NOW) if "twin" in r["candidate_key"]]


def test_tickets_after_the_shipped_fix_are_a_regression(world: World) -> None:
    row = bug(world, "back-9")
    assert (row["state"], row["episode"], row["tickets"]) == ("regressed", 2, 2)
    assert row["tracker_issue_id"] is None  # of the new episode
    (wanted,) = [r for r in world.published("publish_linear_issues") if r["finding_key"] == row["finding_key"]]
    assert (wanted["operation"], wanted["delivery_key"]) == ("create", f"linear:{row['finding_key']}:2")
    assert wanted["related_issue_ids"] == ["back-9"]


def test_tickets_from_releases_older_than_the_fix_are_none(world: World) -> None:
    row = bug(world, "fixed-10")
    assert (row["state"], row["episode"]) == ("resolved", 1)


def test_a_declined_bug_is_archived(world: World) -> None:
    assert bug(world, "no-11")["state"] == "archived"


def test_done_is_not_shipped(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Tickets between the completed issue and the next release do not speak against the fix."""
    world = World(tmp_path_factory.mktemp("done"))
    world.background(60, 6, intent="how_to")
    world.release("1.0", START)
    first = START + 40 * DAY
    errors(world, "code:slow-1", first, [0, 5, 9])
    world.judge(first + DAY)
    key = bug(world, "slow-1", first + DAY)["finding_key"]
    world.sent(f"linear:{key}:1", first + DAY, external_id="i")
    world.issue("i", completed_at=first + 2 * DAY, state_name="Done")
    errors(world, "code:slow-1", first + 3 * DAY, [0, 5, 9])
    early, late = first + 4 * DAY, first + 8 * DAY
    world.release("1.1", first + 5 * DAY)
    errors(world, "code:slow-1", first + 6 * DAY, [0, 5, 9])
    world.judge(early, late)
    assert bug(world, "slow-1", early)["state"] == "resolved"
    assert (bug(world, "slow-1", late)["state"], bug(world, "slow-1", late)["tickets"]) == ("regressed", 3)


def test_a_bug_keeps_its_key_when_its_tickets_begin_to_name_an_issue(tmp_path_factory: pytest.TempPathFactory) -> None:
    world = World(tmp_path_factory.mktemp("keys"))
    world.background(60, 6, intent="how_to")
    first = START + 50 * DAY
    errors(world, "code:grow-1", first, [0, 5, 9])
    before, after = first + DAY, first + 3 * DAY
    world.judge(before)
    world.remember(before)
    key = bug(world, "grow-1", before)["finding_key"]
    errors(world, "code:grow-1", first + 2 * DAY, [0], body="as in https://linear.app/acme/issue/ENG-5/x")
    world.judge(before, after)
    assert bug(world, "grow-1", before)["finding_key"] == key
    row = bug(world, "ENG-5", after)
    assert (row["finding_key"], row["tickets"]) == (key, 4)


def test_a_muted_finding_is_archived_until_the_mute_ends(tmp_path_factory: pytest.TempPathFactory) -> None:
    world = World(tmp_path_factory.mktemp("mute"))
    world.background(60, 6, intent="how_to")
    first = START + 50 * DAY
    errors(world, "code:loud-1", first, [0, 5, 9, 60, 90])
    moments = [first + DAY, first + 2 * DAY, first + 4 * DAY]
    world.judge(*moments)
    key = bug(world, "loud-1", moments[0])["finding_key"]
    world.journal("mute", key, first + DAY + HOUR, muted=True, until=(first + 3 * DAY).isoformat() + "Z")
    world.judge(*moments)
    assert [bug(world, "loud-1", moment)["state"] for moment in moments] == ["open", "archived", "open"]


def test_two_error_codes_with_one_symptom_are_two_bugs(tmp_path_factory: pytest.TempPathFactory) -> None:
    """They rose together and say the same, as do tickets without a code: still one title would not cover both."""
    world = World(tmp_path_factory.mktemp("codes"))
    world.background(60, 6, intent="how_to")
    first = START + 50 * DAY
    export = {"product_area": "export", "symptom": "cannot_export"}
    errors(world, "code:exp-7", first, [0, 5, 9, 20], **export)
    errors(world, "code:exp-8", first + 2 * HOUR, [0, 6, 11, 22], **export)
    for hour in (3, 8, 13, 21):
        world.ticket(first + hour * HOUR, is_bug_like=True, **export)
    now = first + 2 * DAY
    world.judge(now)
    findings = [row for row in world.findings(now, "bug") if row["state"] == "open"]
    assert len(findings) == 2
    for row in findings:
        codes = world.query(
            "select distinct f.error_signature as s from marts.fct_finding_evidence e"
            " join intermediate.int_ticket_facts f using (ticket_id)"
            " where e.finding_key = ? and f.error_signature is not null",
            row["finding_key"],
        )
        assert len(codes) == 1


def test_an_error_code_that_shows_late_joins_the_bug_it_agrees_with(tmp_path_factory: pytest.TempPathFactory) -> None:
    """People wrote about it without the code for two weeks: it is filed already, and stays one bug."""
    world = World(tmp_path_factory.mktemp("late"))
    world.background(80, 6, intent="how_to")
    first = START + 50 * DAY
    export = {"product_area": "export", "symptom": "cannot_export"}
    for hour in [*range(0, 96, 8), *range(120, 400, 24)]:
        world.ticket(first + hour * HOUR, is_bug_like=True, **export)
    before, after = first + 14 * DAY, first + 18 * DAY
    world.judge(before)
    world.remember(before)
    (filed,) = world.findings(before, "bug")
    errors(world, "code:exp-7", first + 15 * DAY, [0, 5, 9, 20], **export)
    world.judge(after)
    (row,) = world.findings(after, "bug")
    assert (row["finding_key"], row["state"]) == (filed["finding_key"], "open")
    assert row["tickets"] > filed["tickets"] + 4
