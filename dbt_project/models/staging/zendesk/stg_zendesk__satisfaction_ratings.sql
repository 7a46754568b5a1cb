-- Grain: one row a satisfaction rating, offered or given.
{{ config(
    materialized='incremental', incremental_strategy='delete+insert', unique_key='rating_id',
    post_hook="{{ drop_quarantined('satisfaction_ratings') }}"
) }}

with

records as ({{ newest_records('zendesk', 'satisfaction_ratings') }}),

final as (
    select
        {{ prefixed('id') }} as rating_id,
        source,
        id as source_id,
        {{ prefixed(json_text('payload', '$.ticket_id')) }} as ticket_id,
        {{ json_text('payload', '$.score') }} as score,
        {{ json_text('payload', '$.comment') }} as comment,
        {{ utc_time(json_text('payload', '$.created_at')) }} as created_at,
        {{ utc_time(json_text('payload', '$.updated_at')) }} as updated_at,
        {{ arrival() }}
    from records
)

select * from final
