-- Grain: stands in, empty, until the source of it is read.
with

final as (
    select
        cast(null as varchar) as crm_account_id,
        cast(null as varchar) as field,
        cast(null as varchar) as value,
        cast(null as timestamp) as valid_from,
        cast(null as timestamp) as known_at
    where false
)

select * from final
