"""What is wrong in groundswell.toml and the environment, in our words and with the nearest right one named.

pydantic finds the mistakes; here each becomes the place it stands at, as it is written there, and what to write.
"""

from __future__ import annotations

import types
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from flows.core.errors import meant, nearest
from flows.core.neutralise import clip
from flows.core.redaction import redact

_WANTED = {
    "int": "a whole number",
    "float": "a number",
    "finite_number": "a number that has an end",
    "bool": "true or false",
    "string": "text in quotes",
    "path": "text in quotes",
    "dict": "a table",
    "model": "a table",
}  # by the beginning of pydantic's name of the mistake
_BOUNDS = {
    "greater_than": "more than",
    "greater_than_equal": "at least",
    "less_than": "less than",
    "less_than_equal": "at most",
}


@dataclass(frozen=True)
class Mistake:
    """One mistake: the keys that lead to it, as a user writes them, and what is wrong with what to do."""

    path: tuple[str, ...]
    says: str


def mistakes(error: ValidationError, model: type[BaseModel]) -> list[Mistake]:
    """The mistakes that pydantic found in a `model`. A value that may be a secret is not repeated."""
    return [_mistake(one["type"], one, *_place(model, one["loc"])) for one in error.errors(include_url=False)]


def shown(value: Any) -> str:
    """A value as it may be repeated: short, and without what looks like a secret."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, str):
        return repr(clip(redact(value), 60))
    if isinstance(value, date | time):
        return f"the date or time {value}"
    return "a table" if isinstance(value, dict) else "a list" if isinstance(value, list) else type(value).__name__


def _mistake(kind: str, error: Any, path: tuple[str, ...], parent: Any, here: Any) -> Mistake:
    given, limits = error["input"], error.get("ctx", {})
    match kind:
        case "extra_forbidden":
            says = _unknown_key(path, parent)
        case "missing":
            example = (parent.model_fields[path[-1]].examples or [""])[0]
            says = f"is missing. Write it like {example}" if example else "is missing"
        case "union_tag_not_found" | "union_tag_invalid":
            path, known, type_given = (*path, "type"), map(str, _by_type(here)), str(limits.get("tag", ""))
            says = f"there is no type {shown(type_given)}" if type_given else "is missing"
            says += f". {meant(type_given, known)}"
        case "literal_error":
            choices = [choice.strip("' ") for choice in limits["expected"].replace(" or ", ",").split(",")]
            says = f"{shown(given)} cannot stand here. {meant(str(given), choices)}"
        case "value_error":
            says = str(limits["error"])
        case "greater_than" | "greater_than_equal" | "less_than" | "less_than_equal":
            bound = next(limits[key] for key in ("gt", "ge", "lt", "le") if key in limits)
            says = f"must be {_BOUNDS[kind]} {bound}, not {shown(given)}"
        case "string_too_short":
            says = "must not be empty"
        case _:
            wanted = next((words for name, words in _WANTED.items() if kind.startswith(name)), None)
            says = f"must be {wanted}, not {shown(given)}" if wanted else error["msg"]
    return Mistake(path, says)


def _unknown_key(path: tuple[str, ...], parent: Any) -> str:
    name, known = path[-1], list(parent.model_fields)
    secret = nearest(name, getattr(parent, "secrets", ()))
    if secret and nearest(name, [*known, secret]) == secret:
        variable = f"GROUNDSWELL_{path[1]}_{secret}".upper().replace("-", "_")
        return f"secrets are read from the environment alone. Take it out, and say: export {variable}=..."
    return f"there is no such key. {meant(name, known)}"


# -- where it stands


def _place(model: type[BaseModel], loc: Sequence[int | str]) -> tuple[tuple[str, ...], Any, Any]:
    """The keys as they are written, without pydantic's own steps; the table of the last; the last one's type."""
    path: list[str] = []
    parent: Any = None
    here: Any = model
    for step in loc:
        if step == "[key]":  # the key itself is wrong
            break
        if tagged := _by_type(here).get(step):  # pydantic's own step into one of several tables
            here = tagged
            continue
        path.append(str(step))
        choices = _choices(here)
        parent = next((choice for choice in choices if hasattr(choice, "model_fields")), None)
        here = next((below for choice in choices if (below := _below(choice, step)) is not None), None)
    return tuple(path), parent, here


def _choices(kind: Any) -> list[Any]:
    """The types that an annotation allows."""
    if get_origin(kind) is Annotated:
        return _choices(get_args(kind)[0])
    if get_origin(kind) in (Union, types.UnionType):
        return [choice for one in get_args(kind) for choice in _choices(one)]
    return [kind]


def _by_type(kind: Any) -> dict[int | str, Any]:
    """The tables an annotation allows, by what their key `type` may say."""
    tables = [choice for choice in _choices(kind) if "type" in getattr(choice, "model_fields", ())]
    return {name: table for table in tables for name in get_args(table.model_fields["type"].annotation)}


def _below(kind: Any, step: int | str) -> Any:
    """The type of what stands below a key of a table."""
    if get_origin(kind) is dict:
        return get_args(kind)[1]
    field = getattr(kind, "model_fields", {}).get(step)
    return field.annotation if field else None
