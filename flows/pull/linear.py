"""Read-back from Linear: what people did with issues of the configured team.

Streams: `workflow_states` (the whole list, landed when it differs), `issues` (with state, labels,
relations, completed and cancelled times, archived ones too) and `comments`, both by `updatedAt` with an
overlap. Run alone: `groundswell run pull`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from flows.core.errors import VendorError
from flows.core.http import Client, graphql_rate_limited
from flows.core.run import Run
from flows.core.secrets import without_secrets
from flows.landing.store import Record
from flows.pull.boundary import record, snapshot, sweep
from flows.pull.paginators import Batch, Json, LinearConnection, Page
from flows.settings import Linear, Settings

OVERLAP = timedelta(minutes=10)
BEGINNING = "1970-01-01T00:00:00Z"

WORKFLOW_STATES = """
query GroundswellWorkflowStates($team: String!, $after: String) {
  workflowStates(first: 50, after: $after, filter: { team: { key: { eq: $team } } }) {
    nodes { id name type position createdAt updatedAt archivedAt team { id key } }
    pageInfo { hasNextPage endCursor }
  }
}"""

# Nested lists are small: Linear multiplies `first` by `first` into a complexity of at most 10,000.
ISSUES = """
query GroundswellIssues($team: String!, $since: DateTimeOrDuration!, $after: String) {
  issues(
    first: 50, after: $after, orderBy: updatedAt, includeArchived: true
    filter: { updatedAt: { gte: $since }, team: { key: { eq: $team } } }
  ) {
    nodes {
      id identifier url title description priority createdAt updatedAt
      startedAt triagedAt completedAt canceledAt archivedAt
      team { id key }
      state { id name type }
      assignee { id }
      labels(first: 20) { nodes { id name } }
      relations(first: 20) { nodes { id type relatedIssue { id identifier } } }
      inverseRelations(first: 20) { nodes { id type issue { id identifier } } }
    }
    pageInfo { hasNextPage endCursor }
  }
}"""

COMMENTS = """
query GroundswellComments($team: String!, $since: DateTimeOrDuration!, $after: String) {
  comments(
    first: 50, after: $after, orderBy: updatedAt, includeArchived: true
    filter: { updatedAt: { gte: $since }, issue: { team: { key: { eq: $team } } } }
  ) {
    nodes { id body url createdAt updatedAt archivedAt issue { id identifier } user { id } }
    pageInfo { hasNextPage endCursor }
  }
}"""

VIEWER = """
query GroundswellViewer($team: String!) {
  viewer { id name }
  teams(first: 1, filter: { key: { eq: $team } }) { nodes { id key name } }
}"""


class LinearReadback:
    """The connector of the Linear destination (see `Connector`)."""

    streams: tuple[str, ...] = ("workflow_states", "issues", "comments")
    optional: tuple[str, ...] = ()

    def __init__(self, run: Run, destination: Linear) -> None:
        self._now = run.now
        self._team = destination.team
        self.client = client(run.settings, destination)

    def close(self) -> None:
        self.client.close()

    def pages(self, stream: str, cursor: Json | None) -> Iterator[Page]:
        match stream:
            case "workflow_states":
                batches = LinearConnection("workflowStates").batches(self._fetch(WORKFLOW_STATES))
                yield from snapshot([_record(item) for batch in batches for item in batch.items], cursor)
            case "issues":
                yield from sweep(cursor, self._updated("issues", ISSUES), _record, OVERLAP, self._now)
            case "comments":
                yield from sweep(cursor, self._updated("comments", COMMENTS), _record, OVERLAP, self._now)
            case _:
                raise ValueError(f"Linear has no stream {stream!r}")

    def _updated(self, key: str, document: str) -> Callable[[str | None, Any], Iterator[Batch]]:
        def batches(start: str | None, after: Any) -> Iterator[Batch]:
            return LinearConnection(key).batches(self._fetch(document, since=start or BEGINNING), after)

        return batches

    def _fetch(self, document: str, **fixed: Any) -> Callable[[Json], Json]:
        return lambda params: query(self.client, document, {"team": self._team, **fixed, **params})


def client(settings: Settings, destination: Linear) -> Client:
    """The HTTP client of Linear for reading. Raises ConfigError when the key is not set."""
    variable = settings.secret_name("linear", "api_key")
    return Client(
        vendor="linear",
        base_url=destination.api_url,
        requests_per_minute=destination.requests_per_minute,
        timeout=settings.timeout_seconds,
        backoff=settings.retry_seconds,
        headers={"Authorization": settings.secret("linear", "api_key")},
        hints={
            400: f"Check {variable}: a personal API key of Linear (Settings, Security & access).",
            401: f"Check {variable}: a personal API key of Linear (Settings, Security & access).",
            403: f"The key in {variable} needs read access to the team.",
        },
        rejected=graphql_rate_limited,
    )


def query(client: Client, document: str, variables: Json) -> Json:
    """The parsed answer of a query. GraphQL errors, which come with status 200 too, raise VendorError."""
    answer: Json = client.post_json("", {"query": document, "variables": variables}, write=False)
    errors = answer.get("errors") if isinstance(answer, dict) else None
    if errors:
        first = errors[0]
        said = (first.get("extensions") or {}).get("userPresentableMessage") or first.get("message")
        raise VendorError("linear", f"a query is refused: {without_secrets(str(said))[:200]}", client.hints[403])
    return answer


def _record(item: Json) -> Record:
    return record(item.get("id"), str(item.get("updatedAt") or ""), item)
