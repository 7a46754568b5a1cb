"""What a caller of the emulated HubSpot asks for, and whether it may: tokens, scopes, query strings, bodies."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.datastructures import QueryParams

from flows.core.clock import utc
from flows.sandbox import hubspot_errors as errors
from flows.sandbox.hubspot_errors import invalid
from flows.sandbox.hubspot_objects import Asked
from flows.sandbox.hubspot_properties import kind_of

TOKEN = "sandbox-hubspot-token"
LIMITED_TOKEN = "limited-hubspot-token"
EXPIRED_TOKEN = "expired-hubspot-token"
COMPANIES_SCOPE = "crm.objects.companies.read"  # all that the limited token has

Json = dict[str, Any]


def authenticate(authorization: str) -> str:
    """The caller's token. Raises Refusal."""
    kind, _, token = authorization.partition(" ")
    if kind == "Bearer" and token == EXPIRED_TOKEN:
        raise errors.expired()
    if kind != "Bearer" or token not in (TOKEN, LIMITED_TOKEN):
        raise errors.unauthenticated()
    return token


@dataclass(frozen=True)
class Call:
    """One request that is let in, at the sandbox's time. Its methods raise Refusal where it asks for the impossible."""

    token: str
    query: QueryParams
    body: str
    now: datetime

    @property
    def until(self) -> int:
        return int(utc(self.now).timestamp())

    @property
    def archived(self) -> bool:
        return self.query.get("archived", "").lower() == "true"

    @property
    def after(self) -> int:
        after = self.query.get("after") or "0"
        if not after.isdecimal():
            raise invalid(f"after {after!r} is not valid.")
        return int(after)

    def limit(self, default: int, most: int) -> int:
        try:
            limit = int(self.query.get("limit", default))
        except ValueError:
            raise invalid("limit must be a whole number") from None
        if not 1 <= limit <= most:
            raise invalid(f"Page size {limit} is not between 1 and {most}.")
        return limit

    def require(self, scope: str) -> None:
        if self.token == LIMITED_TOKEN and scope != COMPANIES_SCOPE:
            raise errors.missing_scope(scope)

    def kind(self, name: str) -> str:
        """The object type of this name, if the caller may read it."""
        kind = kind_of(name)
        self.require(f"crm.objects.{kind}.read")
        return kind

    def asked(self) -> Asked:
        """What the query string wants to see of a record."""
        kinds = tuple(self.kind(name) for name in self._names("associations"))
        return Asked(self._names("properties"), self._names("propertiesWithHistory"), kinds)

    def batch(self) -> Json:
        """The body of a batch: a JSON object with `inputs`, each with an `id`."""
        try:
            wish = json.loads(self.body)
        except ValueError as error:
            raise invalid(f"Invalid input JSON on line 1, column 1: {error}") from None
        if not isinstance(wish, dict) or not isinstance(wish.get("inputs"), list):
            raise invalid("Invalid input JSON on line 1, column 1: some of required attributes are not set [inputs]")
        if not all(isinstance(item, dict) and item.get("id") for item in wish["inputs"]):
            raise invalid("Invalid input JSON on line 1, column 1: some of required attributes are not set [id]")
        return wish

    def _names(self, parameter: str) -> tuple[str, ...]:
        """A list in the query string, repeated or with commas."""
        given = (name.strip() for text in self.query.getlist(parameter) for name in text.split(","))
        return tuple(name for name in given if name)


def ids(wish: Json, most: int) -> list[str]:
    """The ids of a batch, each once. Raises Refusal when there are too many."""
    if len(wish["inputs"]) > most:
        raise invalid(f"The batch has {len(wish['inputs'])} inputs; the maximum is {most}.")
    return list(dict.fromkeys(str(item["id"]) for item in wish["inputs"]))


def names(wish: Json, field: str) -> tuple[str, ...]:
    """A list of property names in a body. Raises Refusal."""
    found = wish.get(field) or []
    if not isinstance(found, list):
        raise invalid(f"Invalid input JSON on line 1, column 1: Cannot deserialize a list of {field}")
    return tuple(str(name) for name in found)
