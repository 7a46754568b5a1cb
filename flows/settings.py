"""The one place that reads the environment and groundswell.toml.

Precedence: GROUNDSWELL_* variables, then groundswell.toml, then the defaults here. Secrets are read
from the environment alone, by `Settings.secret`. README.md lists every key.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from flows.core.clock import parse
from flows.core.errors import ConfigError

PROJECT_DIR = Path(__file__).resolve().parent.parent
CONFIG_NAME = "groundswell.toml"
DEMO_CONFIG = Path(".groundswell/demo") / CONFIG_NAME
RESERVED = ("linear", "slack", "journal", "quarantine")  # what the stores call things that are no sources


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ZendeskSource(_Section):
    """A Zendesk account. Secrets: GROUNDSWELL_<NAME>_EMAIL and GROUNDSWELL_<NAME>_API_TOKEN."""

    type: Literal["zendesk"]
    base_url: str  # https://<subdomain>.zendesk.com
    since: str | None = None  # ISO date: how far back the first pull goes; default everything
    requests_per_minute: int = 60
    incremental_requests_per_minute: int = 10
    category_field: str | None = None  # title of the ticket field that holds the helpdesk's own category
    version_field: str | None = None  # title of the ticket field that holds the product version
    late_after_hours: float = 6.0
    max_bad_share: float = 0.2  # more bad rows than this and the batch is bad, not the rows

    @field_validator("since")
    @classmethod
    def _since_is_a_date(cls, since: str | None) -> str | None:
        return since if since is None else checked_moment(since)


class HubspotSource(_Section):
    """A HubSpot account. Secret: GROUNDSWELL_<NAME>_ACCESS_TOKEN, of a private app that may read its CRM."""

    type: Literal["hubspot"]
    base_url: str = "https://api.hubapi.com"
    requests_per_minute: int = 600
    search_requests_per_second: int = 4
    account_field: str | None = None  # company property that holds your own account id
    tier_field: str | None = None  # company property with the customer's tier
    segment_field: str = "industry"  # company property that customers are divided by
    renewal_field: str | None = None  # company property with the date of the next renewal; else open renewal deals
    archived_every_hours: float = 24.0  # archived records never appear in a search: they are listed this often
    late_after_hours: float = 6.0
    max_bad_share: float = 0.2


class StripeSource(_Section):
    """A Stripe account. Secret: GROUNDSWELL_<NAME>_API_KEY, a restricted key that may read billing."""

    type: Literal["stripe"]
    base_url: str = "https://api.stripe.com"
    requests_per_minute: int = 1200
    account_field: str | None = "account_id"  # metadata key that holds your own account id
    late_after_hours: float = 6.0
    max_bad_share: float = 0.2


class FilesStream(_Section):
    """One exported file (or a glob of them) and the mapping of its columns onto ours."""

    path: str
    format: Literal["csv", "jsonl", "parquet"] | None = None  # default: by the file's ending
    columns: dict[str, str] = Field(default_factory=dict)  # our name -> the file's name
    constants: dict[str, str] = Field(default_factory=dict)  # our name -> a fixed value
    values: dict[str, dict[str, str]] = Field(default_factory=dict)  # our name -> the file's value -> ours
    filter: dict[str, str] = Field(default_factory=dict)  # the file's column -> the value rows must have
    version_column: str | None = None  # the file's column that grows with every change of a row


class FilesSource(_Section):
    """Exported files: tickets, messages, articles, releases, users, organizations."""

    type: Literal["files"]
    streams: dict[Literal["tickets", "messages", "articles", "releases", "users", "organizations"], FilesStream]
    ticket_url: str | None = None  # template with {id}
    late_after_hours: float = 24.0 * 366
    max_bad_share: float = 0.2
    full_snapshot: bool = True  # each file is the whole: an empty or shrunk one is refused


Source = Annotated[ZendeskSource | HubspotSource | StripeSource | FilesSource, Field(discriminator="type")]


class Linear(_Section):
    """Where bug reports go. Secret: GROUNDSWELL_LINEAR_API_KEY."""

    team: str  # key of the team, such as ENG
    api_url: str = "https://api.linear.app/graphql"
    requests_per_minute: int = 80


class Slack(_Section):
    """Where alerts and digests go. Secret: GROUNDSWELL_SLACK_BOT_TOKEN."""

    alerts_channel: str  # channel id
    digest_channel: str | None = None  # default: the alerts channel
    ops_channel: str | None = None  # operational alarms; default: the alerts channel
    api_url: str = "https://slack.com/api/"


class Destinations(_Section):
    linear: Linear | None = None
    slack: Slack | None = None


class Settings(BaseSettings):
    """Everything that can be set. Nothing here decides a finding: policy lives in dbt seeds."""

    model_config = SettingsConfigDict(
        env_prefix="GROUNDSWELL_",
        env_nested_delimiter="__",
        extra="forbid",
        nested_model_default_partial_update=True,
    )

    home: Path = Path(".groundswell")  # all data
    clock: str = "system"  # system | an ISO time | a URL that answers {"now": ...}
    landing_url: str | None = None  # any fsspec URL; default <home>/landing
    journal_url: str | None = None  # any fsspec URL; default <home>/journal
    dry_run: bool | None = None  # default: dry until a destination is configured
    prefect_api_url: str | None = None  # default: PREFECT_API_URL
    lock_wait_seconds: float = 600.0
    keep_serving_copies: int = 3
    keep_raw_days: int | None = None  # retention of superseded payload versions; default: for ever
    dashboard_url: str = "http://127.0.0.1:8501"
    sources: dict[str, Source] = Field(default_factory=dict)
    destinations: Destinations = Field(default_factory=Destinations)
    _config_file: Path | None = PrivateAttr(default=None)

    @field_validator("sources")
    @classmethod
    def _names_are_free(cls, sources: dict[str, Source]) -> dict[str, Source]:
        for name in sources:
            if name.lower() in RESERVED:
                raise ValueError(f"a source cannot be called {name!r}: Groundswell uses that name itself")
            if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
                raise ValueError(f"a source cannot be called {name!r}: use letters, digits, - and _")
        return sources

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
        return (init_settings, env_settings, TomlConfigSettingsSource(settings_cls, found), implied)

    # -- places below home

    @property
    def landing(self) -> str:
        return self.landing_url or str(self.home / "landing")

    @property
    def journal(self) -> str:
        return self.journal_url or str(self.home / "journal")

    @property
    def warehouse_path(self) -> Path:
        return self.home / "warehouse" / "groundswell.duckdb"

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
        return f"GROUNDSWELL_{owner.upper().replace('-', '_')}_{name.upper()}"

    def secret(self, owner: str, name: str) -> str:
        """A secret of a source or destination from the environment. Raises ConfigError when it is unset."""
        variable = self.secret_name(owner, name)
        value = os.environ.get(variable, "").strip()
        if not value:
            raise ConfigError(f"{owner} needs {variable}, which is not set", f"Set it: export {variable}=...")
        return value


def checked_moment(text: str) -> str:
    """The text, when it is an ISO 8601 date or time. Raises ValueError with what is wanted."""
    try:
        parse(text)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{text!r} is no date: write it like 2025-01-31 or 2025-01-31T09:30:00Z") from error
    return text


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
    """Read the settings. Raises ConfigError with one line a mistake, naming the key."""
    found = find_config()
    try:
        settings = Settings(**overrides)
    except ValidationError as error:
        where = found or "the environment"
        lines = [f"  {'.'.join(str(p) for p in e['loc'])}: {e['msg']}" for e in error.errors()]
        raise ConfigError(f"{where} is not usable:\n" + "\n".join(lines)) from error
    except ValueError as error:
        raise ConfigError(f"{found or 'the environment'} cannot be read: {error}") from error
    settings.config_file = found
    return settings
