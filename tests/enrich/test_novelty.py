"""A new phrasing of a known intent and a ticket like nothing seen before are told apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from enrich_world import add_ticket, make_run, make_warehouse

from flows.enrich.embedding import TfidfSvdEmbedder
from flows.enrich.intent import Example, fit_intents
from flows.enrich.models import IntentArtifact
from flows.enrich.novelty import MIN_TICKETS, NEW_PHRASING, UNSEEN, familiarity, least_familiarity, novelty
from flows.enrich.run import enrich_connection

POOLS = {
    "refund": "refund money payment charge invoice card bank twice amount receipt credit statement",
    "login": "password login locked account reset code phone token session expired username mail",
    "export": "export csv excel report download file column sheet pdf table rows format",
    "unlabelled": "parrot feather cage seed water perch wing beak moult bird aviary nest",
}
FILLERS = "please today again our team urgent hello since still cannot"


def said(name: str, count: int, seed: int) -> list[str]:
    chance = np.random.default_rng(seed)
    return [
        " ".join([*chance.choice(POOLS[name].split(), 5), *chance.choice(FILLERS.split(), 3)]) for _ in range(count)
    ]


def test_what_fits_an_intent_or_is_like_a_labelled_ticket_is_familiar() -> None:
    assert familiarity(0.4, [{"similarity": 0.3}, {"similarity": 0.2}]) == 0.7
    assert familiarity(0.4, []) == 0.4


def test_below_nearly_all_that_is_held_out_is_unseen() -> None:
    least = least_familiarity([0.1] * 2 + [0.5 + n / 1000 for n in range(98)])
    assert least is not None and 0.5 <= least < 0.51
    assert novelty(0.3, least) == UNSEEN
    assert novelty(least, least) == NEW_PHRASING
    assert least_familiarity([0.5] * (MIN_TICKETS - 1)) is None
    assert novelty(0.0, None) is None


def test_an_intent_that_nobody_labelled_is_told_from_new_phrasings_of_known_ones() -> None:
    known = sorted(POOLS)[:3]
    texts = [text for name in known for text in said(name, 60, 1)]
    labels = [name for name in known for _ in range(60)]
    ids = list(map(str, range(len(texts))))
    rows = zip(texts, labels, ids, strict=True)
    model, _ = fit_intents("x", [Example(text, label, ticket_id=key) for text, label, key in rows])
    everything = [*texts, *said("unlabelled", 60, 1)]
    embedder = TfidfSvdEmbedder.fit(everything, ["en"] * len(everything))
    artifact = IntentArtifact(model, ids, labels, embedder.encode(texts), "")

    def unseen(asked: list[str]) -> float:
        near = artifact.nearest([""] * len(asked), embedder.encode(asked))
        fits = [prediction.fit for prediction in model.predict(asked)]
        least = artifact.least_familiarity
        found = [novelty(familiarity(fit, tickets), least) for fit, tickets in zip(fits, near, strict=True)]
        assert None not in found
        return found.count(UNSEEN) / len(found)

    assert unseen([text for name in known for text in said(name, 40, 2)]) < 0.2
    assert unseen(said("unlabelled", 40, 2)) > 0.8


def test_a_ticket_says_what_is_new_about_it_where_no_intent_is_claimed(tmp_path: Path) -> None:
    con = make_warehouse()
    for number in range(3):
        add_ticket(con, f"z:bird{number}", "Parrot moulting", "Feathers all over our aviary perch", minute=900 + number)
    enrich_connection(con, make_run(tmp_path))
    rows = con.sql("select ticket_id, intent_status, intent_novelty from enrich.tickets order by ticket_id").fetchall()
    birds = [row[1:] for row in rows if "bird" in row[0]]
    assert birds == [("abstained", "unseen")] * 3
    assert {row[2] for row in rows if row[1] == "predicted"} == {None}
