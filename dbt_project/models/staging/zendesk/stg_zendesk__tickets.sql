-- Grain: one row a ticket (source, source_id), in its newest version.
{{ config(
    materialized='incremental', incremental_strategy='delete+insert', unique_key='ticket_id',
    post_hook="{{ drop_quarantined('tickets') }}"
) }}

with

records as ({{ newest_records('zendesk', 'tickets') }}),

final as (
    select
        {{ prefixed('id') }} as ticket_id,
        source,
        id as source_id,
        {{ json_text('payload', '$.subject') }} as subject,
        {{ json_text('payload', '$.description') }} as description,
        {{ json_text('payload', '$.status') }} as status,
        {{ json_text('payload', '$.priority') }} as priority,
        {{ json_text('payload', '$.via.channel') }} as channel,
        {{ json_texts('payload', '$.tags') }} as tags,
        {{ json_text('payload', '$.custom_fields') }} as custom_fields,
        {{ json_text('payload', '$.requester_id') }} as requester_id,
        {{ json_text('payload', '$.assignee_id') }} as assignee_id,
        {{ json_text('payload', '$.group_id') }} as group_id,
        {{ json_text('payload', '$.organization_id') }} as organization_id,
        {{ json_text('payload', '$.url') }} as api_url,
        {{ utc_time(json_text('payload', '$.created_at')) }} as created_at,
        {{ utc_time(json_text('payload', '$.updated_at')) }} as updated_at,
        {{ arrival() }}
    from records
)

select * from final
