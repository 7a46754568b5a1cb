"""Linear issues over their life: kept up to date, and people's own words and wishes left alone."""

from __future__ import annotations

from push_workplace import Workplace, linear_row

from flows.push.linear import issue_id
from flows.push.linear_text import END, START
from flows.push.run import push_rows

UPDATE = "mutation U($id: String!, $input: IssueUpdateInput!) { issueUpdate(id: $id, input: $input) { success } }"
TRASH = "mutation T($id: String!) { issueArchive(id: $id, trash: true) { success } }"
RESTORE = "mutation T($id: String!) { issueUnarchive(id: $id) { success } }"


def file(workplace: Workplace, *rows: dict) -> list[str]:
    run = workplace.run()
    push_rows(run, rows, [])
    return run.report.problems


def edit(workplace: Workplace, **changes: object) -> None:
    workplace.linear(UPDATE, id=issue_id("bug-1", 1), input=changes)


def the_issue(workplace: Workplace) -> dict:
    [issue] = workplace.issues()
    return issue


def test_the_id_is_ours_and_the_same_every_time(workplace: Workplace) -> None:
    file(workplace, linear_row())
    assert the_issue(workplace)["id"] == issue_id("bug-1", 1)


def test_words_of_people_around_the_live_block_stay(workplace: Workplace) -> None:
    file(workplace, linear_row())
    written = the_issue(workplace)["description"]
    edit(workplace, description=f"Mira: looks like the queue.\n\n{written}\n\nTeo: I can reproduce it.")
    assert file(workplace, linear_row(operation="update", summary="Worse now")) == []
    text = the_issue(workplace)["description"]
    assert text.startswith("Mira: looks like the queue.\n\n")
    assert text.endswith("\n\nTeo: I can reproduce it.")
    assert "Worse now" in text
    assert text.count(START) == text.count(END) == 1


def test_markers_that_linear_writes_in_another_style_are_still_found(workplace: Workplace) -> None:
    file(workplace, linear_row())
    written = the_issue(workplace)["description"]
    edit(workplace, description=written.replace(f"*{START}*", f"_{START}_").replace(f"*{END}*", f"{END}"))
    file(workplace, linear_row(operation="update", summary="Worse now"))
    assert "Worse now" in the_issue(workplace)["description"]


def test_a_description_without_markers_belongs_to_people(workplace: Workplace) -> None:
    file(workplace, linear_row())
    edit(workplace, description="We rewrote this.")
    assert file(workplace, linear_row(operation="update", summary="Worse now")) == []
    assert the_issue(workplace)["description"] == "We rewrote this."


def test_title_and_priority_follow_until_people_change_them(workplace: Workplace) -> None:
    file(workplace, linear_row())
    file(workplace, linear_row(operation="update", title="Sync fails for 20 accounts") | {"priority": 1})
    assert (the_issue(workplace)["title"], the_issue(workplace)["priority"]) == ("Sync fails for 20 accounts", 1)
    edit(workplace, title="Queue deadlock", priority=3)
    file(workplace, linear_row(operation="update", title="Sync fails for 30 accounts") | {"priority": 2})
    assert (the_issue(workplace)["title"], the_issue(workplace)["priority"]) == ("Queue deadlock", 3)


def test_a_change_of_state_is_one_comment(workplace: Workplace) -> None:
    file(workplace, linear_row())
    written = the_issue(workplace)["description"]
    for state, fault in (("escalating", None), ("resolved", "drop_after_write")):
        row = linear_row(operation="comment", state=state) | {"delivery_key": f"linear:bug-1:1:{state}"}
        if fault:
            workplace.fault("linear", fault, match="commentCreate")
        file(workplace, row)
        file(workplace, row)
    comments = [comment["body"] for comment in the_issue(workplace)["comments"]["nodes"]]
    assert sorted(text.split(":")[0] for text in comments) == ["**Escalating**", "**Resolved**"]
    assert the_issue(workplace)["description"] == written


def test_a_deleted_issue_is_reported_once_and_never_filed_again(workplace: Workplace) -> None:
    file(workplace, linear_row())
    workplace.linear(TRASH, id=issue_id("bug-1", 1))
    changed = linear_row(operation="update", summary="Worse now")
    [problem] = file(workplace, changed)
    assert "ENG-1 is deleted" in problem
    assert "groundswell mute bug-1" in problem
    again = workplace.run()
    push_rows(again, [changed], [])
    assert again.report.problems == []
    assert "is deleted" in again.report.held_back[0]["reason"]
    assert len(workplace.issues()) == 1
    workplace.linear(RESTORE, id=issue_id("bug-1", 1))
    assert file(workplace, linear_row(operation="update", summary="Worse still")) == []
    assert "Worse still" in the_issue(workplace)["description"]


def test_labels_are_found_in_any_case_or_created_once(workplace: Workplace) -> None:
    file(workplace, linear_row("a") | {"labels": ["Bug", "Sync engine"]}, linear_row("b") | {"labels": ["Sync engine"]})
    labels = [{label["name"] for label in issue["labels"]["nodes"]} for issue in workplace.issues()]
    assert {"groundswell", "bug", "Sync engine"} in labels
    assert {"groundswell", "Sync engine"} in labels


def test_a_list_that_comes_again_gives_an_issue_no_other_label(workplace: Workplace) -> None:
    file(workplace, linear_row("a"))
    workplace.fault("linear", "repeat_page", match="GroundswellLabels", times=2)
    file(workplace, linear_row("b") | {"labels": ["bug"]})
    for issue in workplace.issues():
        assert {label["name"] for label in issue["labels"]["nodes"]} == {"groundswell", "bug"}


def test_related_issues_are_linked_once(workplace: Workplace) -> None:
    file(workplace, linear_row("old"))
    row = linear_row() | {"related_issue_ids": [issue_id("old", 1)]}
    file(workplace, row)
    file(workplace, row | {"content_hash": "changed", "operation": "update"})
    issue = next(i for i in workplace.issues() if i["id"] == issue_id("bug-1", 1))
    assert [r["relatedIssue"]["id"] for r in issue["relations"]["nodes"]] == [issue_id("old", 1)]


def test_an_issue_that_lost_a_link_or_relation_is_filed_all_the_same(workplace: Workplace) -> None:
    [problem] = file(workplace, linear_row() | {"related_issue_ids": [issue_id("never", 1)]})
    assert "filed without the relation" in problem
    assert len(workplace.issues()) == 1


def test_at_most_twenty_tickets_are_attached(workplace: Workplace) -> None:
    links = [{"ticket_id": f"zendesk:{n}", "url": f"https://desk.example/tickets/{n}"} for n in range(30)]
    file(workplace, linear_row(links=links))
    attachments = the_issue(workplace)["attachments"]["nodes"]
    assert len(attachments) == 20
    assert "Ticket zendesk:0" in {attachment["title"] for attachment in attachments}


def test_an_unknown_team_says_what_to_correct(workplace: Workplace) -> None:
    workplace.settings.destinations.linear.team = "NOPE"  # type: ignore[union-attr]
    [problem] = file(workplace, linear_row())
    assert "no team with key NOPE" in problem
    assert "destinations.linear.team" in problem
