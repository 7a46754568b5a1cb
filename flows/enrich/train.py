"""Fits the embedder and the intent models on the company's own tickets.

An intent model is one taxonomy's: the seeds' for sources whose categories the mapping knows (and for those
without categories), else the source's own categories. A model is fitted again when its seeds, its code or more
than REFIT_GROWTH of its training tickets are new, or when its confidence did not hold of later tickets; in between, the
same tickets keep the same intents.
"""

from __future__ import annotations

import logging
from collections import Counter
from typing import Any

import duckdb
import numpy as np
import polars as pl

from flows.core.run import Run
from flows.enrich import embedding, intent, models, reliability
from flows.enrich.batches import count
from flows.enrich.bugs import train_bugs
from flows.enrich.conversations import documents, read_conversations
from flows.enrich.embedders import beside, fuse, lacks, other_id
from flows.enrich.embedding import TfidfSvdEmbedder
from flows.enrich.intent import Example
from flows.enrich.messages import refresh_messages
from flows.enrich.models import EMBEDDER, SEEDED, IntentArtifact, Models
from flows.enrich.polarity import fit_polarity
from flows.enrich.satisfaction import fit_satisfaction
from flows.enrich.seeds import Seeds, read_seeds, slug
from flows.enrich.space import TicketSpace
from flows.enrich.uncertain import WEIGHT, Taxonomy, ask_uncertain, labels_to_learn, measure
from flows.enrich.words import common_words
from flows.warehouse.duck import writer

log = logging.getLogger("groundswell")

REFIT_GROWTH = 0.1
EMBEDDER_GROWTH = 0.5  # a language changes slowly, and words not seen before are read by their pieces
MAX_EXAMPLES = 12_000  # the newest labelled tickets of a taxonomy
MAX_NEAREST = 5_000  # the newest of them can be shown as nearest labelled tickets
MAX_DOCUMENTS = 40_000  # the newest tickets the embedder is fitted on
MIN_CATEGORY = 50  # labelled tickets before a source's own category is an intent of its own
BLOCKS = 20
MIN_BLOCK = 100
NO_CATEGORY = {"", "other", "undefined", "general", "misc", "none", "unknown", "n_a"}


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
        labels = _labels(con, run, seeds, taxonomy, sorted(s for s, own in taxonomies.items() if own == taxonomy))
        con.register("labelled", labels.to_arrow())
        said = con.execute(
            _LATER, {"model_id": entry["model_id"], "fitted_at": entry["fitted_at"].replace(tzinfo=None)}
        ).pl()
        con.unregister("labelled")
        later = reliability.bins_of(said["confidence"].to_numpy(), said["hit"].to_numpy())
        reliability.record(run, name, entry["model_id"], entry.get("held_out", []), later)


# Tickets that came when the model was there already: it cannot have seen their labels.
_LATER = """
    select read.intent_confidence as confidence,
        coalesce(read.intent, json_extract_string(read.intent_reasons, '$.guess')) = labelled.label as hit
    from enrich.tickets as read
    inner join intermediate.int_tickets as t on t.ticket_id = read.ticket_id
    inner join labelled on labelled.ticket_id = read.ticket_id
    where read.model_id = $model_id and read.intent_confidence is not null and t.created_at > $fitted_at
    order by read.ticket_id
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
    known = dict(_labels(con, run, seeds, name, sources).iter_rows())
    if name == SEEDED:
        said = seeds.intents.select("intent", pl.concat_str("name", "description", separator=": ", ignore_nulls=True))
        return Taxonomy(name, sources, dict(said.iter_rows()), known)
    artifact = found.intents(name)
    return Taxonomy(name, sources, dict.fromkeys(artifact.model.classes if artifact else known.values(), ""), known)


def taxonomies_of(con: duckdb.DuckDBPyConnection, run: Run, seeds: Seeds) -> dict[str, str]:
    """Source -> taxonomy: its own name where it has categories and the mapping knows none of them."""
    mapped = set(seeds.category_map.select("source_type", "category").iter_rows())
    found: dict[str, str] = {}
    rows = con.sql("select source, category from intermediate.int_tickets group by all order by all").fetchall()
    for source in sorted({source for source, _ in rows}):
        own = {slug(category) for name, category in rows if name == source and category} - NO_CATEGORY
        kind = source_type(run, source)
        is_own = bool(own) and not any((kind, category) in mapped for category in own)
        found[source] = source if is_own else SEEDED
    return found


def source_type(run: Run, source: str) -> str:
    configured = run.settings.sources.get(source)
    return configured.type if configured else source


def fit_embedder(con: duckdb.DuckDBPyConnection, run: Run, found: Models) -> None:
    """Fit the embedder when there is none, its code or the configured one changed, or the tickets outgrew it."""
    tickets = count(con, "intermediate.int_tickets where not coalesce(is_deleted, false)")
    known = found.embedder
    parameters: dict[str, Any] = {"code": embedding.VERSION, "other": other_id(run)}
    old = found.entries.get(EMBEDDER, {}).get("parameters", {})
    is_stale = any(old.get(key, "") != value for key, value in parameters.items())
    if not tickets or (
        known and not is_stale and min(tickets, MAX_DOCUMENTS) < (1 + EMBEDDER_GROWTH) * known.documents
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
    parameters["dimensions"] = int(fitted.components.shape[1])
    body = {"trained_on": space.documents, "parameters": parameters, "metrics": {}}
    found.keep(EMBEDDER, space.model_id, space, body)


def _fit_taxonomy(con: duckdb.DuckDBPyConnection, run: Run, seeds: Seeds, found: Models, taxonomy: str) -> None:
    sources = sorted(source for source, name in found.taxonomies.items() if name == taxonomy)
    labels = _labels(con, run, seeds, taxonomy, sources)
    allowed = set(seeds.intents["intent"] if taxonomy == SEEDED else labels["label"])
    taught = labels_to_learn(run, taxonomy, set(labels["ticket_id"]), allowed)
    labels = labels.tail(MAX_EXAMPLES)
    name = f"intent:{taxonomy}"
    parameters: dict[str, Any] = {**intent.PARAMETERS, "seeds": seeds.digest, "tickets": len(labels) + len(taught)}
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
    if taught:  # like seed examples without a ticket, so that calibration is fitted on what people said alone
        read = _conversations(con, pl.DataFrame({"ticket_id": list(taught), "label": list(taught.values())}))
        by_model = zip(documents(read), read["label"], strict=True)
        examples = [*(Example(text, label, weight=WEIGHT) for text, label in by_model), *examples]
    if len({example.intent for example in examples}) < 2:
        return
    made_of = f"{name} {seeds.digest} {parameters['embedder']}"  # what its id stands for besides the examples
    other = beside(found.embedder.embedder) if found.embedder else None
    model, metrics = intent.fit_intents(
        made_of, examples, called=called, targets=targets, bug_like=bug_like, embedder=other
    )
    shown = labelled.tail(MAX_NEAREST) if found.embedder else labelled.clear()
    points = np.zeros((0, 1), np.float32)
    if found.embedder:
        points = found.embedder.encode(documents(shown))
        whole = ~np.array(lacks(found.embedder.embedder, documents(shown)), dtype=bool)
        shown, points = shown.filter(pl.Series(whole)), points[whole]
    artifact = IntentArtifact(
        model, shown["ticket_id"].to_list(), shown["label"].to_list(), points, parameters["embedder"]
    )
    metrics |= {} if artifact.least_likeness is None else {"least_likeness": artifact.least_likeness}
    body = {"trained_on": len(examples), "parameters": parameters, "metrics": metrics, "sources": sources}
    body["held_out"] = model.held_out
    found.keep(name, model.model_id, artifact, body)
    log.info("intent model %s: %s", taxonomy, metrics)


def _is_outgrown(old: dict[str, Any], new: dict[str, Any]) -> bool:
    same = all(old.get(key) == value for key, value in new.items() if key != "tickets")
    return not same or new["tickets"] > max(20, (1 + REFIT_GROWTH) * old.get("tickets", 0))


def _labels(con: duckdb.DuckDBPyConnection, run: Run, seeds: Seeds, taxonomy: str, sources: list[str]) -> pl.DataFrame:
    """The tickets of the sources that people or the helpdesk have labelled: ticket_id, label, oldest first."""
    names = ", ".join("'" + source.replace("'", "''") + "'" for source in sources) or "''"
    tickets = con.sql(
        "select ticket_id, source, category from intermediate.int_tickets"
        f" where source in ({names}) and category is not null and not coalesce(is_deleted, false)"
        " order by created_at, ticket_id"
    ).pl()
    mapping = {(kind, name): label for kind, name, label in seeds.category_map.iter_rows()}
    used = tickets.select("source", "category").unique(maintain_order=True)
    labels = [
        mapping.get((source_type(run, source), slug(category))) if taxonomy == SEEDED else slug(category)
        for source, category in used.iter_rows()
    ]
    used = used.with_columns(label=pl.Series(labels, dtype=pl.String)).filter(pl.col("label").is_not_null())
    tickets = tickets.join(used, on=["source", "category"], how="inner", maintain_order="left")
    if taxonomy != SEEDED:
        tickets = tickets.filter(~pl.col("label").is_in(sorted(NO_CATEGORY)))
        tickets = tickets.slice(last_change(tickets["label"].to_list()))
        rare = [label for label, count in Counter(tickets["label"].to_list()).items() if count < MIN_CATEGORY]
        tickets = tickets.with_columns(
            label=pl.when(pl.col("label").is_in(rare)).then(pl.lit("other")).otherwise("label")
        )
    labelled: pl.DataFrame = tickets.select("ticket_id", "label")
    return labelled


def _conversations(con: duckdb.DuckDBPyConnection, labels: pl.DataFrame) -> pl.DataFrame:
    """The conversations of labelled tickets with their `label`, oldest first."""
    con.register("labelled", labels.to_arrow())
    frame = read_conversations(con, "select ticket_id from labelled")
    con.unregister("labelled")
    return frame.join(labels, on="ticket_id").sort("created_at", "ticket_id")


def last_change(labels: list[str]) -> int:
    """Where the categories in use last changed (an index into labels in order of time), 0 where they never did.

    A helpdesk that renames its categories teaches nothing about the new ones with its old tickets. Blocks of
    equal size are compared with their neighbours by total variation.
    """
    size = max(MIN_BLOCK, len(labels) // BLOCKS)
    blocks = [labels[start : start + size] for start in range(len(labels) % size, len(labels), size)]
    for place in range(len(blocks) - 2, 0, -1):  # at least two blocks must follow
        if intent.total_variation(blocks[place - 1], blocks[place]) > intent.CHANGED_SHARE:
            return len(labels) - (len(blocks) - place) * size
    return 0
