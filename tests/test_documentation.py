"""The README says what is true: every command, deployment and path it names exists, and none is left out."""

from __future__ import annotations

import re

import pytest
import yaml
from prefect.client.schemas.schedules import CronSchedule
from pydantic import BaseModel
from typer.main import get_command

from flows.cli import FLOWS, app
from flows.connections import Embeddings, TextModel
from flows.settings import (
    PROJECT_DIR,
    FilesSource,
    FilesStream,
    HubspotSource,
    Linear,
    Models,
    Settings,
    Slack,
    StripeSource,
    ZendeskSource,
)

README = (PROJECT_DIR / "README.md").read_text()


def test_every_command_is_in_the_readme() -> None:
    commands = set(get_command(app).commands)  # type: ignore[attr-defined]
    assert set(re.findall(r"^\| `groundswell ([a-z-]+)", README, re.M)) == commands


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
        ("`[models]`", Models),
        ("`[models.embeddings]`", Embeddings),
        ("`[models.text]`", TextModel),
    ],
)
def test_every_setting_is_in_the_readme_with_its_default(heading: str, section: type[BaseModel]) -> None:
    table = README.split(f"\n{heading}", 1)[1].split("\n| key |", 1)[1].split("\n\n", 1)[0]
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", table, re.M))
    tables = ("sources", "destinations", "models", "embeddings", "text")  # with headings of their own
    fields = {name: field for name, field in section.model_fields.items() if name not in tables}
    assert rows.keys() == fields.keys()
    for name, field in fields.items():
        if isinstance(field.default, bool | int | float) or (isinstance(field.default, str) and "_url" in name):
            said = str(field.default).lower().removesuffix(".0")
            assert rows[name].startswith(f"`{said}`"), name


def test_every_command_line_in_the_readme_can_be_called() -> None:
    """Also those in crontabs and units: the command exists, and so do its options and the flows it names."""
    commands = get_command(app).commands  # type: ignore[attr-defined]
    lines = re.findall(r"(?:^|[`/ =;&])groundswell((?: -v)? [a-z]+[^`\n|&>#]*)", README, re.M)
    called = [words for line in lines if (words := line.split()) and words[0] in commands]
    assert {"run", "backfill", "doctor", "init"} <= {words[0] for words in called}
    for name, *words in called:
        options = {option for parameter in commands[name].params for option in parameter.opts}
        assert {word.rstrip(".,;)") for word in words if word.startswith("--")} <= options, (name, words)
        if name == "run" and words and not words[0].startswith("-"):
            assert words[0].rstrip(".,;)") in (*FLOWS, "%i"), (name, words)


def test_every_time_in_a_crontab_is_one() -> None:
    cron = re.findall(r"^(?:\S+`)?\s*((?:[\d*/,-]+ +){5})(?:cd|\.|/)", README.replace("`", "\n"), re.M)
    assert cron
    for line in cron:
        CronSchedule(cron=line.strip(), timezone="UTC")
