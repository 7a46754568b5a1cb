-- Grain: one row a ticket (source, source_id), in its newest version.
{{ config(
    materialized='incremental', incremental_strategy='delete+insert', unique_key='ticket_id',
    post_hook="{{ drop_quarantined('tickets') }}"
) }}

with

records as ({{ newest_records('zendesk', 'tickets') }}),

read as (
    {{ json_columns('records', 'payload', {
        'subject': '$.subject', 'description': '$.description', 'status': '$.status', 'priority': '$.priority',
        'channel': '$.via.channel', 'custom_fields': '$.custom_fields', 'requester_id': '$.requester_id',
        'assignee_id': '$.assignee_id', 'group_id': '$.group_id', 'organization_id': '$.organization_id',
        'api_url': '$.url', 'created_text': '$.created_at', 'updated_text': '$.updated_at',
    }) }}
),

final as (
    select
        {{ prefixed('id') }} as ticket_id,
        source,
        id as source_id,
        subject,
        description,
        status,
        priority,
        channel,
        {{ json_texts('payload', '$.tags') }} as tags,
        custom_fields,
        requester_id,
        assignee_id,
        group_id,
        organization_id,
        api_url,
        {{ utc_time('created_text') }} as created_at,
        {{ utc_time('updated_text') }} as updated_at,
        {{ arrival() }}
    from read
)

select * from final
