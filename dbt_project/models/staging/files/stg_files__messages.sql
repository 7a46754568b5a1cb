-- Grain: one row a message (source, source_id), in its newest version.
{{ config(
    materialized='incremental', incremental_strategy='delete+insert', unique_key='message_id',
    post_hook="{{ drop_quarantined('messages') }}"
) }}

with

records as ({{ newest_records('files', 'messages') }}),

final as (
    select
        {{ prefixed('id') }} as message_id,
        source,
        id as source_id,
        {{ prefixed(json_text('payload', '$.ticket_id')) }} as ticket_id,
        {{ json_text('payload', '$.body') }} as body,
        {{ json_text('payload', '$.author_id') }} as author_id,
        lower({{ json_text('payload', '$.author_role') }}) as author_role,
        coalesce(lower({{ json_text('payload', '$.is_public') }}) in ('true', '1', 't', 'yes'), true) as is_public,
        {{ utc_time(json_text('payload', '$.created_at')) }} as sent_at,
        {{ arrival() }}
    from records
)

select * from final
