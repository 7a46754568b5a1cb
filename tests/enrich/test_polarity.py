"""The scorer that a company has fitted on its own labelled messages."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import polars as pl
import pytest
from enrich_world import add_ticket, make_run, make_warehouse

from flows.core.errors import ConfigError
from flows.core.run import Run
from flows.enrich import polarity
from flows.enrich.models import current, load
from flows.enrich.polarity import (
    CLASSES,
    MIN_LABELS,
    MIN_OF_A_CLASS,
    PolarityModel,
    fit_polarity,
    is_enough,
    read_labels,
)  # fmt: skip
from flows.enrich.run import enrich_connection
from flows.enrich.train import train_connection
from flows.settings import Settings

# A trade's own words: the lexicon knows none of them.
WORDS = {
    "negative": ("the pump is leaking again", "belt slips under load", "axle seized after a day"),
    "positive": ("runs cool and smooth as silk", "the belt grips like new", "quiet as a mouse now"),
    "neutral": ("please send the drawing of the pump", "which belt fits the axle", "we ordered four axles"),
}


def examples(count: int, seed: int = 0) -> tuple[list[str], list[str]]:
    draw = random.Random(seed)
    labels = [CLASSES[place % 3] for place in range(count)]
    return [f"{draw.choice(WORDS[label])}, number {draw.randint(1, 99)}" for label in labels], labels


@pytest.fixture(scope="module")
def model() -> PolarityModel:
    return PolarityModel(*examples(300))


def test_it_learns_the_words_of_the_trade(model: PolarityModel) -> None:
    assert model.macro_f1 > 0.9
    sour, plain, pleased = model.scores(["the pump is leaking", "which belt fits?", "runs smooth and quiet"])
    assert -1 <= sour < -0.4 < plain < 0.4 < pleased <= 1


def test_probabilities_sum_to_one_and_do_not_depend_on_the_batch(model: PolarityModel) -> None:
    texts = [*examples(20, seed=1)[0], "", "🎉 :-) !!!", "x" * 100_000]
    together = model.probabilities(texts)
    assert together.sum(axis=1) == pytest.approx(1)
    assert model.scores(texts) == [model.scores([text])[0] for text in texts]


def test_the_same_labels_in_any_order_are_the_same_model(model: PolarityModel) -> None:
    texts, labels = examples(300)
    assert PolarityModel(texts[::-1], labels[::-1]).model_id == model.model_id
    assert PolarityModel(texts, [*labels[:-1], "negative"]).model_id != model.model_id


def test_enough_is_a_number_of_each_class() -> None:
    few = ["negative"] * MIN_OF_A_CLASS + ["positive"] * MIN_OF_A_CLASS
    assert is_enough(few + ["neutral"] * (MIN_LABELS - len(few)))
    assert not is_enough(few + ["neutral"] * (MIN_LABELS - len(few) - 1))
    assert not is_enough(few[1:] + ["neutral"] * MIN_LABELS)


def test_a_company_s_labels_score_its_messages_from_the_next_reading_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polarity, "MIN_LABELS", 60)
    monkeypatch.setattr(polarity, "MIN_OF_A_CLASS", 10)
    con = make_warehouse(6)
    texts, labels = examples(90)
    for number, text in enumerate(texts):
        add_ticket(con, f"z:p{number}", "Pump", text, minute=100 + number)
    add_ticket(con, "z:new", "Pump", "The axle seized, belt slips", minute=900)
    run = make_run(tmp_path)
    enrich_connection(con, run)
    score = "select sentiment from enrich.messages where message_id = 'z:new/1'"
    assert con.sql(score).fetchall() == [(0.0,)]
    seeds = tmp_path / "project" / "dbt_project" / "seeds"
    shutil.copytree(run.settings.dbt_dir / "seeds", seeds)
    monkeypatch.setattr("flows.settings.PROJECT_DIR", tmp_path / "project")
    rows = [f"z:p{number}/1,{label}" for number, label in enumerate(labels)]
    (seeds / polarity.LABELS).write_text("\n".join(["message_id,polarity", *rows, "z:gone/1,neutral"]) + "\n")
    later = make_run(tmp_path, hours=1)
    train_connection(con, later)
    (entry,) = [body for body in later.journal.latest("model").values() if body["name"] == polarity.NAME]
    assert entry["trained_on"] == 90
    assert entry["metrics"]["macro_f1"] > entry["metrics"]["lexicon_baseline"]
    last_score = "select sentiment_last from enrich.tickets where ticket_id = 'z:new'"
    assert con.sql(last_score).fetchall() == [(0.0,)]
    left = []
    for hour in range(2, 6):  # a few tickets a run, the newest first, without reading a message again
        hourly = bounded(tmp_path, hours=hour)
        enrich_connection(con, hourly)
        counts = hourly.report.counts
        assert counts["enrich.messages"] == 0
        assert counts["enrich.tickets"] == counts["enrich.messages_scored_again"] <= 40
        assert con.sql(score).fetchall()[0][0] < -0.3
        left.append(counts.get("enrich.messages_left"))
    assert left == [57, 17, 0, None]
    assert con.sql(last_score).fetchall()[0][0] < -0.3
    add_ticket(con, "z:later", "Pump", "The pump is leaking", minute=950)
    last = make_run(tmp_path, hours=7)
    train_connection(con, last)
    enrich_connection(con, last)
    assert last.report.counts["enrich.tickets"] == 1
    model = "select polarity_model = ? from enrich.messages where ticket_id in ('z:later', 'z:new')"
    assert con.execute(model, [entry_id(last)]).fetchall() == [(True,), (True,)]


def bounded(home: Path, *, hours: int) -> Run:
    """An hourly run that reads 40 tickets again for a new model."""
    made = make_run(home, hours=hours)
    settings = Settings.model_validate({**made.settings.model_dump(), "models": {"reread_hourly": 40}})
    return Run.start("hourly", settings, now=made.now)


def entry_id(run: Run) -> str:
    return current(run)[polarity.NAME]["model_id"]


def test_a_model_that_is_no_better_than_the_lexicon_is_fitted_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polarity, "MIN_LABELS", 6)
    monkeypatch.setattr(polarity, "MIN_OF_A_CLASS", 2)
    con, run = make_warehouse(6), make_run(tmp_path)
    enrich_connection(con, run)
    labels = pl.DataFrame(
        {"message_id": [f"z:{n}/1" for n in range(6)], "polarity": [CLASSES[n % 3] for n in range(6)]}
    )
    monkeypatch.setattr(polarity, "read_labels", lambda _: labels)
    fitted: list[int] = []

    class Guesses:
        """Right about nothing."""

        macro_f1 = 0.0

        def __init__(self, texts: list[str], _: list[str]) -> None:
            fitted.append(len(texts))

    monkeypatch.setattr(polarity, "PolarityModel", Guesses)
    fit_polarity(con, run, load(run, {}))
    fit_polarity(con, run, load(run, {}))
    assert fitted == [6]
    labels = labels.with_columns(polarity=pl.col("polarity").reverse())
    fit_polarity(con, run, load(run, {}))
    assert fitted == [6, 6], "other labels are another model"


@pytest.mark.parametrize(
    ("text", "said"),
    [("message_id,feeling\na,negative\n", "cannot be read"), ("message_id,polarity\na,angry\n", "holds 'angry'")],
)
def test_a_file_of_labels_that_is_wrong_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "seeds").mkdir()
    assert read_labels(tmp_path).is_empty()
    (tmp_path / "seeds" / polarity.LABELS).write_text(text)
    with pytest.raises(ConfigError, match=said):
        read_labels(tmp_path)
