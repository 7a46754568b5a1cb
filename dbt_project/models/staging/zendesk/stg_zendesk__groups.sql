-- Grain: one row a group of agents.
{{ config(materialized='view') }}

with

records as ({{ newest_records('zendesk', 'groups') }}),

final as (
    select
        source,
        id as group_id,
        {{ json_text('payload', '$.name') }} as name
    from records
)

select * from final
