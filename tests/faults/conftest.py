from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def in_peace(tmp_path_factory: pytest.TempPathFactory, testrun_uid: str) -> Path:
    """Where the workers of a test run share what a company has lived through in peace."""
    return tmp_path_factory.getbasetemp().parent / f"in-peace-{testrun_uid}.pickle"


@pytest.fixture(scope="session")
def prepared_once(tmp_path_factory: pytest.TempPathFactory, testrun_uid: str) -> Path:
    """Where they share a small company just before an hourly run."""
    return tmp_path_factory.getbasetemp().parent / f"prepared-{testrun_uid}"
