"""groundswell.toml and the environment: what is read, in which order, and how mistakes are told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from flows.core.errors import ConfigError
from flows.settings import PROJECT_DIR, FilesSource, FilesStream, load_settings


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
    (folder / "groundswell.toml").write_text('[sources.z]\ntype = "zendesk"\nbase_url = "https://x"\nsinse = "1"\n')
    with pytest.raises(ConfigError, match=r"sources\.z\.sinse: there is no such key. Did you mean .since"):
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


def test_a_configuration_that_is_named_leaves_the_default_home(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "conf").mkdir()
    (folder / "conf" / "gs.toml").write_text("lock_wait_seconds = 5\n")
    monkeypatch.setenv("GROUNDSWELL_CONFIG", "conf/gs.toml")
    assert load_settings().home == Path(".groundswell")
    assert load_settings().config_file == Path("conf/gs.toml")


def test_a_home_in_the_file_wins_over_the_files_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("conf/gs.toml", ".groundswell/demo/groundswell.toml"):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text('home = "data"\n')
    assert load_settings().home == Path("data")  # the demo's file, when nothing is named
    monkeypatch.setenv("GROUNDSWELL_CONFIG", "conf/gs.toml")
    assert load_settings().home == Path("data")
    monkeypatch.setenv("GROUNDSWELL_HOME", "elsewhere")
    assert load_settings().home == Path("elsewhere")


def test_a_home_may_hold_its_own_configuration(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "data").mkdir()
    (folder / "data" / "groundswell.toml").write_text("lock_wait_seconds = 5\n")
    monkeypatch.setenv("GROUNDSWELL_HOME", "data")
    settings = load_settings()
    assert (settings.home, settings.lock_wait_seconds) == (Path("data"), 5)


@pytest.mark.parametrize("name", ["linear", "slack", "journal", "quarantine", "Linear", '"a/b"'])
def test_a_source_cannot_take_a_name_of_ours(folder: Path, name: str) -> None:
    (folder / "groundswell.toml").write_text(f'[sources.{name}]\ntype = "zendesk"\nbase_url = "http://x"\n')
    with pytest.raises(ConfigError, match="a source cannot be called"):
        load_settings()


def test_which_file_was_read_is_no_setting(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROUNDSWELL_CONFIG_FILE", "made-up.toml")
    assert load_settings().config_file is None
    (folder / "groundswell.toml").write_text('config_file = "made-up.toml"\n')
    with pytest.raises(ConfigError, match="config_file"):
        load_settings()


def test_since_reaches_every_helpdesk(folder: Path) -> None:
    (folder / "groundswell.toml").write_text('[sources.z]\ntype = "zendesk"\nbase_url = "http://x"\n')
    settings = load_settings().with_since("2025-01-01")
    assert settings.sources["z"].since == "2025-01-01"  # type: ignore[union-attr]
    assert settings.config_file == Path("groundswell.toml")


def test_a_since_that_is_no_date_is_explained(folder: Path) -> None:
    with pytest.raises(ConfigError, match="'last week' is no date"):
        load_settings().with_since("last week")
    (folder / "groundswell.toml").write_text(
        '[sources.z]\ntype = "zendesk"\nbase_url = "http://x"\nsince = "last week"\n'
    )
    with pytest.raises(ConfigError, match=r"sources\.z\.since: 'last week' is no date"):
        load_settings()


def test_the_example_file_is_usable_with_every_comment_taken_off(folder: Path) -> None:
    example = (PROJECT_DIR / "flows" / "groundswell.example.toml").read_text()
    lines = [re.sub(r"^# (?=\[|[a-z_]+ = )", "", line) for line in example.splitlines()]
    (folder / "groundswell.toml").write_text("\n".join(lines))
    settings = load_settings()
    assert set(settings.sources) == {"zendesk", "hubspot", "stripe", "export"}
    assert settings.destinations.slack is not None
    export = settings.sources["export"]
    assert isinstance(export, FilesSource)
    said: list[BaseModel] = [settings, *settings.sources.values(), *export.streams.values()]
    said += [settings.destinations, settings.destinations.slack]
    assert settings.destinations.linear is not None
    said.append(settings.destinations.linear)
    assert settings.models.embeddings is not None and settings.models.text is not None
    said += [settings.models, settings.models.embeddings, settings.models.text]
    streams = {field for stream in export.streams.values() for field in stream.model_fields_set}
    for section in said:
        missing = set(type(section).model_fields) - section.model_fields_set
        if isinstance(section, FilesStream):
            missing -= streams  # each key once, below one of the streams
        assert not missing, type(section).__name__


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ('embedder = "sentence"', "needs either path"),
        ('embedder = "static"\npath = "a"\npackage = "b"', "needs either path"),
        ('embedder = "openai"', r"needs a table \[models\.embeddings\]"),
        ('embedder = "fited"', "Did you mean 'fitted'"),
        ("[models.text]", r"models\.text\.model: is missing"),
    ],
)
def test_models_that_cannot_be_used_are_explained(folder: Path, table: str, says: str) -> None:
    (folder / "groundswell.toml").write_text(f"[models]\n{table}\n")
    with pytest.raises(ConfigError, match=says):
        load_settings()
