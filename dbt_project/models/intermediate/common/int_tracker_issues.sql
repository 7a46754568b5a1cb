-- Grain: one row an issue of the tracker.
with

issues as (select * from {{ ref('stg_linear__issues') }}),

relations as (
    select issue_id, {{ each('relations') }} as relation
    from issues
),

duplicates as (
    select issue_id, min({{ json_text('relation', '$.relatedIssue.id') }}) as duplicate_of_issue_id
    from relations
    where {{ json_text('relation', '$.type') }} = 'duplicate'
    group by issue_id
),

final as (
    select
        issues.issue_id,
        issues.identifier,
        issues.url,
        issues.title,
        issues.description,
        issues.state_name,
        case when issues.state_type = 'duplicate' then 'canceled' else issues.state_type end as state_type,
        issues.state_type = 'duplicate' or duplicates.issue_id is not null as is_duplicate,
        duplicates.duplicate_of_issue_id,
        issues.priority,
        issues.label_names,
        issues.created_at,
        issues.updated_at,
        issues.completed_at,
        issues.canceled_at,
        issues.archived_at,
        {{ known_at('issues.created_at', 'issues') }} as known_at
    from issues
    left join duplicates on issues.issue_id = duplicates.issue_id
)

select * from final
