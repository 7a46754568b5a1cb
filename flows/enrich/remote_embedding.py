"""Embeddings by an OpenAI-compatible service, named in [models.embeddings].

Texts are redacted before they leave, and each is paid for once: vectors are kept by the hash of their text. The run's
report is the ledger of the budget. A service that is down, or a budget that is used up, stops nothing: texts without a
vector get zeros, `lacks` names them, and a later run reads their tickets again.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.preprocessing import normalize

from flows.connections import Embeddings
from flows.core.errors import VendorError
from flows.core.keys import digest
from flows.core.redaction import redact
from flows.core.run import Run
from flows.enrich.protocols import Matrix
from flows.enrich.vectors import Vectors

VERSION = 1
LENGTH = 6_000  # characters of a text that are sent: about what the services read of it
ASKED, FAILED = "embeddings.texts", "embeddings.failed"
log = logging.getLogger("groundswell")


@dataclass
class RemoteEmbedder:
    """See the module. Without a `service`, as in worker processes, what is not kept is lacking."""

    model_id: str
    width: int
    vectors: Vectors | None = None
    service: Service | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "service": None}

    def encode(self, texts: list[str]) -> Matrix:
        """See `Embedder.encode`. Rows of zeros also for texts that have no vector yet."""
        heads = [prepared(text) for text in texts]
        known = self._known(heads)
        missing = list(dict.fromkeys(head for head in heads if head and head not in known))
        if missing and self.service and self.vectors:
            self.service.fetch(missing, self.width, self.vectors)
            known |= self._known(missing)
        nothing = np.zeros(self.width, np.float32)
        return np.vstack([known.get(head, nothing) for head in heads]) if heads else np.zeros((0, self.width), "f4")

    def lacks(self, texts: list[str]) -> list[bool]:
        """Which texts have no vector yet."""
        heads = [prepared(text) for text in texts]
        known = self._known(heads)
        return [bool(head) and head not in known for head in heads]

    def _known(self, heads: list[str]) -> dict[str, Matrix]:
        found = self.vectors.known(heads) if self.vectors else {}
        return {head: point for head, point in found.items() if len(point) == self.width}


class Service:
    """Asks for vectors, within the budget of a run."""

    def __init__(self, run: Run, configured: Embeddings, key: str) -> None:
        from flows.enrich.text_model import client  # takes a second to import

        self.run = run
        self.configured = configured
        self.client = client(key, configured.base_url, run.settings.timeout_seconds)

    @property
    def is_open(self) -> bool:
        """Whether more can be asked for in this run."""
        counts = self.run.report.counts
        return not counts.get(FAILED) and counts.get(ASKED, 0) < self.configured.texts_per_run

    def width(self) -> int:
        """How many numbers a vector has. Raises VendorError where that is not answered."""
        try:
            return len(self._ask(["Hello"])[0])
        except Exception as error:  # whatever a service answers
            raise VendorError("embeddings", _what(error), "Check [models.embeddings] and OPENAI_API_KEY.") from error

    def fetch(self, texts: list[str], width: int, vectors: Vectors) -> None:
        """Ask for the vectors of texts, batch by batch, and keep them, as far as budget and service allow."""
        for start in range(0, len(texts), self.configured.batch_size):
            left = self.configured.texts_per_run - self.run.report.counts.get(ASKED, 0)
            batch = texts[start : start + self.configured.batch_size][: max(0, left)]
            if not batch or not self.is_open:
                return
            self.run.report.count(ASKED, len(batch))
            try:
                points = self._ask(batch)
                if points.shape != (len(batch), width):
                    raise ValueError(f"{points.shape[1]} numbers a text, not {width}")
            except Exception as error:  # whatever a service answers, the run goes on
                self.run.report.count(FAILED)
                self.run.report.problems.append(
                    f"The embeddings of {self.configured.base_url} are not to be had ({_what(error)}): tickets without"
                    " them are read again later. Check [models.embeddings] and OPENAI_API_KEY, and the service."
                )
                return
            vectors.keep(batch, points)

    def _ask(self, texts: list[str]) -> Matrix:
        more: dict[str, Any] = {"dimensions": self.configured.dimensions} if self.configured.dimensions else {}
        answer = self.client.embeddings.create(
            input=texts, model=self.configured.model, encoding_format="float", **more
        )
        by_place = {one.index: one.embedding for one in answer.data}
        points = np.array([by_place[place] for place in range(len(texts))], dtype=np.float32)
        if points.ndim != 2 or not np.isfinite(points).all() or not points.any(axis=1).all():
            raise ValueError("vectors that are none")
        return np.asarray(normalize(points), dtype=np.float32)


def remote_id(configured: Embeddings) -> str:
    """The id of the model of a service: it has no data to hash but its name."""
    parts = (str(VERSION), str(LENGTH), configured.base_url, configured.model, str(configured.dimensions))
    return f"openai-{digest(*parts)[:12]}"


def prepared(text: str) -> str:
    """What is sent of a text: redacted and cut."""
    return redact(text)[:LENGTH].strip()


def _what(error: Exception) -> str:
    status = getattr(error, "status_code", None)
    return f"{type(error).__name__}{f' {status}' if status else ''}"
