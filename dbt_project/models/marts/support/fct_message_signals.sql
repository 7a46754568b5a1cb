-- Grain: one row a signal that a customer's message shows, in a ticket that counts.
{{ config(
    materialized='incremental', incremental_strategy='append', on_schema_change='fail',
    pre_hook="{{ drop_changed('int_fact_changes') }}"
) }}

with

facts as ({{ facts_changed(ref('int_ticket_facts')) }}),

messages as ({{ facts_changed(ref('int_messages')) }}),

signals as ({{ facts_changed(source('enrich', 'signals')) }}),

final as (
    select
        signals.message_id,
        signals.ticket_id,
        facts.account_key,
        facts.reporter_key,
        signals.kind,
        signals.name,
        signals.span,
        signals.starts,
        signals.ends,
        messages.sent_at,
        greatest(messages.known_at, facts.known_at) as known_at
    from signals
    inner join facts on signals.ticket_id = facts.ticket_id
    inner join messages on signals.message_id = messages.message_id
)

select * from final
