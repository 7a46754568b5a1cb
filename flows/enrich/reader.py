"""What is read from conversations with the rules and models in force: a function without side effects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
import polars as pl

from flows.core.redaction import kinds_only
from flows.enrich import asks, entities, quotes, sentiment, signatures, symptoms
from flows.enrich.assignment import Topic, nearest_topics
from flows.enrich.conversations import TEXT, documents, with_texts
from flows.enrich.corrections import Correction
from flows.enrich.messages import attempt
from flows.enrich.models import IntentArtifact
from flows.enrich.novelty import familiarity, novelty
from flows.enrich.protocols import Matrix, Prediction
from flows.enrich.seeds import Seeds
from flows.enrich.sentences import sentences
from flows.enrich.space import TicketSpace
from flows.enrich.versions import Product

PARTS = ("asks",)  # tables with several rows a ticket
MAX_ASK = 500  # characters of an ask that are kept
SPAM = 3.0  # sum of spam rules that makes a ticket spam without the helpdesk's word


@dataclass(frozen=True)
class TicketReader:
    """Rows of `conversations` to rows of enrich.tickets, but for hash, model and time; and to those of PARTS, as lists
    in a column of the table's name."""

    seeds: Seeds
    embedder: TicketSpace | None
    intents: dict[str, IntentArtifact]  # by source
    topics: list[Topic]
    product: Product | None
    corrected: dict[str, Correction]  # by ticket

    def __call__(self, conversations: pl.DataFrame) -> pl.DataFrame:
        frame = with_texts(conversations)
        texts = documents(frame)
        points = self.embedder.encode(texts) if self.embedder else None
        described = symptoms.score_symptoms(frame["title"], frame["text"], self.seeds.symptoms).to_dicts()
        predictions, nearest = self._intents(frame, texts, points)
        topic_ids, topic_similarity = self._topics(frame, points)
        spoken = [sentences(text[: quotes.SAMPLE])[: quotes.MAX_SENTENCES] for text in frame["text"]]
        flat = pl.Series([sentence for part in spoken for sentence in part], dtype=pl.String)
        hits = iter(symptoms.describes_problem(flat, self.seeds.symptoms).to_list() if len(flat) else [])
        areas = dict(self.seeds.intents.select("intent", "product_area").iter_rows())
        bug_like = dict(self.seeds.intents.select("intent", "is_bug_like").iter_rows())
        out = []
        for index, row in enumerate(frame.iter_rows(named=True)):
            problem, prediction = described[index], predictions[index]
            correction = self.corrected.get(row["ticket_id"])
            bug_share = prediction.bug_share if prediction else None
            if correction and correction.intent in bug_like:
                bug_share = float(bug_like[correction.intent])  # what a person says is certain
            says_problem = [next(hits) for _ in spoken[index]]
            least = self._least_familiarity(row["source"])
            facts = _facts(row, spoken[index], says_problem, self.product)
            out.append(
                {
                    **{name: row[name] for name in _AS_THEY_ARE},
                    "clean_text": row["text"],
                    **_intent_columns(prediction, nearest[index], problem["rules"], areas, least, correction),
                    **facts,
                    "is_bug_like": symptoms.is_bug_like(
                        problem["problem"],
                        problem["question"],
                        facts["error_signature"] is not None,
                        bug_share,
                        problem["bug"],
                    ),
                    "symptom": problem["symptom"],
                    "topic_id": topic_ids[index],
                    "topic_similarity": topic_similarity[index],
                    "is_spam": bool(row["is_spam"]) or problem["spam"] >= SPAM,
                    "sentiment_slope": sentiment.slope(row["sentiments"] or []),
                    "sentiment_messages": len(row["sentiments"] or []),
                }
            )
        for row, found in zip(out, self._asks(frame, [row["asks"] for row in out], spoken, areas), strict=True):
            row["asks"] = found
        return pl.DataFrame(out, schema=_SCHEMA)

    def _asks(
        self, frame: pl.DataFrame, spans: list[list[asks.Span] | None], spoken: list[list[str]], areas: dict[str, str]
    ) -> list[list[dict[str, Any]]]:
        """Rows of enrich.asks for each ticket: none where it asks for one thing. An ask is predicted as a ticket is."""
        several = [(row, start, end) for row, found in enumerate(spans) if len(found or []) > 1
                   for start, end in found or []]  # fmt: skip
        texts = [" ".join(spoken[row][start:end])[:TEXT] for row, start, end in several]
        out: list[list[dict[str, Any]]] = [[] for _ in spans]
        if not several:
            return out
        asked = frame.select("ticket_id", "source")[[row for row, _, _ in several]]
        read_as = [kinds_only(text) for text in texts]
        points = self.embedder.encode(read_as) if self.embedder else None
        predictions, nearest = self._intents(asked, read_as, points)
        for (row, _, _), text, prediction, near in zip(several, texts, predictions, nearest, strict=True):
            read = _intent_columns(prediction, near, [], areas, None)
            place = {"position": len(out[row]) + 1, "text": quotes.shorten(text, MAX_ASK)}
            out[row].append(place | {name: read.get(name) for name in _OF_AN_ASK})
        return out

    def _intents(
        self, frame: pl.DataFrame, texts: list[str], points: Matrix | None
    ) -> tuple[list[Prediction | None], list[list[dict[str, Any]]]]:
        """A prediction and the nearest labelled tickets for each row; None without a model or without a word."""
        predictions: list[Prediction | None] = [None] * len(frame)
        nearest: list[list[dict[str, Any]]] = [[] for _ in range(len(frame))]
        sources, ids = frame["source"].to_list(), frame["ticket_id"].to_list()
        has_words = [any(c.isalpha() for c in text) for text in texts]
        for source, artifact in sorted(self.intents.items()):
            rows = [row for row, name in enumerate(sources) if name == source and has_words[row]]
            if not rows:
                continue
            for row, prediction in zip(rows, artifact.model.predict([texts[row] for row in rows]), strict=True):
                predictions[row] = prediction
            if points is not None and self.embedder and self.embedder.model_id == artifact.embedder_id:
                near = artifact.nearest([ids[row] for row in rows], points[rows])
                for row, tickets in zip(rows, near, strict=True):
                    nearest[row] = tickets
        return predictions, nearest

    def _least_familiarity(self, source: str) -> float | None:
        """Below which familiarity a ticket is unseen; None where it was not compared with labelled tickets."""
        artifact = self.intents.get(source)
        if artifact is None or self.embedder is None or self.embedder.model_id != artifact.embedder_id:
            return None
        return artifact.least_familiarity

    def _topics(self, frame: pl.DataFrame, points: Matrix | None) -> tuple[list[str | None], list[float | None]]:
        if self.embedder is None or points is None or not self.topics:
            return [None] * len(frame), [None] * len(frame)
        return nearest_topics(self.embedder.centred(points, frame["language"].to_list()), self.topics)


_AS_THEY_ARE = ("ticket_id", "language", "title", "sentiment_first", "sentiment_last", "churn_kind", "churn_span")
_OF_AN_ASK = ("intent", "intent_confidence", "intent_status", "intent_reasons")
_SCHEMA: dict[str, Any] = {
    "ticket_id": pl.String, "language": pl.String, "title": pl.String, "clean_text": pl.String, "intent": pl.String,
    "intent_confidence": pl.Float64, "intent_status": pl.String, "intent_second": pl.String,
    "intent_reasons": pl.String, "product_area": pl.String, "is_bug_like": pl.Boolean, "error_signature": pl.String,
    "error_signature_version": pl.Int32, "error_code": pl.String, "app_version": pl.String, "page_route": pl.String,
    "browser": pl.String, "os": pl.String, "symptom": pl.String, "topic_id": pl.String,
    "topic_similarity": pl.Float64, "quote": pl.String, "steps": pl.String, "is_spam": pl.Boolean,
    "sentiment_first": pl.Float64, "sentiment_last": pl.Float64, "churn_kind": pl.String, "churn_span": pl.String,
    "extractor_error": pl.String, "intent_novelty": pl.String, "sentiment_slope": pl.Float64,
    "sentiment_messages": pl.Int32,
    "asks": pl.List(pl.Struct({
        "position": pl.Int32, "text": pl.String, "intent": pl.String, "intent_confidence": pl.Float64,
        "intent_status": pl.String, "intent_reasons": pl.String,
    })),
}  # fmt: skip


def _facts(row: dict[str, Any], spoken: list[str], says_problem: list[bool], product: Product | None) -> dict[str, Any]:
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
        "asks": attempt("asks", failed, lambda: asks.split(spoken)),
        "quote": attempt("quote", failed, lambda: quotes.clearest(spoken, says_problem, row["title"])),
        "steps": attempt("steps", failed, lambda: quotes.steps_of(spoken)),
        "extractor_error": "; ".join(failed) or None,
    }


def _intent_columns(
    prediction: Prediction | None,
    nearest: list[dict[str, Any]],
    rules: list[str],
    areas: dict[str, str],
    least_familiarity: float | None,
    correction: Correction | None = None,
) -> dict[str, Any]:
    """The intent columns. Below the threshold of the intent it is null and the guess is a reason. What a person says
    wins, and who says it is a reason, beside the guess."""
    reasons: dict[str, Any] = {"symptom_rules": rules}
    if correction:
        reasons["corrected"] = {"by": correction.by, "at": correction.at}
        if prediction:
            reasons |= {"guess": prediction.intent, "guess_confidence": prediction.confidence, "nearest": nearest}
        return {
            "intent": correction.intent,
            "intent_status": "corrected",
            "intent_second": prediction.second if prediction else None,
            "intent_reasons": orjson.dumps(reasons).decode(),
            "product_area": areas.get(correction.intent),
        }
    if prediction is None:
        return {"intent_status": "abstained", "intent_reasons": orjson.dumps(reasons).decode()}
    is_sure = prediction.is_sure
    reasons |= {
        "words": prediction.words,
        "nearest": nearest,
        "threshold": prediction.threshold,
        "bug_share": prediction.bug_share,
    }
    new = None
    if not is_sure:
        familiar = familiarity(prediction.fit, nearest)
        new = novelty(familiar, least_familiarity)
        reasons |= {"guess": prediction.intent, "familiarity": familiar, "least_familiarity": least_familiarity}
    return {
        "intent": prediction.intent if is_sure else None,
        "intent_confidence": prediction.confidence,
        "intent_status": "predicted" if is_sure else "abstained",
        "intent_second": prediction.second,
        "intent_reasons": orjson.dumps(reasons).decode(),
        "product_area": areas.get(prediction.intent) if is_sure else None,
        "intent_novelty": new,
    }
