"""One HTTP client for every vendor: timeouts, retries, rate limits, errors that say what to do.

Reads are retried with jitter on 408, 429, 5xx, dropped connections, timeouts and JSON that is cut short.
Writes are never sent twice blindly: only what the vendor rejected (429, or what `rejected` recognises)
or what never left this machine is sent again; anything else raises UnknownOutcome.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Self

import httpx
import orjson
from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_exponential_jitter
from tenacity.stop import stop_base

from flows.core.errors import NoAnswer, UnknownOutcome, VendorError
from flows.core.json_text import read_json
from flows.core.neutralise import plain
from flows.core.secrets import in_use, without_secrets

log = logging.getLogger(__name__)
logging.getLogger("httpx").setLevel(logging.WARNING)  # at INFO it logs whole URLs with their parameters

ANSWER_TIMEOUTS = 5  # an answer that trickles in is given up after so many timeouts, though it is never silent
_SECRET_PARAMETER = re.compile(r"token|key|secret|password|signature|auth|email", re.IGNORECASE)
_HINTS = {
    301: "The address has moved; put the new one into groundswell.toml.",
    302: "The address has moved; put the new one into groundswell.toml.",
    400: "Probably a change of the vendor's API; the vendor's own words are above.",
    401: "Check the credentials of this vendor in the environment.",
    403: "The credentials are right but lack a scope or role for this.",
    404: "Check the address in groundswell.toml, and that the account has this feature.",
    422: "The vendor refused a value; its own words are above.",
}

# Tells whether an answer that is not a 429 is a rejection all the same: nothing happened, try later.
Rejected = Callable[[httpx.Response], bool]


class RateLimit:
    """At most `requests` within any `seconds`: `wait` blocks until one more is allowed. Thread safe."""

    def __init__(self, requests: float, seconds: float = 60.0) -> None:
        self._requests = max(1, int(requests))
        self._seconds = seconds
        self._sent: deque[float] = deque()
        self._lock = threading.Lock()

    def wait(self, sleep: Callable[[float], None]) -> None:
        with self._lock:
            while True:
                now = time.monotonic()
                while self._sent and now - self._sent[0] >= self._seconds:
                    self._sent.popleft()
                if len(self._sent) < self._requests:
                    self._sent.append(now)
                    return
                sleep(self._seconds - (now - self._sent[0]))


class _TryAgain(Exception):
    """A failure that may pass. `after` is the wait in seconds that the vendor asked for."""

    def __init__(self, failure: VendorError, after: float | None = None) -> None:
        super().__init__(str(failure))
        self.failure = failure
        self.after = after


@dataclass
class Client:
    """Talks JSON to one vendor.

    `wait_budget` bounds the seconds spent on failed tries and the waits between them over the life of the
    client, so that a run ends: a vendor that asks for a longer wait than is left fails at once.
    `hints` maps a status to what the reader should do about it, such as which variable to check.
    """

    vendor: str
    base_url: str
    requests_per_minute: float
    auth: tuple[str, str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    hints: Mapping[int, str] = field(default_factory=dict)
    rejected: Rejected | None = None
    attempts: int = 6
    wait_budget: float = 900.0
    timeout: float = 60.0  # seconds of silence, for one try; all of an answer may take ANSWER_TIMEOUTS of it
    backoff: float = 1.0  # seconds before the second try; doubles with each
    sleep: Callable[[float], None] = time.sleep

    def __post_init__(self) -> None:
        self._http = httpx.Client(
            auth=self.auth,
            headers={"Accept": "application/json", **self.headers},
            timeout=httpx.Timeout(self.timeout, connect=min(self.timeout, 15.0)),
        )
        self._limit = RateLimit(self.requests_per_minute)
        self._backoff = wait_exponential_jitter(multiplier=self.backoff, max=60 * self.backoff, jitter=self.backoff)
        if self.auth:
            in_use(self.auth[1])
            in_use(":".join(self.auth))  # as it is sent, it is encoded as one
        for name, value in self.headers.items():
            if name.lower() in ("authorization", "x-api-key") and value:
                in_use(value.split()[-1])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def hurried(self) -> Self:
        """The same client with few tries: somebody waits for the answer, and can ask again."""
        self.attempts, self.wait_budget = 2, 10.0
        return self

    def get_json(self, path: str, params: Mapping[str, Any] | None = None, *, limit: RateLimit | None = None) -> Any:
        """The parsed body of a read. `limit` is a stricter rate limit that this endpoint has."""
        return self.request("GET", path, params=params, limit=limit)

    def post_json(self, path: str, body: Any, *, write: bool = True) -> Any:
        """The parsed body of a POST; say `write=False` for one that changes nothing (a GraphQL query)."""
        return self.request("POST", path, body=body, write=write)

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        write: bool = False,
        limit: RateLimit | None = None,
    ) -> Any:
        """Send and parse. Raises VendorError, or UnknownOutcome for a write whose answer never came."""
        url = f"{self.base_url.rstrip('/')}/{path.lstrip('/')}" if path else self.base_url
        retrying = Retrying(
            retry=retry_if_exception_type(_TryAgain),
            wait=self._wait,
            stop=_Stop(self),
            sleep=self._spend,
            retry_error_callback=_give_up,
        )

        def once() -> Any:
            self._limit.wait(self.sleep)
            if limit:
                limit.wait(self.sleep)
            started = time.monotonic()
            try:
                try:
                    response = self._answer(method, url, params, body)
                except httpx.HTTPError as error:
                    raise self._not_answered(method, url, error, write) from error
                return self._read(response, write)
            except _TryAgain:
                self.wait_budget -= time.monotonic() - started  # a slow failure uses up the budget too
                raise

        return retrying(once)

    # -- answers

    def _answer(self, method: str, url: str, params: Mapping[str, Any] | None, body: Any) -> httpx.Response:
        """The whole answer to one request."""
        ends = time.monotonic() + ANSWER_TIMEOUTS * self.timeout
        with self._http.stream(method, url, params=params, json=body) as answer:
            parts = []
            for part in answer.iter_raw():
                parts.append(part)
                if time.monotonic() > ends:
                    raise httpx.ReadTimeout("the answer trickles in", request=answer.request)
        whole = b"".join(parts)
        return httpx.Response(answer.status_code, headers=answer.headers, content=whole, request=answer.request)

    def _read(self, response: httpx.Response, write: bool) -> Any:
        where = f"{response.request.method} {redact_url(str(response.request.url))}"
        if response.status_code == 429 or (self.rejected and self.rejected(response)):
            raise _TryAgain(self._error(f"{where}: too many requests", response), asked_wait(response))
        if response.status_code in (408, 500, 502, 503, 504) or response.status_code > 504:
            if write:
                raise self._unknown(f"{where} answered {response.status_code}", response.status_code)
            raise _TryAgain(self._error(f"{where} failed", response), asked_wait(response))
        if not response.is_success:
            raise self._error(f"{where} is refused", response)
        try:
            return read_json(response.content) if response.content else None
        except ValueError as error:
            kind = response.headers.get("content-type", "no content type")
            what = f"{where} answered {len(response.content)} bytes ({kind}) that are not JSON ({error})"
            if write:
                raise self._unknown(what, response.status_code) from error
            raise _TryAgain(VendorError(self.vendor, what, status=response.status_code)) from error

    def _not_answered(self, method: str, url: str, error: httpx.HTTPError, write: bool) -> Exception:
        what = f"{method} {redact_url(url)}: {type(error).__name__} {error}".rstrip()
        unsent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
        if write and not unsent:
            return self._unknown(what, None)
        if not isinstance(error, httpx.TransportError) or isinstance(error, httpx.UnsupportedProtocol):
            return VendorError(self.vendor, what, "Check the address in groundswell.toml.")
        todo = "Check the address in groundswell.toml, the network, and the vendor's status page."
        return _TryAgain(NoAnswer(self.vendor, what, todo))

    def _unknown(self, what: str, status: int | None) -> UnknownOutcome:
        return UnknownOutcome(
            self.vendor, f"{what}; it may have happened", "It is looked up before it is sent again.",
            status=status,
        )  # fmt: skip

    def _error(self, what: str, response: httpx.Response) -> VendorError:
        status = response.status_code
        words = _own_words(response)
        todo = self.hints.get(status) or _HINTS.get(status, "")
        return VendorError(self.vendor, f"{what} ({status}{': ' + words if words else ''})", todo, status=status)

    # -- waiting

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.after if isinstance(error, _TryAgain) else None
        return float(self._backoff(state)) if asked is None else asked

    def _spend(self, seconds: float) -> None:
        self.wait_budget -= seconds
        self.sleep(seconds)


class _Stop(stop_base):
    """Enough attempts, or the next wait is more than is left of the budget."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def __call__(self, state: RetryCallState) -> bool:
        error = state.outcome.exception() if state.outcome else None
        stop = state.attempt_number >= self.client.attempts
        stop = stop or state.upcoming_sleep > self.client.wait_budget
        log.log(
            logging.WARNING if stop else logging.INFO,
            "%s; %s", error, "giving up" if stop else f"again in {state.upcoming_sleep:.1f} s",
        )  # fmt: skip
        return stop


def _give_up(state: RetryCallState) -> Any:
    error = state.outcome.exception() if state.outcome else None
    if not isinstance(error, _TryAgain):  # pragma: no cover - only _TryAgain is retried
        raise AssertionError(error)
    failure = error.failure
    tries = f"tried {state.attempt_number} times" if state.attempt_number > 1 else "tried once"
    if error.after is not None and error.after == state.upcoming_sleep:
        tries += f"; the vendor asks to wait {error.after:.0f} s"
    todo = failure.todo or "The next run goes on where this one stopped."
    raise type(failure)(
        failure.vendor, f"{failure.what.removeprefix(f'{failure.vendor}: ')}, {tries}", todo,
        status=failure.status,
    ) from error  # fmt: skip


def redact_url(url: str) -> str:
    """The URL without user, password, fragment and the values of parameters that may be secret."""
    parsed = httpx.URL(url)
    params = [(k, "***" if _SECRET_PARAMETER.search(k) else v) for k, v in parsed.params.multi_items()]
    query = "&".join(f"{k}={v}" for k, v in params)
    port = f":{parsed.port}" if parsed.port else ""
    return f"{parsed.scheme}://{parsed.host}{port}{parsed.path}{'?' + query if query else ''}"


def asked_wait(response: httpx.Response) -> float | None:
    """Seconds that the vendor asks to wait, never negative, or None where it does not say.

    Retry-After is a number of seconds or an HTTP date. Linear names the moment at which an empty bucket
    is full again, in epoch milliseconds: X-RateLimit-{Requests,Complexity}-{Remaining,Reset}.
    """
    value = response.headers.get("retry-after", "").strip()
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, float((parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()))
    except (ValueError, TypeError):
        pass
    for kind in ("requests", "complexity"):
        reset = response.headers.get(f"x-ratelimit-{kind}-reset", "")
        if response.headers.get(f"x-ratelimit-{kind}-remaining") == "0" and reset.isdigit():
            return max(1.0, float(int(reset) / 1000 - time.time()))
    return None


def graphql_rate_limited(response: httpx.Response) -> bool:
    """Linear's rejection, for `Client.rejected`: any status with errors[].extensions.code RATELIMITED."""
    if b"RATELIMITED" not in response.content:
        return False
    try:
        errors = orjson.loads(response.content).get("errors") or []
    except (ValueError, AttributeError):
        return False
    return any((e.get("extensions") or {}).get("code") == "RATELIMITED" for e in errors)


def _own_words(response: httpx.Response) -> str:
    """What the vendor says about an error, at most 200 characters of it."""
    try:
        body = orjson.loads(response.content)
    except ValueError:
        return ""
    if not isinstance(body, dict):
        return ""
    errors = body.get("errors")
    if isinstance(errors, list) and errors and isinstance(errors[0], dict):
        found = [str(errors[0].get("message", ""))]
    elif isinstance(body.get("error"), dict):  # Stripe
        found = [str(body["error"].get("message", ""))]
    else:
        found = [str(body[k]) for k in ("error", "description", "message", "title") if body.get(k)]
    return plain(without_secrets(": ".join(found)))[:200]
