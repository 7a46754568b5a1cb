"""The boundaries at which a model can be replaced by a better one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

Matrix = NDArray[np.float32]
Quoted = Mapping[str, Any]  # texts of strangers, as JSON
A = TypeVar("A", bound=BaseModel)


@dataclass(frozen=True)
class Prediction:
    """What an intent model says of one ticket, and why.

    `confidence` is a calibrated probability, `threshold` the one below which the model does not claim `intent`:
    each intent has its own. `words` are the words that weighed most for `intent` with their weights, `bug_share` the
    probability of all bug-like intents, None where the intents say nothing about bugs. `fit` is the margin of `intent`:
    how well the text fits it, whatever else it fits.
    """

    intent: str
    confidence: float
    threshold: float
    second: str | None
    words: tuple[tuple[str, float], ...] = field(default=())
    bug_share: float | None = None
    fit: float = 0.0

    @property
    def is_sure(self) -> bool:
        return self.confidence >= self.threshold


class Embedder(Protocol):
    """Texts to points: similar texts lie in similar directions."""

    @property
    def model_id(self) -> str:
        """Hash of data, code version and parameters."""
        ...

    def encode(self, texts: list[str]) -> Matrix:
        """One row of length 1 a text, of zeros where the model knows no word of it. Rounded, so that results repeat."""
        ...


class IntentModel(Protocol):
    """Texts to intents with calibrated confidence, and with the confidence from which each may be believed."""

    @property
    def model_id(self) -> str:
        """Hash of data, code version and parameters."""
        ...

    def predict(self, texts: list[str]) -> list[Prediction]:
        """One prediction a text, in order."""
        ...


@dataclass(frozen=True)
class Task(Generic[A]):
    """One kind of question to a `TextModel`.

    Answers are kept under name and version: a new wording is a new version. `answer` is the schema, with no more
    freedom in it than the question needs. `accept` says whether an answer may be used for what was quoted: a schema
    alone does not keep an obeyed instruction out of a free text.
    """

    name: str
    version: int
    instructions: str
    answer: type[A]
    accept: Callable[[A, Quoted], bool] = field(default=lambda _answer, _quoted: True)


class TextModel(Protocol):
    """A language model that answers questions about quoted texts in a fixed schema. Optional everywhere."""

    @property
    def model_id(self) -> str:
        """Which model, at which service."""
        ...

    def ask(self, task: Task[A], quoted: Quoted) -> A | None:
        """The answer; None where there is none to be used, now (budget, service) or at all (refused, unusable).

        Never raises for what the service or the model does. Asked twice, it is paid once.
        """
        ...

    def has_settled(self, task: Task[A], quoted: Quoted) -> bool:
        """Whether asking again would change nothing: it was answered, refused, or what came cannot be used."""
        ...
