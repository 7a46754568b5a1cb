"""Pages that come wrong: the one before once more, or a right one that leads back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from flows.demo import SECRETS
from flows.sandbox.company import Company
from flows.sandbox.limits import RateLimits
from flows.sandbox.server import SandboxServer


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxServer]:
    company = Company.simulate(seed=7, months=1, tickets_per_month=30)
    folder = tmp_path_factory.mktemp("sandbox")
    with SandboxServer(folder, company=company, rate_limits=RateLimits(speed=0)) as server:
        yield server


def order(sandbox: SandboxServer, kind: str) -> None:
    """A fault for the second page of a list: pages are remembered while a fault is waiting."""
    httpx.post(f"{sandbox.url}/control/faults", json={"vendor": "zendesk", "kind": kind, "match": "after"})


def ratings(sandbox: SandboxServer, after: str | None = None) -> dict[str, Any]:
    """A page of two ratings."""
    params = {"page[size]": "2"} | ({"page[after]": after} if after else {})
    auth = (f"{SECRETS['GROUNDSWELL_ZENDESK_EMAIL']}/token", SECRETS["GROUNDSWELL_ZENDESK_API_TOKEN"])
    answer = httpx.get(f"{sandbox.url}/zendesk/api/v2/satisfaction_ratings", params=params, auth=auth).json()
    assert isinstance(answer, dict) and len(answer["satisfaction_ratings"]) == 2, answer
    return answer


def test_the_page_before_comes_once_more(sandbox: SandboxServer) -> None:
    order(sandbox, "repeat_page")
    first = ratings(sandbox)
    assert ratings(sandbox, first["meta"]["after_cursor"]) == first
    second = ratings(sandbox, first["meta"]["after_cursor"])
    assert second["satisfaction_ratings"] != first["satisfaction_ratings"]


def test_a_right_page_leads_back(sandbox: SandboxServer) -> None:
    order(sandbox, "cursor_back")
    first = ratings(sandbox)
    second = ratings(sandbox, first["meta"]["after_cursor"])
    assert second["satisfaction_ratings"] != first["satisfaction_ratings"]
    assert second["meta"]["after_cursor"] == first["meta"]["after_cursor"]
