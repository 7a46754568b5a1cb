"""What every test starts from: no configuration but its own, and a folder to itself."""

from __future__ import annotations

import os

import pytest

KEPT = {"GROUNDSWELL_SPECS"}


@pytest.fixture(autouse=True)
def no_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    """The user's own settings and secrets stay out of the tests."""
    for name in list(os.environ):
        if name.startswith("GROUNDSWELL_") and name not in KEPT:
            monkeypatch.delenv(name)
