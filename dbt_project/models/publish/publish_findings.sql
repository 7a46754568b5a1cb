-- Grain: finding_key, at the newest moment. Findings that may be told: with their report, and what keeps them back.
-- A source with a bad batch stops every finding that mostly rests on it.
with now as (
    select max(as_of) as as_of from {{ source('control', 'as_of') }}
),

policy as (
    select * from {{ ref('int_detection_policy') }}
),

bad_sources as (
    select source from {{ source('control', 'sources') }} where is_bad
),

-- What a finding rests on: its tickets, and the records of CRM and billing behind a warning.
evidence as (
    select tickets.finding_key, tickets.source
    from {{ ref('int_finding_tickets') }} as tickets
    inner join now on now.as_of = tickets.as_of
    union all
    select records.finding_key, split_part(records.record_id, ':', 1)
    from (
        select as_of, finding_key, {{ each('record_ids') }} as record_id from {{ ref('fct_churn_signals') }}
    ) as records
    inner join now on now.as_of = records.as_of
),

resting as (
    select
        evidence.finding_key,
        count_if(bad_sources.source is not null) / count(*) as bad_share
    from evidence
    left join bad_sources on bad_sources.source = evidence.source
    group by all
),

final as (
    select
        findings.*,
        bodies.body,
        bodies.content_hash,
        weights.linear_priority,
        weights.weight,
        coalesce(cast(json_extract_string(findings.details, '$.product_area') as varchar), '') as product_area,
        policy.digest_hour
    from {{ ref('fct_findings') }} as findings
    inner join now on now.as_of = findings.as_of
    cross join policy
    inner join {{ ref('publish_finding_bodies') }} as bodies on bodies.finding_key = findings.finding_key
    inner join {{ ref('severity_weights') }} as weights on weights.severity = findings.severity
    left join resting on resting.finding_key = findings.finding_key
    where coalesce(resting.bad_share, 0) < 0.5 and not findings.is_muted
)

select * from final
