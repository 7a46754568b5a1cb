"""What people did with findings, as labels in the journal.

| source | what was seen | label |
| --- | --- | --- |
| linear | issue moved to started or completed | accepted |
| linear | issue canceled | declined |
| linear | issue marked as a duplicate | duplicate |
| slack | a reaction that agrees (see REACTIONS) | useful |
| slack | a reaction that disagrees | not_useful |
"""

from __future__ import annotations

from typing import Any

from flows.core.clock import iso
from flows.core.run import Run
from flows.warehouse.duck import writer

REACTIONS = {
    "white_check_mark": "useful", "+1": "useful", "thumbsup": "useful", "eyes": "useful", "raised_hands": "useful",
    "-1": "not_useful", "thumbsdown": "not_useful", "x": "not_useful", "no_entry_sign": "not_useful",
}  # fmt: skip

_ISSUES = """
    with delivery as (
        select distinct json_extract_string(body, '$.finding_key') as finding_key,
            json_extract_string(body, '$.external_id') as issue_id
        from journal.delivery
        where json_extract_string(body, '$.destination') = 'linear'
            and json_extract_string(body, '$.status') = 'sent'
    )
    select delivery.finding_key, issue.identifier as actor, min(other.finding_key) as duplicate_of,
        case when issue.is_duplicate then 'duplicate'
             when issue.state_type = 'canceled' then 'declined'
             when issue.state_type in ('started', 'completed') then 'accepted' end as label
    from intermediate.int_tracker_issues as issue
    inner join delivery on delivery.issue_id = issue.issue_id
    left join delivery as other on issue.is_duplicate and other.issue_id = issue.duplicate_of_issue_id
    group by all
    order by all
"""
_REACTIONS = """
    select finding_key, reaction, user_id
    from intermediate.int_slack_reactions
    where finding_key is not null
    order by all
"""


def collect_labels(run: Run) -> None:
    """Append a `label` entry for each thing somebody did that is not in the journal yet."""
    with writer(run) as con:
        seen = [
            (key, "linear", label, actor, other) for key, actor, other, label in con.sql(_ISSUES).fetchall() if label
        ]
        seen += [
            (key, "slack", REACTIONS[reaction], user, None)
            for key, reaction, user in con.sql(_REACTIONS).fetchall()
            if reaction in REACTIONS
        ]
    known = run.journal.latest("label")
    entries: list[tuple[str, dict[str, Any]]] = []
    for key, source, label, actor, duplicate_of in seen:
        subject = f"{key}:{source}:{actor}:{label}"
        if subject not in known:
            entries.append(
                (
                    subject,
                    {
                        "finding_key": key,
                        "label": label,
                        "source": source,
                        "actor": actor,
                        "at": iso(run.now),
                        "duplicate_of": duplicate_of,
                    },
                )
            )
    run.journal.write("label", entries, run_id=run.run_id, at=run.now)
    run.report.count("labels.new", len(entries))
