"""What people did in Linear becomes labels, a duplicate with the finding it is a duplicate of."""

from __future__ import annotations

from pathlib import Path

from flows.core.run import Run
from flows.learn.labels import collect_labels
from flows.settings import Settings
from flows.warehouse.duck import writer
from flows.warehouse.views import prepare


def test_a_duplicate_says_of_what(tmp_path: Path) -> None:
    run = Run.start("nightly", Settings.model_validate({"home": tmp_path}))
    sent = {"destination": "linear", "status": "sent"}
    entries = [(f"d{n}", {**sent, "finding_key": f"f{n}", "external_id": f"i{n}"}) for n in (1, 2, 3)]
    run.journal.write("delivery", entries, run_id=run.run_id, at=run.now)
    with writer(run) as con:
        prepare(con, run)
        con.execute(
            "create schema intermediate;"
            " create table intermediate.int_tracker_issues (issue_id varchar, identifier varchar, is_duplicate boolean,"
            " state_type varchar, duplicate_of_issue_id varchar);"
            " insert into intermediate.int_tracker_issues values ('i1', 'GS-1', true, 'canceled', 'i2'),"
            " ('i2', 'GS-2', false, 'started', null), ('i3', 'GS-3', true, 'canceled', 'not ours');"
            " create table intermediate.int_slack_reactions (finding_key varchar, reaction varchar, user_id varchar)"
        )
    collect_labels(run)
    collect_labels(run)
    found = [(b["finding_key"], b["label"], b["duplicate_of"]) for b in run.journal.latest("label").values()]
    assert sorted(found) == [("f1", "duplicate", "f2"), ("f2", "accepted", None), ("f3", "duplicate", None)]
    assert run.report.counts["labels.new"] == 3
