-- Grain: stands in, empty, until the source of it is read.
with

final as (
    select
        cast(null as varchar) as line_id,
        cast(null as varchar) as source,
        cast(null as varchar) as invoice_id,
        cast(null as varchar) as billing_customer_id,
        cast(null as varchar) as subscription_id,
        cast(null as varchar) as plan,
        cast(null as varchar) as price_id,
        cast(null as varchar) as "interval",
        cast(null as integer) as quantity,
        cast(null as decimal(18, 2)) as amount,
        cast(null as varchar) as currency,
        cast(null as boolean) as is_proration,
        cast(null as timestamp) as period_start_at,
        cast(null as timestamp) as period_end_at,
        cast(null as timestamp) as created_at,
        cast(null as timestamp) as known_at
    where false
)

select * from final
