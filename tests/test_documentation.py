"""The README says what is true: every command, deployment and path it names exists, and none is left out."""

from __future__ import annotations

import re

import pytest
import yaml
from pydantic import BaseModel
from typer.main import get_command

from flows.cli import app
from flows.settings import (
    PROJECT_DIR,
    FilesSource,
    FilesStream,
    HubspotSource,
    Linear,
    Settings,
    Slack,
    StripeSource,
    ZendeskSource,
)

README = (PROJECT_DIR / "README.md").read_text()


def test_every_command_is_in_the_readme() -> None:
    commands = set(get_command(app).commands)  # type: ignore[attr-defined]
    assert set(re.findall(r"^\| `groundswell ([a-z]+)", README, re.M)) == commands


def test_every_deployment_is_in_the_readme() -> None:
    for deployment in yaml.safe_load((PROJECT_DIR / "prefect.yaml").read_text())["deployments"]:
        assert f"`{deployment['name']}/{deployment['name']}`" in README


def test_every_path_in_the_readme_exists() -> None:
    for path in re.findall(r"`((?:flows|dbt_project|expectations|dashboards|tests)/[\w./]*)`", README):
        assert (PROJECT_DIR / path).exists(), path
    for path in re.findall(r"\]\(([\w./]+)\)", README):
        assert (PROJECT_DIR / path).exists(), path


def test_every_make_target_in_the_readme_exists() -> None:
    makefile = (PROJECT_DIR / "Makefile").read_text()
    for target in re.findall(r"`make ([a-z]+)`", README):
        assert re.search(rf"^{target}:", makefile, re.M), target


@pytest.mark.parametrize(
    ("heading", "section"),
    [
        ("At the top of the file:", Settings),
        ("`[sources.<name>]` of type `zendesk`", ZendeskSource),
        ("`[sources.<name>]` of type `hubspot`", HubspotSource),
        ("`[sources.<name>]` of type `stripe`", StripeSource),
        ("`[sources.<name>]` of type `files`", FilesSource),
        ("`[sources.<name>.streams.<stream>]`", FilesStream),
        ("`[destinations.linear]`", Linear),
        ("`[destinations.slack]`", Slack),
    ],
)
def test_every_setting_is_in_the_readme_with_its_default(heading: str, section: type[BaseModel]) -> None:
    table = README.split(f"\n{heading}", 1)[1].split("\n| key |", 1)[1].split("\n\n", 1)[0]
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", table, re.M))
    fields = {name: field for name, field in section.model_fields.items() if name not in ("sources", "destinations")}
    assert rows.keys() == fields.keys()
    for name, field in fields.items():
        if isinstance(field.default, bool | int | float) or (isinstance(field.default, str) and "_url" in name):
            said = str(field.default).lower().removesuffix(".0")
            assert rows[name].startswith(f"`{said}`"), name
