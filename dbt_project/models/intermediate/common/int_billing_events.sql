-- Grain: one row a thing that happened to whoever is billed, whichever record told it.
with

told as (select * from {{ ref('int_billing_events_told') }}),

derived as (
    select * from {{ ref('int_billing_events_invoices') }}
    union all
    select
        event_id, source, billing_customer_id, subscription_id, null as invoice_id, kind, plan_before, plan_after,
        null as amount, currency, occurred_at, record_id, url, told_from, told_until
    from {{ ref('int_billing_events_subscriptions') }}
),

-- What an event tells to the second, and an object only in its outcome, is told by the event.
told_again as (
    select distinct derived.event_id
    from derived
    inner join told
        on derived.kind = told.kind
        and derived.source = told.source
        and coalesce(derived.invoice_id = told.invoice_id, derived.subscription_id = told.subscription_id)
        and told.occurred_at >= derived.told_from
        and told.occurred_at <= derived.told_until
),

unioned as (
    select * from told
    union all
    select
        event_id, source, billing_customer_id, subscription_id, invoice_id, kind, plan_before, plan_after, amount,
        currency, occurred_at, record_id, url
    from derived
    where event_id not in (select event_id from told_again)
),

records as (
    select customer_id as record_id, first_pulled_at, first_backfill from {{ ref('stg_stripe__customers') }}
    union all
    select subscription_id, first_pulled_at, first_backfill from {{ ref('stg_stripe__subscriptions') }}
    union all
    select invoice_id, first_pulled_at, first_backfill from {{ ref('stg_stripe__invoices') }}
    union all
    select event_id, first_pulled_at, first_backfill from {{ ref('stg_stripe__events') }}
),

-- The first pull after it happened that landed the record it is read from.
seen as (
    select unioned.event_id, min(landings.pulled_at) as seen_at
    from unioned
    inner join {{ ref('stg_stripe__landings') }} as landings
        on unioned.record_id = landings.record_id and landings.pulled_at >= unioned.occurred_at
    group by unioned.event_id
),

final as (
    select
        unioned.event_id,
        unioned.source,
        unioned.billing_customer_id,
        unioned.subscription_id,
        unioned.invoice_id,
        unioned.kind,
        unioned.plan_before,
        unioned.plan_after,
        cast(unioned.amount as decimal(18, 2)) as amount,
        unioned.currency,
        unioned.occurred_at,
        case
            when records.first_backfill and unioned.occurred_at <= records.first_pulled_at then unioned.occurred_at
            else greatest(unioned.occurred_at, coalesce(seen.seen_at, records.first_pulled_at))
        end as known_at,
        unioned.record_id,
        unioned.url
    from unioned
    left join records on unioned.record_id = records.record_id
    left join seen on unioned.event_id = seen.event_id
)

select * from final
