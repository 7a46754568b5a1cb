"""What every test starts from: no configuration but its own."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest

HERE = Path(__file__).parent

# Files that wait for companies which live through many runs: these go first and the longest of them at once, since
# a worker has a file to itself and should not be left alone with a long one at the end.
LONG = (
    "faults/test_day_in_peace.py",
    "faults/test_bad_network.py",
    "faults/test_killed.py",
    "end_to_end/test_whole_runs.py",
    "scheduling/test_under_a_worker.py",
    "faults/test_disk.py",
    "end_to_end/test_missing_systems.py",
    "security/test_forget.py",
    "security/test_secrets.py",
    "faults/test_time.py",
    "security/test_hostile_texts.py",
    "end_to_end/test_under_prefect.py",
    "model/test_dbt_runner.py",
    "model/test_common_shape.py",
)

# The user's own settings and secrets stay out of the tests; only where the API descriptions lie is kept.
for _name in [name for name in os.environ if name.startswith("GROUNDSWELL_") and name != "GROUNDSWELL_SPECS"]:
    del os.environ[_name]


# Workers share few processors: a pool of threads in each takes more from the others than it gives to small frames.
for _name in ("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "GROUNDSWELL_THREADS"):
    os.environ.setdefault(_name, "1")
# A worker holds a million objects that are no garbage; to look through them as often as Python does takes minutes.
gc.set_threshold(50_000, 20, 10)


@pytest.fixture(autouse=True, scope="session")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Outside the checkout, where neither a groundswell.toml nor the demo's home is found."""
    os.chdir(tmp_path_factory.mktemp("elsewhere"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    assert all((HERE / name).is_file() for name in LONG)
    order = {HERE / name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: order.get(item.path, len(LONG)))
