"""The backfill flow: whole histories; files only what is still open at their end."""

from __future__ import annotations

from typing import Any

from prefect import flow

from flows.orchestration import run_flow


@flow(name="backfill", log_prints=False)
def backfill(
    now: str | None = None,
    sources: list[str] | None = None,
    since: str | None = None,
    dry_run: bool | None = None,
) -> dict[str, Any]:
    """Pull whole histories (resuming where an interrupted backfill stopped), then every other stage.

    now: ISO 8601 moment the run judges from; default the configured clock.
    sources: names of sources to pull; default all. since: ISO date the first pull goes back to.
    dry_run: print what would be sent instead of sending it.
    """
    return run_flow("backfill", now=now, sources=sources, since=since, dry_run=dry_run)
