-- Grain: stands in, empty, until the source of it is read.
with

final as (
    select
        cast(null as varchar) as owner_id,
        cast(null as varchar) as source,
        cast(null as varchar) as name,
        cast(null as varchar) as email,
        cast(null as boolean) as is_archived
    where false
)

select * from final
