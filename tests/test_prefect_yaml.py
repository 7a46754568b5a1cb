"""prefect.yaml says what is true: every entrypoint imports and takes the parameters it is given."""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from prefect.client.schemas.schedules import CronSchedule
from prefect.flows import Flow

from flows.orchestration import WRITER_LIMIT
from flows.settings import PROJECT_DIR
from flows.stages import FLOWS

FILE: dict[str, Any] = yaml.safe_load((PROJECT_DIR / "prefect.yaml").read_text())
DEPLOYMENTS: list[dict[str, Any]] = FILE["deployments"]
README = (PROJECT_DIR / "README.md").read_text()


def flow_of(deployment: dict[str, Any]) -> Flow[Any, Any]:
    path, name = deployment["entrypoint"].split(":")
    assert (PROJECT_DIR / path).is_file()
    found = getattr(import_module(path.removesuffix(".py").replace("/", ".")), name)
    assert isinstance(found, Flow)
    return found


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda d: str(d["name"]))
def test_entrypoint_imports_and_takes_its_parameters(deployment: dict[str, Any]) -> None:
    flow = flow_of(deployment)
    assert flow.name == deployment["name"]
    given = [deployment["parameters"], *(s.get("parameters", {}) for s in deployment.get("schedules", []))]
    for parameters in given:
        assert set(parameters) <= set(inspect.signature(flow.fn).parameters)
        flow.validate_parameters({**_defaults(flow), **parameters})
    assert deployment["description"] and deployment["tags"]


def _defaults(flow: Flow[Any, Any]) -> dict[str, Any]:
    return {name: parameter.default for name, parameter in inspect.signature(flow.fn).parameters.items()}


def test_every_flow_has_a_deployment_and_needs_no_parameter() -> None:
    assert {deployment["name"] for deployment in DEPLOYMENTS} == FLOWS.keys()
    for deployment in DEPLOYMENTS:
        assert inspect.Parameter.empty not in _defaults(flow_of(deployment)).values()


def test_hourly_and_nightly_are_scheduled_and_backfill_is_not() -> None:
    scheduled = {d["name"]: bool(d.get("schedules")) for d in DEPLOYMENTS}
    assert scheduled == {"hourly": True, "nightly": True, "backfill": False}


def test_every_schedule_is_a_cron_line_in_a_zone_and_has_a_name_of_its_own() -> None:
    schedules = [schedule for d in DEPLOYMENTS for schedule in d.get("schedules", [])]
    for schedule in schedules:
        CronSchedule(cron=schedule["cron"], timezone=schedule["timezone"])  # raises for what is no cron line
        ZoneInfo(schedule["timezone"])
    slugs = [schedule["slug"] for schedule in schedules]
    assert len(slugs) == len(set(slugs))


def test_work_pool_and_slot_are_those_that_the_readme_creates() -> None:
    [pool] = re.findall(r"^prefect work-pool create (\S+) --type process", README, re.M)
    assert {deployment["work_pool"]["name"] for deployment in DEPLOYMENTS} == {pool}
    assert re.findall(r"^prefect worker start --pool (\S+)", README, re.M) == [pool]
    assert re.findall(r"^prefect global-concurrency-limit create (\S+) --limit 1$", README, re.M) == [WRITER_LIMIT]


def test_no_deployment_has_a_limit_that_a_restarted_server_would_never_give_back() -> None:
    """See the comment in the file; tests/scheduling shows that a run goes on after the machine went down."""
    assert [d["name"] for d in DEPLOYMENTS if "concurrency_limit" in d] == []
