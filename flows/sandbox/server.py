"""The sandbox's one server: every emulated vendor, the clock, the faults and the pages, on loopback.

    with SandboxServer(folder) as sandbox:
        httpx.get(f"{sandbox.url}/control/clock")

Paths: /zendesk/..., /hubspot/..., /stripe/..., /linear/graphql, /slack/api/..., /board, /channels, /control/clock,
/control/faults.
What Linear, Slack and the clock know is kept in the folder and is there again after a restart.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from flows.core.errors import ConfigError
from flows.sandbox.colleagues import Colleagues
from flows.sandbox.control import Control
from flows.sandbox.faults import FaultMiddleware, Faults
from flows.sandbox.hubspot import Hubspot
from flows.sandbox.limits import RateLimits
from flows.sandbox.linear import Linear
from flows.sandbox.linear_store import LinearStore
from flows.sandbox.pages import Pages
from flows.sandbox.premises import Premises
from flows.sandbox.slack import Slack
from flows.sandbox.slack_store import SlackStore
from flows.sandbox.state import Clock, State
from flows.sandbox.stripe import Stripe
from flows.sandbox.zendesk import Zendesk

if TYPE_CHECKING:
    from flows.sandbox.company import Company

HOST = "127.0.0.1"
DEFAULT_LIMITS = RateLimits()

_transports: dict[tuple[str, int], asyncio.BaseTransport] = {}


class _Protocol(H11Protocol):
    """Keeps hold of open connections by the client's address, so that one can be cut without an answer."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if self.client:
            _transports[self.client] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self.client:
            _transports.pop(self.client, None)


def _drop(client: tuple[str, int]) -> None:
    transport = _transports.get((client[0], client[1]))
    if transport is not None:
        transport.close()


def create_app(
    state: State, url: str, *, company: Company | None = None, rate_limits: RateLimits = DEFAULT_LIMITS
) -> ASGIApp:
    """The whole sandbox as an ASGI application that can be reached at `url`."""
    premises = Premises(state, company)
    clock = Clock(state, premises.history_end)
    faults = Faults()

    def base_url() -> str:
        return url

    linear_store, slack_store = LinearStore(state, clock), SlackStore(state, clock)
    zendesk = Zendesk(premises, clock, rate_limits, base_url)
    hubspot = Hubspot(premises, clock, rate_limits, base_url)
    stripe = Stripe(premises, clock, rate_limits)
    linear = Linear(linear_store, rate_limits, base_url)
    slack = Slack(slack_store, rate_limits, base_url)

    def moved(before: datetime, now: datetime) -> None:
        if premises.known:
            premises.export(now)
            Colleagues(state, linear_store, slack_store, premises.company.truth()).act(before, now)

    control = Control(clock, faults, moved)
    pages = Pages(clock, premises, zendesk, hubspot, linear_store, slack_store, faults, base_url)
    parts = (control, zendesk, hubspot, stripe, linear, slack, pages)
    app = Starlette(routes=[route for part in parts for route in part.routes])
    return FaultMiddleware(app, faults, _drop)


class SandboxServer:
    """The sandbox in a thread of this process. `url` is where it answers, without a slash at the end."""

    def __init__(
        self,
        state_dir: Path,
        *,
        port: int = 0,
        company: Company | None = None,
        rate_limits: RateLimits = DEFAULT_LIMITS,
    ) -> None:
        self._state_dir = state_dir
        self._port = port
        self._company = company
        self._limits = rate_limits
        self.url = ""

    def __enter__(self) -> Self:
        listener = _listen(self._port)
        self.url = f"http://{HOST}:{listener.getsockname()[1]}"
        self._state = State(self._state_dir)
        app = create_app(self._state, self.url, company=self._company, rate_limits=self._limits)
        self._server = _server(app)
        self._thread = threading.Thread(target=self._server.run, args=([listener],), daemon=True)
        self._thread.start()  # the socket listens already: requests wait until the thread is ready
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join(timeout=10)
        self._state.close()


def serve(state_dir: Path, port: int) -> None:
    """Serve until interrupted. Raises ConfigError when the port is taken."""
    listener = _listen(port)
    url = f"http://{HOST}:{listener.getsockname()[1]}"
    state = State(state_dir)
    print(f"The sandbox is at {url}: helpdesk {url}/zendesk, Linear {url}/board, Slack {url}/channels")
    try:
        _server(create_app(state, url)).run([listener])
    finally:
        state.close()


def _server(app: ASGIApp) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            app, http=_Protocol, log_level="warning", access_log=False, lifespan="off", timeout_keep_alive=30
        )
    )


def _listen(port: int) -> socket.socket:
    # The protocol is named because asyncio switches off the delay of small packets only where it is.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise ConfigError(f"port {port} cannot be used: {error.strerror}", "Name another with --port.") from error
    listener.listen(128)
    return listener
