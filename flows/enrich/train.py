"""Fits the embedder and the intent models on the company's own tickets.

An intent model is one taxonomy's: the seeds' for sources whose categories the mapping knows (and for those
without categories), else the source's own categories. A model is fitted again when its seeds or its code are
new, when there are more than REFIT_GROWTH more labelled tickets in all (of which the newest are read), when people
have corrected REFIT_CORRECTIONS more tickets, or when its confidence did not hold of later tickets; in between, the
same tickets keep the same intents.
"""

from __future__ import annotations

import logging
from typing import Any

import duckdb
import numpy as np
import polars as pl

from flows.core.run import Run
from flows.enrich import embedding, intent, models, reliability
from flows.enrich.batches import count
from flows.enrich.bugs import train_bugs
from flows.enrich.conversations import documents, read_conversations
from flows.enrich.corrections import corrected, corrections
from flows.enrich.embedders import beside, fuse, lacks, other_id
from flows.enrich.embedding import TfidfSvdEmbedder
from flows.enrich.intent import Example
from flows.enrich.labels import helpdesk_labels, taxonomies_of
from flows.enrich.messages import refresh_messages
from flows.enrich.models import EMBEDDER, SEEDED, IntentArtifact, Models
from flows.enrich.polarity import fit_polarity
from flows.enrich.satisfaction import fit_satisfaction
from flows.enrich.seeds import Seeds, read_seeds
from flows.enrich.space import TicketSpace
from flows.enrich.uncertain import WEIGHT, Taxonomy, ask_uncertain, labels_to_learn, measure
from flows.enrich.words import common_words
from flows.warehouse.duck import writer

log = logging.getLogger("groundswell")

REFIT_GROWTH = 0.1
REFIT_CORRECTIONS = 10  # an evening of somebody's work, which counts the next morning however large the history is
EMBEDDER_GROWTH = 0.5  # a language changes slowly, and words not seen before are read by their pieces
MAX_EXAMPLES = 12_000  # the newest labelled tickets of a taxonomy
MAX_NEAREST = 5_000  # the newest of them can be shown as nearest labelled tickets
MAX_DOCUMENTS = 40_000  # the newest tickets the embedder is fitted on


def train(run: Run) -> None:
    """Count how the models in force have done, ask a language model about uncertain tickets, where one is configured,
    then fit what needs fitting. Opens the warehouse."""
    with writer(run) as con:
        count_hits(con, run)
        ask_text_model(con, run)
        train_connection(con, run)


def train_connection(con: duckdb.DuckDBPyConnection, run: Run) -> Models:
    """The same on an open connection. Returns the models in force afterwards."""
    seeds = read_seeds(run.settings.dbt_dir)
    refresh_messages(con, run)
    found = models.load(run, taxonomies_of(con, run, seeds))
    fit_embedder(con, run, found)
    for taxonomy in sorted({SEEDED, *found.taxonomies.values()}):
        _fit_taxonomy(con, run, seeds, found, taxonomy)
    train_bugs(con, found)
    fit_polarity(con, run, found)
    fit_satisfaction(con, found)
    return found


def count_hits(con: duckdb.DuckDBPyConnection, run: Run) -> None:
    """Journal tonight's reliability of each intent model in force: see `reliability`."""
    seeds = read_seeds(run.settings.dbt_dir)
    taxonomies = taxonomies_of(con, run, seeds)
    for name, entry in sorted(models.current(run).items()):
        taxonomy = name.removeprefix("intent:")
        if taxonomy == name or taxonomy not in taxonomies.values():
            continue
        sources = sorted(source for source, own in taxonomies.items() if own == taxonomy)
        labels = helpdesk_labels(con, run, seeds, taxonomy, sources)
        labels = corrected(labels, corrections(run, taxonomy))
        con.register("labelled", labels.to_arrow())
        said = con.execute(
            _LATER, {"model_id": entry["model_id"], "fitted_at": entry["fitted_at"].replace(tzinfo=None)}
        ).pl()
        con.unregister("labelled")
        later = reliability.bins_of(said["confidence"].to_numpy(), said["hit"].to_numpy())
        reliability.record(run, name, entry["model_id"], entry.get("held_out", []), later)


# Tickets that came when the model was there already: it cannot have seen their labels. The guess is the model's where
# it abstained, and where a person has said otherwise since. What people alone have labelled is left out: they correct
# what they see to be wrong, which is no sample to count hits in.
_LATER = """
    with said as (
        select ticket_id, model_id, coalesce(intent_reasons->>'guess', intent) as intent,
            coalesce(intent_confidence, (intent_reasons->>'guess_confidence')::double) as confidence
        from enrich.tickets
    )
    select said.confidence, said.intent = labelled.label as hit
    from said
    inner join intermediate.int_tickets as t on t.ticket_id = said.ticket_id
    inner join labelled on labelled.ticket_id = said.ticket_id
    where said.model_id = $model_id and said.confidence is not null and t.created_at > $fitted_at
    order by said.ticket_id
"""


def ask_text_model(con: duckdb.DuckDBPyConnection, run: Run) -> None:
    """Ask the configured language model, if any, for the intents of the least certain tickets, and measure it."""
    if run.settings.models.text is None:
        return
    from flows.enrich.text_model import text_model  # its client takes a second to import

    model = text_model(run)
    if model is None:
        return
    seeds = read_seeds(run.settings.dbt_dir)
    found = models.load(run, taxonomies_of(con, run, seeds))
    names = [name for name in sorted({SEEDED, *found.taxonomies.values()}) if found.intents(name)]
    for name in names:
        taxonomy = _taxonomy(con, run, seeds, found, name)
        ask_uncertain(con, run, model, taxonomy, model.configured.uncertain_tickets // len(names))
        measure(run, taxonomy)


def _taxonomy(con: duckdb.DuckDBPyConnection, run: Run, seeds: Seeds, found: Models, name: str) -> Taxonomy:
    sources = sorted(source for source, own in found.taxonomies.items() if own == name)
    known = dict(helpdesk_labels(con, run, seeds, name, sources).iter_rows())
    known |= {ticket_id: said.intent for ticket_id, said in corrections(run, name).items()}
    if name == SEEDED:
        said = seeds.intents.select("intent", pl.concat_str("name", "description", separator=": ", ignore_nulls=True))
        return Taxonomy(name, sources, dict(said.iter_rows()), known)
    artifact = found.intents(name)
    return Taxonomy(name, sources, dict.fromkeys(artifact.model.classes if artifact else known.values(), ""), known)


def fit_embedder(con: duckdb.DuckDBPyConnection, run: Run, found: Models) -> None:
    """Fit the embedder when there is none, its code or the configured one changed, or the tickets outgrew it."""
    tickets = count(con, "intermediate.int_tickets where not coalesce(is_deleted, false)")
    known = found.embedder
    parameters: dict[str, Any] = {"code": embedding.VERSION, "other": other_id(run)}
    old = found.entries.get(EMBEDDER, {}).get("parameters", {})
    is_stale = any(old.get(key, "") != value for key, value in parameters.items())
    if not tickets or (
        known and not is_stale and tickets < (1 + EMBEDDER_GROWTH) * old.get("tickets", known.documents)
    ):
        return
    frame = read_conversations(
        con,
        "select ticket_id from intermediate.int_tickets where not coalesce(is_deleted, false)"
        f" order by created_at desc, ticket_id limit {MAX_DOCUMENTS}",
    ).sort("created_at", "ticket_id", descending=[True, False], nulls_last=True)
    texts, languages = documents(frame), frame["language"].to_list()
    common = common_words(texts, languages)
    try:
        fitted = TfidfSvdEmbedder.fit(texts, common)
    except ValueError:  # tickets without a word between them teach nothing
        return
    embedder = fuse(run, fitted)
    if embedder is None:
        if known:
            return
        embedder, parameters["other"] = fitted, ""  # until the service answers
    space = TicketSpace.fit(embedder, texts, languages, common)
    parameters |= {"dimensions": int(fitted.components.shape[1]), "tickets": tickets}
    body = {"trained_on": space.documents, "parameters": parameters, "metrics": {}}
    found.keep(EMBEDDER, space.model_id, space, body)


def _fit_taxonomy(con: duckdb.DuckDBPyConnection, run: Run, seeds: Seeds, found: Models, taxonomy: str) -> None:
    sources = sorted(source for source, name in found.taxonomies.items() if name == taxonomy)
    labels = helpdesk_labels(con, run, seeds, taxonomy, sources)
    allowed = set(seeds.intents["intent"] if taxonomy == SEEDED else labels["label"])
    said = corrections(run, taxonomy, allowed)
    taught = labels_to_learn(run, taxonomy, {*labels["ticket_id"], *said}, allowed)
    tickets = len({*labels["ticket_id"], *said}) + len(taught)  # in all: what is fitted is no more than so many
    labels = corrected(labels.tail(MAX_EXAMPLES), said)
    known = set(labels["ticket_id"])
    by_people = {ticket_id: one.intent for ticket_id, one in said.items() if ticket_id not in known}
    name = f"intent:{taxonomy}"
    parameters: dict[str, Any] = {**intent.PARAMETERS, "seeds": seeds.digest, "tickets": tickets}
    parameters["corrected"] = len(said)
    parameters["embedder"] = found.embedder.model_id if found.embedder else ""
    entry = found.entries.get(name)
    has_held = entry and entry["model_id"] not in reliability.failed(run)
    if entry and has_held and found.intents(taxonomy) and not _is_outgrown(entry["parameters"], parameters):
        return
    labelled = _conversations(con, labels)
    examples = [
        Example(text=text, intent=label, ticket_id=ticket_id)
        for text, label, ticket_id in zip(documents(labelled), labelled["label"], labelled["ticket_id"], strict=True)
    ]
    called = targets = bug_like = None
    if taxonomy == SEEDED:
        called = {row["intent"]: f"{row['name']}\n{row['description']}" for row in seeds.intents.iter_rows(named=True)}
        targets = dict(seeds.intents.select("intent", "target_precision").iter_rows())
        bug_like = dict(seeds.intents.select("intent", "is_bug_like").iter_rows())
        seeded = seeds.examples.select("example", "intent").iter_rows()
        examples = [*(Example(text, label) for text, label in seeded), *examples]
    # Like seed examples without a ticket: calibration is fitted on what the helpdesk says, and neither on what a model
    # says nor on what people saw to be wrong.
    read_by_people = _conversations(con, _frame(by_people))
    for read, weight in ((read_by_people, 1.0), (_conversations(con, _frame(taught)), WEIGHT)):
        beside_them = zip(documents(read), read["label"], strict=True)
        examples = [*(Example(text, label, weight=weight) for text, label in beside_them), *examples]
    if len({example.intent for example in examples}) < 2:
        return
    made_of = f"{name} {seeds.digest} {parameters['embedder']}"  # what its id stands for besides the examples
    other = beside(found.embedder.embedder) if found.embedder else None
    model, metrics = intent.fit_intents(
        made_of, examples, called=called, targets=targets, bug_like=bug_like, embedder=other
    )
    shown = pl.concat([labelled.tail(MAX_NEAREST), read_by_people]) if found.embedder else labelled.clear()
    points = np.zeros((0, 1), np.float32)
    if found.embedder:
        points = found.embedder.encode(documents(shown))
        whole = ~np.array(lacks(found.embedder.embedder, documents(shown)), dtype=bool)
        shown, points = shown.filter(pl.Series(whole)), points[whole]
    artifact = IntentArtifact(
        model, shown["ticket_id"].to_list(), shown["label"].to_list(), points, parameters["embedder"]
    )
    metrics |= {} if artifact.least_familiarity is None else {"least_familiarity": artifact.least_familiarity}
    body = {"trained_on": len(examples), "parameters": parameters, "metrics": metrics, "sources": sources}
    body["held_out"] = model.held_out
    found.keep(name, model.model_id, artifact, body)
    log.info("intent model %s: %s", taxonomy, metrics)


def _is_outgrown(old: dict[str, Any], new: dict[str, Any]) -> bool:
    same = all(old.get(key) == value for key, value in new.items() if key not in ("tickets", "corrected"))
    has_grown = new["tickets"] > max(20, (1 + REFIT_GROWTH) * old.get("tickets", 0))
    return not same or has_grown or new["corrected"] >= old.get("corrected", 0) + REFIT_CORRECTIONS


def _conversations(con: duckdb.DuckDBPyConnection, labels: pl.DataFrame) -> pl.DataFrame:
    """The conversations of labelled tickets with their `label`, oldest first, but for those that are deleted."""
    con.register("labelled", labels.to_arrow())
    frame = read_conversations(con, "select ticket_id from labelled")
    con.unregister("labelled")
    frame = frame.filter(~pl.col("is_deleted").fill_null(value=False))
    return frame.join(labels, on="ticket_id").sort("created_at", "ticket_id")


def _frame(labels: dict[str, str]) -> pl.DataFrame:
    schema = {"ticket_id": pl.String, "label": pl.String}
    return pl.DataFrame(list(labels.items()), schema, orient="row")
