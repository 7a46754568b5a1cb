-- Grain: one row an event, with the object as it was then.
{{ config(
    materialized='incremental', incremental_strategy='delete+insert', unique_key='event_id',
    post_hook="{{ drop_quarantined('events') }}"
) }}

with

records as ({{ newest_records('stripe', 'events') }}),

final as (
    select
        {{ prefixed('id') }} as event_id,
        source,
        id as source_id,
        {{ json_text('payload', '$.type') }} as event_type,
        {{ json_text('payload', '$.data.object.object') }} as object_type,
        {{ prefixed(json_text('payload', '$.data.object.id')) }} as object_id,
        {{ json_text('payload', '$.data.object') }} as object,
        {{ json_text('payload', '$.data.previous_attributes') }} as previous,
        {{ unix_time(json_text('payload', '$.created')) }} as occurred_at,
        {{ arrival() }}
    from records
)

select * from final
