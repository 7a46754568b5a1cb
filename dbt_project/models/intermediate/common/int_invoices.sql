-- Grain: stands in, empty, until the source of it is read.
with

final as (
    select
        cast(null as varchar) as invoice_id,
        cast(null as varchar) as source,
        cast(null as varchar) as source_id,
        cast(null as varchar) as number,
        cast(null as varchar) as billing_customer_id,
        cast(null as varchar) as subscription_id,
        cast(null as varchar) as status,
        cast(null as varchar) as currency,
        cast(null as decimal(18, 2)) as total,
        cast(null as decimal(18, 2)) as amount_due,
        cast(null as decimal(18, 2)) as amount_paid,
        cast(null as decimal(18, 2)) as amount_refunded,
        cast(null as integer) as attempt_count,
        cast(null as varchar) as billing_reason,
        cast(null as timestamp) as created_at,
        cast(null as timestamp) as finalized_at,
        cast(null as timestamp) as due_at,
        cast(null as timestamp) as paid_at,
        cast(null as timestamp) as closed_at,
        cast(null as timestamp) as next_attempt_at,
        cast(null as varchar) as url,
        cast(null as timestamp) as known_at
    where false
)

select * from final
