-- Grain: dimension x value x ticket. The series that are tested, ticket by ticket.
{{ config(
    materialized='incremental', incremental_strategy='append', pre_hook="{{ drop_changed('int_fact_changes') }}"
) }}

with facts as (
    select
        ticket_id, reporter_key, created_at, greatest(created_at, known_at) as seen_at, intent, topic_id,
        error_signature
    from ({{ facts_changed(ref('int_ticket_facts')) }}) as facts
),

-- A wave of what nobody acts on is nobody's news.
heeded as (select intent from facts except select intent from {{ ref('intents') }} where policy = 'none'),

final as (
    select 'all' as dimension, 'all' as value, ticket_id, reporter_key, created_at, seen_at from facts
    union all
    select 'intent', intent, ticket_id, reporter_key, created_at, seen_at
    from facts
    where intent in (select intent from heeded)
    union all
    select 'topic', topic_id, ticket_id, reporter_key, created_at, seen_at from facts where topic_id is not null
    union all
    select 'error_signature', error_signature, ticket_id, reporter_key, created_at, seen_at
    from facts
    where error_signature is not null
    union all
    select 'bug', bug_key, ticket_id, reporter_key, created_at, seen_at
    from ({{ facts_changed(ref('int_bug_keys')) }}) as bug_keys
)

select * from final
