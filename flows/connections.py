"""The tables of groundswell.toml that say what is read, with which models, and where findings go, and what their
values may be.

A table's `secrets` are the names of what it needs from the environment: GROUNDSWELL_<NAME>_<SECRET>.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from flows.core.clock import iso, parse
from flows.core.places import checked_path, checked_store


def checked_moment(text: str) -> str:
    """The text, when it is an ISO 8601 date or time. Raises ValueError with what is wanted."""
    try:
        parse(text)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{text!r} is no date: write it like 2025-01-31 or 2025-01-31T09:30:00Z") from error
    return text


def checked_address(text: str) -> str:
    """The text, when it is an http(s) address that can be called. Raises ValueError, which never repeats a password."""
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"is no web address ({error})") from error
    if "@" in parts.netloc:
        raise ValueError("must hold no user and no password: secrets stand in the environment alone")
    if parts.scheme not in ("http", "https") or not host or any(c.isspace() for c in text):
        raise ValueError(f"must be a web address that begins with https://, not {text[:60]!r}")
    if parts.query or parts.fragment:
        raise ValueError("must end before its ? or #: Groundswell adds the rest itself")
    return text


def as_text(given: Any) -> Any:
    """A date as TOML writes it, without quotes, as text; anything else as it is."""
    if isinstance(given, datetime):
        return iso(given)
    return given.isoformat() if isinstance(given, date) else given


def _no_truth(given: Any) -> Any:
    if isinstance(given, bool):  # pydantic would take true for 1
        raise ValueError(f"must be a number, not {str(given).lower()}")
    return given


def _channel(text: str) -> str:
    if not text.isalnum() or not text.isupper():
        raise ValueError(f"must be a channel's id such as C0123456789 (channel details, at the bottom), not {text!r}")
    return text


def _as_folder(address: str) -> str:
    return f"{address.rstrip('/')}/"


Word = Annotated[str, Field(min_length=1)]
Moment = Annotated[str, BeforeValidator(as_text), AfterValidator(checked_moment)]
Address = Annotated[str, AfterValidator(checked_address)]
PathOrUrl = Annotated[str, AfterValidator(checked_path)]
StoreUrl = Annotated[str, AfterValidator(checked_store)]
ChannelId = Annotated[str, AfterValidator(_channel)]
Count = Annotated[int, BeforeValidator(_no_truth), Field(ge=1)]
Seconds = Annotated[float, BeforeValidator(_no_truth), Field(ge=0, allow_inf_nan=False)]
Hours = Annotated[float, BeforeValidator(_no_truth), Field(gt=0, allow_inf_nan=False)]
Share = Annotated[float, BeforeValidator(_no_truth), Field(ge=0, le=1)]


class Table(BaseModel):
    """A table of groundswell.toml: a key that it does not have is a mistake."""

    model_config = ConfigDict(extra="forbid")

    secrets: ClassVar[tuple[str, ...]] = ()


class ZendeskSource(Table):
    """A Zendesk account. Secrets: GROUNDSWELL_<NAME>_EMAIL and GROUNDSWELL_<NAME>_API_TOKEN."""

    secrets: ClassVar = ("email", "api_token")

    type: Literal["zendesk"]
    base_url: Address = Field(examples=['base_url = "https://yourcompany.zendesk.com"'])
    since: Moment | None = None  # ISO date: how far back the first pull goes; default everything
    requests_per_minute: Count = 60
    incremental_requests_per_minute: Count = 10
    category_field: Word | None = None  # title of the ticket field that holds the helpdesk's own category
    version_field: Word | None = None  # title of the ticket field that holds the product version
    late_after_hours: Hours = 6.0
    max_bad_share: Share = 0.2  # more bad rows than this and the batch is bad, not the rows


class HubspotSource(Table):
    """A HubSpot account. Secret: GROUNDSWELL_<NAME>_ACCESS_TOKEN, of a private app that may read its CRM."""

    secrets: ClassVar = ("access_token",)

    type: Literal["hubspot"]
    base_url: Address = "https://api.hubapi.com"
    requests_per_minute: Count = 600
    search_requests_per_second: Count = 4
    account_field: Word | None = None  # company property that holds your own account id
    tier_field: Word | None = None  # company property with the customer's tier
    segment_field: Word = "industry"  # company property that customers are divided by
    renewal_field: Word | None = None  # company property with the date of the next renewal; else open renewal deals
    archived_every_hours: Hours = 24.0  # archived records never appear in a search: they are listed this often
    late_after_hours: Hours = 6.0
    max_bad_share: Share = 0.2


class StripeSource(Table):
    """A Stripe account. Secret: GROUNDSWELL_<NAME>_API_KEY, a restricted key that may read billing."""

    secrets: ClassVar = ("api_key",)

    type: Literal["stripe"]
    base_url: Address = "https://api.stripe.com"
    requests_per_minute: Count = 1200
    account_field: Word | None = "account_id"  # metadata key that holds your own account id
    late_after_hours: Hours = 6.0
    max_bad_share: Share = 0.2


class FilesStream(Table):
    """One exported file (or a glob of them) and the mapping of its columns onto ours."""

    path: PathOrUrl = Field(examples=['path = "exports/tickets.csv"'])
    format: Literal["csv", "jsonl", "parquet"] | None = None  # default: by the file's ending
    columns: dict[str, str] = Field(default_factory=dict)  # our name -> the file's name
    constants: dict[str, str] = Field(default_factory=dict)  # our name -> a fixed value
    values: dict[str, dict[str, str]] = Field(default_factory=dict)  # our name -> the file's value -> ours
    filter: dict[str, str] = Field(default_factory=dict)  # the file's column -> the value rows must have
    version_column: Word | None = None  # the file's column that grows with every change of a row


class FilesSource(Table):
    """Exported files: tickets, messages, articles, releases, users, organizations."""

    type: Literal["files"]
    streams: dict[Literal["tickets", "messages", "articles", "releases", "users", "organizations"], FilesStream] = (
        Field(examples=["[sources.<name>.streams.tickets]"])
    )
    ticket_url: Word | None = None  # template with {id}
    late_after_hours: Hours = 24.0 * 366
    max_bad_share: Share = 0.2
    full_snapshot: bool = True  # each file is the whole: an empty or shrunk one is refused


Source = Annotated[ZendeskSource | HubspotSource | StripeSource | FilesSource, Field(discriminator="type")]


class Linear(Table):
    """Where bug reports go. Secret: GROUNDSWELL_LINEAR_API_KEY."""

    secrets: ClassVar = ("api_key",)

    team: Word = Field(examples=['team = "ENG"'])  # key of the team
    api_url: Address = "https://api.linear.app/graphql"
    requests_per_minute: Count = 80


class Slack(Table):
    """Where alerts and digests go. Secret: GROUNDSWELL_SLACK_BOT_TOKEN."""

    secrets: ClassVar = ("bot_token",)

    alerts_channel: ChannelId = Field(examples=['alerts_channel = "C0123456789"'])
    digest_channel: ChannelId | None = None  # default: the alerts channel
    ops_channel: ChannelId | None = None  # operational alarms; default: the alerts channel
    api_url: Annotated[Address, AfterValidator(_as_folder)] = "https://slack.com/api/"


class Destinations(Table):
    """Where findings go; nothing is sent to what is not named here."""

    linear: Linear | None = None
    slack: Slack | None = None


class Embeddings(Table):
    """Embeddings by an OpenAI-compatible service. Its key is OPENAI_API_KEY."""

    base_url: Address = "https://api.openai.com/v1"
    model: Word = Field(examples=['model = "text-embedding-3-small"'])
    dimensions: Count | None = None  # default: as many as the model has; not every service can be asked for fewer
    batch_size: Annotated[Count, Field(le=2048)] = 128  # texts in one request
    texts_per_run: Count = 20_000  # that are asked for and paid; the rest waits for the next run


class TextModel(Table):
    """A language model behind an OpenAI-compatible service. Its key is OPENAI_API_KEY; without it nothing is asked."""

    base_url: Address = "https://api.openai.com/v1"
    model: Word = Field(examples=['model = "gpt-5-mini"'])
    calls_per_run: Count = 50
    tokens_per_run: Count = 100_000  # of questions and answers together
    uncertain_tickets: Annotated[int, BeforeValidator(_no_truth), Field(ge=0)] = 20  # asked about their intent a night
    titles: bool = True  # short titles of new topics


class Models(Table):
    """Which models read the texts, and how fast they read again what older ones have read."""

    embedder: Literal["fitted", "sentence", "static", "openai"] = "fitted"
    path: Word | None = None  # folder of a sentence or static model
    package: Word | None = None  # or an installed Python package that holds one
    reread_hourly: Count = 10_000  # tickets that an hourly run reads again with a new model
    reread_nightly: Count = 200_000
    embeddings: Embeddings | None = None
    text: TextModel | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.embedder in ("sentence", "static") and (self.path is None) == (self.package is None):
            raise ValueError(f'embedder = "{self.embedder}" needs either path, a folder, or package, an installed one')
        if self.embedder == "openai" and self.embeddings is None:
            raise ValueError('embedder = "openai" needs a table [models.embeddings] with a model')
        return self
