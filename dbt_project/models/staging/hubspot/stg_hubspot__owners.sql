-- Grain: one row a colleague who can own records of the CRM.
{{ config(materialized='view') }}

with

records as ({{ newest_records('hubspot', 'owners') }}),

final as (
    select
        {{ prefixed('id') }} as owner_id,
        source,
        id as source_id,
        {{ json_text('payload', '$.firstName') }} as first_name,
        {{ json_text('payload', '$.lastName') }} as last_name,
        {{ json_text('payload', '$.email') }} as email,
        coalesce(try_cast({{ json_text('payload', '$.archived') }} as boolean), false) as is_archived
    from records
)

select * from final
