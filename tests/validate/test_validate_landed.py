"""Landed rows and batches, judged by the real library and the suites that are shipped."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from dying_worker import dies_in_a_worker
from validate_fixture import NOW, Landing, exported, ticket

from flows.core.clock import iso
from flows.core.errors import ConfigError
from flows.landing.compact import compact
from flows.landing.store import Store
from flows.settings import HubspotSource
from flows.validate import batch, landed
from flows.validate.suites import Judge, Rule, judge


@pytest.fixture
def landing(tmp_path: Path) -> Landing:
    return Landing(tmp_path)


def test_a_bad_record_is_quarantined_with_suite_rule_and_value_and_the_rest_goes_on(landing: Landing) -> None:
    landing.land("tickets", [ticket(1), ticket(2, created_at=None), ticket(3, created_at="1970-01-01T00:00:00Z")])
    run = landing.validate()
    first, second = landing.kept()
    assert (first["id"], first["rule"], first["column"], first["value"]) == (
        "2", "ticket_has_created_at", "created_at", None,
    )  # fmt: skip
    assert second["rule"] == "created_at_is_plausible"
    assert second["value"] == "1970-01-01T00:00:00"
    assert {e["suite"] for e in (first, second)} == {"raw.zendesk.tickets"}
    assert {e["severity"] for e in (first, second)} == {"critical"}
    assert (first["source"], first["stream"]) == ("helpdesk", "tickets")
    assert run.report.counts == {"validated": 3, "quarantined": 2, "released": 0}
    assert run.report.bad_sources == {}


def test_the_sequence_number_of_an_entry_is_that_of_the_landed_row(landing: Landing) -> None:
    landing.land("tickets", [ticket(1), ticket(2, status=None)])
    landing.validate()
    (entry,) = landing.kept()
    rows = landing.run().landing.read("helpdesk", "tickets")
    assert rows.row(by_predicate=pl.col("seq") == entry["seq"], named=True)["id"] == "2"


def test_a_row_that_breaks_several_rules_is_one_entry(landing: Landing) -> None:
    landing.land("tickets", [ticket(1, status=None, created_at=None)])
    landing.validate()
    (entry,) = landing.kept()
    assert (entry["rule"], entry["also"]) == ("ticket_has_created_at", ["ticket_has_status"])


def test_a_warning_is_reported_and_not_quarantined(landing: Landing) -> None:
    landing.land("tickets", [ticket(1), ticket(2, status="parked")])
    run = landing.validate()
    assert landing.kept() == []
    assert run.report.counts["warned"] == 1
    assert run.report.problems == ["helpdesk/tickets: 1 of 2 rows break status_is_known (warning), for example parked"]


def test_a_field_that_changes_its_type_is_reported_with_its_value(landing: Landing) -> None:
    landing.land("tickets", [ticket(1), ticket(2, tags="a b"), ticket(3, created_at="yesterday"), ticket(4, via={})])
    landing.validate()
    found = {(e["id"], e["rule"], e["column"], e["value"]) for e in landing.kept()}
    assert found == {("2", "declared_types", "tags", "a b"), ("3", "declared_types", "created_at", "yesterday")}


def test_what_was_cleared_in_the_crm_is_an_empty_text_and_no_mistake(landing: Landing) -> None:
    landing.settings.sources["crm"] = HubspotSource(type="hubspot")
    made = {"archived": False, "createdAt": "2026-01-01T00:00:00Z"}
    changed = {"hs_lastmodifieddate": "2026-01-02T00:00:00Z", "lastmodifieddate": "2026-01-02T00:00:00Z"}
    cleared = {
        "deals": {
            "dealname": "", "dealstage": "open", "closedate": "", "amount": "", "deal_currency_code": "",
            "hs_is_closed": "false",
        },
        "companies": {"name": "", "domain": "", "hubspot_owner_id": "", "hs_merged_object_ids": ""},
        "contacts": {"email": "", "firstname": "", "lastname": ""},
    }  # fmt: skip
    for stream, properties in cleared.items():
        landing.land(stream, [{"id": "1", "properties": changed | properties, **made}], source="crm")
    run = landing.validate()
    assert landing.kept() == [] and run.report.problems == []
    assert run.report.counts["validated"] == 3


def test_a_new_field_passes(landing: Landing) -> None:
    landing.land("tickets", [ticket(1, brand_new={"deep": [1, "x"]})])
    assert landing.validate().report.counts["quarantined"] == 0


def test_a_payload_that_is_no_object_is_quarantined(landing: Landing) -> None:
    landing.land("tickets", ['{"id": 1, "stat'])
    landing.land("tickets", ["[1, 2]"])
    landing.validate()
    assert [(e["column"], e["value"]) for e in landing.kept()] == [
        ("payload", '{"id": 1, "stat'), ("payload", "[1, 2]"),
    ]  # fmt: skip


def test_personal_data_does_not_reach_the_quarantine(landing: Landing) -> None:
    landing.land("tickets", [ticket(1, created_at="ask jane.doe@example.com")])
    landing.validate()
    (entry,) = landing.kept()
    assert "jane.doe" not in entry["value"]
    assert entry["value"].startswith("ask [email-")


def test_a_value_is_redacted_before_it_is_shortened(landing: Landing) -> None:
    landing.land("tickets", [ticket(1, created_at="x" * 190 + " jane.doe@example.com")])
    landing.validate()
    (entry,) = landing.kept()
    assert len(entry["value"]) == 200
    assert "jane" not in entry["value"]


def test_a_mended_record_leaves_quarantine(landing: Landing) -> None:
    landing.land("tickets", [ticket(1), ticket(2, status=None)])
    landing.validate()
    landing.land("tickets", [ticket(2, updated_at="2026-06-02T09:00:00Z")])
    run = landing.validate()
    assert run.report.counts["released"] == 1
    assert landing.kept() == []
    assert [e["status"] for e in landing.quarantine().values()] == ["released"]


def test_an_older_version_that_passes_does_not_release_a_newer_one(landing: Landing) -> None:
    landing.land("tickets", [ticket(2, status=None, updated_at="2026-06-05T09:00:00Z")])
    landing.validate()
    landing.land("tickets", [ticket(2, updated_at="2026-06-02T09:00:00Z")])
    assert landing.validate().report.counts["released"] == 0
    assert len(landing.kept()) == 1


def test_a_record_mended_within_one_batch_is_released_at_once(landing: Landing) -> None:
    landing.land("tickets", [ticket(1, status=None), ticket(1, updated_at="2026-06-02T09:00:00Z")])
    run = landing.validate()
    assert (run.report.counts["quarantined"], run.report.counts["released"]) == (1, 1)
    assert landing.kept() == []


def test_too_many_bad_rows_are_a_bad_batch_and_no_flood_of_quarantine(landing: Landing) -> None:
    landing.land("tickets", [ticket(n, status=None if n % 2 else "open") for n in range(1, 101)])
    run = landing.validate()
    assert landing.quarantine() == {}
    reason = run.report.bad_sources["helpdesk"]
    assert "bad_share is 0.5" in reason
    assert "ticket_has_status on status: 50 rows" in reason
    assert landing.source_states() == ["bad_batch"]


def test_the_limit_of_bad_rows_is_the_source_s_own(landing: Landing) -> None:
    rows = [ticket(n, status=None if n % 2 else "open") for n in range(1, 101)]
    landing.land("tickets", rows, source="second")
    run = landing.validate()
    assert run.report.bad_sources == {}
    assert len(landing.kept()) == 50


def test_one_bad_row_of_three_is_no_bad_batch(landing: Landing) -> None:
    landing.land("tickets", [ticket(1), ticket(2), ticket(3, status=None)])
    assert landing.validate().report.bad_sources == {}
    assert len(landing.kept()) == 1


def test_a_bad_batch_stays_bad_until_it_is_mended_and_then_passes_by_itself(landing: Landing) -> None:
    landing.land("tickets", [ticket(n, status=None) for n in range(1, 31)])
    assert landing.validate().report.bad_sources
    assert landing.validate().report.bad_sources, "nothing new came, and it is still bad"
    landing.land("tickets", [ticket(n, updated_at="2026-06-02T09:00:00Z") for n in range(1, 31)])
    run = landing.validate()
    assert run.report.bad_sources == {}
    assert landing.source_states() == ["bad_batch", "ok"]
    assert landing.kept() == [], "the versions that were bad have been replaced"


def test_a_bad_source_is_known_to_a_run_that_does_not_look_at_it(landing: Landing) -> None:
    landing.land("tickets", [ticket(n, status=None) for n in range(1, 31)])
    landing.validate()
    assert list(landing.validate("export").report.bad_sources) == ["helpdesk"]
    assert landing.source_states() == ["bad_batch"]


def test_a_bad_batch_keeps_what_the_pull_has_journalled(landing: Landing) -> None:
    run = landing.run()
    run.journal.write("source_state", [("helpdesk", {"status": "ok", "last_ok_at": "x"})], run_id="r", at=NOW)
    landing.land("tickets", [ticket(n, status=None) for n in range(1, 31)])
    landing.validate()
    state = landing.run().journal.latest("source_state")["helpdesk"]
    assert (state["status"], state["last_ok_at"], state["since"]) == ("bad_batch", "x", iso(NOW))


def test_one_bad_source_leaves_the_others_alone(landing: Landing) -> None:
    landing.land("tickets", [ticket(n, status=None) for n in range(1, 31)])
    landing.land("tickets", [exported(1), exported(2, created_at=None)], source="export")
    run = landing.validate()
    assert list(run.report.bad_sources) == ["helpdesk"]
    assert [e["source"] for e in landing.kept()] == ["export"]


def test_of_a_key_that_one_pull_delivers_twice_the_last_one_counts_and_the_other_is_kept_apart(
    landing: Landing,
) -> None:
    landing.land("tickets", [exported(1), exported(2), exported(2, subject="another")], source="export")
    run = landing.validate()
    assert run.report.bad_sources == {}
    assert [(e["rule"], e["id"], e["seq"] % 10) for e in landing.kept()] == [("key_is_unique", "2", 1)]
    landing.land("tickets", [exported(2, subject="a third")], source="export")
    landing.validate()
    assert landing.kept() == [], "another pull has settled it"


def test_an_export_whose_ids_are_none_is_a_bad_batch(landing: Landing) -> None:
    landing.land("tickets", [exported(n % 3, subject=f"{n}") for n in range(60)], source="export")
    assert "most often key_is_unique on id: 57 rows" in landing.validate().report.bad_sources["export"]
    assert landing.kept() == []


def test_identical_repeats_and_later_pulls_of_a_key_are_no_duplicates(landing: Landing) -> None:
    landing.land("tickets", [ticket(1), ticket(1)])
    landing.land("tickets", [ticket(1, subject="renamed, under the same version")])
    assert landing.validate().report.bad_sources == {}


def test_a_snapshot_that_shrinks_too_much_is_a_bad_batch(landing: Landing) -> None:
    landing.land("tickets", [exported(n) for n in range(100)], source="export", snapshot=100)
    assert landing.validate().report.bad_sources == {}
    landing.land("tickets", [], source="export", snapshot=40)
    assert "shrink_share is 0.6" in landing.validate().report.bad_sources["export"]
    landing.land("tickets", [], source="export", snapshot=30)
    assert "shrink_share is 0.7" in landing.validate().report.bad_sources["export"], "against the last good one"
    landing.land("tickets", [exported(200)], source="export", snapshot=101)
    assert landing.validate().report.bad_sources == {}


def test_an_empty_snapshot_is_a_bad_batch(landing: Landing) -> None:
    landing.land("groups", [], snapshot=0)
    assert "snapshot_rows is 0" in landing.validate().report.bad_sources["helpdesk"]


def test_an_increment_may_be_smaller_than_the_one_before(landing: Landing) -> None:
    landing.land("tickets", [ticket(n) for n in range(50)])
    landing.validate()
    landing.land("tickets", [ticket(99)])
    assert landing.validate().report.bad_sources == {}


def test_a_time_ahead_of_the_clock_is_kept_apart_until_the_clock_has_caught_up(landing: Landing) -> None:
    landing.land("tickets", [ticket(1), ticket(2, updated_at=iso(NOW + timedelta(hours=2)))])
    assert landing.validate().report.bad_sources == {}, "one wrong clock does not stop a source"
    (kept,) = landing.kept()
    assert (kept["rule"], kept["column"], kept["value"]) == ("not_ahead_of_clock", "updated_at", "2026-07-01T14:00:00")
    assert landing.validate().report.counts["released"] == 1, "an hour later it is within the limit"
    assert landing.kept() == []


def test_an_export_that_is_ahead_of_the_clock_is_a_bad_batch(landing: Landing) -> None:
    landing.land("tickets", [ticket(n, updated_at=iso(NOW + timedelta(days=2))) for n in range(30)])
    reason = landing.validate().report.bad_sources["helpdesk"]
    assert "most often not_ahead_of_clock on updated_at: 30 rows" in reason


def test_what_was_made_during_a_long_pull_is_not_ahead_of_the_clock(landing: Landing) -> None:
    landing.land("tickets", [ticket(1, updated_at=iso(NOW + timedelta(hours=3)))])
    run = landing.run()
    run.report.seconds["pull"] = 3 * 3600.0
    landed.validate_stream(run, quarantine := landed.Quarantine(run.landing), "helpdesk", "tickets")
    quarantine.save(run)
    assert landing.kept() == []


def test_a_stream_without_a_suite_passes_and_is_mentioned_once(landing: Landing) -> None:
    landing.land("voicemails", [{"id": 1}])
    run = landing.validate()
    assert run.report.problems == [
        "helpdesk/voicemails: there is no suite zendesk/voicemails.yml, all of it passes"
    ]  # fmt: skip
    assert landing.validate().report.problems == []


def test_only_what_is_new_is_looked_at(landing: Landing) -> None:
    landing.land("tickets", [ticket(n) for n in range(10)])
    landing.validate()
    landing.land("tickets", [ticket(77)])
    assert landing.validate().report.counts["validated"] == 1


def test_compaction_does_not_bring_rows_back(landing: Landing) -> None:
    landing.land("tickets", [ticket(1), ticket(2, status=None)])
    landing.land("tickets", [ticket(3)])
    landing.validate()
    run = landing.run()
    store = run.landing
    frame, old = store.read("helpdesk", "tickets"), store.commits("helpdesk", "tickets")
    store.replace("helpdesk", "tickets", frame, old, run.run_id, run.now)
    assert landing.validate().report.counts.get("validated", 0) == 0
    assert landing.entries_written() == 1
    landing.land("tickets", [ticket(4)])
    assert landing.validate().report.counts["validated"] == 1


def test_rows_come_in_chunks_of_bounded_size(landing: Landing, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    judged = Judge.judge

    def spy(self: Judge, name, rules, frame, parameters=None):  # type: ignore[no-untyped-def]
        if name == "raw.zendesk.tickets":
            sizes.append(frame.height)
        return judged(self, name, rules, frame, parameters)

    monkeypatch.setattr(Judge, "judge", spy)
    monkeypatch.setattr(batch, "CHUNK_ROWS", 40)
    landing.land("tickets", [ticket(n, status=None if n == 99 else "open") for n in range(100)])
    landing.land("tickets", [ticket(n) for n in range(100, 105)])
    landing.validate()
    assert sum(sizes) == 105
    assert max(sizes) <= 40
    assert [e["id"] for e in landing.kept()] == ["99"]


def test_a_suite_that_was_changed_looks_at_the_quarantine_again(landing: Landing, tmp_path: Path) -> None:
    raw = tmp_path / "expectations" / "raw" / "zendesk"
    raw.mkdir(parents=True)
    shipped = landing.settings.expectations_dir / "raw"
    (raw.parent / "batch.yml").write_text((shipped / "batch.yml").read_text())
    strict = (shipped / "zendesk" / "tickets.yml").read_text()
    (raw / "tickets.yml").write_text(strict)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(landing.settings), "expectations_dir", tmp_path / "expectations")
        landing.land("tickets", [ticket(1), ticket(2, status=None), ticket(3, created_at=None)])
        landing.validate()
        (raw / "tickets.yml").write_text(strict.replace("rule: ticket_has_status\n", "rule: has_status\n").replace(
            "severity: critical\n    kwargs: {column: status}", "severity: warning\n    kwargs: {column: status}"
        ))  # fmt: skip
        run = landing.validate()
        assert (run.report.counts["released"], run.report.counts["quarantined"]) == (1, 0)
        assert [e["id"] for e in landing.kept()] == ["3"]


def test_an_entry_that_something_else_has_written_is_no_obstacle(landing: Landing) -> None:
    landing.land("tickets", [ticket(1)])
    body = {"source": "helpdesk", "stream": "tickets", "id": "1", "seq": 5, "status": "quarantined", "suite": "s",
            "rule": "r", "column": "c", "value": None, "severity": "critical"}  # fmt: skip
    run = landing.run()
    record = {"id": "helpdesk/tickets/1/5", "version": "5", "payload": json.dumps(body)}
    run.landing.append("quarantine", "records", [record], run_id="r", pulled_at=NOW)  # type: ignore[list-item]
    assert landing.validate().report.counts["released"] == 1


def test_a_stream_that_cannot_be_judged_stops_its_source_until_it_can(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = Judge.judge

    def crash(self: Judge, name, rules, frame, parameters=None):  # type: ignore[no-untyped-def]
        if name == "raw.zendesk.users":
            raise RuntimeError("weird input")
        return judged(self, name, rules, frame, parameters)

    monkeypatch.setattr(Judge, "judge", crash)
    landing.land("users", [{"id": 5, "role": "agent"}])
    landing.land("tickets", [ticket(1, status=None)])
    landing.land("tickets", [exported(1)], source="export")
    run = landing.validate()
    assert "helpdesk/users could not be validated: weird input" in run.report.problems
    assert run.report.bad_sources == {"helpdesk": "users could not be validated: weird input"}
    assert len(landing.kept()) == 1
    assert "helpdesk" in landing.validate("export").report.bad_sources, "it has not been judged since"
    monkeypatch.undo()
    assert landing.validate().report.bad_sources == {}
    assert landing.source_states() == ["bad_batch", "ok"]


def test_a_stream_that_could_not_be_listed_is_good_again_when_it_can(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    landing.land("tickets", [ticket(1)])
    landing.validate()

    def unreadable(*_: object) -> None:
        raise OSError("disk trouble")

    with monkeypatch.context() as patch:
        patch.setattr(landed, "source_type", unreadable)
        assert "disk trouble" in landing.validate().report.bad_sources["helpdesk"]
    assert landing.validate().report.bad_sources == {}, "there is nothing new, and nothing against what there is"


def test_files_that_compaction_takes_away_are_looked_for_again(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    landing.land("tickets", [ticket(1)])
    landing.land("tickets", [ticket(2, status=None)])
    listed = Store.files

    def files(self: Store, source: str, stream: str, after: int = -1) -> list[str]:
        found = listed(self, source, stream, after)
        if (source, stream) == ("helpdesk", "tickets"):
            monkeypatch.setattr(Store, "files", listed)
            compact(self, source, stream, run_id="nightly", at=NOW)
        return found

    monkeypatch.setattr(Store, "files", files)
    run = landing.validate()
    assert run.report.counts["validated"] == 2
    assert (run.report.bad_sources, [e["id"] for e in landing.kept()]) == ({}, ["2"])


def test_a_bad_read_back_is_a_problem_and_stops_nothing(landing: Landing) -> None:
    landing.land("workflow_states", [], source="linear", snapshot=0)
    run = landing.validate("linear")
    assert run.report.bad_sources == {}
    (problem,) = run.report.problems
    assert problem.startswith("what was read back from linear breaks its expectations: workflow_states:")


ODD = Rule(rule="odd", type="expect_column_values_to_be_between", kwargs={"column": "text", "min_value": 1})


def test_a_rule_that_cannot_be_judged_leaves_the_others_running_and_is_told_by_its_severity() -> None:
    rules = [
        ODD,
        ODD.model_copy(update={"rule": "odd_too", "severity": "warning"}),
        Rule(rule="there", type="expect_column_values_to_not_be_null", kwargs={"column": "text"}),
    ]
    verdict = judge().judge("s", rules, pl.DataFrame({"text": ["a", None]}))
    assert [(f.rule, f.rows) for f in verdict.failures] == [("there", [1])]
    assert [p.split(" could")[0] for p in verdict.problems] == ["s: rule odd_too"]
    assert [u.split(" could")[0] for u in verdict.unjudged] == ["s: rule odd"]


def test_an_expectation_that_is_unknown_is_refused() -> None:
    rules = [ODD, Rule(rule="unheard", type="expect_miracles", kwargs={"column": "text"})]
    with pytest.raises(ConfigError, match="unheard"):
        judge().judge("s", rules, pl.DataFrame({"text": ["a"]}))


def test_a_critical_rule_that_cannot_be_judged_is_a_bad_batch(landing: Landing, tmp_path: Path) -> None:
    raw = tmp_path / "expectations" / "raw" / "zendesk"
    raw.mkdir(parents=True)
    shipped = landing.settings.expectations_dir / "raw"
    (raw.parent / "batch.yml").write_text((shipped / "batch.yml").read_text())
    suite = {"name": "raw.zendesk.tickets", "columns": {"text": {"path": "subject", "type": "string"}}}
    (raw / "tickets.yml").write_text(json.dumps(suite | {"rules": [ODD.model_dump()]}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(landing.settings), "expectations_dir", tmp_path / "expectations")
        landing.land("tickets", [ticket(1)])
        reason = landing.validate().report.bad_sources["helpdesk"]
    assert reason.startswith("raw.zendesk.tickets: rule odd could not be judged")


def test_a_run_with_nothing_new_does_not_import_the_library_and_writes_nothing(landing: Landing) -> None:
    landing.land("tickets", [ticket(1)])
    landing.validate()
    landing.land("tickets", [])
    commits = len(landing.run().landing.commits("quarantine", "records"))
    code = (
        "import sys, datetime; from pathlib import Path; sys.path.insert(0, sys.argv[1]);"
        "from validate_fixture import Landing; Landing(Path(sys.argv[2])).validate();"
        "sys.exit('great_expectations' in sys.modules)"
    )
    folder = landing.settings.home.parent
    done = subprocess.run([sys.executable, "-c", code, str(Path(__file__).parent), str(folder)], check=False)
    assert done.returncode == 0
    assert len(landing.run().landing.commits("quarantine", "records")) == commits


def some_of_them_bad() -> list[dict[str, object]]:
    return [
        ticket(n, **({"created_at": None} if n % 25 == 0 else {}), status="parked" if n % 10 == 3 else "open")
        for n in range(1, 61)
    ]


@pytest.mark.parametrize("look", [landed.look_at, dies_in_a_worker])
def test_many_rows_are_judged_by_workers_and_by_this_process_where_one_dies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, look: object
) -> None:
    by_one, by_two = Landing(tmp_path / "one"), Landing(tmp_path / "two")
    by_one.land("tickets", some_of_them_bad())
    alone = by_one.validate().report
    for module in (batch, landed):
        monkeypatch.setattr(module, "CHUNK_ROWS", 5)
    monkeypatch.setattr(landed, "look_at", look)
    by_two.settings.processes = 2
    by_two.land("tickets", some_of_them_bad())
    together = by_two.validate().report
    assert (together.counts, together.problems) == (alone.counts, alone.problems)
    assert {e["id"] for e in by_two.kept()} == {e["id"] for e in by_one.kept()} == {"25", "50"}
    assert together.bad_sources == {}
