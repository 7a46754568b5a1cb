"""A published copy to look at, once for all dashboard tests."""

from __future__ import annotations

from pathlib import Path

import pytest
import serving_copy


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a serving copy."""
    home = tmp_path_factory.mktemp("home")
    serving_copy.write(home)
    return home
