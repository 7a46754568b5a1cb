"""What dbt parses of its project, kept for the next invocation and the next process: parsing takes seconds.

In this process, and in `dbt_project/target` for all processes of a checkout, whatever their home. What is kept there
is used only if it is what was written for the same project, place and programs.
"""

from __future__ import annotations

import gc
import hashlib
import pickle
import secrets
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import fields
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.core.keys import digest
from flows.model.built import files_digest
from flows.settings import Settings

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

# What dbt reads to know the project.
PROJECT = ("models", "macros", "seeds", "tests", "dbt_project.yml", "profiles.yml")
PROGRAMS = ("dbt-core", "dbt-adapters", "dbt-common", "dbt-duckdb")

_kept: dict[str, bytes] = {}


def manifest(settings: Settings, parse: Callable[[], Manifest | None]) -> Manifest | None:
    """A manifest for one invocation, which writes into it. None where the project does not parse."""
    stem = settings.warehouse_path.stem  # the name of the warehouse's file stands in every relation
    root = str(settings.dbt_dir)
    key = digest(root, stem, files_digest(settings.dbt_dir, *PROJECT), sys.version, *map(version, PROGRAMS))
    if key not in _kept:
        path = settings.dbt_dir / "target" / f"parsed-{stem}.pickle"
        content = _read(path, key)
        if content is None:
            found = parse()
            if found is None:
                return None
            content = pickle.dumps(_parts(found))
            with suppress(OSError):  # without it the next process parses again
                _write(path, key, content)
        _kept.clear()
        _kept[key] = content
    return _manifest(_kept[key])


def _read(path: Path, key: str) -> bytes | None:
    """What was kept for this key; None where there is none, or it is not as it was written."""
    try:
        seal, _, content = path.read_bytes().partition(b"\n")
    except OSError:
        return None
    return content if seal == _seal(key, content) else None


def _write(path: Path, key: str, content: bytes) -> None:
    """No reader sees half of it, and of two that write at the same time one wins."""
    path.parent.mkdir(exist_ok=True)
    half = path.with_name(f"{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        half.write_bytes(_seal(key, content) + b"\n" + content)
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)


def _seal(key: str, content: bytes) -> bytes:
    return hashlib.sha256(key.encode() + content).hexdigest().encode()


def _parts(manifest: Manifest) -> dict[str, Any]:
    """A manifest as it can be pickled: it mixes up its lookups when it is pickled itself, and makes them when asked."""
    return {part.name: getattr(manifest, part.name) for part in fields(manifest) if not part.name.startswith("_")}


def _manifest(content: bytes) -> Manifest:
    from dbt.contracts.graph.manifest import Manifest

    collecting = gc.isenabled()
    gc.disable()  # nothing of it is garbage, and to look for some meanwhile takes most of the time
    try:
        return Manifest(**pickle.loads(content))
    finally:
        if collecting:
            gc.enable()
