"""Stores of an earlier schema become stores of this program's, when they are opened.

A migration takes a store from one version to the next. It goes manifest by manifest, changes what is not changed
yet and nothing else: stopped half way, it is begun again and ends the same. The version is written when it is done.
"""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable
from dataclasses import replace

import polars as pl

from flows.landing.store import SCHEMA_VERSION, Commit, Seal, Store, seal

log = logging.getLogger("groundswell")

UNREADABLE = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError)


def version_of(store: Store) -> int | None:
    """The schema version of a store; None where there is no store yet.

    A version that is lost or unreadable counts as the first: what is migrated already is left as it is.
    """
    path = f"{store._base}/_schema.json"
    if store.fs.exists(path):
        try:
            return int(json.loads(store.fs.cat_file(path))["schema_version"])
        except (ValueError, TypeError, KeyError):
            log.warning("%s is damaged: set aside as %s.damaged and written again", path, path)
            store.fs.mv(path, f"{path}.damaged")
            return 1
    return 1 if store.streams() else None


def migrate(store: Store) -> None:
    """Bring a store to SCHEMA_VERSION. One process does it, others wait."""
    with store.alone("_schema", "version"):
        found = version_of(store) or SCHEMA_VERSION
        for version in range(found, SCHEMA_VERSION):
            log.warning("store %s is migrated from schema version %d to %d", store.root, version, version + 1)
            MIGRATIONS[version](store)
            store.write_schema_version(version + 1)


def _seal_files(store: Store) -> None:
    """2: manifests keep the size and SHA-256 of their files. A file that cannot be read stays without."""
    for source, stream in store.streams():
        folder = store.folder(source, stream)
        with store.alone(source, stream):
            for path in sorted(store.fs.ls(f"{folder}/commits", detail=False)):
                try:
                    commit = Commit.parse(store.fs.cat_file(path)) if path.endswith(".json") else None
                except (ValueError, TypeError, KeyError):
                    continue  # the next run names it and sets it aside
                if commit is None or not path.endswith(f"/{commit.number:012d}.json"):
                    continue
                seals = {name: commit.seals.get(name) or _seal(store, f"{folder}/data/{name}") for name in commit.files}
                readable = {name: made for name, made in seals.items() if made is not None}
                if readable != commit.seals:
                    store._write_manifest(source, stream, replace(commit, seals=readable))


def _seal(store: Store, path: str) -> Seal | None:
    try:
        content = store.fs.cat_file(path)
        pl.read_parquet(io.BytesIO(content))
    except UNREADABLE:
        return None
    return seal(content)


# From version n to n + 1.
MIGRATIONS: dict[int, Callable[[Store], None]] = {1: _seal_files}
