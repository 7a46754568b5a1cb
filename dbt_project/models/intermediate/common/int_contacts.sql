-- Grain: stands in, empty, until the source of it is read.
with

final as (
    select
        cast(null as varchar) as contact_id,
        cast(null as varchar) as source,
        cast(null as varchar) as email,
        cast(null as varchar) as name,
        cast(null as varchar) as crm_account_id,
        cast(null as boolean) as is_archived,
        cast(null as timestamp) as created_at,
        cast(null as timestamp) as known_at
    where false
)

select * from final
