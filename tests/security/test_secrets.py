"""Secrets are in nothing that is written: not in the stores, models, pages, logs or tracebacks. The company's runs
see vendors that quote every header and body they were sent. (Under Prefect: tests/scheduling.)
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from echo import all_vendors_at, echoing_vendors
from hourly_runs import tiny_company
from search_everything import search_everything

from flows.core.errors import ConfigError, GroundswellError, VendorError
from flows.core.secrets import in_use, without_secrets
from flows.demo import SECRETS
from flows.settings import PROJECT_DIR, load_settings

pytestmark = pytest.mark.timeout(3600)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a company with its temporary files and all that its commands printed, with logging on."""
    folder = tmp_path_factory.mktemp("secrets")
    temporary = folder / "tmp"
    temporary.mkdir()
    with tiny_company(folder / "home"), echoing_vendors() as echo:
        but_the_helpdesk = all_vendors_at(f"{echo}/401")
        del but_the_helpdesk["GROUNDSWELL_SOURCES__ZENDESK__BASE_URL"]
        groundswell(folder, "-v", "run", "hourly", **but_the_helpdesk)
        groundswell(folder, "-v", "run", "hourly", "--stage", "pull", **all_vendors_at(f"{echo}/500"))
        groundswell(folder, "-v", "run", "hourly", "--stage", "push", **all_vendors_at(f"{echo}/500"))
        groundswell(folder, "-v", "doctor", fails=True, **all_vendors_at(f"{echo}/401"))
        groundswell(folder, "-v", "backfill", "--sample", fails=True, **all_vendors_at(f"{echo}/500"))
        _run(folder, ["-m", "flows.validate.docs"], {})
        yield folder


def groundswell(folder: Path, *arguments: str, fails: bool = False, **environment: str) -> None:
    _run(folder, ["-m", "flows.cli", *arguments], environment, fails=fails)


def _run(folder: Path, arguments: list[str], environment: dict[str, str], *, fails: bool = False) -> None:
    done = subprocess.run(
        [sys.executable, *arguments], env={**os.environ, "TMPDIR": str(folder / "tmp"), **environment},
        cwd=PROJECT_DIR, capture_output=True, text=True, timeout=3000, check=False,
    )  # fmt: skip
    with (folder / "printed.log").open("a") as log:
        log.write(f"--- {' '.join(arguments)}\n{done.stdout}{done.stderr}\n")
    assert (done.returncode != 0) == fails, done.stderr


def test_no_secret_is_in_anything_written(lived: Path) -> None:
    home = lived / "home"
    ours = [home / "env", home / "sandbox"]  # where the demo keeps them, and what the emulators write
    found = search_everything(lived, SECRETS.values(), skip=ours)
    assert [str(hit) for hit in found.hits] == []
    assert {"Parquet", "DuckDB", "JSON"} <= found.decoded.keys()


def test_the_vendors_did_quote_them(lived: Path) -> None:
    """Else the search would prove nothing: their words stand in the log, with what was masked in them."""
    printed = (lived / "printed.log").read_text()
    for vendor in ("zendesk", "hubspot", "stripe", "linear", "slack"):
        assert any("***" in line and vendor in line for line in printed.splitlines()), vendor
    assert list(lived.glob("home/**/data_docs/**/*.html")) or list(lived.glob("home/**/index.html"))


def test_a_secret_is_masked_as_it_is_in_base64_and_in_a_url() -> None:
    in_use("canary/secret+value")
    said = "canary/secret+value Y2FuYXJ5L3NlY3JldCt2YWx1ZQ== canary%2Fsecret%2Bvalue"
    assert without_secrets(said) == "*** *** ***"
    assert str(GroundswellError(said, "Look.")) == "*** *** ***. Look."
    assert str(VendorError("vendor", said)) == "vendor: *** *** ***"


def test_a_word_too_short_to_be_told_from_others_masks_nothing() -> None:
    in_use("the")
    assert without_secrets("on the way") == "on the way"


@pytest.mark.parametrize("key", ["GROUNDSWELL_LANDING_URL", "GROUNDSWELL_JOURNAL_URL"])
@pytest.mark.parametrize("url", ["sftp://me:canary-pass@host/x", "simplecache::sftp://me:canary-pass@host/x"])
def test_a_password_in_an_address_is_refused_and_not_repeated(
    key: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(key, url)
    with pytest.raises(ConfigError, match="must hold no password") as caught:
        load_settings()
    assert "canary-pass" not in str(caught.value)
