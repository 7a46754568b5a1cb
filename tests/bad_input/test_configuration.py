"""Mistakes in groundswell.toml and in GROUNDSWELL_ variables: told by the command, which then does nothing."""

from __future__ import annotations

from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from cases import Case
from cases_configuration import CASES, SLACK, ZENDESK
from shell import groundswell

from flows.doctor import checks
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


def test_the_doctor_knows_a_misspelt_variable_and_leaves_others_alone(tmp_path: Path) -> None:
    _write(tmp_path, ZENDESK)
    env = {
        "GROUNDSWELL_DRYRUN": "true",
        "GROUNDSWELL_DESK_API_TOKN": "canary",
        "GROUNDSWELL_DESTINATION__LINEAR__TEAM": "ENG",
        "GROUNDSWELL_ELSEWHERE": "canary",
    }
    answer = groundswell(tmp_path, "doctor", env=env)
    for name, near in (
        ("DRYRUN", "DRY_RUN"),
        ("DESK_API_TOKN", "DESK_API_TOKEN"),
        ("DESTINATION__LINEAR__TEAM", "DESTINATIONS__LINEAR__TEAM"),
    ):
        says = f"note environment GROUNDSWELL_{name} is set and means nothing here. Did you mean 'GROUNDSWELL_{near}'?"
        assert says in answer.said
    assert "ELSEWHERE" not in answer.said and "canary" not in answer.said


def test_the_doctor_says_whom_it_waits_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _write(tmp_path, f"{ZENDESK}{SLACK}".replace("https://acme.zendesk.com", "http://127.0.0.1:9"))
    monkeypatch.chdir(tmp_path)
    asked: list[str] = []
    list(checks(load_settings(), asked.append))
    for whom in ("the clock, system", "desk, http://127.0.0.1:9", "slack, https://slack.com/api/", "Prefect"):
        assert whom in asked
