"""Credentials that are missing, wrong or not enough, against the emulated vendors: told by the doctor and by a run.

Beside the vendor stands a source of files, which has to go on in every case.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from cases import Case, words
from cases_credentials import CASES
from shell import groundswell

from flows.demo import SECRETS
from flows.sandbox.company import Company
from flows.sandbox.server import SandboxServer

VENDORS = {
    "zendesk": '[sources.zendesk]\ntype = "zendesk"\nbase_url = "{url}/zendesk"\n',
    "hubspot": '[sources.hubspot]\ntype = "hubspot"\nbase_url = "{url}/hubspot"\n',
    "stripe": '[sources.stripe]\ntype = "stripe"\nbase_url = "{url}/stripe"\n',
    "linear": '[destinations.linear]\nteam = "ENG"\napi_url = "{url}/linear/graphql"\n',
    "slack": '[destinations.slack]\nalerts_channel = "C0ALERTS"\napi_url = "{url}/slack/api"\n',
}
RELEASES = '[sources.app]\ntype = "files"\n[sources.app.streams.releases]\npath = "releases.csv"\n'
PULL = ("run", "hourly", "--stage", "pull", "--format", "json")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    company = Company.simulate(seed=7, months=1, tickets_per_month=10)
    with SandboxServer(tmp_path_factory.mktemp("sandbox"), company=company) as sandbox:
        yield sandbox.url


def configured(folder: Path, vendor: str, url: str) -> Path:
    """A folder with one vendor, and files that need no credentials."""
    (folder / "releases.csv").write_text("product,version,released_at\napp,1.0,2026-01-01\n")
    (folder / "groundswell.toml").write_text(RELEASES + VENDORS[vendor].format(url=url))
    return folder


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_doctor_and_a_run_say_what_to_do_and_the_rest_goes_on(case: Case, tmp_path: Path, url: str) -> None:
    folder = configured(tmp_path, case.given["vendor"], url)
    env = SECRETS | case.given["env"]

    doctor = groundswell(folder, "doctor", env=env)
    assert case.given["doctor"] in doctor.said
    assert doctor.code == 1
    assert "ok source app" in doctor.said

    run = groundswell(folder, *PULL, env=env)
    report = json.loads(run.out)
    [problem] = report["problems"]
    assert problem.startswith(f"pull {case.given['vendor']}: ")
    assert case.says in words(problem)
    assert report["late_sources"] == {case.given["vendor"]: "last complete pull never"}
    assert report["counts"]["pulled.app.releases"] == 1
    assert run.code == 0
    assert "canary" not in doctor.said + run.said


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_doctor_is_soon_done_with_a_vendor_that_is_not_there(vendor: str, tmp_path: Path) -> None:
    folder = configured(tmp_path, vendor, "http://127.0.0.1:9")
    said = groundswell(folder, "doctor", env=SECRETS).said
    assert "Connection refused" in said and "tried 2 times" in said
    assert "in groundswell.toml" in said


def test_good_credentials_are_found_good(tmp_path: Path, url: str) -> None:
    (tmp_path / "releases.csv").write_text("product,version,released_at\napp,1.0,2026-01-01\n")
    everything = RELEASES + "".join(VENDORS.values()).format(url=url)
    (tmp_path / "groundswell.toml").write_text(everything)
    doctor = groundswell(tmp_path, "doctor", env=SECRETS)
    for name in ("source zendesk", "source hubspot", "source stripe", "linear", "slack"):
        assert f"ok {name}" in doctor.said
    assert "fail" not in doctor.said.replace("fail last run", "")
