-- Grain: one row a user.
{{ config(
    materialized='incremental', incremental_strategy='delete+insert', unique_key='user_id',
    post_hook="{{ drop_quarantined('users') }}"
) }}

with

records as ({{ newest_records('zendesk', 'users') }}),

read as (
    {{ json_columns('records', 'payload', {
        'name': '$.name', 'email': '$.email', 'role': '$.role', 'locale': '$.locale',
        'organization_id': '$.organization_id', 'created_text': '$.created_at',
    }) }}
),

final as (
    select
        {{ prefixed('id') }} as user_id,
        source,
        id as source_id,
        name,
        email,
        role,
        locale,
        organization_id,
        {{ utc_time('created_text') }} as created_at,
        {{ arrival() }}
    from read
)

select * from final
