"""Emulators and dashboards are there for this machine alone, whatever the environment says."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.sandbox.server import SandboxServer
from flows.settings import PROJECT_DIR

PATIENCE = 300.0  # seconds


def addresses() -> list[str]:
    """Addresses that reach this machine and are not 127.0.0.1: a second one of loopback, and those of its network."""
    found = {"127.0.0.2", "::1"}
    with contextlib.suppress(OSError):
        found |= {str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None)}
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # sends nothing: tells which address would be used
        found.add(probe.getsockname()[0])
    return sorted(found - {"127.0.0.1"})


def answers(address: str, port: int) -> bool:
    try:
        with socket.create_connection((address, port), timeout=20):
            return True
    except OSError:
        return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def dashboards(folder: Path, *command: str, **environment: str) -> Iterator[int]:
    """The pages served by a command; the port it serves them at."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", *(part.format(port=port) for part in command)], cwd=folder,
        env={**os.environ, "GROUNDSWELL_HOME": str(folder), **environment},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        until = time.monotonic() + PATIENCE
        while not answers("127.0.0.1", port):
            assert process.poll() is None and time.monotonic() < until, "the pages were never served"
            time.sleep(0.5)
        yield port
    finally:
        os.killpg(process.pid, 9)
        process.wait()


def test_a_server_for_everybody_would_be_noticed() -> None:
    with socket.socket() as everybody:
        everybody.bind(("0.0.0.0", 0))
        everybody.listen()
        assert any(answers(address, everybody.getsockname()[1]) for address in addresses())


def test_the_emulators_listen_on_loopback_alone(tmp_path: Path) -> None:
    with SandboxServer(tmp_path) as sandbox:
        port = int(sandbox.url.rsplit(":", 1)[1])
        assert answers("127.0.0.1", port)
        assert [address for address in addresses() if answers(address, port)] == []


OURS = ("flows.cli", "dashboards", "--port", "{port}")
STREAMLIT = ("streamlit", "run", str(PROJECT_DIR / "dashboards" / "overview.py"), "--server.port", "{port}")


@pytest.mark.parametrize(
    ("command", "environment"),
    [(OURS, {"STREAMLIT_SERVER_ADDRESS": "0.0.0.0"}), (STREAMLIT, {})],
    ids=["groundswell dashboards, told otherwise", "streamlit run, from elsewhere"],
)
def test_the_dashboards_listen_on_loopback_alone(
    command: tuple[str, ...], environment: dict[str, str], tmp_path: Path
) -> None:
    with dashboards(tmp_path, *command, **environment) as port:
        assert [address for address in addresses() if answers(address, port)] == []
