-- Grain: stands in, empty, until the source of it is read.
with

final as (
    select
        cast(null as varchar) as event_id,
        cast(null as varchar) as source,
        cast(null as varchar) as billing_customer_id,
        cast(null as varchar) as subscription_id,
        cast(null as varchar) as invoice_id,
        cast(null as varchar) as kind,
        cast(null as varchar) as plan_before,
        cast(null as varchar) as plan_after,
        cast(null as decimal(18, 2)) as amount,
        cast(null as varchar) as currency,
        cast(null as timestamp) as occurred_at,
        cast(null as timestamp) as known_at,
        cast(null as varchar) as record_id,
        cast(null as varchar) as url
    where false
)

select * from final
