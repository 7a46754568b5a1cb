"""Linear's API as we call it: one document at a time, over our own HTTP client.

`linear-api` gives the client; its own requests, models and documents are not used, because its
`issues.create` can fail after the issue exists.
"""

from __future__ import annotations

from typing import Any

from linear_api import LinearClient

from flows.core import http
from flows.core.errors import UnknownOutcome, VendorError
from flows.core.secrets import without_secrets
from flows.settings import Linear

VENDOR = "linear"
_INTERNAL = ("INTERNAL", "UNKNOWN", "TIMEOUT", "UNAVAILABLE", "LOCK")  # Linear's own trouble, not a refusal


class NotFound(VendorError):
    """There is no such object."""


class Client(LinearClient):  # type: ignore[misc]
    """`linear-api`'s client over our own HTTP client: address, timeout, rate limits, known outcomes."""

    def __init__(self, api_key: str, settings: Linear, **http_options: Any) -> None:
        super().__init__(api_key=api_key, enable_cache=False)
        options = {"attempts": 4, "wait_budget": 180.0} | http_options
        self.http = http.Client(
            VENDOR,
            settings.api_url,
            settings.requests_per_minute,
            headers={"Authorization": api_key},
            hints={
                401: "Check GROUNDSWELL_LINEAR_API_KEY.",
                403: "Let the key of GROUNDSWELL_LINEAR_API_KEY write (in Linear: Settings, Security & access).",
            },
            rejected=http.graphql_rate_limited,
            **options,
        )

    def call_api(self, query: dict[str, Any] | str) -> dict[str, Any]:
        """The `data` of an answer. Raises NotFound, VendorError, or UnknownOutcome for a write."""
        request = {"query": query} if isinstance(query, str) else query
        write = str(request["query"]).lstrip().startswith("mutation")
        answer = self.http.post_json("", request, write=write)
        if not isinstance(answer, dict):
            raise _unclear("the answer is no JSON object", write)
        if errors := answer.get("errors"):
            raise _refusal(errors[0] if isinstance(errors[0], dict) else {}, write)
        data = answer.get("data")
        if not isinstance(data, dict):
            raise _unclear("the answer has no data", write)
        if write and not all(payload.get("success") for payload in data.values()):
            raise VendorError(VENDOR, "the change is refused without a reason", status=200)
        return data


def _refusal(error: dict[str, Any], write: bool) -> VendorError:
    extensions = error.get("extensions") or {}
    code = str(extensions.get("code") or "").upper()
    message = without_secrets(str(error.get("message") or "unknown error"))[:200]
    words = without_secrets(str(extensions.get("userPresentableMessage") or ""))[:200]
    what = f"{message}: {words}" if words and words != message else message
    if message.lower().startswith("entity not found"):
        return NotFound(VENDOR, what, status=404)
    if code.startswith("AUTHENTICATION"):
        return VendorError(VENDOR, what, "Check GROUNDSWELL_LINEAR_API_KEY.", status=401)
    if write and code.startswith(_INTERNAL):
        return UnknownOutcome(VENDOR, what, status=200)
    return VendorError(VENDOR, what, status=200)


def _unclear(what: str, write: bool) -> VendorError:
    return UnknownOutcome(VENDOR, what, status=200) if write else VendorError(VENDOR, what, status=200)
