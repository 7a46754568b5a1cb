"""Checks every setting, credential, source and destination, and says what to do about each."""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import duckdb

from flows.core.clock import iso, parse, read_clock
from flows.core.errors import GroundswellError, nearest
from flows.core.places import made_folder
from flows.landing.damaged import find, kept_aside
from flows.landing.journal import Journal
from flows.landing.store import Store
from flows.settings import Settings, unknown_variables, variables


@dataclass(frozen=True)
class Check:
    """One line of the doctor's report. `ok` is None for what is merely worth knowing."""

    name: str
    ok: bool | None
    says: str


def checks(settings: Settings, asking: Callable[[str], None] = lambda _: None) -> Iterator[Check]:
    """All checks, in the order a new user meets them; each is independent of the ones before.

    `asking` is told of each check that waits for somebody else's answer, before it begins.
    """
    where = settings.config_file
    yield Check("configuration", bool(where) or None, str(where or "no groundswell.toml: run `groundswell init`"))
    yield from _environment(settings)
    yield _try("home", lambda: _writable(settings))
    asking(f"the clock, {settings.clock}")
    yield _try("clock", lambda: iso(read_clock(settings.clock)))
    for name, root, what in (("landing zone", settings.landing, "streams"), ("journal", settings.journal, "kinds")):
        asking(f"every file of the {name}")
        yield _try(name, partial(_store, root, what))
        yield from _set_aside(name, root)
    yield _try("warehouse", lambda: _warehouse(settings))
    if not settings.sources:
        yield Check("sources", False, "none configured. Add a [sources.<name>] table to groundswell.toml")
    for name, source in settings.sources.items():
        asking(f"{name}, {getattr(source, 'base_url', 'its files')}")
        yield _try(f"source {name}", partial(_source, settings, name))
    if settings.is_dry_run:
        yield Check("destinations", None, "dry run: nothing is sent until a destination is configured")
    destinations = settings.destinations
    for name, destination in (("linear", destinations.linear), ("slack", destinations.slack)):
        if destination is not None:
            asking(f"{name}, {destination.api_url}")
            yield _try(name, partial(_source, settings, name))
    yield from _models(settings)
    asking("Prefect")
    yield _prefect(settings)
    yield _try("last run", lambda: _last_run(settings))


def _models(settings: Settings) -> Iterator[Check]:
    """The models that [models] names: that a local one can be loaded, and that services have a key."""
    from flows.enrich.local_embedding import local_embedder

    models = settings.models
    if models.embedder == "sentence" or models.embedder == "static":
        local = partial(local_embedder, models.embedder, models.path, models.package)
        yield _try("embedder", lambda: local().folder)
    used = {"embeddings": models.embeddings if models.embedder == "openai" else None, "language model": models.text}
    for name, table in used.items():
        if table is not None and settings.openai_key():
            yield Check(name, True, f"{table.model} at {table.base_url}")
        elif table is not None:
            yield Check(name, None, "OPENAI_API_KEY is not set: nothing is asked")


def _environment(settings: Settings) -> Iterator[Check]:
    """Variables that mean nothing here, and look as if they were meant to."""
    known = list(variables(settings))
    for name in unknown_variables(settings):
        key, below, rest = name.partition("__")
        if near := nearest(key, known, cutoff=0.85):
            says = f"{name} is set and means nothing here. Did you mean {near + below + rest!r}?"
            yield Check("environment", None, says)


def freshness(settings: Settings) -> tuple[bool, list[str]]:
    """Whether a run completed and every source was pulled in time: for a check from outside, by exit code."""
    journal = Journal(Store(settings.journal))
    now = read_clock(settings.clock)
    lines, fresh = [], True
    completed = [parse(b["at"]) for b in journal.latest("run").values() if b["status"] == "completed"]
    hours = (now - max(completed)).total_seconds() / 3600 if completed else None
    if hours is None or hours > 2:
        fresh = False
    lines.append(f"last completed run: {'never' if hours is None else f'{hours:.1f} hours ago'} (limit 2)")
    states = journal.latest("source_state")
    for name, source in settings.sources.items():
        last = states.get(name, {}).get("last_ok_at")
        age = (now - parse(last)).total_seconds() / 3600 if last else None
        if age is None or age > source.late_after_hours:
            fresh = False
        lines.append(
            f"{name}: {'never pulled' if age is None else f'{age:.1f} hours ago'} (limit {source.late_after_hours:g})"
        )
    return fresh, lines


def _try(name: str, check: Callable[[], str]) -> Check:
    try:
        return Check(name, True, check())
    except GroundswellError as error:
        return Check(name, False, str(error))
    except OSError as error:
        return Check(name, False, f"{error.filename or name}: {error.strerror or error}")
    except Exception as error:  # a doctor reports, whatever it meets
        return Check(name, False, f"{type(error).__name__}: {' '.join(str(error).split())[:300]}")


def _writable(settings: Settings) -> str:
    made_folder(settings.home)
    if not os.access(settings.home, os.W_OK):
        raise GroundswellError(f"{settings.home} cannot be written", "Set GROUNDSWELL_HOME to a folder that can.")
    return str(settings.home)


def _store(root: str, what: str) -> str:
    store = Store(root)
    damage = [str(one) for source, stream in store.streams() for one in find(store, source, stream, thorough=True)]
    if damage:
        more = f" and {len(damage) - 3} more" if len(damage) > 3 else ""
        raise GroundswellError(
            f"damaged: {'; '.join(damage[:3])}{more}", "The next run sets it aside and asks for it again."
        )
    return f"{len(store.streams())} {what} at {root}"


def _set_aside(name: str, root: str) -> Iterator[Check]:
    with suppress(Exception):  # said above
        kept = kept_aside(Store(root))
        if kept:
            folders = sorted({path.rsplit("/", 1)[0] for path in kept})
            yield Check(name, None, f"{len(kept)} damaged files were set aside in {', '.join(folders)}")


def _warehouse(settings: Settings) -> str:
    path = settings.warehouse_path
    if not path.exists():
        return "none yet: the next run builds it"
    try:
        duckdb.connect(str(path), read_only=True).close()
    except duckdb.Error as error:
        said = " ".join(str(error).split())[:300]
        if "lock on file" in said:
            return f"{path} (in use)"
        raise GroundswellError(f"{path} cannot be opened ({said})", "Run: groundswell rebuild") from error
    aside = sorted(one.name for one in path.parent.glob(f"{path.name}.damaged-*") if one.suffix != ".wal")
    return f"{path}" + (f"; set aside there as damaged, and not needed: {', '.join(aside)}" if aside else "")


def _source(settings: Settings, name: str) -> str:
    from flows.pull.inspect import inspect

    found = inspect(settings, name)
    says = "; ".join(line.strip() for line in found.lines() if not line.startswith("  sample:"))
    if found.will_fail:
        raise GroundswellError(says)
    return says


def prefect_server(settings: Settings) -> str | None:
    """The configured Prefect server's API URL when it answers, else None."""
    url = settings.prefect_api_url or os.environ.get("PREFECT_API_URL")
    if not url:
        return None
    try:
        with urllib.request.urlopen(f"{url.rstrip('/')}/health", timeout=2) as answer:
            return url if json.load(answer) is True else None
    except (OSError, ValueError):
        return None


def _prefect(settings: Settings) -> Check:
    url = settings.prefect_api_url or os.environ.get("PREFECT_API_URL")
    if not url:
        return Check(
            "prefect", None, "no server configured: `groundswell run` works without one; set PREFECT_API_URL to use it"
        )
    if prefect_server(settings):
        return Check("prefect", True, f"server answers at {url}")
    return Check("prefect", False, f"no answer at {url}: start it with `prefect server start --background`")


def _last_run(settings: Settings) -> str:
    runs = Journal(Store(settings.journal)).latest("run")
    if not runs:
        raise GroundswellError("no run yet", "Start with `groundswell backfill`.")
    run_id, body = max(runs.items(), key=lambda item: item[1]["at"])
    return f"{run_id} {body['status']}"
