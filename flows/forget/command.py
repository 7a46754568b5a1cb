"""What `groundswell forget` asks and prints. Who is meant is named in the question alone, and in no report."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NoReturn

import typer
from rich.console import Console

from flows.core.errors import ConfigError
from flows.core.neutralise import plain
from flows.core.run import Run
from flows.forget.derived import make_again
from flows.forget.person import Person
from flows.forget.run import Erasure, forget, preview
from flows.push.words import plural
from flows.settings import Settings
from flows.warehouse.duck import explained

ELSEWHERE = (
    "Not done by this: the person's records at your vendors, the exported files that a `files` source reads, backups"
    " of this folder, and what stands in Linear and Slack."
)


def run_forget(settings: Settings, given: Sequence[str], console: Console, errors: Console, *, yes: bool) -> None:
    """Ask, forget, print. Raises GroundswellError; a no is ConfigError."""
    run = Run.start("forget", settings)
    if given and not yes:
        person = preview(run, given)
        for line in _found(person):
            errors.print(line, highlight=False, markup=False, soft_wrap=True)
        if not _agreed():
            raise ConfigError("nothing was forgotten", "Answer y, or give --yes where nobody can be asked.")
    say = partial(_say, errors)
    try:
        erasure = forget(run, given, say)
    except Exception as error:
        _raise_explained(run, error)
    for line in _done(erasure):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    if run.landing.streams():
        try:
            make_again(run, say)
        except Exception as error:
            errors.print("They are forgotten. What was deleted with them could not be made again:", markup=False)
            _raise_explained(run, error)


def _say(errors: Console, step: str) -> None:
    errors.print(f"  {plain(step)}", highlight=False, markup=False)


def _raise_explained(run: Run, error: Exception) -> NoReturn:
    failure = explained(run, error)
    if failure is error:
        raise error
    raise failure from error


def _agreed() -> bool:
    try:
        return typer.confirm("Erase all of that here, for good?", err=True)
    except typer.Abort:
        return False


def _found(person: Person) -> list[str]:
    lines = [f"  record   {plain(user)}" for user in sorted(person.users)]
    lines += [f"  address  {plain(email)}" for email in sorted(person.emails)]
    lines += [f"  name     {plain(name)}" for name in sorted(person.names)]
    count = len(person.tickets)
    lines.append(f"  {plural(count, 'ticket')} with every message below {'it' if count == 1 else 'them'}")
    lines.append("Numbers of the past will change: these tickets are counted no more.")
    return lines


def _done(erasure: Erasure) -> list[str]:
    lines = ["Forgotten."]
    for name, n in erasure.counts.items():
        lines.append(f"  {name:<44} {n}")
    if erasure.told:
        lines.append("Their tickets were part of these findings. Look there for what was quoted:")
        for told in erasure.told:
            lines += [f"  {told.finding_key}  {plain(told.title)}", *(f"    {plain(place)}" for place in told.places)]
    return [*lines, ELSEWHERE]
