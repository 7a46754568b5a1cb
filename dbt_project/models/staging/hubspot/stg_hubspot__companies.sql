-- Grain: one row a company, archived ones and those merged into another too.
with

records as ({{ newest_records('hubspot', 'companies') }}),

final as (
    select
        {{ prefixed('id') }} as crm_account_id,
        source,
        id as source_id,
        {{ json_text('payload', '$.properties.name') }} as name,
        {{ json_text('payload', '$.properties.domain') }} as domain,
        {{ json_text('payload', '$.properties.hs_additional_domains') }} as additional_domains,
        {{ json_text('payload', '$.properties.country') }} as country,
        {{ json_text('payload', '$.properties.lifecyclestage') }} as lifecycle_stage,
        {{ json_text('payload', '$.properties.hubspot_owner_id') }} as owner_id,
        {{ json_text('payload', '$.properties.stripe_customer_id') }} as stripe_customer_ids,
        {{ json_text('payload', '$.properties.hs_merged_object_ids') }} as merged_ids,
        -- the properties that groundswell.toml names are found in here
        {{ json_text('payload', '$.properties') }} as properties,
        {{ json_text('payload', '$.url') }} as url,
        coalesce(try_cast({{ json_text('payload', '$.archived') }} as boolean), false) as is_archived,
        {{ utc_time(json_text('payload', '$.createdAt')) }} as created_at,
        {{ utc_time('version') }} as updated_at,
        first_pulled_at,
        first_backfill
    from records
)

select * from final
