"""A run's report as Markdown: the artifact in Prefect, and what the command line prints."""

from __future__ import annotations

from collections.abc import Iterable

from flows.core.clock import iso
from flows.core.neutralise import code, for_markdown
from flows.core.run import Run


def markdown(run: Run) -> str:
    """Rows in, quarantined, enriched, found, sent, held back, late sources, seconds per stage."""
    report = run.report
    lines = [
        f"# {run.flow} {iso(run.now)}",
        "",
        f"Run `{run.run_id}`" + (" (dry run)" if run.settings.is_dry_run else ""),
        "",
    ]
    lines += _table("What went through", ("what", "count"), sorted(report.counts.items()))
    lines += _table("Seconds per stage", ("stage", "seconds"), report.seconds.items())
    lines += _listing(
        "Sent",
        (
            f"{s.get('destination')}: {s.get('operation')} {s.get('title') or s.get('delivery_key')}"
            for s in report.sent
        ),
    )
    lines += _listing(
        "Held back",
        (f"{h.get('title') or h.get('delivery_key')}: {h.get('reason')}" for h in report.held_back),
    )
    lines += _listing("Late sources", (f"{name}: {reason}" for name, reason in report.late_sources.items()))
    lines += _listing("Stopped sources", (f"{name}: {reason}" for name, reason in report.bad_sources.items()))
    lines += _listing("Unknown", report.unknown)
    lines += _listing("Problems", report.problems)
    return "\n".join(lines)


def _table(title: str, head: tuple[str, str], rows: Iterable[tuple[str, object]]) -> list[str]:
    rows = list(rows)
    if not rows:
        return []
    body = [f"| {code(name)} | {value} |" for name, value in rows]
    return [f"## {title}", "", f"| {head[0]} | {head[1]} |", "| --- | ---: |", *body, ""]


def _listing(title: str, items: Iterable[str]) -> list[str]:
    """Items quote tickets, vendors and errors: each is one line of text, whatever it holds."""
    inert = [for_markdown(item) for item in items]
    return [f"## {title}", "", *(f"- {item}" for item in inert or ["none"]), ""]
