"""How HubSpot says no: a status, a text for people, a category for programs."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

Json = dict[str, Any]


def _error(message: str, **more: Any) -> Json:
    return {"status": "error", "message": message, "correlationId": str(uuid4()), **more}


class Refusal(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, body: Json) -> None:
        super().__init__(body["message"])
        self.status = status
        self.body = body


def invalid(message: str) -> Refusal:
    """A request that HubSpot cannot make sense of, or that asks for too much."""
    return Refusal(400, _error(message, category="VALIDATION_ERROR"))


def unknown_type(name: str) -> Refusal:
    """An object type that does not exist; this error has no category."""
    return Refusal(400, _error(f"Unable to infer object type from: {name}"))


def not_found() -> Refusal:
    return Refusal(404, _error("resource not found", category="OBJECT_NOT_FOUND"))


def method_not_allowed() -> Refusal:
    return Refusal(405, _error("HTTP 405 Method Not Allowed"))


def unauthenticated() -> Refusal:
    text = (
        "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more "
        "details at https://developers.hubspot.com/docs/methods/auth/oauth-overview"
    )
    return Refusal(401, _error(text, category="INVALID_AUTHENTICATION"))


def expired() -> Refusal:
    text = "The OAuth token used to make this call expired 2 hour(s) ago."
    return Refusal(401, _error(text, category="EXPIRED_AUTHENTICATION"))


def missing_scope(scope: str) -> Refusal:
    link = "https://developers.hubspot.com/scopes"
    text = (
        "This app hasn't been granted all required scopes to make this call. "
        f"Read more about required scopes here: {link}."
    )
    detail = {
        "message": "One or more of the following scopes are required.",
        "context": {"requiredGranularScopes": [scope]},
    }
    return Refusal(403, _error(text, errors=[detail], links={"scopes": link}, category="MISSING_SCOPES"))


def rate_limited(policy: str) -> Json:
    """`policy` is TEN_SECONDLY_ROLLING for all requests and SECONDLY for searches."""
    text = f"You have reached your {policy.lower()} limit."
    return _error(text, errorType="RATE_LIMIT", policyName=policy, requestId=str(uuid4()))


def internal_error() -> Json:
    return _error("internal error")
