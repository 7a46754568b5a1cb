"""What was understood, as marts: asks, edge cases, and whether confidences hold."""

from __future__ import annotations

from datetime import timedelta

import pytest
from warehouse_fixture import House, zendesk_ticket

from flows.model.dbt import LayerResult, invoke
from flows.warehouse.duck import writer

MODEL = "intent:intents"


@pytest.fixture
def house(tmp_path):
    return House.fresh(tmp_path)


def test_asks_and_edge_cases_follow_their_tickets(house):
    house.land("zendesk", "tickets", [zendesk_ticket(n) for n in range(1, 4)])
    house.enrich_ticket("zendesk:1", intent="bug_report", intent_confidence=0.9, intent_status="predicted",
                        quote="It breaks.", content_hash="a")  # fmt: skip
    house.enrich_ticket("zendesk:2", intent_confidence=0.4, intent_status="abstained", model_id="m", content_hash="a",
                        quote="Two things.", enriched_at=house.now.replace(tzinfo=None),
                        intent_reasons='{"guess": "how_to", "threshold": 0.5}')  # fmt: skip
    house.execute(
        "insert into enrich.asks (ticket_id, position, text, intent) values"
        " ('zendesk:2', 1, 'One', null), ('zendesk:2', 2, 'Two', 'refund_request')"
    )
    house.build("stage")
    house.build_support()
    asks = "select ticket_id, position, text, intent, is_one_of_several from marts.fct_ticket_asks order by 1, 2"
    assert house.rows(asks) == [
        ("zendesk:1", 1, "It breaks.", "bug_report", False),
        ("zendesk:2", 1, "One", None, True),
        ("zendesk:2", 2, "Two", "refund_request", True),
        ("zendesk:3", 1, None, None, False),
    ]
    queue = "select ticket_id, guess, confidence, threshold, why from marts.fct_edge_cases order by 1"
    assert house.rows(queue) == [
        ("zendesk:2", "how_to", 0.4, 0.5, "abstained"), ("zendesk:3", None, None, None, "not read"),
    ]  # fmt: skip

    house.execute("update enrich.tickets set intent = 'how_to', content_hash = 'b' where ticket_id = 'zendesk:2'")
    house.execute("delete from enrich.asks")
    house.build_support()
    assert [row[:2] for row in house.rows(asks)] == [("zendesk:1", 1), ("zendesk:2", 1), ("zendesk:3", 1)]
    assert [row[0] for row in house.rows(queue)] == ["zendesk:3"]


def test_a_bad_bin_warns_on_its_first_night_and_fails_on_its_second(house):
    house.build("stage")
    good = {"bin": 0.8, "hits": 84, "low": 0.69, "high": 0.93}
    bad = {"bin": 0.9, "hits": 40, "low": 0.24, "high": 0.58}
    assert night(house, 1, good) == ([], [])
    failures, warnings = night(house, 2, good, bad)
    assert failures == [] and len(warnings) == 1
    failures, warnings = night(house, 3, good, bad, model_id="the one fitted since")
    assert len(failures) == 1 and warnings == []
    assert "assert_confidence_of_intents_holds" in failures[0]
    house.settings.warehouse_path.unlink()  # the rule survives a rebuild
    house.build("stage")
    assert len(counted(house).failures) == 1
    assert night(house, 4, good, {**bad, "hits": 95, "low": 0.83, "high": 0.99}) == ([], [])
    failures, warnings = night(house, 5, bad)
    assert failures == [] and len(warnings) == 1


def night(house: House, day: int, *bins: dict[str, object], model_id: str = "m") -> tuple[list[str], list[str]]:
    """Journal a night's table of one model, then build and test the mart. Returns failures and warnings."""
    run = house.run("nightly")
    entries = [
        (f"{model_id}:later:{row['bin']}", {"name": MODEL, "model_id": model_id, "evidence": "later", "tickets": 100,
                                            "confidence": float(str(row["bin"])) + 0.05, **row})
        for row in bins
    ]  # fmt: skip
    run.journal.write("reliability", entries, run_id=run.run_id, at=house.now + timedelta(days=day))
    result = counted(house)
    return result.failures, result.warnings


def counted(house: House) -> LayerResult:
    with writer(house.run()):
        arguments = ["build", "--select", "fct_intent_reliability", "--exclude", "test_type:unit"]
        return invoke(house.settings, arguments, layer="judge")
