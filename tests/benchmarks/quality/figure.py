"""One figure of quality: what was measured on data that was not trained on, beside its target and a baseline."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """`value` as measured. `target` is what it is to reach (`at_most`: to stay below), None where it is only reported;
    `baselines` are names and values of simpler ways, measured on the same data in the same run.
    """

    what: str
    value: float
    target: float | None = None
    baselines: tuple[tuple[str, float], ...] = ()
    at_most: bool = False

    @property
    def missed(self) -> bool:
        if self.target is None:
            return False
        return self.value > self.target if self.at_most else self.value < self.target


def markdown(figures: Iterable[Figure]) -> str:
    """A table with a line a figure."""
    lines = ["| what | measured | target | baselines |", "| --- | ---: | ---: | --- |"]
    for figure in figures:
        target = "" if figure.target is None else f"{'at most ' if figure.at_most else ''}{figure.target:g}"
        baselines = ", ".join(f"{name} {value:.3f}" for name, value in figure.baselines)
        measured = f"{figure.value:.3f}" if abs(figure.value) < 100 else f"{figure.value:,.0f}"
        lines.append(f"| {figure.what} | {measured}{' (missed)' if figure.missed else ''} | {target} | {baselines} |")
    return "\n".join(lines)
