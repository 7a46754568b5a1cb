"""groundswell.toml and the environment: what is read, in which order, and how mistakes are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.core.errors import ConfigError
from flows.settings import PROJECT_DIR, load_settings


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_without_a_file_everything_has_a_default_and_nothing_is_sent(folder: Path) -> None:
    settings = load_settings()
    assert settings.home == Path(".groundswell")
    assert settings.is_dry_run
    assert settings.sources == {}


def test_the_environment_wins_over_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "groundswell.toml").write_text('home = "from-file"\nlock_wait_seconds = 5\n')
    monkeypatch.setenv("GROUNDSWELL_HOME", "from-environment")
    settings = load_settings()
    assert settings.home == Path("from-environment")
    assert settings.lock_wait_seconds == 5


def test_a_destination_ends_the_dry_run_and_dry_run_can_be_asked_for(folder: Path) -> None:
    (folder / "groundswell.toml").write_text('[destinations.linear]\nteam = "ENG"\n')
    assert not load_settings().is_dry_run
    assert load_settings(dry_run=True).is_dry_run


def test_an_unknown_key_is_named(folder: Path) -> None:
    (folder / "groundswell.toml").write_text('[sources.z]\ntype = "zendesk"\nbase_url = "x"\ntokn = "1"\n')
    with pytest.raises(ConfigError, match=r"sources\.z\.zendesk\.tokn"):
        load_settings()


def test_a_file_that_is_no_toml_is_named(folder: Path) -> None:
    (folder / "groundswell.toml").write_text("home = \n")
    with pytest.raises(ConfigError, match=r"groundswell\.toml cannot be read"):
        load_settings()


def test_a_missing_secret_is_named_with_its_variable(folder: Path) -> None:
    with pytest.raises(ConfigError, match="GROUNDSWELL_ZENDESK_API_TOKEN"):
        load_settings().secret("zendesk", "api_token")


def test_a_configuration_inside_a_home_means_that_home(folder: Path) -> None:
    home = folder / ".groundswell" / "demo"
    home.mkdir(parents=True)
    (home / "groundswell.toml").write_text("lock_wait_seconds = 5\n")
    settings = load_settings()
    assert settings.home == Path(".groundswell/demo")
    assert settings.lock_wait_seconds == 5


def test_since_reaches_every_helpdesk(folder: Path) -> None:
    (folder / "groundswell.toml").write_text('[sources.z]\ntype = "zendesk"\nbase_url = "http://x"\n')
    assert load_settings().with_since("2025-01-01").sources["z"].since == "2025-01-01"  # type: ignore[union-attr]


def test_the_example_file_is_usable_with_every_comment_taken_off(folder: Path) -> None:
    example = (PROJECT_DIR / "flows" / "groundswell.example.toml").read_text()
    lines = [
        line[2:]
        if line.startswith(
            (
                "# [",
                "# type",
                "# base",
                "# team",
                "# alerts",
                "# path",
                "# columns",
                "# constants",
                "# home",
                "# dry",
                "# keep",
                "# since",
                "# category",
                "# version",
                "# digest",
                "# ops",
            )
        )
        else line
        for line in example.splitlines()
    ]
    (folder / "groundswell.toml").write_text("\n".join(lines))
    settings = load_settings()
    assert set(settings.sources) == {"zendesk", "export"}
    assert settings.destinations.slack is not None
