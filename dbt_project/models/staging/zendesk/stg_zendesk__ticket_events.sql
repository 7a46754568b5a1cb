-- Grain: one row a child event of a ticket event (a comment or a change of one field).
{{ config(
    materialized='incremental', incremental_strategy='delete+insert', unique_key='event_key',
    post_hook="{{ drop_quarantined('ticket_events') }}"
) }}

with

records as ({{ newest_records('zendesk', 'ticket_events') }}),

-- Without the payload, of which each of ten thousand comments would get a copy.
told as (
    select
        source,
        id,
        {{ json_text('payload', '$.ticket_id') }} as ticket_id,
        {{ json_text('payload', '$.updater_id') }} as updater_id,
        {{ json_text('payload', '$.created_at') }} as created_at,
        {{ json_items('payload', '$.child_events') }} as children,
        {{ arrival() }}
    from records
),

children as (
    select
        source, id, ticket_id, updater_id, created_at, {{ arrival() }},
        {{ each('children') }} as child
    from told
),

final as (
    select
        {{ prefixed('id') }} as event_key,
        {{ prefixed("coalesce(" ~ json_text('child', '$.id') ~ ", id)") }} as child_id,
        source,
        id as source_id,
        {{ prefixed('ticket_id') }} as ticket_id,
        {{ json_text('child', '$.event_type') }} as child_type,
        updater_id,
        coalesce({{ json_text('child', '$.via.channel') }}, {{ json_text('child', '$.via') }}) as via,
        -- a comment
        {{ json_text('child', '$.author_id') }} as author_id,
        {{ json_text('child', '$.html_body') }} as html_body,
        {{ json_text('child', '$.body') }} as body,
        try_cast({{ json_text('child', '$.public') }} as boolean) as is_public,
        -- a change: the field's name is a key of its own
        {{ json_text('child', '$.status') }} as status,
        {{ json_text('child', '$.priority') }} as priority,
        {{ json_text('child', '$.assignee_id') }} as assignee_id,
        {{ json_text('child', '$.tags') }} as tags,
        {{ json_text('child', '$.satisfaction_score') }} as satisfaction_score,
        {{ json_text('child', '$.custom_ticket_fields') }} as custom_ticket_fields,
        {{ json_text('child', '$.previous_value') }} as previous_value,
        coalesce(
            {{ utc_time('created_at') }},
            {{ utc_time(json_text('child', '$.created_at')) }}
        ) as occurred_at,
        {{ arrival() }}
    from children
)

select * from final
