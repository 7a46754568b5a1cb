"""Data Docs, an extra: Great Expectations' own pages on the newest rows of every landed stream.

The pages load their styles from elsewhere, so they need a network to look well. The dashboard's quality view
needs none. Run alone: `python -m flows.validate.docs`.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from flows.core.run import Run
from flows.settings import load_settings
from flows.validate.batch import CHUNK_ROWS, Accepted, chunks
from flows.validate.columns import extract
from flows.validate.landed import source_type
from flows.validate.suites import DECLARED_TYPES, Rule, load, render_docs


def build_data_docs(run: Run) -> Path:
    """Render the pages into <home>/data_docs, over the last CHUNK_ROWS rows of each stream. The index page."""
    checks: list[tuple[str, list[Rule], pl.DataFrame]] = []
    for source, stream in run.landing.streams():
        path = run.settings.expectations_dir / "raw" / source_type(run, source) / f"{stream}.yml"
        rows = _newest(run, source, stream) if path.is_file() else None
        if rows is None:
            continue
        suite = load(path)
        typed, _ = extract(rows["payload"], suite.declared())
        frame = pl.concat([rows.select("id", "version", "pulled_at"), typed], how="horizontal")
        checks.append((f"{source}.{stream}", [DECLARED_TYPES, *suite.rules], frame))
    return render_docs(run.settings.home / "data_docs", checks)


def _newest(run: Run, source: str, stream: str) -> pl.DataFrame | None:
    last = None
    for last in chunks(run.landing, source, stream, Accepted()):  # noqa: B007
        pass
    return None if last is None else last.tail(CHUNK_ROWS)


if __name__ == "__main__":
    print(build_data_docs(Run.start("docs", load_settings())))
