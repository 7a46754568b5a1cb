"""The nightly flow: the hourly one, with models and topics fitted again, the stores compacted and every test run."""

from __future__ import annotations

from typing import Any

from prefect import flow

from flows.orchestration import run_flow


@flow(name="nightly", log_prints=False)
def nightly(now: str | None = None, sources: list[str] | None = None, dry_run: bool | None = None) -> dict[str, Any]:
    """Pull, validate, stage, learn, enrich, model, push, show, compact.

    now: ISO 8601 moment the run judges from; default the configured clock.
    sources: names of sources to pull; default all. dry_run: print what would be sent instead of sending it.
    """
    return run_flow("nightly", now=now, sources=sources, dry_run=dry_run)
