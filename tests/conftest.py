"""What every test starts from: no configuration but its own."""

from __future__ import annotations

import os

import pytest

# The user's own settings and secrets stay out of the tests; only where the API descriptions lie is kept.
for _name in [name for name in os.environ if name.startswith("GROUNDSWELL_") and name != "GROUNDSWELL_SPECS"]:
    del os.environ[_name]


@pytest.fixture(autouse=True, scope="session")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Outside the checkout, where neither a groundswell.toml nor the demo's home is found."""
    os.chdir(tmp_path_factory.mktemp("elsewhere"))
