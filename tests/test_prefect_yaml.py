"""prefect.yaml says what is true: every entrypoint imports and takes the parameters it is given."""

from __future__ import annotations

import inspect
from importlib import import_module
from typing import Any

import pytest
import yaml

from flows.settings import PROJECT_DIR

DEPLOYMENTS: list[dict[str, Any]] = yaml.safe_load((PROJECT_DIR / "prefect.yaml").read_text())["deployments"]


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda d: str(d["name"]))
def test_entrypoint_imports_and_takes_its_parameters(deployment: dict[str, Any]) -> None:
    path, name = deployment["entrypoint"].split(":")
    flow = getattr(import_module(path.removesuffix(".py").replace("/", ".")), name)
    assert set(deployment["parameters"]) <= set(inspect.signature(flow.fn).parameters)
    assert deployment["description"] and deployment["tags"]


def test_hourly_and_nightly_are_scheduled_and_backfill_is_not() -> None:
    scheduled = {d["name"]: bool(d.get("schedules")) for d in DEPLOYMENTS}
    assert scheduled == {"hourly": True, "nightly": True, "backfill": False}
