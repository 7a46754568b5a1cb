-- Grain: stands in, empty, until the source of it is read.
with

final as (
    select
        cast(null as varchar) as crm_account_id,
        cast(null as varchar) as source,
        cast(null as varchar) as source_id,
        cast(null as varchar) as name,
        cast(null as varchar[]) as domains,
        cast(null as varchar) as external_id,
        cast(null as varchar[]) as billing_ids,
        cast(null as varchar) as tier,
        cast(null as varchar) as segment,
        cast(null as varchar) as country,
        cast(null as varchar) as owner_id,
        cast(null as varchar) as lifecycle_stage,
        cast(null as timestamp) as renewal_at,
        cast(null as varchar[]) as merged_ids,
        cast(null as boolean) as is_archived,
        cast(null as varchar) as url,
        cast(null as timestamp) as created_at,
        cast(null as timestamp) as updated_at,
        cast(null as timestamp) as known_at
    where false
)

select * from final
