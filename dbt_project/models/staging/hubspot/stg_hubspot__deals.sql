-- Grain: one row a deal, archived ones too.
with

records as ({{ newest_records('hubspot', 'deals') }}),

final as (
    select
        {{ prefixed('id') }} as deal_id,
        source,
        id as source_id,
        {{ json_text('payload', '$.properties.dealname') }} as name,
        {{ json_text('payload', '$.properties.dealtype') }} as deal_type,
        {{ json_text('payload', '$.properties.dealstage') }} as stage,
        try_cast({{ json_text('payload', '$.properties.hs_is_closed') }} as boolean) as is_closed,
        try_cast({{ json_text('payload', '$.properties.hs_is_closed_won') }} as boolean) as is_won,
        try_cast({{ json_text('payload', '$.properties.amount') }} as decimal(18, 2)) as amount,
        {{ json_text('payload', '$.properties.deal_currency_code') }} as currency,
        {{ utc_time(json_text('payload', '$.properties.closedate')) }} as closes_at,
        {{ json_text('payload', '$.properties.hubspot_owner_id') }} as owner_id,
        {{ json_text('payload', '$.properties.hs_merged_object_ids') }} as merged_ids,
        {{ json_text('payload', '$.url') }} as url,
        coalesce(try_cast({{ json_text('payload', '$.archived') }} as boolean), false) as is_archived,
        {{ utc_time(json_text('payload', '$.createdAt')) }} as created_at,
        {{ utc_time('version') }} as updated_at,
        first_pulled_at,
        first_backfill
    from records
)

select * from final
