-- Grain: a customer's message in a ticket of an account: how it feels, and whether it says that they may leave.
{{ config(
    materialized='incremental', incremental_strategy='append', pre_hook="{{ drop_changed('int_fact_changes') }}"
) }}

with tickets as (
    select ticket_id, account_key, created_at, known_at
    from ({{ facts_changed(ref('int_ticket_facts')) }}) as facts
    where account_key is not null
),

messages as (
    select message_id, ticket_id, sent_at, known_at
    from ({{ facts_changed(ref('int_messages')) }}) as messages
    where author_role = 'customer' and coalesce(is_public, true)
),

read as (
    select * from ({{ facts_changed(source('enrich', 'messages')) }}) as read where not coalesce(is_automatic, false)
),

frustrated as (
    select distinct message_id
    from ({{ facts_changed(source('enrich', 'signals')) }}) as signals
    where kind = 'marker' and name in ('disappointment', 'asked_before', 'repeated_question', 'wants_human')
),

final as (
    select
        tickets.account_key,
        tickets.ticket_id,
        messages.message_id,
        tickets.created_at,
        messages.sent_at,
        greatest(messages.sent_at, messages.known_at, tickets.known_at) as seen_at,
        cast(read.sentiment as decimal(6, 4)) as sentiment,
        frustrated.message_id is not null as has_frustration_marker,
        read.churn_kind,
        read.churn_span
    from tickets
    inner join messages on messages.ticket_id = tickets.ticket_id
    inner join read on read.message_id = messages.message_id
    left join frustrated on frustrated.message_id = messages.message_id
)

select * from final
