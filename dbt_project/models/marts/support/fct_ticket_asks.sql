-- Grain: one row an ask of a ticket that counts. Most tickets ask for one thing, in their own words and intent.
{{ config(
    materialized='incremental', incremental_strategy='append', on_schema_change='fail',
    pre_hook="{{ drop_changed('int_fact_changes') }}"
) }}

with

facts as ({{ facts_changed(ref('int_ticket_facts')) }}),

asks as (select * from {{ source('enrich', 'asks') }}),

final as (
    select
        facts.ticket_id,
        coalesce(asks.position, 1) as position,
        facts.reporter_key,
        facts.created_at,
        coalesce(asks.text, facts.quote, facts.title) as text,
        case when asks.ticket_id is null then facts.intent else asks.intent end as intent,
        case when asks.ticket_id is null then facts.intent_confidence else asks.intent_confidence end as intent_confidence,
        case when asks.ticket_id is null then facts.intent_status else asks.intent_status end as intent_status,
        asks.ticket_id is not null as is_one_of_several
    from facts
    left join asks on facts.ticket_id = asks.ticket_id
)

select * from final
