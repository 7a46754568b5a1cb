-- Grain: one row a satisfaction rating, offered or given.
{{ config(
    materialized='incremental', incremental_strategy='delete+insert', unique_key='rating_id',
    post_hook="{{ drop_quarantined('satisfaction_ratings') }}"
) }}

with

records as ({{ newest_records('zendesk', 'satisfaction_ratings') }}),

read as (
    {{ json_columns('records', 'payload', {
        'rated_ticket_id': '$.ticket_id', 'score': '$.score', 'comment': '$.comment',
        'created_text': '$.created_at', 'updated_text': '$.updated_at',
    }) }}
),

final as (
    select
        {{ prefixed('id') }} as rating_id,
        source,
        id as source_id,
        {{ prefixed('rated_ticket_id') }} as ticket_id,
        score,
        comment,
        {{ utc_time('created_text') }} as created_at,
        {{ utc_time('updated_text') }} as updated_at,
        {{ arrival() }}
    from read
)

select * from final
