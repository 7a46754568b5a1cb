"""A sentence embedding model (sentence-transformers) or a static one (model2vec) from a folder of this machine.

Both libraries are extras: `pip install 'groundswell[sentence]'` or `'groundswell[static]'`. Nothing is ever downloaded:
the model is a folder, or lies in an installed package, and the libraries are told that there is no network.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from hashlib import sha256
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import numpy as np
from sklearn.preprocessing import normalize

from flows.core.errors import ConfigError
from flows.core.keys import digest
from flows.enrich.protocols import Matrix
from flows.enrich.vectors import Vectors

Kind = Literal["sentence", "static"]

VERSION = 1
LIBRARIES = {"sentence": "sentence_transformers", "static": "model2vec"}
MARKS = ("modules.json", "config.json")  # files that a model's folder holds, the better sign first
LENGTH = 2_000  # characters that are read; most models read fewer
BATCH = 32
KEPT = 1_000  # texts whose vectors are kept at once: a run that is stopped loses no more
OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}


@dataclass
class LocalEmbedder:
    """See the module. The model is loaded when first needed; `vectors` keeps what it has computed."""

    kind: Kind
    folder: str
    model_id: str
    vectors: Vectors | None = None
    _model: Any = field(default=None, repr=False)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_model": None}  # a worker process loads its own

    def encode(self, texts: list[str]) -> Matrix:
        """See `Embedder.encode`. A vector depends in its last digits on the texts it was computed beside, so that the
        first one is kept and given ever after."""
        heads = [text[:LENGTH] for text in texts]
        known = self.vectors.known(heads) if self.vectors else {}
        missing = sorted({head for head in heads if head not in known})
        for start in range(0, len(missing), KEPT):
            some = missing[start : start + KEPT]
            points = self._compute(some)
            if self.vectors:
                self.vectors.keep(some, points)
            known |= dict(zip(some, points.astype(np.float16).astype(np.float32), strict=True))
        if not heads:
            return np.zeros((0, 1), np.float32)
        return np.vstack([known[head] for head in heads])

    def _compute(self, texts: list[str]) -> Matrix:
        if self._model is None:
            self._model = _load(self.kind, self.folder)
        options: dict[str, Any] = {"show_progress_bar": False}
        if self.kind == "sentence":
            options |= {"batch_size": BATCH, "convert_to_numpy": True}
        else:
            options |= {"use_multiprocessing": False}
        points = np.asarray(self._model.encode(texts, **options), dtype=np.float32)
        points[[not text.strip() for text in texts]] = 0.0
        return np.asarray(normalize(np.nan_to_num(points)), dtype=np.float32)


def local_embedder(kind: Kind, path: str | None, package: str | None) -> LocalEmbedder:
    """The model in a folder, or in an installed package. Raises ConfigError, which says what to install or to set."""
    _check_library(kind)
    folder = Path(path) if path else folder_in(package or "")
    if not folder.is_dir() or not any((folder / mark).is_file() for mark in MARKS):
        raise ConfigError(
            f"{folder} holds no embedding model",
            f"Put the folder that holds its {' or '.join(MARKS)} into [models] path; nothing is downloaded.",
        )
    files = sorted(file for file in folder.rglob("*") if file.is_file() and file.suffix not in (".py", ".pyc", ".md"))
    contents = [f"{file.relative_to(folder)} {_hash(file)}" for file in files]
    return LocalEmbedder(kind, str(folder.resolve()), f"{kind}-{digest(str(VERSION), str(LENGTH), *contents)[:12]}")


def _check_library(kind: Kind) -> None:
    if find_spec(LIBRARIES[kind]) is None:
        raise ConfigError(
            f'embedder = "{kind}" needs the library {LIBRARIES[kind].replace("_", "-")}, which is not installed',
            f"Run: pip install 'groundswell[{kind}]'",
        )


def folder_in(package: str) -> Path:
    """The folder of an installed package that holds a model. Raises ConfigError when there is none."""
    try:
        spec = find_spec(package)
    except (ImportError, ValueError):
        spec = None
    for root in map(Path, (spec.submodule_search_locations or ()) if spec else ()):
        for mark in MARKS:
            found = sorted(root.rglob(mark), key=lambda file: (len(file.parts), str(file)))
            if found:
                return found[0].parent
    raise ConfigError(f"no installed package {package!r} holds an embedding model", "Check [models] package.")


def _load(kind: Kind, folder: str) -> Any:
    _check_library(kind)
    os.environ.update(OFFLINE)  # before the import, which reads them
    if not Path(folder).is_dir():
        raise ConfigError(f"{folder} is gone", "Put the model back there, or set another [models] path.")
    library = import_module(LIBRARIES[kind])
    if kind == "sentence":
        return library.SentenceTransformer(folder, device="cpu", local_files_only=True)
    return library.StaticModel.from_pretrained(folder)


def _hash(file: Path) -> str:
    with file.open("rb") as handle:
        seen = sha256()
        while chunk := handle.read(1 << 20):
            seen.update(chunk)
    return seen.hexdigest()
