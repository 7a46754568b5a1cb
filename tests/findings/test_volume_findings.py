"""Waves in ticket volume: found at small counts, told once, explained by what is more specific."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from findings_world import AREAS, START, World

INTENTS = ("how_to", "billing_question", "bug_report", "login_problem")
WAVE = START + timedelta(days=70, hours=9)  # a topic: 2 a week, then 5 a day for four days
OUTAGE = START + timedelta(days=91, hours=13)  # 40 tickets of all kinds in two and a half hours
LONELY = START + timedelta(days=100, hours=9)  # one reporter who writes 25 times
LATE = START + timedelta(days=105, hours=9)  # a wave that was only pulled two days later

MOMENTS = {
    "before": WAVE - timedelta(hours=1),
    "first day": WAVE + timedelta(hours=23),
    "third day": WAVE + timedelta(days=2, hours=12),
    "after": WAVE + timedelta(days=8),
    "outage": OUTAGE + timedelta(hours=3),
    "lonely": LONELY + timedelta(hours=10),
    "late, not pulled": LATE + timedelta(hours=30),
    "late, pulled": LATE + timedelta(hours=49),
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = World(tmp_path_factory.mktemp("volume"))
    world.background(
        110,
        10,
        intent=lambda r: r.choice(INTENTS),
        topic_id=lambda r: f"topic-{r.randrange(8)}",
        topic_label="some topic",
    )
    random = Random(5)
    for at, days, count in ((START, 70, 20), (WAVE, 4, 20)):
        for n in range(count):
            when = at + timedelta(days=days * n / count, hours=random.random() * 3)
            world.ticket(when, topic_id="calendar", topic_label="calendar invitations", intent="bug_report")
    for n in range(40):
        at = OUTAGE + timedelta(minutes=3.7 * n)
        world.ticket(at, intent=random.choice(INTENTS), product_area=random.choice(AREAS), is_bug_like=True)
    for n in range(25):
        world.ticket(LONELY + timedelta(minutes=20 * n), intent="how_to", reporter_key="lonely")
    for n in range(25):
        at = LATE + timedelta(minutes=20 * n)
        world.ticket(at, known_at=LATE + timedelta(hours=48), topic_id="late", topic_label="late topic")
    world.judge(*MOMENTS.values())
    return world


def living(world: World, moment: str) -> list[str]:
    return [
        row["candidate_key"]
        for row in world.findings(MOMENTS[moment])
        if row["state"] != "resolved" and row["first_seen_at"] > MOMENTS[moment] - timedelta(days=6)
    ]


def test_a_quiet_time_has_nothing_to_say(world: World) -> None:
    assert living(world, "before") == []


def test_a_wave_of_days_is_one_finding_from_its_first_day_on(world: World) -> None:
    assert len(living(world, "first day")) == 1
    assert living(world, "third day") == living(world, "first day")
    after = [row for row in world.findings(MOMENTS["after"]) if row["candidate_key"] in living(world, "first day")]
    assert [row["state"] for row in after] == ["resolved"]


def test_the_finding_says_what_was_expected_and_how_unlikely_it_is(world: World) -> None:
    row = next(r for r in world.findings(MOMENTS["third day"]) if "calendar" in r["candidate_key"])
    assert row["title"] == "Far more tickets than usual about calendar invitations"
    assert row["observed"] >= 9 > 3 > row["baseline"] > 0.2
    assert row["p_value"] < 1e-4
    assert len(world.evidence(row["as_of"], row["finding_key"])) == row["tickets"] >= row["reporters"]


def test_an_outage_is_one_finding_through_everything(world: World) -> None:
    assert [key.rsplit(":", 1)[0] for key in living(world, "outage")] == ["volume:all:all"]
    row = world.findings(MOMENTS["outage"])[0]
    assert row["severity"] == "critical"
    assert 40 <= row["tickets"] <= 50
    left_out = world.query("select * from marts.fct_findings_left_out where as_of = ?", MOMENTS["outage"])
    assert {r["explained_by"] for r in left_out if r["state"] == "open"} == {row["finding_key"]}


def test_one_reporter_is_not_a_wave(world: World) -> None:
    assert living(world, "lonely") == []


def test_what_was_not_known_yet_is_not_judged(world: World) -> None:
    assert not any("late" in key for key in living(world, "late, not pulled"))
    assert any("late" in key for key in living(world, "late, pulled"))


def test_a_moment_among_many_is_judged_as_if_it_were_alone(world: World) -> None:
    sql = "select * from marts.fct_findings where as_of = ? order by finding_key"
    evidence = "select * from marts.fct_finding_evidence where as_of = ? order by finding_key, ticket_id"
    moments = [MOMENTS["third day"], MOMENTS["late, pulled"]]
    among = [(world.query(sql, moment), world.query(evidence, moment)) for moment in moments]
    for moment, before in zip(moments, among, strict=True):
        world.judge(moment)
        assert (world.query(sql, moment), world.query(evidence, moment)) == before
    world.judge(*MOMENTS.values())


def test_the_same_moments_give_the_same_rows_again(world: World) -> None:
    sql = "select * from marts.fct_findings order by as_of, finding_key"
    first = world.query(sql)
    world.judge(*MOMENTS.values())
    assert world.query(sql) == first


def test_a_short_history_is_not_judged(tmp_path: Path) -> None:
    world = World(tmp_path)
    moment = datetime(2026, 1, 12)
    world.background(7, 4, intent="how_to")
    for n in range(30):
        world.ticket(moment - timedelta(minutes=5 * n), intent="how_to")
    world.judge(moment)
    assert world.findings(moment) == []
