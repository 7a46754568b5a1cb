"""What people say of tickets and topics holds, and where it contradicts itself the newest word does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from enrich_world import make_run

from flows.enrich.edits import Edit, constrain, read_edits

TOPICS = ["t0", "t1", "t2"]
NEAR = {
    "a": np.array([0.9, 0.1, 0.0]),
    "b": np.array([0.8, 0.6, 0.0]),
    "c": np.array([0.1, 0.9, 0.0]),
    "d": np.array([0.2, 0.1, 0.0]),
}


def places(*edits: Edit) -> dict[str, str | None]:
    named = {ticket for edit in edits for ticket in edit.tickets}
    found = constrain(list(edits), {ticket: near for ticket, near in NEAR.items() if ticket in named}, TOPICS)
    return {ticket: topic for ticket, (topic, _) in found.items()}


def test_tickets_that_belong_together_end_in_one_topic() -> None:
    assert places(Edit("together", ("a", "c", "b"))) == {"a": "t0", "b": "t0", "c": "t0"}
    assert places(Edit("together", ("a", "d"))) == {"a": "t0", "d": "t0"}
    assert places(Edit("together", ("a", "b")), Edit("together", ("b", "c")))["c"] == "t0"  # transitive


def test_tickets_set_apart_end_in_two() -> None:
    assert places(Edit("apart", ("a", "b"))) == {"a": "t0", "b": "t1"}
    assert places(Edit("apart", ("a", "d"))) == {"a": "t0", "d": None}
    assert places(Edit("together", ("b", "d")), Edit("apart", ("c", "b"))) == {"b": "t0", "c": "t1", "d": "t0"}
    assert places(Edit("together", ("b", "d")), Edit("apart", ("a", "b"))) == {"a": "t0", "b": "t1", "d": "t1"}


def test_the_newest_word_holds() -> None:
    together, apart = Edit("together", ("a", "b")), Edit("apart", ("a", "b"))
    assert places(together, apart) == {"a": "t0", "b": "t1"}
    assert places(apart, together) == {"a": "t0", "b": "t0"}


def test_a_split_holds_its_tickets_in_the_topic_it_made() -> None:
    split = Edit("split", ("a", "b"), key="k")
    assert split.topic_id == Edit("split", ("b",), key="k").topic_id  # also where one of them is forgotten
    found = constrain([split], {"a": np.array([0.9, 0.3]), "b": np.array([0.8, 0.2])}, ["t0", split.topic_id])
    assert found == {"a": (split.topic_id, 0.3), "b": (split.topic_id, 0.2)}


def test_nobody_known_and_no_topic_is_no_matter() -> None:
    assert constrain([Edit("together", ("x", "y"))], {}, TOPICS) == {}
    assert constrain([Edit("together", ("a", "b"))], {"a": np.zeros(0)}, []) == {"a": (None, None)}


def test_a_duplicate_in_linear_binds_the_tickets_of_both_findings(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    states = [("f1", {"state": "open", "tickets": ["a", "b"]}), ("f2", {"state": "open", "tickets": ["c"]})]
    run.journal.write("finding_state", states, run_id=run.run_id, at=run.now)
    marks = [
        ("1", {"finding_key": "f1", "label": "duplicate", "duplicate_of": "f2"}),
        ("2", {"finding_key": "f1", "label": "accepted"}),
    ]
    run.journal.write("label", marks, run_id=run.run_id, at=run.now)
    assert read_edits(run) == [Edit("together", ("a", "b", "c"))]
