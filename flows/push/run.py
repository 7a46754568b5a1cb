"""Push: rows of the publish models become Linear issues and Slack messages, once each.

dbt decides what is to be sent and what is held back; this applies it. Run it alone with
`groundswell run --stage push`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from flows.core.errors import ConfigError
from flows.core.neutralise import clip
from flows.core.run import Run
from flows.push import preview, slack_text, words
from flows.push.deliver import D, Destination, Ledger, deliver, reconcile
from flows.push.linear import LABELS, Issue, issue_id, open_tracker
from flows.push.slack import Message, channel_of, open_messenger

Row = dict[str, Any]

LINEAR_SQL = "select * from publish.publish_linear_issues order by rank, delivery_key"
SLACK_SQL = "select * from publish.publish_slack_messages order by rank, delivery_key"


def push(run: Run) -> None:
    """Send what the publish models ask for; in a dry run, print it."""
    from flows.warehouse.duck import writer

    with writer(run) as con:
        linear_rows, slack_rows = (con.sql(sql).pl().to_dicts() for sql in (LINEAR_SQL, SLACK_SQL))
    push_rows(run, linear_rows, slack_rows)


def push_rows(run: Run, linear_rows: Sequence[Row], slack_rows: Sequence[Row]) -> None:
    """Apply rows with the columns of `publish_linear_issues` and `publish_slack_messages`, in their order.

    Slack comes second: its messages link to the issues that were just filed. What was sent, held back and
    failed is in `run.report`; nothing is raised for a row or a destination.
    """
    wanted_issues = _not_held_back(run, "linear", linear_rows)
    wanted_messages = _not_held_back(run, "slack", slack_rows)
    ledger = Ledger(run)
    if run.settings.is_dry_run:
        preview.show(
            list(_built(run, wanted_issues, lambda row: _issue(run, row, ledger))),
            list(_built(run, wanted_messages, lambda row: _message(run, row, ledger, dry=True))),
        )
        run.report.count("push.previewed", len(wanted_issues) + len(wanted_messages))
        return
    linear, slack = run.settings.destinations.linear, run.settings.destinations.slack
    if linear:
        _apply(
            run, ledger, lambda: open_tracker(
                linear, run.settings.secret("linear", "api_key"),
                timeout=run.settings.timeout_seconds, backoff=run.settings.retry_seconds,
            ),
            {row["delivery_key"] for row in linear_rows},
            _built(run, wanted_issues, lambda row: _issue(run, row, ledger)),
        )  # fmt: skip
    if slack:
        _apply(
            run, ledger, lambda: open_messenger(
                slack, run.settings.secret("slack", "bot_token"),
                timeout=run.settings.timeout_seconds, backoff=run.settings.retry_seconds,
            ),
            {row["delivery_key"] for row in slack_rows},
            _built(run, wanted_messages, lambda row: _message(run, row, ledger)),
        )  # fmt: skip
    for name, target, rows in (("Linear", linear, wanted_issues), ("Slack", slack, wanted_messages)):
        if target is None and rows:
            run.report.count(f"push.{name.lower()}.not_configured", len(rows))


def _apply(
    run: Run, ledger: Ledger, open_destination: Callable[[], Destination[D]], keys: set[str], deliveries: Iterable[D]
) -> None:
    try:
        destination = open_destination()
    except ConfigError as error:
        run.report.problems.append(f"push: {error}")
        return
    reconcile(run, destination, ledger, keys)
    deliver(run, destination, deliveries, ledger)


def _built(run: Run, rows: Sequence[Row], build: Callable[[Row], D | None]) -> Iterator[D]:
    """Deliveries of rows. A row that cannot be read is a problem of its own and does not stop the others."""
    for row in rows:
        try:
            delivery = build(row)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            run.report.problems.append(f"{row.get('delivery_key')}: cannot be written out ({error!r})")
            continue
        if delivery is not None:
            yield delivery


def _not_held_back(run: Run, destination: str, rows: Sequence[Row]) -> list[Row]:
    for row in rows:
        if row.get("is_held_back"):
            run.report.held_back.append(
                {
                    "destination": destination,
                    "delivery_key": row["delivery_key"],
                    "finding_key": row.get("finding_key"),
                    "title": row.get("title") or _body(row).get("title"),
                    "reason": row.get("hold_reason") or "over the cap of this run",
                }
            )
    return [row for row in rows if not row.get("is_held_back")]


def _issue(run: Run, row: Row, ledger: Ledger) -> Issue:
    key, finding, episode = row["delivery_key"], row["finding_key"], int(row["episode"])
    body = _body(row)
    body["evidence_url"] = words.evidence_url(body, finding, run.settings.dashboard_url)
    issue = f"linear:{finding}:{episode}"
    return Issue(
        key=key,
        operation=row["operation"],
        content_hash=row["content_hash"],
        title=words.title({"title": row.get("title") or body.get("title")}),
        finding_key=finding,
        episode=episode,
        arrived=ledger.arrived(key) or ledger.arrived(issue),
        issue_id=row.get("issue_id") or issue_id(finding, episode),
        body=body,
        priority=row.get("priority"),
        labels=tuple(dict.fromkeys([*LABELS, *(row.get("labels") or [])])),
        related=tuple(row.get("related_issue_ids") or ()),
    )


def _message(run: Run, row: Row, ledger: Ledger, *, dry: bool = False) -> Message | None:
    """The message of a row, or None when it belongs under an alert that is not posted."""
    key, thread_key, finding = row["delivery_key"], row.get("thread_delivery_key"), row.get("finding_key")
    body = _body(row)
    slack = run.settings.destinations.slack
    channel = channel_of(slack, row["channel_role"]) if slack else f"#{row['channel_role']}"
    thread_ts = None
    if thread_key and not dry:
        alert = ledger.arrived(thread_key)
        if alert is None:
            run.report.held_back.append(
                {"destination": "slack", "delivery_key": key, "finding_key": finding, "title": body.get("title"),
                 "reason": "the alert it belongs to is not posted yet"}
            )  # fmt: skip
            return None
        channel, thread_ts = alert.get("channel") or channel, alert["external_id"]
    if row["channel_role"] == "digest":
        text, blocks = slack_text.digest(body, ledger.urls())
    else:
        body["finding_key"] = finding
        body["evidence_url"] = words.evidence_url(body, finding, run.settings.dashboard_url)
        write = slack_text.reply if thread_key else slack_text.alert
        text, blocks = write(body, _tracker(ledger, thread_key or key))
    return Message(
        key=key,
        operation=row["operation"],
        content_hash=row["content_hash"],
        title=clip(words.title(body), 200),
        finding_key=finding,
        episode=row.get("episode"),
        arrived=ledger.arrived(key),
        channel=channel,
        text=text,
        blocks=blocks,
        thread_ts=thread_ts,
    )


def _tracker(ledger: Ledger, alert_key: str) -> tuple[str, str] | None:
    """Label and address of the Linear issue of an alert's finding, just filed or filed long ago."""
    issue = ledger.arrived(alert_key.replace("slack:", "linear:", 1))
    if not issue or not issue.get("external_url"):
        return None
    return issue.get("identifier") or "Linear issue", issue["external_url"]


def _body(row: Row) -> words.Body:
    body = row.get("body") or {}
    return dict(json.loads(body)) if isinstance(body, str) else dict(body)
