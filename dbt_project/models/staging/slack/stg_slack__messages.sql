-- Grain: one row a message that we posted.
{{ config(materialized='view') }}

with

records as ({{ newest_records('slack', 'messages') }}),

final as (
    select
        {{ json_text('payload', '$.channel') }} as channel,
        {{ json_text('payload', '$.ts') }} as ts,
        {{ json_text('payload', '$.metadata.event_payload.finding_key') }} as finding_key,
        {{ json_text('payload', '$.metadata.event_payload.delivery_key') }} as delivery_key,
        {{ json_text('payload', '$.reactions') }} as reactions,
        first_pulled_at,
        first_backfill
    from records
)

select * from final
