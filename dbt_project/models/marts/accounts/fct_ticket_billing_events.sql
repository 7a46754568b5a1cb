-- Grain: one row a ticket about billing and an event in its account's billing of the 60 days before it.
with

tickets as (select * from {{ ref('int_ticket_facts') }}),

intents as (select intent from {{ ref('intents') }} where product_area = 'billing'),

events as (select * from {{ ref('int_account_events') }} where billing_customer_id is not null),

final as (
    select
        tickets.ticket_id,
        tickets.account_key,
        events.event_id,
        events.kind,
        events.plan_before,
        events.plan_after,
        events.amount,
        events.currency,
        events.occurred_at,
        date_diff('day', events.occurred_at, tickets.created_at) as days_before,
        events.record_id,
        events.url
    from tickets
    inner join intents on tickets.intent = intents.intent
    inner join events
        on tickets.account_key = events.account_key
        and events.occurred_at <= tickets.created_at
        and events.occurred_at > tickets.created_at - interval '60' day
)

select * from final
