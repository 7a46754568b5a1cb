"""When the journal has lost what it knew of deliveries, the destination is asked before anything is sent again."""

from __future__ import annotations

from pathlib import Path

import pytest
from push_workplace import Workplace, linear_row, slack_row

from flows.core.run import Run
from flows.landing.compact import compact
from flows.landing.damaged import set_aside_all
from flows.push.ops import announce
from flows.push.run import push_rows


def lose_deliveries(run: Run) -> None:
    """The journal's deliveries are overwritten; the run sets the files aside."""
    files = run.journal.store.files("journal", "delivery")
    for file in files:
        Path(file).write_bytes(b"\x00" * 500)
    assert set_aside_all(run, thorough=False) == len(files)
    assert run.journal.latest("delivery") == {}
    assert all("everything is looked up at its destination" in problem for problem in run.report.problems)


@pytest.mark.parametrize("is_merged", [False, True])
def test_nothing_is_filed_or_posted_a_second_time(workplace: Workplace, is_merged: bool) -> None:
    rows = [linear_row()], [slack_row(), slack_row(state="resolved", rank=2)]
    first = workplace.run()
    push_rows(first, *rows)
    [issue], [message] = workplace.issues(), workplace.messages()
    if is_merged:
        compact(first.journal.store, "journal", "delivery", run_id="night", at=first.now, drop_repeats=False)
    again = workplace.run()
    lose_deliveries(again)
    push_rows(again, *rows)
    assert [one["id"] for one in workplace.issues()] == [issue["id"]]
    assert [one["ts"] for one in workplace.messages()] == [message["ts"]]
    assert len(workplace.replies(message["ts"])) == 1
    known = again.journal.latest("delivery")
    assert {body["status"] for body in known.values()} == {"sent"} and len(known) == 3
    assert known["linear:bug-1:1"]["external_id"] == issue["id"]
    assert known["slack:bug-1:1"]["external_id"] == message["ts"]


def test_what_has_changed_since_is_changed_where_it_is(workplace: Workplace) -> None:
    push_rows(workplace.run(), [linear_row()], [slack_row()])
    again = workplace.run()
    lose_deliveries(again)
    push_rows(again, [linear_row(tickets=99)], [slack_row(summary="It is worse than it was.")])
    [issue], [message] = workplace.issues(), workplace.messages()
    assert "99" in issue["description"]
    assert "It is worse than it was." in str(message["blocks"])


def test_nothing_is_posted_while_the_destination_cannot_be_asked(workplace: Workplace) -> None:
    push_rows(workplace.run(), [], [slack_row()])
    again = workplace.run()
    lose_deliveries(again)
    workplace.fault("slack", "error", match="conversations.history", times=3)
    push_rows(again, [], [slack_row()])
    assert again.report.sent == []
    assert [body["status"] for body in again.journal.latest("delivery").values()] == ["intent"]
    push_rows(workplace.run(), [], [slack_row()])
    assert len(workplace.messages()) == 1


def test_a_notice_is_not_given_twice(workplace: Workplace) -> None:
    announce(workplace.run(), "The hourly run failed: no disk", "failed:hourly:1")
    again = workplace.run()
    lose_deliveries(again)
    announce(again, "The hourly run failed: no disk", "failed:hourly:1")
    assert len(workplace.messages("C0OPS")) == 1


def test_what_was_never_sent_is_sent(workplace: Workplace) -> None:
    push_rows(workplace.run(), [linear_row()], [slack_row()])
    again = workplace.run()
    lose_deliveries(again)
    push_rows(again, [linear_row("bug-2")], [slack_row("bug-2")])
    assert len(workplace.issues()) == 2 and len(workplace.messages()) == 2
