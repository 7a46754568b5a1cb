-- Grain: stands in, empty, until the source of it is read.
with

final as (
    select
        cast(null as varchar) as subscription_id,
        cast(null as varchar) as source,
        cast(null as varchar) as source_id,
        cast(null as varchar) as billing_customer_id,
        cast(null as varchar) as status,
        cast(null as varchar) as plan,
        cast(null as integer) as plan_rank,
        cast(null as varchar) as "interval",
        cast(null as integer) as quantity,
        cast(null as varchar) as currency,
        cast(null as timestamp) as started_at,
        cast(null as timestamp) as trial_start_at,
        cast(null as timestamp) as trial_end_at,
        cast(null as timestamp) as current_period_start_at,
        cast(null as timestamp) as current_period_end_at,
        cast(null as boolean) as cancel_at_period_end,
        cast(null as timestamp) as cancel_at,
        cast(null as timestamp) as canceled_at,
        cast(null as timestamp) as ended_at,
        cast(null as timestamp) as created_at,
        cast(null as timestamp) as known_at
    where false
)

select * from final
