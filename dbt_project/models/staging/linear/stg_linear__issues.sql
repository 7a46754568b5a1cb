-- Grain: one row an issue of the tracker.
{{ config(materialized='view') }}

with

records as ({{ newest_records('linear', 'issues') }}),

final as (
    select
        id as issue_id,
        {{ json_text('payload', '$.identifier') }} as identifier,
        {{ json_text('payload', '$.url') }} as url,
        {{ json_text('payload', '$.title') }} as title,
        {{ json_text('payload', '$.description') }} as description,
        {{ json_text('payload', '$.state.name') }} as state_name,
        {{ json_text('payload', '$.state.type') }} as state_type,
        cast(try_cast({{ json_text('payload', '$.priority') }} as double) as integer) as priority,
        {{ json_texts('payload', '$.labels.nodes[*].name') }} as label_names,
        {{ json_items('payload', '$.relations.nodes') }} as relations,
        {{ utc_time(json_text('payload', '$.createdAt')) }} as created_at,
        {{ utc_time(json_text('payload', '$.updatedAt')) }} as updated_at,
        {{ utc_time(json_text('payload', '$.completedAt')) }} as completed_at,
        {{ utc_time(json_text('payload', '$.canceledAt')) }} as canceled_at,
        {{ utc_time(json_text('payload', '$.archivedAt')) }} as archived_at,
        first_pulled_at,
        first_backfill
    from records
)

select * from final
