"""The table of bad input as a whole: how many cases there are, and that every one of them is run."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

from cases import Case

HERE = Path(__file__).parent
KINDS = sorted(path.stem.removeprefix("cases_") for path in HERE.glob("cases_*.py"))


def table() -> list[Case]:
    return [case for kind in KINDS for case in import_module(f"cases_{kind}").CASES]


def test_the_table_has_two_hundred_cases_and_each_says_something_else() -> None:
    cases = table()
    assert len(cases) >= 200
    assert len({(case.name, repr(case.given)) for case in cases}) == len(cases)


def test_what_does_not_simply_work_is_explained() -> None:
    assert [case.name for case in table() if case.ends not in ("taken", "marts") and not case.says] == []


def test_every_kind_of_case_is_given_to_the_real_thing() -> None:
    for kind in KINDS:
        assert re.search(rf"from cases_{kind} import .*\bCASES\b", (HERE / f"test_{kind}.py").read_text()), kind
