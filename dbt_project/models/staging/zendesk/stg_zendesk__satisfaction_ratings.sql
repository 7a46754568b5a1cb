-- Grain: one row a satisfaction rating, offered or given.
{{ config(materialized='view') }}

with

records as ({{ newest_records('zendesk', 'satisfaction_ratings') }}),

final as (
    select
        {{ prefixed('id') }} as rating_id,
        source,
        {{ prefixed(json_text('payload', '$.ticket_id')) }} as ticket_id,
        {{ json_text('payload', '$.score') }} as score,
        {{ json_text('payload', '$.comment') }} as comment,
        {{ utc_time(json_text('payload', '$.created_at')) }} as created_at,
        {{ utc_time(json_text('payload', '$.updated_at')) }} as updated_at,
        first_pulled_at,
        first_backfill
    from records
)

select * from final
