"""Text in, signals out: reads intermediate.int_messages and int_tickets, writes the tables of schema enrich."""

from __future__ import annotations

import duckdb

from flows.core.run import Run
from flows.enrich.articles import refresh_matches
from flows.enrich.assignment import assign_topics, report_outside
from flows.enrich.bugs import refresh_bug_scores
from flows.enrich.labels import taxonomies_of
from flows.enrich.messages import refresh_messages
from flows.enrich.models import load
from flows.enrich.rescoring import score_again
from flows.enrich.satisfaction import expect_satisfaction
from flows.enrich.scope import all_followed
from flows.enrich.seeds import read_seeds
from flows.enrich.tickets import refresh_tickets
from flows.enrich.train import train_connection
from flows.warehouse.duck import writer


def enrich(run: Run) -> None:
    """Read every message and ticket that is new or has changed. Opens the warehouse."""
    with writer(run) as con:
        enrich_connection(con, run)


def enrich_connection(con: duckdb.DuckDBPyConnection, run: Run) -> None:
    """The same on an open connection. Trains first when a taxonomy in use has no model yet."""
    seeds = read_seeds(run.settings.dbt_dir)
    run.report.count("enrich.messages", refresh_messages(con, run))
    run.report.count("enrich.messages_scored_again", score_again(con, run))
    models = load(run, taxonomies_of(con, run, seeds))
    if any(not models.model_id_for(source) for source in models.taxonomies):
        models = train_connection(con, run)
    run.report.count("enrich.tickets", refresh_tickets(con, run, seeds, models))
    expect_satisfaction(con, run, models)
    run.report.count("enrich.article_matches", refresh_matches(con, run, models))
    run.report.count("enrich.bug_scores", refresh_bug_scores(con, run, models))
    assign_topics(con, run, models.embedder)
    all_followed(con)
    report_outside(con, run)
