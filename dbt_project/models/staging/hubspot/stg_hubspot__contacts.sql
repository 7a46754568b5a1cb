-- Grain: one row a contact, archived ones too.
with

records as ({{ newest_records('hubspot', 'contacts') }}),

final as (
    select
        {{ prefixed('id') }} as contact_id,
        source,
        id as source_id,
        {{ json_text('payload', '$.properties.email') }} as email,
        {{ json_text('payload', '$.properties.firstname') }} as first_name,
        {{ json_text('payload', '$.properties.lastname') }} as last_name,
        {{ json_text('payload', '$.properties.hs_merged_object_ids') }} as merged_ids,
        coalesce(try_cast({{ json_text('payload', '$.archived') }} as boolean), false) as is_archived,
        {{ utc_time(json_text('payload', '$.createdAt')) }} as created_at,
        first_pulled_at,
        first_backfill
    from records
)

select * from final
