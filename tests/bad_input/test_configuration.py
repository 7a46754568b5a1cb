"""Mistakes in groundswell.toml and in GROUNDSWELL_ variables: told by the command, which then does nothing."""

from __future__ import annotations

from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from cases import Case
from cases_configuration import CASES
from shell import groundswell

from flows.settings import load_settings

REFUSED = [case for case in CASES if case.ends == "refused"]
TAKEN = [case for case in CASES if case.ends == "taken"]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_a_mistake_is_told_with_its_place_and_its_remedy_and_nothing_is_done(case: Case, tmp_path: Path) -> None:
    _write(tmp_path, case.given["toml"])
    answer = groundswell(tmp_path, "run", "hourly", "--stage", "pull", env=case.given["env"])
    assert case.says in answer.said
    assert (answer.code, answer.out) == (1, "")
    assert "canary" not in answer.err  # a secret in the wrong place is not repeated
    assert [path.name for path in tmp_path.iterdir()] == ["groundswell.toml"]


@pytest.mark.parametrize("case", TAKEN, ids=lambda case: case.name)
def test_what_is_odd_and_clear_is_taken_as_it_is_meant(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(tmp_path, case.given["toml"])
    monkeypatch.chdir(tmp_path)
    for name, value in case.given["env"].items():
        monkeypatch.setenv(name, value)
    assert reduce(_below, case.given["key"].split("."), load_settings()) == case.given["value"]


def test_a_file_that_cannot_be_read_is_told_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "groundswell.toml").symlink_to("/proc/self/mem")  # a file that opens and cannot be read, for root too
    answer = groundswell(tmp_path, "doctor")
    assert "groundswell.toml cannot be read: Input/output error. Check who may read it." in answer.said
    assert answer.code == 1


def _write(folder: Path, toml: str | bytes) -> None:
    (folder / "groundswell.toml").write_bytes(toml if isinstance(toml, bytes) else toml.encode())


def _below(here: Any, key: str) -> Any:
    return here[key] if isinstance(here, dict) else getattr(here, key)
