-- Grain: delivery_key. What is to be done in the tracker in this run: an issue for every episode of a bug, its live block
-- brought up to date, a comment when its state changes. What is there already in this form makes no row.
-- Of each operation at most max_linear_per_run rows are sent; the others say that they are held back.
with findings as (
    select *, 'linear:' || finding_key || ':' || episode as issue_key from {{ ref('publish_findings') }}
),

delivered as (
    select * from {{ ref('publish_deliveries') }}
),

earlier_issues as (
    select findings.finding_key, list(distinct issues.issue_id order by issues.issue_id) as issue_ids
    from findings
    inner join {{ ref('int_finding_issues') }} as issues
        on issues.as_of = findings.as_of
        and issues.finding_key = findings.finding_key
        and issues.episode < findings.episode
    group by all
),

created as (
    select findings.*, 'create' as operation, findings.issue_key as delivery_key, cast(null as varchar) as issue_id
    from findings
    left join delivered on delivered.delivery_key = findings.issue_key
    where findings.may_be_filed and delivered.delivery_key is null and findings.tracker_issue_id is null
),

updated as (
    select findings.*, 'update' as operation, findings.issue_key as delivery_key, delivered.external_id as issue_id
    from findings
    inner join delivered on delivered.delivery_key = findings.issue_key
    where delivered.content_hash <> findings.content_hash and findings.state <> 'archived'
),

commented as (
    select
        findings.* replace (md5(findings.issue_key || ':' || findings.state) as content_hash),
        'comment' as operation,
        findings.issue_key || ':' || findings.state as delivery_key,
        delivered.external_id as issue_id
    from findings
    inner join delivered on delivered.delivery_key = findings.issue_key
    left join delivered as said on said.delivery_key = findings.issue_key || ':' || findings.state
    where findings.state in ('escalating', 'resolved', 'regressed')
        and findings.state <> coalesce(delivered.first_told_state, 'open')
        and said.delivery_key is null
        -- who completed the issue need not be told that it is completed
        and not (
            findings.state = 'resolved'
            and exists (
                select 1 from {{ ref('int_finding_issues') }} as issues
                where issues.as_of = findings.as_of
                    and issues.finding_key = findings.finding_key
                    and issues.completed_at is not null
            )
        )
),

unioned as (
    select * from created
    union all
    select * from updated
    union all
    select * from commented
),

ranked as (
    select
        unioned.*,
        row_number() over (
            partition by operation order by weight desc, score desc, delivery_key
        ) as place,
        row_number() over (
            order by
                case operation when 'create' then 1 when 'update' then 2 else 3 end,
                weight desc, score desc, delivery_key
        ) as rank
    from unioned
),

final as (
    select
        ranked.delivery_key,
        ranked.finding_key,
        cast(ranked.episode as integer) as episode,
        ranked.operation,
        ranked.issue_id,
        ranked.title,
        cast(ranked.linear_priority as integer) as priority,
        list_filter(['bug', nullif(ranked.product_area, '')], lambda label: label is not null) as labels,
        coalesce(earlier_issues.issue_ids, []) as related_issue_ids,
        ranked.body,
        ranked.content_hash,
        cast(ranked.rank as integer) as rank,
        ranked.place > {{ var('max_linear_per_run', 10) }} as is_held_back,
        case
            when ranked.place > {{ var('max_linear_per_run', 10) }}
                then 'over the cap of {{ var('max_linear_per_run', 10) }} a run; it stays at the next run'
        end as hold_reason
    from ranked
    left join earlier_issues on earlier_issues.finding_key = ranked.finding_key
)

select * from final
