"""Stripe's refusals, as it words them."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

_DOCS = "https://stripe.com/docs/error-codes"


class Refusal(Exception):
    """An answer other than 200."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        type: str = "invalid_request_error",
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers or {}
        error: Json = {"message": message, "type": type}
        if code:
            error |= {"code": code, "doc_url": f"{_DOCS}/{code.replace('_', '-')}"}
        if param:
            error["param"] = param
        self.body: Json = {"error": error}


def no_key() -> Refusal:
    return Refusal(
        401,
        "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer "
        "auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for "
        "details, or we can help at https://support.stripe.com/.",
        headers={"www-authenticate": 'Basic realm="Stripe"'},
    )


def wrong_key(key: str) -> Refusal:
    return Refusal(
        401, f"Invalid API Key provided: {_masked(key)}", headers={"www-authenticate": 'Basic realm="Stripe"'}
    )


def expired_key() -> Refusal:
    return Refusal(401, "Expired API Key provided: sk_test_****", code="api_key_expired")


def not_permitted(key: str, account: str, permission: str) -> Refusal:
    return Refusal(
        403,
        f"The provided key '{_masked(key)}' does not have the required permissions for this endpoint on account "
        f"'{account}'. Having the '{permission}' permission would allow this request to continue.",
    )


def unknown_url(method: str, path: str) -> Refusal:
    return Refusal(
        404,
        f"Unrecognized request URL ({method}: /v1/{path}). Please see https://stripe.com/docs or we can help at "
        "https://support.stripe.com/.",
    )


def missing(noun: str, id: str, param: str, status: int = 404) -> Refusal:
    return Refusal(status, f"No such {noun}: '{id}'", code="resource_missing", param=param)


def rate_limited() -> Refusal:
    """Without Retry-After: a client has to find its own pace."""
    return Refusal(
        429,
        "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.",
        code="rate_limit",
        headers={"stripe-rate-limited-reason": "global-rate"},
    )


def broken() -> Refusal:
    return Refusal(500, "An unknown error occurred.", type="api_error")


def _masked(key: str) -> str:
    """The kind of key and its last four letters, as far as there are more than that."""
    words = key.split("_", 2)
    shown, rest = ("_".join([*words[:2], ""]), words[2]) if len(words) == 3 else ("", key)
    return f"{shown}{'*' * max(len(rest) - 4, 4)}{rest[-4:] if len(rest) > 4 else ''}"
