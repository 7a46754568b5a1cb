"""The demo: a simulated company, its history pulled, then a bad release seen by the hourly flow.

Everything happens below `.groundswell/demo` and on loopback. A local Prefect server runs in this
process, so that the runs can be seen in Prefect's own pages.
"""

from __future__ import annotations

import logging
import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.markup import escape

from flows.core.clock import iso
from flows.core.errors import GroundswellError
from flows.core.neutralise import plain
from flows.explain import explain
from flows.findings import OPEN_STATES, list_findings
from flows.settings import CONFIG_NAME, Settings, load_settings

HOME = Path(".groundswell/demo")
STEP_HOURS = 8
STEPS = 9
NIGHTLY_AFTER = 3  # steps: one nightly run in the middle, as on any other day

SECRETS = {
    "GROUNDSWELL_ZENDESK_EMAIL": "agent@example.test",
    "GROUNDSWELL_ZENDESK_API_TOKEN": "sandbox-zendesk-token",
    "GROUNDSWELL_HUBSPOT_ACCESS_TOKEN": "sandbox-hubspot-token",
    "GROUNDSWELL_STRIPE_API_KEY": "sk_test_sandbox",
    "GROUNDSWELL_LINEAR_API_KEY": "sandbox-linear-key",
    "GROUNDSWELL_SLACK_BOT_TOKEN": "xoxb-sandbox-token",
}

CONFIG = """\
# The simulated company's connections, written by `groundswell demo`. Secrets: see the file `env` beside this one.
clock = "{url}/control/clock"

[sources.zendesk]
type = "zendesk"
base_url = "{url}/zendesk"
requests_per_minute = 60000
incremental_requests_per_minute = 600
category_field = "Category"
version_field = "App version"

[sources.hubspot]
type = "hubspot"
base_url = "{url}/hubspot"
requests_per_minute = 60000
search_requests_per_second = 200
account_field = "account_id"
tier_field = "tier"
renewal_field = "renewal_date"

[sources.stripe]
type = "stripe"
base_url = "{url}/stripe"
requests_per_minute = 60000

[sources.releases]
type = "files"
[sources.releases.streams.releases]
path = "{home}/sandbox/exports/releases.csv"

[destinations.linear]
team = "ENG"
api_url = "{url}/linear/graphql"
requests_per_minute = 60000

[destinations.slack]
alerts_channel = "C0ALERTS"
digest_channel = "C0DIGEST"
ops_channel = "C0OPS"
api_url = "{url}/slack/api/"
"""


def run_demo(console: Console, *, stay: bool, months: int, tickets_per_month: int, seed: int) -> None:
    """Run the whole demo and print where to look. Raises GroundswellError when a run fails."""
    from flows.sandbox.company import Company
    from flows.sandbox.server import SandboxServer

    started = time.perf_counter()
    for name in ("groundswell", "great_expectations"):
        logging.getLogger(name).setLevel(logging.WARNING)  # the demo tells its own story
    if HOME.exists():
        shutil.rmtree(HOME)
    home = HOME.resolve()
    home.mkdir(parents=True)
    with ExitStack() as stack:
        console.rule("A company to work for")
        company = Company.simulate(seed=seed, months=months, tickets_per_month=tickets_per_month)
        sandbox = stack.enter_context(SandboxServer(home / "sandbox", port=_free_port(8765), company=company))
        console.print(
            f"Helpdesk, Linear board and Slack channels of a simulated company: {sandbox.url}", highlight=False
        )
        configure(home, sandbox.url)
        from flows.orchestration import local_server

        server = stack.enter_context(local_server(_free_port(4200)))
        console.print(f"Prefect, where the runs below can be seen: {server}", highlight=False)
        end = company.history_end
        _flow(console, "backfill", "Backfill: the history, filing only what is still open at its end")
        for step in range(1, STEPS + 1):
            now = _set_clock(sandbox.url, end + timedelta(hours=STEP_HOURS * step))
            flow = "nightly" if step == NIGHTLY_AFTER else "hourly"
            _flow(console, flow, f"{flow.capitalize()} run at {iso(now)}")
        console.rule("The same run once more")
        again = _flow(console, "hourly", "Nothing has changed, so nothing is filed")
        _summary(console, home, sandbox.url, again, time.perf_counter() - started)
        if stay:
            console.print("\nThe pages stay up until Ctrl-C.")
            with _until_interrupted():
                threading.Event().wait()


def configure(home: Path, url: str) -> None:
    """Write the company's groundswell.toml into `home` and make it this process's only configuration."""
    for name in [name for name in os.environ if name.startswith("GROUNDSWELL_")]:
        del os.environ[name]  # the user's own journal and destinations are none of the demo's business
    (home / CONFIG_NAME).write_text(CONFIG.format(url=url, home=home))
    (home / "env").write_text("".join(f"export {name}={value}\n" for name, value in SECRETS.items()))
    os.environ.update(SECRETS)
    os.environ["GROUNDSWELL_HOME"] = str(home)
    os.environ["GROUNDSWELL_CONFIG"] = str(home / CONFIG_NAME)
    os.environ["PREFECT_HOME"] = str(home / "prefect")  # read when Prefect is imported, which is after this
    os.environ["PREFECT_LOGGING_LEVEL"] = "CRITICAL"  # what fails is explained below, once
    os.environ["PREFECT_SERVER_LOGGING_LEVEL"] = "ERROR"


def _flow(console: Console, flow: str, title: str) -> dict[str, Any]:
    """Run a flow under the server and print what it sent. Returns its report's counts."""
    from importlib import import_module

    started = time.perf_counter()
    try:
        result: dict[str, Any] = getattr(import_module(f"flows.{flow}"), flow)()
    except Exception as error:
        raise GroundswellError(
            f"the {flow} run of the demo failed: {error}", "Run it again with -v before the command."
        ) from error
    pulled = sum(n for name, n in result.items() if name.startswith("pulled."))
    console.print(
        f"[bold]{title}[/bold]: {pulled} records pulled, {result.get('quarantined', 0)} quarantined,"
        f" {result.get('findings.new', 0)} new findings ({time.perf_counter() - started:.0f} s)",
        highlight=False,
    )
    for sent in result.get("sent", []):
        console.print(
            f"    {sent['destination']}: {sent['operation']} {sent.get('title') or sent['delivery_key']}",
            highlight=False,
            markup=False,
        )
    return result


def _set_clock(url: str, moment: datetime) -> datetime:
    httpx.post(f"{url}/control/clock", json={"now": iso(moment)}, timeout=60).raise_for_status()
    return moment


def _summary(console: Console, home: Path, url: str, again: dict[str, Any], seconds: float) -> None:
    from flows.landing.journal import Journal
    from flows.landing.store import Store
    from flows.learn.score import render, score

    settings = load_settings()
    landing = Store(settings.landing)
    console.rule("What was found")
    console.print(render(score(settings)))
    _story(console, settings)
    console.rule("Summary")
    for source, stream in landing.streams():
        rows = sum(commit.rows for commit in landing.commits(source, stream))
        console.print(f"  pulled      {source}.{stream}: {rows}", highlight=False)
    findings = list_findings(settings)
    deliveries = [d for d in Journal(Store(settings.journal)).latest("delivery").values() if d.get("status") == "sent"]
    issues = {d["external_id"] for d in deliveries if d["destination"] == "linear" and d.get("external_id")}
    console.print(
        f"  found       {len(findings)} findings, {sum(f['state'] in OPEN_STATES for f in findings)} open",
        highlight=False,
    )
    messages = sum(d["destination"] == "slack" for d in deliveries)
    console.print(
        f"  filed       {len(issues)} Linear issues, {messages} Slack messages",
        highlight=False,
    )
    console.print(f"  run again   {len(again.get('sent', []))} things sent by the repeated run", highlight=False)
    console.print(f"  took        {seconds:.0f} s", highlight=False)
    console.rule("Where to look")
    console.print(
        "  make dashboards                        the BI pages, http://127.0.0.1:8501\n"
        f"  make sandbox                           the Linear board {url}/board and the Slack channels {url}/channels\n"
        f"  .venv/bin/groundswell findings         what was found; `explain KEY` says why\n"
        f"  .venv/bin/groundswell score            the findings against the planted truth\n"
        f"  PREFECT_HOME={home}/prefect .venv/bin/prefect server start    the runs in Prefect's pages",
        highlight=False, soft_wrap=True,
    )  # fmt: skip


def _story(console: Console, settings: Settings) -> None:
    """The account with the most certain warning: what each system says of it, then the warning's reasons."""
    from flows.accounts import account, render_account

    warnings = [f for f in list_findings(settings, states=OPEN_STATES) if f["kind"] == "churn" and f["arr"]]
    if not warnings:
        return
    warning = max(warnings, key=lambda finding: (finding["confidence"], float(finding["arr"])))
    explained = explain(settings, warning["finding_key"])
    console.rule("One account, from trial to warning")
    console.print(render_account(account(settings, explained["accounts"][0]["account_key"])))
    console.print(f"\n[bold]{escape(plain(warning['title']))}[/bold] ({warning['finding_key']})", highlight=False)
    for signal in explained["signals"]:
        evidence = ", ".join([*signal["ticket_ids"], *signal["record_ids"]])
        console.print(
            f"  {signal['rule_id']} {signal['rule_name']} ({signal['weight']}): {plain(signal['text'])}  [{evidence}]",
            highlight=False, markup=False,
        )  # fmt: skip


@contextmanager
def _until_interrupted() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        return


def _free_port(preferred: int) -> int:
    """The preferred port where it is free, else any."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise GroundswellError("no free port on loopback", "Close something that listens and try again.")
