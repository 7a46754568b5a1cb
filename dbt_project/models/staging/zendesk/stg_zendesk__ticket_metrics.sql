-- Grain: one row a ticket's metric set.
{{ config(
    materialized='incremental', incremental_strategy='delete+insert', unique_key='metric_key',
    post_hook="{{ drop_quarantined('ticket_metrics') }}"
) }}

with

records as ({{ newest_records('zendesk', 'ticket_metrics') }}),

read as (
    {{ json_columns('records', 'payload', {'metric_ticket_id': '$.ticket_id', 'solved_text': '$.solved_at'}) }}
),

final as (
    select
        {{ prefixed('id') }} as metric_key,
        {{ prefixed('metric_ticket_id') }} as ticket_id,
        source,
        id as source_id,
        {{ utc_time('solved_text') }} as solved_at,
        {{ arrival() }}
    from read
)

select * from final
