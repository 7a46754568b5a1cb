-- Grain: one row a ticket that counts: the rows behind every number on volume, topics and KPIs.
{{ config(
    materialized='incremental', incremental_strategy='append', on_schema_change='fail',
    pre_hook="{{ drop_changed('int_fact_changes') }}"
) }}

with

facts as ({{ facts_changed(ref('int_ticket_facts')) }}),

lifecycle as ({{ facts_changed(ref('int_ticket_lifecycle')) }}),

final as (
    select
        facts.ticket_id,
        facts.source,
        facts.url,
        facts.title,
        facts.quote,
        facts.status,
        facts.priority,
        facts.channel,
        facts.category,
        facts.language,
        facts.reporter_key,
        facts.account_key,
        facts.organization_name,
        facts.intent,
        facts.intent_confidence,
        facts.intent_status,
        facts.product_area,
        facts.is_bug_like,
        facts.error_signature,
        facts.error_code,
        facts.symptom,
        facts.release,
        facts.release_source,
        facts.app_version,
        facts.page_route,
        facts.browser,
        facts.os,
        facts.topic_id,
        facts.topic_label,
        facts.sentiment_first,
        facts.sentiment_last,
        facts.created_at,
        facts.known_at,
        lifecycle.first_reply_at,
        lifecycle.first_reply_hours,
        lifecycle.agent_replies,
        lifecycle.resolved_at,
        lifecycle.resolution_hours,
        lifecycle.reopens,
        lifecycle.satisfaction,
        lifecycle.rated_at
    from facts
    inner join lifecycle on facts.ticket_id = lifecycle.ticket_id
)

select * from final
