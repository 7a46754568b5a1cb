"""Operational notices: a stage failed, a source is late. They depend on no model, and never fail a run."""

from __future__ import annotations

import logging

from flows.core.keys import digest
from flows.core.locks import hold
from flows.core.neutralise import clip, plain
from flows.core.redaction import redact
from flows.core.run import Run

log = logging.getLogger(__name__)

WAIT_SECONDS = 300.0  # for another run that gives a notice at the same time, perhaps the same one


def announce(run: Run, text: str, key: str) -> None:
    """Say `text` in the ops channel, once for every `key`. Without Slack, or in a dry run, it is only logged."""
    notice = clip(plain(redact(text)), 1500)
    log.warning("%s", notice)
    slack = run.settings.destinations.slack
    if slack is None or run.settings.is_dry_run:
        return
    try:
        from flows.push import slack_text
        from flows.push.deliver import Ledger, deliver
        from flows.push.slack import Message, channel_of, open_messenger

        delivery_key = f"ops:{key}"
        message, blocks = slack_text.notice(notice)
        delivery = Message(
            key=delivery_key, operation="post", content_hash=digest(notice), title=notice,
            channel=channel_of(slack, "ops"), text=message, blocks=blocks,
        )  # fmt: skip
        messenger = open_messenger(
            slack, run.settings.secret("slack", "bot_token"),
            timeout=run.settings.timeout_seconds, backoff=run.settings.retry_seconds,
        )  # fmt: skip
        with hold(run.settings.lock_dir, "notices", holder=run.run_id, wait_seconds=WAIT_SECONDS):
            ledger = Ledger(run)
            if not ledger.arrived(delivery_key):
                deliver(run, messenger, [delivery], ledger)
    except Exception as error:  # an alarm that cannot be given must not hide what it was about
        log.warning("the notice could not be sent: %s", error, exc_info=log.isEnabledFor(logging.INFO))
        run.report.problems.append(f"notice {key} could not be sent: {error}")
