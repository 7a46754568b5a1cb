-- Grain: one row a child event of a ticket event (a comment or a change of one field).
{{ config(
    materialized='incremental', incremental_strategy='delete+insert', unique_key='event_key',
    post_hook="{{ drop_quarantined('ticket_events') }}"
) }}

with

records as ({{ newest_records('zendesk', 'ticket_events') }}),

events as (
    {{ json_columns('records', 'payload', {
        'event_ticket_id': '$.ticket_id', 'updater_id': '$.updater_id', 'event_time': '$.created_at',
    }) }}
),

-- Without the payload, of which each of ten thousand comments would get a copy.
children as (
    select * exclude (payload), {{ each(json_items('payload', '$.child_events')) }} as child
    from events
),

read as (
    {{ json_columns('children', 'child', {
        'id_of_child': '$.id', 'child_type': '$.event_type', 'via_channel': '$.via.channel', 'via_text': '$.via',
        'author_id': '$.author_id', 'html_body': '$.html_body', 'body': '$.body', 'public': '$.public',
        'status': '$.status', 'priority': '$.priority', 'assignee_id': '$.assignee_id', 'tags': '$.tags',
        'satisfaction_score': '$.satisfaction_score', 'custom_ticket_fields': '$.custom_ticket_fields',
        'previous_value': '$.previous_value', 'child_time': '$.created_at',
    }) }}
),

final as (
    select
        {{ prefixed('id') }} as event_key,
        {{ prefixed('coalesce(id_of_child, id)') }} as child_id,
        source,
        id as source_id,
        {{ prefixed('event_ticket_id') }} as ticket_id,
        child_type,
        updater_id,
        coalesce(via_channel, via_text) as via,
        -- a comment
        author_id,
        html_body,
        body,
        try_cast(public as boolean) as is_public,
        -- a change: the field's name is a key of its own
        status,
        priority,
        assignee_id,
        tags,
        satisfaction_score,
        custom_ticket_fields,
        previous_value,
        coalesce({{ utc_time('event_time') }}, {{ utc_time('child_time') }}) as occurred_at,
        {{ arrival() }}
    from read
)

select * from final
