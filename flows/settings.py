"""The one place that reads the environment and groundswell.toml.

Precedence: GROUNDSWELL_* variables, then groundswell.toml, then the defaults here. Secrets are read
from the environment alone, by `Settings.secret`. README.md lists every key.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    BeforeValidator,
    Field,
    PrivateAttr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from flows.connections import (
    Address,
    Count,
    Destinations,
    FilesSource,
    FilesStream,
    HubspotSource,
    Linear,
    Models,
    Seconds,
    Slack,
    Source,
    StoreUrl,
    StripeSource,
    ZendeskSource,
    as_text,
    checked_moment,
)
from flows.core.errors import ConfigError, nearest
from flows.core.places import checked_store
from flows.core.secrets import in_use
from flows.mistakes import mistakes

__all__ = [
    "Destinations", "FilesSource", "FilesStream", "HubspotSource", "Linear", "Models", "Settings", "Slack", "Source",
    "StripeSource", "ZendeskSource", "load_settings",
]  # fmt: skip

PROJECT_DIR = Path(__file__).resolve().parent.parent
CONFIG_NAME = "groundswell.toml"
DEMO_CONFIG = Path(".groundswell/demo") / CONFIG_NAME
RESERVED = ("linear", "slack", "journal", "quarantine")  # what the stores call things that are no sources
PREFIX = "GROUNDSWELL_"


def _checked_home(given: Any) -> Any:
    return Path(checked_store(str(given))) if isinstance(given, str | Path) else given


Home = Annotated[Path, BeforeValidator(_checked_home), Field(validate_default=True)]


class Settings(BaseSettings):
    """Everything that can be set. Nothing here decides a finding: policy lives in dbt seeds."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_ignore_empty=True,
        extra="forbid",
        nested_model_default_partial_update=True,
    )

    home: Home = Path(".groundswell")  # all data
    clock: Annotated[str, BeforeValidator(as_text)] = "system"  # system | an ISO time | a URL that answers {"now": ...}
    landing_url: StoreUrl | None = None  # any fsspec URL; default <home>/landing
    journal_url: StoreUrl | None = None  # any fsspec URL; default <home>/journal
    dry_run: bool | None = None  # default: dry until a destination is configured
    prefect_api_url: Address | None = None  # default: PREFECT_API_URL
    lock_wait_seconds: Seconds = 600.0
    timeout_seconds: Annotated[Seconds, Field(gt=0)] = 60.0  # of a vendor's silence, for one try of a request
    retry_seconds: Seconds = 1.0  # before the second try; doubles with each, where the vendor asks for nothing else
    pull_limit_seconds: Annotated[Seconds, Field(gt=0)] = 2700.0  # of one source, in an hourly or nightly run
    processes: Count | None = None  # worker processes of a backfill; default: one a processor, at most 8
    threads: Count | None = None  # of the warehouse; default: one a processor
    memory_gb: Annotated[float, Field(ge=0.5)] = 4.0  # what the warehouse may use; what needs more goes to the disk
    keep_serving_copies: Count = 3
    keep_raw_days: Count | None = None  # retention of superseded payload versions; default: for ever
    dashboard_url: Address = "http://127.0.0.1:8501"
    sources: dict[str, Source] = Field(default_factory=dict)
    destinations: Destinations = Field(default_factory=Destinations)
    models: Models = Field(default_factory=Models)
    _config_file: Path | None = PrivateAttr(default=None)
    _warehouse: Path | None = PrivateAttr(default=None)

    @field_validator("sources")
    @classmethod
    def _names_are_free(cls, sources: dict[str, Source]) -> dict[str, Source]:
        """A name is part of a folder's and of a variable's name."""
        variables: dict[str, str] = {}
        for name in sources:
            if name.lower() in RESERVED:
                raise ValueError(f"a source cannot be called {name!r}: Groundswell uses that name itself")
            if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", name):
                raise ValueError(f"a source cannot be called {name!r}: use letters, digits, - and _, at most 64")
            other = variables.setdefault(cls.secret_name(name, ""), name)
            if other != name:
                raise ValueError(f"{other!r} and {name!r} would share their secrets: rename one of these sources")
        return sources

    @field_validator("journal_url")
    @classmethod
    def _stores_are_apart(cls, journal: str | None, info: ValidationInfo) -> str | None:
        if journal is not None and journal.rstrip("/") == str(info.data.get("landing_url")).rstrip("/"):
            raise ValueError("must not be the place of landing_url: the two are different stores")
        return journal

    @property
    def config_file(self) -> Path | None:
        """The file that was read, or None. Set by `load_settings` alone: it is no setting."""
        return self._config_file

    @config_file.setter
    def config_file(self, path: Path | None) -> None:
        self._config_file = path

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        found = find_config()
        if found is None:
            return (init_settings, env_settings)
        # The demo company's file lies in its home; another file says where home is, or leaves the default.
        is_demo = found.resolve() == DEMO_CONFIG.resolve()
        implied = InitSettingsSource(settings_cls, {"home": found.parent} if is_demo else {})
        return (init_settings, env_settings, InitSettingsSource(settings_cls, _read(found)), implied)

    # -- places below home

    @property
    def landing(self) -> str:
        return self.landing_url or str(self.home / "landing")

    @property
    def journal(self) -> str:
        return self.journal_url or str(self.home / "journal")

    @property
    def warehouse_path(self) -> Path:
        return self._warehouse or self.home / "warehouse" / "groundswell.duckdb"

    def with_warehouse(self, path: Path) -> Settings:
        """The same settings with the warehouse in another file, while a new one is made."""
        copy = self.model_copy()
        copy._warehouse = path
        return copy

    def elsewhere(self, home: Path) -> Settings:
        """The same settings and stores with another folder for everything that is made of the stores."""
        return self.model_copy(update={"home": home, "landing_url": self.landing, "journal_url": self.journal})

    @property
    def replay_dir(self) -> Path:
        return self.home / "replay"

    @property
    def serving_dir(self) -> Path:
        return self.home / "serving"

    @property
    def lock_dir(self) -> Path:
        return self.home / "locks"

    @property
    def dbt_dir(self) -> Path:
        return PROJECT_DIR / "dbt_project"

    @property
    def expectations_dir(self) -> Path:
        return PROJECT_DIR / "expectations"

    @property
    def is_dry_run(self) -> bool:
        """Nothing leaves this machine: asked for, or no destination is configured."""
        nowhere = self.destinations.linear is None and self.destinations.slack is None
        return nowhere if self.dry_run is None else self.dry_run

    def with_since(self, since: str) -> Settings:
        """The same settings, with every helpdesk's first pull going back to `since`, an ISO date.

        Raises ConfigError when it is none.
        """
        try:
            checked_moment(since)
        except ValueError as error:
            raise ConfigError(f"since {error}") from error
        sources = {
            name: source.model_copy(update={"since": since}) if isinstance(source, ZendeskSource) else source
            for name, source in self.sources.items()
        }
        return self.model_copy(update={"sources": sources})

    # -- secrets

    @staticmethod
    def secret_name(owner: str, name: str) -> str:
        return f"{PREFIX}{owner.upper().replace('-', '_')}_{name.upper()}"

    def secret(self, owner: str, name: str) -> str:
        """A secret of a source or destination from the environment. Raises ConfigError, which never repeats it."""
        variable = self.secret_name(owner, name)
        value = os.environ.get(variable, "").strip()
        if not value:
            other = nearest(variable, unknown_variables(self), cutoff=0.85)
            near = f" {other} is set: did you mean that?" if other else ""
            raise ConfigError(f"{owner} needs {variable}, which is not set", f"Set it: export {variable}=...{near}")
        if not value.isascii() or not value.isprintable() or " " in value or value[0] in "\"'":
            raise ConfigError(
                f"{variable} holds a quote, a space or another character that no secret of {owner} has",
                f"Copy it again, without what stands around it: export {variable}=...",
            )
        return in_use(value)

    @staticmethod
    def openai_key() -> str | None:
        """OPENAI_API_KEY, under whatever address the service is; None where it is not set."""
        value = os.environ.get("OPENAI_API_KEY", "").strip()
        return in_use(value) if value else None


def variables(settings: Settings) -> Iterator[str]:
    """The environment variables that mean something with these settings, but for keys below a table."""
    yield f"{PREFIX}CONFIG"
    yield from (f"{PREFIX}{key.upper()}" for key in Settings.model_fields)
    destinations = {"linear": settings.destinations.linear, "slack": settings.destinations.slack}
    for name, table in (settings.sources | destinations).items():
        yield from (settings.secret_name(name, secret) for secret in (table.secrets if table else ()))


def unknown_variables(settings: Settings) -> list[str]:
    """GROUNDSWELL_ variables that mean nothing with these settings. (A wrong key below a table is refused.)"""
    known = set(variables(settings))
    ours = [name for name in os.environ if name.upper().startswith(PREFIX)]
    return sorted(name for name in ours if name.upper().partition("__")[0] not in known)


def find_config() -> Path | None:
    """The configuration in force: $GROUNDSWELL_CONFIG, else ./groundswell.toml, else <home>/groundswell.toml.

    With none of these and no GROUNDSWELL_HOME, the demo company's, where `make demo` has run: so every
    command can be tried before anything is configured.
    """
    named = os.environ.get("GROUNDSWELL_CONFIG")
    if named:
        path = Path(named)
        if not path.is_file():
            raise ConfigError(f"GROUNDSWELL_CONFIG names {named}, which is not a file")
        return path
    home = os.environ.get("GROUNDSWELL_HOME")
    candidates = [Path(CONFIG_NAME)]
    candidates.append(Path(home) / CONFIG_NAME if home else DEMO_CONFIG)
    return next((path for path in candidates if path.is_file()), None)


def load_settings(**overrides: Any) -> Settings:
    """Read the settings. Raises ConfigError with one line a mistake: where it stands, and what to write there."""
    found = find_config()
    try:
        settings = Settings(**overrides)
    except ValidationError as error:
        told = mistakes(error, Settings)
        from_file = any(_variable(mistake.path) is None for mistake in told)
        lines = [f"  {_named(mistake.path)}: {mistake.says}" for mistake in told]
        where = found if found and from_file else "the environment"
        raise ConfigError(f"{where} is not usable:\n" + "\n".join(lines)) from error
    except SettingsError as error:  # a variable that stands for a whole table
        wrong = next((name for name in ("SOURCES", "DESTINATIONS", "MODELS") if not _is_json(f"{PREFIX}{name}")), "...")
        raise ConfigError(
            f"{PREFIX}{wrong} is no JSON object", "Better write its tables into groundswell.toml."
        ) from error
    settings.config_file = found
    return settings


def _read(path: Path) -> dict[str, Any]:
    """The tables of a file. Raises ConfigError with the line of what cannot be read."""
    try:
        data = path.read_bytes()
        return tomllib.loads(data.decode("utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}", "Check who may read it.") from error
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ConfigError(
            f"{path} line {line}: byte 0x{data[error.start]:02x} is not UTF-8", "Save it as UTF-8."
        ) from error
    except tomllib.TOMLDecodeError as error:
        todo = "It is no TOML there: text stands in quotes, a table begins with [name], and each key stands once."
        raise ConfigError(f"{path} cannot be read: {error}", todo) from error


def _named(path: tuple[str, ...]) -> str:
    """Where a mistake stands: its variable, or its keys in the file and a variable that fills the same table."""
    keys = ".".join(path)
    beside = [f"{PREFIX}{'__'.join(some)}__".upper() for some in (path, path[:-1]) if len(some) > 1]
    near = next((name for name in os.environ for start in beside if name.upper().startswith(start)), None)
    return _variable(path) or (f"{keys} ({near} is set)" if near else keys)


def _variable(path: tuple[str, ...]) -> str | None:
    """The environment variable that a key was taken from, if it was: its own, or that of a table above it."""
    ours = {name.upper(): name for name in os.environ} if path[0] in Settings.model_fields else {}
    above = (PREFIX + "__".join(path[:depth]).upper() for depth in range(len(path), 0, -1))
    return next((ours[name] for name in above if name in ours), None)


def _is_json(variable: str) -> bool:
    try:
        json.loads(os.environ.get(variable, "{}"))
    except ValueError:
        return False
    return True
