-- Grain: one row a user.
{{ config(
    materialized='incremental', incremental_strategy='delete+insert', unique_key='user_id',
    post_hook="{{ drop_quarantined('users') }}"
) }}

with

records as ({{ newest_records('zendesk', 'users') }}),

final as (
    select
        {{ prefixed('id') }} as user_id,
        source,
        id as source_id,
        {{ json_text('payload', '$.name') }} as name,
        {{ json_text('payload', '$.email') }} as email,
        {{ json_text('payload', '$.role') }} as role,
        {{ json_text('payload', '$.locale') }} as locale,
        {{ json_text('payload', '$.organization_id') }} as organization_id,
        {{ utc_time(json_text('payload', '$.created_at')) }} as created_at,
        {{ arrival() }}
    from records
)

select * from final
