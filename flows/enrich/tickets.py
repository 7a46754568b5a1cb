"""Tickets in, `enrich.tickets` out: only those whose conversation, rules or models have changed."""

from __future__ import annotations

from typing import Any

import duckdb
import numpy as np
import orjson
import polars as pl

from flows.core.keys import digest
from flows.core.run import Run
from flows.enrich import clusters, entities, quotes, signatures, symptoms
from flows.enrich.conversations import documents, prepare_conversations, read_conversations
from flows.enrich.messages import attempt
from flows.enrich.models import IntentArtifact, Models
from flows.enrich.protocols import Prediction
from flows.enrich.seeds import Seeds
from flows.enrich.sentences import sentences
from flows.enrich.topics import Topic, centroids_of, live_topics

BATCH = 4_000
SPAM = 3.0  # sum of spam rules that makes a ticket spam without the helpdesk's word

# What a ticket's row depends on, but for the models: those are compared by id.
_CHANGED = """
    create or replace temp table changed_tickets as
    with hashed as (
        select ticket_id, source,
            left(md5(concat_ws('|', $rules, subject, app_version_field, is_spam, is_deleted, description,
                messages_hash)), 16) as content_hash
        from conversations
    )
    select hashed.ticket_id, hashed.content_hash, models.model_id
    from hashed
    left join ticket_models as models on models.source = hashed.source
    left join enrich.tickets as known on known.ticket_id = hashed.ticket_id
    where known.content_hash is distinct from hashed.content_hash or known.model_id is distinct from models.model_id
"""


def refresh_tickets(con: duckdb.DuckDBPyConnection, run: Run, seeds: Seeds, found: Models) -> int:
    """Read what changed into enrich.tickets with the models in force. Returns how many tickets were read."""
    prepare_conversations(con)
    releases = con.sql("select distinct product, version from intermediate.int_releases order by all").fetchall()
    product = entities.known_products([(name, version) for name, version in releases if name and version])
    known = "" if product is None else f"{product.named.pattern}{sorted(product.majors)}"
    rules = digest(
        seeds.digest, known,
        *(str(part.VERSION) for part in (entities, quotes, signatures, symptoms)),
    )[:16]  # fmt: skip
    sources = [row[0] for row in con.sql("select distinct source from conversations order by all").fetchall()]
    models = pl.DataFrame(
        {"source": sources, "model_id": [found.model_id_for(source) for source in sources]},
        schema={"source": pl.String, "model_id": pl.String},
    )
    con.register("ticket_models", models.to_arrow())
    con.execute(_CHANGED, {"rules": rules})
    con.unregister("ticket_models")
    con.execute(
        "delete from enrich.tickets where ticket_id in (select ticket_id from changed_tickets)"
        " or ticket_id not in (select ticket_id from intermediate.int_tickets)"
    )
    total = int(con.sql("select count(*) from changed_tickets").fetchall()[0][0])
    topics = live_topics(run, found.embedder.model_id) if total and found.embedder else []
    for start in range(0, total, BATCH):
        frame = read_conversations(
            con,
            f"ticket_id in (select ticket_id from changed_tickets order by ticket_id limit {BATCH} offset {start})",
        )
        rows = read_tickets(frame, seeds, found, topics, product).with_columns(
            enriched_at=pl.lit(run.now.replace(tzinfo=None))
        )
        con.register("ticket_batch", rows.to_arrow())
        con.execute(
            "insert into enrich.tickets by name select b.*, c.content_hash, c.model_id from ticket_batch as b"
            " inner join changed_tickets as c on c.ticket_id = b.ticket_id"
        )
        con.unregister("ticket_batch")
    con.execute("drop table changed_tickets")
    return total


def read_tickets(
    frame: pl.DataFrame, seeds: Seeds, found: Models, topics: list[Topic], product: entities.Product | None
) -> pl.DataFrame:
    """One row of enrich.tickets (but for hash, model and time) for each conversation of the frame."""
    described = symptoms.score_symptoms(frame["title"], frame["text"], seeds.symptoms)
    predictions, nearest = _intents(frame, found)
    topic_ids, topic_similarity = _topics(frame, found, topics)
    spoken = [sentences(text[: quotes.SAMPLE])[: quotes.MAX_SENTENCES] for text in frame["text"]]
    flat = pl.Series([sentence for part in spoken for sentence in part], dtype=pl.String)
    hits = iter(symptoms.describes_problem(flat, seeds.symptoms).to_list() if len(flat) else [])
    areas = dict(seeds.intents.select("intent", "product_area").iter_rows())
    out = []
    for index, row in enumerate(frame.iter_rows(named=True)):
        problem = described.row(index, named=True)
        prediction = predictions[index]
        says_problem = [next(hits) for _ in spoken[index]]
        facts = _facts(row, spoken[index], says_problem, product)
        out.append(
            {
                "ticket_id": row["ticket_id"],
                "language": row["language"],
                "title": row["title"],
                "clean_text": row["text"],
                **_intent_columns(prediction, nearest[index], problem["rules"], found.intent_for(row["source"]), areas),
                **facts,
                "is_bug_like": symptoms.is_bug_like(
                    problem["problem"],
                    problem["question"],
                    facts["error_signature"] is not None,
                    prediction.bug_share if prediction else None,
                ),
                "symptom": problem["symptom"],
                "topic_id": topic_ids[index],
                "topic_similarity": topic_similarity[index],
                "is_spam": bool(row["is_spam"]) or problem["spam"] >= SPAM,
                "sentiment_first": row["sentiment_first"],
                "sentiment_last": row["sentiment_last"],
                "churn_kind": row["churn_kind"],
                "churn_span": row["churn_span"],
            }
        )
    return pl.DataFrame(out, schema=_SCHEMA)


_SCHEMA: dict[str, Any] = {
    "ticket_id": pl.String, "language": pl.String, "title": pl.String, "clean_text": pl.String, "intent": pl.String,
    "intent_confidence": pl.Float64, "intent_status": pl.String, "intent_second": pl.String,
    "intent_reasons": pl.String, "product_area": pl.String, "is_bug_like": pl.Boolean, "error_signature": pl.String,
    "error_signature_version": pl.Int32, "error_code": pl.String, "app_version": pl.String, "page_route": pl.String,
    "browser": pl.String, "os": pl.String, "symptom": pl.String, "topic_id": pl.String,
    "topic_similarity": pl.Float64, "quote": pl.String, "steps": pl.String, "is_spam": pl.Boolean,
    "sentiment_first": pl.Float64, "sentiment_last": pl.Float64, "churn_kind": pl.String, "churn_span": pl.String,
    "extractor_error": pl.String,
}  # fmt: skip


def _facts(
    row: dict[str, Any], spoken: list[str], says_problem: list[bool], product: entities.Product | None
) -> dict[str, Any]:
    """What one ticket's text states: environment, error, quote, steps; an extractor that fails is named."""
    failed: list[str] = [row["message_error"]] if row["message_error"] else []
    text = f"{row['title']}\n{row['text']}"
    place = attempt("environment", failed, lambda: entities.find_environment(text, product, row["app_version_field"]))
    route = place.page_route if place else None
    error = attempt("signature", failed, lambda: signatures.find_signature(text, row["code"]))
    return {
        "app_version": place.app_version if place else None,
        "page_route": route,
        "browser": place.browser if place else None,
        "os": place.os if place else None,
        "error_signature": error.signature if error else None,
        "error_signature_version": signatures.VERSION,
        "error_code": error.code if error else None,
        "quote": attempt("quote", failed, lambda: quotes.clearest(spoken, says_problem, row["title"])),
        "steps": attempt("steps", failed, lambda: quotes.steps_of(spoken)),
        "extractor_error": "; ".join(failed) or None,
    }


def _intents(frame: pl.DataFrame, found: Models) -> tuple[list[Prediction | None], list[list[dict[str, Any]]]]:
    """A prediction and the nearest labelled tickets for each row; None without a model or without a word."""
    predictions: list[Prediction | None] = [None] * len(frame)
    nearest: list[list[dict[str, Any]]] = [[] for _ in range(len(frame))]
    has_words = [any(c.isalpha() for c in text) for text in documents(frame)]
    numbered = frame.with_columns(row=pl.int_range(pl.len())).filter(pl.Series(has_words))
    for (source,), part in sorted(numbered.partition_by("source", as_dict=True).items()):
        artifact = found.intent_for(str(source))
        if artifact is None:
            continue
        points = (
            found.embedder.encode(documents(part))
            if found.embedder and found.embedder.model_id == artifact.embedder_id
            else np.zeros((len(part), artifact.points.shape[1]), dtype=np.float32)
        )
        near = artifact.nearest(part["ticket_id"].to_list(), points)
        for row, prediction, tickets in zip(part["row"], artifact.model.predict(documents(part)), near, strict=True):
            predictions[row], nearest[row] = prediction, tickets
    return predictions, nearest


def _intent_columns(
    prediction: Prediction | None,
    nearest: list[dict[str, Any]],
    rules: list[str],
    artifact: IntentArtifact | None,
    areas: dict[str, str],
) -> dict[str, Any]:
    """The intent columns. Below the model's threshold the intent is null and the guess is a reason."""
    reasons: dict[str, Any] = {"symptom_rules": rules}
    if prediction is None or artifact is None:
        return {"intent_status": "abstained", "intent_reasons": orjson.dumps(reasons).decode()}
    is_sure = prediction.confidence >= artifact.model.threshold
    reasons |= {
        "words": prediction.words,
        "nearest": nearest,
        "threshold": artifact.model.threshold,
        "bug_share": prediction.bug_share,
    }
    if not is_sure:
        reasons["guess"] = prediction.intent
    return {
        "intent": prediction.intent if is_sure else None,
        "intent_confidence": prediction.confidence,
        "intent_status": "predicted" if is_sure else "abstained",
        "intent_second": prediction.second,
        "intent_reasons": orjson.dumps(reasons).decode(),
        "product_area": areas.get(prediction.intent) if is_sure else None,
    }


def _topics(frame: pl.DataFrame, found: Models, topics: list[Topic]) -> tuple[list[str | None], list[float | None]]:
    if found.embedder is None or not topics:
        return [None] * len(frame), [None] * len(frame)
    points = found.embedder.topical(documents(frame), frame["language"].to_list())
    place, similarity = clusters.assign(points, centroids_of(topics))
    return (
        [topics[k].topic_id if k >= 0 else None for k in place],
        [round(float(s), 4) if k >= 0 else None for k, s in zip(place, similarity, strict=True)],
    )
