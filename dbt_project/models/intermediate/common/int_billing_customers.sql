-- Grain: stands in, empty, until the source of it is read.
with

final as (
    select
        cast(null as varchar) as billing_customer_id,
        cast(null as varchar) as source,
        cast(null as varchar) as source_id,
        cast(null as varchar) as name,
        cast(null as varchar) as email,
        cast(null as varchar) as email_domain,
        cast(null as varchar) as country,
        cast(null as varchar) as currency,
        cast(null as varchar) as external_id,
        cast(null as boolean) as is_delinquent,
        cast(null as boolean) as is_deleted,
        cast(null as timestamp) as created_at,
        cast(null as timestamp) as known_at
    where false
)

select * from final
