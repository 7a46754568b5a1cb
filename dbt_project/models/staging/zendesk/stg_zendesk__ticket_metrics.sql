-- Grain: one row a ticket's metric set.
{{ config(
    materialized='incremental', incremental_strategy='delete+insert', unique_key='metric_key',
    post_hook="{{ drop_quarantined('ticket_metrics') }}"
) }}

with

records as ({{ newest_records('zendesk', 'ticket_metrics') }}),

final as (
    select
        {{ prefixed('id') }} as metric_key,
        {{ prefixed(json_text('payload', '$.ticket_id')) }} as ticket_id,
        source,
        id as source_id,
        {{ utc_time(json_text('payload', '$.solved_at')) }} as solved_at,
        {{ arrival() }}
    from records
)

select * from final
