"""Which models are in force: artifacts under <home>/models/<model_id>/, registered in the journal (kind `model`).

The journal says which model of a name is current (the last entry); the artifact can be fitted again from the
two stores, so a missing file is no error, only a reason to train.
"""

from __future__ import annotations

import pickle
import shutil
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from flows.core.keys import digest
from flows.core.run import Run
from flows.enrich.embedders import equip
from flows.enrich.intent import LinearIntentModel
from flows.enrich.novelty import familiarity, least_familiarity
from flows.enrich.protocols import Matrix
from flows.enrich.space import TicketSpace

EMBEDDER = "embedder"
SEEDED = "intents"  # the taxonomy of the seeds; any other taxonomy is named by its source
NEAREST = 3
HELD_OUT_SAMPLE = 1_000
CANDIDATES = 16
NEAR_BATCH = 500
RANKS = 10_000
STEPS = np.float32(4_000)  # 4000 squared is below 2^24


@dataclass(frozen=True)
class IntentArtifact:
    """An intent model with labelled tickets to show as the nearest ones: ids, intents and points, row by row."""

    model: LinearIntentModel
    ticket_ids: list[str]
    intents: list[str]
    points: Matrix
    embedder_id: str

    @cached_property
    def least_familiarity(self) -> float | None:
        """See `novelty.least_familiarity`; of up to HELD_OUT_SAMPLE of the held-out tickets, spread out evenly."""
        fits = self.model.held_out_fit
        held_out = [place for place, ticket_id in enumerate(self.ticket_ids) if ticket_id in fits]
        places = held_out[:: -(-len(held_out) // HELD_OUT_SAMPLE) or 1]
        ids = [self.ticket_ids[place] for place in places]
        near = self.nearest(ids, self.points[places])
        return least_familiarity([familiarity(fits[key], tickets) for key, tickets in zip(ids, near, strict=True)])

    def nearest(self, ticket_ids: list[str], points: Matrix) -> list[list[dict[str, Any]]]:
        """The most similar labelled tickets of each row, best first, the ticket itself left out."""
        if not self.ticket_ids:
            return [[] for _ in ticket_ids]
        out = []
        for start in range(0, len(ticket_ids), NEAR_BATCH):
            asked = points[start : start + NEAR_BATCH]
            columns, near = self._nearest(asked)
            for own, row, values in zip(
                ticket_ids[start : start + NEAR_BATCH], columns.tolist(), near.tolist(), strict=True
            ):
                found = [
                    {"ticket_id": self.ticket_ids[c], "intent": self.intents[c], "similarity": round(value, 3)}
                    for c, value in zip(row, values, strict=True)
                    if self.ticket_ids[c] != own and value > 0
                ]
                out.append(found[:NEAREST])
        return out

    def _nearest(self, asked: Matrix) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The labelled tickets nearest to each row, best first, and their cosines: more than are shown, for the row's
        own may be one of them.

        Ranks are whole numbers without ties, so that the same tickets come first in any batch: first of coordinates
        in steps of 1 / STEPS, whose products are exact in single precision, then of the CANDIDATES that are left.
        """
        known = len(self.ticket_ids)
        near = np.rint(asked * STEPS) @ np.rint(self.points * STEPS).T
        rank = np.rint(near * (RANKS / STEPS**2)).astype(np.int32) * np.int32(known) - np.arange(known, dtype=np.int32)
        rank.partition(max(0, known - CANDIDATES), axis=1)
        columns = (-rank[:, -CANDIDATES:] % known).astype(np.int64)
        exact = np.einsum("rcd,rd->rc", self.points[columns].astype(np.float64), asked.astype(np.float64))
        order = np.argsort(columns - np.rint(exact * RANKS).astype(np.int64) * known, axis=1)[:, : NEAREST + 1]
        return np.take_along_axis(columns, order, axis=1), np.take_along_axis(exact, order, axis=1)


@dataclass
class Models:
    """The models in force, read from their artifacts when first asked for.

    `entries` are the newest journal entries by name, `taxonomies` says which intents the tickets of a source are
    read with. A model whose artifact is missing counts as none.
    """

    run: Run
    taxonomies: dict[str, str]
    entries: dict[str, dict[str, Any]] = field(default_factory=dict)
    _loaded: dict[str, Any] = field(default_factory=dict)

    @property
    def embedder(self) -> TicketSpace | None:
        is_new = EMBEDDER not in self._loaded
        found = self._load(EMBEDDER)
        if not isinstance(found, TicketSpace):  # earlier code kept other things
            return None
        if is_new:
            equip(self.run, found.embedder)
        return found

    def artifact(self, name: str) -> Any:
        """The current model of a name; None without one."""
        return self._load(name)

    def intents(self, taxonomy: str) -> IntentArtifact | None:
        name = f"intent:{taxonomy}"
        is_new = name not in self._loaded
        found: IntentArtifact | None = self._load(name)
        if is_new and found and found.model.features.embedder:
            equip(self.run, found.model.features.embedder)
        return found

    def intent_for(self, source: str) -> IntentArtifact | None:
        """The intent model that reads tickets of a source."""
        return self.intents(self._taxonomy(source))

    def model_id_for(self, source: str) -> str:
        """What enrich.tickets.model_id says of tickets of a source; empty without a model. Loads nothing."""
        return str(self.entries.get(f"intent:{self._taxonomy(source)}", {}).get("model_id", ""))

    def _taxonomy(self, source: str) -> str:
        own = self.taxonomies.get(source, SEEDED)
        return own if f"intent:{own}" in self.entries else SEEDED

    def _load(self, name: str) -> Any:
        if name not in self._loaded:
            entry = self.entries.get(name)
            self._loaded[name] = _read(artifact_path(self.run, entry["model_id"])) if entry else None
        return self._loaded[name]

    def keep(self, name: str, model_id: str, artifact: object, body: dict[str, Any]) -> None:
        """Write an artifact and register it as the current model of its name."""
        path = artifact_path(self.run, model_id)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        partial.write_bytes(pickle.dumps(artifact, protocol=5))
        partial.replace(path)
        for other in path.parent.iterdir():
            if other != path:
                other.unlink()
        entry = {"name": name, **body}
        self.run.journal.write("model", [(model_id, entry)], run_id=self.run.run_id, at=self.run.now)
        self.entries[name] = {**entry, "model_id": model_id}
        self._loaded[name] = artifact
        self.run.report.count("enrich.models_fitted")
        self._remove_superseded()

    def _remove_superseded(self) -> None:
        """Artifacts that no name stands for any more, and those of runs that ended before they registered theirs."""
        kept = {entry["model_id"] for entry in current(self.run).values()}
        for folder in (self.run.settings.home / "models").iterdir():
            if folder.name not in kept:
                shutil.rmtree(folder, ignore_errors=True)


def _read(path: Path) -> Any:
    """An artifact of ours, from our own home; None where it is missing or cannot be read."""
    try:
        return pickle.loads(path.read_bytes())
    except (OSError, pickle.UnpicklingError, AttributeError, ImportError, EOFError):
        return None


def current(run: Run) -> dict[str, dict[str, Any]]:
    """The newest `model` entry of each name, with its key under `model_id` and its time under `fitted_at`."""
    found: dict[str, dict[str, Any]] = {}
    for key, at, payload in run.journal.read("model").select("id", "pulled_at", "payload").iter_rows():
        body = orjson.loads(payload)
        found[body["name"]] = {**body, "model_id": key, "fitted_at": at}
    return found


def load(run: Run, taxonomies: dict[str, str]) -> Models:
    """The current models whose artifacts are there."""
    entries = {name: entry for name, entry in current(run).items() if artifact_path(run, entry["model_id"]).exists()}
    return Models(run, taxonomies, entries)


def artifact_path(run: Run, model_id: str) -> Path:
    """Where an artifact lies. What other versions of our code or of the libraries wrote is not looked for: it is
    fitted again."""
    return run.settings.home / "models" / model_id / f"model-{_programs()}.pickle"


@cache
def _programs() -> str:
    from flows.enrich import bugs, embedding, intent, polarity, satisfaction  # which import this module

    libraries = [version(name) for name in ("scikit-learn", "scipy", "numpy")]
    return digest(*libraries, *(str(module.VERSION) for module in (bugs, embedding, intent, polarity, satisfaction)))[
        :8
    ]
