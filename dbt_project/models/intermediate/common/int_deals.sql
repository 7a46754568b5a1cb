-- Grain: stands in, empty, until the source of it is read.
with

final as (
    select
        cast(null as varchar) as deal_id,
        cast(null as varchar) as source,
        cast(null as varchar) as crm_account_id,
        cast(null as varchar) as name,
        cast(null as varchar) as kind,
        cast(null as varchar) as stage,
        cast(null as boolean) as is_closed,
        cast(null as boolean) as is_won,
        cast(null as decimal(18, 2)) as amount,
        cast(null as varchar) as currency,
        cast(null as timestamp) as closes_at,
        cast(null as varchar) as owner_id,
        cast(null as timestamp) as created_at,
        cast(null as timestamp) as updated_at,
        cast(null as timestamp) as known_at,
        cast(null as boolean) as is_archived,
        cast(null as varchar) as url
    where false
)

select * from final
