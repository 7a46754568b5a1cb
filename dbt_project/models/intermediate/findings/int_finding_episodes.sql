-- Grain: as_of x finding_key. Which episode a finding is in, and from when its evidence counts. An episode ends when its
-- issue is completed; the next begins when tickets from other reporters' hands come in after the fix was shipped, not
-- counting those that state an older release.
with policy as (
    select * from {{ ref('int_detection_policy') }}
),

findings as (
    select distinct as_of, finding_key from {{ ref('int_candidate_findings') }}
),

tickets as (
    select distinct keys.as_of, keys.finding_key, members.ticket_id
    from {{ ref('int_candidate_tickets') }} as members
    inner join {{ ref('int_candidate_findings') }} as keys
        on keys.as_of = members.as_of and keys.candidate_key = members.candidate_key
),

issues as (
    select * from {{ ref('int_finding_issues') }}
),

newest as (
    select * from issues
    qualify row_number() over (partition by as_of, finding_key order by episode desc) = 1
),

previous as (
    select issues.as_of, issues.finding_key, max(issues.fix_boundary_at) as fix_boundary_at
    from issues
    inner join newest
        on newest.as_of = issues.as_of and newest.finding_key = issues.finding_key and issues.episode < newest.episode
    group by all
),

after_fix as (
    select newest.as_of, newest.finding_key, count(distinct facts.reporter_key) as reporters
    from newest
    inner join tickets on tickets.as_of = newest.as_of and tickets.finding_key = newest.finding_key
    inner join {{ ref('int_ticket_facts') }} as facts
        on facts.ticket_id = tickets.ticket_id and facts.created_at > newest.fix_boundary_at
    left join {{ ref('int_releases') }} as stated
        on facts.release_source = 'stated' and stated.version = facts.release
    where stated.released_at is null or stated.released_at >= newest.fix_boundary_at
    group by all
),

final as (
    select
        findings.as_of,
        findings.finding_key,
        coalesce(newest.episode, 1)
        + cast(coalesce(after_fix.reporters >= policy.regression_min_reporters, false) as integer) as episode,
        coalesce(after_fix.reporters >= policy.regression_min_reporters, false) as has_regressed,
        case
            when after_fix.reporters >= policy.regression_min_reporters then newest.fix_boundary_at
            else previous.fix_boundary_at
        end as evidence_from,
        newest.issue_id,
        newest.tracker_url,
        newest.completed_at,
        newest.canceled_at,
        coalesce(newest.is_duplicate, false) as is_duplicate
    from findings
    cross join policy
    left join newest on newest.as_of = findings.as_of and newest.finding_key = findings.finding_key
    left join previous on previous.as_of = findings.as_of and previous.finding_key = findings.finding_key
    left join after_fix on after_fix.as_of = findings.as_of and after_fix.finding_key = findings.finding_key
)

select * from final
