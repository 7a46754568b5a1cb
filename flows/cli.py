"""The `groundswell` command. Each command is a few lines: the work is in the modules it names."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import traceback
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer
from rich.console import Console
from rich.markdown import Markdown
from rich.text import Text

from flows.core.clock import iso, parse
from flows.core.errors import ConfigError, GroundswellError, meant
from flows.core.neutralise import plain
from flows.core.secrets import without_secrets
from flows.settings import CONFIG_NAME, PROJECT_DIR, Settings, load_settings

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Support tickets in; bug reports, alerts and dashboards out. Start with `groundswell init`, then "
    "`groundswell doctor`, `groundswell backfill`, and schedule `groundswell run hourly`.",
)
sandbox_app = typer.Typer(no_args_is_help=True, help="The simulated company and its local Zendesk, Linear and Slack.")
app.add_typer(sandbox_app, name="sandbox")
FLOWS = ("hourly", "nightly")
console = Console(emoji=False)  # ":id:" in a page's route is no emoji
errors = Console(stderr=True, emoji=False)


class Output(StrEnum):
    """How a result is printed: for people, or for programs."""

    TABLE = "table"
    JSON = "json"


Home = Annotated[str | None, typer.Option("--home", help="Folder of all data (default .groundswell).")]
Format = Annotated[Output, typer.Option("--format", help="For people, or for programs.")]
Sources = Annotated[list[str] | None, typer.Option("--source", help="Only this source (repeatable).")]
DryRun = Annotated[bool | None, typer.Option("--dry-run/--send", help="Print what would be sent, or send it.")]
Now = Annotated[str | None, typer.Option(help="Judge from this ISO 8601 moment instead of the clock's.")]


def main() -> None:
    """Entry point. Exit codes: 1 for a failure that has an explanation, 2 for any other.

    Neither shows a traceback, except the other under --verbose.
    """
    try:
        app()
    except GroundswellError as error:
        _complain(f"groundswell: {error}")
        sys.exit(1)
    except Exception as error:
        verbose = logging.getLogger().isEnabledFor(logging.INFO)
        if verbose:
            print(_inert(without_secrets(traceback.format_exc())), file=sys.stderr)
        more = "" if verbose else "; run with -v for the traceback"
        _complain(f"unexpected: {type(error).__name__}: {' '.join(str(error).split())}{more}")
        sys.exit(2)


@app.callback()
def common(
    home: Home = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log what happens.")] = False,
) -> None:
    if home is not None:
        if not home.strip():
            raise ConfigError("--home names no folder", "Leave it out for .groundswell.")
        os.environ["GROUNDSWELL_HOME"] = home
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(InertLines("%(asctime)s %(levelname)s %(message)s"))
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, handlers=[handler])
    if not verbose:
        logging.getLogger("groundswell").setLevel(logging.INFO)


@app.command()
def init(
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
) -> None:
    """Write a commented groundswell.toml into this folder."""
    path = Path(CONFIG_NAME)
    if path.exists() and not force:
        raise GroundswellError(f"{path} is already there", "Edit it, or overwrite it with --force.")
    path.write_text((PROJECT_DIR / "flows" / "groundswell.example.toml").read_text())
    console.print(f"Wrote {path}. Fill in a source, export its secrets, then run: groundswell doctor")


@app.command()
def doctor(
    fresh: Annotated[
        bool, typer.Option("--freshness", help="Only whether runs and sources are in time, by exit code.")
    ] = False,
) -> None:
    """Check every setting, credential, source and destination, and say what to do."""
    from flows.doctor import checks, freshness

    settings = load_settings()
    if fresh:
        ok, lines = freshness(settings)
        for line in lines:
            print(line)
        raise typer.Exit(0 if ok else 1)
    failed = False
    if not logging.getLogger().isEnabledFor(logging.INFO):
        logging.getLogger("flows").setLevel(logging.ERROR)  # what is wrong is said once
    with errors.status("looking") as status:  # shows on a terminal alone
        for check in checks(settings, lambda whom: status.update(Text(f"asking {plain(whom)}"))):
            word, style = {True: ("ok  ", "green"), False: ("fail", "red"), None: ("note", "yellow")}[check.ok]
            says = _inert(check.says)
            console.print(Text(word, style), check.name.ljust(14), says, highlight=False, soft_wrap=True, markup=False)
            failed = failed or check.ok is False
    raise typer.Exit(1 if failed else 0)


@app.command()
def run(
    flow: Annotated[str, typer.Argument(help="hourly or nightly; or one stage with --stage.")] = "hourly",
    stage: Annotated[
        str | None,
        typer.Option(help="One stage alone: pull, validate, stage, learn, enrich, judge, push, show, compact."),
    ] = None,
    source: Sources = None,
    now: Now = None,
    dry_run: DryRun = None,
    output: Format = Output.TABLE,
) -> None:
    """Run a flow by hand: under the Prefect server where one answers, else the same stages without one."""
    from flows.stages import STAGES

    if flow not in FLOWS:
        raise GroundswellError(f"no flow is called {flow!r}", f"{meant(flow, FLOWS)} Backfill is a command of its own.")
    if stage is not None and stage not in STAGES:
        raise GroundswellError(f"no stage is called {stage!r}", meant(stage, STAGES))
    settings, moment = _settings(dry_run, source), _moment(now)
    if stage is None:
        _any_source(settings)
    _run(flow, settings, source, moment, output, stage)


@app.command()
def backfill(
    source: Sources = None,
    since: Annotated[str | None, typer.Option(help="ISO date the first pull goes back to.")] = None,
    now: Now = None,
    dry_run: DryRun = None,
    sample: Annotated[
        bool, typer.Option("--sample", help="Show each source's sample, counts, scopes and time; pull nothing.")
    ] = False,
    output: Format = Output.TABLE,
) -> None:
    """Pull whole histories; resumes where an interrupted backfill stopped. Files only what is still open at the end."""
    from flows.pull.inspect import inspect

    settings, moment = _settings(dry_run, source), _moment(now)
    if since is not None:
        settings = settings.with_since(since)
    _any_source(settings)
    failed = False
    for name in source or settings.sources:
        try:
            lines = "\n".join(inspect(settings, name).lines())
        except Exception as error:  # the pull meets it again, and its report says so; the others go on
            failed = True
            _complain(f"{name}: {error if isinstance(error, GroundswellError) else repr(error)}")
        else:
            errors.print(_inert(lines), highlight=False, markup=False)
    if sample:
        raise typer.Exit(1 if failed else 0)
    _run("backfill", settings, source, moment, output, None, since=since)


@app.command()
def rebuild(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Make the warehouse anew from landing zone and journal. Pulls nothing, sends nothing; findings keep their keys."""
    from flows.rebuild import rebuild as rebuild_warehouse

    settings = load_settings()
    if not yes and not sys.stdin.isatty():
        raise GroundswellError("nobody is there to be asked", "Say --yes to rebuild the warehouse.")
    if not yes:
        typer.confirm(f"Replace {settings.warehouse_path} by a new one? It may take as long as a backfill", abort=True)
    done = rebuild_warehouse(settings, lambda step: errors.print(f"{step} ...", highlight=False, markup=False))
    for problem in done.report.problems:
        errors.print(_inert(problem), highlight=False, markup=False, soft_wrap=True)
    console.print(f"{settings.warehouse_path} is rebuilt and published.", highlight=False, markup=False, soft_wrap=True)


@app.command()
def findings(
    output: Format = Output.TABLE,
    everything: Annotated[
        bool, typer.Option("--all", help="Also resolved and archived ones (the default for json).")
    ] = False,
) -> None:
    """What was found, highest score first."""
    from flows.findings import OPEN_STATES, list_findings
    from flows.push.words import amount, plural

    as_json = output is Output.JSON
    rows = list_findings(load_settings(), states=None if everything or as_json else OPEN_STATES)
    if as_json:
        print(json.dumps(rows, indent=2))
        return
    if not rows:
        console.print("No open findings.")
    for row in rows:  # not a table: keys and titles stay whole on a narrow screen
        accounts = plural(row["accounts"], "account") if row["accounts"] else ""
        revenue = f"ARR {amount(row['arr'], row['currency'])}" if accounts else ""
        # what a warning adds up to is a sum of weights and no probability
        weight = f"weight {row['confidence']:.2f}" if row["kind"] == "churn" else f"{row['confidence']:.0%} sure"
        counts = [accounts, revenue, plural(row["tickets"], "ticket"), weight]
        console.print(Text(row["finding_key"], "bold"), f"{row['state']}, {row['severity']}", highlight=False)
        told = [row["title"], " · ".join(filter(None, counts)), row["tracker_url"]]
        for line in filter(None, told):
            console.print(f"    {plain(line)}", highlight=False, markup=False, soft_wrap=True)


@app.command()
def replay(
    start: Annotated[str, typer.Option(help="ISO date or moment to begin at.")],
    end: Annotated[str | None, typer.Option(help="ISO date or moment to end at (default: the last run's).")] = None,
    step: Annotated[str, typer.Option(help="From moment to moment: a number and m, h or d.")] = "1h",
    incidents: Annotated[
        Path | None, typer.Option(help="JSON list of what is known to have happened: start, label, pattern.")
    ] = None,
    output: Format = Output.TABLE,
) -> None:
    """What would have been told, moment by moment, knowing only what was known then: how early, and how often. Touches
    nothing."""
    from flows.learn.lead_time import read_incidents
    from flows.rebuild import last_moment
    from flows.replay import render, report, step_of

    settings = load_settings()
    first, last = _moment(start, "--start"), _moment(end, "--end") or last_moment(settings)
    if first is None or last is None:
        raise ConfigError("no run has been completed yet", "Run `groundswell backfill` first.")
    known = read_incidents(incidents) if incidents else []
    with errors.status("judging the past"):
        result = report(settings, first, last, step_of(step), known)
    if output is Output.JSON:
        print(json.dumps(asdict(result), indent=2))
        return
    for line in render(result):
        console.print(_inert(line), highlight=False, markup=False, soft_wrap=True)


@app.command()
def accounts(
    account: Annotated[
        str | None, typer.Argument(help="An account's key or name, or the id of one of its records: its story.")
    ] = None,
    output: Format = Output.TABLE,
) -> None:
    """How customers were matched across helpdesk, CRM and billing; or one account with its story."""
    from flows.accounts import account as one_account
    from flows.accounts import render_account, render_report, report

    settings = load_settings()
    result = one_account(settings, account) if account else report(settings)
    if output is Output.JSON:
        print(json.dumps(result, indent=2))
    else:
        console.print(render_account(result) if account else render_report(result))


@app.command()
def explain(
    key: Annotated[str, typer.Argument(help="A finding key, or a ticket id such as zendesk:123.")],
    output: Format = Output.TABLE,
) -> None:
    """Everything known about one finding or ticket, with reasons and evidence."""
    from flows.explain import explain as explain_key
    from flows.explain import render

    known = explain_key(load_settings(), key)
    if output is Output.JSON:
        print(json.dumps(known, indent=2, default=str))
    else:
        console.print(render(key, known))


@app.command()
def similar(
    ticket: Annotated[str, typer.Argument(help="A ticket id such as zendesk:123.")],
    output: Format = Output.TABLE,
    limit: Annotated[int, typer.Option(min=1, help="How many, the most similar first.")] = 10,
) -> None:
    """Tickets like one ticket, by their words and when they came: who else has this?"""
    from flows.similar import similar as similar_tickets

    rows = similar_tickets(load_settings(), ticket, limit)
    _show_tickets(rows, output, "No similar tickets.", lambda row: f"{row['similarity']:.2f} · {row['created_at']}")


@app.command("edge-cases")
def edge_cases(
    output: Format = Output.TABLE,
    everything: Annotated[bool, typer.Option("--all", help="Also those that have a category.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="How many, from the oldest on.")] = 50,
) -> None:
    """Tickets that no intent was given to, oldest first, with the guess and why it was not given."""
    from flows.edge_cases import list_edge_cases

    def told(row: dict[str, Any]) -> str:
        never = row["threshold"] == 1  # no confidence has met the target precision on held-out tickets
        given = "this intent is not given yet" if never else f"given from {row['threshold'] or 0:.0%}"
        sure = f"{row['guess']} {row['confidence']:.0%}, {given}" if row["guess"] else ""
        category = f"category {row['category']}" if row["has_category"] else ""
        return " · ".join(filter(None, [row["created_at"], row["why"], sure, category]))

    rows = list_edge_cases(load_settings(), everything=everything, limit=limit)
    _show_tickets(rows, output, "No edge cases.", told)


@app.command()
def correct(
    ticket: Annotated[
        str | None, typer.Argument(help="A ticket id such as zendesk:123; without it, corrections are listed.")
    ] = None,
    intent: Annotated[str | None, typer.Argument(help="What the ticket wants.")] = None,
    by: Annotated[str | None, typer.Option("--by", help="Who says so (default: who runs the command).")] = None,
    off: Annotated[bool, typer.Option("--off", help="Take it back: the model decides again.")] = False,
    output: Format = Output.TABLE,
) -> None:
    """Say what a ticket wants: its intent from the next run on, and an example for the next model."""
    from flows.corrections import correct as correct_ticket
    from flows.corrections import list_corrections

    settings = load_settings()
    if ticket is not None:
        done = correct_ticket(settings, ticket, intent, by=by, off=off)
        console.print(f"{_inert(done)} from the next run on.", markup=False, highlight=False, soft_wrap=True)
        return
    rows = list_corrections(settings)
    _show_tickets(rows, output, "No corrections.", lambda row: f"{row['intent']} · by {row['by']}, {row['at']}")


@app.command()
def mute(
    key: str,
    reason: Annotated[str, typer.Option(help="Why, for those who come after.")] = "",
    off: Annotated[bool, typer.Option("--off", help="Hear it again.")] = False,
) -> None:
    """Silence one finding from the next run on, or hear it again."""
    from flows.findings import mute as mute_key

    mute_key(load_settings(), key, muted=not off, reason=reason)
    console.print(f"{key} is {'heard again' if off else 'muted'} from the next run on.", markup=False)


@app.command()
def topics(
    action: Annotated[
        str | None, typer.Argument(help="merge, rename, split, together or apart; without it, topics are listed.")
    ] = None,
    arguments: Annotated[
        list[str] | None,
        typer.Argument(help="merge INTO OTHER; rename TOPIC LABEL; split, together: TICKET ...; apart TICKET TICKET."),
    ] = None,
    output: Format = Output.TABLE,
) -> None:
    """What customers write about, and what people say of it: the next nightly run puts tickets where they belong."""
    from flows.push.words import plural
    from flows.topics import edit_topics, list_topics

    settings = load_settings()
    if action is not None:
        done = edit_topics(settings, action, arguments or [])
        console.print(f"{_inert(done)}: from the next nightly run on.", markup=False, highlight=False, soft_wrap=True)
        return
    rows = list_topics(settings)
    if output is Output.JSON:
        print(json.dumps(rows, indent=2))
        return
    for row in (row for row in rows if row["status"] == "live"):
        console.print(Text(row["topic_id"], "bold"), plural(row["tickets"], "ticket"), highlight=False)
        for line in (row["label"], ", ".join(row["words"])):
            console.print(f"    {plain(line)}", highlight=False, markup=False, soft_wrap=True)


@app.command()
def forget(
    requester: Annotated[
        list[str] | None,
        typer.Option("--requester", help="SOURCE:ID, such as zendesk:123, or an e-mail address (repeatable)."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase one person from everything held here; without --requester, complete an erasure that was stopped."""
    from flows.forget.command import run_forget

    run_forget(load_settings(), requester or [], console, errors, yes=yes)


@app.command()
def score(output: Format = Output.TABLE) -> None:
    """Compare findings with the simulated company's planted truth."""
    from flows.findings import missing_tables_explained
    from flows.learn.score import render
    from flows.learn.score import score as score_home

    with missing_tables_explained():
        result = score_home(load_settings())
    if output is Output.JSON:
        print(json.dumps(result.as_dict(), indent=2))
    else:
        console.print(render(result))


@app.command()
def dashboards(port: Annotated[int, typer.Option(min=1, max=65535)] = 8501) -> None:
    """Serve the BI pages on loopback."""
    settings = load_settings()
    command = [
        sys.executable, "-m", "streamlit", "run", str(PROJECT_DIR / "dashboards" / "overview.py"),
        "--server.address", "127.0.0.1", "--server.port", str(port), "--server.headless", "true",
        "--browser.gatherUsageStats", "false",
    ]  # fmt: skip
    environment = {**os.environ, "GROUNDSWELL_HOME": str(settings.home.resolve())}
    raise typer.Exit(subprocess.run(command, env=environment, check=False).returncode)


@app.command()
def demo(
    stay: Annotated[bool, typer.Option("--stay", help="Keep every page up at the end, until Ctrl-C.")] = False,
    months: Annotated[int, typer.Option(min=1, help="Months of history.")] = 18,
    size: Annotated[int, typer.Option(min=1, help="Tickets a month.")] = 350,
    seed: int = 7,
) -> None:
    """A simulated company, end to end: backfill, then a bad release seen by the hourly flow."""
    from flows.demo import run_demo

    run_demo(console, stay=stay, months=months, tickets_per_month=size, seed=seed)


@sandbox_app.command("serve")
def sandbox_serve(
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Default: the port the demo was given, else 8765.")
    ] = None,
) -> None:
    """Serve the demo company's helpdesk, Linear board and Slack channels on loopback until Ctrl-C."""
    from flows.sandbox.server import serve

    settings = load_settings()
    known = urlsplit(settings.clock).port if settings.clock.startswith("http") else None
    serve(settings.home / "sandbox", port or known or 8765)


@sandbox_app.command("bulk")
def sandbox_bulk(
    tickets: Annotated[int, typer.Option(min=1, help="How many, of four messages each.")],
    source: Annotated[str, typer.Option(help="The source they are landed as.")] = "zendesk",
    seed: int = 7,
) -> None:
    """Write eighteen months of a large helpdesk straight into an empty landing zone, to measure with."""
    from flows.landing.store import Store
    from flows.sandbox.bulk import write
    from flows.sandbox.copies import Copies

    store = Store(load_settings().landing)
    if any(found == source for found, _ in store.streams()):
        raise GroundswellError(f"{store.root} has records of {source}", "Name another --home: nothing is overwritten.")
    for stream, rows in write(store, source, Copies.of(tickets, seed=seed)).items():
        console.print(f"{source}/{stream}: {rows} rows", highlight=False)


def _show_tickets(rows: list[dict[str, Any]], output: Output, none: str, told: Callable[[dict[str, Any]], str]) -> None:
    """Rows with a `ticket_id`, what is told of each, and its `title` and `url` where the rows have them."""
    if output is Output.JSON:
        print(json.dumps(rows, indent=2))
        return
    if not rows:
        console.print(none)
    for row in rows:
        name = Text(plain(row["ticket_id"]), "bold")
        console.print(name, plain(told(row)), highlight=False, markup=False, soft_wrap=True)
        for line in filter(None, [row.get("title"), row.get("url")]):
            console.print(f"    {plain(line)}", highlight=False, markup=False, soft_wrap=True)


def _settings(dry_run: bool | None, sources: list[str] | None) -> Settings:
    """The settings, once every name given as --source is known to be one. Raises ConfigError."""
    settings = load_settings(**({} if dry_run is None else {"dry_run": dry_run}))
    for name in sources or []:
        if name not in settings.sources:
            raise ConfigError(f"no source is called {name!r}", meant(name, settings.sources))
    return settings


def _any_source(settings: Settings) -> None:
    if not settings.sources:
        raise ConfigError("no source is configured", "Add a [sources.<name>] table to groundswell.toml.")


def _moment(text: str | None, option: str = "--now") -> datetime | None:
    try:
        return None if text is None else parse(text)
    except (ValueError, OverflowError) as error:
        raise ConfigError(
            f"{option} {text!r} is no moment", "Write it in ISO 8601, like 2025-01-31T09:30:00Z."
        ) from error


def _run(
    flow: str,
    settings: Settings,
    sources: list[str] | None,
    now: datetime | None,
    output: Output,
    stage: str | None,
    since: str | None = None,
) -> None:
    """Run under the Prefect server where it answers, else directly; print the report."""
    from flows.core.report import markdown
    from flows.core.run import Run
    from flows.doctor import prefect_server
    from flows.stages import Direct, execute, execute_stage

    server = None if stage else prefect_server(settings)
    if server:
        os.environ["PREFECT_API_URL"] = server
        from importlib import import_module

        flow_function = getattr(import_module(f"flows.{flow}"), flow)
        extra = {"since": since} if flow == "backfill" else {}
        result = flow_function(now=iso(now) if now else None, sources=sources, dry_run=settings.dry_run, **extra)
        print(json.dumps(result, indent=2))
        return
    this = Run.start(flow, settings, now=now, backfill=flow == "backfill")
    try:
        if stage:
            execute_stage(this, Direct(), stage, sources)
        else:
            execute(this, Direct(), sources)
    finally:
        if output is Output.JSON:
            print(json.dumps(this.report.__dict__, indent=2, default=str))
        else:
            console.print(Markdown(markdown(this)))


class InertLines(logging.Formatter):
    """One line a message, whatever it quotes, and no secret in it or in the traceback below it."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = plain(without_secrets(record.message))
        return super().formatMessage(record)

    def formatException(self, ei: Any) -> str:
        return _inert(without_secrets(super().formatException(ei)))


def _complain(text: str) -> None:
    errors.print(_inert(without_secrets(text)), style="red", highlight=False, soft_wrap=True, markup=False)


def _inert(text: str) -> str:
    """Text that quotes vendors or tickets, without what a terminal would obey. Lines and their indents stay."""
    return "\n".join(f"{'  ' if line.startswith('  ') else ''}{plain(line)}" for line in text.splitlines())


if __name__ == "__main__":
    main()
