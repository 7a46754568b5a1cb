-- Grain: one row a field that tickets can have.
{{ config(materialized='view') }}

with

records as ({{ newest_records('zendesk', 'ticket_fields') }}),

final as (
    select
        source,
        id as field_id,
        {{ json_text('payload', '$.title') }} as title,
        {{ json_text('payload', '$.type') }} as type
    from records
)

select * from final
