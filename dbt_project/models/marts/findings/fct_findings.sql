-- Grain: as_of x finding_key. What Groundswell has to say at a moment: live findings and their recent history.
with findings as (
    select * from {{ ref('int_finding_words') }}
),

stakes as (
    select * from {{ ref('int_finding_stakes') }}
),

left_out as (
    select as_of, finding_key from {{ ref('int_finding_overlaps') }}
),

issues as (
    select * from {{ ref('int_finding_issues') }}
),

policy as (
    select * from {{ ref('int_detection_policy') }}
),

judged as (
    select
        findings.as_of,
        findings.finding_key,
        findings.candidate_key,
        findings.kind,
        findings.title,
        findings.summary,
        findings.state,
        findings.severity,
        cast(findings.score as double) as score,
        cast(findings.confidence as double) as confidence,
        findings.first_seen_at,
        findings.last_seen_at,
        coalesce(stakes.accounts, 0) as accounts,
        cast(findings.reporters as integer) as reporters,
        cast(findings.tickets as integer) as tickets,
        stakes.arr,
        stakes.currency,
        coalesce(stakes.accounts_without_arr, 0) as accounts_without_arr,
        stakes.tiers,
        stakes.segment,
        findings.stated_release as release,
        findings.suspected_release,
        coalesce(issues.tracker_url, case when findings.is_named_issue then findings.tracker_url end) as tracker_url,
        coalesce(issues.issue_id, case when findings.is_named_issue then findings.issue_id end) as tracker_issue_id,
        findings.owner,
        cast(findings.episode as integer) as episode,
        findings.is_muted,
        -- a warning is told for the first time as long as one of its rules stands, however long ago that fired
        case
            when findings.kind = 'churn' then findings.ended_at < findings.as_of
            else findings.last_seen_at <= findings.as_of - to_days(cast(policy.publish_max_age_days as integer))
        end as is_history,
        findings.window_start_at,
        findings.window_end_at,
        cast(findings.observed as integer) as observed,
        cast(round(findings.expected, 2) as double) as baseline,
        cast(findings.p_value as double) as p_value,
        findings.reasons,
        findings.details
    from findings
    cross join policy
    left join stakes on stakes.as_of = findings.as_of and stakes.finding_key = findings.finding_key
    left join left_out on left_out.as_of = findings.as_of and left_out.finding_key = findings.finding_key
    left join issues
        on issues.as_of = findings.as_of
        and issues.finding_key = findings.finding_key
        and issues.episode = findings.episode
    where left_out.finding_key is null
),

final as (
    select
        judged.*,
        judged.kind = 'bug' and judged.state in ('open', 'escalating', 'regressed')
        and not judged.is_history and judged.confidence >= policy.min_confidence_linear as may_be_filed,
        judged.state in ('open', 'escalating', 'regressed') and not judged.is_history
        and (
            judged.kind in ('volume', 'topic')
            or (judged.kind = 'bug' and judged.confidence >= policy.min_confidence_slack)
            or (judged.kind = 'churn' and judged.confidence >= policy.min_confidence_churn)
        ) as may_be_alerted
    from judged
    cross join policy
)

select * from final
