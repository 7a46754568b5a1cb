-- Grain: one row a ticket's metric set.
{{ config(materialized='view') }}

with

records as ({{ newest_records('zendesk', 'ticket_metrics') }}),

final as (
    select
        {{ prefixed(json_text('payload', '$.ticket_id')) }} as ticket_id,
        source,
        id as metric_id,
        {{ utc_time(json_text('payload', '$.solved_at')) }} as solved_at
    from records
)

select * from final
