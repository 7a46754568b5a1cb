"""Which titles of a language model are taken, and that new topics get them."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from enrich_world import make_run, make_warehouse
from openai_emulator import OpenAIEmulator

from flows.core.run import Run
from flows.enrich.titles import Title, is_grounded
from flows.enrich.topics import discover_connection
from flows.settings import Settings

TITLES = ["Export to CSV fails", "CSV-Export bricht ab", "Exports stop halfway", "El botón de exportar no va"]


@pytest.mark.parametrize(
    ("title", "is_taken"),
    [
        ("Export fails", False),  # only one says that it fails
        ("Exporting to CSV", True),  # forms of a word count as one
        ("CSV exports", True),
        ("Export, halfway", True),  # the topic's own word, which one title holds as well
        ("export of the CSV", True),
        ("of the", False),
        ("", False),
        ("CSV export!", False),
        ("CSV export\n", False),
        ("CSV  export", False),
        ("@CSV export", False),
        ("csv.export", False),
    ],
)
def test_a_title_is_taken_where_the_tickets_say_the_same(title: str, is_taken: bool) -> None:
    assert is_grounded(Title(title=title), {"titles": TITLES, "words": ["halfway", "button"]}) is is_taken


def discovered(home: Path, url: str, **text: object) -> tuple[Run, dict[str, str]]:
    plain = make_run(home)
    models = {"text": {"base_url": url, "model": "m", **text}}
    run = Run.start(
        "nightly", Settings.model_validate({**plain.settings.model_dump(), "models": models}), now=plain.now
    )
    discover_connection(make_warehouse(90), run)
    return run, {key: body["label"] for key, body in run.journal.latest("topic").items()}


def test_new_topics_get_the_titles_that_are_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def titled(body: dict) -> str:
        first = orjson.loads(body["messages"][1]["content"])["titles"][0]
        return orjson.dumps({"title": "Refund @here" if "efund" in first else first.upper()}).decode()

    with OpenAIEmulator(titled) as service:
        _, without = discovered(tmp_path / "without", service.url)
        assert service.asked == []
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test-0123456789")
        _, unwanted = discovered(tmp_path / "unwanted", service.url, titles=False)
        assert service.asked == []
        run, labels = discovered(tmp_path / "with", service.url)
    assert unwanted == without
    assert labels.keys() == without.keys()
    assert sorted(labels.values()) == ["CANNOT LOG IN", "EXPORT FAILS WITH ERR-4012", "Refund please"]
    assert (run.report.counts["text_model.titles_asked"], run.report.counts["text_model.titles_taken"]) == (3, 2)
