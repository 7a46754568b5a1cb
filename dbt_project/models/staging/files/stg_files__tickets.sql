-- Grain: one row a ticket (source, source_id), in its newest version.
{{ config(
    materialized='incremental', incremental_strategy='delete+insert', unique_key='ticket_id',
    post_hook="{{ drop_quarantined('tickets') }}"
) }}

with

records as ({{ newest_records('files', 'tickets') }}),

final as (
    select
        {{ prefixed('id') }} as ticket_id,
        source,
        id as source_id,
        {{ json_text('payload', '$.subject') }} as subject,
        {{ json_text('payload', '$.description') }} as description,
        lower({{ json_text('payload', '$.status') }}) as status,
        lower({{ json_text('payload', '$.priority') }}) as priority,
        {{ json_text('payload', '$.channel') }} as channel,
        {{ json_text('payload', '$.category') }} as category,
        {{ tag_list(json_text('payload', '$.tags')) }} as tags,
        {{ json_text('payload', '$.requester_id') }} as requester_id,
        {{ json_text('payload', '$.organization_id') }} as organization_id,
        {{ json_text('payload', '$.locale') }} as locale,
        {{ json_text('payload', '$.url') }} as url,
        {{ json_text('payload', '$.version') }} as app_version,
        lower({{ json_text('payload', '$.is_spam') }}) in ('true', '1', 't', 'yes') as is_spam,
        {{ utc_time(json_text('payload', '$.created_at')) }} as created_at,
        {{ utc_time(json_text('payload', '$.updated_at')) }} as updated_at,
        {{ utc_time(json_text('payload', '$.solved_at')) }} as solved_at,
        {{ arrival() }}
    from records
)

select * from final
