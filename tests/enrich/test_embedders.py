"""Embedders beside the fitted one: of a service, from a folder, fused, and what they cost a run."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from enrich_world import add_ticket, make_run, make_warehouse
from openai_emulator import WIDTH, OpenAIEmulator, Reply, embedding, failing

from flows.core.errors import ConfigError
from flows.core.run import Run
from flows.doctor import checks
from flows.enrich import local_embedding
from flows.enrich.fused_embedding import FusedEmbedder
from flows.enrich.intent import Example, fit_intents
from flows.enrich.local_embedding import LocalEmbedder, local_embedder
from flows.enrich.models import load
from flows.enrich.protocols import Matrix
from flows.enrich.remote_embedding import RemoteEmbedder, Service
from flows.enrich.run import enrich_connection
from flows.enrich.train import train_connection
from flows.enrich.vectors import Vectors
from flows.forget.derived import folders
from flows.settings import Settings


def run_with(home: Path, *, hours: int = 0, embedder: str = "openai", **models: Any) -> Run:
    plain = make_run(home, hours=hours)
    settings = {**plain.settings.model_dump(), "models": {"embedder": embedder, **models}}
    return Run.start("hourly", Settings.model_validate(settings), now=plain.now)


def openai_run(home: Path, url: str, *, hours: int = 0, **more: Any) -> Run:
    return run_with(home, hours=hours, embeddings={"base_url": url, "model": "e", **more})


@pytest.fixture
def service() -> Iterator[OpenAIEmulator]:
    with OpenAIEmulator() as emulator:
        yield emulator


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-0123456789")


def remote(run: Run, width: int = WIDTH) -> RemoteEmbedder:
    configured = run.settings.models.embeddings
    assert configured is not None
    kept = Vectors(run.settings.home / "vectors" / "e.sqlite")
    return RemoteEmbedder("e", width, kept, Service(run, configured, "sk-test-0123456789"))


# -- a service


def test_vectors_come_in_order_with_length_1_and_are_paid_for_once(tmp_path: Path, service: OpenAIEmulator) -> None:
    texts = ["one", "two", "one", "", "three"]
    run = openai_run(tmp_path, service.url, batch_size=2)
    points = remote(run).encode(texts)
    assert points.shape == (5, WIDTH) and points.dtype == np.float32
    expected = np.array(embedding("two"))
    assert np.allclose(points[1], expected / np.linalg.norm(expected), atol=1e-3)
    assert np.allclose(np.linalg.norm(points[[0, 1, 4]], axis=1), 1, atol=1e-3)
    assert not points[3].any()
    assert [body["input"] for body in service.asked] == [["one", "two"], ["three"]]
    assert run.report.counts["embeddings.texts"] == 3
    again = openai_run(tmp_path, service.url, hours=1)
    assert (remote(again).encode(texts) == points).all()
    assert len(service.asked) == 2
    assert service.keys == {"Bearer sk-test-0123456789"}


def test_what_is_sent_is_redacted_and_no_text_is_kept(tmp_path: Path, service: OpenAIEmulator) -> None:
    remote(openai_run(tmp_path, service.url)).encode(["Mail jane@acme.example about card 4111 1111 1111 1111"])
    assert not any(secret in orjson.dumps(service.asked).decode() for secret in ("jane", "4111"))
    kept = b"".join(path.read_bytes() for path in (tmp_path / "vectors").iterdir())
    assert b"Mail" not in kept and b"about card" not in kept
    assert tmp_path / "vectors" in folders(make_run(tmp_path).settings), "`groundswell forget` deletes them"


def test_a_budget_ends_the_asking_and_the_next_run_goes_on(tmp_path: Path, service: OpenAIEmulator) -> None:
    texts = [f"text {number}" for number in range(10)]
    run = openai_run(tmp_path, service.url, texts_per_run=4, batch_size=3)
    first = remote(run)
    assert first.encode(texts).any(axis=1).sum() == 4
    assert first.lacks(texts) == [False] * 4 + [True] * 6
    assert first.encode(texts).any(axis=1).sum() == 4
    assert [len(body["input"]) for body in service.asked] == [3, 1]
    second = remote(openai_run(tmp_path, service.url, hours=1, texts_per_run=100))
    assert second.encode(texts).any(axis=1).all()


def test_dimensions_are_asked_for_where_they_are_set(tmp_path: Path, service: OpenAIEmulator) -> None:
    run = openai_run(tmp_path, service.url, dimensions=8)
    assert remote(run, 8).encode(["one"]).shape == (1, 8)
    assert service.asked[0]["dimensions"] == 8


def of(points: list[list[Any]]) -> Reply:
    data = [{"object": "embedding", "index": place, "embedding": point} for place, point in enumerate(points)]
    return Reply(body=orjson.dumps({"object": "list", "data": data, "model": "e"}))


BAD = {
    "500": failing(500),
    "429": failing(429),
    "401": Reply(401, b'{"error": {"message": "bad key"}}'),
    "silence": Reply(wait=1.0),
    "no json": Reply(body=b"<html>"),
    "another shape": Reply(body=b'{"data": "none"}'),
    "one too few": of([embedding("one")]),
    "another width": of([[0.5] * 5] * 2),
    "no numbers": of([[None] * WIDTH] * 2),
    "zeros": of([[0.0] * WIDTH] * 2),
    "texts": of([["a"] * WIDTH] * 2),
}


@pytest.mark.parametrize("how", BAD)
def test_a_service_that_fails_gives_zeros_and_is_told_once(tmp_path: Path, service: OpenAIEmulator, how: str) -> None:
    service.embed = lambda _: BAD[how]
    run = openai_run(tmp_path, service.url, batch_size=2)
    run.settings.timeout_seconds = 0.3
    embedder = remote(run)
    assert not embedder.encode(["one", "two", "three"]).any()
    tries = len(service.asked)
    assert embedder.lacks(["one"]) == [True]
    assert not embedder.encode(["four"]).any()
    assert len(service.asked) == tries
    (problem,) = run.report.problems
    assert "are read again later" in problem and "sk-test" not in problem


def test_tickets_without_a_vector_are_read_again_until_all_have_one(tmp_path: Path, service: OpenAIEmulator) -> None:
    con = make_warehouse(60)
    enrich_connection(con, openai_run(tmp_path, service.url))
    for number in range(30):
        add_ticket(con, f"z:n{number}", "Export fails", f"The CSV export number {number} fails", minute=900 + number)
    waiting = "select count(*) from enrich.tickets where model_id is null"
    left = []
    service.embed = lambda _: failing(500)
    for hour, budget in ((1, 12), (2, 12), (3, 12), (4, 12), (5, 12)):
        run = openai_run(tmp_path, service.url, hours=hour, texts_per_run=budget)
        enrich_connection(con, run)
        assert bool(run.report.problems) == (hour == 1), run.report.problems
        left.append(con.sql(waiting).fetchall()[0][0])
        service.embed = None
    assert left == [30, 18, 6, 0, 0]
    rows = "select * exclude (enriched_at) from enrich.tickets order by ticket_id"
    by_and_by = con.sql(rows).fetchall()
    con.execute("delete from enrich.tickets; delete from enrich.read_with")
    enrich_connection(con, openai_run(tmp_path, service.url, hours=6))
    assert con.sql(rows).fetchall() == by_and_by


def test_articles_without_a_vector_are_asked_for_again_and_tickets_matched_with_them(
    tmp_path: Path, service: OpenAIEmulator
) -> None:
    con = make_warehouse(30)
    enrich_connection(con, openai_run(tmp_path, service.url))
    for number in range(5):
        con.execute(
            "insert into intermediate.int_articles values (?, 'Refunds', ?, 'en', null)",
            [f"a:{number}", f"<p>How a refund of invoice {number} is paid out</p>"],
        )
    matched, similar = [], []
    for hour, budget in ((1, 2), (2, 2), (3, 2), (4, 2)):
        run = openai_run(tmp_path, service.url, hours=hour, texts_per_run=budget)
        enrich_connection(con, run)
        matched.append(run.report.counts["enrich.article_matches"])
        similar.append(con.sql("from enrich.article_matches order by ticket_id").fetchall())
    assert matched == [30, 0, 30, 0], "once with what there is, and once with all"
    assert similar[0] != similar[2] == similar[3]
    con.execute("delete from enrich.article_matches; delete from enrich.read_with where part = 'articles'")
    enrich_connection(con, openai_run(tmp_path, service.url, hours=5))
    assert con.sql("from enrich.article_matches order by ticket_id").fetchall() == similar[3]


def test_a_service_that_is_down_when_models_are_fitted_leaves_the_fitted_embedder(
    tmp_path: Path, service: OpenAIEmulator
) -> None:
    con = make_warehouse(30)
    service.embed = lambda _: failing(503)
    run = openai_run(tmp_path, service.url)
    enrich_connection(con, run)
    assert len(run.report.problems) == 1
    assert con.sql("select count(*) from enrich.tickets where model_id is not null").fetchall() == [(30,)]
    service.embed = None
    space = train_connection(con, openai_run(tmp_path, service.url, hours=1)).embedder
    assert space is not None and isinstance(space.embedder, FusedEmbedder)


def test_without_a_key_nothing_is_asked(
    tmp_path: Path, service: OpenAIEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    con = make_warehouse(30)
    run = openai_run(tmp_path, service.url)
    enrich_connection(con, run)
    assert service.asked == []
    assert [problem for problem in run.report.problems if "OPENAI_API_KEY" in problem] == run.report.problems != []
    assert con.sql("select count(*) from enrich.tickets").fetchall() == [(30,)]


# -- fused


def test_the_cosine_of_fused_points_is_the_mean_of_the_parts_cosines(tmp_path: Path, service: OpenAIEmulator) -> None:
    run = openai_run(tmp_path, service.url)
    one, other = remote(run), remote(openai_run(tmp_path / "b", service.url, dimensions=8), 8)
    texts = ["one", "two"]
    fused = FusedEmbedder((one, other), (0.25, 0.75)).encode(texts)
    cosines = [float(points[0] @ points[1]) for points in (one.encode(texts), other.encode(texts), fused)]
    assert cosines[2] == pytest.approx(0.25 * cosines[0] + 0.75 * cosines[1], abs=1e-3)


def test_where_one_part_knows_nothing_the_other_decides_alone(tmp_path: Path, service: OpenAIEmulator) -> None:
    knows = remote(openai_run(tmp_path, service.url))
    nothing = RemoteEmbedder("n", 4, None, None)
    points = FusedEmbedder((knows, nothing), (0.5, 0.5)).encode(["one", "two"])
    assert np.allclose(points[:, :WIDTH], knows.encode(["one", "two"]), atol=1e-3)
    assert not points[:, WIDTH:].any()


# -- a model in a folder

LIBRARY = """
import os
import numpy as np
assert os.environ["HF_HUB_OFFLINE"] == "1", "imported before it was told to stay offline"

class StaticModel:
    @classmethod
    def from_pretrained(cls, folder):
        return cls()

    def encode(self, texts, **_):
        return np.array([[text.count(letter) for letter in "etaoin"] for text in texts], dtype=float)
"""


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a model, and a library that stands in for the real one: it counts letters."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "model2vec.py").write_text(LIBRARY)
    packaged = tmp_path / "site" / "some_model" / "weights"
    packaged.mkdir(parents=True)
    (packaged.parent / "__init__.py").write_text("raise RuntimeError('a package of weights is not run')")
    (packaged / "config.json").write_text("{}")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "config.json").write_text("{}")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    for name in local_embedding.OFFLINE:
        monkeypatch.delenv(name, raising=False)
    yield tmp_path / "folder"
    sys.modules.pop("model2vec", None)
    for name in local_embedding.OFFLINE:
        monkeypatch.delenv(name, raising=False)


def test_a_static_model_from_a_folder_or_a_package(library: Path) -> None:
    embedder = local_embedder("static", str(library), None)
    points = embedder.encode(["tea", "note", ""])
    assert np.allclose(np.linalg.norm(points, axis=1), [1, 1, 0], atol=1e-3)
    assert (embedder.encode(["note", "tea"]) == points[[1, 0]]).all()
    packaged = local_embedder("static", None, "some_model")
    assert Path(packaged.folder).name == "weights"
    assert packaged.model_id == embedder.model_id
    assert pickle.loads(pickle.dumps(embedder))._model is None
    (library / "config.json").write_text('{"other": 1}')
    assert local_embedder("static", str(library), None).model_id != embedder.model_id


def test_what_it_has_computed_is_kept(library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    embedder = local_embedder("static", str(library), None)
    embedder.vectors = Vectors(tmp_path / "v.sqlite")
    points = embedder.encode(["tea", "note"])
    again = local_embedder("static", str(library), None)
    again.vectors = embedder.vectors
    monkeypatch.setattr(local_embedding, "_load", lambda *_: pytest.fail("it was computed already"))
    assert (again.encode(["note", "tea", "note"]) == points[[1, 0, 1]]).all()


def test_a_run_that_is_stopped_keeps_what_was_computed(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedder = local_embedder("static", str(library), None)
    embedder.vectors = Vectors(tmp_path / "v.sqlite")
    compute, asked = embedder._compute, []

    def stopped_at_the_second(texts: list[str]) -> Matrix:
        asked.append(texts)
        if len(asked) == 2:
            raise KeyboardInterrupt
        return compute(texts)

    monkeypatch.setattr(local_embedding, "KEPT", 2)
    monkeypatch.setattr(embedder, "_compute", stopped_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        embedder.encode(["tea", "note", "inn", "toe", "oat"])
    assert list(embedder.vectors.known(["tea", "note", "inn", "toe", "oat"])) == asked[0] == ["inn", "note"]
    assert embedder.encode(["tea", "note", "inn", "toe", "oat"]).shape == (5, 6)
    assert asked[2:] == [["oat", "tea"], ["toe"]]


def test_tickets_are_read_with_it_fused_with_the_fitted_one(library: Path, tmp_path: Path) -> None:
    con = make_warehouse(30)
    run = run_with(tmp_path / "home", embedder="static", path=str(library))
    enrich_connection(con, run)
    space = train_connection(con, run).embedder
    assert space is not None and isinstance(space.embedder, FusedEmbedder)
    assert con.sql("select count(*) from enrich.tickets where intent is not null").fetchall()[0][0] > 20
    assert run.report.counts["enrich.models_fitted"] == 2
    artifact = load(run, {}).intents("intents")
    assert artifact is not None and isinstance(artifact.model.features.embedder, LocalEmbedder)
    assert artifact.model.features.embedder.vectors is not None, "given its place when it is loaded"
    plain = train_connection(con, make_run(tmp_path / "home", hours=1))
    assert plain.embedder is not None and not isinstance(plain.embedder.embedder, FusedEmbedder)


class Meaning:
    """Knows of two words what they mean."""

    model_id = "meaning"

    def encode(self, texts: list[str]) -> Matrix:
        return np.array(
            [["money" in text or "жжж" in text, "login" in text or "яяя" in text] for text in texts], np.float32
        )


def test_an_intent_model_knows_by_it_what_words_alone_do_not_tell() -> None:
    texts = {"refund": "money for order {}", "access": "login of user {}"}
    examples = [Example(text.format(n), intent) for n in range(30) for intent, text in texts.items()]
    with_it, without = (fit_intents("i", examples, embedder=embedder)[0] for embedder in (Meaning(), None))
    said = [[one.intent for one in model.predict(["жжж", "яяя"])] for model in (with_it, without)]
    assert said[0] == ["refund", "access"]
    assert len(set(said[1])) == 1, "words that it has never seen are alike to it"


@pytest.mark.parametrize(
    ("kind", "path", "package", "says"),
    [
        ("sentence", "folder", None, "pip install 'groundswell[sentence]'"),
        ("static", "nowhere", None, "nothing is downloaded"),
        ("static", "site", None, "nothing is downloaded"),
        ("static", None, "no_such_package", "Check [models] package"),
        ("static", None, "json", "Check [models] package"),
    ],
)
def test_what_is_missing_is_said(
    library: Path, monkeypatch: pytest.MonkeyPatch, kind: Any, path: str | None, package: str | None, says: str
) -> None:
    monkeypatch.setitem(local_embedding.LIBRARIES, "sentence", "not_installed")
    with pytest.raises(ConfigError) as raised:
        local_embedder(kind, path and str(library.parent / path), package)
    assert says in str(raised.value)


def test_the_doctor_says_which_models_cannot_be_used(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def said(**models: Any) -> dict[str, tuple[bool | None, str]]:
        settings = run_with(tmp_path / "home", **models).settings
        return {check.name: (check.ok, check.says) for check in checks(settings)}

    assert said(embedder="static", path=str(library))["embedder"] == (True, str(library))
    assert said(embedder="static", path=str(tmp_path / "nowhere"))["embedder"][0] is False
    text = {"text": {"base_url": "http://127.0.0.1:1/v1", "model": "m"}}
    assert said(embedder="fitted", **text)["language model"] == (True, "m at http://127.0.0.1:1/v1")
    monkeypatch.delenv("OPENAI_API_KEY")
    assert said(embedder="fitted", **text)["language model"] == (None, "OPENAI_API_KEY is not set: nothing is asked")
    assert not {"embedder", "embeddings", "language model"} & said(embedder="fitted").keys()
