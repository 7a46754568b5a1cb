-- Grain: as_of x finding_key x episode. The issue that was filed for an episode of a finding, as the tracker has it now.
-- fix_boundary_at: from when tickets can speak against the fix: the first release after the issue was completed
-- (done is not shipped), or its completion where no releases are known.
-- A view: after pushing, the findings are built again and see what was just filed.
{{ config(materialized='view') }}
with deliveries as (
    select
        {{ json_text('body', '$.finding_key') }} as finding_key,
        cast({{ json_text('body', '$.episode') }} as integer) as episode,
        {{ json_text('body', '$.external_id') }} as issue_id,
        {{ json_text('body', '$.external_url') }} as url,
        delivery.at as sent_at,
        delivery.seq
    from {{ source('journal', 'delivery') }} as delivery
    where {{ json_text('body', '$.destination') }} = 'linear'
        and {{ json_text('body', '$.status') }} = 'sent'
        and {{ json_text('body', '$.external_id') }} is not null
),

filed as (
    select moments.as_of, deliveries.finding_key, deliveries.episode, deliveries.issue_id, deliveries.url
    from deliveries
    inner join {{ source('control', 'as_of') }} as moments on moments.as_of >= deliveries.sent_at
    qualify row_number() over (
        partition by moments.as_of, deliveries.finding_key, deliveries.episode
        order by deliveries.sent_at desc, deliveries.seq desc
    ) = 1
),

releases as (
    select released_at, greatest(released_at, known_at) as seen_at from {{ ref('int_releases') }}
),

issues as (
    select
        filed.*,
        tracker.identifier,
        coalesce(tracker.url, filed.url) as tracker_url,
        coalesce(tracker.is_duplicate, false) as is_duplicate,
        case when tracker.completed_at <= filed.as_of then tracker.completed_at end as completed_at,
        case when tracker.canceled_at <= filed.as_of then tracker.canceled_at end as canceled_at
    from filed
    left join {{ ref('int_tracker_issues') }} as tracker on tracker.issue_id = filed.issue_id
),

shipped as (
    select issues.issue_id, issues.as_of, min(releases.released_at) as released_at
    from issues
    inner join releases on releases.released_at > issues.completed_at and releases.seen_at <= issues.as_of
    group by issues.issue_id, issues.as_of
),

final as (
    select
        issues.as_of, issues.finding_key, issues.episode, issues.issue_id, issues.identifier, issues.tracker_url,
        issues.is_duplicate, issues.completed_at, issues.canceled_at,
        case
            when (select count(*) from releases) = 0 then issues.completed_at else shipped.released_at
        end as fix_boundary_at
    from issues
    left join shipped on shipped.issue_id = issues.issue_id and shipped.as_of = issues.as_of
)

select * from final
