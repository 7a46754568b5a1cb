"""The tables this stage owns, schema `enrich`: name -> column list for CREATE TABLE.

The warehouse layer creates them empty where they are missing, so that dbt can read them before the first run.
"""

from __future__ import annotations

TABLES: dict[str, str] = {
    # One row a message. `code_text` is what was pasted from a machine: logs, traces.
    # `sentiment` is -1 to 1, null where it is unknown (not a customer, not a language we score). `churn_span` are the
    # words in which a customer says that they may leave, null in all others. `second_language` is that of the end of a
    # long text that begins in another. `polarity_model` is the model whose score it is, null for the lexicon's. `tone`
    # is the strongest that they name, `actions` are what an agent did, `reply_key` is the same for equal replies.
    "messages": """
        message_id VARCHAR, ticket_id VARCHAR, content_hash VARCHAR, clean_text VARCHAR, code_text VARCHAR,
        language VARCHAR, sentiment DOUBLE, churn_kind VARCHAR, churn_span VARCHAR,
        is_automatic BOOLEAN, extractor_error VARCHAR, enriched_at TIMESTAMP, second_language VARCHAR,
        tone VARCHAR, actions VARCHAR[], reply_key VARCHAR, polarity_model VARCHAR
    """,
    # One row a thing that a message names, with the words that name it; `said_by` is the role of its author.
    "entities": """
        ticket_id VARCHAR, message_id VARCHAR, said_by VARCHAR, kind VARCHAR, value VARCHAR, span VARCHAR
    """,
    # One row a ticket where agents call some of them bugs: how likely that is of this one, and the words that say so.
    "bug_scores": "ticket_id VARCHAR, likeness DOUBLE, words VARCHAR[], model_id VARCHAR, content_hash VARCHAR",
    # One row a step that a customer's message says was tried, or was not. `outcome` is helped, did_not_help, or null
    # where it is not said; `article` is how the help article they followed is known, `article_id` which one it is.
    "steps": """
        ticket_id VARCHAR, message_id VARCHAR, step VARCHAR, is_tried BOOLEAN, outcome VARCHAR, span VARCHAR,
        article VARCHAR, article_id VARCHAR
    """,
    # One row a signal of a message, with the words that show it: kind `marker` (of strain), `tone`, `churn` (they may
    # leave) or `commercial`. `starts` and `ends` count characters of the message's clean_text, half open, null where
    # the words stand in the ticket's subject.
    "signals": """
        message_id VARCHAR, ticket_id VARCHAR, kind VARCHAR, name VARCHAR, span VARCHAR, starts INTEGER, ends INTEGER
    """,
    # One row a ticket. `intent` is null where the model abstained; its guess is then in `intent_reasons`
    # and `intent_novelty` says whether it is a `new_phrasing` of what is known or `unseen`, null where that is unknown.
    # `churn_kind` and `churn_span` are those of the customer's newest message that has any. `sentiment_slope` is the
    # change of the score from one message to the next, null for fewer than three; `sentiment_messages` counts them.
    # `satisfaction_expected` is the probability of a good rating by the model `satisfaction_model`.
    "tickets": """
        ticket_id VARCHAR, content_hash VARCHAR, model_id VARCHAR, language VARCHAR, title VARCHAR,
        clean_text VARCHAR, intent VARCHAR, intent_confidence DOUBLE, intent_status VARCHAR,
        intent_second VARCHAR, intent_reasons VARCHAR, product_area VARCHAR, is_bug_like BOOLEAN,
        error_signature VARCHAR, error_signature_version INTEGER, error_code VARCHAR, app_version VARCHAR,
        page_route VARCHAR, browser VARCHAR, os VARCHAR, symptom VARCHAR, topic_id VARCHAR,
        topic_similarity DOUBLE, quote VARCHAR, steps VARCHAR, is_spam BOOLEAN, sentiment_first DOUBLE,
        sentiment_last DOUBLE, churn_kind VARCHAR, churn_span VARCHAR, extractor_error VARCHAR, enriched_at TIMESTAMP,
        intent_novelty VARCHAR, sentiment_slope DOUBLE, sentiment_messages INTEGER, satisfaction_expected DOUBLE,
        satisfaction_reasons VARCHAR, satisfaction_model VARCHAR
    """,
    # Tickets whose row is newer than what follows from it: article, bug score, expected rating. Empty between runs.
    "fresh_tickets": "ticket_id VARCHAR",
    # One row an ask of a ticket that has several: sentences of its opening message (at most 500 characters are kept)
    # and what the intent model says of them, as in `tickets`. A ticket without rows asks for one thing, its intent.
    "asks": """
        ticket_id VARCHAR, position INTEGER, text VARCHAR, intent VARCHAR, intent_confidence DOUBLE,
        intent_status VARCHAR, intent_reasons VARCHAR
    """,
    # The rules that all messages and all tickets, and the models (part `models`) that all tickets, were last read with;
    # and for each part of what follows from them, what all of it was last made with. Parts `... tried`: of what a model
    # was fitted and found to be of no use.
    "read_with": "part VARCHAR, rules VARCHAR",
    "topics": """
        topic_id VARCHAR, label VARCHAR, words VARCHAR[], tickets INTEGER, born_at TIMESTAMP, status VARCHAR,
        model_id VARCHAR
    """,
    "topic_lineage": """
        topic_id VARCHAR, change VARCHAR, related_topic_id VARCHAR, tickets INTEGER, "at" TIMESTAMP
    """,
    # One row a ticket and move from one topic (null: none) to another, with the reason (see enrich/moves).
    "topic_moves": """
        ticket_id VARCHAR, from_topic_id VARCHAR, to_topic_id VARCHAR, reason VARCHAR, "at" TIMESTAMP
    """,
    # One row a ticket where articles exist; article and similarity (0 to 1) are null where none can be compared.
    "article_matches": """
        ticket_id VARCHAR, article_id VARCHAR, similarity DOUBLE, content_hash VARCHAR
    """,
}

# Tables that are filled together with another one, from the same texts.
FILLED_WITH = {"entities": "messages", "steps": "messages", "signals": "messages", "asks": "tickets"}
